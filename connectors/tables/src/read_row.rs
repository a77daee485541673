use flowrun_core::card::{Example, TableName};
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::{Date, Record, Text};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::effect::Effect;

use crate::Tables;

/// Reads a row of a table, by its ID.
///
/// The columns that are wanted are named under `outputs`. A row that does not exist is an error, Not Found;
/// to look whether there is one use `tables.search_rows`.
#[derive(Inputs)]
pub(crate) struct ReadRow {
    /// The table.
    #[input(key = "stash")]
    table: TableName,
    /// The row's ID.
    #[input(key = "Row ID")]
    row_id: Text,
}

/// The row.
#[derive(Outputs)]
pub(crate) struct Read {
    /// The row's ID.
    #[output(key = "Row ID")]
    row_id: Text,
    /// When it was created.
    #[output(key = "Created")]
    created: Option<Date>,
    /// When it was last updated; at first, when it was created.
    #[output(key = "Updated")]
    updated: Option<Date>,
    /// What it holds in the columns.
    #[output(rest)]
    columns: Record,
}

impl Effect for ReadRow {
    const ID: &str = "tables.read_row";
    const EXPORTED_AS: &[&str] = &["channels:http:stash:readRow"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"- { card: tables.create_row, with: { table: people, name: Jane, since: 2020-01-01 } }
- card: tables.read_row
  with: { table: people, row_id: people-1 }
  outputs: { name: text, age: number, active: true/false, since: date & time }"#
            => ok r#"{ row_id: people-1, name: Jane, age: null, active: true, since: "2020-01-01T00:00:00.000Z" }"#,
        r#"- { card: tables.read_row, with: { table: people, row_id: people-1 } }"#
            => err "Not Found: table \"people\" has no row with the ID \"people-1\"",
        r#"- { card: tables.read_row, with: { table: poeple, row_id: people-1 } }"#
            => err "there is no table",
    };
    const DOES: Does = Does::Reads;
    type Connection = Tables;
    type Out = Read;

    async fn run(self, tables: &Tables) -> Result<Read> {
        let row = tables.with(&self.table, Self::TABLE, |table| {
            table.read(&self.row_id).map_err(|fault| fault.at(Self::ROW_ID))
        })?;
        Ok(Read { row_id: row.id, created: row.created, updated: row.updated, columns: row.columns })
    }
}
