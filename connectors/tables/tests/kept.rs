//! Rows that are kept are found again in the next run, whatever has changed in the manifest meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::perform::perform;
use flowrun_core::fault::FaultKind;
use flowrun_core::program::Table;
use flowrun_core::value::Value;
use flowrun_kit::clock::Clock;
use flowrun_tables::{Store, Tables, example_tables};

/// What stands on the disk between two runs.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<BTreeMap<String, String>>>);

impl Store for Disk {
    fn load(&self, table: &str) -> Result<Option<String>, String> {
        Ok(self.0.lock().unwrap().get(table).cloned())
    }

    fn save(&self, table: &str, text: &str) -> Result<(), String> {
        self.0.lock().unwrap().insert(table.to_owned(), text.to_owned());
        Ok(())
    }
}

impl Disk {
    /// The tables of a run whose manifest names these, in this order; all have the columns of the example and are kept.
    fn run(&self, names: &[&str]) -> Arc<Tables> {
        let people = example_tables().swap_remove(0);
        let definitions =
            names.iter().map(|name| Table { name: (*name).into(), kept: true, ..people.clone() });
        let clock = Clock::simulated(1_473_206_485_670);
        Arc::new(Tables::new(&definitions.collect::<Vec<_>>(), clock).kept_in(self.clone()).unwrap())
    }
}

fn create(tables: &Arc<Tables>, table: &str, name: &str) -> String {
    let given = Value::object([("table", table), ("name", name)]);
    perform(tables, "tables.create_row", &given, &[]).unwrap()["row_id"].to_string()
}

/// The name in the row with this ID, or why there is none.
fn name(tables: &Arc<Tables>, table: &str, id: &str) -> Result<String, FaultKind> {
    let given = Value::object([("table", table), ("row_id", id)]);
    let read = perform(tables, "tables.read_row", &given, &["name"]);
    read.map(|row| row["name"].to_string()).map_err(|fault| fault.kind)
}

#[test]
fn a_row_keeps_its_id_when_another_table_is_put_above_it() {
    let disk = Disk::default();
    let jane = create(&disk.run(&["people"]), "people", "Jane");
    let next = disk.run(&["leavers", "people"]);
    assert_eq!(name(&next, "people", &jane), Ok("Jane".to_owned()));
    // The first row of the other table is another one, though both are the first.
    assert_eq!(create(&next, "leavers", "Bob"), "leavers-1");
    assert_eq!(name(&next, "people", "leavers-1"), Err(FaultKind::NotFound));
    assert_eq!(name(&next, "leavers", &jane), Err(FaultKind::NotFound));
}

#[test]
fn ids_made_of_a_table_s_place_still_lead_to_their_rows() {
    let disk = Disk::default();
    // As it was written when IDs began with the table's place in the manifest.
    for (table, name) in [("people", "Jane"), ("leavers", "Bob")] {
        let moment = "2026-01-02T03:04:05.000Z";
        let row = format!(
            r#"{{"number":1,"created":"{moment}","updated":"{moment}","columns":{{"name":"{name}"}}}}"#
        );
        disk.save(table, &format!("{{\"next\":2}}\n{row}\n")).unwrap();
    }
    let first = disk.run(&["people", "leavers"]);
    for (id, found) in [
        ("r1-1", Ok("Jane".to_owned())),
        ("people-1", Ok("Jane".to_owned())),
        ("r2-1", Err(FaultKind::NotFound)),
    ] {
        assert_eq!(name(&first, "people", id), found, "{id}");
    }
    assert_eq!(create(&first, "people", "Ann"), "people-2");
    create(&first, "leavers", "Eve");
    // From now on it is known where the tables stood, and the manifest may change.
    let next = disk.run(&["leavers", "new", "people"]);
    assert_eq!(name(&next, "people", "r1-1"), Ok("Jane".to_owned()));
    assert_eq!(name(&next, "leavers", "r2-1"), Ok("Bob".to_owned()));
    assert_eq!(name(&next, "people", "r2-1"), Err(FaultKind::NotFound));
    assert_eq!(name(&next, "people", "r3-1"), Err(FaultKind::NotFound));
    assert_eq!(name(&next, "leavers", "r1-1"), Err(FaultKind::NotFound));
}
