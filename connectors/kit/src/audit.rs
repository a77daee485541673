//! The record of what a connection changed: for those who must be able to tell later.

use flowrun_core::effect::EffectId;
use flowrun_core::fault::Result;
use flowrun_core::value::Text;

use crate::effect::Pending;

/// Where requests that change something are recorded.
pub trait Ledger: Send + Sync {
    /// Whether it keeps what requests are about.
    fn tells(&self) -> bool {
        true
    }

    /// Writes down that a request is about to be sent, and gives it a number once no crash can lose that, nor anything on whose
    /// strength it is sent. Where that can't be written down, nothing may be sent.
    fn sending<'a>(&'a self, sending: &'a Sending<'a>) -> Pending<'a, Result<u64>>;

    /// Records how a request ended that was written down before; called in the order in which requests end.
    fn record(&self, entry: &Entry<'_>);
}

/// A request that is going to change something.
#[derive(Debug)]
pub struct Sending<'a> {
    /// For which effect of the run, as far as it is for one.
    pub effect: Option<EffectId>,
    /// Whether the effect may be done again although it may have been done already.
    pub repeatable: bool,
    /// When it is sent first, in milliseconds since 1970.
    pub at_ms: i64,
    /// The host it goes to.
    pub host: &'a str,
    /// Its method.
    pub method: &'a str,
    /// Its path, without the query.
    pub path: &'a str,
    /// What it is about, as far as the card told.
    pub subjects: &'a [Subject],
}

/// A request that changed something, or may have.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Its number in the record.
    pub number: u64,
    /// What was sent.
    pub sent: &'a Sending<'a>,
    /// When it ended, in milliseconds since 1970.
    pub ended_ms: i64,
    /// The status of the last answer, if there was one.
    pub status: Option<u16>,
    /// How many times it was sent.
    pub tries: u32,
    /// What the vendor calls the request in its own logs.
    pub request_id: Option<&'a str>,
    /// Whether it may have had its effect although no answer of success came.
    pub lost: bool,
}

/// Whom or what a request changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// What was done: `upsert`, `delete`.
    pub operation: &'static str,
    /// By which name the vendor knows it.
    pub external_id: Text,
    /// What was sent of it, as JSON; kept only as a hash unless more is asked for.
    pub profile: Option<Text>,
}
