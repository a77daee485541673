//! Okta's paths into objects and lists: `all.2.b`.

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
        if self.keys.is_empty() {
            return value.clone();
        }
        if let Value::Object(members) = value
            && let Some(found) = members.get(&*self.whole)
        {
            return found.clone();
        }
        let mut at = value;
        for key in &self.keys {
            match child(at, key) {
                Some(found) => at = found,
                None => return Value::Null,
            }
        }
        at.clone()
    }

    /// A copy of `value` with `new` at this path; objects are made where the path needs them.
    pub fn set(&self, value: &Value, new: Value) -> Value {
        match value {
            _ if self.keys.is_empty() => new,
            Value::Object(members) if members.contains_key(&*self.whole) => {
                let mut members = Record::clone(members);
                members.insert(self.whole.clone(), new);
                Value::from(members)
            }
            _ => set_at(value, &self.keys, new),
        }
    }
}

/// What lies at `path` in `value`, or null.
pub fn get(value: &Value, path: &str) -> Value {
    Path::new(path).get(value)
}

/// A copy of `value` with `new` at `path`.
pub fn set(value: &Value, path: &str, new: Value) -> Value {
    Path::new(path).set(value, new)
}

fn child<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => members.get(key),
        Value::List(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    }
}

fn set_at(value: &Value, keys: &[Text], new: Value) -> Value {
    let Some((key, rest)) = keys.split_first() else { return new };
    if let Value::List(items) = value
        && let Ok(index) = key.parse::<usize>()
        && index <= items.len()
    {
        let mut items = Vec::clone(items);
        let old = items.get(index).cloned().unwrap_or_default();
        let changed = set_at(&old, rest, new);
        if index == items.len() { items.push(changed) } else { items[index] = changed }
        return Value::list(items);
    }
    let mut members = value.as_object().cloned().unwrap_or_default();
    let old = members.get(key).cloned().unwrap_or_default();
    members.insert(key.clone(), set_at(&old, rest, new));
    Value::Object(Arc::new(members))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::parse_json;

    #[test]
    fn paths_follow_keys_and_indices_and_prefer_a_whole_key() {
        let value = parse_json(r#"{"all":[{"b":"banana"},{"b":"blackberry"}],"a.b":"dotted","a":{"b":"nested"}}"#).unwrap();
        assert_eq!(get(&value, "all.1.b"), Value::from("blackberry"));
        assert_eq!(get(&value, "a.b"), Value::from("dotted"));
        assert_eq!(get(&value, "all.7.b"), Value::Null);
        assert_eq!(get(&value, ""), value);
        assert_eq!(get(&set(&value, "x.y", Value::from(1.0)), "x"), Value::object([("y", 1.0)]));
        assert_eq!(get(&set(&value, "all.0.b", Value::from("plum")), "all.0.b"), Value::from("plum"));
    }
}
