//! The form of the file, and how it came to be: forward only, in one transaction.

use rusqlite::Connection;

use super::trouble::told;
use crate::error::{Result, StoreError, Trouble};

/// What a flowrun store says it is, in the file's header: "flow".
pub(super) const APPLICATION: i64 = 0x666c_6f77;

/// The steps to the newest form; the first makes the file.
pub(super) const STEPS: &[&str] =
    &[include_str!("schema.sql"), include_str!("schema2.sql"), include_str!("schema3.sql")];

/// The form of a file; 0 as long as nothing is in it.
pub(super) fn form(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings a file to the newest form; before it changes one that has something in it, `backup` is called.
pub(super) fn migrate(
    connection: &Connection,
    steps: &[&str],
    backup: impl FnOnce(i64) -> Result<()>,
) -> Result<()> {
    let form = form(connection)?;
    let newest = steps.len() as i64;
    if form > newest {
        return Err(newer(form, newest));
    }
    if 0 < form && form < newest {
        backup(form)?;
    }
    if form == newest {
        return Ok(());
    }
    // All at once: what is cut off in the middle is in no form that nobody asked for.
    let steps = steps[form as usize..].join(";\n");
    let done = connection
        .execute_batch(&format!("BEGIN IMMEDIATE;\n{steps};\nPRAGMA user_version = {newest};\nCOMMIT;"));
    if let Err(error) = done {
        let _ = connection.execute_batch("ROLLBACK");
        return Err(told(error));
    }
    Ok(())
}

/// The file is of a flowrun after this one.
pub(super) fn newer(form: i64, newest: i64) -> StoreError {
    let message = format!(
        "the store was written by a newer flowrun: it has form {form}, and this one knows up to {newest}"
    );
    StoreError::new(Trouble::Newer, message)
        .help("use that flowrun, or restore a backup that this one made: it stands as store.form-N.db beside the store")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_taken_once_after_a_backup_and_all_or_none() {
        let connection = Connection::open_in_memory().unwrap();
        let one = "CREATE TABLE a (x)";
        let two = "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2)";
        let none = |_| panic!("there is nothing to be kept");
        migrate(&connection, &[one], none).unwrap();
        migrate(&connection, &[one], none).unwrap();
        assert_eq!(form(&connection).unwrap(), 1);
        let refused = migrate(&connection, &[one, two], |_| Err(StoreError::refused("no room for a backup")));
        assert_eq!(refused.unwrap_err().message, "no room for a backup");
        assert_eq!(form(&connection).unwrap(), 1, "nothing is changed without a backup");
        let (mut kept, broken) = (None, "INSERT INTO a VALUES (3, 4); INSERT INTO nowhere VALUES (1)");
        let failed = migrate(&connection, &[one, two, broken], |form| {
            kept = Some(form);
            Ok(())
        });
        assert_eq!((failed.is_err(), kept, form(&connection).unwrap()), (true, Some(1), 1));
        let rows: i64 = connection.query_row("SELECT count(*) FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "neither the step that failed nor the one before it left anything");
        migrate(&connection, &[one, two, "DROP TABLE a"], |_| Ok(())).unwrap();
        assert_eq!(form(&connection).unwrap(), 3);
        assert_eq!(migrate(&connection, &[one], none).unwrap_err().kind, Trouble::Newer);
    }
}
