//! What happened at vendors, in the words in which flows are told of it; and which flows want to hear it.

pub mod okta;
mod wanted;

use std::sync::Arc;

use flowrun_core::value::{Record, Text};

pub use wanted::{Listeners, Sought, Unwanted};

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Happened {
    /// The vendor's own ID of it, by which it is known again.
    pub id: Text,
    /// What the vendor's log calls it: `user.lifecycle.create`.
    pub kind: Text,
    /// When it happened, in milliseconds since 1970; none where the vendor says nothing that can be read.
    pub at_ms: Option<i64>,
    /// All that a flow may be told of it, by the names of the vendor's cards.
    pub tells: Arc<Record>,
    /// Whom or what it is about: the ID of the person, or else of the first thing.
    pub about: Option<Text>,
    /// The IDs of the applications that it is about.
    pub applications: Vec<Text>,
}

/// From where something is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'n> {
    /// The vendor has sent it.
    Hook,
    /// It stands in the vendor's log, which the connection of this name reads.
    Log(&'n str),
    /// Somebody wants it once more, at this moment in microseconds since 1970.
    Again(i64),
}
