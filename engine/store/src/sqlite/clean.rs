//! What is taken away again, in steps that let batches through between them.

use aho_corasick::AhoCorasick;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params, params_from_iter};

use super::Sqlite;
use super::desk::Desk;
use super::trouble::told;
use super::{doctor, read};
use crate::batch::{RunId, TableId};
use crate::error::{Result, StoreError, Trouble};
use crate::hash::FileHash;
use crate::note::{Note, NoteChange};
use crate::run::{Filter, Forgotten, Keep, Purged, Status};
use crate::{refusal, sum};

/// How many runs a step takes.
const STEP: usize = 100;

/// How many free pages a step gives back to the disk.
const PAGES: usize = 500;

impl Desk {
    /// Takes away the values of a run: its journal, how it was started, its report, its checkpoint, its files.
    pub(super) fn clear_values(&mut self, row: i64) -> Result<()> {
        let connection = &self.connection;
        let last = "max(last, coalesce((SELECT max(seq) FROM journal WHERE run = run.id), 0))";
        connection
            .prepare_cached(&format!("UPDATE run SET last = {last}, cut = {last}, cleared = 1 WHERE id = ?"))?
            .execute([row])?;
        self.sum_up(row)?;
        connection.prepare_cached("DELETE FROM journal WHERE run = ?")?.execute([row])?;
        connection.prepare_cached("DELETE FROM run_value WHERE run = ?")?.execute([row])?;
        self.release_files(row)
    }

    fn release_files(&mut self, row: i64) -> Result<()> {
        let held: Vec<FileHash> = self
            .connection
            .prepare_cached("DELETE FROM file_use WHERE run = ? RETURNING hash")?
            .query_map([row], |row| Ok(FileHash(row.get(0)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for hash in held {
            let gone = self
                .connection
                .prepare_cached("DELETE FROM file WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM file_use WHERE hash = ?1)")?
                .execute([hash.0])?;
            if gone > 0 {
                self.released.push(hash);
            }
        }
        Ok(())
    }

    /// Removes a run but for its audit record.
    fn delete(&mut self, row: i64) -> Result<()> {
        self.clear_values(row)?;
        self.connection
            .prepare_cached(
                "INSERT INTO gone (run, uid) SELECT id, uid FROM run WHERE id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE run = ?1)",
            )?
            .execute([row])?;
        let (uid, program): (String, String) = self
            .connection
            .prepare_cached("DELETE FROM run WHERE id = ? RETURNING uid, program")?
            .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))?;
        self.connection
            .prepare_cached(
                "DELETE FROM program WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM run WHERE program = ?1)",
            )?
            .execute([program])?;
        self.look_again(&uid);
        self.stuck.remove(uid.as_str());
        Ok(())
    }

    /// Gives free pages back to the disk.
    fn shrink(&self) -> Result<()> {
        Ok(self.connection.execute_batch(&format!("PRAGMA incremental_vacuum({PAGES})"))?)
    }

    fn rows(&self, sql: &str, values: Vec<Value>) -> Result<Vec<i64>> {
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map(params_from_iter(values), |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<Vec<i64>>>()?)
    }
}

pub(super) fn delete_one(desk: &mut Desk, id: &str) -> Result<()> {
    let found = desk
        .connection
        .prepare_cached("SELECT id, state FROM run WHERE uid = ?")?
        .query_row([id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    let (row, state) = found.ok_or_else(|| StoreError::no_run(id))?;
    if Status::named(&state).is_none_or(Status::is_open) {
        return Err(refusal::open(id, &state));
    }
    desk.delete(row)
}

/// Repeats a step until it finds nothing more; each is a commit of its own.
fn in_steps(store: &Sqlite, step: impl Fn(&mut Desk) -> Result<u64> + Clone + Send + 'static) -> Result<u64> {
    let mut all = 0;
    loop {
        let step = step.clone();
        let done = store.call(move |desk| {
            let done = step(desk)?;
            desk.shrink()?;
            Ok(done)
        })?;
        if done == 0 {
            return Ok(all);
        }
        all += done;
    }
}

pub(super) fn clear(store: &Sqlite, filter: &Filter) -> Result<u64> {
    let (condition, values) = read::condition(filter);
    let order = "ORDER BY started_us DESC, id DESC LIMIT";
    let limit = filter.limit.map_or(-1, |limit| limit as i64);
    let sql = format!(
        "SELECT id FROM (SELECT id, cleared FROM run WHERE {condition} AND ended_us IS NOT NULL {order} {limit}) WHERE cleared = 0 LIMIT {STEP}"
    );
    in_steps(store, move |desk| clear_found(desk, &sql, values.clone()))
}

fn clear_found(desk: &mut Desk, sql: &str, values: Vec<Value>) -> Result<u64> {
    let rows = desk.rows(sql, values)?;
    for row in &rows {
        desk.clear_values(*row)?;
    }
    Ok(rows.len() as u64)
}

const DAY_US: i64 = 86_400_000_000;

pub(super) fn purge(store: &Sqlite, now_us: i64, keep: &Keep) -> Result<Purged> {
    let before = |days: u32| now_us - i64::from(days) * DAY_US;
    let files = store.read(|connection| {
        Ok(connection.query_row("SELECT count(*) FROM file", [], |row| row.get::<_, i64>(0))?)
    })?;
    let mut purged = Purged::default();
    if let Some(days) = keep.data_days {
        let sql = format!(
            "SELECT id FROM run WHERE ended_us < ? AND state = 'failed' AND save_data = 0 AND cleared = 0 LIMIT {STEP}"
        );
        let at = before(days);
        purged.cleared = in_steps(store, move |desk| clear_found(desk, &sql, vec![at.into()]))?;
    }
    for (failed, days) in [(false, keep.days), (true, keep.failed_days.or(keep.days))] {
        let Some(days) = days else { continue };
        let sql = format!("SELECT id FROM run WHERE ended_us < ? AND (state = 'failed') = ? LIMIT {STEP}");
        let at = before(days);
        purged.runs += in_steps(store, move |desk| delete_found(desk, &sql, vec![at.into(), failed.into()]))?;
    }
    if let Some(most) = keep.runs {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        // The oldest of those beyond the newest, the very oldest first, in so many as a step takes.
        let sql = format!(
            "SELECT id FROM run WHERE ended_us IS NOT NULL ORDER BY ended_us, id \
             LIMIT min({STEP}, max(0, (SELECT count(*) FROM run WHERE ended_us IS NOT NULL) - ?))"
        );
        purged.runs += in_steps(store, move |desk| delete_found(desk, &sql, vec![most.into()]))?;
    }
    let left = store.read(|connection| {
        Ok(connection.query_row("SELECT count(*) FROM file", [], |row| row.get::<_, i64>(0))?)
    })?;
    purged.files = u64::try_from(files - left).unwrap_or(0);
    Ok(purged)
}

fn delete_found(desk: &mut Desk, sql: &str, values: Vec<Value>) -> Result<u64> {
    let rows = desk.rows(sql, values)?;
    for row in &rows {
        desk.delete(*row)?;
    }
    Ok(rows.len() as u64)
}

/// In one step: what comes meanwhile waits, so that nothing of the person is missed.
pub(super) fn forget(store: &Sqlite, person: &str, look: bool) -> Result<Forgotten> {
    let person = Person::new(person)?;
    store.call(move |desk| {
        // What was there must not stay legible in free pages.
        let how = if look { "FAST" } else { "ON" };
        desk.connection.execute_batch(&format!("PRAGMA secure_delete = {how}"))?;
        let found = person.forget(desk, look);
        desk.connection.execute_batch("PRAGMA secure_delete = FAST")?;
        if !look {
            // Nor in pages that were free before, nor in the log.
            desk.connection.execute_batch("PRAGMA incremental_vacuum")?;
            desk.truncates = true;
        }
        found
    })
}

/// What a person is found by.
struct Person(AhoCorasick);

impl Person {
    fn new(text: &str) -> Result<Person> {
        if text.len() < refusal::PERSON {
            return Err(refusal::too_short(text));
        }
        let finder = AhoCorasick::builder().ascii_case_insensitive(true).build([text]);
        let finder = finder.map_err(|error| StoreError::refused(error.to_string()))?;
        Ok(Person(finder))
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        self.0.is_match(bytes)
    }

    fn is_in_file(&self, file: &std::fs::File) -> Result<bool> {
        match self.0.stream_find_iter(file).next() {
            None => Ok(false),
            Some(Ok(_)) => Ok(true),
            Some(Err(error)) => {
                Err(StoreError::new(Trouble::Disk, format!("a stored file can't be read: {error}")))
            }
        }
    }

    fn forget(&self, desk: &mut Desk, look: bool) -> Result<Forgotten> {
        let mut forgotten = Forgotten::default();
        for (row, uid, open) in self.runs(desk)? {
            if open {
                forgotten.open.push(uid);
                continue;
            }
            forgotten.cleared.push(uid);
            if !look {
                desk.clear_values(row)?;
            }
        }
        if !look {
            self.forget_errors(desk)?;
        }
        self.forget_rows(desk, look, &mut forgotten)?;
        forgotten.audit = self.forget_audit(desk, look)?;
        self.forget_notes(desk, look, &mut forgotten)?;
        Ok(forgotten)
    }

    /// The runs that mention the person, and whether they are open.
    fn runs(&self, desk: &Desk) -> Result<Vec<(i64, RunId, bool)>> {
        let connection = &desk.connection;
        let mut rows = std::collections::BTreeSet::new();
        for sql in ["SELECT run, body FROM journal", "SELECT run, body FROM run_value"] {
            let mut select = connection.prepare(sql)?;
            let mut found = select.query([])?;
            while let Some(row) = found.next()? {
                if self.is_in(row.get_ref(1)?.as_blob().map_err(|error| told(error.into()))?) {
                    rows.insert(row.get::<_, i64>(0)?);
                }
            }
        }
        for hash in doctor::named_files(connection)? {
            if self.is_in_file(&desk.blobs.open(&hash)?)? {
                let mut select = connection.prepare_cached("SELECT run FROM file_use WHERE hash = ?")?;
                let holders = select.query_map([hash.0], |row| row.get::<_, i64>(0))?;
                rows.extend(holders.collect::<rusqlite::Result<Vec<i64>>>()?);
            }
        }
        let mut select = connection.prepare("SELECT uid, ended_us IS NULL FROM run WHERE id = ?")?;
        let named = rows.into_iter().map(|run| {
            select.query_row([run], |row| Ok((run, RunId::from(row.get::<_, String>(0)?), row.get(1)?)))
        });
        Ok(named.collect::<rusqlite::Result<Vec<_>>>()?)
    }

    /// Words about runs stay, but for the name.
    fn forget_errors(&self, desk: &Desk) -> Result<()> {
        let mut select = desk
            .connection
            .prepare("SELECT id, error, question, summary FROM run WHERE ended_us IS NOT NULL")?;
        let mut update =
            desk.connection.prepare("UPDATE run SET error = ?, question = ?, summary = ? WHERE id = ?")?;
        let mut found = select.query([])?;
        let mut changes = Vec::new();
        while let Some(row) = found.next()? {
            let (error, question): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
            let summary: Vec<u8> = row.get(3)?;
            let told = [&error, &question].into_iter().flatten().any(|text| self.is_in(text.as_bytes()));
            if told || self.is_in(&summary) {
                let summary = if self.is_in(&summary) { Vec::new() } else { summary };
                let black = |text: Option<String>| text.map(|text| self.blacked_out(&text));
                changes.push((black(error), black(question), summary, row.get::<_, i64>(0)?));
            }
        }
        for change in changes {
            update.execute(params![change.0, change.1, change.2, change.3])?;
            desk.sum_up(change.3)?;
        }
        Ok(())
    }

    fn forget_rows(&self, desk: &mut Desk, look: bool, forgotten: &mut Forgotten) -> Result<()> {
        let connection = &desk.connection;
        let mut select = connection.prepare(
            "SELECT tab, number, body, scope, name FROM kept_row JOIN kept_table ON kept_table.id = tab ORDER BY tab, number",
        )?;
        let (mut found, mut rows) = (select.query([])?, Vec::new());
        while let Some(row) = found.next()? {
            if self.is_in(row.get_ref(2)?.as_blob().map_err(|error| told(error.into()))?) {
                let (scope, name) = (row.get::<_, String>(3)?, row.get::<_, String>(4)?);
                let number = row.get::<_, i64>(1)?;
                forgotten.rows.push((TableId { scope: scope.into(), name: name.into() }, number as u64));
                rows.push((row.get::<_, i64>(0)?, number));
            }
        }
        if !look {
            let mut delete = connection.prepare("DELETE FROM kept_row WHERE tab = ? AND number = ?")?;
            for (tab, number) in rows {
                delete.execute([tab, number])?;
            }
        }
        Ok(())
    }

    fn forget_audit(&self, desk: &Desk, look: bool) -> Result<u64> {
        let connection = &desk.connection;
        let mut select = connection.prepare("SELECT run, number, text FROM audit")?;
        let (mut found, mut lines) = (select.query([])?, Vec::new());
        while let Some(row) = found.next()? {
            let text: String = row.get(2)?;
            if self.is_in(text.as_bytes()) {
                lines.push((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, self.blacked_out(&text)));
            }
        }
        let mut update =
            connection.prepare("UPDATE audit SET text = ?, sum = ? WHERE run = ? AND number = ?")?;
        for (run, number, text) in lines.iter().filter(|_| !look) {
            update.execute(params![text, sum::of_line(*number as u64, text), run, number])?;
        }
        Ok(lines.len() as u64)
    }

    /// Notes about which nothing is to be done any more lose what they say.
    fn forget_notes(&self, desk: &Desk, look: bool, forgotten: &mut Forgotten) -> Result<()> {
        let mut changes = Vec::new();
        for note in super::notes::all(&desk.connection)? {
            if !self.is_in(&note.body) && !self.is_in(note.key.as_bytes()) {
                continue;
            }
            if note.due_us.is_some() {
                forgotten.waiting += 1;
                continue;
            }
            forgotten.notes += 1;
            changes.push(match self.is_in(note.key.as_bytes()) {
                true => NoteChange::Remove { space: note.space, key: note.key },
                false => NoteChange::Put(Note { body: Vec::new(), ..note }),
            });
        }
        changes.iter().filter(|_| !look).try_for_each(|change| desk.change_note(change))
    }

    /// The text with the person's name struck out wherever it stands.
    fn blacked_out(&self, text: &str) -> String {
        self.0.replace_all(text, &["(forgotten)"])
    }
}
