//! What came in and waits for its turn: events, each of which starts one run. It is on the disk before whoever sent it is told so.

mod lines;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_core::stored::{decode, encode};
use flowrun_core::value::{Record, Text, Value};
use flowrun_host::driver::Stop;
use flowrun_host::session::durable::home::problem;
use flowrun_kit::clock::Clock;
use flowrun_project::Problem;
use flowrun_store::{Batch, Note, NoteChange, Notes, RunId};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, oneshot};

use crate::changes::What;
use crate::names;
use crate::runs::{Beginning, Runs, Unable};
use crate::switches::Switches;
use crate::tasks::Tasks;
use lines::{Lines, Next};

/// Notes of what came in: due until its run has begun, and kept for a while after that, so that the same is not taken twice.
pub const SPACE: &str = "inbox";

/// Notes of deliveries: by the hook, the moment and their own IDs.
pub const DELIVERIES: &str = "delivery";

/// Notes of the runs for whose end others about the same wait.
const TURNS: &str = "turn";

/// What a run can't be begun for is tried again after so long, then after twice that, and so on for a day.
const AGAIN_US: i64 = 60_000_000;
const LONGEST_US: i64 = 86_400_000_000;

/// So many wait at most; beyond that nothing more is taken in.
const MOST: usize = 100_000;

/// So many notes are read at once.
const PAGE: usize = 1_000;

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
    /// Not before this moment, in microseconds since 1970, unless the same comes again without one: then that counts.
    pub after_us: Option<i64>,
}

/// What became of what came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many were new.
    pub new: u64,
    /// The IDs of those.
    pub ids: BTreeSet<Text>,
    /// How many were known already.
    pub again: u64,
}

/// Why nothing is taken in.
#[derive(Debug)]
pub enum Unaccepted {
    /// Too much waits already.
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
    lines: Lines,
    /// How often a run could not be begun for it.
    tried: BTreeMap<Arc<str>, u32>,
    /// The runs for whose end others may wait.
    followed: BTreeMap<RunId, Followed>,
}

/// A run for whose end others about the same may wait.
#[derive(Debug)]
struct Followed {
    flow: Text,
    about: Text,
    has_begun: bool,
}

impl Inbox {
    /// The inbox of a project.
    pub fn new(runs: Arc<Runs>, switches: Arc<Switches>, tasks: Tasks, clock: Clock) -> Inbox {
        Inbox { runs, switches, tasks, clock, state: Mutex::default(), changed: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what came from a source, all of it in one commit; once this returns it is on the disk, and it is so also if nobody
    /// waits for that. What is known already is counted and not taken again.
    pub async fn take(
        self: &Arc<Inbox>,
        items: &[Item],
        mut notes: Vec<NoteChange>,
    ) -> Result<Taken, Unaccepted> {
        let mut taken = Taken::default();
        let (mut added, mut seen) = (Vec::new(), BTreeSet::new());
        {
            // Held until the batch is in the store's queue: what waits for a time may be taken up meanwhile.
            let mut state = self.state();
            if state.lines.len() + items.len() > MOST {
                return Err(Unaccepted::Full);
            }
            for item in items {
                let next = Next::new(item.flow.clone(), key(item));
                let is_first = seen.insert(next.key.clone());
                if is_first && self.admit(&mut state, item, &next, &mut notes).map_err(Unaccepted::Problem)? {
                    taken.new += 1;
                    taken.ids.insert(item.id.clone());
                    added.push((item.after_us, next));
                } else {
                    taken.again += 1;
                }
            }
        }
        let (told, done) = oneshot::channel();
        let ticket = self.runs.store().append(Batch { notes, ..Batch::default() });
        let inbox = self.clone();
        self.tasks.spawn(async move {
            // The disk takes no simulated time.
            let hold = inbox.clock.hold();
            let stored = inbox.runs.store().durable(ticket).await;
            drop(hold);
            if stored.is_ok() {
                inbox.line_up(added);
            }
            // Whoever sent it may have gone.
            let _ = told.send(stored);
        });
        let stored = done.await.map_err(|_| Unaccepted::Problem(Problem::new("the service ends")))?;
        stored.map_err(|error| Unaccepted::Problem(problem(&error)))?;
        Ok(taken)
    }

    /// Writes an item down if it is new, or if it waited for a time and need not any more.
    fn admit(
        &self,
        state: &mut State,
        item: &Item,
        next: &Next,
        notes: &mut Vec<NoteChange>,
    ) -> Result<bool, Problem> {
        let now_us = self.runs.now_us();
        let known = self.runs.store().note(SPACE, &next.key).map_err(|error| problem(&error))?;
        let overtakes = item.after_us.is_none() && state.lines.no_later(next);
        let (space, key) = (Arc::from(SPACE), next.key.clone());
        let due_us = Some(item.after_us.map_or(now_us, |after_us| after_us.max(now_us)));
        match known {
            None => {
                let note = Note { space, key, at_us: now_us, due_us, body: self.write(item) };
                notes.push(NoteChange::Add(note));
                Ok(true)
            }
            Some(known) if overtakes => {
                notes.push(NoteChange::Put(Note { due_us, body: self.write(item), ..known }));
                Ok(true)
            }
            Some(_) => Ok(false),
        }
    }

    fn line_up(&self, added: Vec<(Option<i64>, Next)>) {
        let mut state = self.state();
        for (after_us, next) in added {
            match after_us {
                Some(after_us) => state.lines.add_later(after_us, next),
                None => state.lines.add(next),
            }
        }
        drop(state);
        self.changed.notify_one();
    }

    /// How many wait.
    pub fn waiting(&self) -> u64 {
        self.state().lines.len() as u64
    }

    /// How many wait for flows that are off, by the flows' paths: they run when those are turned on, unless they are dropped before.
    pub fn aside(&self) -> BTreeMap<Text, u64> {
        self.state().lines.aside(|flow| !self.switches.is_on(flow))
    }

    /// Drops what waits for a flow that is off, and tells how many that were, once that is on the disk.
    pub async fn drop_aside(&self, flow: &str) -> Result<u64, Problem> {
        if self.switches.is_on(flow) {
            return Ok(0);
        }
        let gone = self.state().lines.forget(flow);
        let claim = |next: &Next| NoteChange::Claim {
            space: Arc::from(SPACE),
            key: next.key.clone(),
            body: Vec::new(),
        };
        let store = self.runs.store();
        let ticket = store.append(Batch { notes: gone.iter().map(claim).collect(), ..Batch::default() });
        let _hold = self.clock.hold();
        store.durable(ticket).await.map_err(|error| problem(&error))?;
        if !gone.is_empty() {
            let why = format!("{} that waited while the flow was off were dropped", gone.len());
            self.runs.tell(What::Skipped { flow: flow.into(), cause: "event".into(), why: why.into() });
        }
        Ok(gone.len() as u64)
    }

    /// Looks again whether something can begin.
    pub fn look(&self) {
        self.state().lines.take_up(|flow| self.switches.is_on(flow));
        self.changed.notify_one();
    }

    /// Begins what waits until it is told to stop.
    pub async fn run(self: Arc<Inbox>, mut stop: Stop) {
        let mut changes = self.runs.changes().watch();
        if let Err(error) = self.recall() {
            let why = format!("what came in before can't be read: {}", error.message);
            self.runs.tell(What::Trouble { kind: "store".into(), about: SPACE.into(), why: why.into() });
        }
        loop {
            let next_us = self.begin_all();
            let time = async {
                match next_us {
                    Some(next_us) => self.clock.sleep_until(next_us.div_euclid(1000) + 1).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = time => {}
                () = self.changed.notified() => {}
                change = changes.recv() => match change {
                    Ok(change) => self.hear(&change.what),
                    // What was missed is looked up.
                    Err(RecvError::Lagged(_)) => self.look_at_all(),
                    Err(RecvError::Closed) => return,
                },
                () = stop.given() => return,
            }
        }
    }

    /// Takes up what an earlier process left: what waits, and the runs for whose end others wait.
    fn recall(&self) -> Result<(), Problem> {
        let store = self.runs.store();
        let told = |error| problem(&error);
        for note in store.notes(&Notes::of(TURNS)).map_err(told)? {
            let Ok(Value::Object(members)) = decode(&note.body, &self.runs.served.home.sealing) else {
                continue;
            };
            let text = |name: &str| members.get(name).and_then(Value::as_text).cloned();
            if let (Some(flow), Some(about)) = (text("flow"), text("about")) {
                let mut state = self.state();
                state.lines.goes_on(&flow, &about);
                state.followed.insert(RunId::from(&*note.key), Followed { flow, about, has_begun: true });
            }
        }
        self.look_at_all();
        let (mut since_us, mut page) = (i64::MIN, PAGE);
        loop {
            let asked = Notes::of(SPACE).due(i64::MAX).due_after(since_us).at_most(page);
            let found = store.notes(&asked).map_err(told)?;
            let Some(last_us) = found.last().and_then(|note| note.due_us) else { return Ok(()) };
            let all = found.len() < page;
            let first_us = found.first().and_then(|note| note.due_us);
            let now_us = self.runs.now_us();
            for note in found {
                let next = Next::new(flow_of(&note.key), note.key);
                let mut state = self.state();
                match note.due_us {
                    Some(due_us) if due_us > now_us => state.lines.add_later(due_us, next),
                    _ => state.lines.add(next),
                }
            }
            if all {
                return Ok(());
            }
            // More may be due at the same moment as the last of the page.
            page = if first_us == Some(last_us) { page * 2 } else { PAGE };
            since_us = last_us - 1;
        }
    }

    fn hear(&self, what: &What) {
        match what {
            What::Moved(moved) if !moved.state.status().is_open() => self.ended(&moved.run),
            What::Switched { on: true, .. } | What::Reloaded { .. } => self.look(),
            _ => {}
        }
    }

    /// A run has ended: it is the turn of the next about the same.
    fn ended(&self, run: &RunId) {
        let mut state = self.state();
        let Some(followed) = state.followed.remove(run) else { return };
        state.lines.ended(&followed.flow, &followed.about);
        let gone = NoteChange::Remove { space: Arc::from(TURNS), key: run.clone() };
        self.runs.store().append(Batch::default().note(gone));
    }

    fn look_at_all(&self) {
        let state = self.state();
        let begun = state.followed.iter().filter(|(_, followed)| followed.has_begun);
        let begun: Vec<RunId> = begun.map(|(run, _)| run.clone()).collect();
        drop(state);
        begun.iter().filter(|run| self.has_ended(run)).for_each(|run| self.ended(run));
        self.look();
    }

    /// Whether a run has ended, or is not known any more.
    fn has_ended(&self, run: &RunId) -> bool {
        !self.runs.is_live(run) && !self.runs.store().run(run).is_ok_and(|run| run.state.status().is_open())
    }

    /// Begins all whose turn it is, and tells when the next is that waits for a time.
    fn begin_all(self: &Arc<Inbox>) -> Option<i64> {
        loop {
            let mut state = self.state();
            let next_us = state.lines.wake(self.runs.now_us());
            let Some(next) = state.lines.next() else { return next_us };
            if !self.switches.is_on(&next.flow) {
                state.lines.set_aside(next);
                continue;
            }
            drop(state);
            self.begin(next);
        }
    }

    /// Begins a run for what a note holds, if nothing keeps it from that.
    fn begin(self: &Arc<Inbox>, next: Next) {
        let note = match self.runs.store().note(SPACE, &next.key) {
            Ok(Some(note)) if note.due_us.is_some() => note,
            // Somebody has done it already.
            Ok(_) => return self.state().lines.gone(&next),
            Err(_) => return self.state().lines.again_at(self.runs.now_us() + AGAIN_US, &next),
        };
        let Some(item) = self.read(&note) else {
            // What can't be read can't be begun: it is kept, and told once.
            self.give_up(&note, None, "what came in can't be read any more");
            return self.state().lines.gone(&next);
        };
        if !self.state().lines.turn(&next, item.about.as_ref()) {
            return;
        }
        let inbox = self.clone();
        self.tasks.spawn(async move { inbox.start(next, note, item).await });
    }

    async fn start(self: &Arc<Inbox>, next: Next, note: Note, item: Item) {
        let (space, key) = (Arc::from(SPACE), note.key.clone());
        let name = names::run(self.runs.now_us());
        // Known before it begins, so that nobody misses its end.
        if let Some(about) = &item.about {
            let followed = Followed { flow: item.flow.clone(), about: about.clone(), has_begun: false };
            self.state().followed.insert(RunId::from(&*name), followed);
        }
        let mut notes = vec![NoteChange::Claim { space, key, body: Vec::new() }];
        notes.extend(item.about.as_ref().map(|about| self.turn_of(&name, &item.flow, about, note.at_us)));
        let beginning = Beginning {
            flow: item.flow.clone(),
            inputs: item.inputs.clone(),
            cause: item.cause.to_string(),
            notes,
            due_us: note.at_us,
            name: Some(name.clone()),
            ..Beginning::default()
        };
        match self.runs.begin(beginning).await {
            Ok(run) => {
                let mut state = self.state();
                state.tried.remove(&note.key);
                state.lines.begun(&next);
                let followed = state.followed.get_mut(&run).map(|followed| followed.has_begun = true);
                drop(state);
                if followed.is_some() && self.has_ended(&run) {
                    self.ended(&run);
                }
            }
            Err(unable) => {
                self.state().followed.remove(&RunId::from(&*name));
                let why = match unable {
                    // It is in the inbox when the service is back.
                    Unable::Ending => return,
                    Unable::Full => "too many runs of the flow wait already".to_owned(),
                    Unable::Problem(problem) => problem.message,
                };
                self.put_off(&next, &note, &item, &why);
            }
        }
        self.changed.notify_one();
    }

    /// That a run has its turn, as long as it goes on.
    fn turn_of(&self, run: &str, flow: &Text, about: &Text, at_us: i64) -> NoteChange {
        let value =
            Value::object([("flow", Value::Text(flow.clone())), ("about", Value::Text(about.clone()))]);
        let body = encode(&value, &self.runs.served.home.sealing);
        NoteChange::Put(Note { space: Arc::from(TURNS), key: Arc::from(run), at_us, due_us: None, body })
    }

    /// Tries again later, for a day at most.
    fn put_off(&self, next: &Next, note: &Note, item: &Item, why: &str) {
        let now_us = self.runs.now_us();
        let mut state = self.state();
        if now_us - note.at_us > LONGEST_US {
            let holds = item.about.clone();
            state.lines.gone(&Next { holds, ..next.clone() });
            state.tried.remove(&note.key);
            drop(state);
            return self.give_up(note, Some(item), why);
        }
        let tried = *state.tried.entry(note.key.clone()).and_modify(|tried| *tried += 1).or_insert(0);
        let holds = item.about.clone();
        state.lines.again_at(now_us + (AGAIN_US << tried.min(8)), &Next { holds, ..next.clone() });
        drop(state);
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
            after_us: None,
        })
    }
}

/// By what an item is known again. A flow's path holds blanks; an ID must not.
fn key(item: &Item) -> Arc<str> {
    let id: String =
        item.id.chars().map(|letter| if letter.is_whitespace() { '_' } else { letter }).collect();
    Arc::from(format!("{} {id}", item.flow))
}

fn flow_of(key: &str) -> Text {
    Text::from(key.rsplit_once(' ').map_or(key, |(flow, _)| flow))
}
