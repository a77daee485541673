//! The JSON Schema of the language, made from the cards' declarations, so that editors complete and check flow files.
//!
//! It says less than the checker and never more: what it refuses, `flowrun check` refuses too.

mod card;
mod manifest;

use serde_json::{Map, Value, json};

use flowrun_core::card::Catalog;
use flowrun_core::settings::{self, Kind, Setting};
use flowrun_core::types::Type;

/// The draft that every editor knows; the YAML server of VS Code knows no later one whole.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of a flow file with the cards of `catalog`; that of the manifest is its `$defs/manifest`.
pub fn schema(catalog: &Catalog) -> Value {
    let mut schema = json!({
        "$schema": DRAFT,
        "title": "flowrun flow",
        "description": "A flow: what starts it, what it takes and gives, and its cards.",
        "type": "object",
        "required": ["cards"],
        "additionalProperties": false,
        "properties": {
            "name": text("The flow's name, as people read it; the name of its file where none is given."),
            "description": text("What the flow does."),
            "trigger": { "$ref": "#/$defs/trigger" },
            "alone": {
                "description": "Which runs may not go on beside one that starts with the flow.",
                "type": "object",
                "additionalProperties": false,
                "required": ["key"],
                "properties": {
                    "key": { "description": "Runs for which this comes to the same exclude each other; it may read inputs and variables." },
                    "others": {
                        "description": "What becomes of a run while another one has the key: it does not start, or waits for the other one's end.",
                        "enum": ["refuse", "wait"],
                        "default": "refuse",
                    },
                },
            },
            "concurrency": setting("concurrency"),
            "priority": setting("priority"),
            "on_failure": text("The flow that runs after a run which starts with this one has failed; it finds what failed under `$.error`."),
            "save_data": save_data("Whether the data that passes through the flow is saved; as its folder, or else the project, where it is not said."),
            "convert": {
                "description": "`none`: what it takes and gives passes as it is; the types are for people.",
                "enum": ["none"],
            },
            "inputs": inputs(),
            "outputs": outputs(),
            "cards": { "$ref": "#/$defs/cards" },
        },
    });
    let mut defs = common();
    defs.insert("card".into(), card::card(catalog));
    for card in catalog.iter() {
        defs.insert(card.id.to_string(), card::one(card));
    }
    defs.insert("manifest".into(), manifest::body(catalog));
    schema["$defs"] = defs.into();
    schema
}

/// The schema of `flowrun.yaml` by itself, for editors that want a file for each kind of file.
pub fn manifest(catalog: &Catalog) -> Value {
    let mut schema = manifest::body(catalog);
    schema["$schema"] = DRAFT.into();
    schema["$defs"] = json!({ "type": types() });
    schema
}

fn save_data(description: &str) -> Value {
    json!({ "description": description, "enum": ["on", "off"] })
}

fn inputs() -> Value {
    json!({
        "description": "What the flow takes: names and types.",
        "type": ["object", "null"],
        "additionalProperties": { "$ref": "#/$defs/input" },
    })
}

fn outputs() -> Value {
    json!({
        "description": "What the flow gives: names and types.",
        "type": ["object", "null"],
        "additionalProperties": { "$ref": "#/$defs/type" },
    })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn common() -> Map<String, Value> {
    let defs = json!({
        "type": types(),
        "expression": {
            "description": "A wire (`$.card.output`) or a template (`{{ … }}`).",
            "type": "string",
            "pattern": r"^\$($|\.|\[)|\{\{|\{%",
        },
        "fields": { "type": ["object", "null"] },
        "cards": { "type": ["array", "null"], "items": { "$ref": "#/$defs/card" } },
        "input": {
            "anyOf": [
                { "$ref": "#/$defs/type" },
                { "type": "null" },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "type": { "$ref": "#/$defs/type" },
                        "default": { "description": "Its value where the caller passes none." },
                        "choices": { "type": "array", "description": "The values it may have." },
                        "convert": { "description": "`none`: what is passed stays as it is.", "enum": ["none"] },
                        "description": text("What it means."),
                    },
                },
            ],
        },
        "inline": {
            "description": "A short flow that only this card runs: it reads its own inputs, which get what stands under `pass`, and its own cards.",
            "type": "object",
            "required": ["cards"],
            "additionalProperties": false,
            "properties": {
                "inputs": inputs(),
                "outputs": outputs(),
                "cards": { "$ref": "#/$defs/cards" },
            },
        },
        "trigger": trigger(),
        "duration": {
            "description": "`30 s`, `5 min`, `2 hours`, or a number of seconds.",
            "type": ["string", "number"],
        },
        "on_error": {
            "description": "What happens when the card fails: the flow stops, returns, or stops after another flow has run.",
            "anyOf": [
                { "enum": ["stop", "return"] },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["return"],
                    "properties": { "return": { "type": ["object", "null"], "description": "The outputs that the flow gives." } },
                },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["call"],
                    "properties": {
                        "call": text("The flow that runs; it finds the error under `$.error`."),
                        "pass": { "$ref": "#/$defs/fields" },
                    },
                },
            ],
        },
        "retry": {
            "description": "How often the card is tried again when it fails.",
            "type": "object",
            "additionalProperties": false,
            "required": ["times"],
            "properties": {
                "times": { "type": "integer", "minimum": 1, "maximum": 5 },
                "wait": {
                    "description": "How long to wait before each; of two, a time between them is chosen.",
                    "anyOf": [
                        { "$ref": "#/$defs/duration" },
                        { "type": "array", "items": { "$ref": "#/$defs/duration" }, "minItems": 2, "maxItems": 2 },
                    ],
                },
                "on": {
                    "description": "Which failures are worth another try: a vendor's rate limit; any, unless it is not known whether the card has changed something that it may not change twice; or even then.",
                    "enum": ["rate_limit", "any", "even_if_done"],
                    "default": "rate_limit",
                },
            },
        },
        "case": {
            "type": "object",
            "additionalProperties": false,
            "required": ["when", "cards"],
            "properties": {
                "id": identifier("The name under which `outputs` knows the case; `case_1` and so on where none is given."),
                "when": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": { "value_a": true, "operator": {}, "value_b": true },
                },
                "cards": { "$ref": "#/$defs/cards" },
            },
        },
        "outputs": {
            "description": "What comes out: for each output its type, or what each branch gives.",
            "type": ["object", "null"],
            "additionalProperties": { "anyOf": [{ "$ref": "#/$defs/type" }, { "type": "object" }] },
        },
    });
    match defs {
        Value::Object(defs) => defs,
        _ => Map::new(),
    }
}

fn identifier(description: &str) -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "description": description })
}

fn types() -> Value {
    let single: Vec<&str> = Type::NAMES.iter().copied().filter(|name| !name.starts_with("list")).collect();
    let mut names = single.clone();
    names.push("list");
    let lists = single.iter().map(|name| format!("list of {name}"));
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).chain(lists).collect();
    json!({ "description": "A type.", "enum": names })
}

/// The properties, with those of settings.
fn with(settings: &[Setting], properties: Value) -> Value {
    let Value::Object(mut properties) = properties else { return properties };
    properties.extend(settings.iter().map(|setting| (setting.key.to_owned(), schema_of(setting))));
    Value::Object(properties)
}

fn setting(key: &str) -> Value {
    settings::FLOW.iter().find(|setting| setting.key == key).map_or(Value::Null, schema_of)
}

fn schema_of(setting: &Setting) -> Value {
    let mut schema = match setting.kind {
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Duration(..) => json!({ "type": ["string", "number"] }),
        Kind::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Text => json!({ "type": "string" }),
        Kind::Texts => json!({ "type": ["string", "array"], "items": { "type": "string" } }),
    };
    schema["description"] = json!(setting.says);
    schema
}

fn trigger() -> Value {
    let only = |name: &str, body: Value| json!({ "type": "object", "additionalProperties": false, "required": [name], "properties": { name: body } });
    json!({
        "description": "What starts the flow; another flow or a person, where nothing is said.",
        "anyOf": [
            { "enum": ["helper", "delegated", "api_endpoint"] },
            only("schedule", json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["cron"],
                "properties": with(settings::SCHEDULE, json!({
                    "cron": text("Five or six cron fields: `0 2 * * *` is every day at 2."),
                    "time_zone": text("An IANA time zone, as Europe/Berlin; UTC where none is given."),
                    "start": text("Not before this date & time."),
                    "end": text("Not after this date & time."),
                })),
            })),
            only("api_endpoint", json!({
                "type": ["object", "null"],
                "additionalProperties": false,
                "properties": with(settings::ENDPOINT, json!({
                    "method": { "enum": ["get", "post"] },
                    "security": { "enum": ["public", "token", "oauth"] },
                })),
            })),
            only("event", json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["event"],
                "properties": with(settings::EVENT, json!({
                    "event": text("The connector's event, as okta.user_created."),
                    "with": {
                        "description": "What it is limited to, as an application, by the event's own fields.",
                        "type": ["object", "null"],
                    },
                    "filter": { "description": "Which of the events count." },
                })),
            })),
            only("poll", json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["card", "id"],
                "properties": with(settings::POLL, json!({
                    "card": text("The card that lists, as okta.list_users_with_search."),
                    "connection": text("The connection that it uses, where several would fit."),
                    "with": { "description": "Its fields.", "type": ["object", "null"] },
                })),
            })),
            only("webhook", json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["name"],
                "properties": with(settings::WEBHOOK, json!({
                    "name": text("The last part of its address, /hooks/NAME."),
                })),
            })),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowrun_core::control;

    fn refs<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| refs(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| refs(item, found)),
            _ => {}
        }
    }

    #[test]
    fn holds_together() {
        let catalog = Catalog::new(control::cards());
        for schema in [schema(&catalog), manifest(&catalog)] {
            let mut found = Vec::new();
            refs(&schema, &mut found);
            assert!(!found.is_empty());
            for reference in found {
                let name = reference.strip_prefix("#/$defs/").unwrap();
                assert!(schema["$defs"].get(name).is_some(), "{reference}");
            }
        }
    }

    #[test]
    fn knows_the_cards() {
        let schema = schema(&Catalog::new(control::cards()));
        let ids = schema["$defs"]["card"]["properties"]["card"]["anyOf"][0]["enum"].as_array().unwrap();
        assert_eq!(ids.len(), control::cards().len());
        let wait = &schema["$defs"]["flow_control.wait_for"];
        assert_eq!(wait["properties"]["with"]["required"], json!(["delay"]));
        assert_eq!(wait["properties"]["with"]["properties"]["unit"]["default"], "second");
        assert_eq!(wait["properties"]["then"], false);
        assert_eq!(wait["properties"]["connection"], false);
        let branch = &schema["$defs"]["branching.if_else"];
        assert_eq!(branch["properties"].get("then"), None);
        assert_eq!(branch["properties"]["cases"], false);
        let call = &schema["$defs"]["flow_control.call_flow"];
        assert_eq!(call["properties"].get("pass"), None);
        let fields = &schema["$defs"]["flow_control.return"]["properties"]["with"]["additionalProperties"];
        assert!(fields["description"].is_string());
    }
}
