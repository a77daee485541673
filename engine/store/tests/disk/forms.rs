//! Files of other flowruns: older ones are read for ever, newer ones are refused.

use std::fs;

use flowrun_store::{Access, Holder, Settings, Sqlite, Store, Trouble};
use rusqlite::Connection;

use super::{fill, look, read_all};
use crate::given::own;

/// Every form that was ever released, as SQL; `fill` wrote what is in it.
const FORMS: &[(i64, &str)] = &[
    (1, include_str!("../forms/1.sql")),
    (2, include_str!("../forms/2.sql")),
    (3, include_str!("../forms/3.sql")),
];

#[test]
fn files_of_every_form_are_read() {
    let new = tempfile::tempdir().unwrap();
    fill(&own(new.path()));
    let expected = read_all(&look(new.path()).unwrap()).unwrap();
    for (form, sql) in FORMS {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("store.db")).unwrap();
        connection
            .execute_batch(&format!(
                "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = 0x666c6f77;
                 PRAGMA journal_mode = WAL; PRAGMA user_version = {form}; PRAGMA foreign_keys = OFF; {sql}"
            ))
            .unwrap();
        drop(connection);
        assert_eq!(read_all(&own(folder.path())).unwrap(), expected, "form {form}");
    }
}

/// The newest form can't be changed without its file here: a new store has the very schema of the last of `FORMS`.
#[test]
fn the_newest_form_stands_here() {
    let folder = tempfile::tempdir().unwrap();
    drop(own(folder.path()));
    let schema = |connection: &Connection| -> Vec<String> {
        let mut select = connection
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'sqlite_sequence' ORDER BY name")
            .unwrap();
        let found = select.query_map([], |row| row.get(0)).unwrap();
        found.collect::<Result<_, _>>().unwrap()
    };
    let new = Connection::open(folder.path().join("store.db")).unwrap();
    let form: i64 = new.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    let (last, sql) = FORMS.last().unwrap();
    assert_eq!(form, *last);
    let old = Connection::open_in_memory().unwrap();
    old.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).unwrap();
    assert_eq!(schema(&new), schema(&old), "a change needs a step of its own, and a new form here");
}

#[test]
fn a_newer_form_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    drop(own(folder.path()));
    let path = folder.path().join("store.db");
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let before = fs::read(&path).unwrap();
    let access = Access::Own(Holder::new("test", "", 0));
    for error in [
        look(folder.path()).unwrap_err(),
        Sqlite::open(folder.path(), access, Settings::default()).unwrap_err(),
    ] {
        assert_eq!(error.kind, Trouble::Newer);
        assert_eq!(
            error.message,
            "the store was written by a newer flowrun: it has form 99, and this one knows up to 3"
        );
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// How the SQL of a form is made: this leaves a store in `FORM_FOLDER`, and `.dump` of any SQLite shell does the rest.
#[test]
#[ignore = "makes the file of a new form"]
fn writes_the_newest_form() {
    let folder = std::path::PathBuf::from(std::env::var_os("FORM_FOLDER").unwrap());
    let store = own(&folder);
    fill(&store);
    assert!(store.run("r1").is_ok());
}
