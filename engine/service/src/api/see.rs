//! What those see of values who may not see data: of what type they are, and how large.

use serde_json::{Map, Value, json};

/// The members of reports and rows that hold values.
const VALUES: &[&str] =
    &["inputs", "outputs", "body", "message", "error", "note", "values", "columns", "told"];

/// A report, or a part of one, without its values.
pub fn blind(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let seen = |(name, value): (String, Value)| {
                let hidden = VALUES.contains(&name.as_str()) && !(name == "error" && value.is_object());
                let value = if hidden { outline(&value) } else { blind(value) };
                (name, value)
            };
            Value::Object(members.into_iter().map(seen).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(blind).collect()),
        other => other,
    }
}

/// Of what type a value is, and how large.
fn outline(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => json!({ "hidden": "true/false" }),
        Value::Number(_) => json!({ "hidden": "number" }),
        Value::String(text) => json!({ "hidden": "text", "size": text.chars().count() }),
        Value::Array(items) => json!({ "hidden": "list", "size": items.len() }),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), outline(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_left() {
        let report = json!({
            "status": "failed", "flow": { "name": "Import", "inputs": { "mail": "ada@example.com", "n": 3 },
                "error": { "kind": "Not Found", "message": "no user ada@example.com", "code": 404, "body": { "id": "ada" } },
                "cards": [{ "id": "a", "outputs": { "list": [1, 2] }, "inside": { "items": [{ "outputs": { "x": true } }] } }] },
        });
        let seen = blind(report).to_string();
        assert!(!seen.contains("ada") && !seen.contains("[1,2]"), "{seen}");
        assert!(
            seen.contains(r#""mail":{"hidden":"text","size":15}"#) && seen.contains(r#""kind":"Not Found""#),
            "{seen}"
        );
    }
}
