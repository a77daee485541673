//! Performs cards over tables, as a driver does.

use std::sync::Arc;

use flowrun_core::effect::{Answer, Cursor, Page, Performance};
use flowrun_core::fault::Fault;
use flowrun_core::program::Table;
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::clock::Clock;
use flowrun_kit::files::Files;
use flowrun_tables::{Tables, effect_cards, example_tables};
use futures_util::FutureExt;

/// Reads YAML.
pub fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The example's tables, empty.
pub fn tables() -> Arc<Tables> {
    tables_over(&Files::default(), None)
}

/// The example's tables, empty, over these files; each may have so many rows.
pub fn tables_over(files: &Files, max_rows: Option<usize>) -> Arc<Tables> {
    let definitions: Vec<_> = example_tables().into_iter().map(|table| Table { max_rows, ..table }).collect();
    let clock = Clock::starting_at(1_473_206_485_670, 1.0);
    Arc::new(Tables::new(&definitions, clock).with_files(files.clone()))
}

/// Performs a card and gives its outputs by name, those in `wanted` too.
pub fn perform(tables: &Arc<Tables>, id: &str, given: &Value, wanted: &[&str]) -> Result<Record, Fault> {
    let (performance, outputs) = performance(id, given, wanted, None);
    match answer(tables, id, performance)? {
        Answer::Outputs(values) => Ok(outputs.into_iter().zip(values).collect()),
        other => panic!("{other:?}"),
    }
}

/// Fetches a page of a stream.
pub fn page(tables: &Arc<Tables>, given: &Value, cursor: Cursor) -> Result<Page, Fault> {
    let (performance, _) = performance("tables.search_rows", given, &[], Some(cursor));
    match answer(tables, "tables.search_rows", performance)? {
        Answer::Page(page) => Ok(page),
        other => panic!("{other:?}"),
    }
}

fn performance(id: &str, given: &Value, wanted: &[&str], page: Option<Cursor>) -> (Performance, Vec<Text>) {
    let effect = effect_cards()
        .into_iter()
        .find(|effect| effect.card.id == id)
        .unwrap_or_else(|| panic!("no card {id}"));
    let card = effect.card;
    let given = given.as_object().expect("fields");
    let declared = card.inputs.iter();
    let mut args: Vec<Value> = declared
        .map(|field| given.get(&field.name).cloned().unwrap_or_else(|| (&field.default).into()))
        .collect();
    let rest = given.iter().filter(|(name, _)| card.input(name).is_none());
    let (names, values): (Vec<Text>, Vec<Value>) =
        rest.map(|(name, value)| (name.clone(), value.clone())).unzip();
    args.extend(values);
    let outputs = card.outputs.iter().map(|field| &*field.name).chain(wanted.iter().copied());
    let outputs: Vec<Text> = outputs.map(Text::from).collect();
    let (names, all) = (names.into(), outputs.clone().into());
    let timeout_ms = 1_000;
    (
        Performance { card, connection: None, args, names, outputs: all, page, timeout_ms, cleans_up: false },
        outputs,
    )
}

fn answer(tables: &Arc<Tables>, id: &str, performance: Performance) -> Result<Answer, Fault> {
    let effect = effect_cards().into_iter().find(|effect| effect.card.id == id).expect("it was found before");
    effect
        .perform(performance, tables.clone(), Arc::default(), None)
        .now_or_never()
        .expect("tables answer at once")
}
