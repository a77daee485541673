//! What happens in a service, as those hear of it who watch: streams of events, metrics, logs, notices.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use flowrun_core::effect::EffectId;
use flowrun_store::{RunId, State};
use serde::Serialize;
use tokio::sync::broadcast;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its number: later changes have greater ones.
    pub number: u64,
    /// When, in microseconds since 1970.
    pub at_us: i64,
    /// The project in which it happened; empty for what concerns the whole service.
    pub project: Arc<str>,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A run has begun.
    Began(Arc<Begun>),
    /// A run has another state.
    Moved(Arc<Moved>),
    /// A flow was turned on or off.
    Switched {
        /// Its path.
        flow: Arc<str>,
        /// Whether it is on now.
        on: bool,
    },
    /// Times of a schedule passed while nothing served the flow, and no run makes up for them.
    Missed {
        /// The flow's path.
        flow: Arc<str>,
        /// How many.
        times: u64,
    },
    /// A trigger was not followed by a run, and never will be: a schedule's time was skipped, an event was refused.
    Skipped {
        /// The flow's path.
        flow: Arc<str>,
        /// What would have started it: `schedule`, `endpoint`, the name of an event.
        cause: Arc<str>,
        /// Why, in words.
        why: Arc<str>,
    },
    /// Events came in.
    Received {
        /// From where: the name of the hook.
        source: Arc<str>,
        /// How many were new.
        new: u64,
        /// How many were known already.
        again: u64,
    },
    /// Events that no hook has told in time were found in the vendor's log.
    Reconciled {
        /// The log.
        source: Arc<str>,
        /// How many.
        events: u64,
    },
    /// The project was read again and is another now.
    Reloaded {
        /// The number of its version.
        version: u64,
    },
    /// The project was read again and has mistakes: the version before goes on.
    Refused {
        /// The mistakes, in words.
        why: Arc<str>,
    },
    /// Somebody should look at something: a hook is silent, a connection is refused.
    Trouble {
        /// What kind of trouble, in a word: `hook`, `connection`, `store`.
        kind: Arc<str>,
        /// What it is about.
        about: Arc<str>,
        /// What is wrong, in words.
        why: Arc<str>,
    },
}

/// A run that has begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    /// Its name.
    pub run: RunId,
    /// The path of its flow.
    pub flow: Arc<str>,
    /// The flow's title.
    pub title: Arc<str>,
    /// What started it.
    pub cause: Arc<str>,
    /// Who started it.
    pub who: Option<Arc<str>>,
    /// How long after it was to start, in microseconds: a schedule's lateness, the time in a queue.
    pub late_us: i64,
}

/// A run that has another state.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// Its name.
    pub run: RunId,
    /// The path of its flow.
    pub flow: Arc<str>,
    /// The flow's title.
    pub title: Arc<str>,
    /// What started it.
    pub cause: Arc<str>,
    /// What it is doing now.
    pub state: State,
    /// What it failed with.
    pub error: Option<Arc<str>>,
    /// The kind of error: `RateLimit`.
    pub error_kind: Option<Arc<str>>,
    /// How long it has taken, in microseconds.
    pub took_us: i64,
    /// How many cards it has run.
    pub cards: u64,
    /// How many of them reached outside.
    pub effects: u64,
    /// Which place in a trace it was called from, as its caller said in the header `traceparent`; told with its end.
    pub traceparent: Option<Arc<str>>,
    /// The effect that somebody's answer completes, where it waits for that.
    pub pause: Option<EffectId>,
}

/// So many changes are remembered for those who come back.
const REMEMBERED: usize = 4_096;

/// Who changes something tells it here; who watches hears it.
#[derive(Clone, Debug)]
pub struct Changes(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    sender: broadcast::Sender<Change>,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    number: u64,
    changes: VecDeque<Change>,
}

impl Default for Changes {
    fn default() -> Changes {
        let (sender, _) = broadcast::channel(1_024);
        Changes(Arc::new(Inner { sender, last: Mutex::default() }))
    }
}

impl Changes {
    /// Tells what happened. Nobody is waited for: who is too slow misses changes and is told that.
    pub fn tell(&self, project: &Arc<str>, at_us: i64, what: What) {
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.number += 1;
        let change = Change { number: last.number, at_us, project: project.clone(), what };
        last.changes.push_back(change.clone());
        if last.changes.len() > REMEMBERED {
            last.changes.pop_front();
        }
        // Sent under the lock, so that changes come in the order of their numbers.
        let _ = self.0.sender.send(change);
    }

    /// The changes after a number, and those to come; the first part is none if it is not known any more what came after that number.
    pub fn since(&self, number: u64) -> (Option<Vec<Change>>, broadcast::Receiver<Change>) {
        let last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        let first = last.changes.front().map_or(last.number + 1, |change| change.number);
        let known = number + 1 >= first && number <= last.number;
        let changes = last.changes.iter().filter(|change| change.number > number).cloned().collect();
        (known.then_some(changes), self.0.sender.subscribe())
    }

    /// The changes to come.
    pub fn watch(&self) -> broadcast::Receiver<Change> {
        self.0.sender.subscribe()
    }

    /// The number of the newest change.
    pub fn newest(&self) -> u64 {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner).number
    }
}

impl What {
    /// What kind of change it is, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            What::Began(_) => "run.began",
            What::Moved(_) => "run.moved",
            What::Switched { .. } => "flow.switched",
            What::Missed { .. } => "schedule.missed",
            What::Skipped { .. } => "trigger.skipped",
            What::Received { .. } => "events.received",
            What::Reconciled { .. } => "events.reconciled",
            What::Reloaded { .. } => "project.reloaded",
            What::Refused { .. } => "project.refused",
            What::Trouble { .. } => "trouble",
        }
    }
}

/// A change as programs get it.
#[derive(Serialize)]
struct Told<'c> {
    kind: &'static str,
    at: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    project: &'c str,
    #[serde(flatten)]
    more: serde_json::Map<String, serde_json::Value>,
}

impl Serialize for Change {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde_json::json;
        let more = match &self.what {
            What::Began(begun) => json!({
                "run": &*begun.run, "flow": &*begun.flow, "title": &*begun.title, "cause": &*begun.cause,
                "who": begun.who.as_deref(),
            }),
            What::Moved(moved) => json!({
                "run": &*moved.run, "flow": &*moved.flow, "title": &*moved.title, "cause": &*moved.cause,
                "state": moved.state.status().name(), "error": moved.error.as_deref(),
                "took_ms": moved.took_us / 1000, "cards": moved.cards,
            }),
            What::Switched { flow, on } => json!({ "flow": &**flow, "on": on }),
            What::Missed { flow, times } => json!({ "flow": &**flow, "times": times }),
            What::Skipped { flow, cause, why } => {
                json!({ "flow": &**flow, "cause": &**cause, "why": &**why })
            }
            What::Received { source, new, again } => {
                json!({ "source": &**source, "new": new, "again": again })
            }
            What::Reconciled { source, events } => json!({ "source": &**source, "events": events }),
            What::Reloaded { version } => json!({ "version": version }),
            What::Refused { why } => json!({ "why": &**why }),
            What::Trouble { kind, about, why } => {
                json!({ "trouble": &**kind, "about": &**about, "why": &**why })
            }
        };
        let serde_json::Value::Object(more) = more else {
            return Err(serde::ser::Error::custom("a change is an object"));
        };
        let more = more.into_iter().filter(|(_, value)| !value.is_null()).collect();
        Told { kind: self.what.kind(), at: crate::when(self.at_us), project: &self.project, more }
            .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_comes_back_hears_what_was_missed_or_that_it_is_too_much() {
        let (changes, project) = (Changes::default(), Arc::from("flows"));
        let tell = |version| changes.tell(&project, 1, What::Reloaded { version });
        (1..=3).for_each(tell);
        let (missed, mut more) = changes.since(1);
        let numbers: Vec<u64> = missed.unwrap().iter().map(|change| change.number).collect();
        assert_eq!(numbers, [2, 3]);
        tell(4);
        assert_eq!(more.recv().await.unwrap().number, 4);
        assert_eq!(changes.since(4).0, Some(Vec::new()));
        assert_eq!(changes.since(5).0, None, "a number of another process");
        (0..REMEMBERED as u64).for_each(tell);
        assert_eq!(changes.since(3).0, None, "too long ago");
        assert_eq!(changes.since(4).0.unwrap().len(), REMEMBERED);
    }
}
