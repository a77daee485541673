use flowrun_core::card::{Example, TableName};
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::effect::Effect;

use crate::Tables;

/// Adds a row to a table.
///
/// Each further field is a column; its value is converted to the column's type, a text to a number only as a
/// whole: `12 kg` is none. A column that is left out or
/// blank gets its default, or stays empty. A table holds 500,000 rows, a cell 16,000 characters; nothing
/// keeps two rows from being alike, so look with `tables.search_rows` first if they must not be.
#[derive(Inputs)]
pub(crate) struct CreateRow {
    /// The table.
    #[input(key = "stash")]
    table: TableName,
    /// The columns and their values.
    #[input(rest)]
    columns: Record,
}

/// The new row.
#[derive(Outputs)]
pub(crate) struct Created {
    /// The ID by which it can be read, updated and deleted.
    #[output(key = "Row ID")]
    row_id: Text,
}

impl Effect for CreateRow {
    const ID: &str = "tables.create_row";
    const EXPORTED_AS: &[&str] = &["channels:http:stash:createRow"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"- { card: tables.create_row, with: { table: people, name: Jane, age: "29" } }"#
            => ok r#"{ row_id: people-1 }"#,
        r#"- card: tables.create_row
  with: { table: people, name: Jane }
- card: tables.create_row
  with: { table: people, name: Jane }"# => ok r#"{ row_id: people-2 }"#,
        r#"- { card: tables.create_row, with: { table: people, age: ten } }"#
            => err "column \"age\": expected number, found text \"ten\"",
        r#"- { card: tables.create_row, with: { table: people, nmae: Jane } }"#
            => err "has no column",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    // The row goes with the process, or came with the end of the card: both are in one transaction.
    const AFTER_CRASH: AfterCrash = AfterCrash::Repeats;
    type Connection = Tables;
    type Out = Created;

    async fn run(self, tables: &Tables) -> Result<Created> {
        let now = tables.now_ms();
        let row_id = tables.with(&self.table, Self::TABLE, |table| table.create(self.columns, now))?;
        Ok(Created { row_id })
    }
}
