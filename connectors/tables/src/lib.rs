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
mod live;
mod number;
mod query;
mod search;
mod stream;
mod table;

use std::sync::{Mutex, PoisonError};

use flowrun_core::card::TableName;
use flowrun_core::fault::{Fault, FaultKind, InputId, Result};
use flowrun_core::program;
use flowrun_core::suggest::closest;
use flowrun_core::value::{Record, Text};
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Connector;
use flowrun_kit::effect::Connection;
use flowrun_kit::files::Files;
use indexmap::IndexMap;

pub use example::example_tables;
pub use kept::Store;

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
/// How many rows a kept table has at the most.
pub const MAX_KEPT: usize = 10_000;
/// How many columns a table has at the most.
pub const MAX_COLUMNS: usize = 64;
/// How many characters a cell holds at the most.
pub const MAX_CELL: usize = 16_000;
/// How many rows a search that does not stream gives at the most.
pub const MAX_FOUND: usize = 3_500;

/// The tables of a project, in memory: empty at the start of a run, as imported tables are in Okta, unless they are kept.
#[derive(Debug)]
pub struct Tables {
    tables: IndexMap<Text, Mutex<Table>>,
    clock: Clock,
    files: Files,
    store: Option<Box<dyn Store>>,
}

impl Connection for Tables {
    const CONNECTOR: &'static str = "tables";
    const OWN: bool = true;
}

impl Tables {
    /// Empty tables of these definitions; `clock` tells when a row is created and updated.
    pub fn new(definitions: &[program::Table], clock: Clock) -> Tables {
        let tables = definitions.iter().enumerate();
        let tables =
            tables.map(|(place, table)| (table.name.clone(), Mutex::new(Table::new(place + 1, table))));
        Tables { tables: tables.collect(), clock, files: Files::default(), store: None }
    }

    /// The same tables, which are exported to these files and imported from them.
    pub fn with_files(self, files: Files) -> Tables {
        Tables { files, ..self }
    }

    /// The same tables, the kept ones filled with what `store` has of them, and saved there with every change.
    pub fn kept_in(self, store: impl Store + 'static) -> Result<Tables> {
        for table in self.tables.values() {
            let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
            if !table.kept {
                continue;
            }
            let saved = store.load(&table.name).map_err(|why| {
                let message = format!("what was kept of table \"{}\" can't be read: {why}", table.name);
                Fault::new(FaultKind::Connection, message)
            })?;
            if let Some(text) = saved {
                table.restore(&text)?;
            }
        }
        Ok(Tables { store: Some(Box::new(store)), ..self })
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

    /// The names of the tables, in the order of their definition.
    pub fn names(&self) -> impl Iterator<Item = &Text> {
        self.tables.keys()
    }

    fn look<T>(&self, name: &str, what: impl FnOnce(&mut Table) -> T) -> Option<T> {
        // A panic elsewhere leaves a table whole, since every change is made in one step.
        self.tables.get(name).map(|table| what(&mut table.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Does `what` with the table that the input `input` names.
    fn with<T>(
        &self,
        name: &TableName,
        input: InputId,
        what: impl FnOnce(&mut Table) -> Result<T>,
    ) -> Result<T> {
        self.look(&name.0, what).unwrap_or_else(|| {
            let fault =
                Fault::new(FaultKind::NotFound, format!("there is no table \"{}\"", name.0)).at(input);
            match closest(&name.0, self.names().map(|name| &**name)) {
                Some(meant) => Err(fault.help(format!("did you mean \"{meant}\"?"))),
                None => Err(fault),
            }
        })
    }

    /// Changes the table that the input `input` names; a kept one is saved before anybody hears of the change.
    fn change<T>(
        &self,
        name: &TableName,
        input: InputId,
        what: impl FnOnce(&mut Table) -> Result<T>,
    ) -> Result<T> {
        self.with(name, input, |table| {
            let done = what(table)?;
            if let Some(store) = self.store.as_ref().filter(|_| table.kept) {
                store.save(&table.name, &table.write()).map_err(|why| {
                    let message = format!("table \"{}\" can't be kept: {why}", table.name);
                    Fault::new(FaultKind::Connection, message)
                        .help("what the run sent before is not undone; the table is as the last change that was kept left it")
                })?;
            }
            Ok(done)
        })
    }

    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}
