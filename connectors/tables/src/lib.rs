//! Tables: typed rows kept in memory, and the cards that write and search them.
//!
//! Rows lie in the order in which they were created. A search with a condition looks at every row, unless it
//! asks for equality with a column's value, for which an index is kept; paging by offset costs no more for
//! the last page than for the first.

mod cells;
mod column;
mod delimiter;
mod example;
mod filter;
mod index;
mod intake;
mod kept;
mod layout;
mod legacy;
mod live;
mod number;
mod query;
mod search;
mod snapshot;
mod stored;
mod stream;
mod table;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_core::card::{TableName, Work};
use flowrun_core::effect::Performance;
use flowrun_core::fault::{Fault, FaultKind, InputId, Result};
use flowrun_core::program;
use flowrun_core::suggest::closest;
use flowrun_core::value::{FromValue, Record, Text};
use flowrun_kit::connector::Connector;
use flowrun_kit::effect::Connection;
use flowrun_kit::files::Files;
use indexmap::IndexMap;

pub use example::example_tables;
pub use kept::{Keeper, Kept, Order, Rows};
pub use stored::{Change, Changes, Loaded, Row};

use column::Column;
use table::Table;

flowrun_kit::effect_cards! {
    create_row::CreateRow,
    read_row::ReadRow,
    update_row::UpdateRow,
    delete_row::DeleteRow,
    search_rows::SearchRows,
    clear_table::ClearTable,
    read_table::ReadTable,
    export_to_csv::ExportToCsv,
    import_from_csv::ImportFromCsv,
}

/// What a run has of tables.
pub fn connector() -> Connector {
    Connector::own(Tables::CONNECTOR, effect_cards())
}

/// How many rows a table holds at the most, unless its definition says otherwise.
pub const MAX_ROWS: usize = 500_000;
/// How many columns a table has at the most.
pub const MAX_COLUMNS: usize = 64;
/// How many characters a cell holds at the most.
pub const MAX_CELL: usize = 16_000;
/// How many rows a search that does not stream gives at the most.
pub const MAX_FOUND: usize = 3_500;

/// The tables of a run, in memory: empty at its start, but for those that are kept, which all runs share.
///
/// They ask neither a clock nor a disk: the same cards at the same times make the same rows, under the same IDs.
#[derive(Debug, Default)]
pub struct Tables {
    tables: IndexMap<Text, Held>,
    at_us: AtomicI64,
    files: Files,
    kept: Option<Kept>,
    changes: Mutex<Vec<Changes>>,
}

/// A table, as a run sees it.
#[derive(Debug)]
struct Held {
    table: Arc<Mutex<Table>>,
    /// The columns that the run's program gives it; those of another run may differ.
    columns: Arc<[Column]>,
    max_rows: usize,
    is_kept: bool,
}

impl Held {
    fn new(definition: &program::Table) -> Held {
        let columns: Arc<[Column]> = definition.columns.iter().map(Column::new).collect();
        let max_rows = definition.max_rows.unwrap_or(MAX_ROWS);
        let table = Table::new(definition.name.clone(), columns.clone());
        Held { table: Arc::new(Mutex::new(table)), columns, max_rows, is_kept: false }
    }

    fn lock(&self) -> Result<MutexGuard<'_, Table>> {
        // A panic elsewhere leaves a table whole, since every change is made in one step.
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.lay_out(&self.columns)?;
        table.max_rows = self.max_rows;
        Ok(table)
    }
}

impl Connection for Tables {
    const CONNECTOR: &'static str = "tables";
    const OWN: bool = true;
}

impl Tables {
    /// Empty tables of these definitions, all of them the run's own.
    pub fn new(definitions: &[program::Table]) -> Tables {
        let tables = definitions.iter().map(|table| (table.name.clone(), Held::new(table)));
        Tables { tables: tables.collect(), ..Tables::default() }
    }

    /// The same tables, which are exported to these files and imported from them.
    pub fn with_files(self, files: Files) -> Tables {
        Tables { files, ..self }
    }

    /// The same tables, those named here shared with whoever else has `kept`; the first to name one has it loaded from `rows`.
    pub fn keeping<'n>(
        mut self,
        names: impl IntoIterator<Item = &'n str>,
        kept: &Kept,
        rows: &dyn Rows,
    ) -> Result<Tables> {
        for name in names {
            if let Some((_, name, held)) = self.tables.get_full_mut(name) {
                held.table = kept.table(name, &held.columns, rows)?;
                held.is_kept = true;
                // That they fit under the columns here is known before anything runs.
                held.lock()?.changes.get_or_insert_default();
            }
        }
        self.kept = Some(kept.clone());
        Ok(self)
    }

    /// The same tables, those named here filled with the rows that `kept` has of them: what becomes of these nobody else sees, and it
    /// isn't kept.
    pub fn copying<'n>(
        mut self,
        names: impl IntoIterator<Item = &'n str>,
        kept: &Kept,
        rows: &dyn Rows,
    ) -> Result<Tables> {
        for name in names {
            if let Some((_, name, held)) = self.tables.get_full_mut(name) {
                held.table = Arc::new(Mutex::new(kept.copy(name, &held.columns, rows)?));
            }
        }
        Ok(self)
    }

    /// Says what time it is, in microseconds since 1970, UTC: rows are created and updated then, until it is said anew.
    pub fn set_time(&self, at_us: i64) {
        self.at_us.store(at_us, Ordering::Relaxed);
    }

    /// Whether the card works on a kept table. Any other card of tables does the same when it is performed again, at the same time
    /// and after the same cards.
    pub fn is_kept(&self, performance: &Performance) -> bool {
        let is_of_tables =
            matches!(&performance.card.work, Work::Effect(spec) if spec.connector == Self::CONNECTOR);
        if self.kept.is_none() || !is_of_tables {
            return false;
        }
        let place = performance.card.inputs.iter().position(|input| &*input.name == "table");
        let named = place.and_then(|place| performance.args.get(place));
        let name = named.and_then(|named| Text::from_value(named.clone()).ok());
        name.is_some_and(|name| self.keeps(&name))
    }

    /// Whether the table of this name is kept.
    pub fn keeps(&self, table: &str) -> bool {
        self.tables.get(table).is_some_and(|held| held.is_kept)
    }

    /// The right to change kept tables. Who performs a card under it, [takes](Tables::take_changes) the changes and hands them on
    /// before the right is given up, hands them on in the order in which they were made, whatever other runs do.
    pub fn kept_lock(&self) -> Order<'_> {
        self.kept.as_ref().map_or(Order::NONE, Kept::order)
    }

    /// What the run has changed in kept tables since this was last asked, in its order.
    pub fn take_changes(&self) -> Vec<Changes> {
        std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The tables that are the run's own, in one piece for [`Tables::restore`].
    pub fn snapshot(&self) -> Result<Vec<u8>> {
        let mut bytes = snapshot::begin();
        for held in self.tables.values().filter(|held| !held.is_kept) {
            held.lock()?.write(&mut bytes);
        }
        Ok(bytes)
    }

    /// Fills the tables that are the run's own, and empty, with the rows of a [snapshot](Tables::snapshot). Those of a table that is
    /// not there any more are left out.
    pub fn restore(&self, bytes: &[u8]) -> Result<()> {
        let mut reading = snapshot::Reading::new(bytes)?;
        while let Some(name) = reading.name()? {
            match self.tables.get(name).filter(|held| !held.is_kept) {
                Some(held) => reading.table(&mut *held.lock()?)?,
                None => reading.table(&mut Table::new(name.into(), Arc::default()))?,
            }
        }
        Ok(())
    }

    /// How many rows the table has; none if there is no such table.
    pub fn row_count(&self, table: &str) -> Option<usize> {
        self.look(table, |table| table.len())
    }

    /// All rows of the table in the order of their creation, as Search Rows gives them; none if there is no
    /// such table.
    pub fn rows(&self, table: &str) -> Option<Vec<Record>> {
        self.look(table, |table| table.all())
    }

    /// All that is to be stored of the table; none if there is no such table.
    pub fn stored(&self, table: &str) -> Option<Loaded> {
        self.look(table, |table| table.stored())
    }

    /// The names of the tables, in the order of their definition.
    pub fn names(&self) -> impl Iterator<Item = &Text> {
        self.tables.keys()
    }

    fn look<T>(&self, name: &str, what: impl FnOnce(&Table) -> T) -> Option<T> {
        self.tables.get(name)?.lock().ok().map(|table| what(&table))
    }

    /// Does `what` with the table that the input `input` names.
    fn with<T>(
        &self,
        name: &TableName,
        input: InputId,
        what: impl FnOnce(&mut Table) -> Result<T>,
    ) -> Result<T> {
        let held = self.tables.get(&name.0).ok_or_else(|| self.no_table(&name.0).at(input))?;
        let mut table = held.lock()?;
        let done = what(&mut table)?;
        if let Some(changes) = table.changes.as_mut().filter(|changes| !changes.is_empty()) {
            let rows = std::mem::take(changes);
            let changes = Changes { table: table.name.clone(), next: table.next, note: None, rows };
            self.changes.lock().unwrap_or_else(PoisonError::into_inner).push(changes);
        }
        Ok(done)
    }

    fn no_table(&self, name: &str) -> Fault {
        let fault = Fault::new(FaultKind::NotFound, format!("there is no table \"{name}\""));
        match closest(name, self.names().map(|name| &**name)) {
            Some(meant) => fault.help(format!("did you mean \"{meant}\"?")),
            None => fault,
        }
    }

    fn now_ms(&self) -> i64 {
        self.at_us.load(Ordering::Relaxed).div_euclid(1000)
    }
}
