//! Tables that outlive a run, as files of a folder: `counted.jsonl`, and `counted.lock` for the process that has the table.
//!
//! They are read as every flowrun before the store has written them. Writing them as a whole after each card that changes one bridges
//! the time until the store takes over.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flowrun_core::effect::{Act, Effect};
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::program;
use flowrun_core::value::{Date, Text, Value};
use flowrun_project::Problem;
use flowrun_tables::{Changes, Keeper, Loaded, Row, Rows, Tables};
use sha2::{Digest, Sha256};

use super::lock::{Holder, Lock};
use super::state::{hex, make, replace};
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
        let order = definitions.iter().map(|table| table.name.clone()).collect();
        let files = Files { folder: folder.to_owned(), order };
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

/// A folder of tables, each in a file of its own.
struct Files {
    folder: PathBuf,
    /// The project's tables in their order: IDs of rows once began with a table's place.
    order: Vec<Text>,
}

impl Rows for Files {
    fn load(&self, table: &str) -> Result<Option<Loaded>, String> {
        let path = file(&self.folder, table, "jsonl");
        let told = |why: &str| {
            format!(
                "{} is not as it was written: {why}restore it, or delete it to start over",
                path.display()
            )
        };
        let written = match fs::read_to_string(&path) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let text = unsealed(&written).ok_or_else(|| told(""))?;
        let place = self.order.iter().position(|name| **name == *table).map_or(0, |place| place + 1);
        Loaded::from_lines(text, table, place).map(Some).map_err(|why| told(&format!("{why}; ")))
    }
}

/// The file in `folder` for a table.
fn file(folder: &Path, table: &str, ending: &str) -> PathBuf {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    let name: String = table.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    // Tables whose names differ only in other letters keep apart.
    let mark = if name == table { String::new() } else { format!("-{}", &hex(&Sha256::digest(table))[..8]) };
    folder.join(format!("{name}{mark}.{ending}"))
}

/// What the first line of a sealed text begins with.
const SEAL: &str = "{\"sha256\":\"";

/// A text behind a line with its checksum, by which a part of it is told from all of it.
fn sealed(text: &str) -> String {
    format!("{SEAL}{}\"}}\n{text}", hex(&Sha256::digest(text)))
}

/// What was sealed, if it is as it was. Files of before have no seal.
fn unsealed(written: &str) -> Option<&str> {
    if !written.starts_with(SEAL) {
        return written.starts_with("{\"next\"").then_some(written);
    }
    let (_, text) = written.split_once('\n')?;
    (sealed(text) == written).then_some(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_table_is_not_taken_for_all_of_it() {
        let text = "{\"next\":2,\"ids\":[\"a\"]}\n{\"number\":1}\n{\"number\":2}\n";
        assert_eq!(unsealed(text), Some(text), "as it was written before");
        let written = sealed(text);
        assert_eq!(unsealed(&written), Some(text));
        for end in 0..written.len() {
            assert_eq!(unsealed(&written[..end]), None, "cut after {end} bytes");
        }
        for at in 0..written.len() {
            for bit in 0..7 {
                let mut bytes = written.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let changed = String::from_utf8(bytes).unwrap();
                assert_eq!(unsealed(&changed), None, "bit {bit} of byte {at}");
            }
        }
    }
}
