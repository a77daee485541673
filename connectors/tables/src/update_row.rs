use flowrun_core::card::{Example, TableName};
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text};
use flowrun_core::{Inputs, bail, examples};
use flowrun_kit::effect::Effect;

use crate::Tables;

/// Writes columns of a row, by its ID.
///
/// Each further field is a column; columns that are left out stay as they are. What is given but blank leaves
/// the cell as well, unless `update_empty_inputs` is Yes: then it empties it. A row that does not exist is an
/// error, Not Found.
#[derive(Inputs)]
pub(crate) struct UpdateRow {
    /// The table.
    #[input(key = "stash")]
    table: TableName,
    /// The row's ID.
    #[input(key = "Row ID")]
    row_id: Text,
    /// Whether a blank value empties its cell.
    #[input(key = "updateEmptyInputs", default = "No", choices = ["Yes", "No"])]
    update_empty_inputs: Text,
    /// The columns and their new values.
    #[input(rest)]
    columns: Record,
}

impl Effect for UpdateRow {
    const ID: &str = "tables.update_row";
    const EXPORTED_AS: &[&str] = &["channels:http:stash:updateRow"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"- { card: tables.create_row, with: { table: people, name: Jane, age: 29 } }
- { card: tables.update_row, with: { table: people, row_id: people-1, name: "", age: 30 } }
- { card: tables.read_row, with: { table: people, row_id: people-1 }, outputs: { name: text, age: number } }"#
            => ok r#"{ row_id: people-1, name: Jane, age: 30 }"#,
        r#"- { card: tables.create_row, with: { table: people, name: Jane, age: 29 } }
- { card: tables.update_row, with: { table: people, row_id: people-1, update_empty_inputs: "Yes", age: null } }
- { card: tables.read_row, with: { table: people, row_id: people-1 }, outputs: { name: text, age: number } }"#
            => ok r#"{ row_id: people-1, name: Jane, age: null }"#,
        r#"- { card: tables.update_row, with: { table: people, row_id: people-7, age: 30 } }"#
            => err "no row with the ID \"people-7\"",
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    type Connection = Tables;
    type Out = ();

    async fn run(self, tables: &Tables) -> Result<()> {
        // YAML reads a bare Yes as true.
        let blanks = match &*self.update_empty_inputs.to_ascii_lowercase() {
            "yes" | "true" => true,
            "no" | "false" | "" => false,
            _ => {
                bail!(Self::UPDATE_EMPTY_INPUTS, "expected Yes or No, found \"{}\"", self.update_empty_inputs)
            }
        };
        let now = tables.now_ms();
        tables.with(&self.table, Self::TABLE, |table| table.update(&self.row_id, self.columns, blanks, now))
    }
}
