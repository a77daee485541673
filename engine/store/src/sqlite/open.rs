//! How a store is opened: whose it is, whether it is whole, and whether SQLite took what it was told.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, OpenFlags};

use super::desk::Desk;
use super::queue::Queue;
use super::trouble::{damaged, looked_into, told};
use super::writer::{Watcher, Writer};
use super::{Sqlite, backup, schema};
use crate::blobs::Blobs;
use crate::error::{Result, StoreError, Trouble};
use crate::folder::{make_private, sync_way, unwritable};
use crate::lock::{Holder, Lock, private};
use crate::ticket::Settled;

/// Every SQLite before this one can damage a file in WAL mode (the WAL-reset bug).
const OLDEST: i32 = 3_051_003;

/// The store's file in its folder.
pub(super) const FILE: &str = "store.db";

/// How large the pages of a new one are.
const PAGE: u64 = 4096;

/// What a process wants of a store.
#[derive(Clone, Debug)]
pub enum Access {
    /// To be the one that writes.
    Own(Holder),
    /// Only to look, beside whoever owns it.
    Look,
}

/// What a commit outlives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A crash of the machine.
    #[default]
    Machine,
    /// A crash of the process: after a power cut the last moments may be missing.
    Process,
}

/// How a store is kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// What a commit outlives.
    pub durability: Durability,
}

/// A pragma and what it must read back as.
type Setting = (&'static str, &'static str, i64);

/// What every connection is told.
const EVERY: &[Setting] = &[
    ("foreign_keys", "ON", 1),
    ("busy_timeout", "5000", 5_000),
    ("temp_store", "MEMORY", 2),
    ("mmap_size", "0", 0),
    ("trusted_schema", "OFF", 0),
    ("cell_size_check", "ON", 1),
];

/// What the connection that writes is told besides.
const WRITING: &[Setting] = &[
    ("cache_size", "-16000", -16_000),
    ("secure_delete", "FAST", 2),
    ("journal_size_limit", "67108864", 64 << 20),
    ("wal_autocheckpoint", "0", 0),
    ("fullfsync", "ON", 1),
    ("checkpoint_fullfsync", "ON", 1),
];

impl Sqlite {
    /// Opens the store in a folder, and makes it there if it is to be owned. What is damaged is opened to be read: `damage` tells.
    pub fn open(folder: &Path, access: Access, settings: Settings) -> Result<Sqlite> {
        if rusqlite::version_number() < OLDEST {
            let message = format!(
                "this flowrun was built with SQLite {}, which can damage files: it needs 3.51.3 or newer",
                rusqlite::version()
            );
            return Err(StoreError::new(Trouble::Refused, message)
                .help("build it with the SQLite that it brings along"));
        }
        match access {
            Access::Own(holder) => {
                Sqlite::own(folder, &holder, settings).map_err(|error| looked_into(error, folder))
            }
            Access::Look => Sqlite::look(folder),
        }
    }

    fn own(folder: &Path, holder: &Holder, settings: Settings) -> Result<Sqlite> {
        make_private(folder).map_err(|error| unwritable(folder, &error))?;
        let lock = take(folder, holder)?;
        backup::interrupted(folder)?;
        let path = folder.join(FILE);
        let unclean = fs::metadata(log_of(&path)).is_ok_and(|data| data.len() > 0);
        // Made here, so that nobody else may read it; SQLite gives what lies beside it the same mode.
        private()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| unwritable(&path, &error))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(told)?;
        prepare(&connection, settings)?;
        let damage = if unclean { quick_check(&connection)? } else { None };
        let mut store = Sqlite::bare(folder, Some(lock));
        if let Some(damage) = damage {
            store.close_with(damage);
            return Ok(store);
        }
        if schema::form(&connection)? == 0 {
            // Before anything is in it: what has a form has its name on the disk.
            sync_way(&path).map_err(|error| unwritable(folder, &error))?;
        }
        schema::migrate(&connection, schema::STEPS, |form| keep_form(&connection, folder, form))?;
        sweep(&connection, &store.blobs)?;
        let page = connection.query_row("PRAGMA page_size", [], |row| row.get::<_, i64>(0))? as u64;
        let desk = Desk::new(connection, store.blobs.clone());
        let writer = Writer {
            desk,
            folder: folder.to_owned(),
            page,
            queue: store.queue.clone(),
            settled: store.settled.clone(),
            watcher: store.watcher.clone(),
        };
        let thread = std::thread::Builder::new().name("flowrun-store".to_owned());
        let thread = thread.spawn(move || writer.work()).map_err(|error| {
            StoreError::new(Trouble::Disk, format!("the store's thread can't be started: {error}"))
        })?;
        store.writer = Some(thread);
        Ok(store)
    }

    fn look(folder: &Path) -> Result<Sqlite> {
        let connection = reader(folder)?;
        let form = schema::form(&connection)?;
        let newest = schema::STEPS.len() as i64;
        if form > newest {
            return Err(schema::newer(form, newest));
        }
        if form == 0 {
            // Whoever made it was gone before anything was written.
            let message = format!("nothing is stored in {} yet", folder.display());
            return Err(StoreError::new(Trouble::Absent, message));
        }
        if form < newest {
            let message = format!("the store in {} is of an older flowrun", folder.display());
            return Err(StoreError::new(Trouble::Refused, message).help("run any flow of the project once"));
        }
        let store = Sqlite::bare(folder, None);
        store.queue.abandon();
        let message = "the store was opened only to look at it";
        store.settled.give_up(StoreError::new(Trouble::Owned, message));
        Ok(store)
    }

    fn bare(folder: &Path, lock: Option<Lock>) -> Sqlite {
        Sqlite {
            folder: folder.to_owned(),
            blobs: Arc::new(Blobs::new(folder)),
            queue: Arc::new(Queue::default()),
            settled: Arc::new(Settled::default()),
            readers: Mutex::default(),
            writer: None,
            watcher: Watcher::default(),
            damage: None,
            _lock: lock,
        }
    }

    /// Lets nothing be written.
    fn close_with(&mut self, damage: StoreError) {
        self.queue.abandon();
        self.settled.give_up(damage.clone());
        self.damage = Some(damage);
    }
}

pub(super) fn take(folder: &Path, holder: &Holder) -> Result<Lock> {
    let path = folder.join("store.lock");
    let taken = Lock::take(&path, holder).map_err(|error| unwritable(&path, &error))?;
    taken.map_err(|other| {
        let other = other.map_or_else(|| "another process".to_owned(), |other| other.told());
        StoreError::new(Trouble::Owned, format!("the store of this project is in use by {other}"))
            .help("wait for its end, which `--wait` does by itself")
    })
}

/// The log beside a file.
pub(super) fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// Tells the connection that writes how to, and looks whether it took it.
fn prepare(connection: &Connection, settings: Settings) -> Result<()> {
    let new = connection.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0))? == 0;
    if new {
        // A commit writes whole pages, and those of many runs: larger ones cost half as much again.
        // At once: a file with pages and without its name would be taken for another program's.
        connection.execute_batch(&format!(
            "PRAGMA page_size = {PAGE}; BEGIN; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = {}; COMMIT;",
            schema::APPLICATION
        ))?;
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(not_taken("journal_mode", &mode, "wal"));
    }
    check(connection, "application_id", schema::APPLICATION)?;
    if new {
        check(connection, "page_size", PAGE as i64)?;
        check(connection, "auto_vacuum", 2)?;
    }
    set(connection, EVERY)?;
    set(connection, WRITING)?;
    let synchronous = match settings.durability {
        Durability::Machine => ("synchronous", "FULL", 2),
        Durability::Process => ("synchronous", "NORMAL", 1),
    };
    set(connection, &[synchronous])
}

fn set(connection: &Connection, settings: &[Setting]) -> Result<()> {
    for (name, value, expected) in settings {
        connection.execute_batch(&format!("PRAGMA {name} = {value}"))?;
        check(connection, name, *expected)?;
    }
    Ok(())
}

fn check(connection: &Connection, name: &str, expected: i64) -> Result<()> {
    let found: i64 = connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))?;
    if found == expected { Ok(()) } else { Err(not_taken(name, &found.to_string(), &expected.to_string())) }
}

fn not_taken(name: &str, found: &str, expected: &str) -> StoreError {
    if name == "application_id" {
        let message = "store.db is no store of flowrun, but a database of another program";
        return StoreError::new(Trouble::Damaged, message).help("name another folder with --state");
    }
    let message = format!("SQLite does not do as it was told: {name} is {found}, not {expected}");
    StoreError::new(Trouble::Disk, message)
        .help("keep the store on a local disk, not on a network share, and build flowrun with the SQLite that it brings along")
}

/// What is wrong with a file's structure, if anything is.
fn quick_check(connection: &Connection) -> Result<Option<StoreError>> {
    let found = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match found {
        Ok(found) if found == "ok" => Ok(None),
        Ok(found) => Ok(Some(damaged(&found))),
        Err(error) => match told(error) {
            error if error.kind == Trouble::Damaged => Ok(Some(error)),
            error => Err(error),
        },
    }
}

/// Keeps the file as it is before it gets another form.
fn keep_form(connection: &Connection, folder: &Path, form: i64) -> Result<()> {
    let path = folder.join(format!("store.form-{form}.db"));
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(unwritable(&path, &error)),
        _ => {}
    }
    backup::copy_database(connection, &path)
}

/// Removes files that a crash left without a commit that names them.
fn sweep(connection: &Connection, blobs: &Blobs) -> Result<()> {
    let mut named = connection.prepare("SELECT 1 FROM file WHERE hash = ?")?;
    blobs.sweep(&mut |hash| Ok(named.exists([hash.0])?))
}

/// A connection that only reads.
pub(super) fn reader(folder: &Path) -> Result<Connection> {
    let path = folder.join(FILE);
    backup::interrupted(folder)?;
    let size = fs::metadata(&path).map_or(0, |data| data.len());
    // Whoever made an empty one was gone before anything was written; so was who was cut off in its first page.
    let nothing = || {
        let message = format!("there is no store in {}", folder.display());
        StoreError::new(Trouble::Absent, message).help("a run with a journal makes one")
    };
    if size == 0 {
        return Err(nothing());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags).map_err(told)?;
    let ready = set(&connection, EVERY)
        .and_then(|()| check(&connection, "application_id", schema::APPLICATION))
        .map_err(|error| if error.kind == Trouble::Refused && size <= PAGE { nothing() } else { error });
    ready?;
    connection.set_prepared_statement_cache_capacity(48);
    Ok(connection)
}
