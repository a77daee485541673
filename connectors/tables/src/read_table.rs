use flowrun_core::card::{Example, TableName};
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Value};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::effect::Effect;

use crate::Tables;

/// Tells which columns a table has.
///
/// Each is an object with `name`, `type` and `default`, in the words of `flowrun.yaml`; what every row has besides, such
/// as `row_id`, is not among them.
#[derive(Inputs)]
pub(crate) struct ReadTable {
    /// The table.
    #[input(key = "stash")]
    table: TableName,
}

/// The columns.
#[derive(Outputs)]
pub(crate) struct Schema {
    /// The columns, in their order.
    #[output(key = "Column Schema")]
    column_schema: Vec<Record>,
}

impl Effect for ReadTable {
    const ID: &str = "tables.read_table";
    const EXPORTED_AS: &[&str] = &["channels:http:stash:readTable"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"- { card: tables.read_table, with: { table: people } }"#
            => ok r#"{ column_schema: [
                { name: name, type: text, default: null },
                { name: age, type: number, default: null },
                { name: active, type: true/false, default: true },
                { name: since, type: date & time, default: null },
            ] }"#,
        r#"- id: read
  card: tables.read_table
  with: { table: people }
- card: flow_control.return
  with: { names: "$.read.column_schema[*].name" }"# => ok "{ names: [name, age, active, since] }",
        r#"- { card: tables.read_table, with: { table: poeple } }"# => err "there is no table",
    };
    const DOES: Does = Does::Reads;
    type Connection = Tables;
    type Out = Schema;

    async fn run(self, tables: &Tables) -> Result<Schema> {
        let column_schema = tables.with(&self.table, Self::TABLE, |table| {
            let columns = table.columns.iter().map(|column| {
                let parts = [
                    ("name", Value::Text(column.name.clone())),
                    ("type", Value::from(column.ty.to_string())),
                    ("default", column.default()),
                ];
                parts.into_iter().map(|(name, value)| (name.into(), value)).collect()
            });
            Ok(columns.collect())
        })?;
        Ok(Schema { column_schema })
    }
}
