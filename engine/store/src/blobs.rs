//! Files by their hash, each in a file of its own below the store.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::error::{Result, StoreError, Trouble};
use crate::folder::{make_private, sync_folder, unwritable};
use crate::hash::FileHash;

/// The folder `blobs` of a store.
#[derive(Debug)]
pub(crate) struct Blobs {
    folder: PathBuf,
    held: Mutex<Held>,
}

/// Why files stay that no commit names.
#[derive(Debug, Default)]
struct Held {
    /// They were put and are not named yet; with how often.
    fresh: HashMap<FileHash, usize>,
    /// So many backups are being made.
    pinned: usize,
    /// They would be gone but for the backups.
    postponed: HashSet<FileHash>,
}

/// While it lives no file goes.
pub(crate) struct Pin<'b>(&'b Blobs);

impl Drop for Pin<'_> {
    fn drop(&mut self) {
        let mut held = self.0.held();
        held.pinned -= 1;
        if held.pinned == 0 {
            for hash in std::mem::take(&mut held.postponed) {
                let _ = fs::remove_file(self.0.path(&hash));
            }
        }
    }
}

impl Blobs {
    pub(crate) fn new(store: &Path) -> Blobs {
        Blobs { folder: store.join("blobs"), held: Mutex::default() }
    }

    pub(crate) fn path(&self, hash: &FileHash) -> PathBuf {
        let name = hash.to_string();
        self.folder.join(&name[..2]).join(name)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps all files for as long as the pin lives.
    pub(crate) fn pin(&self) -> Pin<'_> {
        self.held().pinned += 1;
        Pin(self)
    }

    /// Writes a file under its hash; it is on the disk before this returns.
    pub(crate) fn put(&self, content: &mut dyn Read) -> Result<FileHash> {
        self.try_put(content).map_err(|error| unwritable(&self.folder, &error))
    }

    fn try_put(&self, content: &mut dyn Read) -> io::Result<FileHash> {
        make_private(&self.folder)?;
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.folder)?;
        let hash = copy_hashing(content, &mut file)?;
        let path = self.path(&hash);
        let mut held = self.held();
        held.postponed.remove(&hash);
        if !path.exists() {
            file.as_file().sync_all()?;
            let folder = path.parent().unwrap_or(&self.folder);
            make_private(folder)?;
            file.persist(&path).map_err(|error| error.error)?;
            sync_folder(folder)?;
            sync_folder(&self.folder)?;
        }
        *held.fresh.entry(hash).or_default() += 1;
        Ok(hash)
    }

    /// The size of a file, if it is there.
    pub(crate) fn size(&self, hash: &FileHash) -> Option<u64> {
        fs::metadata(self.path(hash)).ok().map(|data| data.len())
    }

    pub(crate) fn open(&self, hash: &FileHash) -> Result<File> {
        File::open(self.path(hash)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::new(Trouble::Absent, format!("file {hash} is not stored")),
            _ => StoreError::new(Trouble::Disk, format!("file {hash} can't be read: {error}")),
        })
    }

    /// A commit names the file.
    pub(crate) fn used(&self, hash: &FileHash) {
        let mut held = self.held();
        if let Some(count) = held.fresh.get_mut(hash) {
            *count -= 1;
            if *count == 0 {
                held.fresh.remove(hash);
            }
        }
    }

    /// No commit names the file any more: it goes, unless it was put anew.
    pub(crate) fn release(&self, hash: &FileHash) {
        let mut held = self.held();
        if held.fresh.contains_key(hash) {
            return;
        }
        if held.pinned > 0 {
            held.postponed.insert(*hash);
            return;
        }
        // What stays for some reason is swept at the next start.
        let _ = fs::remove_file(self.path(hash));
    }

    /// All files that are there, by their names.
    pub(crate) fn all(&self) -> io::Result<Vec<FileHash>> {
        let mut found = Vec::new();
        for folder in entries(&self.folder)?.into_iter().filter(|path| path.is_dir()) {
            for path in entries(&folder)? {
                let name = path.file_name().and_then(|name| name.to_str());
                found.extend(name.and_then(FileHash::parse));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Removes files that no commit names: a crash may leave them.
    pub(crate) fn sweep(&self, keep: &mut dyn FnMut(&FileHash) -> Result<bool>) -> Result<()> {
        let failed = |error| unwritable(&self.folder, &error);
        for hash in self.all().map_err(failed)? {
            if !keep(&hash)? {
                fs::remove_file(self.path(&hash)).map_err(failed)?;
            }
        }
        // What was being written.
        let mut parts = entries(&self.folder).map_err(failed)?.into_iter().filter(|path| path.is_file());
        parts.try_for_each(fs::remove_file).map_err(failed)
    }
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The hash of a file's content.
pub(crate) fn hash_of(path: &Path) -> io::Result<FileHash> {
    copy_hashing(&mut File::open(path)?, &mut io::sink())
}

/// Copies, and gives the hash of what was copied.
pub(crate) fn copy_hashing(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<FileHash> {
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(FileHash(hasher.finalize().into())),
            Ok(read) => {
                hasher.update(&buffer[..read]);
                to.write_all(&buffer[..read])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
