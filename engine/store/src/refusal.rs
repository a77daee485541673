//! Why a batch does not fit what is stored: the same words from every store.

use crate::error::StoreError;
use crate::hash::FileHash;

pub(crate) fn run_exists(id: &str) -> StoreError {
    StoreError::refused(format!("there is already a run `{id}`"))
}

pub(crate) fn no_such_run(id: &str) -> StoreError {
    StoreError::refused(format!("run `{id}` is not stored, so nothing can be added to it"))
}

pub(crate) fn nobodys() -> StoreError {
    StoreError::refused("only a run has entries, files, checkpoints and a state, and this batch names none")
}

pub(crate) fn gap(id: &str, expected: u64, found: u64) -> StoreError {
    StoreError::refused(format!("the next entry of run `{id}` is {expected}, not {found}"))
}

pub(crate) fn beyond(id: &str, last: u64, found: u64) -> StoreError {
    StoreError::refused(format!("the journal of run `{id}` ends with entry {last}, before entry {found}"))
}

pub(crate) fn no_program(hash: &str) -> StoreError {
    StoreError::refused(format!("program {hash} is not stored"))
}

pub(crate) fn no_file(hash: &FileHash) -> StoreError {
    StoreError::refused(format!("file {hash} is not stored"))
}

pub(crate) fn row_order(table: &str, row: u64, next: u64) -> StoreError {
    StoreError::refused(format!(
        "row {row} of table \"{table}\" does not come before the next row's number, {next}"
    ))
}

pub(crate) fn open(id: &str, status: &str) -> StoreError {
    StoreError::refused(format!("run `{id}` is {status}, and only ended runs can be removed"))
        .help(format!("end it first: `flowrun cancel {id}`"))
}

pub(crate) fn too_short(person: &str) -> StoreError {
    StoreError::refused(format!("`{person}` is too short: too much would be taken for this person"))
        .help("name the person by a mail address or a login of at least 4 letters")
}

/// The fewest bytes by which a person may be named.
pub(crate) const PERSON: usize = 4;

pub(crate) fn note_exists(space: &str, key: &str) -> StoreError {
    StoreError::refused(format!("there is already a note `{key}` in `{space}`"))
}

pub(crate) fn nothing_to_claim(space: &str, key: &str) -> StoreError {
    StoreError::refused(format!("nothing is to be done about `{key}` in `{space}`"))
}
