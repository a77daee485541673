//! SQLite's errors in the user's words.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use rusqlite::{Error, ErrorCode, ffi};

use crate::error::{StoreError, Trouble};
use crate::folder::{AFTER_A_DISK, AFTER_A_FULL_DISK, unwritable};
use crate::lock::private;

/// What SQLite says, with what to do about it.
pub(super) fn told(error: Error) -> StoreError {
    let Error::SqliteFailure(code, detail) = &error else {
        return match &error {
            Error::FromSqlConversionFailure(_, _, what) => damaged(&what.to_string()),
            error => damaged(&error.to_string()),
        };
    };
    let detail = detail.clone().unwrap_or_else(|| code.to_string());
    match code.code {
        ErrorCode::DiskFull => StoreError::new(Trouble::Full, "the store can't be written: the disk is full")
            .help(AFTER_A_FULL_DISK),
        // Tables that are not there, or are others.
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown => damaged(&detail),
        ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch => {
            StoreError::refused(format!("what was to be stored does not fit: {detail}"))
        }
        // Only who may write takes back what was begun.
        ErrorCode::ReadOnly if code.extended_code == ffi::SQLITE_READONLY_ROLLBACK => StoreError::refused(
            "the store was cut off in the middle of a change, which must be taken back first",
        )
        .help("run any flow of the project once"),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
            StoreError::new(Trouble::Disk, format!("the store can't be written: {detail}"))
                .help("see that its folder is there and may be written, or name another with --state")
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            StoreError::new(Trouble::Owned, "another program keeps the store locked")
                .help("close what has opened store.db, such as a database browser")
        }
        _ => {
            let message = format!("the disk failed the store: {detail} (SQLite's {})", code.extended_code);
            StoreError::new(Trouble::Disk, message).help(AFTER_A_DISK)
        }
    }
}

/// The same with the reason, if writing there still fails: SQLite keeps to itself what the system told it.
pub(super) fn looked_into(error: StoreError, folder: &Path) -> StoreError {
    let path = folder.join(".probe");
    let probe = || -> io::Result<()> {
        let mut file = private().write(true).create(true).truncate(true).open(&path)?;
        file.write_all(&[0; 4096])?;
        file.sync_all()
    };
    if error.kind != Trouble::Disk {
        return error;
    }
    let found = probe();
    let _ = fs::remove_file(&path);
    found.err().map_or(error, |found| unwritable(folder, &found))
}

/// What was stored is not as it was written.
pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::new(Trouble::Damaged, format!("the store is damaged: {what}"))
        .help("`flowrun doctor` tells how far; `flowrun restore BACKUP` puts a backup in its place")
}

impl From<Error> for StoreError {
    fn from(error: Error) -> StoreError {
        told(error)
    }
}
