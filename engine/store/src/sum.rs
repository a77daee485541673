//! Checksums beside what is stored: SQLite notices a damaged page only where its structure suffers.

use crate::batch::Entry;

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

/// The checksum of a row as it is stored.
pub(crate) fn of_row(number: u64, created_ms: i64, updated_ms: i64, body: &[u8]) -> u32 {
    sum(&[&number.to_le_bytes(), &created_ms.to_le_bytes(), &updated_ms.to_le_bytes(), body])
}

/// The checksum of a value of a run.
pub(crate) fn of_value(what: i64, seq: u64, body: &[u8]) -> u32 {
    sum(&[&what.to_le_bytes(), &seq.to_le_bytes(), body])
}

/// The checksum of an audit line.
pub(crate) fn of_line(number: u64, text: &str) -> u32 {
    sum(&[&number.to_le_bytes(), text.as_bytes()])
}
