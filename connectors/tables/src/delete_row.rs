use flowrun_core::card::{Example, TableName};
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::effect::Effect;

use crate::Tables;

/// Deletes a row of a table, by its ID.
///
/// A row that does not exist is an error, Not Found. IDs are not used again. For all rows use
/// `tables.clear_table`.
#[derive(Inputs)]
pub(crate) struct DeleteRow {
    /// The table.
    #[input(key = "stash")]
    table: TableName,
    /// The row's ID.
    #[input(key = "Row ID")]
    row_id: Text,
}

impl Effect for DeleteRow {
    const ID: &str = "tables.delete_row";
    const EXPORTED_AS: &[&str] = &["channels:http:stash:deleteRow"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"- { card: tables.create_row, with: { table: people, name: Jane } }
- { card: tables.create_row, with: { table: people, name: Bob } }
- { card: tables.delete_row, with: { table: people, row_id: people-1 } }
- { card: tables.search_rows, with: { table: people, result_set: first }, outputs: { name: text } }"#
            => ok r#"{ count: 1, row_id: people-2, name: Bob }"#,
        r#"- { card: tables.create_row, with: { table: people } }
- { card: tables.delete_row, with: { table: people, row_id: people-1 } }
- { card: tables.delete_row, with: { table: people, row_id: people-1 } }"# => err "no row with the ID \"people-1\"",
        r#"- { card: tables.delete_row, with: { table: people, row_id: "" } }"#
            => err "no row with the ID \"\"",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    // The row is gone only if the end of the card is noted: both are in one transaction.
    const AFTER_CRASH: AfterCrash = AfterCrash::Repeats;
    type Connection = Tables;
    type Out = ();

    async fn run(self, tables: &Tables) -> Result<()> {
        tables.with(&self.table, Self::TABLE, |table| {
            table.delete(&self.row_id).map_err(|fault| fault.at(Self::ROW_ID))
        })
    }
}
