//! The thread that writes: it takes what waits, commits once, and tells all.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::desk::Desk;
use super::queue::{Found, Queue, Work};
use super::trouble::{looked_into, told};
use crate::batch::Batch;
use crate::error::{Result, StoreError, Trouble};
use crate::ticket::{Settled, Ticket};

/// How many batches a commit takes at most.
const MOST: usize = 512;

/// After how long without work the log is brought into the file.
const IDLE: Duration = Duration::from_millis(500);

/// How much is written before the log is brought into the file, in bytes of the log.
const CHECKPOINT: u64 = 4 << 20;

/// How large the log's file may stay.
const LOG: u64 = 64 << 20;

/// A commit, as whoever watches a store is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// How long it took until it was on the disk.
    pub took: Duration,
    /// How many batches it held.
    pub batches: usize,
}

/// Who is told of each commit, by the thread that writes; nobody until somebody wants to be.
#[derive(Clone, Default)]
pub(super) struct Watcher(pub(super) Arc<OnceLock<Tell>>);

type Tell = Box<dyn Fn(Committed) + Send + Sync>;

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watcher").field(&self.0.get().is_some()).finish()
    }
}

pub(super) struct Writer {
    pub(super) desk: Desk,
    /// Where the store lies.
    pub(super) folder: PathBuf,
    /// The size of the file's pages.
    pub(super) page: u64,
    pub(super) queue: Arc<Queue>,
    pub(super) settled: Arc<Settled>,
    pub(super) watcher: Watcher,
}

/// Should the thread panic, those who wait are told.
struct Told<'w>(&'w Queue, &'w Settled);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.0.abandon();
        self.1.give_up(StoreError::new(Trouble::Closed, "the store was closed"));
    }
}

impl Writer {
    /// Works until the queue is closed and empty, or the disk fails.
    pub(super) fn work(mut self) {
        let (queue, settled) = (self.queue.clone(), self.settled.clone());
        let _told = Told(&queue, &settled);
        let mut dirty = true;
        loop {
            match queue.take(MOST, dirty.then_some(IDLE)) {
                Found::Work(first, works) => {
                    let last = Ticket(first.0 + works.len() as u64 - 1);
                    let (began, batches) = (Instant::now(), works.len());
                    match self.commit(first, works) {
                        Ok(refused) => {
                            if let Some(watcher) = self.watcher.0.get() {
                                watcher(Committed { took: began.elapsed(), batches });
                            }
                            self.after_commit();
                            settled.settle(last, refused);
                        }
                        Err(error) => {
                            queue.abandon();
                            settled.give_up(looked_into(error, &self.folder));
                            return;
                        }
                    }
                    // A log that can't be brought into the file now is at the next occasion.
                    let _ = self.checkpoint(CHECKPOINT);
                    dirty = true;
                }
                Found::Idle => {
                    let _ = self.checkpoint(0);
                    dirty = false;
                }
                Found::Closed => {
                    let _ = self.truncate();
                    return;
                }
            }
        }
    }

    /// One transaction; tells which parts were refused. An error has taken all of it back.
    fn commit(&mut self, first: Ticket, works: Vec<Work>) -> Result<Vec<(Ticket, StoreError)>> {
        let done = self.try_commit(first, works);
        if done.is_err() && !self.desk.connection.is_autocommit() {
            let _ = self.desk.connection.execute_batch("ROLLBACK");
        }
        done
    }

    fn try_commit(&mut self, first: Ticket, works: Vec<Work>) -> Result<Vec<(Ticket, StoreError)>> {
        let mut refused = Vec::new();
        self.run("BEGIN IMMEDIATE")?;
        for (ticket, work) in (first.0..).map(Ticket).zip(works) {
            let done = match work {
                Work::Batch(batch) => self.batch(&batch),
                Work::Call(call) => self.apart(|desk| call(desk)),
            };
            match done {
                Err(error) if error.is_final() => return Err(error),
                Err(error) => refused.push((ticket, error)),
                Ok(()) => {}
            }
        }
        self.run("COMMIT")?;
        Ok(refused)
    }

    fn batch(&mut self, batch: &Batch) -> Result<()> {
        if let Some(error) = batch.run.as_ref().and_then(|run| self.desk.stuck.get(run)) {
            return Err(error.clone());
        }
        // One statement leaves nothing behind by itself if it is refused.
        let done =
            if batch.is_one_entry() { self.desk.apply(batch) } else { self.apart(|desk| desk.apply(batch)) };
        if let Err(error) = &done {
            batch.tables.iter().for_each(|change| self.desk.look_again_at_table(&change.table));
            if let Some(run) = &batch.run {
                self.desk.look_again(run);
                // A start that is refused says nothing of the run that has its name.
                if batch.start.is_none() {
                    self.desk.stuck.insert(run.clone(), error.clone());
                }
            }
        }
        done
    }

    /// Does something so that it leaves nothing behind if it is refused.
    fn apart(&mut self, act: impl FnOnce(&mut Desk) -> Result<()>) -> Result<()> {
        let (used, released) = (self.desk.used.len(), self.desk.released.len());
        self.run("SAVEPOINT part")?;
        let done = act(&mut self.desk);
        if let Err(error) = &done {
            if error.is_final() {
                return done;
            }
            self.desk.used.truncate(used);
            self.desk.released.truncate(released);
            self.run("ROLLBACK TO part")?;
        }
        self.run("RELEASE part")?;
        done
    }

    fn run(&self, sql: &str) -> Result<()> {
        self.desk.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// Files follow the commit that names them, or no longer does; so does the log.
    fn after_commit(&mut self) {
        for hash in std::mem::take(&mut self.desk.used) {
            self.desk.blobs.used(&hash);
        }
        for hash in std::mem::take(&mut self.desk.released) {
            self.desk.blobs.release(&hash);
        }
        if std::mem::take(&mut self.desk.truncates) {
            // Where a reader keeps it from that, the end of the process does it.
            let _ = self.truncate();
        }
    }

    /// Brings the log into the file if it is larger than this, without waiting for readers.
    fn checkpoint(&self, above: u64) -> Result<()> {
        let connection = &self.desk.connection;
        let log = |how: &str| -> Result<(u64, u64)> {
            let sql = format!("PRAGMA wal_checkpoint({how})");
            let mut pragma = connection.prepare_cached(&sql).map_err(told)?;
            let frames = pragma.query_row([], |row| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)))?;
            Ok((frames.0.max(0) as u64 * self.page, frames.1.max(0) as u64 * self.page))
        };
        let (size, done) = log("NOOP")?;
        if size > LOG {
            return self.truncate();
        }
        if size.saturating_sub(done) > above {
            log("PASSIVE")?;
        }
        Ok(())
    }

    fn truncate(&self) -> Result<()> {
        self.desk.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}
