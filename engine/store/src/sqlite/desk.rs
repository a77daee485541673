//! What the writer has before it: the connection, and what it remembers of the file.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use crate::batch::{RunId, TableId};
use crate::blobs::Blobs;
use crate::error::{Result, StoreError};
use crate::hash::FileHash;
use crate::sum;

/// `run_value.what`: how the run was started.
pub(super) const START: i64 = 1;
/// `run_value.what`: its report.
pub(super) const REPORT: i64 = 2;
/// `run_value.what`: its newest checkpoint.
pub(super) const CHECKPOINT: i64 = 3;

/// How many runs and tables are remembered.
const REMEMBERED: usize = 20_000;

/// The writer's desk.
pub(super) struct Desk {
    pub(super) connection: Connection,
    pub(super) blobs: Arc<Blobs>,
    runs: HashMap<RunId, KnownRun>,
    tables: HashMap<TableId, KnownTable>,
    /// Runs of which a batch was refused: they get no further.
    pub(super) stuck: HashMap<RunId, StoreError>,
    /// Files that the open commit names.
    pub(super) used: Vec<FileHash>,
    /// Files that nothing names any more after the open commit.
    pub(super) released: Vec<FileHash>,
    /// After the open commit nothing may be left in the log.
    pub(super) truncates: bool,
}

/// An open run, as the file has it.
#[derive(Clone, Copy)]
pub(super) struct KnownRun {
    pub(super) row: i64,
    /// The number of its last entry.
    pub(super) last: u64,
}

/// A kept table, as the file has it.
pub(super) struct KnownTable {
    pub(super) row: i64,
    pub(super) next: u64,
    pub(super) note: Vec<u8>,
    columns: HashMap<Arc<str>, u64>,
}

impl Desk {
    pub(super) fn new(connection: Connection, blobs: Arc<Blobs>) -> Desk {
        // Every statement of the program has its place.
        connection.set_prepared_statement_cache_capacity(96);
        Desk {
            connection,
            blobs,
            runs: HashMap::new(),
            tables: HashMap::new(),
            stuck: HashMap::new(),
            used: Vec::new(),
            released: Vec::new(),
            truncates: false,
        }
    }

    /// An open run by its id.
    pub(super) fn known_run(&mut self, id: &str) -> Result<Option<KnownRun>> {
        if let Some(known) = self.runs.get(id) {
            return Ok(Some(*known));
        }
        let found = self
            .connection
            .prepare_cached(
                "SELECT id, max(last, coalesce((SELECT max(seq) FROM journal WHERE run = run.id), 0)) FROM run WHERE uid = ?",
            )?
            .query_row([id], |row| Ok(KnownRun { row: row.get(0)?, last: row.get::<_, i64>(1)? as u64 }))
            .optional()?;
        if let Some(known) = found {
            self.remember(id.into(), known);
        }
        Ok(found)
    }

    /// Remembers how a run stands.
    pub(super) fn remember(&mut self, id: RunId, known: KnownRun) {
        if self.runs.len() >= REMEMBERED {
            self.runs.clear();
        }
        self.runs.insert(id, known);
    }

    /// Looks again, the next time, what the file has of a run.
    pub(super) fn look_again(&mut self, run: &str) {
        self.runs.remove(run);
    }

    /// Looks again at a table.
    pub(super) fn look_again_at_table(&mut self, table: &TableId) {
        self.tables.remove(table);
    }

    /// A kept table, made if there is none; with its connection, which the borrow would lock up.
    pub(super) fn known_table(&mut self, id: &TableId) -> Result<(&Connection, &mut KnownTable)> {
        if !self.tables.contains_key(id) {
            if self.tables.len() >= REMEMBERED {
                self.tables.clear();
            }
            let known = look_up(&self.connection, id)?;
            self.tables.insert(id.clone(), known);
        }
        let known = self.tables.get_mut(id).ok_or_else(|| StoreError::refused("the table got lost"))?;
        Ok((&self.connection, known))
    }
}

fn look_up(connection: &Connection, id: &TableId) -> Result<KnownTable> {
    let found = connection
        .prepare_cached("SELECT id, next, note FROM kept_table WHERE scope = ? AND name = ?")?
        .query_row(params![&*id.scope, &*id.name], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((row, next, note)) = found else {
        connection
            .prepare_cached("INSERT INTO kept_table (scope, name, next, note, sum) VALUES (?, ?, 1, x'', ?)")?
            .execute(params![&*id.scope, &*id.name, sum::of_table(id, 1, b"")])?;
        let row = connection.last_insert_rowid();
        return Ok(KnownTable { row, next: 1, note: Vec::new(), columns: HashMap::new() });
    };
    let columns = connection
        .prepare_cached("SELECT name, number FROM kept_column WHERE tab = ?")?
        .query_map([row], |row| Ok((Arc::from(row.get::<_, String>(0)?), row.get::<_, i64>(1)? as u64)))?
        .collect::<rusqlite::Result<HashMap<Arc<str>, u64>>>()?;
    Ok(KnownTable { row, next: next as u64, note, columns })
}

impl KnownTable {
    /// The number of a column in the file; a new one gets the next.
    pub(super) fn column(&mut self, connection: &Connection, name: &Arc<str>) -> Result<u64> {
        if let Some(number) = self.columns.get(name) {
            return Ok(*number);
        }
        let number = self.columns.len() as u64;
        connection
            .prepare_cached("INSERT INTO kept_column (tab, number, name) VALUES (?, ?, ?)")?
            .execute(params![self.row, number as i64, &**name])?;
        self.columns.insert(name.clone(), number);
        Ok(number)
    }
}
