//! Okta's paths into objects and lists: `all.2.b`.

use std::fmt;
use std::sync::Arc;

use super::{Record, Text, Value};

/// A path, cut at its dots; blank means the value itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    whole: Text,
    keys: Box<[Text]>,
}

impl Path {
    /// Cuts `text` at its dots.
    pub fn new(text: &str) -> Path {
        let keys = if text.is_empty() { Box::default() } else { text.split('.').map(Text::from).collect() };
        Path { whole: text.into(), keys }
    }

    /// What lies at this path in `value`, or null. A key that has the whole path as its name wins over the path.
    pub fn get(&self, value: &Value) -> Value {
        find(value, &self.whole, self.keys.iter().map(|key| &**key))
    }

    /// Puts `new` at this path of `value`, of which only what others share is copied. Objects are made where the path needs them,
    /// and lists where its next key is 0. A key of a list that is no place in it, nor the first behind its end, is an error,
    /// and leaves the list as it is.
    pub fn put(&self, value: &mut Value, new: Value) -> Result<(), NoPlace> {
        match value {
            Value::Object(members) if !self.keys.is_empty() && members.contains_key(&self.whole) => {
                Arc::make_mut(members).insert(self.whole.clone(), new);
                Ok(())
            }
            _ => put_at(value, &self.keys, new),
        }
    }
}

/// A key that is no place in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct NoPlace {
    key: Text,
    length: usize,
}

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.parse::<i64>() {
            Ok(index) => write!(f, "Array index out of bounds: index {index} of a list of {}", self.length),
            Err(_) => write!(f, "a list of {} has no key \"{}\"", self.length, self.key),
        }
    }
}

/// What lies at `path` in `value`, or null; for a path that is used once, as it is not cut into keys of its own.
pub fn get(value: &Value, path: &str) -> Value {
    if path.is_empty() { value.clone() } else { find(value, path, path.split('.')) }
}

fn find<'k>(value: &Value, whole: &str, keys: impl Iterator<Item = &'k str>) -> Value {
    if let Value::Object(members) = value
        && let Some(found) = members.get(whole)
        && !whole.is_empty()
    {
        return found.clone();
    }
    let mut at = value;
    for key in keys {
        match child(at, key) {
            Some(found) => at = found,
            None => return Value::Null,
        }
    }
    at.clone()
}

fn child<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => members.get(key),
        Value::List(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    }
}

fn put_at(value: &mut Value, keys: &[Text], new: Value) -> Result<(), NoPlace> {
    let Some((key, rest)) = keys.split_first() else {
        *value = new;
        return Ok(());
    };
    // As lodash does, whose `set` published flows rely on.
    if !matches!(value, Value::Object(_) | Value::List(_)) {
        *value = if **key == *"0" { Value::list(Vec::new()) } else { Value::from(Record::default()) };
    }
    match value {
        Value::List(items) => {
            let index = key.parse::<usize>().ok().filter(|index| *index <= items.len());
            let Some(index) = index else { return Err(NoPlace { key: key.clone(), length: items.len() }) };
            let items = Arc::make_mut(items);
            if index == items.len() {
                items.push(Value::Null);
            }
            put_at(&mut items[index], rest, new)
        }
        Value::Object(members) => put_at(Arc::make_mut(members).member(key), rest, new),
        _ => Ok(()),
    }
}

/// A copy of `value` with `new` at `path`.
#[cfg(test)]
pub(crate) fn set(value: &Value, path: &str, new: Value) -> Value {
    let mut copy = value.clone();
    Path::new(path).put(&mut copy, new).unwrap();
    copy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::parse_json;

    #[test]
    fn paths_follow_keys_and_indices_and_prefer_a_whole_key() {
        let value =
            parse_json(r#"{"all":[{"b":"banana"},{"b":"blackberry"}],"a.b":"dotted","a":{"b":"nested"}}"#)
                .unwrap();
        assert_eq!(get(&value, "all.1.b"), Value::from("blackberry"));
        assert_eq!(get(&value, "a.b"), Value::from("dotted"));
        assert_eq!(get(&value, "all.7.b"), Value::Null);
        assert_eq!(get(&value, ""), value);
        assert_eq!(get(&set(&value, "x.y", Value::from(1.0)), "x"), Value::object([("y", 1.0)]));
        assert_eq!(get(&set(&value, "all.0.b", Value::from("plum")), "all.0.b"), Value::from("plum"));
        assert_eq!(get(&set(&value, "a.b", Value::from("plum")), "a.b"), Value::from("plum"));
        assert_eq!(get(&value, "all.0.b"), Value::from("banana"), "the original stays");
    }
}
