//! What a connection is doing: shown while it waits, counted when it is done.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flowrun_core::value::Text;

use crate::meter::Meter;

/// What is being waited for, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Why, as a reader should see it: `Okta's rate limit (15 a minute for sessions)`.
    pub reason: Text,
    /// Until when, in milliseconds since 1970.
    pub until_ms: i64,
}

/// What a connection has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests sent, repetitions included.
    pub requests: u64,
    /// Requests that were repetitions.
    pub repeated: u64,
    /// Answers that asked to slow down.
    pub throttled: u64,
    /// Milliseconds spent waiting for limits and between tries, summed over all requests.
    pub waited_ms: u64,
}

/// How many withheld requests are kept of each connection.
const MOST_WITHHELD: usize = 10_000;

#[derive(Default)]
struct Shared {
    counted: Option<(Text, Arc<dyn Meter>)>,
    waits: Mutex<Vec<(u64, Waiting)>>,
    next: AtomicU64,
    requests: AtomicU64,
    repeated: AtomicU64,
    throttled: AtomicU64,
    waited_ms: AtomicU64,
    withheld: Mutex<Vec<(u64, String)>>,
    withheld_count: AtomicU64,
}

/// A view of what one connection is doing; clones see the same.
#[derive(Clone, Default)]
pub struct Activity(Arc<Shared>);

impl fmt::Debug for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Activity").field(&self.tally()).finish()
    }
}

impl Activity {
    /// One of the connection of this name, which is counted among those of other runs too.
    pub fn counted(connection: &str, meter: Arc<dyn Meter>) -> Activity {
        let counted = Some((Text::from(connection), meter));
        Activity(Arc::new(Shared { counted, ..Shared::default() }))
    }

    /// Lets whoever counts hear something of the connection.
    pub fn count(&self, what: impl FnOnce(&dyn Meter, &str)) {
        if let Some((connection, meter)) = &self.0.counted {
            what(&**meter, connection);
        }
    }

    /// What is being waited for; of several waits the one that ends last.
    pub fn waiting(&self) -> Option<Waiting> {
        let waits = self.0.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.iter().map(|(_, wait)| wait).max_by_key(|wait| wait.until_ms).cloned()
    }

    /// The counts so far.
    pub fn tally(&self) -> Tally {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Tally {
            requests: read(&self.0.requests),
            repeated: read(&self.0.repeated),
            throttled: read(&self.0.throttled),
            waited_ms: read(&self.0.waited_ms),
        }
    }

    /// The requests that a dry run did not send, each with its number among all of the run: method, path and the beginning of
    /// the body. Of many the first are kept.
    pub fn withheld(&self) -> Vec<(u64, String)> {
        self.0.withheld.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests a dry run did not send.
    pub fn withheld_count(&self) -> u64 {
        self.0.withheld_count.load(Ordering::Relaxed)
    }

    pub(crate) fn withhold(&self, number: u64, call: impl FnOnce() -> String) {
        self.0.withheld_count.fetch_add(1, Ordering::Relaxed);
        let mut withheld = self.0.withheld.lock().unwrap_or_else(PoisonError::into_inner);
        if withheld.len() < MOST_WITHHELD {
            withheld.push((number, call()));
        }
    }

    pub(crate) fn sent(&self, repeated: bool) {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        self.0.repeated.fetch_add(u64::from(repeated), Ordering::Relaxed);
    }

    pub(crate) fn throttled(&self) {
        self.0.throttled.fetch_add(1, Ordering::Relaxed);
    }

    /// Shows a wait, which is of this kind to whoever counts, for as long as the returned guard lives.
    pub(crate) fn wait(&self, waiting: Waiting, kind: &'static str, now_ms: i64) -> Shown<'_> {
        let length = u64::try_from(waiting.until_ms - now_ms).unwrap_or(0);
        self.count(|meter, connection| meter.waits(connection, kind, Duration::from_millis(length)));
        self.0.waited_ms.fetch_add(length, Ordering::Relaxed);
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        self.0.waits.lock().unwrap_or_else(PoisonError::into_inner).push((number, waiting));
        Shown { shared: &self.0, number }
    }
}

/// Shows a wait until it is dropped, also when the waiting card is cancelled.
pub(crate) struct Shown<'a> {
    shared: &'a Shared,
    number: u64,
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        let mut waits = self.shared.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.retain(|(number, _)| *number != self.number);
    }
}
