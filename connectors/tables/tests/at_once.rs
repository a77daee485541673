//! What a driver relies on: every card of tables ends at once, and it can be told beforehand which table it works on.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::perform::{page, perform, tables_over, yaml};
use flowrun_core::effect::Cursor;
use flowrun_core::value::Value;
use flowrun_kit::direct;
use flowrun_kit::files::Files;
use flowrun_tables::{Keeper, Loaded, Rows, Tables, effect_cards, example_tables};

/// Nothing was kept.
struct Nothing;

impl Rows for Nothing {
    fn load(&self, _: &str) -> Result<Option<Loaded>, String> {
        Ok(None)
    }
}

/// A card and its inputs, but for the table and the CSV; they are performed one after the other.
const CARDS: &[(&str, &str)] = &[
    ("tables.create_row", "{ name: Jane }"),
    ("tables.read_row", "{ row_id: people-1 }"),
    ("tables.update_row", "{ row_id: people-1, age: 30 }"),
    ("tables.search_rows", "{ where: [{ column: age, value: 30 }] }"),
    ("tables.read_table", "{}"),
    ("tables.export_to_csv", "{ filename: people.csv }"),
    ("tables.import_from_csv", "{}"),
    ("tables.delete_row", "{ row_id: people-1 }"),
    ("tables.clear_table", "{}"),
];

/// The inputs of a card with its table, and a CSV of 20,000 lines for the card that takes one.
fn given(id: &str, inputs: &str, table: &str, files: &Files) -> Value {
    let mut given = yaml(inputs).as_object().unwrap().clone();
    given.insert("table".into(), table.into());
    if id == "tables.import_from_csv" {
        let lines = "Jane\n".repeat(20_000);
        let csv = files.create("people.csv", format!("name\n{lines}").as_bytes(), 0).unwrap();
        given.insert("file_content".into(), Value::File(csv));
    }
    Value::from(given)
}

#[test]
fn every_card_ends_at_once() {
    let files = Files::default();
    let tables = tables_over(&files, None);
    for (id, inputs) in CARDS {
        // It panics on a future that is not ready when it is polled first.
        perform(&tables, id, &given(id, inputs, "people", &files), &[])
            .unwrap_or_else(|fault| panic!("{id}: {fault}"));
    }
    page(&tables, &yaml("{ table: people, result_set: stream }"), Cursor::First).unwrap();
    let known: BTreeSet<String> = CARDS.iter().map(|(id, _)| (*id).to_owned()).collect();
    let all: BTreeSet<String> = effect_cards().iter().map(|card| card.card.id.to_string()).collect();
    assert_eq!(known, all, "each card is here");
}

#[test]
fn it_is_known_which_cards_work_on_a_kept_table() {
    let files = Files::default();
    let mut definitions = example_tables();
    definitions.push(flowrun_core::program::Table { name: "kept".into(), ..definitions[0].clone() });
    let own = Tables::new(&definitions);
    let tables =
        Tables::new(&definitions).keeping(["kept"], &Keeper::default().of("here"), &Nothing).unwrap();
    let (own, tables) = (Arc::new(own), Arc::new(tables));
    for (id, inputs) in CARDS {
        for (table, expected) in [("people", false), ("kept", true), ("unknown", false)] {
            let given = given(id, inputs, table, &files);
            let performance = direct::performance(&effect_cards(), id, &given).unwrap();
            assert_eq!(tables.is_kept(&performance), expected, "{id} {table}");
            assert!(!own.is_kept(&performance), "{id} {table}");
        }
    }
}
