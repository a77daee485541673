//! What the manual promises of tables, and what it must not: rows lost or repeated by paging.

use std::sync::Arc;

use crate::perform::{page, perform, tables, yaml};
use flowrun_core::effect::Cursor;
use flowrun_core::fault::FaultKind;
use flowrun_core::value::{Record, Value, parse_json};
use flowrun_tables::{MAX_FOUND, Tables};

fn create(tables: &Arc<Tables>, name: &str, age: impl Into<Value>) -> Value {
    let given = Value::object([("table", Value::from("people")), ("name", name.into()), ("age", age.into())]);
    perform(tables, "tables.create_row", &given, &[]).unwrap()["row_id"].clone()
}

fn delete(tables: &Arc<Tables>, id: &Value) {
    let given = Value::object([("table", Value::from("people")), ("row_id", id.clone())]);
    perform(tables, "tables.delete_row", &given, &[]).unwrap();
}

/// The names of the rows that a search finds, and how many match in all.
fn search(tables: &Arc<Tables>, given: &str) -> (Vec<String>, f64) {
    let mut given = yaml(given).as_object().unwrap().clone();
    given.insert("table".into(), "people".into());
    let found =
        perform(tables, "tables.search_rows", &Value::from(given), &[]).unwrap_or_else(|f| panic!("{f}"));
    let rows = found["rows"].clone();
    (rows.as_list().unwrap().iter().map(name).collect(), found["count"].as_number().unwrap())
}

fn name(row: &Value) -> String {
    row.as_object().unwrap()["name"].to_string()
}

/// 6 people, one of them without an age, two of the same.
fn people() -> Arc<Tables> {
    let tables = tables();
    let ages = [("Jane", 29.0), ("Bob", 41.0), ("Ann", 9.0), ("Eve", 41.0), ("bob", 100.0)];
    for (name, age) in ages {
        create(&tables, name, age);
    }
    create(&tables, "Zoe", Value::Null);
    tables
}

#[test]
fn conditions_compare_by_the_column_s_type() {
    let tables = people();
    #[rustfmt::skip]
    let table: &[(&str, &[&str])] = &[
        ("[]", &["Jane", "Bob", "Ann", "Eve", "bob", "Zoe"]),
        ("{}", &["Jane", "Bob", "Ann", "Eve", "bob", "Zoe"]),
        ("null", &["Jane", "Bob", "Ann", "Eve", "bob", "Zoe"]),
        ("[{ column: name, value: Bob }]", &["Bob"]),
        ("{ column: name, operator: ==, value: Bob }", &["Bob"]),
        ("[{ column: age, operator: '>', value: '40' }]", &["Bob", "Eve", "bob"]),
        ("[{ column: age, operator: '>=', value: 41 }, { column: name, operator: '<', value: a }]", &["Bob", "Eve"]),
        ("[{ column: age, operator: '!=', value: 41 }]", &["Jane", "Ann", "bob", "Zoe"]),
        ("[{ column: age, value: '' }]", &["Zoe"]),
        ("[{ column: age, operator: '!=', value: null }]", &["Jane", "Bob", "Ann", "Eve", "bob"]),
        ("[{ column: active, value: 'true' }, { column: age, operator: '<', value: 10 }]", &["Ann"]),
        ("[{ column: row_id, value: people-2 }]", &["Bob"]),
        ("[{ column: created, operator: '<=', value: '2016-09-07T00:01:00Z' }]", &[]),
        ("{ any: [{ column: name, value: Zoe }, { all: [{ column: age, value: 41 }, { column: name, value: Eve }] }] }", &["Eve", "Zoe"]),
        ("{ expr: [] }", &["Jane", "Bob", "Ann", "Eve", "bob", "Zoe"]),
        ("{ expr: [{ lhs: _id, op: '>', join: AND, rhs: '4' }] }", &["bob", "Zoe"]),
        ("{ expr: [{ lhs: name, op: '=', join: OR, rhs: Ann }, { lhs: name, op: '=', join: OR, rhs: Zoe }] }", &["Ann", "Zoe"]),
        ("{ expr: [{ lhs: name, op: '=', join: OR, rhs: Ann }, { lhs: age, op: '=', join: OR, rhs: 41 }, { lhs: name, op: '=', join: AND, rhs: Eve }] }", &["Ann", "Eve"]),
        ("'{\"expr\":[{\"lhs\":\"age\",\"op\":\"<\",\"join\":\"AND\",\"rhs\":10}]}'", &["Ann"]),
    ];
    for (condition, names) in table {
        let (found, count) = search(&tables, &format!("{{ where: {condition} }}"));
        assert_eq!(found, *names, "{condition}");
        assert_eq!(count, names.len() as f64, "{condition}");
    }
}

#[test]
fn rows_are_sorted_stably_and_empty_cells_come_last() {
    let tables = people();
    #[rustfmt::skip]
    let table: &[(&str, &[&str])] = &[
        ("{ sort_column: age }", &["Ann", "Jane", "Bob", "Eve", "bob", "Zoe"]),
        ("{ sort_column: age, sort_direction: desc }", &["bob", "Bob", "Eve", "Jane", "Ann", "Zoe"]),
        ("{ sort_column: name }", &["Ann", "Bob", "Eve", "Jane", "Zoe", "bob"]),
        ("{ sort_column: '', sort_direction: desc }", &["Jane", "Bob", "Ann", "Eve", "bob", "Zoe"]),
        ("{ sort_column: age, limit: 2, offset: 1 }", &["Jane", "Bob"]),
        ("{ sort_column: age, sort_direction: desc, result_set: first }", &["bob"]),
        ("{ sort_column: age, result_set: first }", &["Ann"]),
        ("{ result_set: first, offset: 2 }", &["Ann"]),
        ("{ limit: 0, offset: 5 }", &["Zoe"]),
        ("{ limit: null, offset: 50 }", &[]),
    ];
    for (given, names) in table {
        assert_eq!(
            search(&tables, given),
            (names.iter().map(|name| name.to_string()).collect(), 6.0),
            "{given}"
        );
    }
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let tables = people();
    let long = format!("{{ table: people, name: {} }}", "x".repeat(16_001));
    #[rustfmt::skip]
    let table: &[(&str, &str, FaultKind, &str)] = &[
        ("create_row", &long, FaultKind::InvalidInput, "column \"name\": expected at most 16000 characters, found 16001"),
        ("create_row", "{ table: people, active: maybe }", FaultKind::InvalidTypeConversion, "expected true/false"),
        ("create_row", "{ table: people, since: soon }", FaultKind::InvalidTypeConversion, "expected date & time"),
        ("create_row", "{ table: persons }", FaultKind::NotFound, "no table"),
        ("update_row", "{ table: people, row_id: people-1, name: Joe, age: old }", FaultKind::InvalidTypeConversion, "\"age\""),
        ("update_row", "{ table: people, row_id: others-1 }", FaultKind::NotFound, "no row"),
        ("update_row", "{ table: people, row_id: r1-1 }", FaultKind::NotFound, "no row"),
        ("update_row", "{ table: people, row_id: people-1, update_empty_inputs: perhaps }", FaultKind::InvalidInput, "Yes or No"),
        ("search_rows", "{ table: people, limit: -1 }", FaultKind::InvalidInput, "expected 0 or more, found -1"),
        ("search_rows", "{ table: people, where: [{ column: age, value: old }] }", FaultKind::InvalidTypeConversion, "\"age\""),
        ("search_rows", "{ table: people, where: [{ column: name, value: [a] }] }", FaultKind::InvalidInput, "expected text, found list"),
        ("search_rows", "{ table: people, where: [{ name: Bob }] }", FaultKind::InvalidInput, "found name"),
        ("search_rows", "{ table: people, where: soon }", FaultKind::InvalidInput, "expected conditions"),
        ("search_rows", "{ table: people, where: { expr: [{ lhs: age, op: '=', rhd: {} }] } }", FaultKind::InvalidInput, "rhs"),
    ];
    for (card, given, kind, message) in table {
        let fault = perform(&tables, &format!("tables.{card}"), &yaml(given), &[]).unwrap_err();
        assert_eq!(fault.kind, *kind, "{fault}");
        assert!(fault.message.contains(message), "{fault}\nlacks {message}");
    }
    assert_eq!(tables.row_count("people"), Some(6));
    assert_eq!(name(&Value::from(tables.rows("people").unwrap().swap_remove(0))), "Jane");
    let fault =
        perform(&tables, "tables.read_row", &yaml("{ table: poeple, row_id: people-1 }"), &[]).unwrap_err();
    assert_eq!(fault.help.as_deref(), Some("did you mean \"people\"?"));
}

#[test]
fn values_are_kept_by_the_column_s_type() {
    let tables = tables();
    let since = "'Wed, 07 Sep 2016 00:01:25 +0000'";
    let given = yaml(&format!("{{ table: people, name: 7, age: ' 12.50 ', active: '', since: {since} }}"));
    perform(&tables, "tables.create_row", &given, &[]).unwrap();
    let row: Record = tables.rows("people").unwrap().swap_remove(0);
    let shown = parse_json(&Value::from(row).to_json()).unwrap();
    let members = shown.as_object().unwrap();
    assert!(members["Created"].to_string().starts_with("2016-09-07T00:01:"));
    assert_eq!(members["Created"], members["Updated"]);
    assert_eq!(members["name"], Value::from("7"));
    assert_eq!(members["age"], Value::from(12.5));
    // Blank is not given, and this column has a default.
    assert_eq!(members["active"], Value::from(true));
    assert_eq!(members["since"], Value::from("2016-09-07T00:01:25.000Z"));
    // A field of a card would take the 12.
    let cut = perform(&tables, "tables.create_row", &yaml("{ table: people, age: 12 kg }"), &[]).unwrap_err();
    assert_eq!(&*cut.message, "column \"age\": expected number, found text \"12 kg\"");
    assert_eq!(tables.row_count("people"), Some(1));
}

/// All pages of a search, one after the other.
fn pages(tables: &Arc<Tables>, given: &str, size: usize) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let (names, _) = search(tables, &format!("{{ {given} limit: {size}, offset: {} }}", all.len()));
        if names.is_empty() {
            return all;
        }
        all.extend(names);
    }
}

#[test]
fn paging_by_offset_neither_skips_nor_repeats() {
    let tables = tables();
    let rows = 100_000;
    let ids: Vec<Value> =
        (0..rows).map(|row| create(&tables, &row.to_string(), f64::from(row % 1000))).collect();
    let (names, count) = search(&tables, "{}");
    assert_eq!((names.len(), count), (MAX_FOUND, f64::from(rows)));
    ids.iter().enumerate().filter(|(row, _)| row % 3 != 0).for_each(|(_, id)| delete(&tables, id));
    let left: Vec<u32> = (0..rows as u32).step_by(3).collect();
    let names = |rows: &mut dyn Iterator<Item = u32>| rows.map(|row| row.to_string()).collect::<Vec<_>>();
    assert_eq!(pages(&tables, "", 200), names(&mut left.iter().copied()));
    let few = pages(&tables, "where: [{ column: age, operator: '<', value: 500 }],", 199);
    assert_eq!(few, names(&mut left.iter().copied().filter(|row| row % 1000 < 500)));
    let mut sorted = left.clone();
    sorted.sort_by_key(|row| row % 1000);
    assert_eq!(pages(&tables, "sort_column: age,", 500), names(&mut sorted.into_iter()));
}

/// All records of a stream; `between` does something to the table after each page.
fn stream(tables: &Arc<Tables>, given: &str, mut between: impl FnMut(&[Value])) -> Vec<String> {
    let mut given = yaml(given).as_object().unwrap().clone();
    given.extend([("table".into(), Value::from("people")), ("result_set".into(), Value::from("stream"))]);
    let given = Value::from(given);
    let mut all = Vec::new();
    let mut cursor = Cursor::First;
    loop {
        let page = page(tables, &given, cursor).unwrap();
        between(&page.records);
        all.extend(page.records.iter().map(name));
        match page.next {
            // As a journal gives it back.
            Some(next) => cursor = Cursor::After(parse_json(&next.to_json()).unwrap()),
            None => return all,
        }
    }
}

#[test]
fn a_stream_gives_every_row_once_whatever_happens_meanwhile() {
    let many = || {
        let tables = tables();
        (0..3_500).for_each(|row| drop(create(&tables, &row.to_string(), f64::from((row * 7919) % 3_500))));
        tables
    };
    let all: Vec<String> = (0..3_500).map(|row| row.to_string()).collect();

    let tables = many();
    let streamed = stream(&tables, "{}", |records| {
        for record in records {
            let record = record.as_object().unwrap();
            delete(&tables, &record["Row ID"]);
            create(&tables, "new", 1.0);
        }
    });
    assert_eq!(streamed, all);
    assert_eq!(tables.row_count("people"), Some(3_500));

    let tables = many();
    let mut last = -1.0;
    let sorted = stream(&tables, "{ sort_column: age, offset: 10, limit: 2400 }", |records| {
        for record in records {
            let record = record.as_object().unwrap();
            assert!(record["age"].as_number().unwrap() > last);
            last = record["age"].as_number().unwrap();
            delete(&tables, &record["Row ID"]);
        }
        create(&tables, "new", 3_000.5);
    });
    assert_eq!((sorted.len(), last), (2_400, 2_409.0));

    let tables = many();
    assert_eq!(stream(&tables, "{ record_limit: 1500 }", |_| ()), all[..1_500]);
    assert_eq!(stream(&tables, "{ offset: 3499 }", |_| ()), all[3_499..]);
    let filtered = stream(
        &tables,
        "{ where: [{ column: age, operator: '<', value: 2000 }], offset: 100, limit: 1234 }",
        |_| (),
    );
    assert_eq!(filtered.len(), 1_234);
    assert!(stream(&tables, "{ where: [{ column: name, value: none }] }", |_| ()).is_empty());
}

#[test]
fn an_index_finds_what_a_look_at_every_row_finds() {
    let tables = tables();
    let mut ids: Vec<Value> =
        (0..3_000).map(|row: i32| create(&tables, &format!("n{}", row % 100), f64::from(row % 7))).collect();
    let check = || {
        for name in ["n0", "n42", "moved", "n99", "none", ""] {
            let fast = search(&tables, &format!("{{ where: [{{ column: name, value: '{name}' }}] }}"));
            // Nothing is indexed for this one.
            let slow = format!(
                "{{ any: [{{ all: [{{ column: name, operator: '>=', value: '{name}' }}, {{ column: name, operator: '<=', value: '{name}' }}] }}] }}"
            );
            assert_eq!(fast, search(&tables, &format!("{{ where: {slow} }}")), "{name}");
        }
        let (_, ages) = search(&tables, "{ where: [{ column: age, value: -0.0 }] }");
        assert_eq!(ages, search(&tables, "{ where: [{ column: age, operator: '<', value: 1 }] }").1);
    };
    check();
    for (turn, id) in ids.iter().enumerate().filter(|(turn, _)| turn % 5 == 0) {
        let name = if turn % 2 == 0 { "moved" } else { "n42" };
        let given =
            Value::object([("table", Value::from("people")), ("row_id", id.clone()), ("name", name.into())]);
        perform(&tables, "tables.update_row", &given, &[]).unwrap();
    }
    check();
    // Until the slots are moved together.
    ids.drain(..2_500).for_each(|id| delete(&tables, &id));
    check();
    create(&tables, "moved", 0.0);
    check();
    assert_eq!(tables.row_count("people"), Some(501));
}
