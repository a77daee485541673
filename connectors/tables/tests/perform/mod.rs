//! Performs cards over tables, as a driver does.

use std::sync::Arc;

use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::Fault;
use flowrun_core::program::Table;
use flowrun_core::value::{Record, Value};
use flowrun_kit::direct;
use flowrun_kit::effect::AnyConnection;
use flowrun_kit::files::Files;
use flowrun_tables::{Tables, effect_cards, example_tables};
use futures_util::FutureExt;

/// The time of the tests: 2016-09-07T00:01:25.670Z.
pub const NOW_MS: i64 = 1_473_206_485_670;

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
    let tables = Tables::new(&definitions).with_files(files.clone());
    tables.set_time(NOW_MS * 1000);
    Arc::new(tables)
}

/// Performs a card and gives its outputs by name, those in `wanted` too.
pub fn perform(tables: &Arc<Tables>, id: &str, given: &Value, wanted: &[&str]) -> Result<Record, Fault> {
    let (run, tables): (_, AnyConnection) = (Arc::default(), tables.clone());
    let performed = direct::perform_in(run, &effect_cards(), id, given, wanted, &tables).now_or_never();
    performed.expect("tables answer at once")
}

/// Fetches a page of a stream.
pub fn page(tables: &Arc<Tables>, given: &Value, cursor: Cursor) -> Result<Page, Fault> {
    let tables: AnyConnection = tables.clone();
    let page = direct::page(&effect_cards(), "tables.search_rows", given, cursor, &tables).now_or_never();
    page.expect("tables answer at once")
}
