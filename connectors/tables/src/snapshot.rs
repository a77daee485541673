//! The tables of a run in one piece, so that a checkpoint can hold them.
//!
//! A byte for the form; then for each table its name, the number of its next row, how many columns and their names, how many rows, and
//! for each its number, when it was created and updated, and a cell for each column. Counts and lengths are written seven bits a byte,
//! numbers and moments in eight bytes.

use flowrun_core::fault::{Fault, FaultKind, Result};

use crate::cells::{checked, checked_length, checked_text, pack_length, pack_text};
use crate::layout::Filling;
use crate::table::Table;

/// How tables are written.
const FORM: u8 = 1;

/// A piece that tables are written into.
pub(crate) fn begin() -> Vec<u8> {
    vec![FORM]
}

/// A piece that tables are read from.
pub(crate) struct Reading<'b>(&'b [u8]);

impl Table {
    /// Writes the table behind what was written before.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        pack_text(bytes, &self.name);
        bytes.extend(self.next.to_le_bytes());
        pack_length(bytes, self.columns.len());
        self.columns.iter().for_each(|column| pack_text(bytes, &column.name));
        pack_length(bytes, self.len());
        for slot in &self.slots {
            let Some(cells) = &slot.cells else { continue };
            bytes.extend(slot.number.to_le_bytes());
            bytes.extend(slot.created.to_le_bytes());
            bytes.extend(slot.updated.to_le_bytes());
            bytes.extend(cells.bytes());
        }
    }
}

impl<'b> Reading<'b> {
    /// Reads what [`begin`] began.
    pub fn new(bytes: &'b [u8]) -> Result<Reading<'b>> {
        match bytes.split_first() {
            Some((&FORM, rest)) => Ok(Reading(rest)),
            Some((form, _)) => {
                Err(wrong(format!("tables are written in form {form}, which is not known here")))
            }
            None => Err(damaged()),
        }
    }

    /// The name of the next table; none behind the last.
    pub fn name(&mut self) -> Result<Option<&'b str>> {
        if self.0.is_empty() { Ok(None) } else { self.text().map(Some) }
    }

    /// Reads a table behind its name, into one that is empty.
    pub fn table(&mut self, table: &mut Table) -> Result<()> {
        let next = self.number()?;
        let columns = (0..self.length()?).map(|_| self.text()).collect::<Result<Vec<_>>>()?;
        let count = self.length()?;
        let mut filling = Filling::new(table);
        for _ in 0..count {
            let (number, moments) = (self.number()?, [self.number()? as i64, self.number()? as i64]);
            filling.row(number, moments, columns.iter().map(|name| Ok((*name, self.cell()?))))?;
        }
        filling.end(next);
        Ok(())
    }

    fn take<T>(&mut self, taken: Option<(T, &'b [u8])>) -> Result<T> {
        let (it, rest) = taken.ok_or_else(damaged)?;
        self.0 = rest;
        Ok(it)
    }

    fn cell(&mut self) -> Result<&'b [u8]> {
        self.take(checked(self.0))
    }

    fn length(&mut self) -> Result<usize> {
        self.take(checked_length(self.0))
    }

    fn number(&mut self) -> Result<u64> {
        self.take(self.0.split_first_chunk()).map(|bytes| u64::from_le_bytes(*bytes))
    }

    fn text(&mut self) -> Result<&'b str> {
        let text = self.take(checked_text(self.0))?;
        std::str::from_utf8(text).map_err(|_| damaged())
    }
}

fn damaged() -> Fault {
    wrong("what was noted of the run's tables is damaged".to_owned())
}

fn wrong(message: String) -> Fault {
    Fault::new(FaultKind::Parse, message)
}
