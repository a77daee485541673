//! Values: what flows carry from card to card. Shared and immutable, so that a clone costs a counter.

mod characters;
mod compare;
mod composed;
mod convert;
mod cut;
mod date;
mod distinct;
mod file;
mod integer;
mod json;
mod long;
mod nesting;
mod number;
mod pairs;
mod path;
mod record;
mod reduced;
mod text;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

pub use compare::{Operator, compare, sort_order};
pub use composed::{Composed, LONGEST_BUILT, LONGEST_TEXT, too_long_a_text};
pub use convert::{FromValue, IntoValue, Mismatch, Number, convert, parse_date, parse_date_in};
pub use cut::cut;
pub use date::{Date, offsets, time_zone};
pub use distinct::{Distinct, sort_by_key};
pub use file::{File, size_told};
pub use integer::Integer;
pub use json::{ParseError, parse_json, read_json};
pub use long::MOST_VALUES;
pub use nesting::DEEPEST_JSON;
pub(crate) use nesting::{DEEPEST, Depth};
pub use number::{format_number, is_space, parse_number, whole_number};
pub use pairs::query_pairs;
#[cfg(test)]
pub(crate) use path::set;
pub use path::{NoPlace, Path, get};
pub use record::Record;
pub use text::Text;

/// One value of the flow language; cloning shares, never copies.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Nothing: a field that was left blank, an output that has no value.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A double, as in Okta.
    Number(f64),
    /// A number too: an integer that a double would change.
    Integer(Integer),
    /// A text.
    Text(Text),
    /// A date & time: an instant and the offset it was written with.
    Date(Date),
    /// A list.
    List(Arc<Vec<Value>>),
    /// An object; keeps the order of its keys.
    Object(Arc<Record>),
    /// A file: a handle to stored content, not the bytes.
    File(Arc<File>),
    /// A text that is never shown: reports, messages and JSON carry `••••••` in its place.
    Secret(Secret),
}

/// A text that only a connection may read.
#[derive(Clone)]
pub struct Secret(Arc<SecretString>);

/// What stands in place of a secret wherever a person could read it.
pub const REDACTED: &str = "••••••";

impl Secret {
    /// Keeps `text` from being shown.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Arc::new(SecretString::from(text.into())))
    }

    /// The text itself, for the request that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Value {
    /// A list of `items`.
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Arc::new(items))
    }

    /// An object of `members`, in their order.
    pub fn object<K: Into<Text>, V: Into<Value>>(members: impl IntoIterator<Item = (K, V)>) -> Value {
        Value::from(members.into_iter().map(|(key, value)| (key.into(), value.into())).collect::<Record>())
    }

    /// The same with every text and number in it as a secret.
    pub fn sealed(self) -> Value {
        match self {
            Value::Text(text) => Value::Secret(Secret::new(&*text)),
            Value::Number(_) | Value::Integer(_) => Value::Secret(Secret::new(self.to_string())),
            Value::List(items) => Value::list(items.iter().cloned().map(Value::sealed).collect()),
            Value::Object(members) => {
                Value::object(members.iter().map(|(key, value)| (key.clone(), value.clone().sealed())))
            }
            other => other,
        }
    }

    /// Whether this is the value of a field that was left blank.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Empty as Okta's `is empty` means it: null, "", [] and {}; never a number, true/false, date or file.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Text(text) => text.is_empty(),
            Value::Secret(secret) => secret.expose().is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::Integer(_) | Value::Date(_) | Value::File(_) => false,
        }
    }

    /// What kind of value this is, in the words of the language.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "true/false",
            Value::Number(_) | Value::Integer(_) => "number",
            Value::Text(_) => "text",
            Value::Date(_) => "date & time",
            Value::List(_) => "list",
            Value::Object(_) => "object",
            Value::File(_) => "file",
            Value::Secret(_) => "secret",
        }
    }

    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&Text> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    /// The number, if this is one; the nearest to an integer that no double holds.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Integer(integer) => Some(integer.nearest()),
            _ => None,
        }
    }

    /// The items, if this is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Value::List(items) = self { Some(items) } else { None }
    }

    /// The members, if this is an object.
    pub fn as_object(&self) -> Option<&Record> {
        if let Value::Object(members) = self { Some(members) } else { None }
    }

    /// Whether a secret lies anywhere in this value.
    pub fn holds_secret(&self) -> bool {
        self.holds_secret_besides(&mut BTreeSet::new())
    }

    /// A copy with the secrets as plain texts: for what is sent on purpose, or becomes a secret as a whole.
    pub fn exposed(&self) -> Value {
        match self {
            Value::Secret(secret) => Value::from(secret.expose()),
            Value::List(items) => Value::list(items.iter().map(Value::exposed).collect()),
            Value::Object(members) => {
                Value::object(members.iter().map(|(name, value)| (name.clone(), value.exposed())))
            }
            other => other.clone(),
        }
    }

    /// Looks into what is shared only once: a list that holds itself twice, forty times over, has a trillion items and forty
    /// lists. What holds no lists or objects is looked into again, which is quicker than to remember it.
    fn holds_secret_besides(&self, seen: &mut BTreeSet<*const ()>) -> bool {
        let is_nested = |value: &Value| matches!(value, Value::List(_) | Value::Object(_));
        match self {
            Value::Secret(_) => true,
            Value::List(items) => {
                let known = Arc::strong_count(items) > 1
                    && items.iter().any(is_nested)
                    && !seen.insert(Arc::as_ptr(items).cast());
                !known && items.iter().any(|item| item.holds_secret_besides(seen))
            }
            Value::Object(members) => {
                let known = Arc::strong_count(members) > 1
                    && members.values().any(is_nested)
                    && !seen.insert(Arc::as_ptr(members).cast());
                !known && members.values().any(|member| member.holds_secret_besides(seen))
            }
            _ => false,
        }
    }
}

/// Deep equality: dates by instant, objects whatever the order of their keys.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::Integer(a), Value::Integer(b)) => a == b,
            (Value::Integer(a), Value::Number(b)) | (Value::Number(b), Value::Integer(a)) => {
                a.compare_to(*b) == Some(Ordering::Equal)
            }
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Date(a), Value::Date(b)) => a == b,
            (Value::List(a), Value::List(b)) => Arc::ptr_eq(a, b) || a == b,
            (Value::Object(a), Value::Object(b)) => Arc::ptr_eq(a, b) || a == b,
            (Value::File(a), Value::File(b)) => a == b,
            (Value::Secret(a), Value::Secret(b)) => a.expose() == b.expose(),
            _ => false,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}
impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Number(value)
    }
}
impl From<usize> for Value {
    fn from(value: usize) -> Value {
        Value::from(value as u64)
    }
}
impl From<i32> for Value {
    fn from(value: i32) -> Value {
        Value::Number(value.into())
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.into())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::Text(value.into())
    }
}
impl From<Text> for Value {
    fn from(value: Text) -> Value {
        Value::Text(value)
    }
}
impl From<Date> for Value {
    fn from(value: Date) -> Value {
        Value::Date(value)
    }
}
impl From<Record> for Value {
    fn from(value: Record) -> Value {
        Value::Object(Arc::new(value))
    }
}
impl From<Vec<Value>> for Value {
    fn from(value: Vec<Value>) -> Value {
        Value::list(value)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}
