//! What is looked at when somebody asks whether a store is well.

use std::path::Path;

use rusqlite::Connection;

use super::trouble::{damaged, told};
use super::{Sqlite, notes, read};
use crate::batch::RunId;
use crate::blobs::hash_of;
use crate::error::{Result, StoreError, Trouble};
use crate::hash::FileHash;
use crate::key::Key;
use crate::port::Store;
use crate::run::{Filter, Status};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// What was found, in words: well, or not.
    pub found: Result<String>,
}

/// So many of a thing, in words.
fn of(count: u64, one: &str) -> String {
    match (count, one.strip_suffix('y')) {
        (1, _) => format!("1 {one}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ => format!("{count} {one}s"),
    }
}

impl Sqlite {
    /// Looks at everything that is stored, to the last byte; it changes nothing. `variable` is the value of `FLOWRUN_STORE_KEY`.
    pub fn doctor(&self, variable: Option<&str>) -> Vec<Finding> {
        let looks: [(&'static str, &dyn Fn() -> Result<String>); 10] = [
            ("database", &|| self.read(version)),
            ("structure", &|| self.read(structure)),
            ("references", &|| self.read(references)),
            ("runs", &|| self.look_at_runs()),
            ("programs", &|| self.look_at_programs()),
            ("tables", &|| self.look_at_tables()),
            ("files", &|| self.look_at_files()),
            ("notes", &|| {
                self.read(notes::read_all)
                    .map(|count| format!("{}, each as it was written", of(count, "note")))
            }),
            ("key", &|| self.look_at_key(variable)),
            ("space", &|| self.read(|connection| space(connection, self.folder()))),
        ];
        looks.into_iter().map(|(what, look)| Finding { what, found: look() }).collect()
    }

    fn look_at_runs(&self) -> Result<String> {
        let (runs, mut entries) = (self.runs(&Filter::default())?, 0);
        let store: &dyn Store = self;
        for run in &runs {
            let id: &RunId = &run.about.id;
            store.start(id)?;
            store.report(id)?;
            store.checkpoint(id)?;
            store.audit(Some(id))?;
            let mut next = run.cut + 1;
            for entry in store.journal(id, 0) {
                entry?;
                (next, entries) = (next + 1, entries + 1);
            }
            if next != run.entries + 1 {
                return Err(damaged(&format!(
                    "the journal of run `{id}` ends before its entry {}",
                    run.entries
                )));
            }
        }
        store.audit(None)?;
        let in_state = |status: Status| runs.iter().filter(|run| run.state.status() == status).count();
        let counts = Status::ALL.map(|status| (in_state(status), status.name()));
        let counts =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}"));
        let counts = counts.collect::<Vec<_>>().join(", ");
        let counts = if counts.is_empty() { String::new() } else { format!(" ({counts})") };
        let runs = of(runs.len() as u64, "run");
        Ok(format!("{runs}{counts} with {}, each as it was written", of(entries, "journal entry")))
    }

    fn look_at_programs(&self) -> Result<String> {
        let hashes: Vec<String> = self.read(|connection| {
            let mut select = connection.prepare("SELECT hash FROM program")?;
            let hashes = select.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(hashes)
        })?;
        for hash in &hashes {
            self.program(hash)?;
        }
        Ok(format!("{}, each as it was written", of(hashes.len() as u64, "program")))
    }

    fn look_at_tables(&self) -> Result<String> {
        let (tables, mut rows) = (self.tables()?, 0);
        for (table, count) in &tables {
            rows += count;
            let kept = self.table(table)?;
            if kept.is_none_or(|kept| kept.rows.iter().any(|row| row.number >= kept.next)) {
                let message = format!("table \"{}\" would give a row's number a second time", table.name);
                return Err(damaged(&message));
            }
        }
        let tables = of(tables.len() as u64, "kept table");
        Ok(format!("{tables} with {}, each as it was written", of(rows, "row")))
    }

    fn look_at_files(&self) -> Result<String> {
        let named = self.read(named_files)?;
        for hash in &named {
            let path = self.blobs.path(hash);
            match hash_of(&path) {
                Ok(found) if found == *hash => {}
                Ok(_) => return Err(damaged(&format!("{} is not what it was", path.display()))),
                Err(error) => return Err(damaged(&format!("{}: {error}", path.display()))),
            }
        }
        let there =
            self.blobs.all().map_err(|error| StoreError::new(Trouble::Disk, format!("blobs: {error}")))?;
        let unnamed = there.iter().filter(|hash| !named.contains(hash)).count();
        let unnamed = match unnamed {
            0 => String::new(),
            unnamed => format!("; {unnamed} that no run holds go at the next start"),
        };
        Ok(format!("{}, each as it was written{unnamed}", of(named.len() as u64, "file")))
    }

    fn look_at_key(&self, variable: Option<&str>) -> Result<String> {
        if self.read(|connection| read::meta(connection, "key"))?.is_none() {
            return Ok("none yet: nothing was ever sealed".to_owned());
        }
        let key = Key::find(self.folder(), variable)?;
        if let Some(key) = key.filter(|key| self.knows(key)) {
            return Ok(format!("from {}, the one with which secrets were sealed", key.origin()));
        }
        Err(self
            .key(variable)
            .err()
            .unwrap_or_else(|| StoreError::new(Trouble::Key, "the key has just changed")))
    }
}

/// The files that runs hold.
pub(super) fn named_files(connection: &Connection) -> Result<Vec<FileHash>> {
    let mut select = connection.prepare("SELECT hash FROM file ORDER BY hash")?;
    let files = select.query_map([], |row| Ok(FileHash(row.get(0)?)))?;
    Ok(files.collect::<rusqlite::Result<Vec<FileHash>>>()?)
}

fn version(connection: &Connection) -> Result<String> {
    let form: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(format!("form {form}, by SQLite {}", rusqlite::version()))
}

/// What SQLite itself finds, at most a few faults of it.
pub(super) fn structure(connection: &Connection) -> Result<String> {
    let mut select = connection.prepare("PRAGMA integrity_check(5)")?;
    let found = select.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>();
    let found = found.map_err(told)?;
    if found == ["ok"] { Ok("whole".to_owned()) } else { Err(damaged(&found.join("; "))) }
}

pub(super) fn references(connection: &Connection) -> Result<String> {
    let mut select = connection.prepare("PRAGMA foreign_key_check")?;
    let mut found = select.query([])?;
    match found.next()? {
        None => Ok("all that is named is there".to_owned()),
        Some(row) => Err(damaged(&format!("a row of {} names what is not there", row.get::<_, String>(0)?))),
    }
}

fn space(connection: &Connection, folder: &Path) -> Result<String> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let (size, pages, free) = (pragma("page_size")?, pragma("page_count")?, pragma("freelist_count")?);
    let log =
        std::fs::metadata(super::open::log_of(&folder.join(super::open::FILE))).map_or(0, |data| data.len());
    let mib = |bytes: f64| format!("{:.1} MiB", bytes / f64::from(1 << 20));
    Ok(format!(
        "{} in the database, of which {} free; {} in its log",
        mib((size * pages) as f64),
        mib((size * free) as f64),
        mib(log as f64)
    ))
}
