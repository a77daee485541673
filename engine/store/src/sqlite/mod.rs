//! The store in one SQLite file.

mod apply;
mod backup;
mod clean;
mod columns;
mod desk;
mod doctor;
mod keys;
mod notes;
mod open;
mod queue;
mod read;
mod schema;
mod trouble;
mod writer;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;

pub use backup::{Backup, Restored, restore};
pub use doctor::Finding;
pub use open::{Access, Durability, Settings};

use crate::batch::{AuditLine, Batch, Checkpoint, Entry, Row, TableId};
use crate::blobs::Blobs;
use crate::error::{Result, StoreError, Trouble};
use crate::hash::FileHash;
use crate::lock::Lock;
use crate::note::{Note, Notes};
use crate::port::{Content, Store};
use crate::run::{Filter, Forgotten, Keep, KeptTable, Purged, Run, Tally};
use crate::ticket::{Durable, Settled, Ticket};
use desk::Desk;
use queue::{Queue, Work};
pub use writer::Committed;
use writer::Watcher;

/// The store of one project in a folder: `store.db` and what lies beside it.
///
/// One thread writes, on the only connection that can; readers have their own. It is closed when it is dropped, after all that was
/// handed in is on the disk.
#[derive(Debug)]
pub struct Sqlite {
    folder: PathBuf,
    blobs: Arc<Blobs>,
    queue: Arc<Queue>,
    settled: Arc<Settled>,
    readers: Mutex<Vec<Connection>>,
    writer: Option<JoinHandle<()>>,
    watcher: Watcher,
    /// What keeps it from being written since it was opened.
    damage: Option<StoreError>,
    _lock: Option<Lock>,
}

impl Sqlite {
    /// The folder that it is in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Tells somebody of each commit from now on, on the thread that writes: it must be quick. Only the first who asks is told.
    pub fn watch(&self, watcher: impl Fn(Committed) + Send + Sync + 'static) {
        let _ = self.watcher.0.set(Box::new(watcher));
    }

    /// What was found damaged when it was opened: then it can only be read.
    pub fn damage(&self) -> Option<&StoreError> {
        self.damage.as_ref()
    }

    /// Has the writer do something in its turn, in a transaction of its own, and waits until that is durable.
    fn call<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Desk) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let done = Arc::new(Mutex::new(None));
        let given = done.clone();
        let ticket = self.queue.push(Work::Call(Box::new(move |desk| {
            *given.lock().unwrap_or_else(PoisonError::into_inner) = Some(act(desk)?);
            Ok(())
        })));
        self.settled.durable(ticket).wait()?;
        let done = done.lock().unwrap_or_else(PoisonError::into_inner).take();
        done.ok_or_else(|| StoreError::new(Trouble::Closed, "the store was closed"))
    }

    /// Reads on a connection of its own.
    fn read<T>(&self, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::reader(&self.folder)?,
        };
        let answer = act(&connection);
        // Also where there is no such thing as was asked for: to open another one costs more than most reads.
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS {
            readers.push(connection);
        }
        answer
    }
}

/// How many connections are kept for the next reads.
const READERS: usize = 8;

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.queue.close();
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has given up its tickets already.
            let _ = writer.join();
        }
    }
}

impl Store for Sqlite {
    fn append(&self, batch: Batch) -> Ticket {
        self.queue.push(Work::Batch(batch))
    }

    fn durable(&self, ticket: Ticket) -> Durable {
        self.settled.durable(ticket)
    }

    fn newest(&self) -> Ticket {
        self.queue.newest()
    }

    fn pressed(&self) -> Option<Durable> {
        self.queue.pressed().map(|ticket| self.settled.durable(ticket))
    }

    fn broken(&self) -> Option<StoreError> {
        self.settled.broken()
    }

    fn run(&self, id: &str) -> Result<Run> {
        self.read(|connection| read::run(connection, id))
    }

    fn runs(&self, filter: &Filter) -> Result<Vec<Run>> {
        self.read(|connection| read::runs(connection, filter))
    }

    fn tally(&self, since_us: i64, until_us: i64, step_us: i64, most: usize) -> Result<Tally> {
        self.read(|connection| read::tally(connection, since_us, until_us, step_us, most))
    }

    fn due(&self, at_us: i64, limit: usize) -> Result<Vec<Run>> {
        self.read(|connection| read::due(connection, at_us, limit))
    }

    fn next_due_us(&self) -> Result<Option<i64>> {
        self.read(read::next_due_us)
    }

    fn start(&self, run: &str) -> Result<Option<Vec<u8>>> {
        self.read(|connection| read::value(connection, run, desk::START)).map(body)
    }

    fn report(&self, run: &str) -> Result<Option<Vec<u8>>> {
        self.read(|connection| read::value(connection, run, desk::REPORT)).map(body)
    }

    fn entries(&self, run: &str, from: u64, limit: usize) -> Result<Vec<Entry>> {
        self.read(|connection| read::entries(connection, run, from, limit))
    }

    fn journal_bytes(&self, run: &str) -> Result<u64> {
        self.read(|connection| read::journal_bytes(connection, run))
    }

    fn checkpoint(&self, run: &str) -> Result<Option<Checkpoint>> {
        let stored = self.read(|connection| read::value(connection, run, desk::CHECKPOINT))?;
        Ok(stored.map(|(seq, body)| Checkpoint { seq, body }))
    }

    fn program(&self, hash: &str) -> Result<Option<Vec<u8>>> {
        self.read(|connection| read::program(connection, hash))
    }

    fn audit(&self, run: Option<&str>) -> Result<Vec<AuditLine>> {
        self.read(|connection| read::audit(connection, run))
    }

    fn note(&self, space: &str, key: &str) -> Result<Option<Note>> {
        self.read(|connection| notes::note(connection, space, key))
    }

    fn notes(&self, asked: &Notes) -> Result<Vec<Note>> {
        self.read(|connection| notes::notes(connection, asked))
    }

    fn waiting(&self, space: &str) -> Result<u64> {
        self.read(|connection| notes::waiting(connection, space))
    }

    fn table(&self, table: &TableId) -> Result<Option<KeptTable>> {
        self.read(|connection| read::table(connection, table))
    }

    fn rows(&self, table: &TableId, after: u64, limit: usize) -> Result<Vec<Row>> {
        self.read(|connection| read::rows(connection, table, after, limit))
    }

    fn tables_named(&self, name: &str) -> Result<Vec<TableId>> {
        self.read(|connection| read::tables_named(connection, name))
    }

    fn tables(&self) -> Result<Vec<(TableId, u64)>> {
        self.read(read::tables)
    }

    fn put_file(&self, content: &mut dyn Read) -> Result<FileHash> {
        match self.broken() {
            None => self.blobs.put(content),
            Some(error) => Err(error),
        }
    }

    fn file(&self, hash: &FileHash) -> Result<Box<dyn Content>> {
        Ok(Box::new(self.blobs.open(hash)?))
    }

    fn files(&self, run: &str) -> Result<Vec<FileHash>> {
        self.read(|connection| read::files(connection, run))
    }

    fn delete(&self, run: &str) -> Result<()> {
        let run = run.to_owned();
        self.call(move |desk| clean::delete_one(desk, &run))
    }

    fn clear(&self, filter: &Filter) -> Result<u64> {
        clean::clear(self, filter)
    }

    fn purge(&self, now_us: i64, keep: &Keep) -> Result<Purged> {
        clean::purge(self, now_us, keep)
    }

    fn forget(&self, person: &str, look: bool) -> Result<Forgotten> {
        clean::forget(self, person, look)
    }
}

fn body(stored: Option<(u64, Vec<u8>)>) -> Option<Vec<u8>> {
    stored.map(|(_, body)| body)
}
