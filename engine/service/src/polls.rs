//! Polls: a list at a vendor is asked again and again, and what is new in it starts its flow.
//!
//! What the list had is kept for each flow, in one commit with what it starts: a record starts its run once, whenever the process dies.
//! What is there when a flow polls for the first time starts nothing; so it is too when the flow asks something else than before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_core::card::{Card, Work};
use flowrun_core::effect::Cursor;
use flowrun_core::fault::Fault;
use flowrun_core::machine::{Machine, Start};
use flowrun_core::program::{Flow, Trigger};
use flowrun_core::settings::{milliseconds_of, word_of};
use flowrun_core::value::{Record, Text, Value, get};
use flowrun_core::words;
use flowrun_host::driver::Stop;
use flowrun_host::session::Ready;
use flowrun_host::session::desk::Desk;
use flowrun_kit::clock::Clock;
use flowrun_store::{Batch, Note, NoteChange};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::changes::What;
use crate::inbox::{Inbox, Item, Unaccepted};
use crate::names::hex;
use crate::runs::Runs;
use crate::switches::Switches;
use crate::tasks::Tasks;

/// Notes of what lists had when they were asked last.
pub const SPACE: &str = "poll";

/// What starts the run of a poll.
pub const CAUSE: &str = "poll";

/// How long after one poll the next begins where a flow does not say it.
const EVERY_MS: u64 = 300_000;

/// So many records a list may have.
const MOST: usize = 100_000;

/// The polls of a project.
pub struct Polls {
    runs: Arc<Runs>,
    switches: Arc<Switches>,
    inbox: Arc<Inbox>,
    tasks: Tasks,
    clock: Clock,
    all: Mutex<BTreeMap<Text, Entry>>,
    changed: Notify,
}

/// A flow that polls.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// When it asks next.
    at_us: i64,
    /// Whether it asks now.
    asks: bool,
    /// Whether the last poll failed, and that is told.
    failed: bool,
}

/// What a list had when it was asked.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Noted {
    v: u32,
    /// What was asked for.
    asked: String,
    /// When, in microseconds since 1970.
    at_us: i64,
    /// The records that it had.
    known: BTreeSet<String>,
}

/// A poll of a flow, as it is written.
struct Poll<'f> {
    flow: &'f Flow,
    card: &'f Text,
    connection: &'f Text,
    more: &'f Record,
}

/// What a list has, and what of it is new.
struct Found {
    known: BTreeSet<String>,
    /// With that by which each is known.
    fresh: Vec<(String, Value)>,
}

impl Polls {
    /// The polls of a project's flows, as far as they have come.
    pub fn new(
        runs: Arc<Runs>,
        switches: Arc<Switches>,
        inbox: Arc<Inbox>,
        tasks: Tasks,
        clock: Clock,
    ) -> Polls {
        let (all, changed) = (Mutex::default(), Notify::new());
        let polls = Polls { runs, switches, inbox, tasks, clock, all, changed };
        polls.refresh();
        polls
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Text, Entry>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over the polls of the version that counts now.
    pub fn refresh(&self) {
        let (version, now_us) = (self.runs.served.version(), self.runs.now_us());
        let mut all = self.all();
        let polls = version.triggered().filter_map(Poll::of);
        let found = polls.map(|poll| {
            let last_us = self.noted(&poll.flow.path).map(|noted| noted.at_us + poll.every_us());
            let at_us = last_us.unwrap_or(now_us);
            let known =
                all.get(&poll.flow.path).map(|entry| Entry { at_us: entry.at_us.min(at_us), ..*entry });
            (poll.flow.path.clone(), known.unwrap_or(Entry { at_us, ..Entry::default() }))
        });
        *all = found.collect();
        drop(all);
        self.changed.notify_one();
    }

    /// Looks again which flows are on.
    pub fn look(&self) {
        self.changed.notify_one();
    }

    /// Forgets what a list had: what it has when the flow polls next starts nothing.
    pub fn forget(&self, flow: &str) {
        let gone = NoteChange::Remove { space: Arc::from(SPACE), key: Arc::from(flow) };
        self.runs.store().append(Batch::default().note(gone));
    }

    fn noted(&self, flow: &str) -> Option<Noted> {
        let note = self.runs.store().note(SPACE, flow).ok()??;
        serde_json::from_slice(&note.body).ok()
    }

    /// Polls until it is told to stop.
    pub async fn run(self: Arc<Polls>, mut stop: Stop) {
        loop {
            let next_us = self.begin_all(&stop);
            let time = async {
                match next_us {
                    Some(next_us) => self.clock.sleep_until(next_us.div_euclid(1000) + 1).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = time => {}
                () = self.changed.notified() => {}
                () = stop.given() => return,
            }
        }
    }

    /// Lets all ask whose time has come, and tells when the next one's does.
    fn begin_all(self: &Arc<Polls>, stop: &Stop) -> Option<i64> {
        let now_us = self.runs.now_us();
        let mut all = self.all();
        let on = all.iter_mut().filter(|(flow, entry)| !entry.asks && self.switches.is_on(flow));
        let mut next_us = None;
        for (flow, entry) in on {
            if entry.at_us > now_us {
                next_us = Some(next_us.map_or(entry.at_us, |next: i64| next.min(entry.at_us)));
                continue;
            }
            entry.asks = true;
            let (polls, flow, mut stop) = (self.clone(), flow.clone(), stop.clone());
            self.tasks.spawn(async move {
                tokio::select! {
                    () = polls.ask(&flow, now_us) => {}
                    () = stop.given() => {}
                }
            });
        }
        next_us
    }

    async fn ask(&self, path: &Text, now_us: i64) {
        let version = self.runs.served.version();
        let Some(poll) = version.flow(path).and_then(Poll::of) else { return };
        let outcome = self.poll(&poll, now_us).await;
        let mut all = self.all();
        let Some(entry) = all.get_mut(path) else { return };
        let first = outcome.is_err() && !entry.failed;
        *entry = Entry { at_us: now_us + poll.every_us(), asks: false, failed: outcome.is_err() };
        drop(all);
        if let (Err(why), true) = (outcome, first) {
            let why = format!("{}: {why}; it is tried again", poll.card);
            let (kind, about) = (Arc::from("poll"), Arc::from(&**path));
            self.runs.tell(What::Trouble { kind, about, why: why.into() });
        }
        self.changed.notify_one();
    }

    /// Asks once, and takes in what is new together with what there is.
    async fn poll(&self, poll: &Poll<'_>, now_us: i64) -> Result<(), String> {
        let (served, version) = (&self.runs.served, self.runs.served.version());
        let ready = served.ready(&version, &poll.flow.path).map_err(|problem| problem.message)?;
        let card = served.surroundings.registry.catalog().get(poll.card).ok_or("there is no such card")?;
        // The same whenever it is asked, so that only what is written counts.
        let asked = poll.asked(&ready, card, 0, 0)?;
        let asked = print(&[
            poll.card,
            poll.connection,
            &asked.to_json(),
            poll.id(),
            poll.newer().unwrap_or_default(),
        ]);
        let before = self.noted(&poll.flow.path).filter(|noted| noted.asked == asked);
        let since_us = before.as_ref().map_or(now_us, |noted| noted.at_us);
        let scopes = match &card.work {
            Work::Effect(spec) => spec.scopes.iter().map(Text::from).collect(),
            _ => BTreeSet::new(),
        };
        let desk = Desk::open(&version.project, &served.job, &served.surroundings, poll.connection, scopes);
        let desk = desk.map_err(|problem| problem.message)?;
        let inputs = poll.asked(&ready, card, since_us, now_us)?;
        let found = poll.list(&desk, &inputs, before.as_ref()).await?;
        let items = match before {
            Some(_) => poll.items(&found, since_us, now_us),
            None => Vec::new(),
        };
        let noted = Noted { v: 1, asked, at_us: now_us, known: found.known };
        let note = Note {
            space: Arc::from(SPACE),
            key: Arc::from(&*poll.flow.path),
            at_us: now_us,
            due_us: None,
            body: serde_json::to_vec(&noted).unwrap_or_default(),
        };
        let taken = self.inbox.take(&items, vec![NoteChange::Put(note)]).await;
        let taken = taken.map_err(|unaccepted| match unaccepted {
            Unaccepted::Full => "too many events wait already".to_owned(),
            Unaccepted::Problem(problem) => problem.message,
        })?;
        if !items.is_empty() {
            let source = Arc::from(&**poll.card);
            self.runs.tell(What::Received { source, new: taken.new, again: taken.again });
        }
        Ok(())
    }
}

impl<'f> Poll<'f> {
    fn of(flow: &'f Flow) -> Option<Poll<'f>> {
        let Trigger::Poll { card, connection, more, .. } = &flow.trigger else { return None };
        Some(Poll { flow, card, connection, more })
    }

    fn every_us(&self) -> i64 {
        milliseconds_of(self.more, "every").unwrap_or(EVERY_MS) as i64 * 1000
    }

    fn id(&self) -> &'f str {
        word_of(self.more, "id").map_or("", |id| id)
    }

    fn newer(&self) -> Option<&'f str> {
        word_of(self.more, "newer").map(|newer| &**newer)
    }

    /// The fields of the card. Of the flow's inputs there is `since`, when it asked last.
    fn asked(&self, ready: &Ready, card: &Card, since_us: i64, now_us: i64) -> Result<Value, String> {
        let told = |fault: Fault| fault.message.to_string();
        let program = ready.program();
        let entry = program.find(&self.flow.path).ok_or("the flow is not there any more")?;
        let has_since = self.flow.inputs.iter().any(|input| *input.name == *SINCE);
        let since = has_since.then(|| (Text::from(SINCE), Value::from(&*crate::when(since_us))));
        let start = Start::new(entry, since.into_iter().collect(), SPACE, now_us);
        let mut fields =
            Machine::new(program.clone(), start).and_then(|machine| machine.limited_to()).map_err(told)?;
        if card.input("result_set").is_some() {
            fields.insert(Text::from("result_set"), Value::from("stream"));
        }
        Ok(Value::from(fields))
    }

    /// All that the list has, page by page; of it only what was not there before is kept.
    async fn list(&self, desk: &Desk, inputs: &Value, before: Option<&Noted>) -> Result<Found, String> {
        let mut found = Found { known: BTreeSet::new(), fresh: Vec::new() };
        let mut cursor = Cursor::First;
        loop {
            let page =
                desk.page(self.card, inputs, cursor).await.map_err(|fault| fault.message.to_string())?;
            for record in page.records {
                let print = self.print(&record)?;
                let is_fresh = before.is_some_and(|before| !before.known.contains(&print));
                if found.known.insert(print.clone()) && is_fresh {
                    found.fresh.push((print, record));
                }
            }
            if found.known.len() > MOST {
                let most = words::count(MOST as u64);
                return Err(format!(
                    "the list has more than {most} records: ask for fewer by the fields under `with`"
                ));
            }
            match page.next {
                Some(next) => cursor = Cursor::After(next),
                None => return Ok(found),
            }
        }
    }

    /// By what a record is known again.
    fn print(&self, record: &Value) -> Result<String, String> {
        let of = |name: &str| Some(get(record, name)).filter(|value| !value.is_null());
        let id = of(self.id()).ok_or_else(|| {
            let has = record
                .as_object()
                .map(|record| record.keys().map(|key| &**key).collect::<Vec<_>>().join(", "));
            format!(
                "a record has no `{}`; it has {}",
                self.id(),
                has.unwrap_or_else(|| "no members".to_owned())
            )
        })?;
        let newer = self.newer().and_then(of).unwrap_or_default();
        Ok(print(&[&id.to_json(), &newer.to_json()]))
    }

    /// What starts a run each.
    fn items(&self, found: &Found, since_us: i64, now_us: i64) -> Vec<Item> {
        let item = |id: &str, records: Vec<Value>, record: Option<&Value>| Item {
            id: format!("{now_us}-{id}").into(),
            flow: self.flow.path.clone(),
            cause: CAUSE.into(),
            inputs: self.inputs(records, record, since_us),
            about: None,
            after_us: None,
        };
        match word_of(self.more, "run").map_or("each_record", |run| &**run) {
            "every_time" => {
                vec![item("all", found.fresh.iter().map(|(_, record)| record.clone()).collect(), None)]
            }
            "no_new_data" if found.fresh.is_empty() => vec![item("none", Vec::new(), None)],
            "no_new_data" => Vec::new(),
            _ => {
                let each = found.fresh.iter();
                each.map(|(print, record)| item(print, vec![record.clone()], Some(record))).collect()
            }
        }
    }

    /// What the flow takes: the records, and of a single one the members that inputs are called after.
    fn inputs(&self, records: Vec<Value>, record: Option<&Value>, since_us: i64) -> Record {
        let input = |name: &str| match name {
            "record" => record.cloned(),
            "records" => Some(Value::list(records.clone())),
            SINCE => Some(Value::from(&*crate::when(since_us))),
            name => record.and_then(|record| record.as_object()?.get(name).cloned()),
        };
        let inputs = self.flow.inputs.iter();
        inputs.filter_map(|known| Some((known.name.clone(), input(&known.name)?))).collect()
    }
}

/// The input that says when the list was asked before.
const SINCE: &str = "since";

/// A fingerprint of some texts.
fn print(texts: &[&str]) -> String {
    let whole: Vec<u8> = texts.iter().flat_map(|text| text.bytes().chain([0])).collect();
    hex(&digest(&SHA256, &whole).as_ref()[..8])
}
