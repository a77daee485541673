//! What became of a performance whose end nobody saw, because a crash came between: what a card's look-up finds out.

use std::time::Duration;

use flowrun_core::fault::Fault;
use flowrun_core::value::{Date, Text};

use crate::client::Client;

/// How long a request may still be on its way after the process that sent it is gone: twice as long as a client waits for an
/// answer. That something has not happened is believed only after this time.
pub const QUIET: Duration = Duration::from_secs(60);

/// How far a vendor's times may be off that are written in whole seconds, as its clock is in its answers, in milliseconds.
pub const SLACK_MS: i64 = 2_000;

/// What is older than the performance by no more than this may be its work all the same, in milliseconds: clocks are set.
const DOUBT_MS: i64 = 10 * 60_000;

/// What a look-up found out.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled<T> {
    /// It took effect, and this is what it would have put out.
    Happened(T),
    /// It took no effect, and may be performed again. Whoever says so is sure: a wrong one does a thing twice.
    DidNot,
    /// Nobody can tell, as the fault explains.
    Unknown(Fault),
}

impl<T> Settled<T> {
    /// Nobody can tell, because of `why`: "the user is ACTIVE, and may have been before".
    pub fn unknown(why: impl Into<Text>) -> Settled<T> {
        Settled::Unknown(Fault::uncertain(why))
    }

    /// The same with other outputs.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Settled<U> {
        match self {
            Settled::Happened(out) => Settled::Happened(make(out)),
            Settled::DidNot => Settled::DidNot,
            Settled::Unknown(fault) => Settled::Unknown(fault),
        }
    }
}

/// When a performance began whose end nobody saw.
#[derive(Clone, Copy, Debug)]
pub struct Began {
    at_ms: i64,
}

/// How a time that a vendor tells lies to the beginning of a performance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Clearly before it: what is dated so is not its work.
    Before,
    /// Too close before it for two clocks to be told apart, or the vendor tells no time.
    Unclear,
    /// Since then.
    Since,
}

impl Began {
    /// At this time by our clock, in milliseconds since 1970.
    pub fn at(at_ms: i64) -> Began {
        Began { at_ms }
    }

    /// How the vendor's time `date` lies to it. The clocks are compared by the answer that `client` got last, so ask first.
    pub fn against(self, client: &Client, date: Option<Date>) -> When {
        let Some(date) = date else { return When::Unclear };
        let began_ms = self.at_ms + client.skew_ms().unwrap_or(0);
        // Our own clock was set back since then: nothing can be said by it.
        if self.at_ms > client.clock().now_ms() + SLACK_MS {
            return When::Unclear;
        }
        match date.millis() - began_ms {
            later if later >= -SLACK_MS => When::Since,
            earlier if earlier >= -DOUBT_MS => When::Unclear,
            _ => When::Before,
        }
    }
}
