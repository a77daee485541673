//! What happened, written as YAML.

use flowrun_core::value::{REDACTED, Text, Value};
use flowrun_core::yaml::{self, Document, Scalar, Yaml};

/// A value under a key, as a file of its own; secrets are dots.
pub fn document(key: &str, value: &Value) -> String {
    Document::of(vec![(key.to_owned(), plain(value))]).write()
}

fn plain(value: &Value) -> Yaml {
    match value {
        Value::List(items) => Yaml::list(items.iter().map(plain)),
        Value::Object(members) => {
            Yaml::map(members.iter().map(|(key, value)| (key.to_string(), plain(value))))
        }
        Value::Text(text) => Yaml::text(text),
        Value::Secret(_) => Yaml::text(REDACTED),
        Value::Date(date) => Yaml::text(&date.to_string()),
        value => Yaml::Scalar(yaml::constant(value)),
    }
}

/// A value as a pattern that holds for it and for little else, over several lines where it is long and stands under a key.
pub fn pattern(value: &Value) -> Yaml {
    match value {
        Value::List(items) => Yaml::list(items.iter().map(pattern)),
        Value::Object(members) => {
            Yaml::map(members.iter().map(|(key, value)| (key.to_string(), pattern(value))))
        }
        // Of a secret only that it is one is to be written down.
        Value::Secret(_) => Yaml::map([("~secret".to_owned(), Yaml::Scalar(Scalar::new("true")))]),
        Value::Text(text) if text.starts_with('~') => Yaml::map([("~equals".to_owned(), Yaml::text(text))]),
        value => plain(value),
    }
}

/// The same on one line.
pub fn pattern_inline(value: &Value) -> String {
    match value {
        Value::List(items) if items.is_empty() => "[]".to_owned(),
        Value::List(items) => {
            format!("[{}]", items.iter().map(pattern_inline).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let member = |(key, value): (&Text, &Value)| {
                format!("{}: {}", yaml::text(key).within, pattern_inline(value))
            };
            format!("{{ {} }}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        Value::Secret(_) => "{ ~secret: true }".to_owned(),
        Value::Text(text) if text.starts_with('~') => format!("{{ ~equals: {} }}", yaml::text(text).within),
        Value::Text(text) => yaml::text(text).within,
        Value::Date(date) => yaml::text(&date.to_string()).within,
        value => yaml::constant(value).within,
    }
}
