//! Columns: what a cell may hold, and what a condition or a sort can name.

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::program;
use flowrun_core::suggest::closest;
use flowrun_core::types::{Kind, Type};
use flowrun_core::value::{Mismatch, Text, Value, convert, whole_number};

use crate::MAX_CELL;

/// A column of a table.
#[derive(Debug, PartialEq)]
pub(crate) struct Column {
    pub name: Text,
    pub ty: Type,
    default: Value,
}

impl Column {
    pub fn new(column: &program::Column) -> Column {
        let plain =
            matches!(column.ty.kind, Kind::Text | Kind::Number | Kind::Bool | Kind::Date) && !column.ty.list;
        let ty = if plain { column.ty } else { Type::TEXT };
        // The checker has told the author of a default that does not fit.
        let default =
            if column.default.is_null() { Ok(Value::Null) } else { convert(column.default.clone(), ty) };
        Column { name: column.name.clone(), ty, default: default.unwrap_or_default() }
    }

    /// What a new row holds here if nothing is given.
    pub fn default(&self) -> Value {
        self.default.clone()
    }

    /// Whether `value` means that nothing is given: a blank text is a text, but no number.
    pub fn is_blank(&self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Text(text) => text.is_empty() && self.ty != Type::TEXT,
            _ => false,
        }
    }

    /// `value` as this column keeps it.
    pub fn keep(&self, value: Value) -> Result<Value> {
        if self.is_blank(&value) {
            return Ok(Value::Null);
        }
        let value = whole(value, self.ty).map_err(|mismatch| no_value(&self.name, &mismatch))?;
        if let Value::Text(text) = &value
            && text.len() > MAX_CELL
            && text.chars().count() > MAX_CELL
        {
            let found = text.chars().count();
            let message =
                format!("column \"{}\": expected at most {MAX_CELL} characters, found {found}", self.name);
            return Err(Fault::new(FaultKind::InvalidInput, message));
        }
        Ok(value)
    }
}

/// `value` converted to the type of a column. Of a text that is to be a number none is cut off, as a field of a card would: what a
/// table keeps or is searched for is data.
pub(crate) fn whole(value: Value, ty: Type) -> std::result::Result<Value, Mismatch> {
    match &value {
        Value::Text(text) if ty == Type::NUMBER => {
            whole_number(text).ok_or_else(|| Mismatch { wanted: ty, found: value.clone() })
        }
        _ => convert(value, ty),
    }
}

/// The fault of a value that does not fit a column.
pub(crate) fn no_value(column: &str, mismatch: &Mismatch) -> Fault {
    let fault = Fault::new(FaultKind::InvalidTypeConversion, format!("column \"{column}\": {mismatch}"));
    match (mismatch.wanted, &mismatch.found) {
        (Type::NUMBER, Value::Text(_)) => {
            fault.help("write numbers as in `-1234.5`, without signs between their digits")
        }
        _ => fault,
    }
}

/// What a condition or a sort can name: a column, or what every row has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    /// The column at this place.
    Cell(usize),
    /// The row's ID.
    RowId,
    /// The row's number, which grows with every row: `_id` in Okta's expressions.
    Number,
    /// When the row was created.
    Created,
    /// When the row was last updated.
    Updated,
}

impl Place {
    /// The place called `name`; a column of the table comes before what every row has.
    pub fn find(name: &str, table: &str, columns: &[Column]) -> Result<Place> {
        if let Some(column) = columns.iter().position(|column| column.name == name) {
            return Ok(Place::Cell(column));
        }
        match name {
            "row_id" | "Row ID" => Ok(Place::RowId),
            "_id" => Ok(Place::Number),
            "created" | "Created" => Ok(Place::Created),
            "updated" | "Updated" => Ok(Place::Updated),
            _ => Err(no_column(name, table, columns)),
        }
    }

    /// The type of what lies there.
    pub fn ty(self, columns: &[Column]) -> Type {
        match self {
            Place::Cell(column) => columns[column].ty,
            Place::RowId => Type::TEXT,
            Place::Number => Type::NUMBER,
            Place::Created | Place::Updated => Type::DATE,
        }
    }
}

/// The fault of a name that no column has.
pub(crate) fn no_column(name: &str, table: &str, columns: &[Column]) -> Fault {
    let fault = Fault::new(FaultKind::NotFound, format!("table \"{table}\" has no column \"{name}\""));
    match closest(name, columns.iter().map(|column| &*column.name)) {
        Some(meant) => fault.help(format!("did you mean \"{meant}\"?")),
        None => fault,
    }
}
