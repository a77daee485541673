//! What a vendor may send: bodies made from a schema, whole ones and ones that lack something.

use serde_json::{Map, Value, json};

/// A body, and what is special about it.
#[derive(Clone, Debug)]
pub struct Case {
    /// What was done to the whole body: `without`, `null`, `of another type`.
    pub what: &'static str,
    /// Where, as a path: `[0].profile.login`; blank for the whole of it.
    pub place: String,
    /// The body.
    pub body: Value,
}

/// A body with everything that the schema names.
pub fn full(schema: &Value) -> Value {
    fill(schema, "", true)
}

/// A body with nothing but what the schema requires.
pub fn minimal(schema: &Value) -> Value {
    fill(schema, "", false)
}

/// Every body that differs from `full` in one field, down to a certain depth: without it, with null in its place, with
/// something of another type.
pub fn variations(full: &Value, depth: usize) -> Vec<Case> {
    let mut places = Vec::new();
    visit(full, &mut Vec::new(), depth, &mut places);
    let mut cases = Vec::new();
    for place in &places {
        for what in ["without", "null", "of another type"] {
            let mut body = full.clone();
            change(&mut body, place, what);
            cases.push(Case { what, place: shown(place), body });
        }
    }
    cases
}

/// The body with a field that nobody has heard of in every object.
pub fn extended(body: &Value) -> Value {
    match body {
        Value::Object(fields) => {
            let mut fields: Map<String, Value> =
                fields.iter().map(|(name, field)| (name.clone(), extended(field))).collect();
            fields.insert("unheardOf".to_owned(), json!({ "of": [1, null] }));
            Value::Object(fields)
        }
        Value::Array(values) => values.iter().map(extended).collect(),
        other => other.clone(),
    }
}

/// Every list in the body without its items.
pub fn emptied(body: &Value) -> Value {
    match body {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), emptied(field))).collect())
        }
        Value::Array(_) => json!([]),
        other => other.clone(),
    }
}

fn fill(schema: &Value, name: &str, whole: bool) -> Value {
    if let Some(example) = schema.pointer("/examples/0") {
        return example.clone();
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().find(|value| !value.is_null()).cloned().unwrap_or_default();
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(first) = schema.get(choice).and_then(|branches| branches.get(0)) {
            return fill(first, name, whole);
        }
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        kind => kind.and_then(Value::as_str),
    };
    let composed = schema.get("properties").is_some() || schema.get("allOf").is_some();
    match kind.unwrap_or(if composed { "object" } else { "string" }) {
        "object" => object(schema, whole),
        "array" => {
            let items = schema.get("items").map(|items| fill(items, name, whole));
            items.filter(|_| whole).into_iter().collect()
        }
        "integer" => schema.get("minimum").cloned().unwrap_or(json!(7)),
        "number" => json!(7),
        "boolean" => json!(true),
        _ => Value::from(text(schema, name)),
    }
}

fn object(schema: &Value, whole: bool) -> Value {
    let mut fields = Map::new();
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if whole || required.contains(&name.as_str()) {
            fields.insert(name.clone(), fill(field, name, whole));
        }
    }
    for branch in schema["allOf"].as_array().into_iter().flatten() {
        if let Value::Object(more) = object(branch, whole) {
            for (name, field) in more {
                // Where several say what a field is, the one that says most counts.
                let known = fields.get(&name).and_then(Value::as_object).map_or(0, Map::len);
                if known == 0 || field.as_object().is_some_and(|field| field.len() > known) {
                    fields.insert(name, field);
                }
            }
        }
    }
    Value::Object(fields)
}

fn text(schema: &Value, name: &str) -> String {
    match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => "2026-10-01T08:00:00.000Z".to_owned(),
        Some("date") => "2026-10-01".to_owned(),
        Some("email") => "ada@example.com".to_owned(),
        Some("uri") => "https://example.com/".to_owned(),
        Some("uuid") => "c85d978e-1104-4762-be94-c868525eef45".to_owned(),
        _ => {
            let most = schema.get("maxLength").and_then(Value::as_u64).unwrap_or(100);
            format!("a {name}").chars().take(most as usize).collect()
        }
    }
}

/// One step into a body.
#[derive(Clone, Debug)]
enum Step {
    Field(String),
    First,
}

fn visit(value: &Value, at: &mut Vec<Step>, depth: usize, places: &mut Vec<Vec<Step>>) {
    if at.len() >= depth {
        return;
    }
    let steps: Vec<(Step, &Value)> = match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| (Step::Field(name.clone()), field)).collect()
        }
        Value::Array(values) => values.first().map(|first| (Step::First, first)).into_iter().collect(),
        _ => Vec::new(),
    };
    for (step, inner) in steps {
        at.push(step);
        places.push(at.clone());
        visit(inner, at, depth, places);
        at.pop();
    }
}

fn shown(place: &[Step]) -> String {
    let mut shown = String::new();
    for step in place {
        match step {
            Step::First => shown.push_str("[0]"),
            Step::Field(name) if shown.is_empty() => shown.push_str(name),
            Step::Field(name) => shown.push_str(&format!(".{name}")),
        }
    }
    shown
}

fn change(body: &mut Value, place: &[Step], what: &str) {
    let Some((last, way)) = place.split_last() else { return };
    let inner = way.iter().fold(body, |inner, step| match step {
        Step::Field(name) => &mut inner[name.as_str()],
        Step::First => &mut inner[0],
    });
    let other = |value: &Value| match (what, value) {
        ("null", _) => Value::Null,
        (_, Value::Number(_) | Value::Bool(_)) => json!({ "of": "another type" }),
        (_, Value::String(_)) => json!(7),
        _ => json!("another type"),
    };
    match (inner, last) {
        (Value::Object(fields), Step::Field(name)) if what == "without" => {
            fields.shift_remove(name);
        }
        (Value::Array(values), Step::First) if what == "without" => {
            values.remove(0);
        }
        (Value::Object(fields), Step::Field(name)) => {
            if let Some(field) = fields.get_mut(name) {
                *field = other(field);
            }
        }
        (Value::Array(values), Step::First) => values[0] = other(&values[0]),
        _ => {}
    }
}
