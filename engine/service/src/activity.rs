//! Who did what: a record to which lines are only added, each bound to the one before.
//!
//! A line's name is its number and a hash of its words and of the name before, so that a line that is changed, left out or put between
//! others is noticed. Who is to be forgotten goes from the words: the name stays, and with it the chain.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use flowrun_kit::clock::Clock;
use flowrun_store::{Batch, Durable, Note, NoteChange, Notes, Store, StoreError, Ticket};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::api::Deed;
use crate::api::Reply;
use crate::names::hex;
use crate::people::{Caller, Event, Listener, Problem, Right};

/// Notes of what was done.
pub const SPACE: &str = "activity";

/// A name's hash has so many digits.
const HASH: usize = 32;

/// Where the chain begins.
const FIRST: &str = "00000000000000000000000000000000";

/// So many lines are read at once.
const PAGE: usize = 1_000;

/// The record of a service; clones are the same.
#[derive(Clone)]
pub struct Activity(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    clock: Clock,
    /// Whether looks at data are written down too.
    reads: bool,
    last: Mutex<Last>,
}

struct Last {
    number: u64,
    hash: String,
}

/// A line of the record.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number: 1, 2, 3…
    pub number: u64,
    /// Its hash, which the next one is bound to.
    pub hash: String,
    /// What it says; nothing where somebody was forgotten.
    pub says: Option<Value>,
    /// Whether it is bound to the line before.
    pub bound: bool,
}

/// What somebody did.
#[derive(Debug, Default, Serialize)]
pub struct Done {
    /// What, by its name.
    pub kind: String,
    /// Who.
    pub who: String,
    /// What they are: a person, a token.
    pub by: &'static str,
    /// `done` or `refused`.
    pub outcome: &'static str,
    /// What it was about, by what each thing is.
    #[serde(flatten)]
    pub about: BTreeMap<String, String>,
}

/// What was found of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// How many lines were looked at.
    pub lines: u64,
    /// The newest line's hash: whoever has noted it elsewhere sees whether the end was cut off.
    pub newest: Option<String>,
    /// The first lines that are not bound to the one before.
    pub broken: Vec<u64>,
    /// How many lines have lost their words because somebody was forgotten.
    pub forgotten: u64,
}

impl Activity {
    /// That of a store.
    pub fn open(store: Arc<dyn Store>, clock: Clock, reads: bool) -> Result<Activity, StoreError> {
        let newest = store.notes(&Notes { backwards: true, ..Notes::of(SPACE).at_most(1) })?;
        let last = newest.first().and_then(|note| parts(&note.key));
        let last = last.unwrap_or((0, FIRST.to_owned()));
        let last = Mutex::new(Last { number: last.0, hash: last.1 });
        Ok(Activity(Arc::new(Inner { store, clock, reads, last })))
    }

    /// Adds a line; it is on the disk once its ticket is settled.
    pub fn add(&self, done: &Done) -> Ticket {
        let at_us = self.0.clock.now_ms().saturating_mul(1000);
        let mut says = serde_json::to_value(done).unwrap_or_default();
        says["at"] = json!(crate::when(at_us));
        let body = says.to_string().into_bytes();
        // Handed in under the lock, so that lines come in the order of their numbers.
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, hash) = (last.number + 1, bind(&last.hash, &body));
        let note =
            Note { space: Arc::from(SPACE), key: Arc::from(name(number, &hash)), at_us, due_us: None, body };
        let ticket = self.0.store.append(Batch::default().note(NoteChange::New(note)));
        *last = Last { number, hash };
        ticket
    }

    /// Writes down what came of a request; whoever answers it waits for that.
    pub(crate) fn of_route(
        &self,
        deed: Deed,
        caller: &Caller,
        about: BTreeMap<String, String>,
        delegated: bool,
        done: &Result<Reply, Problem>,
    ) -> Option<Durable> {
        let sees = caller.standing().is_some_and(|standing| standing.includes_somewhere(Right::SeeData));
        let kind = match deed {
            Deed::Changes("flowrun.run.start") if delegated => "workflows.user.delegatedflow.run",
            Deed::Changes(kind) => kind,
            Deed::Looks(kind) if self.0.reads && sees => kind,
            Deed::Looks(_) => return None,
        };
        let outcome = match done {
            Ok(_) => "done",
            Err(problem) if problem.status == StatusCode::FORBIDDEN => "refused",
            // What makes no sense was not done.
            Err(_) => return None,
        };
        let mut about = about;
        if let Ok(Reply::Status(_, told) | Reply::Again(_, told)) = done
            && let Some(run) = told.get("run").and_then(Value::as_str)
        {
            about.insert("started".to_owned(), run.to_owned());
        }
        let (who, by) = (caller.name(), caller.kind());
        let ticket = self.add(&Done { kind: kind.to_owned(), who, by, outcome, about });
        Some(self.0.store.durable(ticket))
    }

    /// Hears who comes and goes.
    pub fn listener(&self) -> Listener {
        let activity = self.clone();
        Arc::new(move |event| {
            activity.add(&of_event(event));
        })
    }

    /// Lines, the newest first, from before a number on.
    pub fn before(&self, number: Option<u64>, limit: usize) -> Result<Vec<Line>, StoreError> {
        let after = number.map(|number| Arc::from(name(number, "")));
        let asked = Notes { backwards: true, after, ..Notes::of(SPACE).at_most(limit.saturating_add(1)) };
        let notes = self.0.store.notes(&asked)?;
        let mut lines = Vec::new();
        for (place, note) in notes.iter().enumerate().take(limit) {
            let Some((number, hash)) = parts(&note.key) else { continue };
            let older = notes.get(place + 1).and_then(|note| parts(&note.key));
            let follows = match older {
                Some((before, _)) => before + 1 == number,
                None => number == 1,
            };
            let before = older.map_or(FIRST.to_owned(), |(_, hash)| hash);
            // Of words that were taken away nobody can say whether they were these.
            let same = note.body.is_empty() || bind(&before, &note.body) == hash;
            let says = serde_json::from_slice(&note.body).ok();
            lines.push(Line { number, hash, says, bound: follows && same });
        }
        Ok(lines)
    }

    /// Looks whether the newest lines are bound to each other.
    pub fn chain(&self, most: u64) -> Result<Chain, StoreError> {
        let (mut chain, mut before) = (Chain::default(), None);
        while chain.lines < most {
            let lines = self.before(before, PAGE.min((most - chain.lines) as usize))?;
            let Some(last) = lines.last() else { break };
            before = Some(last.number);
            chain.lines += lines.len() as u64;
            chain.newest.get_or_insert_with(|| lines[0].hash.clone());
            chain.forgotten += lines.iter().filter(|line| line.says.is_none()).count() as u64;
            let broken = lines.iter().filter(|line| !line.bound).map(|line| line.number);
            chain.broken.extend(broken);
            chain.broken.truncate(100);
        }
        Ok(chain)
    }
}

fn name(number: u64, hash: &str) -> String {
    format!("{number:016} {hash}")
}

fn parts(key: &str) -> Option<(u64, String)> {
    let (number, hash) = key.split_once(' ')?;
    Some((number.parse().ok()?, hash.to_owned()))
}

fn bind(before: &str, body: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(before.as_bytes());
    hasher.update(body);
    hex(&hasher.finalize())[..HASH].to_owned()
}

/// Who came and went; the names are those of Okta's System Log.
fn of_event(event: &Event) -> Done {
    let mut about = BTreeMap::new();
    let mut with = |name: &str, value: String| drop(about.insert(name.to_owned(), value));
    let (kind, who, by, outcome) = match event {
        Event::SignedIn { by, id, name, from } => {
            with("id", id.clone());
            with("through", by.clone());
            from.iter().for_each(|from| with("from", from.to_string()));
            ("user.session.start", name.clone(), "person", "done")
        }
        Event::Refused { why, from } => {
            with("why", why.clone());
            from.iter().for_each(|from| with("from", from.to_string()));
            ("user.session.start", "somebody".to_owned(), "nobody", "refused")
        }
        Event::SignedOut { name, everywhere } => {
            with("everywhere", everywhere.to_string());
            ("user.session.end", name.clone(), "person", "done")
        }
        Event::EndedByProvider { sid } => {
            with("session", sid.clone());
            ("user.session.end", "the provider".to_owned(), "provider", "done")
        }
        Event::Ended { id, by } => {
            with("id", id.clone());
            ("user.session.clear", by.clone(), "person", "done")
        }
        Event::TokenMade { id, name, by } => {
            with("token", id.clone());
            with("name", name.clone());
            ("system.api_token.create", by.clone(), "person", "done")
        }
        Event::TokenRevoked { id, name, by } => {
            with("token", id.clone());
            with("name", name.clone());
            ("system.api_token.revoke", by.clone(), "person", "done")
        }
    };
    Done { kind: kind.to_owned(), who, by, outcome, about }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowrun_store::InMemory;

    fn record() -> (Arc<dyn Store>, Activity) {
        let store: Arc<dyn Store> = Arc::new(InMemory::default());
        let clock = Clock::simulated(1_700_000_000_000);
        (store.clone(), Activity::open(store, clock, false).unwrap())
    }

    fn did(activity: &Activity, who: &str) {
        let done = Done { kind: "test".to_owned(), who: who.to_owned(), ..Done::default() };
        activity.add(&done);
    }

    fn keys(store: &Arc<dyn Store>) -> Vec<Note> {
        store.notes(&Notes::of(SPACE)).unwrap()
    }

    #[test]
    fn what_is_changed_left_out_or_put_between_is_noticed_and_who_is_forgotten_is_not_a_break() {
        let (store, activity) = record();
        for who in ["ada@example.com", "bob@example.com", "cyd@example.com", "dan@example.com"] {
            did(&activity, who);
        }
        let chain = activity.chain(100).unwrap();
        assert_eq!((chain.lines, chain.broken, chain.forgotten), (4, Vec::new(), 0));
        // Somebody who is forgotten.
        store.forget("bob@example.com", false).unwrap();
        let chain = activity.chain(100).unwrap();
        assert_eq!((chain.broken, chain.forgotten), (Vec::new(), 1));
        // Words that are others now.
        let notes = keys(&store);
        let body = String::from_utf8(notes[2].body.clone()).unwrap().replace("cyd", "eve").into_bytes();
        store.append(Batch::default().note(NoteChange::Put(Note { body, ..notes[2].clone() })));
        assert_eq!(activity.chain(100).unwrap().broken, [3]);
        // A line that is gone: the one after it stands alone.
        let (space, key) = (notes[2].space.clone(), notes[2].key.clone());
        store.append(Batch::default().note(NoteChange::Remove { space, key }));
        assert_eq!(activity.chain(100).unwrap().broken, [4]);
        // Who opens it again goes on where it ended.
        let again = Activity::open(store.clone(), Clock::simulated(1_700_000_001_000), false).unwrap();
        did(&again, "fay@example.com");
        let newest = again.before(None, 1).unwrap().remove(0);
        assert_eq!((newest.number, newest.bound), (5, true));
    }
}
