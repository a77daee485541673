use flowrun_core::card::{Example, TableName};
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::effect::Effect;

use crate::Tables;

/// Deletes all rows of a table.
///
/// The columns stay. The IDs of the rows are not used again. For one row use `tables.delete_row`.
#[derive(Inputs)]
pub(crate) struct ClearTable {
    /// The table.
    #[input(key = "stash")]
    table: TableName,
}

/// What went.
#[derive(Outputs)]
pub(crate) struct Cleared {
    /// How many rows it had.
    #[output(key = "Cleared Rows")]
    cleared_rows: f64,
}

impl Effect for ClearTable {
    const ID: &str = "tables.clear_table";
    const EXPORTED_AS: &[&str] = &["channels:http:stash:clearTable"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"- { card: tables.create_row, with: { table: people } }
- { card: tables.create_row, with: { table: people } }
- { card: tables.clear_table, with: { table: people } }"# => ok r#"{ cleared_rows: 2 }"#,
        r#"- { card: tables.clear_table, with: { table: people } }"# => ok r#"{ cleared_rows: 0 }"#,
        r#"- { card: tables.create_row, with: { table: people } }
- { card: tables.clear_table, with: { table: people } }
- { card: tables.create_row, with: { table: people } }"# => ok r#"{ row_id: people-2 }"#,
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    type Connection = Tables;
    type Out = Cleared;

    async fn run(self, tables: &Tables) -> Result<Cleared> {
        let rows = tables.with(&self.table, Self::TABLE, |table| Ok(table.clear()))?;
        Ok(Cleared { cleared_rows: rows as f64 })
    }
}
