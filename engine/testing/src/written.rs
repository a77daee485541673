//! What happened, written as YAML.

use flowrun_core::value::{REDACTED, Text, Value};
use flowrun_core::yaml::{self, Document, Scalar, Yaml};

/// A value under a key, as a file of its own, with a line for each part, so that differences are small; secrets are dots.
pub fn document(key: &str, value: &Value) -> String {
    let mut text = yaml::text(key).alone;
    text.push(':');
    below(value, 2, &mut text);
    text.push('\n');
    text
}

/// What stands behind a colon or a dash: on its line, or on lines of its own that begin with so many spaces.
fn below(value: &Value, indent: usize, out: &mut String) {
    let start = format!("\n{}", " ".repeat(indent));
    match value {
        Value::List(items) if !items.is_empty() => {
            for item in items.iter() {
                out.push_str(&start);
                out.push('-');
                let from = out.len();
                below(item, indent + 2, out);
                // The first part of an item stands behind its dash.
                let own = format!("{start}  ");
                if out[from..].starts_with(&own) {
                    out.replace_range(from..from + own.len(), " ");
                }
            }
        }
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members.iter() {
                out.push_str(&start);
                out.push_str(&yaml::text(key).alone);
                out.push(':');
                below(value, indent + 2, out);
            }
        }
        value => {
            let written = Document::of(vec![("k".to_owned(), plain(value))]).write();
            let written = written.trim_end().strip_prefix("k:").unwrap_or_default();
            let around = format!("\n{}", " ".repeat(indent - 2));
            out.push_str(&written.replace('\n', &around));
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_a_line() {
        let inner = Value::object([("a b", Value::from("x: y")), ("list", Value::list(vec![Value::Null]))]);
        let items = Value::list(vec![inner, Value::from("a\nb"), Value::list(vec![Value::from(1.0)])]);
        let value = Value::object([
            ("items", items),
            ("none", Value::list(Vec::new())),
            ("long", Value::from("1\n2")),
        ]);
        let text = document("outputs", &value);
        assert_eq!(
            text,
            "outputs:\n  items:\n    - a b: \"x: y\"\n      list:\n        - null\n    - |-\n      a\n      b\n    - - 1\n  none: []\n  long: |-\n    1\n    2\n"
        );
    }
}
