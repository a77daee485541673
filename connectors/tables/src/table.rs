//! One table: its rows, in the order in which they were created.

use std::sync::Arc;

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Date, Record, Text, Value};

use crate::cells::Cells;
use crate::column::{Column, Place, no_column};
use crate::index::Index;
use crate::live::Live;
use crate::query::Query;
use crate::stored::Change;
use crate::{MAX_COLUMNS, MAX_ROWS};

/// What to do about a table that is full.
pub(crate) const MORE_ROWS: &str = "give the table a larger `max_rows` in flowrun.yaml, or clear it";

/// How many rows fit into a table, and how many it may have in all.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    pub left: usize,
    pub most: usize,
}

/// A table. A row lies in a slot; a deleted one leaves its slot empty until too many are.
#[derive(Debug)]
pub(crate) struct Table {
    pub name: Text,
    pub columns: Arc<[Column]>,
    /// Columns that rows have values for, behind the others, and that flowrun.yaml names no more.
    pub unseen: Vec<Text>,
    /// What the IDs of its rows began with before they began with the table's name.
    pub former: Vec<Text>,
    pub slots: Vec<Slot>,
    pub live: Live,
    /// The number of the next row; never used twice, not even after the table was cleared.
    pub next: u64,
    pub indexes: Vec<Index>,
    /// The slots that searches found lately, with what was searched; none survives a change.
    pub views: Vec<(Query, Arc<[u32]>)>,
    /// What has changed, where that is wanted.
    pub changes: Option<Vec<Change>>,
    /// How many rows it may have.
    pub max_rows: usize,
    keys: [Text; 3],
}

/// The place of a row.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The row's number.
    pub number: u64,
    pub created: i64,
    pub updated: i64,
    /// None once the row is deleted.
    pub cells: Option<Cells>,
}

/// What is known of one row.
pub(crate) struct Row {
    pub id: Text,
    pub created: Option<Date>,
    pub updated: Option<Date>,
    pub columns: Record,
}

impl Slot {
    /// The place of a row that was created and updated at these moments.
    pub fn new(number: u64, [created, updated]: [i64; 2], cells: Cells) -> Slot {
        Slot { number, created, updated, cells: Some(cells) }
    }
}

impl Table {
    /// An empty table.
    pub fn new(name: Text, columns: Arc<[Column]>) -> Table {
        Table {
            name,
            columns,
            unseen: Vec::new(),
            former: Vec::new(),
            slots: Vec::new(),
            live: Live::default(),
            next: 1,
            indexes: Vec::new(),
            views: Vec::new(),
            changes: None,
            max_rows: MAX_ROWS,
            keys: ["Row ID", "Created", "Updated"].map(Text::from),
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.live.count()
    }

    /// How many rows may be added, or may be there instead of those that are.
    pub fn room(&self, instead: bool) -> Result<Room> {
        if self.columns.len() > MAX_COLUMNS {
            let (name, columns) = (&self.name, self.columns.len());
            let message = format!("table \"{name}\" has {columns} columns, {MAX_COLUMNS} are allowed");
            return Err(Fault::new(FaultKind::InvalidInput, message));
        }
        let taken = if instead { 0 } else { self.len() };
        Ok(Room { left: self.max_rows.saturating_sub(taken), most: self.max_rows })
    }

    /// All rows.
    pub fn all(&self) -> Vec<Record> {
        (0..self.slots.len()).filter(|slot| self.is_live(*slot)).map(|slot| self.record(slot)).collect()
    }

    /// Adds a row and gives its ID.
    pub fn create(&mut self, fields: Record, now_ms: i64) -> Result<Text> {
        let room = self.room(false)?;
        if room.left == 0 {
            let message = format!("table \"{}\" is full, it may have {} rows", self.name, room.most);
            return Err(Fault::new(FaultKind::InvalidInput, message).help(MORE_ROWS));
        }
        let mut values: Vec<Value> = self.columns.iter().map(Column::default).collect();
        for (name, value) in fields {
            let column = self.column(&name)?;
            if !self.columns[column].is_blank(&value) {
                values[column] = self.columns[column].keep(value)?;
            }
        }
        Ok(self.push(&values, now_ms))
    }

    /// Adds a row of these values, one for each column, and gives its ID.
    pub fn push(&mut self, values: &[Value], now_ms: i64) -> Text {
        self.push_packed(Cells::pack(values), now_ms);
        self.id(self.next - 1)
    }

    /// Adds rows of cells that are packed already, and says how many.
    pub fn push_all(&mut self, rows: Vec<Cells>, now_ms: i64) -> usize {
        let count = rows.len();
        rows.into_iter().for_each(|cells| self.push_packed(cells, now_ms));
        count
    }

    /// Adds a row of cells that are packed already.
    fn push_packed(&mut self, cells: Cells, now_ms: i64) {
        let number = self.next;
        self.next += 1;
        let slot = self.slots.len();
        for index in &mut self.indexes {
            index.add(&cells.get(index.column), slot as u32);
        }
        self.slots.push(Slot::new(number, [now_ms, now_ms], cells));
        self.live.push();
        self.changed(slot);
    }

    /// The row with this ID.
    pub fn read(&self, id: &str) -> Result<Row> {
        self.slot(id).map(|slot| self.row(slot))
    }

    /// Writes fields into a row; what is blank leaves the cell as it is, or empties it if `blanks` says so.
    pub fn update(&mut self, id: &str, fields: Record, blanks: bool, now_ms: i64) -> Result<()> {
        let slot = self.slot(id)?;
        let mut changes = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            let column = self.column(&name)?;
            let value = self.columns[column].keep(value)?;
            if blanks || !value.is_empty() {
                changes.push((column, value));
            }
        }
        let mut values: Vec<Value> = match &self.slots[slot].cells {
            Some(cells) => cells.iter().collect(),
            None => Vec::new(),
        };
        for (column, value) in changes {
            for index in self.indexes.iter_mut().filter(|index| index.column == column) {
                index.remove(&values[column], slot as u32);
                index.add(&value, slot as u32);
            }
            values[column] = value;
        }
        self.slots[slot].cells = Some(Cells::pack(&values));
        self.slots[slot].updated = now_ms;
        self.changed(slot);
        Ok(())
    }

    /// Deletes the row with this ID.
    pub fn delete(&mut self, id: &str) -> Result<()> {
        let slot = self.slot(id)?;
        if let Some(cells) = self.slots[slot].cells.take() {
            self.indexes.iter_mut().for_each(|index| index.remove(&cells.get(index.column), slot as u32));
        }
        self.live.remove(slot);
        self.changed(slot);
        let empty = self.live.slots() - self.live.count();
        if empty > 1024 && empty > self.live.count() {
            self.slots.retain(|slot| slot.cells.is_some());
            self.live = Live::full(self.slots.len());
            // They name slots that are others now.
            self.indexes.clear();
        }
        Ok(())
    }

    /// Takes away the row of this number, which is stored nowhere any more, so that nothing is noted.
    pub fn drop_row(&mut self, number: u64) {
        let changes = self.changes.take();
        // It may be gone already.
        let _ = self.delete(&self.id(number));
        self.changes = changes;
    }

    /// Deletes all rows and tells how many there were.
    pub fn clear(&mut self) -> usize {
        let rows = self.len();
        if let Some(changes) = self.changes.as_mut().filter(|_| rows > 0) {
            changes.push(Change::Clear);
        }
        self.slots = Vec::new();
        self.live = Live::default();
        self.indexes.clear();
        self.views.clear();
        rows
    }

    /// Notes that another row lies in the slot than before, or none.
    fn changed(&mut self, slot: usize) {
        self.views.clear();
        if self.changes.is_none() {
            return;
        }
        let change = self.stored_row(slot).map_or(Change::Delete(self.slots[slot].number), Change::Put);
        if let Some(changes) = &mut self.changes {
            changes.push(change);
        }
    }

    /// Whether a row lies in the slot.
    pub fn is_live(&self, slot: usize) -> bool {
        self.slots[slot].cells.is_some()
    }

    /// What lies at `place` of the row in `slot`.
    pub fn cell(&self, slot: usize, place: Place) -> Value {
        let row = &self.slots[slot];
        match place {
            Place::Cell(column) => row.cells.as_ref().map(|cells| cells.get(column)).unwrap_or_default(),
            Place::RowId => Value::Text(self.id(row.number)),
            Place::Number => Value::Number(row.number as f64),
            Place::Created => Date::from_millis(row.created).into(),
            Place::Updated => Date::from_millis(row.updated).into(),
        }
    }

    /// The row in `slot`.
    pub fn row(&self, slot: usize) -> Row {
        let row = &self.slots[slot];
        let values = row.cells.iter().flat_map(Cells::iter);
        Row {
            id: self.id(row.number),
            created: Date::from_millis(row.created),
            updated: Date::from_millis(row.updated),
            columns: self.columns.iter().map(|column| column.name.clone()).zip(values).collect(),
        }
    }

    /// The row in `slot` as one object; a column called as what every row has takes its place.
    pub fn record(&self, slot: usize) -> Record {
        let row = &self.slots[slot];
        let [id, created, updated] = self.keys.clone();
        let mut record = Record::with_capacity(self.columns.len() + 3);
        record.insert(id, Value::Text(self.id(row.number)));
        record.insert(created, Date::from_millis(row.created).into());
        record.insert(updated, Date::from_millis(row.updated).into());
        let values = row.cells.iter().flat_map(Cells::iter);
        record.extend(self.columns.iter().map(|column| column.name.clone()).zip(values));
        record
    }

    /// It begins with the table's name, so that no table knows another's rows, wherever the tables stand in the manifest.
    fn id(&self, number: u64) -> Text {
        Text::from(format!("{}-{number}", self.name))
    }

    fn slot(&self, id: &str) -> Result<usize> {
        let number = id
            .rsplit_once('-')
            .filter(|(table, _)| {
                *table == &*self.name || self.former.iter().any(|former| *table == &**former)
            })
            .and_then(|(_, number)| number.parse::<u64>().ok());
        // Numbers only grow, so that slots are sorted by them.
        let slot =
            number.and_then(|number| self.slots.binary_search_by_key(&number, |slot| slot.number).ok());
        slot.filter(|slot| self.is_live(*slot)).ok_or_else(|| {
            Fault::new(
                FaultKind::NotFound,
                format!("table \"{}\" has no row with the ID \"{id}\"", self.name),
            )
        })
    }

    pub fn column(&self, name: &str) -> Result<usize> {
        let column = self.columns.iter().position(|column| column.name == name);
        column.ok_or_else(|| no_column(name, &self.name, &self.columns))
    }
}
