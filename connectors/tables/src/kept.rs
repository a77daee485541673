//! Tables that outlive a run: in memory once for all runs of a process, under the columns that each run's program gives them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::Text;

use crate::column::Column;
use crate::stored::Loaded;
use crate::table::Table;

/// Where what was kept of tables is read from.
pub trait Rows {
    /// What was stored of a table, if anything was.
    fn load(&self, table: &str) -> std::result::Result<Option<Loaded>, String>;
}

/// The kept tables of a process, those of each scope apart: of a project over certain hosts. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Keeper(Arc<Mutex<BTreeMap<String, Kept>>>);

/// The kept tables of one scope. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    tables: Mutex<BTreeMap<Text, Arc<Mutex<Table>>>>,
    order: Mutex<()>,
}

/// The right to change the kept tables of a scope, until this is dropped.
#[must_use = "the order of changes holds only as long as this lives"]
#[derive(Debug)]
pub struct Order<'k> {
    _held: Option<MutexGuard<'k, ()>>,
}

impl Keeper {
    /// The tables of a scope.
    pub fn of(&self, scope: &str) -> Kept {
        let mut scopes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        scopes.entry(scope.to_owned()).or_default().clone()
    }
}

impl Keeper {
    /// Has rows taken away where they are stored, while nobody changes kept tables, and takes them away here too. Which those are is told
    /// by their scopes, their tables and their numbers.
    pub fn taking<T, S: AsRef<str>>(&self, take: impl FnOnce() -> (T, Vec<(S, S, u64)>)) -> T {
        let scopes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let orders: Vec<Order<'_>> = scopes.values().map(Kept::order).collect();
        let (told, rows) = take();
        for (scope, name, number) in rows {
            if let Some(kept) = scopes.get(scope.as_ref()) {
                kept.drop_row(name.as_ref(), number);
            }
        }
        drop(orders);
        told
    }
}

impl Kept {
    fn drop_row(&self, name: &str, number: u64) {
        let table = self.0.tables.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(table) = table {
            table.lock().unwrap_or_else(PoisonError::into_inner).drop_row(number);
        }
    }

    /// The table of this name, loaded when it is first asked for.
    pub(crate) fn table(
        &self,
        name: &Text,
        columns: &Arc<[Column]>,
        rows: &dyn Rows,
    ) -> Result<Arc<Mutex<Table>>> {
        let mut tables = self.0.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = tables.get(name) {
            return Ok(table.clone());
        }
        let table = Arc::new(Mutex::new(load(name, columns, rows)?));
        tables.insert(name.clone(), table.clone());
        Ok(table)
    }

    /// A table of this name that is nobody else's, with the same rows.
    pub(crate) fn copy(&self, name: &Text, columns: &Arc<[Column]>, rows: &dyn Rows) -> Result<Table> {
        let tables = self.0.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(table) = tables.get(name) else { return load(name, columns, rows) };
        let stored = table.lock().unwrap_or_else(PoisonError::into_inner).stored();
        let mut copy = Table::new(name.clone(), columns.clone());
        copy.fill(&stored)?;
        Ok(copy)
    }

    /// The right to change these tables.
    pub(crate) fn order(&self) -> Order<'_> {
        Order { _held: Some(self.0.order.lock().unwrap_or_else(PoisonError::into_inner)) }
    }
}

impl Order<'_> {
    /// The right of a run that has no kept tables.
    pub(crate) const NONE: Order<'static> = Order { _held: None };
}

fn load(name: &Text, columns: &Arc<[Column]>, rows: &dyn Rows) -> Result<Table> {
    let loaded = rows.load(name).map_err(|why| {
        let message = format!("what was kept of table \"{name}\" can't be read: {why}");
        Fault::new(FaultKind::Connection, message)
    })?;
    let mut table = Table::new(name.clone(), columns.clone());
    if let Some(loaded) = loaded {
        table.fill(&loaded)?;
    }
    Ok(table)
}
