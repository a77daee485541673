//! Checksums beside what is stored: SQLite notices a damaged page only where its structure suffers.

use std::sync::Arc;

use crate::batch::{Entry, TableId};
use crate::note::Note;

/// The checksum of parts, in their order.
pub(crate) fn sum(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// The checksum of an entry.
pub(crate) fn of_entry(entry: &Entry) -> u32 {
    sum(&[&entry.seq.to_le_bytes(), &[entry.kind], &entry.at_us.to_le_bytes(), &entry.body])
}

/// The checksum of a row as it is stored, with the names that its columns' numbers stand for.
pub(crate) fn of_row<'n>(
    number: u64,
    created_ms: i64,
    updated_ms: i64,
    body: &[u8],
    names: impl Iterator<Item = &'n Arc<str>>,
) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&number.to_le_bytes());
    hasher.update(&created_ms.to_le_bytes());
    hasher.update(&updated_ms.to_le_bytes());
    hasher.update(body);
    names.for_each(|name| hasher.update(name.as_bytes()));
    hasher.finalize()
}

/// The checksum of what is known of a table beside its rows.
pub(crate) fn of_table(id: &TableId, next: u64, note: &[u8]) -> u32 {
    sum(&[id.scope.as_bytes(), &[0], id.name.as_bytes(), &next.to_le_bytes(), note])
}

/// The checksum of a value of a run.
pub(crate) fn of_value(what: i64, seq: u64, body: &[u8]) -> u32 {
    sum(&[&what.to_le_bytes(), &seq.to_le_bytes(), body])
}

/// The checksum of an audit line.
pub(crate) fn of_line(number: u64, text: &str) -> u32 {
    sum(&[&number.to_le_bytes(), text.as_bytes()])
}

/// The checksum of a note.
pub(crate) fn of_note(note: &Note) -> u32 {
    let due = note.due_us.map(i64::to_le_bytes);
    let due = due.as_ref().map_or(&[][..], |due| &due[..]);
    sum(&[
        note.space.as_bytes(),
        &[0],
        note.key.as_bytes(),
        &[0],
        &note.at_us.to_le_bytes(),
        due,
        &[0],
        &note.body,
    ])
}
