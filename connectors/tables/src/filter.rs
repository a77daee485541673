//! Conditions on rows: one representation of Okta's where expressions and of the form that is better to
//! write.

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::types::Type;
use flowrun_core::value::{FromValue, Operator, Record, Text, Value, compare, parse_json};

use crate::column::{Column, Place, no_value, whole};

/// Which rows are wanted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    /// Those for which all hold; without any, all rows.
    All(Vec<Filter>),
    /// Those for which one holds.
    Any(Vec<Filter>),
    /// Those for which a comparison holds.
    Is(Place, Operator, Value),
}

/// What a condition is read against.
struct Of<'a> {
    table: &'a str,
    columns: &'a [Column],
}

impl Filter {
    /// Every row.
    pub const EVERY: Filter = Filter::All(Vec::new());

    /// Reads a condition in either form.
    pub fn read(given: &Value, table: &str, columns: &[Column]) -> Result<Filter> {
        Of { table, columns }.filter(given)
    }

    /// Whether every row is wanted.
    pub fn is_every(&self) -> bool {
        *self == Filter::EVERY
    }

    /// Whether a row is wanted; `cell` tells what it holds.
    pub fn holds(&self, cell: &impl Fn(Place) -> Value) -> Result<bool> {
        match self {
            Filter::All(parts) => {
                for part in parts {
                    if !part.holds(cell)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Filter::Any(parts) => {
                for part in parts {
                    if part.holds(cell)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Filter::Is(place, operator, value) => Ok(compare(&cell(*place), *operator, value)?),
        }
    }

    /// A column and a value that every wanted row must have there.
    pub fn equality(&self) -> Option<(usize, &Value)> {
        match self {
            Filter::Is(Place::Cell(column), Operator::Equal, value) => Some((*column, value)),
            Filter::All(parts) => parts.iter().find_map(Filter::equality),
            _ => None,
        }
    }
}

impl Filter {
    /// The same, if nothing else is wanted of a row.
    pub fn only_equality(&self) -> Option<(usize, &Value)> {
        match self {
            Filter::All(parts) => match &**parts {
                [part] => part.only_equality(),
                _ => None,
            },
            part => part.equality(),
        }
    }
}

impl Of<'_> {
    fn filter(&self, given: &Value) -> Result<Filter> {
        match given {
            Value::Null => Ok(Filter::EVERY),
            Value::Text(text) if text.trim().is_empty() => Ok(Filter::EVERY),
            Value::Text(text) => match parse_json(text) {
                Ok(given @ (Value::List(_) | Value::Object(_))) => self.filter(&given),
                _ => Err(fault(format!("expected conditions, found text \"{text}\""))),
            },
            Value::List(parts) => self.parts(parts).map(Filter::All),
            Value::Object(members) => self.object(members),
            other => Err(fault(format!("expected conditions, found {} {other}", other.kind()))),
        }
    }

    fn parts(&self, parts: &[Value]) -> Result<Vec<Filter>> {
        parts.iter().map(|part| self.filter(part)).collect()
    }

    fn object(&self, members: &Record) -> Result<Filter> {
        let list = |parts: &Value| match parts {
            Value::List(parts) => self.parts(parts),
            one => Ok(vec![self.filter(one)?]),
        };
        if let Some(parts) = members.get("expr") {
            return self.expression(parts.as_list().unwrap_or_default());
        }
        if let Some(parts) = members.get("all") {
            return list(parts).map(Filter::All);
        }
        if let Some(parts) = members.get("any") {
            return list(parts).map(Filter::Any);
        }
        match members.get("column") {
            Some(column) => self.condition(column, members.get("operator"), members.get("value")),
            None if members.is_empty() => Ok(Filter::EVERY),
            None => {
                let found = members.keys().map(|key| &**key).collect::<Vec<_>>().join(", ");
                Err(fault(format!(
                    "expected a condition with column, operator and value, or any, or all, found {found}"
                )))
            }
        }
    }

    /// Okta's own form: a flat list, in which `join` links a condition to the one before it, and AND binds
    /// closer than OR.
    fn expression(&self, parts: &[Value]) -> Result<Filter> {
        let mut any: Vec<Vec<Filter>> = Vec::new();
        for part in parts {
            let Value::Object(members) = part else {
                return Err(fault(format!("expected a condition, found {} {part}", part.kind())));
            };
            let Some(column) = members.get("lhs") else {
                return Err(fault(
                    "expected a condition with lhs, op and rhs, but lhs is missing".to_owned(),
                ));
            };
            if members.contains_key("rhd") {
                return Err(fault(
                    "the value of this condition was a wire in Okta; write it as rhs".to_owned(),
                ));
            }
            let condition = self.condition(column, members.get("op"), members.get("rhs"))?;
            let or = members
                .get("join")
                .and_then(Value::as_text)
                .is_some_and(|join| join.eq_ignore_ascii_case("or"));
            match any.last_mut() {
                Some(all) if !or => all.push(condition),
                _ => any.push(vec![condition]),
            }
        }
        let all = any.pop().unwrap_or_default();
        if any.is_empty() {
            return Ok(Filter::All(all));
        }
        any.push(all);
        Ok(Filter::Any(any.into_iter().map(Filter::All).collect()))
    }

    fn condition(&self, column: &Value, operator: Option<&Value>, value: Option<&Value>) -> Result<Filter> {
        let column = Text::from_value(column.clone())?;
        let place = Place::find(&column, self.table, self.columns)?;
        let operator = operator.map_or(Ok(Text::from("=")), |operator| Text::from_value(operator.clone()))?;
        let operator = match operator.trim() {
            "=" | "==" => Operator::Equal,
            "!=" | "<>" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            other => return Err(fault(format!("expected one of = != < <= > >=, found \"{other}\""))),
        };
        let ty = place.ty(self.columns);
        // Converted once, not for each row; a blank is what a cell holds that nothing was written into.
        let value = match value.unwrap_or(&Value::Null) {
            Value::Null => Value::Null,
            Value::Text(text) if text.is_empty() && ty != Type::TEXT => Value::Null,
            list @ (Value::List(_) | Value::Object(_)) => {
                return Err(fault(format!(
                    "column \"{column}\": expected {ty}, found {} {list}",
                    list.kind()
                )));
            }
            value => whole(value.clone(), ty).map_err(|mismatch| no_value(&column, &mismatch))?,
        };
        Ok(Filter::Is(place, operator, value))
    }
}

fn fault(message: String) -> Fault {
    Fault::new(FaultKind::InvalidInput, message)
}
