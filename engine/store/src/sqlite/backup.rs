//! Backups: a folder with the database, the files and a manifest of what must be in them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value, json};

use super::open::{FILE, take};
use super::trouble::told;
use super::{Sqlite, doctor, schema};
use crate::blobs::{Blobs, copy_hashing, hash_of};
use crate::error::{Result, StoreError, Trouble};
use crate::folder::{make_private, sync_folder, sync_parent, unwritable};
use crate::hash::FileHash;
use crate::lock::{Holder, private};

/// What a backup must hold.
const MANIFEST: &str = "manifest.json";

/// As long as this file is there, a restore has not ended.
const RESTORING: &str = "restoring";

/// What is restored, before it takes the place of what is there.
const NEW: &str = "restored.new";

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// How many files lie beside the database.
    pub files: usize,
    /// How many bytes all have.
    pub bytes: u64,
}

/// What was put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where what was there before lies now, if anything was.
    pub before: Option<PathBuf>,
}

impl Sqlite {
    /// Copies the store into a new folder while runs go on. Its key is not copied: sealed secrets are worth nothing without it.
    pub fn backup(&self, to: &Path) -> Result<Backup> {
        if fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) || to.is_file() {
            let message = format!("{} is there already", to.display());
            return Err(StoreError::refused(message).help("name a folder that is not there yet"));
        }
        let mut part = to.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let failed = |error: io::Error| unwritable(&part, &error);
        if part.exists() {
            fs::remove_dir_all(&part).map_err(failed)?;
        }
        make_private(&part).map_err(failed)?;
        // A file that a run gives up meanwhile is still in the copy of the database.
        let _pin = self.blobs.pin();
        let database = part.join(FILE);
        self.read(|connection| copy_database(connection, &database))?;
        let files = doctor::named_files(&read_only(&database)?)?;
        let mut manifest = Map::new();
        manifest.insert(FILE.to_owned(), hash_of(&database).map_err(failed)?.to_string().into());
        for hash in &files {
            let copied = copy_file(&self.blobs, hash, &Blobs::new(&part))?;
            if copied != *hash {
                return Err(super::trouble::damaged(&format!("file {hash} is not what it was")));
            }
            manifest.insert(format!("blobs/{hash}"), hash.to_string().into());
        }
        let bytes = files.iter().filter_map(|hash| self.blobs.size(hash)).sum::<u64>();
        let bytes = bytes + fs::metadata(&database).map_err(failed)?.len();
        write_synced(&part.join(MANIFEST), &json!({ "form": 1, "sha256": manifest }).to_string())
            .map_err(failed)?;
        sync_folder(&part).map_err(failed)?;
        if to.exists() {
            fs::remove_dir(to).map_err(failed)?;
        }
        fs::rename(&part, to).map_err(failed)?;
        sync_parent(to).map_err(failed)?;
        Ok(Backup { files: files.len(), bytes })
    }
}

/// Puts a backup in the place of the store in a folder. All of it is verified before anything is replaced, and what was there
/// stays beside it.
pub fn restore(from: &Path, folder: &Path, holder: &Holder) -> Result<Restored> {
    let files = verify(from)?;
    make_private(folder).map_err(|error| unwritable(folder, &error))?;
    let _lock = take(folder, holder)?;
    let failed = |error: io::Error| unwritable(folder, &error);
    let new = folder.join(NEW);
    if new.exists() {
        fs::remove_dir_all(&new).map_err(failed)?;
    }
    make_private(&new).map_err(failed)?;
    let mut database = private().write(true).create_new(true).open(new.join(FILE)).map_err(failed)?;
    io::copy(&mut File::open(from.join(FILE)).map_err(failed)?, &mut database).map_err(failed)?;
    database.sync_all().map_err(failed)?;
    for hash in &files {
        copy_file(&Blobs::new(from), hash, &Blobs::new(&new))?;
    }
    sync_folder(&new).map_err(failed)?;
    let before = before(folder).map_err(failed)?;
    replace(folder, &new, before.as_deref()).map_err(failed)?;
    Ok(Restored { before })
}

/// The parts of a store, in the order in which they are moved: never the database without its log.
const PARTS: [&str; 4] = ["store.db-wal", "store.db-shm", FILE, "blobs"];

/// The folder for what is there now, if anything is.
fn before(folder: &Path) -> io::Result<Option<PathBuf>> {
    if !PARTS.iter().any(|part| folder.join(part).exists()) {
        return Ok(None);
    }
    let free =
        (1..).map(|number| folder.join(format!("before-restore-{number}"))).find(|path| !path.exists());
    free.as_deref().map_or(Ok(()), make_private)?;
    Ok(free)
}

fn replace(folder: &Path, new: &Path, before: Option<&Path>) -> io::Result<()> {
    write_synced(&folder.join(RESTORING), "")?;
    sync_folder(folder)?;
    for part in PARTS.iter().filter(|part| folder.join(part).exists()) {
        if let Some(before) = before {
            fs::rename(folder.join(part), before.join(part))?;
        }
    }
    for part in PARTS.iter().filter(|part| new.join(part).exists()) {
        fs::rename(new.join(part), folder.join(part))?;
    }
    sync_folder(folder)?;
    fs::remove_dir_all(new)?;
    fs::remove_file(folder.join(RESTORING))?;
    sync_folder(folder)
}

/// Whether a restore was cut off in a folder, so that what lies there is no store.
pub(super) fn interrupted(folder: &Path) -> Result<()> {
    if !folder.join(RESTORING).exists() {
        return Ok(());
    }
    let message = format!("a backup was being restored in {} when flowrun was ended", folder.display());
    Err(StoreError::new(Trouble::Damaged, message)
        .help("restore it again; what was there before lies in the newest folder before-restore-N"))
}

/// Whether a backup is as it was made; gives its files.
fn verify(from: &Path) -> Result<Vec<FileHash>> {
    let unfit = |what: String| {
        StoreError::new(Trouble::Damaged, format!("the backup in {} can't be used: {what}", from.display()))
            .help("take another backup: nothing was changed")
    };
    let text =
        fs::read_to_string(from.join(MANIFEST)).map_err(|error| unfit(format!("{MANIFEST}: {error}")))?;
    let manifest: Value =
        serde_json::from_str(&text).map_err(|error| unfit(format!("{MANIFEST}: {error}")))?;
    let hashes = manifest["sha256"].as_object().ok_or_else(|| unfit(format!("{MANIFEST} names no files")))?;
    let mut files = Vec::new();
    for (name, hash) in hashes {
        let hash = hash.as_str().and_then(FileHash::parse);
        let hash = hash.ok_or_else(|| unfit(format!("{MANIFEST} has no hash of {name}")))?;
        let path = if name == FILE {
            from.join(FILE)
        } else {
            files.push(hash);
            Blobs::new(from).path(&hash)
        };
        let found = hash_of(&path).map_err(|error| unfit(format!("{name}: {error}")))?;
        if found != hash {
            return Err(unfit(format!("{name} is not as it was copied")));
        }
    }
    if !hashes.contains_key(FILE) {
        return Err(unfit(format!("{MANIFEST} does not name {FILE}")));
    }
    let connection = read_only(&from.join(FILE))?;
    let form: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let newest = schema::STEPS.len() as i64;
    if form > newest {
        return Err(schema::newer(form, newest));
    }
    doctor::structure(&connection).map_err(|error| unfit(error.message))?;
    let named = doctor::named_files(&connection)?;
    match named.iter().find(|hash| !files.contains(hash)) {
        Some(hash) => Err(unfit(format!("file {hash} is missing"))),
        None => Ok(files),
    }
}

/// Opens a copy that nobody writes, without making anything beside it.
fn read_only(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(told)
}

/// Copies the database as it is at one moment, and sees that it is on the disk.
pub(super) fn copy_database(connection: &Connection, to: &Path) -> Result<()> {
    private().write(true).create_new(true).open(to).map_err(|error| unwritable(to, &error))?;
    connection.execute("VACUUM INTO ?", [to.to_string_lossy()])?;
    let sync = || -> io::Result<()> {
        File::open(to)?.sync_all()?;
        sync_parent(to)
    };
    sync().map_err(|error| unwritable(to, &error))
}

fn copy_file(from: &Blobs, hash: &FileHash, to: &Blobs) -> Result<FileHash> {
    let path = to.path(hash);
    let copy = || -> io::Result<FileHash> {
        let folder = path.parent().unwrap_or(&path);
        make_private(folder)?;
        let mut file = private().write(true).create_new(true).open(&path)?;
        let copied = copy_hashing(&mut File::open(from.path(hash))?, &mut file)?;
        file.sync_all()?;
        sync_folder(folder)?;
        Ok(copied)
    };
    copy().map_err(|error| unwritable(&path, &error))
}

fn write_synced(path: &Path, text: &str) -> io::Result<()> {
    let mut file = private().write(true).create(true).truncate(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
