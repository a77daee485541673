//! What goes to a store and comes back from it: rows by the names of their columns, and what changes them.

use std::sync::Arc;

use flowrun_core::value::{Text, Value};

use crate::cells::{self, BLANK, checked, checked_text, pack_text};

/// A row as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number, which no other row of the table ever has.
    pub number: u64,
    /// When it was created, in milliseconds since 1970, UTC.
    pub created_ms: i64,
    /// When it was last updated.
    pub updated_ms: i64,
    /// The cells that are not empty, each with the name of its column. A cell is a byte that tells its kind, then its value, as it
    /// lies in memory: it is read whatever becomes of the table's columns.
    pub columns: Vec<(Arc<str>, Vec<u8>)>,
}

/// A table as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The number of the next row.
    pub next: u64,
    /// What else is known of the table.
    pub note: Vec<u8>,
    /// The rows, by their numbers.
    pub rows: Vec<Row>,
}

/// What became of a row, or of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// This row is there, instead of the one with its number if there was one.
    Put(Row),
    /// The row with this number is not there any more.
    Delete(u64),
    /// No row is there any more.
    Clear,
}

/// What a card changed in a kept table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The table.
    pub table: Text,
    /// The number of the next row, afterwards. It never goes back, not even after the table was cleared.
    pub next: u64,
    /// What else is known of the table; none if it is what it was.
    pub note: Option<Vec<u8>>,
    /// The changes, in their order.
    pub rows: Vec<Change>,
}

impl Loaded {
    /// The changes that make this of a table that is not stored yet.
    pub fn into_changes(self, table: Text) -> Changes {
        let rows = self.rows.into_iter().map(Change::Put).collect();
        Changes { table, next: self.next, note: Some(self.note), rows }
    }

    /// With what the IDs of rows may begin besides the table's name, as far as that can be read.
    pub fn former(&self) -> Vec<Text> {
        read_note(&self.note).unwrap_or_default()
    }

    /// Does to the table what a card did.
    pub fn apply(&mut self, changes: Changes) {
        self.next = changes.next;
        self.note = changes.note.unwrap_or_else(|| std::mem::take(&mut self.note));
        for change in changes.rows {
            match change {
                Change::Clear => self.rows.clear(),
                Change::Delete(number) => {
                    if let Ok(place) = self.place(number) {
                        self.rows.remove(place);
                    }
                }
                Change::Put(row) => match self.place(row.number) {
                    Ok(place) => self.rows[place] = row,
                    Err(place) => self.rows.insert(place, row),
                },
            }
        }
    }

    fn place(&self, number: u64) -> Result<usize, usize> {
        self.rows.binary_search_by_key(&number, |row| row.number)
    }
}

impl Row {
    /// A row that holds these values.
    pub fn new<'v>(
        number: u64,
        [created_ms, updated_ms]: [i64; 2],
        values: impl IntoIterator<Item = (&'v str, &'v Value)>,
    ) -> Row {
        let packed = values.into_iter().map(|(name, value)| (Arc::from(name), cells::packed(value)));
        let columns = packed.filter(|(_, cell)| **cell != *BLANK).collect();
        Row { number, created_ms, updated_ms, columns }
    }

    /// The values of the cells that are not empty, each with the name of its column; none if one is damaged.
    pub fn values(&self) -> Option<Vec<(Text, Value)>> {
        let value =
            |cell: &(Arc<str>, Vec<u8>)| Some((Text::from(cell.0.clone()), cells::value(whole(&cell.1)?)));
        self.columns.iter().map(value).collect()
    }

    /// The cells that are not empty, each with the name of its column; none for one that is damaged.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Option<(&str, &[u8])>> {
        self.columns.iter().map(|(name, cell)| Some((&**name, whole(cell)?)))
    }
}

/// A cell that may be damaged, if it is none.
fn whole(cell: &[u8]) -> Option<&[u8]> {
    checked(cell).filter(|(_, after)| after.is_empty()).map(|(cell, _)| cell)
}

/// What is known of a table: with what the IDs of rows may begin besides its name, because they once did.
pub(crate) fn note(former: &[Text]) -> Vec<u8> {
    let mut bytes = Vec::new();
    former.iter().for_each(|name| pack_text(&mut bytes, name));
    bytes
}

/// Reads a note; none if it is damaged.
pub(crate) fn read_note(mut bytes: &[u8]) -> Option<Vec<Text>> {
    let mut former = Vec::new();
    while !bytes.is_empty() {
        let (name, rest) = checked_text(bytes)?;
        former.push(std::str::from_utf8(name).ok()?.into());
        bytes = rest;
    }
    Some(former)
}
