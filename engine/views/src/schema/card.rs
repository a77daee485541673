//! Cards: what all have, and what each has by its declaration.

use serde_json::{Map, Value, json};

use super::{identifier, text};
use flowrun_core::card::{Card, Catalog, Control, Field, Literal, Rest, Work};
use flowrun_core::types::{Kind, Type};

/// A card: what all have, then what each has, by its name.
pub(super) fn card(catalog: &Catalog) -> Value {
    let ids: Vec<&str> = catalog.iter().map(|card| &*card.id).collect();
    let docs: Vec<&str> = catalog.iter().map(|card| card.summary()).collect();
    let each: Vec<Value> = catalog
        .iter()
        .map(|card| {
            json!({
                "if": { "required": ["card"], "properties": { "card": { "const": &*card.id } } },
                "then": { "$ref": format!("#/$defs/{}", card.id) },
            })
        })
        .collect();
    json!({
        "type": "object",
        "required": ["card"],
        "additionalProperties": false,
        "properties": {
            "id": identifier("The name by which wires read the card: `$.<id>.<output>`."),
            // `enumDescriptions` is what editors show beside each name; validators pass it over.
            "card": {
                "description": "Which card it is.",
                "anyOf": [
                    { "enum": ids, "enumDescriptions": docs },
                    // Cards of connectors that flowrun lacks.
                    { "type": "string", "pattern": r"^external\.[^.]+\.[^.]+$" },
                ],
            },
            "connection": text("The connection it uses, as the manifest names it; the connector's only one where none is given."),
            "with": { "$ref": "#/$defs/fields" },
            "pass": { "$ref": "#/$defs/fields" },
            "then": { "$ref": "#/$defs/cards" },
            "else": { "$ref": "#/$defs/cards" },
            "cases": { "type": "array", "items": { "$ref": "#/$defs/case" } },
            "try": { "$ref": "#/$defs/cards" },
            "catch": { "$ref": "#/$defs/cards" },
            "outputs": { "$ref": "#/$defs/outputs" },
            "on_error": { "$ref": "#/$defs/on_error" },
            "retry": { "$ref": "#/$defs/retry" },
            "timeout": { "$ref": "#/$defs/duration" },
            "title": text("What you call the card; its own name where none is given."),
            "note": text("Your remark; the console shows it at the card."),
        },
        "allOf": each,
    })
}

/// What one card has: its fields, and which of the other keys are not for it.
pub(super) fn one(card: &Card) -> Value {
    let mut properties = Map::new();
    properties.insert("with".into(), fields(&card.inputs, card.rest_in.as_ref()));
    let arms: &[&str] = match card.work {
        Work::Control(Control::IfElse) => &["then", "else"],
        Work::Control(Control::IfElseIf) => &["cases", "else"],
        Work::Control(Control::IfError) => &["try", "catch"],
        _ => &[],
    };
    for arm in ["then", "else", "cases", "try", "catch"] {
        if !arms.contains(&arm) {
            properties.insert(arm.into(), false.into());
        }
    }
    if !card.inputs.iter().any(|field| field.ty.kind == Kind::Flow) {
        properties.insert("pass".into(), false.into());
    }
    if card.connector().is_none() {
        properties.insert("connection".into(), false.into());
    }
    let mut schema = json!({ "title": card.title(), "description": &*card.docs, "properties": properties });
    if card.inputs.iter().any(|field| field.required) {
        schema["required"] = json!(["with"]);
    }
    schema
}

fn fields(fields: &[Field], rest: Option<&Rest>) -> Value {
    let required: Vec<&str> =
        fields.iter().filter(|field| field.required).map(|field| &*field.name).collect();
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_string(), field_of(field))).collect();
    let others = rest.map_or(Value::Bool(false), |rest| {
        let mut schema = accepts(rest.ty);
        schema["description"] = (*rest.docs).into();
        schema
    });
    let ty = if required.is_empty() { json!(["object", "null"]) } else { json!("object") };
    json!({ "type": ty, "properties": properties, "required": required, "additionalProperties": others })
}

fn field_of(field: &Field) -> Value {
    let mut schema = if field.choices.is_empty() {
        accepts(field.ty)
    } else {
        json!({ "anyOf": [{ "enum": field.choices.iter().collect::<Vec<_>>() }, { "$ref": "#/$defs/expression" }] })
    };
    schema["description"] = format!("{} ({})", field.docs.trim_end(), field.ty).into();
    match &field.default {
        Literal::Null => {}
        Literal::Bool(value) => schema["default"] = (*value).into(),
        // 10, not 10.0: that is how an author would write it.
        Literal::Number(value) if value.fract() == 0.0 => schema["default"] = (*value as i64).into(),
        Literal::Number(value) => schema["default"] = (*value).into(),
        Literal::Text(value) => schema["default"] = (**value).into(),
    }
    schema
}

/// What a field of a type accepts: its constants, what converts to them, wires and templates.
fn accepts(ty: Type) -> Value {
    let one = match ty.kind {
        Kind::Any => return json!({}),
        // Texts take everything: numbers and objects are written out.
        Kind::Text => return json!({}),
        Kind::Number => vec![
            json!({ "type": ["number", "null"] }),
            json!({ "type": "string", "pattern": r"^\s*[-+]?[0-9.]" }),
        ],
        Kind::Bool => vec![
            json!({ "type": ["boolean", "number", "null"] }),
            json!({ "type": "string", "pattern": r"^\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[01])?\s*$" }),
        ],
        // An object may be written as a JSON text, and so may a list of them.
        Kind::Object => vec![
            json!({ "type": ["object", "null"] }),
            json!({ "type": "string", "pattern": if ty.list { r"^\s*(\[|\{|$)" } else { r"^\s*(\{|$)" } }),
        ],
        Kind::Date | Kind::File | Kind::Secret | Kind::Flow | Kind::Table => {
            vec![json!({ "type": ["string", "null"] })]
        }
    };
    let mut options = one;
    options.push(json!({ "$ref": "#/$defs/expression" }));
    if ty.list {
        let item = json!({ "anyOf": options });
        // One value counts as a list of one.
        return json!({ "anyOf": [{ "type": "array", "items": item }, item] });
    }
    json!({ "anyOf": options })
}
