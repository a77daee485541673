//! Kept tables: read from the store, and written there with what changes them.

use std::path::PathBuf;
use std::sync::Arc;

use flowrun_core::journal::Entry;
use flowrun_core::value::Text;
use flowrun_kit::effect::Pending;
use flowrun_store::{Batch, RowChange, TableChange, TableId};
use flowrun_tables::{Change, Changes, Loaded, Row, Rows};

use super::home::Home;
use crate::driver::Log;
use crate::session::legacy;

/// What a card changed, for the store.
pub fn change(scope: &Text, changes: Changes) -> TableChange {
    let row = |row: Change| match row {
        Change::Put(Row { number, created_ms, updated_ms, columns }) => {
            RowChange::Put(flowrun_store::Row { number, created_ms, updated_ms, columns })
        }
        Change::Delete(number) => RowChange::Delete(number),
        Change::Clear => RowChange::Clear,
    };
    TableChange {
        table: TableId { scope: Arc::from(&**scope), name: Arc::from(&*changes.table) },
        next: changes.next,
        note: changes.note,
        rows: changes.rows.into_iter().map(row).collect(),
    }
}

/// A row as it came from the store.
pub fn row(row: flowrun_store::Row) -> Row {
    let flowrun_store::Row { number, created_ms, updated_ms, columns } = row;
    Row { number, created_ms, updated_ms, columns }
}

/// Tables that were kept before there was a store.
#[derive(Default)]
pub struct Former {
    /// Where they are, if they are anywhere.
    pub folder: Option<PathBuf>,
    /// The project's tables in their order: IDs of rows once began with a table's place.
    pub order: Vec<Text>,
}

impl Rows for Former {
    fn load(&self, table: &str) -> Result<Option<Loaded>, String> {
        self.folder.as_ref().map_or(Ok(None), |folder| legacy::load(folder, &self.order, table))
    }
}

/// Reads kept tables of one scope.
pub struct Stored<'h> {
    home: &'h Home,
    scope: Text,
    former: Former,
}

impl Home {
    /// What reads the kept tables of a scope; those of before come into the store when they are first asked for.
    pub fn rows(&self, scope: &Text, former: Former) -> Stored<'_> {
        Stored { home: self, scope: scope.clone(), former }
    }
}

impl Rows for Stored<'_> {
    fn load(&self, table: &str) -> Result<Option<Loaded>, String> {
        let id = TableId { scope: Arc::from(&*self.scope), name: Arc::from(table) };
        let stored = self.home.store.table(&id).map_err(|error| error.message)?;
        if let Some(stored) = stored {
            let rows = stored.rows.into_iter().map(row).collect();
            return Ok(Some(Loaded { next: stored.next, note: stored.note, rows }));
        }
        let Some(loaded) = self.former.load(table)? else { return Ok(None) };
        if self.home.owns {
            let changes = change(&self.scope, loaded.clone().into_changes(Text::from(table)));
            let ticket = self.home.store.append(Batch::default().table(changes));
            self.home.store.durable(ticket).wait().map_err(|error| error.message)?;
        }
        Ok(Some(loaded))
    }
}

/// Keeps the tables of a run that has no journal.
pub struct Kept {
    home: Arc<Home>,
    scope: Text,
}

impl Kept {
    /// Keeps the tables of this scope.
    pub fn new(home: Arc<Home>, scope: Text) -> Kept {
        Kept { home, scope }
    }
}

impl Log for Kept {
    fn keeps(&self) -> bool {
        false
    }

    fn append(&mut self, _: &Entry) {}

    fn changed(&mut self, changes: Vec<Changes>) {
        let tables = changes.into_iter().map(|changes| change(&self.scope, changes)).collect();
        self.home.store.append(Batch { tables, ..Batch::default() });
    }

    fn broken(&mut self) -> Pending<'_, ()> {
        let newest = self.home.store.durable(self.home.store.newest());
        Box::pin(async move {
            if newest.await.is_ok() {
                std::future::pending::<()>().await;
            }
        })
    }
}
