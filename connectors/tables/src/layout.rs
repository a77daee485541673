//! How the rows of a table lie under its columns, and how they get there: from a store, and when the columns change in
//! flowrun.yaml while the rows stay.
//!
//! A value belongs to the name of its column. A column that is new is empty in the rows that are there. What rows hold in a column
//! that is gone stays with them, unseen, until the column is there again or the row is deleted. Where a column has another type,
//! values are converted; one that can't be is an error, and nothing changes.

use std::borrow::Cow;
use std::sync::Arc;

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::Text;

use crate::cells::{self, BLANK, Cells};
use crate::column::Column;
use crate::live::Live;
use crate::stored::{Loaded, Row, note, read_note};
use crate::table::{Slot, Table};

/// Puts the cells of rows where a table has them.
struct Layout<'t> {
    table: &'t str,
    columns: &'t [Column],
    /// The columns that rows have values for and the table doesn't name.
    unseen: &'t mut Vec<Text>,
}

impl Layout<'_> {
    /// The cells of one row, in the table's order.
    fn row<'c>(&mut self, cells: impl Iterator<Item = Result<(&'c str, &'c [u8])>>) -> Result<Cells> {
        let mut placed = vec![Cow::Borrowed(BLANK); self.columns.len() + self.unseen.len()];
        for (nth, cell) in cells.enumerate() {
            let (name, cell) = cell?;
            // Most rows have their columns in the table's order.
            let by_order = self.columns.get(nth).filter(|column| *column.name == *name).map(|_| nth);
            let column = by_order.or_else(|| self.columns.iter().position(|column| *column.name == *name));
            match column {
                Some(column) => placed[column] = self.fit(&self.columns[column], cell)?,
                None => {
                    let place = self.columns.len() + self.unseen(name);
                    placed.resize(placed.len().max(place + 1), Cow::Borrowed(BLANK));
                    placed[place] = Cow::Borrowed(cell);
                }
            }
        }
        Ok(Cells::join(&placed.iter().map(|cell| &**cell).collect::<Vec<_>>()))
    }

    fn unseen(&mut self, name: &str) -> usize {
        let known = self.unseen.iter().position(|unseen| **unseen == *name);
        known.unwrap_or_else(|| {
            self.unseen.push(name.into());
            self.unseen.len() - 1
        })
    }

    /// A cell as the column keeps it.
    fn fit<'c>(&self, column: &Column, cell: &'c [u8]) -> Result<Cow<'c, [u8]>> {
        if cells::is_of(cell, column.ty) {
            return Ok(Cow::Borrowed(cell));
        }
        let value = column.keep(cells::value(cell)).map_err(|fault| {
            let message =
                format!("what was kept of table \"{}\" does not fit: {}", self.table, fault.message);
            Fault::new(fault.kind, message)
                .help("give the column the type back that it had in flowrun.yaml, or clear the table")
        })?;
        Ok(Cow::Owned(cells::packed(&value)))
    }
}

/// An empty table that is being filled.
pub(crate) struct Filling<'t> {
    table: &'t mut Table,
    columns: Arc<[Column]>,
    unseen: Vec<Text>,
    slots: Vec<Slot>,
}

impl Filling<'_> {
    /// Fills this table.
    pub fn new(table: &mut Table) -> Filling<'_> {
        let columns = table.columns.clone();
        Filling { table, columns, unseen: Vec::new(), slots: Vec::new() }
    }

    /// Adds a row behind those that were added; each cell comes with the name of its column.
    pub fn row<'c>(
        &mut self,
        number: u64,
        moments: [i64; 2],
        cells: impl Iterator<Item = Result<(&'c str, &'c [u8])>>,
    ) -> Result<()> {
        if self.slots.last().is_some_and(|before| before.number >= number) {
            return Err(damaged(&self.table.name, number));
        }
        let mut layout = Layout { table: &self.table.name, columns: &self.columns, unseen: &mut self.unseen };
        self.slots.push(Slot::new(number, moments, layout.row(cells)?));
        Ok(())
    }

    /// Ends it; `next` is the number of the next row.
    pub fn end(self, next: u64) {
        let table = self.table;
        // A number that was used is not used again, whatever is said to be next.
        table.next = self.slots.last().map_or(1, |last| last.number + 1).max(next);
        table.live = Live::full(self.slots.len());
        table.slots = self.slots;
        table.unseen = self.unseen;
        table.forget_places();
    }
}

fn damaged(table: &str, number: u64) -> Fault {
    let message = format!("what was kept of table \"{table}\" is damaged at row {number}");
    Fault::new(FaultKind::Parse, message).help("restore it from a backup, or clear the table")
}

impl Table {
    /// Fills an empty table with what was stored of it.
    pub fn fill(&mut self, loaded: &Loaded) -> Result<()> {
        let name = self.name.clone();
        self.former = read_note(&loaded.note).ok_or_else(|| damaged(&name, 0))?;
        let mut filling = Filling::new(self);
        for row in &loaded.rows {
            let cells = row.cells().map(|cell| cell.ok_or_else(|| damaged(&name, row.number)));
            filling.row(row.number, [row.created_ms, row.updated_ms], cells)?;
        }
        filling.end(loaded.next);
        Ok(())
    }

    /// The table as it is stored.
    pub fn stored(&self) -> Loaded {
        let rows = (0..self.slots.len()).filter_map(|slot| self.stored_row(slot)).collect();
        Loaded { next: self.next, note: note(&self.former), rows }
    }

    /// The row in a slot as it is stored, if one is there.
    pub fn stored_row(&self, slot: usize) -> Option<Row> {
        let slot = &self.slots[slot];
        let cells = self.named(slot.cells.as_ref()?).filter(|(_, cell)| *cell != BLANK);
        let columns = cells.map(|(name, cell)| (Arc::from(name.clone()), cell.to_vec())).collect();
        Some(Row { number: slot.number, created_ms: slot.created, updated_ms: slot.updated, columns })
    }

    /// Puts the rows under these columns.
    pub fn lay_out(&mut self, columns: &Arc<[Column]>) -> Result<()> {
        if Arc::ptr_eq(&self.columns, columns) {
            return Ok(());
        }
        if self.columns != *columns {
            let mut unseen = Vec::new();
            let mut layout = Layout { table: &self.name, columns, unseen: &mut unseen };
            let laid = self.slots.iter().map(|slot| {
                slot.cells
                    .as_ref()
                    .map(|cells| layout.row(self.named(cells).map(|(name, cell)| Ok((&**name, cell)))))
                    .transpose()
            });
            let laid = laid.collect::<Result<Vec<_>>>()?;
            self.unseen = unseen;
            self.slots.iter_mut().zip(laid).for_each(|(slot, cells)| slot.cells = cells);
            self.forget_places();
        }
        self.columns = columns.clone();
        Ok(())
    }

    /// The cells of a row, each with the name of its column.
    fn named<'t>(&'t self, cells: &'t Cells) -> impl Iterator<Item = (&'t Text, &'t [u8])> {
        self.columns.iter().map(|column| &column.name).chain(&self.unseen).zip(cells.packed())
    }

    /// Forgets what names slots and columns by their places.
    fn forget_places(&mut self) {
        self.indexes.clear();
        self.views.clear();
    }
}
