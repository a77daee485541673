//! The journal of a run in its store, and its audit record, which is written from there: what the driver notes and what the
//! clients are about to send go into one order, and one sync serves both.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_core::course::Course;
use flowrun_core::effect::EffectId;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::journal::{Asked, Entry, Event, Recorded};
use flowrun_core::stored;
use flowrun_core::value::{File, Text, Value};
use flowrun_kit::audit::{Entry as Sent, Ledger, Sending};
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
use flowrun_kit::files::Files;
use flowrun_store::{
    AuditLine, Batch, Checkpoint, Moved, RunId, State, StoreError, StoredProgram, TableChange, Ticket,
};
use flowrun_tables::{Changes, Tables};

use super::home::Home;
use super::tables::change;
use crate::driver::Log;
use crate::session::audit::{AuditFile, Words};

/// The journal and the audit record of one run.
pub struct Chronicle {
    home: Arc<Home>,
    scope: Text,
    run: RunId,
    files: Files,
    clock: Clock,
    /// What the record says, and the file that people read; the store has its lines in any case.
    audit: Option<(Words, AuditFile)>,
    most: Size,
    written: Mutex<Written>,
}

/// How far it has come.
#[derive(Debug, Default)]
struct Written {
    entries: u64,
    lines: u64,
    requests: u64,
    /// What those effects were asked for that are not simply repeated after a crash, and have not begun.
    asked: BTreeMap<EffectId, u64>,
    /// The files that are on the disk.
    files: BTreeSet<Text>,
    /// Why the content of one could not be brought there.
    trouble: Option<StoreError>,
    /// Changes of kept tables that belong to the next entry.
    changes: Vec<TableChange>,
    /// What has begun and has no end, and since when.
    begun: BTreeMap<EffectId, i64>,
    /// How much came since the last checkpoint.
    since: Size,
    /// How much of the journal is there.
    whole: Size,
}

/// How much of a journal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Size {
    /// How many entries.
    pub entries: u64,
    /// How many bytes.
    pub bytes: u64,
}

impl Size {
    fn add(&mut self, bytes: usize) {
        self.entries += 1;
        self.bytes += bytes as u64;
    }

    fn is_beyond(self, most: Size) -> bool {
        self.entries >= most.entries || self.bytes >= most.bytes
    }
}

/// After so much a checkpoint is written, whatever else: resuming need not replay more.
const EVERY: Size = Size { entries: 10_000, bytes: 32 << 20 };

/// A checkpoint is not larger than this.
const LARGEST: usize = 256 << 20;

/// From where a chronicle goes on.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// How many entries there are.
    pub entries: u64,
    /// How many lines the audit record has.
    pub lines: u64,
    /// How many requests it tells of.
    pub requests: u64,
    /// How much of the journal is there.
    pub whole: Size,
    /// Up to where the journal stays whole.
    pub most: Size,
}

impl Default for Place {
    fn default() -> Place {
        let (whole, most) = (Size::default(), Size { entries: u64::MAX, bytes: u64::MAX });
        Place { entries: 0, lines: 0, requests: 0, whole, most }
    }
}

impl Chronicle {
    /// The chronicle of a run that is in the store, from where it ends.
    pub fn new(
        home: Arc<Home>,
        scope: Text,
        run: RunId,
        files: Files,
        clock: Clock,
        audit: Option<(Words, AuditFile)>,
        place: Place,
    ) -> Chronicle {
        let Place { entries, lines, requests, whole, most } = place;
        let written = Mutex::new(Written { entries, lines, requests, whole, ..Written::default() });
        Chronicle { home, scope, run, files, clock, audit, most, written }
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an entry to a batch, and the files that it is the first to name.
    fn add(&self, written: &mut Written, batch: &mut Batch, entry: &Entry) {
        if let Event::Completed(_, recorded) | Event::Signal(_, recorded) = &entry.event {
            for file in files_of(recorded) {
                self.shelve(written, batch, &file);
            }
        }
        written.entries += 1;
        let body = stored::encode(entry, &self.home.sealing);
        written.since.add(body.len());
        written.whole.add(body.len());
        let (seq, kind, at_us) = (written.entries, kind(&entry.event), entry.at_us);
        batch.entries.push(flowrun_store::Entry { seq, kind, at_us, body });
    }

    /// Brings the content of a file to where it outlives the process.
    fn shelve(&self, written: &mut Written, batch: &mut Batch, file: &File) {
        if !written.files.insert(file.handle.clone()) {
            return;
        }
        // A file whose content is gone fails whoever reads it, now as later.
        let Ok(mut content) = self.files.open(file) else { return };
        match self.home.store.put_file(&mut content) {
            Ok(hash) => batch.files.push(hash),
            Err(error) => written.trouble = Some(error),
        }
    }

    /// Writes a line of the audit record into a batch, and into its file.
    fn tell(&self, written: &mut Written, batch: &mut Batch, line: impl FnOnce(&Words) -> serde_json::Value) {
        let Some((words, file)) = &self.audit else { return };
        let line = line(words);
        written.lines += 1;
        file.add(&line);
        batch.audit.push(AuditLine { number: written.lines, text: line.to_string() });
    }

    /// Adds a line of the audit record that no request waits for.
    pub fn say(&self, line: impl FnOnce(&Words) -> serde_json::Value) {
        let mut written = self.written();
        let mut batch = Batch::of(&self.run);
        self.tell(&mut written, &mut batch, line);
        self.home.store.append(batch);
    }

    /// Says that the run goes on, in this process and from now on with this program, if it is another.
    pub fn goes_on(&self, owner: String, program: Option<StoredProgram>) {
        let written = self.written();
        let at_us = self.clock.now_ms().saturating_mul(1000);
        let mut batch = Batch::of(&self.run).moved(Moved {
            owner: Some(owner),
            program: program.as_ref().map(|program| program.hash.clone()),
            ..Moved::to(State::Running, at_us)
        });
        batch.programs.extend(program);
        self.home.store.append(batch);
        drop(written);
    }

    /// Says what has become of the run, once all before is on the disk.
    pub fn moved(&self, moved: Moved) -> flowrun_store::Durable {
        let written = self.written();
        let ticket = self.home.store.append(Batch::of(&self.run).moved(moved));
        drop(written);
        self.home.store.durable(ticket)
    }

    /// Makes sure that the audit record's file is complete.
    pub fn finish(&self) -> io::Result<()> {
        self.audit.as_ref().map_or(Ok(()), |(_, file)| file.finish())
    }

    /// Why nothing more can be kept, if so.
    pub fn broken(&self) -> Option<StoreError> {
        self.home.store.broken().or_else(|| self.written().trouble.clone())
    }

    /// The fault of a request that is not sent because it could not be written down.
    fn refused(error: &StoreError) -> Fault {
        let message =
            format!("nothing is sent any more, because what happens can't be kept: {}", error.message);
        Fault::new(FaultKind::Internal, message).may_help(error.help.as_deref())
    }
}

/// The chronicle as its driver writes it.
pub struct Journaling(pub Arc<Chronicle>);

impl Log for Journaling {
    fn append(&mut self, entry: &Entry) {
        let chronicle = &self.0;
        let mut written = chronicle.written();
        let mut batch = Batch::of(&chronicle.run);
        batch.tables = std::mem::take(&mut written.changes);
        if let Event::Completed(asked, _) = &entry.event {
            written.asked.remove(&asked.id);
            written.begun.remove(&asked.id);
        }
        chronicle.add(&mut written, &mut batch, entry);
        // Handed in under the lock, so that no other batch of the run comes before it.
        chronicle.home.store.append(batch);
    }

    fn changed(&mut self, changes: Vec<Changes>) {
        let changes = changes.into_iter().map(|changes| change(&self.0.scope, changes));
        self.0.written().changes.extend(changes);
    }

    fn asked(&mut self, asked: Asked) {
        self.0.written().asked.insert(asked.id, asked.print);
    }

    fn wants_checkpoint(&self) -> Option<Vec<(EffectId, i64)>> {
        let written = self.0.written();
        let wanted = written.since.is_beyond(EVERY) || written.whole.is_beyond(self.0.most);
        wanted.then(|| written.begun.iter().map(|(id, at_us)| (*id, *at_us)).collect())
    }

    fn checkpoint(&mut self, course: &Course, tables: Option<&Tables>) {
        let chronicle = &self.0;
        let mut written = chronicle.written();
        let is_beyond = written.whole.is_beyond(chronicle.most);
        // Whether it can be written or not, it is not tried again with each entry.
        written.since = Size::default();
        written.whole = if is_beyond { Size::default() } else { written.whole };
        let Some(course) = course.save(&chronicle.home.sealing, LARGEST) else { return };
        let Some(Ok(tables)) = tables.map(Tables::snapshot) else { return };
        let seq = written.entries;
        let mut batch = Batch::of(&chronicle.run);
        batch.checkpoint = Some(Box::new(Checkpoint { seq, body: framed(&course, &tables) }));
        batch.cut = is_beyond.then_some(seq);
        chronicle.home.store.append(batch);
    }

    fn is_broken(&self) -> bool {
        self.0.broken().is_some()
    }

    fn broken(&mut self) -> Pending<'_, ()> {
        let store = &self.0.home.store;
        let (newest, troubled) = (store.durable(store.newest()), self.0.written().trouble.is_some());
        Box::pin(async move {
            if newest.await.is_ok() && !troubled {
                std::future::pending::<()>().await;
            }
        })
    }
}

impl Ledger for Chronicle {
    fn tells(&self) -> bool {
        self.audit.is_some()
    }

    fn sending<'a>(&'a self, sending: &'a Sending<'a>) -> Pending<'a, Result<u64>> {
        let ticket: Ticket;
        let number;
        {
            let mut written = self.written();
            let mut batch = Batch::of(&self.run);
            written.requests += 1;
            number = written.requests;
            self.tell(&mut written, &mut batch, |words| words.sending(number, sending));
            if let Some((id, print)) = sending.effect.and_then(|id| Some((id, written.asked.remove(&id)?))) {
                let event = Event::Began(Asked { id, print });
                let at_us = self.clock.now_ms().saturating_mul(1000);
                written.begun.insert(id, at_us);
                self.add(&mut written, &mut batch, &Entry { after: 0, at_us, event });
            }
            ticket = self.home.store.append(batch);
        }
        Box::pin(async move {
            self.home.store.durable(ticket).await.map_err(|error| Chronicle::refused(&error))?;
            Ok(number)
        })
    }

    fn record(&self, entry: &Sent<'_>) {
        self.say(|words| words.request(entry));
    }
}

/// What kind of entry it is, for those who look at a store with other tools.
pub(super) fn kind(event: &Event) -> u8 {
    match event {
        Event::Began(_) => 1,
        Event::Completed(..) => 2,
        Event::Signal(..) => 3,
        Event::Cancelled => 4,
        Event::Settled(..) => 5,
        Event::Passed => 6,
    }
}

/// The files that an effect gave.
fn files_of(recorded: &Recorded) -> Vec<Arc<File>> {
    let mut files = Vec::new();
    match recorded {
        Recorded::Outputs(outputs) => outputs.iter().for_each(|(_, value)| collect(value, &mut files)),
        Recorded::Page(page) => page.records.iter().for_each(|value| collect(value, &mut files)),
        Recorded::Waited | Recorded::Failed(..) => {}
    }
    files
}

/// Adds the files in a value.
pub fn collect(value: &Value, into: &mut Vec<Arc<File>>) {
    match value {
        Value::File(file) => into.push(file.clone()),
        Value::List(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(members) => members.values().for_each(|member| collect(member, into)),
        _ => {}
    }
}

/// A checkpoint: how long the run is, the run, and its own tables.
fn framed(course: &[u8], tables: &[u8]) -> Vec<u8> {
    [&(course.len() as u64).to_le_bytes(), course, tables].concat()
}

/// The run and its tables in a checkpoint.
pub fn unframed(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = body.split_first_chunk::<8>()?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
}
