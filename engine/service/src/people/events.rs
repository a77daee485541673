//! What those hear who keep records of people: who came and went, and who was turned away.

use std::net::IpAddr;
use std::sync::Arc;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody has signed in.
    SignedIn {
        /// Who says who they are.
        by: String,
        /// Their ID there.
        id: String,
        /// Their name.
        name: String,
        /// From where.
        from: Option<IpAddr>,
    },
    /// Somebody wanted to sign in and was turned away.
    Refused {
        /// Why, in words.
        why: String,
        /// From where.
        from: Option<IpAddr>,
    },
    /// Somebody has signed out.
    SignedOut {
        /// Who.
        name: String,
        /// Whether of all their sessions.
        everywhere: bool,
    },
    /// The provider has ended a session.
    EndedByProvider {
        /// Its name there.
        sid: String,
    },
    /// Somebody has ended all sessions of somebody.
    Ended {
        /// Whose, by their ID.
        id: String,
        /// Who did it.
        by: String,
    },
    /// A token was made.
    TokenMade {
        /// Its ID.
        id: String,
        /// Its name.
        name: String,
        /// Who did it.
        by: String,
    },
    /// A token was taken back.
    TokenRevoked {
        /// Its ID.
        id: String,
        /// Its name.
        name: String,
        /// Who did it.
        by: String,
    },
}

/// Whoever hears of it.
pub type Listener = Arc<dyn Fn(&Event) + Send + Sync>;
