//! The table of the examples.

use flowrun_core::program::{Column, Table};
use flowrun_core::types::Type;
use flowrun_core::value::Value;

/// The tables over which the cards' examples run: `people`, with a column of each type.
pub fn example_tables() -> Vec<Table> {
    let column = |name: &str, ty, default: Value| Column { name: name.into(), ty, default };
    vec![Table {
        name: "people".into(),
        columns: vec![
            column("name", Type::TEXT, Value::Null),
            column("age", Type::NUMBER, Value::Null),
            column("active", Type::BOOL, Value::Bool(true)),
            column("since", Type::DATE, Value::Null),
        ],
        kept: false,
        max_rows: None,
    }]
}
