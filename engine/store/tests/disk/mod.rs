//! What the store on a disk does besides: other processes, damage, other forms, keys, backups.

mod backup;
mod child;
mod damage;
mod forms;
mod keys;
mod processes;

use std::fs;
use std::path::Path;

use flowrun_store::{Access, Batch, RowChange, RunId, Settings, Sqlite, Store, StoreError};

use crate::given::{about, begin, change, done, entry, read_all, row};

/// The store in a folder, only to look.
fn look(folder: &Path) -> Result<Sqlite, StoreError> {
    Sqlite::open(folder, Access::Look, Settings::default())
}

/// Copies a folder as it is: what a crash would leave of an open store.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for found in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let path = to.join(found.file_name());
        if found.path().is_dir() {
            copy(&found.path(), &path);
        } else {
            fs::copy(found.path(), path).unwrap();
        }
    }
}

/// A run with a journal, a file, rows of a table, lines of the audit record.
fn fill(store: &dyn Store) {
    let file = store.put_file(&mut &b"abc"[..]).unwrap();
    let run = RunId::from("r1");
    let mut batch =
        (1..=50).fold(begin(about("r1")), |batch, seq| batch.entry(entry(seq, "what a vendor answered")));
    batch.files.push(file);
    batch.audit.push(flowrun_store::AuditLine { number: 1, text: "POST /users".to_owned() });
    batch.checkpoint = Some(Box::new(flowrun_store::Checkpoint { seq: 20, body: b"machine".to_vec() }));
    done(store, batch).unwrap();
    let rows =
        (1..=40).map(|number| RowChange::Put(row(number, &[("mail", "someone@example.com"), ("n", "1")])));
    done(store, Batch::of(&run).table(change("people", 41, rows.collect()))).unwrap();
}
