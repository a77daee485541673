//! A run's own tables are made again by a replay, or from a snapshot and what came after it.

use std::sync::Arc;

use crate::perform::{NOW_MS, perform, tables, yaml};
use crate::steps::{steps, take};
use flowrun_core::program::Table;
use flowrun_core::value::{Date, Value};
use flowrun_tables::{Tables, example_tables};

#[test]
fn the_same_cards_at_the_same_times_make_the_same_rows() {
    let (first, second) = (tables(), tables());
    for step in steps(7, 3_000) {
        assert_eq!(take(&first, &step), take(&second, &step));
    }
    assert!(first.row_count("people").unwrap() > 100);
    assert_eq!(first.snapshot().unwrap(), second.snapshot().unwrap());
    assert_eq!(first.rows("people"), second.rows("people"));
}

#[test]
fn rows_have_the_time_that_the_run_says_it_is() {
    let tables = tables();
    let time = |us: i64| Value::from(Date::from_millis(us.div_euclid(1000)));
    let (created, updated) = (NOW_MS * 1000 + 999, NOW_MS * 1000 + 60_000_000);
    tables.set_time(created);
    perform(&tables, "tables.create_row", &yaml("{ table: people }"), &[]).unwrap();
    tables.set_time(updated);
    perform(&tables, "tables.update_row", &yaml("{ table: people, row_id: people-1, name: J }"), &[])
        .unwrap();
    let row = &tables.rows("people").unwrap()[0];
    assert_eq!((&row["Created"], &row["Updated"]), (&time(created), &time(updated)));
}

#[test]
fn a_run_goes_on_from_a_snapshot_as_if_it_had_never_stopped() {
    for cut in [0, 1, 400, 1_999] {
        let steps = steps(11, 2_000);
        let (whole, before, after) = (tables(), tables(), tables());
        steps[..cut].iter().for_each(|step| assert_eq!(take(&whole, step), take(&before, step)));
        after.restore(&before.snapshot().unwrap()).unwrap();
        assert_eq!(after.rows("people"), before.rows("people"));
        for step in &steps[cut..] {
            assert_eq!(take(&whole, step), take(&after, step));
        }
        assert_eq!(after.snapshot().unwrap(), whole.snapshot().unwrap());
    }
}

/// The tables of a run whose program gives `people` only these columns of the example, in this order.
fn with_columns(names: &[&str]) -> Arc<Tables> {
    let people = example_tables().swap_remove(0);
    let columns =
        names.iter().map(|name| people.columns.iter().find(|column| *column.name == **name).unwrap());
    Arc::new(Tables::new(&[Table { columns: columns.cloned().collect(), ..people.clone() }]))
}

#[test]
fn a_snapshot_is_read_by_the_names_of_tables_and_columns() {
    let tables = tables();
    let given = yaml("{ table: people, name: Jane, age: 29, since: 2020-02-29 }");
    perform(&tables, "tables.create_row", &given, &[]).unwrap();
    let bytes = tables.snapshot().unwrap();
    let other = with_columns(&["since", "age"]);
    other.restore(&bytes).unwrap();
    let row = &other.rows("people").unwrap()[0];
    let keys: Vec<&str> = row.keys().map(|key| &**key).collect();
    assert_eq!(keys, ["Row ID", "Created", "Updated", "since", "age"]);
    assert_eq!((&row["Row ID"], &row["age"]), (&"people-1".into(), &29.into()));
    Tables::new(&[]).restore(&bytes).unwrap();
}

#[test]
fn a_damaged_snapshot_is_refused_or_read_and_never_more() {
    let filled = tables();
    steps(3, 60).iter().for_each(|step| drop(take(&filled, step)));
    let bytes = filled.snapshot().unwrap();
    // A piece that ends behind its first byte holds no table.
    for end in (0..bytes.len()).filter(|end| *end != 1) {
        assert!(tables().restore(&bytes[..end]).is_err(), "cut after {end} bytes");
    }
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << bit;
            let tables = tables();
            if tables.restore(&bytes).is_ok() {
                tables.rows("people").unwrap();
            }
        }
    }
    let fault = tables().restore(&[2]).unwrap_err();
    assert!(fault.message.contains("form 2, which is not known here"), "{fault}");
}
