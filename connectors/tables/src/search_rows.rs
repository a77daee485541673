use flowrun_core::card::{Example, FlowName, TableName};
use flowrun_core::does::Does;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::Result;
use flowrun_core::value::{Date, Record, Text, Value};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;

use crate::column::Place;
use crate::filter::Filter;
use crate::number::whole;
use crate::query::{Query, Sort};
use crate::table::Table;
use crate::{MAX_FOUND, Tables};

/// Finds rows of a table.
///
/// `where` is a list of conditions that must all hold: `[{ column: status, operator: "=", value: active }]`.
/// `{ any: [...] }` holds if one of several does, and may take the place of a condition, as may `{ all: [...]
/// }`; Okta's own expressions are read too. Operators are = != < <= > >=; the value is converted to the
/// column's type, and capital and small letters differ. A blank value stands for an empty cell.
///
/// Rows come as they were created, or sorted by a column, empty cells last. `first` puts the columns of the
/// first row out, under the names given in `outputs`, and nothing if there is none; `all` lists up to 3,500
/// rows; `stream` hands every row to a helper flow as `Record`. Rows that are added while a stream runs are
/// not part of it. `count` is how many rows match in all, so that a search also counts.
#[derive(Inputs)]
pub(crate) struct SearchRows {
    /// The table.
    #[input(key = "stash")]
    table: TableName,
    /// The conditions; all rows if there are none.
    #[input(key = "Where Expression")]
    r#where: Value,
    /// The first row, all rows, or each row to a helper flow.
    #[input(key = "resultSet", default = "all", choices = ["first", "all", "stream"])]
    result_set: Text,
    /// The column by which the rows are sorted; by their creation if it is blank.
    #[input(key = "Column")]
    sort_column: Option<Text>,
    /// Whether the smallest come first or the largest.
    #[input(key = "Direction", default = "asc", choices = ["asc", "desc"])]
    sort_direction: Text,
    /// How many rows at most; 0 or blank for all.
    #[input(key = "Limit")]
    limit: Option<f64>,
    /// How many rows are left out at the start.
    #[input(key = "Offset")]
    offset: Option<f64>,
    /// For `stream`: the flow that gets each row.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// For `stream`: how many rows at most; blank for all, 0 for none.
    #[input(key = "Record Limit")]
    record_limit: Option<f64>,
}

/// What was found.
#[derive(Outputs)]
pub(crate) struct Found {
    /// The rows.
    #[output(key = "Rows", keys_of = rows)]
    rows: Vec<Record>,
    /// How many rows match in all, limit and offset aside.
    count: f64,
    /// For `first`: the row's ID, or nothing.
    #[output(key = "Row ID")]
    row_id: Option<Text>,
    /// For `first`: when it was created.
    #[output(key = "Created")]
    created: Option<Date>,
    /// For `first`: when it was last updated.
    #[output(key = "Updated")]
    updated: Option<Date>,
    /// For `stream`: how many rows were handed to the flow.
    records_streamed: Option<f64>,
    /// For `stream`: how many of them the flow failed for.
    failed: Option<f64>,
    /// For `first`: what the row holds in the columns.
    #[output(rest)]
    columns: Record,
}

impl Effect for SearchRows {
    const ID: &str = "tables.search_rows";
    const EXPORTED_AS: &[&str] = &["channels:http:stash:searchRows2"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"- { card: tables.create_row, with: { table: people, name: Jane, age: 29 } }
- { card: tables.create_row, with: { table: people, name: Bob, age: 41 } }
- card: tables.search_rows
  with: { table: people, where: [{ column: age, operator: ">", value: "30" }], result_set: first }
  outputs: { name: text }"# => ok r#"{ count: 1, row_id: people-2, name: Bob }"#,
        r#"- { card: tables.create_row, with: { table: people, name: Jane } }
- { card: tables.create_row, with: { table: people, name: Bob } }
- { card: tables.create_row, with: { table: people, name: Ann } }
- card: tables.search_rows
  with: { table: people, where: { any: [{ column: name, value: Ann }, { column: name, value: Bob }] }, limit: 1 }"#
            => ok r#"{ count: 2 }"#,
        r#"- card: tables.search_rows
  with: { table: people, where: [{ column: name, value: Jane }], result_set: first }
  outputs: { name: text }"#
            => ok r#"{ rows: [], count: 0, row_id: null, name: null }"#,
        r#"- card: tables.search_rows
  with: { table: people, where: { expr: [{ lhs: age, op: like, join: AND, rhs: 3 }] } }"#
            => err "expected one of = != < <= > >=, found \"like\"",
        r#"- { card: tables.search_rows, with: { table: people, sort_column: nam } }"#
            => err "table \"people\" has no column \"nam\"",
    };
    const DOES: Does = Does::Reads;
    const STREAMS: bool = true;
    type Connection = Tables;
    type Out = Found;

    async fn run(self, tables: &Tables) -> Result<Found> {
        let offset = whole(self.offset, Self::OFFSET)?;
        let limit = match whole(self.limit, Self::LIMIT)? {
            0 => MAX_FOUND,
            limit => limit.min(MAX_FOUND),
        };
        let first = match &*self.result_set {
            "first" => true,
            "all" => false,
            other => bail!(Self::RESULT_SET, "expected first, all or stream, found \"{other}\""),
        };
        tables.with(&self.table, Self::TABLE, |table| {
            let query = self.query(table)?;
            let found = table.search(&query, offset, if first { 1 } else { limit })?;
            let row = if first { found.slots.first().map(|slot| table.row(*slot)) } else { None };
            let rows = found.slots.iter().map(|slot| table.record(*slot)).collect();
            Ok(Found {
                rows,
                count: found.count as f64,
                row_id: row.as_ref().map(|row| row.id.clone()),
                created: row.as_ref().and_then(|row| row.created),
                updated: row.as_ref().and_then(|row| row.updated),
                records_streamed: None,
                failed: None,
                columns: row.map(|row| row.columns).unwrap_or_default(),
            })
        })
    }

    async fn page(self, tables: &Tables, cursor: Cursor) -> Result<Page> {
        let offset = whole(self.offset, Self::OFFSET)?;
        let limit = Some(whole(self.limit, Self::LIMIT)?).filter(|limit| *limit > 0);
        // The machine counts the records; a page need not hold more than it will take.
        let most = self.record_limit.map(|limit| limit as usize);
        let limit = [limit, most].into_iter().flatten().min();
        tables.with(&self.table, Self::TABLE, |table| {
            let query = self.query(table)?;
            table.page(&query, offset, limit, &cursor)
        })
    }
}

impl SearchRows {
    fn query(&self, table: &Table) -> Result<Query> {
        let filter = Filter::read(&self.r#where, &table.name, &table.columns)
            .map_err(|fault| fault.at(Self::WHERE))?;
        let descending = match &*self.sort_direction {
            "asc" => false,
            "desc" => true,
            other => bail!(Self::SORT_DIRECTION, "expected asc or desc, found \"{other}\""),
        };
        let column = self.sort_column.as_ref().filter(|column| !column.is_empty());
        let by = column.map(|column| Place::find(column, &table.name, &table.columns)).transpose();
        let by = by.map_err(|fault| fault.at(Self::SORT_COLUMN))?;
        Ok(Query { filter, sort: by.map(|by| Sort { by, descending }) })
    }
}
