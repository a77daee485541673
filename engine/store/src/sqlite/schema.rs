//! The form of the file, and how it came to be: forward only, one transaction a step.

use rusqlite::Connection;

use super::trouble::told;
use crate::error::{Result, StoreError, Trouble};

/// What a flowrun store says it is, in the file's header: "flow".
pub(super) const APPLICATION: i64 = 0x666c_6f77;

/// The steps to the newest form; the first makes the file.
pub(super) const STEPS: &[&str] = &[include_str!("schema.sql")];

/// Brings a file to the newest form; before it changes one that has something in it, `backup` is called.
pub(super) fn migrate(
    connection: &Connection,
    steps: &[&str],
    backup: impl FnOnce(i64) -> Result<()>,
) -> Result<()> {
    let form: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let newest = steps.len() as i64;
    if form > newest {
        return Err(newer(form, newest));
    }
    if 0 < form && form < newest {
        backup(form)?;
    }
    for (step, sql) in steps.iter().enumerate().skip(form as usize) {
        let done = connection.execute_batch(&format!(
            "BEGIN IMMEDIATE;\n{sql};\nPRAGMA user_version = {};\nCOMMIT;",
            step + 1
        ));
        if let Err(error) = done {
            let _ = connection.execute_batch("ROLLBACK");
            return Err(told(error));
        }
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
