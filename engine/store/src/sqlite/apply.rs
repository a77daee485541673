//! A batch becomes rows.

use rusqlite::{OptionalExtension, params};

use super::desk::{CHECKPOINT, Desk, KnownRun, REPORT, START};
use super::{columns, read};
use crate::batch::{
    AuditLine, Batch, Entry, Moved, NewRun, Row, RowChange, RunId, StoredProgram, TableChange,
};
use crate::error::Result;
use crate::hash::FileHash;
use crate::run::State;
use crate::{refusal, sum};

impl Desk {
    /// Writes a batch; an error leaves it to the caller to take back what was written of it.
    pub(super) fn apply(&mut self, batch: &Batch) -> Result<()> {
        for program in &batch.programs {
            self.put_program(program)?;
        }
        if let Some(start) = &batch.start {
            self.begin(start)?;
        }
        let run = self.run_of(batch)?;
        if let Some((id, known)) = run {
            self.add_entries(id, known, &batch.entries)?;
        }
        for change in &batch.tables {
            self.change_table(change)?;
        }
        self.add_audit(run.map_or(0, |(_, known)| known.row), &batch.audit)?;
        batch.notes.iter().try_for_each(|change| self.change_note(change))?;
        let Some((id, known)) = run else { return Ok(()) };
        for hash in &batch.files {
            self.use_file(known, hash)?;
        }
        if let Some(checkpoint) = &batch.checkpoint {
            self.must_have(id, checkpoint.seq)?;
            self.put_value(known.row, CHECKPOINT, checkpoint.seq, &checkpoint.body)?;
        }
        if let Some(cut) = batch.cut {
            self.must_have(id, cut)?;
            self.cut(known, cut)?;
        }
        match &batch.moved {
            Some(moved) => self.move_on(id, known, moved),
            None => Ok(()),
        }
    }

    /// The run of a batch, which must be there if anything in the batch belongs to one.
    fn run_of<'b>(&mut self, batch: &'b Batch) -> Result<Option<(&'b RunId, KnownRun)>> {
        let Some(id) = &batch.run else {
            return if batch.is_nobodys() { Ok(None) } else { Err(refusal::nobodys()) };
        };
        let known = self.known_run(id)?.ok_or_else(|| refusal::no_such_run(id))?;
        Ok(Some((id, known)))
    }

    fn put_program(&mut self, program: &StoredProgram) -> Result<()> {
        let sum = sum::sum(&[program.hash.as_bytes(), &program.body]);
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO program (hash, body, sum) VALUES (?, ?, ?)")?
            .execute(params![program.hash, program.body, sum])?;
        Ok(())
    }

    fn has_program(&self, hash: &str) -> Result<()> {
        let there = self
            .connection
            .prepare_cached("SELECT 1 FROM program WHERE hash = ?")?
            .query_row([hash], |_| Ok(()))
            .optional()?;
        there.ok_or_else(|| refusal::no_program(hash))
    }

    fn begin(&mut self, run: &NewRun) -> Result<()> {
        let about = &run.about;
        let gone =
            self.connection.prepare_cached("SELECT 1 FROM gone WHERE uid = ?")?.exists([&*about.id])?;
        if gone || self.known_run(&about.id)?.is_some() {
            return Err(refusal::run_exists(&about.id));
        }
        self.has_program(&about.program)?;
        self.connection
            .prepare_cached(
                "INSERT INTO run (uid, scope, flow, title, root, program, started_us, dry_run, simulated, save_data, alone, parent, \
                 forked_from, forked_at, owner, cause, who, state, summary) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', x'')",
            )?
            .execute(params![
                &*about.id,
                about.scope,
                about.flow,
                about.title,
                about.root,
                about.program,
                about.started_us,
                about.dry_run,
                about.simulated,
                about.save_data,
                about.alone,
                about.parent.as_deref(),
                about.forked.as_ref().map(|fork| &*fork.run),
                about.forked.as_ref().map(|fork| fork.at as i64),
                about.owner,
                about.cause,
                about.who,
            ])?;
        let row = self.connection.last_insert_rowid();
        self.sum_up(row)?;
        self.put_value(row, START, 0, &run.start)?;
        self.remember(about.id.clone(), KnownRun { row, last: 0 });
        Ok(())
    }

    fn put_value(&self, run: i64, what: i64, seq: u64, body: &[u8]) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO run_value (run, what, seq, body, sum) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![run, what, seq as i64, body, sum::of_value(what, seq, body)])?;
        Ok(())
    }

    fn add_entries(&mut self, id: &RunId, known: KnownRun, entries: &[Entry]) -> Result<()> {
        let Some(end) = entries.last() else { return Ok(()) };
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO journal (run, seq, kind, at_us, sum, body) VALUES (?, ?, ?, ?, ?, ?)",
        )?;
        for (expected, entry) in (known.last + 1..).zip(entries) {
            if entry.seq != expected {
                return Err(refusal::gap(id, expected, entry.seq));
            }
            let sum = sum::of_entry(entry);
            insert.execute(params![known.row, entry.seq as i64, entry.kind, entry.at_us, sum, entry.body])?;
        }
        drop(insert);
        self.remember(id.clone(), KnownRun { last: end.seq, ..known });
        Ok(())
    }

    /// The journal has had an entry.
    fn must_have(&mut self, id: &RunId, seq: u64) -> Result<()> {
        match self.known_run(id)? {
            Some(known) if seq <= known.last => Ok(()),
            known => Err(refusal::beyond(id, known.map_or(0, |known| known.last), seq)),
        }
    }

    fn cut(&self, known: KnownRun, up_to: u64) -> Result<()> {
        self.connection
            .prepare_cached("DELETE FROM journal WHERE run = ? AND seq <= ?")?
            .execute(params![known.row, up_to as i64])?;
        self.connection
            .prepare_cached("UPDATE run SET cut = max(cut, ?1), last = max(last, ?1) WHERE id = ?2")?
            .execute(params![up_to as i64, known.row])?;
        self.sum_up(known.row)
    }

    fn change_table(&mut self, change: &TableChange) -> Result<()> {
        let (connection, known) = self.known_table(&change.table)?;
        for row in &change.rows {
            match row {
                RowChange::Put(row) => {
                    if row.number >= change.next {
                        return Err(refusal::row_order(&change.table.name, row.number, change.next));
                    }
                    put_row(connection, known, row)?;
                }
                RowChange::Delete(number) => {
                    connection
                        .prepare_cached("DELETE FROM kept_row WHERE tab = ? AND number = ?")?
                        .execute(params![known.row, *number as i64])?;
                }
                RowChange::Clear => {
                    connection.prepare_cached("DELETE FROM kept_row WHERE tab = ?")?.execute([known.row])?;
                }
            }
        }
        if change.next != known.next || change.note.is_some() {
            known.next = change.next;
            if let Some(note) = &change.note {
                known.note.clone_from(note);
            }
            connection
                .prepare_cached("UPDATE kept_table SET next = ?, note = ?, sum = ? WHERE id = ?")?
                .execute(params![
                    known.next as i64,
                    known.note,
                    sum::of_table(&change.table, known.next, &known.note),
                    known.row
                ])?;
        }
        Ok(())
    }

    fn add_audit(&self, run: i64, lines: &[AuditLine]) -> Result<()> {
        for line in lines {
            self.connection
                .prepare_cached("INSERT INTO audit (run, number, text, sum) VALUES (?, ?, ?, ?)")?
                .execute(params![
                    run,
                    line.number as i64,
                    line.text,
                    sum::of_line(line.number, &line.text)
                ])?;
        }
        Ok(())
    }

    fn use_file(&mut self, known: KnownRun, hash: &FileHash) -> Result<()> {
        let size = self.blobs.size(hash).ok_or_else(|| refusal::no_file(hash))?;
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO file (hash, size) VALUES (?, ?)")?
            .execute(params![hash.0, size as i64])?;
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO file_use (run, hash) VALUES (?, ?)")?
            .execute(params![known.row, hash.0])?;
        self.used.push(*hash);
        Ok(())
    }

    fn move_on(&mut self, id: &RunId, known: KnownRun, moved: &Moved) -> Result<()> {
        if let Some(program) = &moved.program {
            self.has_program(program)?;
        }
        let status = moved.state.status();
        self.connection
            .prepare_cached(
                "UPDATE run SET state = ?, due_us = ?, question = ?, ended_us = ?, error = ?, summary = coalesce(?, summary), \
                 program = coalesce(?, program), owner = coalesce(?, owner) WHERE id = ?",
            )?
            .execute(params![
                status.name(),
                moved.state.due_us(),
                moved.state.question(),
                (!status.is_open()).then_some(moved.at_us),
                moved.error,
                moved.summary,
                moved.program,
                moved.owner,
                known.row,
            ])?;
        self.sum_up(known.row)?;
        if let Some(report) = &moved.report {
            self.put_value(known.row, REPORT, 0, report)?;
        }
        if matches!(moved.state, State::Done | State::Cancelled) && !self.saves_data(known)? {
            self.clear_values(known.row)?;
        }
        if moved.state != State::Running {
            self.look_again(id);
        }
        Ok(())
    }

    /// Writes the checksum of a run's line anew, after any change of it.
    pub(super) fn sum_up(&self, row: i64) -> Result<()> {
        let sum = self
            .connection
            .prepare_cached(&format!("{} WHERE id = ?", read::RUN))?
            .query_row([row], read::sum_of_run)?;
        self.connection
            .prepare_cached("UPDATE run SET sum = ? WHERE id = ?")?
            .execute([i64::from(sum), row])?;
        Ok(())
    }

    fn saves_data(&self, known: KnownRun) -> Result<bool> {
        let mut select = self.connection.prepare_cached("SELECT save_data FROM run WHERE id = ?")?;
        Ok(select.query_row([known.row], |row| row.get(0))?)
    }
}

fn put_row(connection: &rusqlite::Connection, known: &mut super::desk::KnownTable, row: &Row) -> Result<()> {
    let mut body = Vec::with_capacity(row.columns.iter().map(|(_, value)| value.len() + 4).sum());
    for (name, value) in &row.columns {
        columns::put(known.column(connection, name)?, value, &mut body);
    }
    let sum = sum::of_row(
        row.number,
        row.created_ms,
        row.updated_ms,
        &body,
        row.columns.iter().map(|(name, _)| name),
    );
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO kept_row (tab, number, created_ms, updated_ms, sum, body) VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![known.row, row.number as i64, row.created_ms, row.updated_ms, sum, body])?;
    Ok(())
}
