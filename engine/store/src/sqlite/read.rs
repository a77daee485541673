//! What is asked of the file.

use std::sync::Arc;

use rusqlite::types::{Type, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params, params_from_iter};

use super::columns;
use super::trouble::damaged;
use crate::batch::{AuditLine, Entry, Row, TableId};
use crate::error::{Result, StoreError};
use crate::hash::FileHash;
use crate::run::{About, Filter, Fork, KeptTable, Run, State, Status, Tally};
use crate::sum;

/// The columns of a run in the order in which `run_of` takes them: those that its checksum is of, the checksum, and its last entry.
pub(super) const RUN: &str = "SELECT uid, scope, flow, title, root, program, started_us, dry_run, simulated, save_data, alone, parent, \
    forked_from, forked_at, owner, state, due_us, question, ended_us, error, summary, last, cut, cleared, sum, \
    max(last, coalesce((SELECT max(seq) FROM journal WHERE run = run.id), 0)), cause, who, id FROM run";

/// Where the checksum is.
const SUM: usize = 24;

/// Where the run's place in the file is.
const PLACE: usize = 28;

/// The columns that came later: they are behind it.
const LATER: [usize; 2] = [26, 27];

/// The checksum of a run's line, as it is in the file.
pub(super) fn sum_of_run(row: &SqlRow<'_>) -> rusqlite::Result<u32> {
    let mut parts = Vec::with_capacity(SUM + LATER.len());
    for column in (0..SUM).chain(LATER) {
        let value = row.get_ref(column)?;
        parts.push(match value {
            // So that the checksums of runs from before there were these columns stay right.
            ValueRef::Null if LATER.contains(&column) => Vec::new(),
            ValueRef::Null => vec![0],
            ValueRef::Integer(number) => [&[1][..], &number.to_le_bytes()].concat(),
            ValueRef::Real(number) => [&[2][..], &number.to_le_bytes()].concat(),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                [&[3][..], &(bytes.len() as u64).to_le_bytes(), bytes].concat()
            }
        });
    }
    Ok(sum::sum(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>()))
}

fn run_of(row: &SqlRow<'_>) -> rusqlite::Result<Run> {
    let broken =
        |what| rusqlite::Error::FromSqlConversionFailure(SUM, Type::Integer, From::<&str>::from(what));
    if sum_of_run(row)? != row.get::<_, u32>(SUM)? {
        return Err(broken("the line of a run is not as it was written"));
    }
    let forked: Option<String> = row.get(12)?;
    let state =
        Status::named(&row.get::<_, String>(15)?).ok_or_else(|| broken("a run is in no known state"))?;
    Ok(Run {
        about: About {
            id: Arc::from(row.get::<_, String>(0)?),
            scope: row.get(1)?,
            flow: row.get(2)?,
            title: row.get(3)?,
            root: row.get(4)?,
            program: row.get(5)?,
            started_us: row.get(6)?,
            dry_run: row.get(7)?,
            simulated: row.get(8)?,
            save_data: row.get(9)?,
            alone: row.get(10)?,
            parent: row.get::<_, Option<String>>(11)?.map(Arc::from),
            forked: match forked {
                Some(run) => Some(Fork { run: Arc::from(run), at: row.get::<_, i64>(13)? as u64 }),
                None => None,
            },
            owner: row.get(14)?,
            cause: row.get(26)?,
            who: row.get(27)?,
        },
        state: State::of(state, row.get(16)?, row.get(17)?),
        ended_us: row.get(18)?,
        error: row.get(19)?,
        summary: row.get(20)?,
        entries: row.get::<_, i64>(25)? as u64,
        cut: row.get::<_, i64>(22)? as u64,
        cleared: row.get(23)?,
    })
}

fn listed(connection: &Connection, rest: &str, values: Vec<Value>) -> Result<Vec<Run>> {
    let mut select = connection.prepare_cached(&format!("{RUN} {rest}"))?;
    let runs = select.query_map(params_from_iter(values), run_of)?.collect::<rusqlite::Result<Vec<Run>>>()?;
    Ok(runs)
}

/// The runs whose ids begin so lie between these two: no letter is greater than the last of the characters.
const LAST: char = char::MAX;

/// What the file remembers of itself.
pub(super) fn meta(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>> {
    let mut select = connection.prepare_cached("SELECT value FROM meta WHERE name = ?")?;
    Ok(select.query_row([name], |row| row.get(0)).optional()?)
}

pub(super) fn run(connection: &Connection, id: &str) -> Result<Run> {
    let exact = listed(connection, "WHERE uid = ?", vec![id.to_owned().into()])?;
    if let Some(run) = exact.into_iter().next() {
        return Ok(run);
    }
    let ends = vec![id.to_owned().into(), format!("{id}{LAST}").into()];
    let mut found = listed(connection, "WHERE uid >= ? AND uid < ? ORDER BY uid LIMIT 5", ends)?;
    match found.len() {
        1 if !id.is_empty() => Ok(found.remove(0)),
        0 | 1 => Err(StoreError::no_run(id)),
        _ => {
            let ids: Vec<String> = found.iter().map(|run| run.about.id.to_string()).collect();
            Err(StoreError::ambiguous(id, &ids))
        }
    }
}

pub(super) fn runs(connection: &Connection, filter: &Filter) -> Result<Vec<Run>> {
    if let (Some(limit), [_, _, ..]) = (filter.limit, &*filter.states) {
        // Each state by its index: of several at once no index has the newest first.
        let mut all = Vec::new();
        for state in &filter.states {
            let of_state = Filter { states: vec![*state], ..filter.clone() };
            all.extend(listed_by(connection, &of_state)?);
        }
        all.sort_by_key(|(row, run)| std::cmp::Reverse((run.about.started_us, *row)));
        all.truncate(limit);
        return Ok(all.into_iter().map(|(_, run)| run).collect());
    }
    Ok(listed_by(connection, filter)?.into_iter().map(|(_, run)| run).collect())
}

/// Runs, each with its place in the file.
fn listed_by(connection: &Connection, filter: &Filter) -> Result<Vec<(i64, Run)>> {
    let (condition, mut values) = condition(filter);
    values.push(Value::Integer(filter.limit.map_or(-1, |limit| limit as i64)));
    let rest = format!("WHERE {condition} ORDER BY started_us DESC, id DESC LIMIT ?");
    let mut select = connection.prepare_cached(&format!("{RUN} {rest}"))?;
    let runs = select.query_map(params_from_iter(values), |row| Ok((row.get(PLACE)?, run_of(row)?)))?;
    Ok(runs.collect::<rusqlite::Result<Vec<(i64, Run)>>>()?)
}

/// A filter as SQL.
pub(super) fn condition(filter: &Filter) -> (String, Vec<Value>) {
    let (mut parts, mut values) = (vec!["1".to_owned()], Vec::new());
    let mut add = |part: &str, value: Value| {
        parts.push(part.to_owned());
        values.push(value);
    };
    let same = [
        ("scope", &filter.scope),
        ("flow", &filter.flow),
        ("alone", &filter.alone),
        ("cause", &filter.cause),
    ];
    for (column, value) in same {
        if let Some(value) = value {
            add(&format!("{column} = ?"), value.clone().into());
        }
    }
    if let Some(parent) = &filter.parent {
        add("parent = ?", parent.to_string().into());
    }
    if let Some(before) = &filter.before {
        add("(started_us, id) < (SELECT started_us, id FROM run WHERE uid = ?)", before.to_string().into());
    }
    if let Some(since) = filter.since_us {
        add("started_us >= ?", since.into());
    }
    if let Some(until) = filter.until_us {
        add("started_us < ?", until.into());
    }
    if let Some(text) = &filter.text {
        // `lower` knows only ASCII, as the filter says.
        let all = "uid || char(10) || flow || char(10) || title || char(10) || coalesce(error, '') || char(10) || coalesce(question, '')";
        add(&format!("instr(lower({all}), ?) > 0"), text.to_ascii_lowercase().into());
    }
    if !filter.states.is_empty() {
        let names: Vec<String> = filter.states.iter().map(|status| format!("'{}'", status.name())).collect();
        parts.push(format!("state IN ({})", names.join(", ")));
    }
    (parts.join(" AND "), values)
}

pub(super) fn tally(
    connection: &Connection,
    since_us: i64,
    until_us: i64,
    step_us: i64,
    most: usize,
) -> Result<Tally> {
    let mut tally = Tally::default();
    // The index by state and beginning has all that is asked for.
    let mut select = connection.prepare_cached(
        "SELECT started_us FROM run WHERE state = ? AND started_us >= ? AND started_us < ? ORDER BY started_us DESC LIMIT ?",
    )?;
    for status in Status::ALL {
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let began = select.query_map(params![status.name(), since_us, until_us, limit], |row| row.get(0))?;
        tally.add(status, &began.collect::<rusqlite::Result<Vec<i64>>>()?, step_us, most);
    }
    Ok(tally)
}

pub(super) fn due(connection: &Connection, at_us: i64, limit: usize) -> Result<Vec<Run>> {
    let values = vec![at_us.into(), Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX))];
    listed(connection, "WHERE due_us IS NOT NULL AND due_us <= ? ORDER BY due_us, id LIMIT ?", values)
}

pub(super) fn next_due_us(connection: &Connection) -> Result<Option<i64>> {
    let mut select = connection.prepare_cached("SELECT min(due_us) FROM run WHERE due_us IS NOT NULL")?;
    Ok(select.query_row([], |row| row.get(0))?)
}

fn row_of(connection: &Connection, run: &str) -> Result<i64> {
    let mut select = connection.prepare_cached("SELECT id FROM run WHERE uid = ?")?;
    select.query_row([run], |row| row.get(0)).optional()?.ok_or_else(|| StoreError::no_run(run))
}

pub(super) fn value(connection: &Connection, run: &str, what: i64) -> Result<Option<(u64, Vec<u8>)>> {
    let row = row_of(connection, run)?;
    let found = connection
        .prepare_cached("SELECT seq, body, sum FROM run_value WHERE run = ? AND what = ?")?
        .query_row(params![row, what], |row| {
            Ok((row.get::<_, i64>(0)? as u64, row.get::<_, Vec<u8>>(1)?, row.get::<_, u32>(2)?))
        })
        .optional()?;
    match found {
        Some((seq, body, sum)) if sum::of_value(what, seq, &body) != sum => {
            Err(damaged(&format!("what is kept of run `{run}` is not as it was written")))
        }
        found => Ok(found.map(|(seq, body, _)| (seq, body))),
    }
}

pub(super) fn entries(connection: &Connection, run: &str, from: u64, limit: usize) -> Result<Vec<Entry>> {
    let (row, cut): (i64, u64) = connection
        .prepare_cached("SELECT id, cut FROM run WHERE uid = ?")?
        .query_row([run], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))
        .optional()?
        .ok_or_else(|| StoreError::no_run(run))?;
    let mut select = connection.prepare_cached(
        "SELECT seq, kind, at_us, body, sum FROM journal WHERE run = ? AND seq >= ? ORDER BY seq LIMIT ?",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = select.query(params![row, i64::try_from(from).unwrap_or(i64::MAX), limit])?;
    let (mut entries, mut next) = (Vec::new(), from.max(cut + 1));
    while let Some(row) = rows.next()? {
        let entry = Entry {
            seq: row.get::<_, i64>(0)? as u64,
            kind: row.get(1)?,
            at_us: row.get(2)?,
            body: row.get(3)?,
        };
        if entry.seq != next {
            return Err(damaged(&format!("entry {next} of run `{run}` is missing")));
        }
        if row.get::<_, u32>(4)? != sum::of_entry(&entry) {
            return Err(damaged(&format!(
                "entry {next} in the journal of run `{run}` is not as it was written"
            )));
        }
        next += 1;
        entries.push(entry);
    }
    Ok(entries)
}

pub(super) fn journal_bytes(connection: &Connection, run: &str) -> Result<u64> {
    let row = row_of(connection, run)?;
    let mut select =
        connection.prepare_cached("SELECT coalesce(sum(length(body)), 0) FROM journal WHERE run = ?")?;
    Ok(select.query_row([row], |row| row.get::<_, i64>(0))? as u64)
}

pub(super) fn program(connection: &Connection, hash: &str) -> Result<Option<Vec<u8>>> {
    let found = connection
        .prepare_cached("SELECT body, sum FROM program WHERE hash = ?")?
        .query_row([hash], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, u32>(1)?)))
        .optional()?;
    match found {
        Some((body, sum)) if sum::sum(&[hash.as_bytes(), &body]) != sum => {
            Err(damaged(&format!("program {hash} is not as it was written")))
        }
        found => Ok(found.map(|(body, _)| body)),
    }
}

pub(super) fn audit(connection: &Connection, run: Option<&str>) -> Result<Vec<AuditLine>> {
    let row = match run {
        None => 0,
        Some(id) => match row_of(connection, id) {
            Ok(row) => row,
            Err(error) => connection
                .prepare_cached("SELECT run FROM gone WHERE uid = ?")?
                .query_row([id], |row| row.get(0))
                .optional()?
                .ok_or(error)?,
        },
    };
    let mut select =
        connection.prepare_cached("SELECT number, text, sum FROM audit WHERE run = ? ORDER BY number")?;
    let (mut lines, mut found) = (Vec::new(), select.query([row])?);
    while let Some(row) = found.next()? {
        let line = AuditLine { number: row.get::<_, i64>(0)? as u64, text: row.get(1)? };
        if row.get::<_, u32>(2)? != sum::of_line(line.number, &line.text) {
            return Err(damaged(&format!(
                "line {} of an audit record is not as it was written",
                line.number
            )));
        }
        lines.push(line);
    }
    Ok(lines)
}

pub(super) fn table(connection: &Connection, id: &TableId) -> Result<Option<KeptTable>> {
    let found = connection
        .prepare_cached("SELECT id, next, note, sum FROM kept_table WHERE scope = ? AND name = ?")?
        .query_row(params![&*id.scope, &*id.name], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)? as u64,
                row.get::<_, Vec<u8>>(2)?,
                row.get::<_, u32>(3)?,
            ))
        })
        .optional()?;
    let Some((tab, next, note, sum)) = found else { return Ok(None) };
    if sum != sum::of_table(id, next, &note) {
        return Err(damaged(&format!("what is kept of table \"{}\" is not as it was written", id.name)));
    }
    let rows = rows_of(connection, tab, id, 0, usize::MAX)?;
    Ok(Some(KeptTable { next, note, rows }))
}

/// The rows of a table behind a number.
pub(super) fn rows(connection: &Connection, id: &TableId, after: u64, limit: usize) -> Result<Vec<Row>> {
    let tab = connection
        .prepare_cached("SELECT id FROM kept_table WHERE scope = ? AND name = ?")?
        .query_row(params![&*id.scope, &*id.name], |row| row.get::<_, i64>(0))
        .optional()?;
    tab.map_or(Ok(Vec::new()), |tab| rows_of(connection, tab, id, after, limit))
}

fn rows_of(connection: &Connection, tab: i64, id: &TableId, after: u64, limit: usize) -> Result<Vec<Row>> {
    let names = columns_of(connection, tab)?;
    let mut select = connection.prepare_cached(
        "SELECT number, created_ms, updated_ms, sum, body FROM kept_row WHERE tab = ? AND number > ? ORDER BY number LIMIT ?",
    )?;
    let (after, limit) = (i64::try_from(after).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
    let (mut rows, mut found) = (Vec::new(), select.query([tab, after, limit])?);
    while let Some(row) = found.next()? {
        rows.push(row_as_written(row, &names).ok_or_else(|| {
            let number = row.get::<_, i64>(0).unwrap_or_default();
            damaged(&format!("row {number} of table \"{}\" is not as it was written", id.name))
        })?);
    }
    Ok(rows)
}

pub(super) fn tables_named(connection: &Connection, name: &str) -> Result<Vec<TableId>> {
    let mut select =
        connection.prepare_cached("SELECT scope FROM kept_table WHERE name = ? ORDER BY scope")?;
    let scopes = select.query_map([name], |row| row.get::<_, String>(0))?;
    scopes.map(|scope| Ok(TableId { scope: scope?.into(), name: name.into() })).collect()
}

fn columns_of(connection: &Connection, tab: i64) -> Result<Vec<Arc<str>>> {
    let mut select =
        connection.prepare_cached("SELECT name FROM kept_column WHERE tab = ? ORDER BY number")?;
    let names = select.query_map([tab], |row| Ok(Arc::from(row.get::<_, String>(0)?)))?;
    Ok(names.collect::<rusqlite::Result<Vec<Arc<str>>>>()?)
}

fn row_as_written(row: &SqlRow<'_>, names: &[Arc<str>]) -> Option<Row> {
    let (number, created_ms, updated_ms) =
        (row.get::<_, i64>(0).ok()? as u64, row.get(1).ok()?, row.get(2).ok()?);
    let body = row.get_ref(4).ok()?.as_blob().ok()?;
    let columns = columns::read(body, names)?;
    let sum = sum::of_row(number, created_ms, updated_ms, body, columns.iter().map(|(name, _)| name));
    (sum == row.get::<_, u32>(3).ok()?).then_some(Row { number, created_ms, updated_ms, columns })
}

pub(super) fn tables(connection: &Connection) -> Result<Vec<(TableId, u64)>> {
    let mut select = connection.prepare_cached(
        "SELECT scope, name, (SELECT count(*) FROM kept_row WHERE tab = kept_table.id) FROM kept_table ORDER BY scope, name",
    )?;
    let tables = select.query_map([], |row| {
        let (scope, name) = (row.get::<_, String>(0)?, row.get::<_, String>(1)?);
        Ok((TableId { scope: scope.into(), name: name.into() }, row.get::<_, i64>(2)? as u64))
    })?;
    Ok(tables.collect::<rusqlite::Result<Vec<(TableId, u64)>>>()?)
}

pub(super) fn files(connection: &Connection, run: &str) -> Result<Vec<FileHash>> {
    let row = row_of(connection, run)?;
    let mut select = connection.prepare_cached(
        "SELECT file_use.hash, file.hash IS NOT NULL FROM file_use LEFT JOIN file ON file.hash = file_use.hash \
         WHERE run = ? ORDER BY file_use.hash",
    )?;
    let files = select.query_map([row], |row| Ok((FileHash(row.get(0)?), row.get(1)?)))?;
    let files = files.collect::<rusqlite::Result<Vec<(FileHash, bool)>>>()?;
    match files.iter().find(|(_, known)| !known) {
        Some((hash, _)) => Err(damaged(&format!("run `{run}` holds file {hash}, which is not stored"))),
        None => Ok(files.into_iter().map(|(hash, _)| hash).collect()),
    }
}
