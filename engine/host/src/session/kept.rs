//! Tables that outlive a run: whose they are, and how what changes is kept.
//!
//! Until the store takes over, a table is a file that is written as a whole after each card that changes it, and `counted.lock` says
//! which process has it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flowrun_core::effect::{Act, Effect};
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::program;
use flowrun_core::value::{Date, Text, Value};
use flowrun_project::Problem;
use flowrun_tables::{Changes, Keeper, Loaded, Row, Tables};

use super::lock::{Holder, Lock};
use super::state::{make, replace};
use super::table_files::{TableFiles, file, sealed};
use crate::perform::{Perform, Performing};

/// The kept tables that a process has, and nobody else until it ends. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct KeptTables {
    keeper: Keeper,
    locks: Arc<Mutex<BTreeMap<PathBuf, Lock>>>,
}

impl KeptTables {
    /// A run's tables, those named here as they are kept in `folder`; the process has them for itself from now on, and `holder` is who
    /// has made it so. Without one the run only looks, and what it does to them is not kept.
    pub fn open(
        &self,
        tables: Tables,
        (definitions, names): (&[program::Table], &[&str]),
        folder: &Path,
        holder: Option<&Holder>,
    ) -> Result<Tables, Problem> {
        let unusable = |error: io::Error| {
            Problem::new(format!("kept tables can't be stored in {}: {error}", folder.display()))
                .help("name another folder with --state")
        };
        make(folder).map_err(unusable)?;
        for (table, holder) in names.iter().filter_map(|table| Some((table, holder?))) {
            if let Err(other) = self.take(file(folder, table, "lock"), holder).map_err(unusable)? {
                let other = other.map(|other| format!(": {}", other.told())).unwrap_or_default();
                let message = format!(
                    "another run of this project over these connections uses the kept table `{table}`{other}"
                );
                return Err(Problem::new(message).help("wait for its end"));
            }
        }
        let names = names.iter().copied();
        let files = TableFiles::new(folder, definitions);
        let kept = self.keeper.of(&folder.to_string_lossy());
        let kept = match holder {
            Some(_) => tables.keeping(names, &kept, &files),
            None => tables.copying(names, &kept, &files),
        };
        kept.map_err(|fault| Problem {
            message: fault.message.to_string(),
            help: fault.help.as_ref().map(ToString::to_string),
        })
    }

    /// Takes a lock for the process, or tells who has it.
    fn take(&self, path: PathBuf, holder: &Holder) -> io::Result<Result<(), Option<Holder>>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if locks.contains_key(&path) {
            return Ok(Ok(()));
        }
        Ok(Lock::take(&path, holder)?.map(|lock| drop(locks.insert(path, lock))))
    }
}

/// Writes the kept tables of a run into their folder whenever a card has changed one, before anybody hears of it.
pub(crate) struct Keeps<P> {
    pub within: P,
    pub tables: Arc<Tables>,
    pub folder: Option<PathBuf>,
}

impl<P: Perform> Perform for Keeps<P> {
    fn perform(&self, effect: Effect) -> Performing {
        match &effect.act {
            Act::Card(performance) if self.tables.is_kept(performance) => {}
            _ => return self.within.perform(effect),
        }
        let _order = self.tables.kept_lock();
        let performing = self.within.perform(effect);
        match save(&self.tables, self.folder.as_deref()) {
            Ok(()) => performing,
            Err(fault) => Performing::Ended(Err(fault)),
        }
    }
}

/// Writes those kept tables into their folder that a run has changed.
pub(crate) fn save(tables: &Tables, folder: Option<&Path>) -> Result<(), Fault> {
    let Some(folder) = folder else { return Ok(()) };
    for Changes { table, .. } in tables.take_changes() {
        let Some(stored) = tables.stored(&table) else { continue };
        let path = file(folder, &table, "jsonl");
        replace(&path, &sealed(&lines(&table, &stored))).map_err(|error| {
            let message = format!("table \"{table}\" can't be kept: {}: {error}", path.display());
            Fault::new(FaultKind::Connection, message)
                .help("what the run sent before is not undone; the table is as the last change that was kept left it")
        })?;
    }
    Ok(())
}

/// A table as it is written down.
fn lines(name: &Text, table: &Loaded) -> String {
    let ids = [name.clone()].into_iter().chain(table.former());
    let ids = Value::from(ids.map(Value::from).collect::<Vec<_>>());
    let first = Value::object([("next", Value::from(table.next as f64)), ("ids", ids)]);
    let rows = table.rows.iter().map(line);
    [first].into_iter().chain(rows).map(|line| line.to_json() + "\n").collect()
}

fn line(row: &Row) -> Value {
    let columns = row.values().unwrap_or_default();
    let columns = Value::object(columns.iter().map(|(name, value)| (&**name, value.clone())));
    Value::object([
        ("number", Value::Number(row.number as f64)),
        ("created", Date::from_millis(row.created_ms).into()),
        ("updated", Date::from_millis(row.updated_ms).into()),
        ("columns", columns),
    ])
}
