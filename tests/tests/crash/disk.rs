//! A store that takes its time to write, and whose process dies at one of its batches.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flowrun_store::{
    Access, AuditLine, Batch, Checkpoint, Content, Durability, Durable, Entry, FileHash, Filter, Forgotten,
    Holder, InMemory, Keep, KeptTable, Note, Notes, Purged, Result, Run, Settings, Sqlite, Store, StoreError,
    TableId, Ticket,
};
use tokio::sync::Notify;

use super::chance::{Chance, Life};

/// Where a process dies: at which of the batches that it hands in, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    pub at: u64,
    /// Once that is on the disk, instead of before it is written.
    pub written: bool,
}

/// What outlives processes.
#[derive(Debug)]
pub enum Media {
    /// Commits when it is told to, and forgets what it was not told to commit.
    Memory(InMemory),
    /// A file, in which each batch is as soon as it was handed in.
    File(Option<Sqlite>, PathBuf),
}

impl Media {
    pub fn memory() -> Media {
        Media::Memory(InMemory::by_hand())
    }

    pub fn file(folder: &Path) -> Media {
        let access = Access::Own(Holder::new("test", "", 0));
        // What a crash of the machine leaves is tested where the store is.
        let store = Sqlite::open(folder, access, Settings { durability: Durability::Process }).unwrap();
        Media::File(Some(store), folder.to_owned())
    }

    /// As the next process finds it.
    pub fn after_death(self) -> Media {
        match self {
            Media::Memory(memory) => Media::Memory(memory.crash()),
            Media::File(store, folder) => {
                drop(store);
                Media::file(&folder)
            }
        }
    }

    pub fn store(&self) -> &dyn Store {
        match self {
            Media::Memory(memory) => memory,
            Media::File(store, _) => store.as_ref().unwrap(),
        }
    }
}

/// The store of one process.
#[derive(Debug)]
pub struct Disk {
    pub media: Media,
    death: Option<Death>,
    life: Arc<Life>,
    chance: Arc<Chance>,
    handed: AtomicU64,
    more: Notify,
}

/// The ticket of what is lost.
const NEVER: Ticket = Ticket(u64::MAX);

impl Disk {
    pub fn new(media: Media, death: Option<Death>, life: Arc<Life>, chance: Arc<Chance>) -> Disk {
        Disk { media, death, life, chance, handed: AtomicU64::new(0), more: Notify::new() }
    }

    /// How many batches were handed in.
    pub fn handed(&self) -> u64 {
        self.handed.load(Ordering::Relaxed)
    }

    /// Writes what is handed in, some turns of the scheduler later: the disk takes no simulated time.
    pub async fn spin(&self) {
        loop {
            self.more.notified().await;
            for _ in 0..self.chance.below(12) {
                tokio::task::yield_now().await;
            }
            if !self.life.is_over() {
                self.commit(self.media.store().newest());
            }
        }
    }

    fn commit(&self, up_to: Ticket) {
        match &self.media {
            Media::Memory(memory) => memory.commit(up_to),
            Media::File(store, _) => store.as_ref().unwrap().durable(up_to).wait().unwrap(),
        }
    }

    /// The process dies. Of what was handed in and not waited for, some may have come to the disk: always a beginning.
    fn die(&self) {
        self.life.end();
        let newest = self.media.store().newest();
        self.commit(Ticket(newest.0.saturating_sub(self.chance.below(4))));
    }
}

impl Store for Disk {
    fn append(&self, batch: Batch) -> Ticket {
        if self.life.is_over() {
            return NEVER;
        }
        let nth = self.handed.fetch_add(1, Ordering::Relaxed) + 1;
        let death = self.death.filter(|death| death.at == nth);
        if death.is_some_and(|death| !death.written) {
            self.die();
            return NEVER;
        }
        let ticket = self.media.store().append(batch);
        if death.is_some() || matches!(self.media, Media::File(..)) {
            self.commit(ticket);
        }
        if death.is_some() {
            self.life.end();
        }
        self.more.notify_one();
        ticket
    }

    fn durable(&self, ticket: Ticket) -> Durable {
        self.media.store().durable(ticket)
    }

    fn newest(&self) -> Ticket {
        self.media.store().newest()
    }

    fn pressed(&self) -> Option<Durable> {
        self.media.store().pressed()
    }

    fn broken(&self) -> Option<StoreError> {
        self.media.store().broken()
    }

    fn run(&self, id: &str) -> Result<Run> {
        self.media.store().run(id)
    }

    fn runs(&self, filter: &Filter) -> Result<Vec<Run>> {
        self.media.store().runs(filter)
    }

    fn due(&self, at_us: i64, limit: usize) -> Result<Vec<Run>> {
        self.media.store().due(at_us, limit)
    }

    fn next_due_us(&self) -> Result<Option<i64>> {
        self.media.store().next_due_us()
    }

    fn start(&self, run: &str) -> Result<Option<Vec<u8>>> {
        self.media.store().start(run)
    }

    fn report(&self, run: &str) -> Result<Option<Vec<u8>>> {
        self.media.store().report(run)
    }

    fn entries(&self, run: &str, from: u64, limit: usize) -> Result<Vec<Entry>> {
        self.media.store().entries(run, from, limit)
    }

    fn journal_bytes(&self, run: &str) -> Result<u64> {
        self.media.store().journal_bytes(run)
    }

    fn checkpoint(&self, run: &str) -> Result<Option<Checkpoint>> {
        self.media.store().checkpoint(run)
    }

    fn program(&self, hash: &str) -> Result<Option<Vec<u8>>> {
        self.media.store().program(hash)
    }

    fn audit(&self, run: Option<&str>) -> Result<Vec<AuditLine>> {
        self.media.store().audit(run)
    }

    fn note(&self, space: &str, key: &str) -> Result<Option<Note>> {
        self.media.store().note(space, key)
    }

    fn notes(&self, asked: &Notes) -> Result<Vec<Note>> {
        self.media.store().notes(asked)
    }

    fn waiting(&self, space: &str) -> Result<u64> {
        self.media.store().waiting(space)
    }

    fn table(&self, table: &TableId) -> Result<Option<KeptTable>> {
        self.media.store().table(table)
    }

    fn tables(&self) -> Result<Vec<(TableId, u64)>> {
        self.media.store().tables()
    }

    fn put_file(&self, content: &mut dyn Read) -> Result<FileHash> {
        self.media.store().put_file(content)
    }

    fn file(&self, hash: &FileHash) -> Result<Box<dyn Content>> {
        self.media.store().file(hash)
    }

    fn files(&self, run: &str) -> Result<Vec<FileHash>> {
        self.media.store().files(run)
    }

    fn delete(&self, run: &str) -> Result<()> {
        self.media.store().delete(run)
    }

    fn clear(&self, filter: &Filter) -> Result<u64> {
        self.media.store().clear(filter)
    }

    fn purge(&self, now_us: i64, keep: &Keep) -> Result<Purged> {
        self.media.store().purge(now_us, keep)
    }

    fn forget(&self, person: &str, look: bool) -> Result<Forgotten> {
        self.media.store().forget(person, look)
    }
}
