//! What came in and waits for its turn: events, each of which starts one run. It is on the disk before whoever sent it is told so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_core::stored::{decode, encode};
use flowrun_core::value::{Record, Text, Value};
use flowrun_host::driver::Stop;
use flowrun_host::session::durable::home::problem;
use flowrun_kit::clock::Clock;
use flowrun_project::Problem;
use flowrun_store::{Batch, Note, NoteChange, Notes};
use tokio::sync::Notify;

use crate::changes::What;
use crate::runs::{Beginning, Runs, Unable};
use crate::switches::Switches;
use crate::tasks::Tasks;

/// Notes of what came in: due when it is its turn, and kept for a while after that, so that the same is not taken twice.
pub const SPACE: &str = "inbox";

/// Notes of deliveries, by which the same one is known again.
pub const DELIVERIES: &str = "delivery";

/// What a run can't be begun for is tried again after so long, then after twice that, and so on for a day.
const AGAIN_US: i64 = 60_000_000;
const LONGEST_US: i64 = 86_400_000_000;

/// So many wait at most; beyond that nothing more is taken in.
const MOST: u64 = 100_000;

/// So many are begun at once.
const AT_ONCE: usize = 512;

/// Something that came in, for a flow.
#[derive(Clone, Debug)]
pub struct Item {
    /// By which it is known again, within the flow: the event's own ID.
    pub id: Text,
    /// The path of the flow.
    pub flow: Text,
    /// What came: the name of the event.
    pub cause: Text,
    /// The flow's inputs.
    pub inputs: Record,
    /// What it is about: of those that are about the same, the next starts when the one before has ended. Nothing where order does not matter.
    pub about: Option<Text>,
}

/// What became of what came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many were new.
    pub new: u64,
    /// How many were known already.
    pub again: u64,
}

/// More waits already than may.
#[derive(Debug)]
pub enum Unaccepted {
    /// Too much waits.
    Full,
    /// It could not be written down.
    Problem(Problem),
}

/// What came in and waits for its turn.
pub struct Inbox {
    runs: Arc<Runs>,
    switches: Arc<Switches>,
    tasks: Tasks,
    clock: Clock,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// What is about to begin or under way, by its key.
    begun: BTreeMap<Arc<str>, Option<Text>>,
    /// How often a run could not be begun for it.
    tried: BTreeMap<Arc<str>, u32>,
}

impl Inbox {
    /// The inbox of a project.
    pub fn new(runs: Arc<Runs>, switches: Arc<Switches>, tasks: Tasks, clock: Clock) -> Inbox {
        Inbox { runs, switches, tasks, clock, state: Mutex::default(), changed: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what came from a source, all of it in one commit; once this returns it is on the disk. What is known already is
    /// counted and not taken again.
    pub async fn take(&self, items: &[Item], mut notes: Vec<NoteChange>) -> Result<Taken, Unaccepted> {
        let store = self.runs.store();
        let stored = |error| Unaccepted::Problem(problem(&error));
        if store.waiting(SPACE).map_err(stored)? + items.len() as u64 > MOST {
            return Err(Unaccepted::Full);
        }
        let (now_us, mut taken) = (self.runs.now_us(), Taken::default());
        for item in items {
            let key = key(item);
            match store.note(SPACE, &key).map_err(stored)? {
                Some(_) => taken.again += 1,
                None => taken.new += 1,
            }
            let body = self.write(item);
            notes.push(NoteChange::Add(Note {
                space: Arc::from(SPACE),
                key,
                at_us: now_us,
                due_us: Some(now_us),
                body,
            }));
        }
        let ticket = store.append(Batch { notes, ..Batch::default() });
        // The disk takes no simulated time.
        let hold = self.clock.hold();
        store.durable(ticket).await.map_err(stored)?;
        drop(hold);
        self.changed.notify_one();
        Ok(taken)
    }

    /// How many wait.
    pub fn waiting(&self) -> u64 {
        self.runs.store().waiting(SPACE).unwrap_or_default()
    }

    /// Looks again whether something can begin.
    pub fn look(&self) {
        self.changed.notify_one();
    }

    /// Begins what waits until it is told to stop.
    pub async fn run(self: Arc<Inbox>, mut stop: Stop) {
        let mut changes = self.runs.changes().watch();
        loop {
            let changed = self.changed.notified();
            let next_us = self.begin_due();
            let time = async {
                match next_us {
                    Some(next_us) => self.clock.sleep_until(next_us.div_euclid(1000) + 1).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = time => {}
                () = changed => {}
                // A run that has ended may be what another waits for.
                _ = changes.recv() => {}
                () = stop.given() => return,
            }
        }
    }

    /// Begins what is due, and tells when the next is that waits for a time.
    fn begin_due(self: &Arc<Inbox>) -> Option<i64> {
        let now_us = self.runs.now_us();
        let (mut after, mut begun) = (i64::MIN, 0);
        let mut passed = std::collections::BTreeSet::new();
        loop {
            // What was begun is still there until its run is on the disk.
            let asked =
                Notes::of(SPACE).due(i64::MAX).at_most(AT_ONCE + self.state().begun.len() + passed.len());
            let found = self.runs.store().notes(&asked).unwrap_or_default();
            let full = found.len() == asked.limit;
            for note in found {
                let due_us = note.due_us.unwrap_or_default();
                if due_us > now_us {
                    return Some(due_us);
                }
                after = after.max(due_us);
                if passed.insert(note.key.clone()) && self.begin(note) {
                    begun += 1;
                }
            }
            if !full || begun >= AT_ONCE {
                return None;
            }
        }
    }

    /// Begins a run for what a note holds, if nothing keeps it from that.
    fn begin(self: &Arc<Inbox>, note: Note) -> bool {
        let Some(item) = self.read(&note) else {
            // What can't be read can't be begun: it is kept, and told once.
            self.give_up(&note, None, "what came in can't be read any more");
            return false;
        };
        if !self.switches.is_on(&item.flow) {
            return false;
        }
        let mut state = self.state();
        if state.begun.contains_key(&note.key) {
            return false;
        }
        let same = |about: &Option<Text>| about.is_some() && *about == item.about;
        if state.begun.values().any(same) {
            return false;
        }
        state.begun.insert(note.key.clone(), item.about.clone());
        drop(state);
        let inbox = self.clone();
        self.tasks.spawn(async move {
            inbox.start(note, item).await;
        });
        true
    }

    async fn start(self: &Arc<Inbox>, note: Note, item: Item) {
        let (space, key) = (Arc::from(SPACE), note.key.clone());
        let claim = NoteChange::Claim { space, key, body: Vec::new() };
        let beginning = Beginning {
            flow: item.flow.clone(),
            inputs: item.inputs.clone(),
            cause: item.cause.to_string(),
            notes: vec![claim],
            due_us: note.at_us,
            ..Beginning::default()
        };
        match self.runs.begin(beginning).await {
            Ok(run) => {
                self.state().tried.remove(&note.key);
                // Until its beginning is on the disk the note says that it waits.
                let store = self.runs.store();
                let _ = store.durable(store.newest()).await;
                if item.about.is_some() {
                    self.runs.until_ended(&run).await;
                }
            }
            Err(unable) => {
                let why = match unable {
                    Unable::Full => "too many runs of the flow wait already".to_owned(),
                    Unable::Problem(problem) => problem.message,
                };
                self.put_off(&note, &item, &why);
            }
        }
        self.state().begun.remove(&note.key);
        self.changed.notify_one();
    }

    /// Tries again later, for a day at most.
    fn put_off(&self, note: &Note, item: &Item, why: &str) {
        let now_us = self.runs.now_us();
        let tried = *self.state().tried.entry(note.key.clone()).and_modify(|tried| *tried += 1).or_insert(0);
        if now_us - note.at_us > LONGEST_US {
            return self.give_up(note, Some(item), why);
        }
        let due_us = now_us + (AGAIN_US << tried.min(8));
        let later = Note { due_us: Some(due_us), ..note.clone() };
        self.runs.store().append(Batch::default().note(NoteChange::Put(later)));
        let (kind, about) = (Arc::from("event"), Arc::from(&*item.flow));
        let why = format!("no run could be begun for {}: {why}; it is tried again", item.cause);
        self.runs.tell(What::Trouble { kind, about, why: Arc::from(why) });
    }

    fn give_up(&self, note: &Note, item: Option<&Item>, why: &str) {
        let (space, key, body) = (note.space.clone(), note.key.clone(), note.body.clone());
        self.runs.store().append(Batch::default().note(NoteChange::Claim { space, key, body }));
        let flow = item.map_or(Arc::from(""), |item| Arc::from(&*item.flow));
        let cause = item.map_or(Arc::from("event"), |item| Arc::from(&*item.cause));
        self.runs.tell(What::Skipped { flow, cause, why: Arc::from(why) });
    }

    /// What is kept of an item; what is secret in it is sealed.
    fn write(&self, item: &Item) -> Vec<u8> {
        let text = |text: &Text| Value::Text(text.clone());
        let value = Value::object([
            ("flow", text(&item.flow)),
            ("cause", text(&item.cause)),
            ("id", text(&item.id)),
            ("about", item.about.as_ref().map(text).unwrap_or_default()),
            ("inputs", Value::from(item.inputs.clone())),
        ]);
        encode(&value, &self.runs.served.home.sealing)
    }

    fn read(&self, note: &Note) -> Option<Item> {
        let Value::Object(members) = decode(&note.body, &self.runs.served.home.sealing).ok()? else {
            return None;
        };
        let text = |name: &str| members.get(name).and_then(Value::as_text).cloned();
        let inputs = members.get("inputs").and_then(Value::as_object).cloned().unwrap_or_default();
        Some(Item {
            id: text("id")?,
            flow: text("flow")?,
            cause: text("cause")?,
            inputs,
            about: text("about"),
        })
    }
}

/// By what an item is known again.
fn key(item: &Item) -> Arc<str> {
    Arc::from(format!("{} {}", item.flow, item.id))
}
