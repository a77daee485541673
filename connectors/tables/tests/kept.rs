//! Rows that are kept are shared by all runs and found again by the next process, whatever has changed in the manifest meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::perform::{NOW_MS, perform, yaml};
use crate::steps::{steps, take};
use flowrun_core::fault::FaultKind;
use flowrun_core::program::{Column, Table};
use flowrun_core::types::Type;
use flowrun_core::value::{Record, Text, Value};
use flowrun_tables::{Change, Kept, Loaded, Row, Rows, Tables, example_tables};

/// What a store has of tables.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<BTreeMap<Text, Loaded>>>);

impl Rows for Disk {
    fn load(&self, table: &str) -> Result<Option<Loaded>, String> {
        Ok(self.0.lock().unwrap().get(table).cloned())
    }
}

impl Disk {
    /// The tables of a process whose manifest names these, in this order; all have the columns of the example and are kept.
    fn process(&self, names: &[&str]) -> Arc<Tables> {
        self.run(&Kept::default(), &tables(names))
    }

    /// The tables of a run of the process that has `kept`.
    fn run(&self, kept: &Kept, definitions: &[Table]) -> Arc<Tables> {
        self.try_run(kept, definitions).unwrap_or_else(|why| panic!("{why}"))
    }

    fn try_run(&self, kept: &Kept, definitions: &[Table]) -> Result<Arc<Tables>, String> {
        let names = definitions.iter().map(|table| &*table.name);
        let tables = Tables::new(definitions).keeping(names, kept, self);
        let tables = tables
            .map_err(|fault| format!("{} ({})", fault.message, fault.help.clone().unwrap_or_default()))?;
        tables.set_time(NOW_MS * 1000);
        Ok(Arc::new(tables))
    }

    /// Stores what a run has changed since this was last done, and tells of how many rows.
    fn store(&self, tables: &Tables) -> usize {
        let mut disk = self.0.lock().unwrap();
        let changes = tables.take_changes().into_iter();
        changes
            .map(|changes| {
                let count = changes.rows.len();
                disk.entry(changes.table.clone()).or_default().apply(changes);
                count
            })
            .sum()
    }
}

/// These tables, with the columns of the example.
fn tables(names: &[&str]) -> Vec<Table> {
    let people = example_tables().swap_remove(0);
    names.iter().map(|name| Table { name: (*name).into(), kept: true, ..people.clone() }).collect()
}

/// The table `people` with these columns.
fn people(columns: &[(&str, Type)]) -> Vec<Table> {
    let column = |(name, ty): &(&str, Type)| Column { name: (*name).into(), ty: *ty, default: Value::Null };
    let columns = columns.iter().map(column).collect();
    vec![Table { name: "people".into(), columns, kept: true, max_rows: None }]
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

/// The rows without what every row has.
fn cells(tables: &Tables) -> Vec<Vec<(String, Value)>> {
    let cell = |(key, value): (Text, Value)| (key.to_string(), value);
    let rows = tables.rows("people").unwrap().into_iter();
    rows.map(|row: Record| row.into_iter().skip(3).map(cell).collect()).collect()
}

#[test]
fn a_row_keeps_its_id_when_another_table_is_put_above_it() {
    let disk = Disk::default();
    let first = disk.process(&["people"]);
    let jane = create(&first, "people", "Jane");
    disk.store(&first);
    let next = disk.process(&["leavers", "people"]);
    assert_eq!(name(&next, "people", &jane), Ok("Jane".to_owned()));
    // The first row of the other table is another one, though both are the first.
    assert_eq!(create(&next, "leavers", "Bob"), "leavers-1");
    assert_eq!(name(&next, "people", "leavers-1"), Err(FaultKind::NotFound));
    assert_eq!(name(&next, "leavers", &jane), Err(FaultKind::NotFound));
}

#[test]
fn what_is_stored_is_what_the_run_saw_after_every_card() {
    for seed in [1, 2] {
        let disk = Disk::default();
        let run = disk.process(&["people"]);
        let own = crate::perform::tables();
        for (nth, step) in steps(seed, 600).iter().enumerate() {
            let before = run.rows("people");
            assert_eq!(take(&run, step), take(&own, step), "a kept table is like any other");
            let changed = disk.store(&run);
            assert_eq!(changed > 0, run.rows("people") != before, "step {nth}");
            assert!(changed <= 1, "step {nth}");
            if nth % 100 == 0 {
                let next = disk.process(&["people"]);
                assert_eq!(next.rows("people"), run.rows("people"), "step {nth}");
                assert_eq!(
                    create(&next, "people", "next"),
                    create(&disk.process(&["people"]), "people", "next")
                );
            }
        }
        assert_eq!(run.rows("people"), own.rows("people"));
    }
}

#[test]
fn no_number_is_used_twice_not_even_after_the_table_was_cleared() {
    let disk = Disk::default();
    let first = disk.process(&["people"]);
    create(&first, "people", "Jane");
    create(&first, "people", "Bob");
    perform(&first, "tables.clear_table", &yaml("{ table: people }"), &[]).unwrap();
    disk.store(&first);
    // Nothing changes where nothing is.
    perform(&first, "tables.clear_table", &yaml("{ table: people }"), &[]).unwrap();
    assert_eq!(disk.store(&first), 0);
    let next = disk.process(&["people"]);
    assert_eq!(create(&next, "people", "Ann"), "people-3");
    perform(&next, "tables.delete_row", &yaml("{ table: people, row_id: people-3 }"), &[]).unwrap();
    disk.store(&next);
    assert_eq!(create(&disk.process(&["people"]), "people", "Eve"), "people-4");
}

#[test]
fn a_card_that_fails_changes_nothing_that_could_be_stored() {
    let disk = Disk::default();
    let run = disk.process(&["people"]);
    create(&run, "people", "Jane");
    disk.store(&run);
    for (card, given) in [
        ("tables.create_row", "{ table: people, age: ten }"),
        ("tables.update_row", "{ table: people, row_id: people-1, name: J, age: ten }"),
        ("tables.update_row", "{ table: people, row_id: people-9, name: J }"),
        ("tables.delete_row", "{ table: people, row_id: people-9 }"),
        ("tables.create_row", "{ table: nobody }"),
    ] {
        assert!(perform(&run, card, &yaml(given), &[]).is_err(), "{given}");
        assert_eq!(disk.store(&run), 0, "{given}");
    }
}

#[test]
fn runs_of_a_process_share_what_is_kept_and_nothing_else() {
    let (disk, kept) = (Disk::default(), Kept::default());
    let definitions = tables(&["people", "passing"]);
    let run = || Arc::new(Tables::new(&definitions).keeping(["people"], &kept, &disk).unwrap());
    let (one, other) = (run(), run());
    create(&one, "people", "Jane");
    create(&one, "passing", "Jane");
    assert_eq!(create(&other, "people", "Bob"), "people-2");
    assert_eq!(create(&other, "passing", "Bob"), "passing-1");
    // Each hands on what it has changed itself.
    assert_eq!((disk.store(&one), disk.store(&other)), (1, 1));
    // A rehearsal sees the rows and does what it likes.
    let rehearsal = Arc::new(Tables::new(&definitions).copying(["people"], &kept, &disk).unwrap());
    assert_eq!(create(&rehearsal, "people", "Ann"), "people-3");
    assert_eq!((rehearsal.row_count("people"), one.row_count("people")), (Some(3), Some(2)));
    assert_eq!(disk.store(&rehearsal), 0);
    assert_eq!(create(&one, "people", "Eve"), "people-3");
}

#[test]
fn changes_are_handed_on_in_the_order_in_which_they_were_made() {
    let (disk, kept) = (Disk::default(), Kept::default());
    let runs: Vec<_> = (0..4).map(|_| disk.run(&kept, &tables(&["people"]))).collect();
    std::thread::scope(|scope| {
        for run in &runs {
            scope.spawn(|| {
                for turn in 0..200 {
                    let order = run.kept_lock();
                    create(run, "people", "Jane");
                    if turn % 50 == 49 {
                        perform(run, "tables.clear_table", &yaml("{ table: people }"), &[]).unwrap();
                    }
                    disk.store(run);
                    drop(order);
                }
            });
        }
    });
    assert_eq!(disk.process(&["people"]).rows("people"), runs[0].rows("people"));
    assert_eq!(create(&runs[0], "people", "last"), "people-801");
}

#[allow(clippy::type_complexity, reason = "a table of cases")]
#[test]
fn rows_stay_readable_when_the_columns_change() {
    let text = |text: &str| Value::from(text);
    let was = [("name", Type::TEXT), ("age", Type::NUMBER), ("since", Type::DATE), ("active", Type::BOOL)];
    let since = flowrun_core::value::parse_date("2020-02-29").map_or(Value::Null, Value::from);
    let none = Value::Null;
    #[rustfmt::skip]
    let table: &[(&[(&str, Type)], &[Value])] = &[
        (&was, &[text("7"), 29.into(), since.clone(), true.into()]),
        // In another order.
        (&[("age", Type::NUMBER), ("name", Type::TEXT)], &[29.into(), text("7")]),
        // A new column is empty, whatever new rows get there.
        (&[("name", Type::TEXT), ("mail", Type::TEXT)], &[text("7"), none.clone()]),
        // Another type: what can be converted is.
        (&[("name", Type::NUMBER), ("age", Type::TEXT), ("since", Type::TEXT), ("active", Type::TEXT)],
            &[7.into(), text("29"), text("2020-02-29T00:00:00.000Z"), text("true")]),
        (&[], &[]),
    ];
    let disk = Disk::default();
    let first = disk.run(&Kept::default(), &people(&was));
    let given = yaml("{ table: people, name: '7', age: 29, since: 2020-02-29, active: true }");
    perform(&first, "tables.create_row", &given, &[]).unwrap();
    disk.store(&first);
    for (columns, expected) in table {
        let expected: Vec<_> = columns
            .iter()
            .zip(*expected)
            .map(|((name, _), value)| ((*name).to_owned(), value.clone()))
            .collect();
        assert_eq!(cells(&disk.run(&Kept::default(), &people(columns))), [&*expected], "{columns:?}");
        // The same while a run goes on whose columns are as they were; and that one is not disturbed.
        let kept = Kept::default();
        let old = disk.run(&kept, &people(&was));
        assert_eq!(cells(&disk.run(&kept, &people(columns))), [&*expected], "{columns:?}");
        assert_eq!(cells(&old), cells(&first), "{columns:?}");
    }
}

#[test]
fn what_a_row_holds_in_a_column_that_is_gone_stays_with_it() {
    let disk = Disk::default();
    let was = [("name", Type::TEXT), ("age", Type::NUMBER)];
    let first = disk.run(&Kept::default(), &people(&was));
    let given = yaml("{ table: people, name: Jane, age: 29 }");
    perform(&first, "tables.create_row", &given, &[]).unwrap();
    disk.store(&first);
    let next = disk.run(&Kept::default(), &people(&[("name", Type::TEXT), ("mail", Type::TEXT)]));
    let given = yaml("{ table: people, row_id: people-1, name: Ann, mail: a@acme.example }");
    perform(&next, "tables.update_row", &given, &[]).unwrap();
    create(&next, "people", "Bob");
    disk.store(&next);
    let last = disk.run(&Kept::default(), &people(&was));
    let row = |name: &str, age: Value| vec![("name".to_owned(), name.into()), ("age".to_owned(), age)];
    assert_eq!(cells(&last), [row("Ann", 29.into()), row("Bob", Value::Null)]);
    let found = yaml("{ table: people, where: [{ column: age, value: 29 }] }");
    assert_eq!(perform(&last, "tables.search_rows", &found, &[]).unwrap()["count"], 1.into());
}

#[test]
fn a_value_that_no_longer_fits_is_told_and_stays() {
    let disk = Disk::default();
    let first = disk.process(&["people"]);
    create(&first, "people", "Jane");
    disk.store(&first);
    let numbers = people(&[("name", Type::NUMBER)]);
    let told = "what was kept of table \"people\" does not fit: column \"name\": expected number, found text \"Jane\"";
    let refused = disk.try_run(&Kept::default(), &numbers).unwrap_err();
    assert!(refused.starts_with(told) && refused.contains("give the column the type back"), "{refused}");
    // Where the table is in memory already, nothing happens to it.
    let kept = Kept::default();
    let running = disk.run(&kept, &tables(&["people"]));
    let refused = disk.try_run(&kept, &numbers).unwrap_err();
    assert!(refused.starts_with(told), "{refused}");
    assert_eq!(name(&running, "people", "people-1"), Ok("Jane".to_owned()));
}

#[test]
fn what_is_damaged_is_told_by_its_row() {
    let row = |number: u64, cell: &[u8]| Row {
        columns: vec![("name".into(), cell.to_vec())],
        ..Row::new(number, [NOW_MS; 2], [])
    };
    let good = Row::new(1, [NOW_MS; 2], [("name", &Value::from("Jane"))]);
    assert_eq!(good.values(), Some(vec![("name".into(), "Jane".into())]));
    let table: &[(Loaded, &str)] = &[
        (Loaded { rows: vec![good.clone(), row(2, &[])], ..Loaded::default() }, "damaged at row 2"),
        (Loaded { rows: vec![row(3, &[99])], ..Loaded::default() }, "damaged at row 3"),
        // A text of five bytes, of which three are there.
        (Loaded { rows: vec![row(4, &[5, 5, b'J', b'a', b'n'])], ..Loaded::default() }, "damaged at row 4"),
        (Loaded { rows: vec![row(5, &[5, 1, 0xff])], ..Loaded::default() }, "damaged at row 5"),
        // Two cells where there is one column.
        (Loaded { rows: vec![row(6, &[1, 1])], ..Loaded::default() }, "damaged at row 6"),
        (Loaded { rows: vec![good.clone(), good.clone()], ..Loaded::default() }, "damaged at row 1"),
        (Loaded { note: vec![9], ..Loaded::default() }, "damaged"),
    ];
    for (loaded, told) in table {
        let disk = Disk::default();
        disk.0.lock().unwrap().insert("people".into(), loaded.clone());
        let refused = disk.try_run(&Kept::default(), &tables(&["people"])).unwrap_err();
        assert!(refused.contains(told) && refused.contains("restore it from a backup"), "{refused}");
    }
}

/// A table as it was written when each table was a file of lines.
const LINES: &str = r#"{"next":5,"ids":["people","r3"]}
{"number":1,"created":"2026-01-02T03:04:05.000Z","updated":"2026-01-02T03:04:06.000Z","columns":{"name":"Jane","age":29,"since":"2020-02-29T00:00:00.000Z"}}
{"number":3,"created":"2026-01-02T03:04:05.000Z","updated":"2026-01-02T03:04:05.000Z","columns":{"name":null,"age":7615917337495251231,"active":false}}
"#;

#[test]
fn tables_of_lines_are_still_read() {
    let disk = Disk::default();
    let loaded = Loaded::from_lines(LINES, "people", 1).unwrap();
    disk.0
        .lock()
        .unwrap()
        .entry("people".into())
        .or_default()
        .apply(loaded.clone().into_changes("people".into()));
    assert_eq!(disk.load("people"), Ok(Some(loaded)));
    let tables = disk.process(&["people"]);
    let rows = tables.rows("people").unwrap();
    let told: Vec<String> = rows.iter().map(|row| Value::from(row.clone()).to_json()).collect();
    assert_eq!(
        told,
        [
            r#"{"Row ID":"people-1","Created":"2026-01-02T03:04:05.000Z","Updated":"2026-01-02T03:04:06.000Z","name":"Jane","age":29,"active":null,"since":"2020-02-29T00:00:00.000Z"}"#,
            r#"{"Row ID":"people-3","Created":"2026-01-02T03:04:05.000Z","Updated":"2026-01-02T03:04:05.000Z","name":null,"age":7615917337495251231,"active":false,"since":null}"#,
        ]
    );
    assert_eq!(name(&tables, "people", "r3-1"), Ok("Jane".to_owned()));
    assert_eq!(name(&tables, "people", "r1-1"), Err(FaultKind::NotFound));
    assert_eq!(create(&tables, "people", "Ann"), "people-5");
}

#[test]
fn ids_made_of_a_table_s_place_still_lead_to_their_rows() {
    // As it was written when IDs began with the table's place in the manifest.
    let disk = Disk::default();
    for (place, (table, name)) in [("people", "Jane"), ("leavers", "Bob")].into_iter().enumerate() {
        let moment = "2026-01-02T03:04:05.000Z";
        let row = format!(
            r#"{{"number":1,"created":"{moment}","updated":"{moment}","columns":{{"name":"{name}"}}}}"#
        );
        let loaded = Loaded::from_lines(&format!("{{\"next\":2}}\n{row}\n"), table, place + 1).unwrap();
        disk.0.lock().unwrap().insert(table.into(), loaded);
    }
    let first = disk.process(&["people", "leavers"]);
    for (id, found) in [
        ("r1-1", Ok("Jane".to_owned())),
        ("people-1", Ok("Jane".to_owned())),
        ("r2-1", Err(FaultKind::NotFound)),
    ] {
        assert_eq!(name(&first, "people", id), found, "{id}");
    }
    assert_eq!(create(&first, "people", "Ann"), "people-2");
    create(&first, "leavers", "Eve");
    disk.store(&first);
    // It is known where the tables stood, and the manifest may change.
    let next = disk.process(&["leavers", "new", "people"]);
    assert_eq!(name(&next, "people", "r1-1"), Ok("Jane".to_owned()));
    assert_eq!(name(&next, "leavers", "r2-1"), Ok("Bob".to_owned()));
    assert_eq!(name(&next, "people", "r2-1"), Err(FaultKind::NotFound));
    assert_eq!(name(&next, "people", "r3-1"), Err(FaultKind::NotFound));
    assert_eq!(name(&next, "leavers", "r1-1"), Err(FaultKind::NotFound));
}

#[test]
fn lines_that_are_damaged_are_told() {
    let lines: Vec<&str> = LINES.lines().collect();
    for (text, told) in [
        (String::new(), "line 1 is damaged"),
        (LINES.replace("\"next\":5", "\"next\":\"5\""), "line 1 is damaged"),
        (LINES.replace("\"r3\"", "3"), "line 1 is damaged"),
        (LINES.replace("\"number\":3", "\"number\":-3"), "line 3 is damaged"),
        (LINES.replace(",\"columns\":{\"name\":null", ",\"column\":{\"name\":null"), "line 3 is damaged"),
        (LINES.replace("03:04:06.000Z", "later"), "line 2 is damaged"),
        ([lines[0], lines[2], lines[1]].join("\n"), "its rows are in no order"),
    ] {
        assert_eq!(Loaded::from_lines(&text, "people", 1), Err(told.to_owned()), "{text}");
    }
}

#[test]
fn a_change_is_told_by_the_names_of_columns() {
    let disk = Disk::default();
    let run = disk.process(&["people"]);
    create(&run, "people", "Jane");
    let changes = run.take_changes();
    let [changes] = &*changes else { panic!("{changes:?}") };
    assert_eq!((&*changes.table, changes.next, &changes.note), ("people", 2, &None));
    let [Change::Put(row)] = &*changes.rows else { panic!("{changes:?}") };
    assert_eq!((row.number, row.created_ms, row.updated_ms), (1, NOW_MS, NOW_MS));
    // `active` has a default; empty cells are left out.
    let values = [("name".into(), "Jane".into()), ("active".into(), true.into())];
    assert_eq!(row.values(), Some(values.to_vec()));
    assert!(run.take_changes().is_empty());
}
