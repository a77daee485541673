//! Sets of values, and their order.

use std::hash::{Hash, Hasher};

use foldhash::fast::RandomState;
use indexmap::IndexSet;

use super::{Mismatch, Value, convert, sort_order};
use crate::types::Type;

/// A set of values that tells at once whether a value is in it; values are equal as `==` has it.
#[derive(Clone, Debug, Default)]
pub struct Distinct(IndexSet<ByContent, RandomState>);

impl Distinct {
    /// Adds a value; false if it was there already.
    pub fn insert(&mut self, value: Value) -> bool {
        self.0.insert(ByContent(value))
    }

    /// Whether the value is in the set.
    pub fn contains(&self, value: &Value) -> bool {
        // A clone only counts.
        self.0.contains(&ByContent(value.clone()))
    }
}

impl Extend<Value> for Distinct {
    fn extend<I: IntoIterator<Item = Value>>(&mut self, values: I) {
        self.0.extend(values.into_iter().map(ByContent));
    }
}

impl FromIterator<Value> for Distinct {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Distinct {
        let mut set = Distinct::default();
        set.extend(values);
        set
    }
}

/// A value as the key of a set.
#[derive(Clone, Debug)]
struct ByContent(Value);

impl PartialEq for ByContent {
    fn eq(&self, other: &ByContent) -> bool {
        self.0 == other.0
    }
}

// No JSON and no card makes a NaN that lasts; one would only count as a value of its own.
impl Eq for ByContent {}

impl Hash for ByContent {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash(&self.0, state);
    }
}

/// Values that are equal have the same hash.
fn hash<H: Hasher>(value: &Value, state: &mut H) {
    match value {
        // A double and an integer may be equal.
        Value::Integer(_) => std::mem::discriminant(&Value::Number(0.0)).hash(state),
        value => std::mem::discriminant(value).hash(state),
    }
    match value {
        Value::Null => {}
        Value::Bool(truth) => truth.hash(state),
        // 0 and -0 are equal.
        Value::Number(number) => (number + 0.0).to_bits().hash(state),
        Value::Integer(integer) => integer.hash(state),
        Value::Text(text) => text.hash(state),
        Value::Date(date) => date.millis().hash(state),
        Value::List(items) => {
            items.len().hash(state);
            items.iter().for_each(|item| hash(item, state));
        }
        Value::Object(members) => {
            // Objects are equal whatever the order of their keys.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            members.len().hash(state);
            for (key, value) in members {
                key.hash(state);
                hash(value, state);
            }
        }
        Value::File(file) => file.handle.hash(state),
        Value::Secret(secret) => secret.expose().hash(state),
    }
}

/// Sorts values by keys, the smallest key first; equal keys keep their order, values without a key come last.
///
/// All keys are converted to the type of the first one that there is; objects, lists and files have no order.
pub fn sort_by_key(keyed: Vec<(Value, Value)>) -> Result<Vec<Value>, Mismatch> {
    let wanted = match keyed.iter().map(|(key, _)| key).find(|key| !key.is_null()) {
        None => Type::ANY,
        Some(Value::Number(_) | Value::Integer(_)) => Type::NUMBER,
        Some(Value::Text(_)) => Type::TEXT,
        Some(Value::Date(_)) => Type::DATE,
        Some(Value::Bool(_)) => Type::BOOL,
        Some(other) => return Err(Mismatch { wanted: Type::TEXT, found: other.clone() }),
    };
    let convert =
        |(key, value): (Value, Value)| Ok((if key.is_null() { key } else { convert(key, wanted)? }, value));
    let mut keyed = keyed.into_iter().map(convert).collect::<Result<Vec<_>, Mismatch>>()?;
    keyed.sort_by(|(a, _), (b, _)| sort_order(a, b));
    Ok(keyed.into_iter().map(|(_, value)| value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Date, parse_json};

    #[test]
    fn a_set_holds_each_value_once() {
        let json = |text: &str| parse_json(text).unwrap();
        let date = |text| Value::Date(Date::parse_iso(text).unwrap());
        let mut set = Distinct::default();
        let (alike, apart) = (
            [
                (json(r#"{"a":1,"b":[{"c":2,"d":null}]}"#), json(r#"{"b":[{"d":null,"c":2}],"a":1}"#)),
                (Value::Number(0.0), Value::Number(-0.0)),
                (date("2020-01-01T00:00:00Z"), date("2020-01-01T01:00:00+01:00")),
                (Value::Null, Value::Null),
            ],
            ["\"0\"", "\"\"", "false", "{}", "[]", "[1,[2]]", "[[1],2]", r#"{"a":1}"#],
        );
        for (a, b) in alike {
            assert_eq!(a, b);
            assert!(set.insert(a.clone()), "{a}");
            assert!(!set.insert(b.clone()) && set.contains(&b), "{b}");
        }
        for value in apart.map(json) {
            assert!(!set.contains(&value) && set.insert(value.clone()), "{value}");
        }
    }
}
