//! A store in memory: for runs that leave nothing, and for tests, which can have it crash.

mod stored;

use std::collections::{BTreeMap, VecDeque};
use std::io::{Cursor, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::stored::{Stored, StoredNote, StoredRun, StoredTable, blacked_out, is_in};
use sha2::{Digest, Sha256};

use crate::batch::{AuditLine, Batch, Checkpoint, Entry, Row, RunId, TableId};
use crate::error::{Result, StoreError, Trouble};
use crate::hash::FileHash;
use crate::note::{Note, Notes};
use crate::port::{Content, Store};
use crate::refusal;
use crate::run::{Filter, Forgotten, Keep, KeptTable, Purged, Run, State};
use crate::ticket::{Durable, Settled, Ticket};

/// A store that is gone with its process.
#[derive(Debug, Default)]
pub struct InMemory {
    inner: Mutex<Inner>,
    settled: Arc<Settled>,
}

/// Where the process of a store dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// At which of the batches that it hands in, counted from 1.
    pub at: u64,
    /// Whether that one is still kept.
    pub kept: bool,
}

#[derive(Debug, Default)]
struct Inner {
    stored: Stored,
    newest: Ticket,
    death: Option<Death>,
    /// What waits for `commit`, where that is called by hand.
    waiting: Option<VecDeque<(Ticket, Batch)>>,
    stuck: BTreeMap<RunId, StoreError>,
    /// Files that were put and are not named by any batch yet.
    fresh: BTreeMap<FileHash, usize>,
}

impl InMemory {
    /// An empty store, in which everything is durable at once.
    pub fn new() -> InMemory {
        InMemory::default()
    }

    /// An empty store in which nothing is durable before `commit` says so.
    pub fn by_hand() -> InMemory {
        let inner = Inner { waiting: Some(VecDeque::new()), ..Inner::default() };
        InMemory { inner: Mutex::new(inner), settled: Arc::default() }
    }

    /// The same, of which everything is durable at once until its process dies there.
    pub fn dying(self, death: Death) -> InMemory {
        self.inner().death = Some(death);
        self
    }

    /// Makes durable what was handed in up to a ticket.
    pub fn commit(&self, up_to: Ticket) {
        let mut inner = self.inner();
        let refused = inner.commit(up_to);
        let up_to = up_to.min(inner.newest);
        drop(inner);
        self.settled.settle(up_to, refused);
    }

    /// What a new process finds after this one was killed: what was durable. It commits as this one does; this one is broken.
    pub fn crash(&self) -> InMemory {
        let mut inner = self.inner();
        let mut left = Inner {
            stored: inner.stored.clone(),
            waiting: inner.waiting.as_ref().map(|_| VecDeque::new()),
            ..Inner::default()
        };
        inner.waiting = inner.waiting.take().map(|_| VecDeque::new());
        drop(inner);
        left.release();
        self.settled.give_up(StoreError::new(Trouble::Closed, "the process was killed"));
        InMemory { inner: Mutex::new(left), settled: Arc::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is durable, after all that was handed in: what is done to it has its turn behind that.
    fn whole(&self) -> Result<MutexGuard<'_, Inner>> {
        if let Some(error) = self.settled.broken() {
            return Err(error);
        }
        let newest = self.newest();
        self.commit(newest);
        Ok(self.inner())
    }

    fn of<T>(&self, run: &str, take: impl FnOnce(&StoredRun) -> T) -> Result<T> {
        self.inner().stored.runs.get(run).map(take).ok_or_else(|| StoreError::no_run(run))
    }
}

impl Inner {
    fn commit(&mut self, up_to: Ticket) -> Vec<(Ticket, StoreError)> {
        let mut refused = Vec::new();
        let due = |(ticket, _): &(Ticket, Batch)| *ticket <= up_to;
        while self.waiting.as_ref().is_some_and(|waiting| waiting.front().is_some_and(due)) {
            let Some((ticket, batch)) = self.waiting.as_mut().and_then(VecDeque::pop_front) else { break };
            if let Err(error) = self.add(batch) {
                refused.push((ticket, error));
            }
        }
        refused
    }

    fn add(&mut self, batch: Batch) -> Result<()> {
        if let Some(error) = batch.run.as_ref().and_then(|run| self.stuck.get(run)) {
            return Err(error.clone());
        }
        if let Err(error) = self.stored.fits(&batch) {
            if let (Some(run), None) = (&batch.run, &batch.start) {
                self.stuck.insert(run.clone(), error.clone());
            }
            return Err(error);
        }
        for hash in &batch.files {
            if let Some(count) = self.fresh.get_mut(hash) {
                *count -= 1;
            }
        }
        self.fresh.retain(|_, count| *count > 0);
        self.stored.apply(batch);
        self.release();
        Ok(())
    }

    /// Files go when nothing uses them.
    fn release(&mut self) {
        let (runs, fresh) = (&self.stored.runs, &self.fresh);
        self.stored
            .files
            .retain(|hash, _| fresh.contains_key(hash) || runs.values().any(|run| run.files.contains(hash)));
    }

    fn delete(&mut self, id: &RunId) {
        self.stuck.remove(id);
        let Some(run) = self.stored.runs.remove(id) else { return };
        if self.stored.audit.contains_key(&Some(id.clone())) {
            self.stored.gone.insert(id.clone());
        }
        let program = run.run.about.program;
        if !self.stored.runs.values().any(|other| other.run.about.program == program) {
            self.stored.programs.remove(&program);
        }
        self.release();
    }
}

impl Store for InMemory {
    fn append(&self, batch: Batch) -> Ticket {
        let mut inner = self.inner();
        inner.newest.0 += 1;
        let ticket = inner.newest;
        if let Some(waiting) = &mut inner.waiting {
            waiting.push_back((ticket, batch));
        } else if self.settled.broken().is_none() {
            let death = inner.death.filter(|death| death.at == ticket.0);
            if death.is_none_or(|death| death.kept) {
                let refused = inner.add(batch).err().map(|error| (ticket, error));
                // Before another can hand in: tickets are settled in their order.
                self.settled.settle(ticket, refused.into_iter().collect());
            }
            if death.is_some() {
                self.settled.give_up(StoreError::new(Trouble::Closed, "the process was killed"));
            }
        }
        ticket
    }

    fn durable(&self, ticket: Ticket) -> Durable {
        self.settled.durable(ticket)
    }

    fn newest(&self) -> Ticket {
        self.inner().newest
    }

    fn pressed(&self) -> Option<Durable> {
        None
    }

    fn broken(&self) -> Option<StoreError> {
        self.settled.broken()
    }

    fn run(&self, id: &str) -> Result<Run> {
        let stored = &self.inner().stored;
        if let Some(run) = stored.runs.get(id) {
            return Ok(run.run.clone());
        }
        let found: Vec<&StoredRun> = stored
            .runs
            .range(RunId::from(id)..)
            .map(|(_, run)| run)
            .take_while(|run| run.run.about.id.starts_with(id))
            .take(5)
            .collect();
        match found.as_slice() {
            [only] if !id.is_empty() => Ok(only.run.clone()),
            [] | [_] => Err(StoreError::no_run(id)),
            _ => {
                let ids: Vec<String> = found.iter().map(|run| run.run.about.id.to_string()).collect();
                Err(StoreError::ambiguous(id, &ids))
            }
        }
    }

    fn runs(&self, filter: &Filter) -> Result<Vec<Run>> {
        Ok(self.inner().stored.found(filter).into_iter().map(|run| run.run.clone()).collect())
    }

    fn due(&self, at_us: i64, limit: usize) -> Result<Vec<Run>> {
        let stored = &self.inner().stored;
        let due = |run: &&StoredRun| run.run.state.due_us().is_some_and(|due| due <= at_us);
        let mut found: Vec<&StoredRun> = stored.runs.values().filter(due).collect();
        found.sort_by_key(|run| (run.run.state.due_us(), run.place));
        Ok(found.into_iter().take(limit).map(|run| run.run.clone()).collect())
    }

    fn next_due_us(&self) -> Result<Option<i64>> {
        Ok(self.inner().stored.runs.values().filter_map(|run| run.run.state.due_us()).min())
    }

    fn start(&self, run: &str) -> Result<Option<Vec<u8>>> {
        self.of(run, |run| run.start.clone())
    }

    fn report(&self, run: &str) -> Result<Option<Vec<u8>>> {
        self.of(run, |run| run.report.clone())
    }

    fn entries(&self, run: &str, from: u64, limit: usize) -> Result<Vec<Entry>> {
        self.of(run, |run| run.entries.range(from..).map(|(_, entry)| entry.clone()).take(limit).collect())
    }

    fn journal_bytes(&self, run: &str) -> Result<u64> {
        self.of(run, |run| run.entries.values().map(|entry| entry.body.len() as u64).sum())
    }

    fn checkpoint(&self, run: &str) -> Result<Option<Checkpoint>> {
        self.of(run, |run| run.checkpoint.clone())
    }

    fn program(&self, hash: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.inner().stored.programs.get(hash).cloned())
    }

    fn audit(&self, run: Option<&str>) -> Result<Vec<AuditLine>> {
        let stored = &self.inner().stored;
        let id = run.map(RunId::from);
        if let Some(id) = &id
            && !stored.runs.contains_key(id)
            && !stored.gone.contains(id)
        {
            return Err(StoreError::no_run(id));
        }
        let lines = stored.audit.get(&id).into_iter().flatten();
        Ok(lines.map(|(number, text)| AuditLine { number: *number, text: text.clone() }).collect())
    }

    fn note(&self, space: &str, key: &str) -> Result<Option<Note>> {
        let inner = self.inner();
        Ok(inner.stored.notes.get(&(Arc::from(space), Arc::from(key))).map(|stored| stored.note.clone()))
    }

    fn notes(&self, asked: &Notes) -> Result<Vec<Note>> {
        Ok(self.inner().stored.asked(asked))
    }

    fn waiting(&self, space: &str) -> Result<u64> {
        let inner = self.inner();
        let due = |stored: &&StoredNote| *stored.note.space == *space && stored.note.due_us.is_some();
        Ok(inner.stored.notes.values().filter(due).count() as u64)
    }

    fn table(&self, table: &TableId) -> Result<Option<KeptTable>> {
        let inner = self.inner();
        let whole = |table: &StoredTable| KeptTable {
            next: table.next,
            note: table.note.clone(),
            rows: table.rows.values().cloned().collect(),
        };
        Ok(inner.stored.tables.get(table).map(whole))
    }

    fn tables(&self) -> Result<Vec<(TableId, u64)>> {
        let inner = self.inner();
        Ok(inner.stored.tables.iter().map(|(id, table)| (id.clone(), table.rows.len() as u64)).collect())
    }

    fn put_file(&self, content: &mut dyn Read) -> Result<FileHash> {
        let mut bytes = Vec::new();
        content
            .read_to_end(&mut bytes)
            .map_err(|error| StoreError::new(Trouble::Disk, format!("a file can't be read: {error}")))?;
        let hash = FileHash(Sha256::digest(&bytes).into());
        let mut inner = self.inner();
        inner.stored.files.entry(hash).or_insert_with(|| bytes.into());
        *inner.fresh.entry(hash).or_default() += 1;
        Ok(hash)
    }

    fn file(&self, hash: &FileHash) -> Result<Box<dyn Content>> {
        let found = self.inner().stored.files.get(hash).cloned();
        let bytes =
            found.ok_or_else(|| StoreError::new(Trouble::Absent, format!("file {hash} is not stored")))?;
        Ok(Box::new(Cursor::new(bytes)))
    }

    fn files(&self, run: &str) -> Result<Vec<FileHash>> {
        self.of(run, |run| run.files.iter().copied().collect())
    }

    fn delete(&self, run: &str) -> Result<()> {
        let mut inner = self.whole()?;
        let found = inner.stored.runs.get(run).ok_or_else(|| StoreError::no_run(run))?;
        let status = found.run.state.status();
        if status.is_open() {
            return Err(refusal::open(run, status.name()));
        }
        inner.delete(&RunId::from(run));
        Ok(())
    }

    fn clear(&self, filter: &Filter) -> Result<u64> {
        let mut inner = self.whole()?;
        let ended = |run: &&StoredRun| run.run.ended_us.is_some();
        let unlimited = Filter { limit: None, ..filter.clone() };
        let found =
            inner.stored.found(&unlimited).into_iter().filter(ended).take(filter.limit.unwrap_or(usize::MAX));
        let ids: Vec<RunId> =
            found.filter(|run| !run.run.cleared).map(|run| run.run.about.id.clone()).collect();
        Ok(inner.clear(&ids))
    }

    fn purge(&self, now_us: i64, keep: &Keep) -> Result<Purged> {
        let mut inner = self.whole()?;
        let files = inner.stored.files.len();
        let older = |run: &StoredRun, days: Option<u32>| {
            days.is_some_and(|days| {
                run.run.ended_us.is_some_and(|ended| ended < now_us - i64::from(days) * 86_400_000_000)
            })
        };
        let failed = |run: &StoredRun| run.run.state == State::Failed;
        let id = |run: &StoredRun| run.run.about.id.clone();
        let unkept = |run: &&&StoredRun| {
            failed(run) && !run.run.about.save_data && !run.run.cleared && older(run, keep.data_days)
        };
        let unkept: Vec<RunId> = inner.stored.ended().iter().filter(unkept).map(|run| id(run)).collect();
        let cleared = inner.clear(&unkept);
        let old = |run: &&&StoredRun| {
            older(run, if failed(run) { keep.failed_days.or(keep.days) } else { keep.days })
        };
        let mut gone: Vec<RunId> = inner.stored.ended().iter().filter(old).map(|run| id(run)).collect();
        gone.iter().for_each(|id| inner.delete(id));
        let left = inner.stored.ended();
        let beyond = keep
            .runs
            .map_or(0, |most| left.len().saturating_sub(usize::try_from(most).unwrap_or(usize::MAX)));
        let beyond: Vec<RunId> = left[..beyond].iter().map(|run| id(run)).collect();
        beyond.iter().for_each(|id| inner.delete(id));
        gone.extend(beyond);
        let files = (files - inner.stored.files.len()) as u64;
        Ok(Purged { runs: gone.len() as u64, cleared, files })
    }

    fn forget(&self, person: &str, look: bool) -> Result<Forgotten> {
        if person.len() < refusal::PERSON {
            return Err(refusal::too_short(person));
        }
        let mut inner = self.whole()?;
        let mut forgotten = Forgotten::default();
        let files = &inner.stored.files;
        let in_file = |hash: &FileHash| files.get(hash).is_some_and(|bytes| is_in(bytes, person));
        let mentions = |run: &&StoredRun| run.mentions(person) || run.files.iter().any(in_file);
        let mut found: Vec<&StoredRun> = inner.stored.runs.values().filter(mentions).collect();
        found.sort_by_key(|run| run.place);
        for run in found {
            let list = if run.run.ended_us.is_none() { &mut forgotten.open } else { &mut forgotten.cleared };
            list.push(run.run.about.id.clone());
        }
        if !look {
            inner.clear(&forgotten.cleared);
            inner
                .stored
                .runs
                .values_mut()
                .filter(|run| run.run.ended_us.is_some())
                .for_each(|run| run.forget(person));
        }
        for (id, table) in &mut inner.stored.tables {
            let in_row = |row: &Row| row.columns.iter().any(|(_, value)| is_in(value, person));
            let rows: Vec<u64> =
                table.rows.values().filter(|row| in_row(row)).map(|row| row.number).collect();
            if !look {
                rows.iter().for_each(|row| drop(table.rows.remove(row)));
            }
            forgotten.rows.extend(rows.into_iter().map(|row| (id.clone(), row)));
        }
        inner.stored.forget_notes(person, look, &mut forgotten);
        for line in inner.stored.audit.values_mut().flat_map(|lines| lines.values_mut()) {
            if is_in(line.as_bytes(), person) {
                forgotten.audit += 1;
                if !look {
                    *line = blacked_out(line, person);
                }
            }
        }
        Ok(forgotten)
    }
}

impl Inner {
    fn clear(&mut self, ids: &[RunId]) -> u64 {
        for id in ids {
            if let Some(run) = self.stored.runs.get_mut(id) {
                run.clear();
            }
        }
        self.release();
        ids.len() as u64
    }
}
