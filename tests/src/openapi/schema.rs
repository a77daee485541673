//! Schemas of OpenAPI 3.0 as JSON Schema, and the validator over them.

use std::fmt;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use super::{items, members, resolve};

/// Which way a body goes: what is `readOnly` has no place in a request, what is `writeOnly` none in an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Direction {
    /// To the vendor.
    Request,
    /// From the vendor.
    Answer,
}

/// A schema, in JSON Schema 2020-12 without references. An object may have no fields but those that are named, wherever
/// the file names some.
pub struct Schema {
    /// The schema.
    pub json: Value,
    validator: Validator,
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schema").field(&self.json).finish()
    }
}

impl Schema {
    /// The schema `raw` of a document; panics if it isn't one.
    pub fn read(document: &Value, raw: &Value, direction: Direction) -> Schema {
        Schema::new(Converter { document, direction, within: Vec::new() }.convert(raw, false))
    }

    /// The schema of whatever looks like an example: the same fields of the same types, each of them optional.
    pub fn of_example(example: &Value) -> Schema {
        Schema::new(inferred(example))
    }

    fn new(json: Value) -> Schema {
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true);
        let validator = options.build(&json).unwrap_or_else(|error| panic!("{json}: {error}"));
        Schema { json, validator }
    }

    /// What is wrong with a value, each with its place: `/profiles/*: "id" is unexpected`. What is wrong with several items
    /// of a list in the same way is told once.
    pub fn check(&self, value: &Value) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for error in self.validator.iter_errors(value) {
            let place = error.instance_path().to_string();
            let steps = place.split('/').map(|step| {
                let counts = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
                if counts { "*" } else { step }
            });
            // Some errors quote the whole value.
            let error: String = error.to_string().chars().take(200).collect();
            let told = format!("{}: {error}", steps.collect::<Vec<_>>().join("/"));
            if !found.contains(&told) {
                found.push(told);
            }
        }
        found
    }

    /// The value that a text in a query, a path, a header or a form stands for.
    pub fn read_text(&self, text: &str) -> Value {
        read_text(&self.json, text)
    }

    /// Whether it is a list, so that a parameter may come repeatedly.
    pub fn is_list(&self) -> bool {
        self.json.get("type").is_some_and(|kind| kind == "array")
    }

    /// The value that repeated texts stand for.
    pub fn read_texts(&self, texts: &[&str]) -> Value {
        let item = self.json.get("items").unwrap_or(&Value::Null);
        texts.iter().map(|text| read_text(item, text)).collect()
    }
}

fn read_text(schema: &Value, text: &str) -> Value {
    let kinds = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.clone(),
        Some(kind) => vec![kind.clone()],
        None => Vec::new(),
    };
    let has = |kind: &str| kinds.iter().any(|known| known == kind);
    let read = match () {
        () if has("integer") => text.parse().ok().map(|number: i64| json!(number)),
        () if has("number") => text.parse().ok().map(|number: f64| json!(number)),
        () if has("boolean") => text.parse().ok().map(|truth: bool| json!(truth)),
        () => None,
    };
    read.unwrap_or_else(|| Value::from(text))
}

struct Converter<'d> {
    document: &'d Value,
    direction: Direction,
    within: Vec<String>,
}

impl Converter<'_> {
    /// JSON Schema for `schema`; `open` leaves other fields to whoever composes it with others.
    fn convert(&mut self, schema: &Value, open: bool) -> Value {
        let Some(given) = schema.as_object() else { return Value::Bool(true) };
        if let Some(reference) = given.get("$ref").and_then(Value::as_str) {
            if self.within.iter().any(|known| known == reference) {
                return Value::Bool(true);
            }
            self.within.push(reference.to_owned());
            let target = resolve(self.document, schema);
            let converted = self.convert(target, open);
            self.within.pop();
            return converted;
        }
        let mut out = Map::new();
        for (key, value) in given {
            if let Some(value) = self.keyword(key, value) {
                out.insert(key.clone(), value);
            }
        }
        if let Some(example) = given.get("example") {
            out.insert("examples".to_owned(), json!([example]));
        }
        merge(&mut out);
        self.choose(given, &mut out);
        bounds(given, &mut out);
        if !open && !out.contains_key("additionalProperties") && names_fields(&out) {
            out.insert("unevaluatedProperties".to_owned(), Value::Bool(false));
        }
        if given.get("nullable") == Some(&Value::Bool(true)) { or_null(out) } else { Value::Object(out) }
    }

    fn keyword(&mut self, key: &str, value: &Value) -> Option<Value> {
        Some(match key {
            "properties" => {
                let hidden = if self.direction == Direction::Request { "readOnly" } else { "writeOnly" };
                let fields = members(Some(value)).filter(|(_, field)| {
                    resolve(self.document, field).get(hidden) != Some(&Value::Bool(true))
                });
                let fields: Vec<_> = fields.collect();
                let fields =
                    fields.into_iter().map(|(name, field)| (name.clone(), self.convert(field, false)));
                Value::Object(fields.collect())
            }
            "items" | "not" => self.convert(value, false),
            "additionalProperties" if value.is_object() => self.convert(value, false),
            "allOf" | "anyOf" | "oneOf" => {
                let branches: Vec<&Value> = items(Some(value)).collect();
                branches.into_iter().map(|branch| self.convert(branch, true)).collect()
            }
            "type"
            | "enum"
            | "required"
            | "format"
            | "pattern"
            | "additionalProperties"
            | "minimum"
            | "maximum"
            | "multipleOf"
            | "minLength"
            | "maxLength"
            | "minItems"
            | "maxItems"
            | "uniqueItems"
            | "minProperties"
            | "maxProperties" => value.clone(),
            _ => return None,
        })
    }

    /// A schema that names others by the value of a field: the one that is named applies too.
    fn choose(&mut self, given: &Map<String, Value>, out: &mut Map<String, Value>) {
        let Some(discriminator) = given.get("discriminator") else { return };
        let Some(field) = discriminator.get("propertyName").and_then(Value::as_str) else { return };
        if given.contains_key("oneOf") || given.contains_key("anyOf") {
            return;
        }
        let mapping: Vec<(&String, &Value)> = members(discriminator.get("mapping")).collect();
        let choices = mapping.into_iter().map(|(value, target)| {
            let then = self.convert(&json!({ "$ref": target }), true);
            json!({ "if": { "properties": { field: { "const": value } }, "required": [field] }, "then": then })
        });
        let choices: Vec<Value> = choices.collect();
        if let Value::Array(all) = out.entry("allOf").or_insert_with(|| json!([])) {
            all.extend(choices);
        }
    }
}

/// Objects that make up another one, as that one: what is wrong with one of their fields is then told without the complaint
/// that nothing names the others.
fn merge(schema: &mut Map<String, Value>) {
    const PLAIN: [&str; 4] = ["type", "properties", "required", "examples"];
    let Some(Value::Array(branches)) = schema.get("allOf") else { return };
    let plain = |branch: &Value| {
        branch.as_object().is_some_and(|fields| fields.keys().all(|key| PLAIN.contains(&key.as_str())))
    };
    if !branches.iter().all(plain) {
        return;
    }
    let branches = branches.clone();
    schema.remove("allOf");
    for branch in &branches {
        schema.insert("type".to_owned(), json!("object"));
        let properties = schema.entry("properties").or_insert_with(|| json!({}));
        for (name, field) in members(branch.get("properties")) {
            let both = match properties.get(name) {
                Some(known) if known.as_object().is_some_and(|known| !known.is_empty()) && known != field => {
                    json!({ "allOf": [known, field] })
                }
                _ => field.clone(),
            };
            properties[name.as_str()] = both;
        }
        let required = schema.entry("required").or_insert_with(|| json!([]));
        if let Value::Array(required) = required {
            required.extend(items(branch.get("required")).cloned());
            required.dedup();
        }
    }
}

/// Bounds that 3.0 excludes by a second keyword.
fn bounds(given: &Map<String, Value>, out: &mut Map<String, Value>) {
    for (plain, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        if given.get(exclusive) == Some(&Value::Bool(true))
            && let Some(bound) = out.remove(plain)
        {
            out.insert(exclusive.to_owned(), bound);
        }
    }
}

/// Whether it says, itself or by what it is composed of, which fields there are.
fn names_fields(schema: &Map<String, Value>) -> bool {
    let named = schema.get("properties").and_then(Value::as_object).is_some_and(|fields| !fields.is_empty());
    let parts = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|key| items(schema.get(key)));
    named || parts.filter_map(Value::as_object).any(names_fields)
}

fn or_null(mut schema: Map<String, Value>) -> Value {
    let composed = ["allOf", "anyOf", "oneOf"].iter().any(|key| schema.contains_key(*key));
    let Some(Value::String(kind)) = schema.get("type").cloned().filter(|_| !composed) else {
        return json!({ "anyOf": [schema, { "type": "null" }] });
    };
    schema.insert("type".to_owned(), json!([kind, "null"]));
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
    Value::Object(schema)
}

fn inferred(example: &Value) -> Value {
    match example {
        Value::Null => json!({}),
        Value::Bool(_) => json!({ "type": ["boolean", "null"], "examples": [example] }),
        Value::Number(_) => json!({ "type": ["number", "null"], "examples": [example] }),
        Value::String(_) => json!({ "type": ["string", "null"], "examples": [example] }),
        Value::Array(values) if values.is_empty() => json!({ "type": "array" }),
        Value::Array(values) => {
            let kinds: Vec<Value> = values.iter().map(inferred).collect();
            json!({ "type": "array", "items": { "anyOf": kinds } })
        }
        Value::Object(fields) => {
            let fields: Map<String, Value> =
                fields.iter().map(|(name, field)| (name.clone(), inferred(field))).collect();
            json!({ "type": "object", "properties": fields, "additionalProperties": false })
        }
    }
}
