//! What a simulator was asked.

use crate::simulator::{SimFaultKind, lock};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

/// How many requests are kept one by one; all are counted.
const KEPT: usize = 5_000;

/// One request and how it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When it arrived, in milliseconds since 1970.
    pub at_ms: i64,
    /// Its method.
    pub method: String,
    /// The route it took, such as `/api/v1/users/{user}`; `None` where there was none.
    pub route: Option<String>,
    /// Its path and query.
    pub target: String,
    /// The status it was answered with.
    pub status: u16,
    /// The fault it met.
    pub fault: Option<SimFaultKind>,
}

#[derive(Debug, Default)]
struct Record {
    total: u64,
    by_route: BTreeMap<String, u64>,
    by_status: BTreeMap<u16, u64>,
    recent: VecDeque<Seen>,
}

/// The requests a simulator answered: all counted, the last 5,000 kept. Clones share one record.
#[derive(Clone, Debug, Default)]
pub struct Traffic(Arc<Mutex<Record>>);

impl Traffic {
    pub(super) fn record(&self, seen: Seen) {
        let mut record = lock(&self.0);
        record.total += 1;
        // A slash at the end makes no other route.
        let route = seen.route.as_deref().map_or("(no such path)", |route| route.trim_end_matches('/'));
        *record.by_route.entry(format!("{} {route}", seen.method)).or_default() += 1;
        *record.by_status.entry(seen.status).or_default() += 1;
        if record.recent.len() == KEPT {
            record.recent.pop_front();
        }
        record.recent.push_back(seen);
    }

    /// How many requests there were.
    pub fn total(&self) -> u64 {
        lock(&self.0).total
    }

    /// How many requests there were whose `METHOD route` contains this text.
    pub fn count(&self, part: &str) -> u64 {
        lock(&self.0).by_route.iter().filter(|(route, _)| route.contains(part)).map(|(_, count)| count).sum()
    }

    /// How many requests each `METHOD route` got.
    pub fn by_route(&self) -> BTreeMap<String, u64> {
        lock(&self.0).by_route.clone()
    }

    /// How many requests were answered with this status.
    pub fn answered(&self, status: u16) -> u64 {
        lock(&self.0).by_status.get(&status).copied().unwrap_or(0)
    }

    /// The last requests, oldest first.
    pub fn recent(&self) -> Vec<Seen> {
        lock(&self.0).recent.iter().cloned().collect()
    }
}
