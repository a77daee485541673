//! Notes in the file.

use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params, params_from_iter};

use super::desk::Desk;
use super::trouble::damaged;
use crate::error::Result;
use crate::note::{Note, NoteChange, Notes};
use crate::{refusal, sum};

const NOTE: &str = "SELECT space, key, at_us, due_us, body, sum FROM note";

impl Desk {
    /// Does what becomes of a note.
    pub(super) fn change_note(&self, change: &NoteChange) -> Result<()> {
        match change {
            NoteChange::Put(note) => self.write_note("INSERT OR REPLACE", note).map(drop),
            NoteChange::Add(note) => self.write_note("INSERT OR IGNORE", note).map(drop),
            NoteChange::New(note) => match self.write_note("INSERT OR IGNORE", note)? {
                0 => Err(refusal::note_exists(&note.space, &note.key)),
                _ => Ok(()),
            },
            NoteChange::Claim { space, key, body } => {
                let note = note(&self.connection, space, key)?.filter(|note| note.due_us.is_some());
                let note = note.ok_or_else(|| refusal::nothing_to_claim(space, key))?;
                self.write_note("INSERT OR REPLACE", &Note { due_us: None, body: body.clone(), ..note })
                    .map(drop)
            }
            NoteChange::Remove { space, key } => {
                self.connection
                    .prepare_cached("DELETE FROM note WHERE space = ? AND key = ?")?
                    .execute(params![&**space, &**key])?;
                Ok(())
            }
            NoteChange::Sweep { space, before_us } => {
                self.connection
                    .prepare_cached("DELETE FROM note WHERE space = ? AND due_us IS NULL AND at_us < ?")?
                    .execute(params![&**space, before_us])?;
                Ok(())
            }
        }
    }

    fn write_note(&self, how: &str, note: &Note) -> Result<usize> {
        let sql = format!("{how} INTO note (space, key, at_us, due_us, sum, body) VALUES (?, ?, ?, ?, ?, ?)");
        Ok(self.connection.prepare_cached(&sql)?.execute(params![
            &*note.space,
            &*note.key,
            note.at_us,
            note.due_us,
            sum::of_note(note),
            note.body
        ])?)
    }
}

fn note_of(row: &SqlRow<'_>) -> rusqlite::Result<(Note, u32)> {
    let note = Note {
        space: Arc::from(row.get::<_, String>(0)?),
        key: Arc::from(row.get::<_, String>(1)?),
        at_us: row.get(2)?,
        due_us: row.get(3)?,
        body: row.get(4)?,
    };
    Ok((note, row.get(5)?))
}

fn whole((note, sum): (Note, u32)) -> Result<Note> {
    if sum::of_note(&note) != sum {
        let message = format!("the note `{}` in `{}` is not as it was written", note.key, note.space);
        return Err(damaged(&message));
    }
    Ok(note)
}

pub(super) fn note(connection: &Connection, space: &str, key: &str) -> Result<Option<Note>> {
    let mut select = connection.prepare_cached(&format!("{NOTE} WHERE space = ? AND key = ?"))?;
    select.query_row([space, key], note_of).optional()?.map(whole).transpose()
}

pub(super) fn notes(connection: &Connection, asked: &Notes) -> Result<Vec<Note>> {
    let mut sql = format!("{NOTE} WHERE space = ?");
    let mut values: Vec<Value> = vec![asked.space.to_string().into()];
    if !asked.prefix.is_empty() {
        sql.push_str(" AND key >= ? AND key < ?");
        values.extend([asked.prefix.to_string().into(), format!("{}{}", asked.prefix, char::MAX).into()]);
    }
    if let Some(after) = &asked.after {
        sql.push_str(if asked.backwards { " AND key < ?" } else { " AND key > ?" });
        values.push(after.to_string().into());
    }
    if let Some(due_us) = asked.due_us {
        sql.push_str(" AND due_us IS NOT NULL AND due_us <= ? AND due_us > ? ORDER BY due_us, id");
        values.extend([due_us.into(), asked.since_us.into()]);
    } else {
        sql.push_str(if asked.backwards { " ORDER BY key DESC" } else { " ORDER BY key" });
    }
    sql.push_str(" LIMIT ?");
    values.push(i64::try_from(asked.limit).unwrap_or(i64::MAX).into());
    let mut select = connection.prepare_cached(&sql)?;
    let found = select.query_map(params_from_iter(values), note_of)?;
    found.map(|found| whole(found?)).collect()
}

pub(super) fn waiting(connection: &Connection, space: &str) -> Result<u64> {
    let sql = "SELECT count(*) FROM note WHERE space = ? AND due_us IS NOT NULL";
    Ok(connection.prepare_cached(sql)?.query_row([space], |row| row.get::<_, i64>(0))? as u64)
}

/// All notes there are.
pub(super) fn all(connection: &Connection) -> Result<Vec<Note>> {
    let mut select = connection.prepare(NOTE)?;
    let found = select.query_map([], note_of)?;
    found.map(|found| whole(found?)).collect()
}

/// How many notes there are, each read.
pub(super) fn read_all(connection: &Connection) -> Result<u64> {
    let mut select = connection.prepare(NOTE)?;
    let mut found = select.query_map([], note_of)?;
    found.try_fold(0, |count, found| whole(found?).map(|_| count + 1))
}
