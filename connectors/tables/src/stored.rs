//! What goes to a store and comes back from it: rows by the names of their columns, and what changes them.
//!
//! A row is written so that it can be read whatever happens to the table's columns meanwhile: a byte for the form, then for each cell
//! that is not empty the length and the letters of the column's name, and the cell as it is packed in memory.

use flowrun_core::value::{Text, Value};

use crate::cells::{self, Cells, checked, checked_text, pack_text};

/// How rows are written.
const FORM: u8 = 1;

/// A row as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number, which no other row of the table ever has.
    pub number: u64,
    /// When it was created, in milliseconds since 1970, UTC.
    pub created_ms: i64,
    /// When it was last updated.
    pub updated_ms: i64,
    /// What it holds, by the names of the columns.
    pub cells: Box<[u8]>,
}

/// A table as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The number of the next row.
    pub next: u64,
    /// With what the IDs of rows may begin besides the table's name: what they once began with.
    pub former: Vec<Text>,
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
    /// The number of the next row, afterwards. It never goes back.
    pub next: u64,
    /// The changes, in their order.
    pub changes: Vec<Change>,
}

impl Loaded {
    /// Does to the table what a card did.
    pub fn apply(&mut self, changes: Changes) {
        self.next = changes.next;
        for change in changes.changes {
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
        let cells: Vec<_> =
            values.into_iter().map(|(name, value)| (name, Cells::pack(std::slice::from_ref(value)))).collect();
        let cells = written(cells.iter().map(|(name, cell)| (*name, cell.bytes())));
        Row { number, created_ms, updated_ms, cells }
    }

    /// The values of the cells that are not empty, each with the name of its column; none if they are damaged.
    pub fn values(&self) -> Option<Vec<(Text, Value)>> {
        let cells = self.packed().map(|cell| cell.map(|(name, cell)| (name.into(), cells::value(cell))));
        cells.collect()
    }

    /// The cells that are not empty, packed, each with the name of its column; none for what is damaged.
    pub(crate) fn packed(&self) -> impl Iterator<Item = Option<(&str, &[u8])>> {
        let mut rest = match self.cells.split_first() {
            Some((&FORM, rest)) => Some(rest),
            _ => None,
        };
        let mut broken = rest.is_none();
        std::iter::from_fn(move || {
            let bytes = rest.take().filter(|rest| !rest.is_empty());
            if bytes.is_none() && !std::mem::take(&mut broken) {
                return None;
            }
            let cell = bytes.and_then(named_cell);
            rest = cell.map(|(_, _, after)| after);
            Some(cell.map(|(name, cell, _)| (name, cell)))
        })
    }
}

/// A cell behind the name of its column, and what follows it; none if it is damaged.
fn named_cell(bytes: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let (name, after) = checked_text(bytes)?;
    let (cell, after) = checked(after)?;
    Some((std::str::from_utf8(name).ok()?, cell, after))
}

/// Cells by the names of their columns.
pub(crate) fn written<'c>(cells: impl Iterator<Item = (&'c str, &'c [u8])>) -> Box<[u8]> {
    let mut bytes = vec![FORM];
    for (name, cell) in cells.filter(|(_, cell)| *cell != cells::BLANK) {
        pack_text(&mut bytes, name);
        bytes.extend(cell);
    }
    bytes.into_boxed_slice()
}
