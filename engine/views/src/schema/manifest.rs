//! The manifest.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{save_data, text};
use flowrun_core::card::Catalog;
use flowrun_core::keep::{JournalBounds, Keep, Limit};

/// The schema of `flowrun.yaml`.
pub(super) fn body(catalog: &Catalog) -> Value {
    let connectors: BTreeSet<&str> = catalog.iter().filter_map(|card| card.connector()).collect();
    let connector = json!({ "description": "The connector.", "enum": connectors });
    json!({
        "title": "flowrun manifest",
        "description": "What all flows of a project share: tables, connections, variables.",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": {
            "name": text("The project's name."),
            "description": text("What the project is for."),
            "tables": {
                "description": "The tables, by name.",
                "type": ["object", "null"],
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["columns"],
                    "properties": {
                        "kept": {
                            "description": "Whether its rows are there again in the next run; for up to 10,000 rows.",
                            "type": "boolean",
                        },
                        "max_rows": {
                            "description": "How many rows it may have; 500,000 unless it is said.",
                            "type": "integer",
                            "minimum": 1,
                            "maximum": 10_000_000,
                        },
                        "columns": {
                            "description": "The columns and their types.",
                            "type": ["object", "null"],
                            "additionalProperties": {
                                "anyOf": [
                                    { "enum": ["text", "number", "true/false", "date & time"] },
                                    {
                                        "type": "object",
                                        "additionalProperties": false,
                                        "required": ["type"],
                                        "properties": {
                                            "type": { "enum": ["text", "number", "true/false", "date & time"] },
                                            "default": { "description": "What a new row holds here when nothing is given." },
                                        },
                                    },
                                ],
                            },
                        },
                    },
                },
            },
            "connections": {
                "description": "The connections, by name: a connector, or a connector and settings that aren't secrets.",
                "type": ["object", "null"],
                "additionalProperties": {
                    "anyOf": [
                        connector.clone(),
                        { "type": "object", "required": ["connector"], "properties": { "connector": connector } },
                    ],
                },
            },
            "environments": {
                "description": "Where else the flows run, by name: `--env NAME` chooses one. Each has a store of its own.",
                "type": ["object", "null"],
                "propertyNames": { "pattern": "^[A-Za-z0-9_-]{1,40}$" },
                "additionalProperties": {
                    "type": ["object", "null"],
                    "additionalProperties": false,
                    "properties": {
                        "connections": {
                            "description": "Connections of the project that lead elsewhere, each with the settings that differ; its credentials are kept as `NAME@ENVIRONMENT`.",
                            "type": ["object", "null"],
                            "additionalProperties": { "type": ["object", "null"] },
                        },
                        "vars": {
                            "description": "Variables of the project that have other values.",
                            "type": ["object", "null"],
                            "additionalProperties": {
                                "anyOf": [
                                    { "type": ["string", "number", "boolean", "array", "null"] },
                                    {
                                        "type": "object",
                                        "additionalProperties": false,
                                        "properties": {
                                            "value": { "description": "Its value; never a secret." },
                                            "env": text("The environment variable that gives the value where it is set."),
                                        },
                                    },
                                ],
                            },
                        },
                    },
                },
            },
            "on_failure": {
                "description": "The flow that runs after a run has failed whose own flow names none; it finds what failed under `$.error`.",
                "type": "string",
            },
            "save_data": save_data("Whether the data that passes through flows is saved whose own file and folders say nothing of it. Where nothing says it: when all connections of a run are simulated."),
            "folders": {
                "description": "What holds for all flows of a folder and those below it, by its path.",
                "type": ["object", "null"],
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "save_data": save_data("Whether the data that passes through its flows is saved; the nearest folder that says it holds."),
                    },
                },
            },
            "keep": limits("How long runs are kept. An open run is kept whatever stands here.", &Keep::LIMITS),
            "journal": limits("Up to where the journal of an open run stays whole; beyond, it goes on from a checkpoint.", &JournalBounds::LIMITS),
            "exclude": {
                "description": "Which YAML files below the project's folder are no flows: paths from there, with `*`, `?` and `**`; a name without `/` is left out wherever it lies, a folder with all in it.",
                "type": ["array", "null"],
                "items": { "type": "string" },
            },
            "vars": {
                "description": "The variables, by name: a value, or a mapping.",
                "type": ["object", "null"],
                "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" },
                "additionalProperties": {
                    "anyOf": [
                        { "type": ["string", "number", "boolean", "array", "null"] },
                        {
                            "type": "object",
                            "additionalProperties": false,
                            "properties": {
                                "type": { "$ref": "#/$defs/type" },
                                "value": { "description": "Its value; never a secret." },
                                "env": text("The environment variable that gives the value where it is set."),
                                "description": text("What it is for."),
                            },
                        },
                    ],
                },
            },
        },
    })
}

/// Numbers, each with its range and what it usually is.
fn limits(description: &str, limits: &[Limit]) -> Value {
    let number = |limit: &Limit| {
        let schema = json!({
            "description": limit.says,
            "type": ["integer", "null"],
            "minimum": limit.least,
            "maximum": limit.most,
            "default": limit.usual,
        });
        (limit.key.to_owned(), schema)
    };
    json!({
        "description": description,
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": limits.iter().map(number).collect::<serde_json::Map<_, _>>(),
    })
}
