//! The JSON Schema of test files, made of the lists of keys by which they are read, so that an editor knows what the reader knows.

use flowrun_core::fault::FaultKind;
use flowrun_core::{mocks, pattern};
use serde_json::{Map, Value, json};

use super::judge::{OF_A_CARD, OF_A_RUN, OF_A_TABLE, OF_AN_ERROR};
use super::read::{
    CASE_KEYS, EXPECT_KEYS, FILE_KEYS, LOOK_KEYS, MEANWHILE_KEYS, METHODS, REQUEST_KEYS, SAID_KEYS, STATUSES,
    TEST_KEYS,
};

/// The JSON Schema of a test file. It uses what draft 7 and 2020-12 have alike, for editors know the one or the other.
pub fn schema() -> Value {
    let mut file = object(FILE_KEYS, &["tests"]);
    file["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    file["title"] = json!("Flow tests");
    let mut expect = object(EXPECT_KEYS, &[]);
    expect["properties"]["tables"] = described(
        json!({ "type": "object", "additionalProperties": { "anyOf": [
            { "type": "array", "items": { "$ref": "#/$defs/pattern" } },
            { "$ref": "#/$defs/table" },
        ] } }),
        "tables",
    );
    expect["properties"]["simulators"] = described(
        json!({ "type": "object", "additionalProperties": {
            "type": "array",
            "items": { "$ref": "#/$defs/look" },
        } }),
        "simulators",
    );
    let mut look = object(LOOK_KEYS, &["get"]);
    look["properties"]["status"] = part("status");
    let mut response = object(mocks::RESPONSE_KEYS, &[]);
    response["properties"]["status"] =
        described(json!({ "type": "integer", "minimum": 100, "maximum": 599 }), "code");
    response["properties"]["headers"] = described(json!({ "type": "object" }), "headers");
    file["$defs"] = json!({
        "test": object(&[TEST_KEYS, SAID_KEYS].concat(), &[]),
        "case": object(&[CASE_KEYS, SAID_KEYS].concat(), &[]),
        "defaults": object(SAID_KEYS, &[]),
        "expect": expect,
        "meanwhile": one_of(object(MEANWHILE_KEYS, &["after"]), &["cancel", "resume", "kill", "start"]),
        "answer": one_of(object(mocks::KEYS, &[]), &["gives", "pages", "response", "fails"]),
        "failure": object(mocks::FAILURE_KEYS, &[]),
        "asked": object(mocks::REQUEST_KEYS, &[]),
        "response": response,
        "request": one_of(object(&[METHODS, REQUEST_KEYS].concat(), &[]), METHODS),
        "look": look,
        "card": parts(OF_A_CARD),
        "error": parts(OF_AN_ERROR),
        "run": parts(OF_A_RUN),
        "table": parts(OF_A_TABLE),
        "pattern": anything(),
    });
    file
}

/// A mapping that has these keys and no others.
fn object(keys: &[&str], required: &[&str]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), key_of(key))).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// What is expected of something that has these parts: a mapping of them, or operators.
fn parts(keys: &[&str]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), part(key))).collect();
    json!({ "anyOf": [
        { "type": "object", "properties": properties, "additionalProperties": false },
        { "type": "object", "properties": operators(), "minProperties": 1, "additionalProperties": false },
        { "type": ["array", "string", "number", "boolean", "null"] },
    ] })
}

/// The same with one at least of these keys.
fn one_of(mut object: Value, keys: &[&str]) -> Value {
    object["anyOf"] = keys.iter().map(|key| json!({ "required": [key] })).collect();
    object
}

/// Any expectation: a value, or operators in the place of one.
fn anything() -> Value {
    json!({ "anyOf": [
        { "type": ["string", "number", "boolean", "null"] },
        { "type": "array", "items": { "$ref": "#/$defs/pattern" } },
        { "type": "object", "properties": operators(), "minProperties": 1, "additionalProperties": false },
        {
            "type": "object",
            "propertyNames": { "pattern": "^([^~]|$)" },
            "additionalProperties": { "$ref": "#/$defs/pattern" },
        },
    ] })
}

/// Every operator, each also with `not_` before its name.
fn operators() -> Map<String, Value> {
    let both = |name: String| {
        let negated = name.replacen('~', "~not_", 1);
        [(name.clone(), told(&name).to_owned()), (negated, format!("Not: {}", told(&name)))]
    };
    let all = pattern::operators().flat_map(both);
    all.map(|(name, told)| (name, json!({ "description": told }))).collect()
}

fn named(of: &str) -> Value {
    json!({ "type": "object", "additionalProperties": { "$ref": format!("#/$defs/{of}") } })
}

fn one_or_more(of: &str) -> Value {
    let one = json!({ "$ref": format!("#/$defs/{of}") });
    json!({ "anyOf": [one, { "type": "array", "items": one }] })
}

/// What may stand under a key, and what it is for.
fn key_of(key: &str) -> Value {
    let what = match key {
        "flow" | "description" | "skip" | "name" => json!({ "type": "string" }),
        "defaults" | "expect" | "after_crash" => {
            let of = if key == "defaults" { "defaults" } else { "expect" };
            json!({ "allOf": [{ "$ref": format!("#/$defs/{of}") }] })
        }
        "tests" => {
            json!({ "type": "object", "minProperties": 1, "additionalProperties": { "$ref": "#/$defs/test" } })
        }
        "each" => json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/case" } }),
        "tags" | "faults" => json!({ "type": "array", "items": { "type": "string" } }),
        "inputs" | "vars" | "simulators" | "resume" | "gives" => json!({ "type": "object" }),
        "now" => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}" }),
        "dry_run" => json!({ "type": "boolean" }),
        "cancel" | "kill" => json!({ "const": true }),
        "after" => json!({ "type": ["string", "number"] }),
        "start" | "method" => json!({ "type": "string" }),
        "snapshot" => json!({ "type": "array", "items": { "type": "string" } }),
        "recording" => json!({ "type": "string", "pattern": "\\.rec\\.yaml$" }),
        "request" => json!({ "allOf": [{ "$ref": "#/$defs/asked" }] }),
        "response" => json!({ "allOf": [{ "$ref": "#/$defs/response" }] }),
        "path" => json!({ "type": "string", "pattern": "^[/*]" }),
        "tables" => json!({ "type": "object", "additionalProperties": { "anyOf": [
            { "type": "string", "pattern": "^@" },
            { "type": "array", "items": { "type": "object" } },
        ] } }),
        "mocks" => json!({
            "type": "object",
            "propertyNames": { "pattern": "^([a-z]+:.+|[^:]+)$" },
            "additionalProperties": one_or_more("answer"),
        }),
        "meanwhile" => json!({ "type": "array", "items": { "$ref": "#/$defs/meanwhile" } }),
        "status" => json!({ "enum": STATUSES }),
        "cards" => named("card"),
        "error" => json!({ "allOf": [{ "$ref": "#/$defs/error" }] }),
        "requests" => json!({ "type": "object", "additionalProperties": { "anyOf": [
            { "type": "array", "items": { "$ref": "#/$defs/request" } },
            {
                "type": "object",
                "properties": { "exactly": {
                    "type": "array",
                    "items": { "$ref": "#/$defs/request" },
                    "description": told("exactly"),
                } },
                "required": ["exactly"],
                "additionalProperties": false,
            },
        ] } }),
        "when" => named("pattern"),
        "call" => {
            json!({ "type": ["string", "integer"], "pattern": "^ *[0-9]+ *(- *[0-9]*)? *$", "minimum": 1 })
        }
        "item" => json!({ "type": "integer", "minimum": 0 }),
        "times" => json!({ "type": "integer", "minimum": 0 }),
        "pages" => json!({ "type": "array", "items": { "type": "array" } }),
        "fails" => json!({ "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/failure" }] }),
        "kind" => json!({ "enum": FaultKind::ALL.map(|kind| kind.to_string()) }),
        "message" => json!({ "type": "string" }),
        "waited" => json!({ "anyOf": [
            { "type": ["number", "object"] },
            { "type": "string", "pattern": "^ *([0-9]|~)" },
        ] }),
        "code" => json!({ "type": "integer", "minimum": 100 }),
        key if METHODS.contains(&key) => json!({ "type": "string", "pattern": "^[/*]" }),
        _ => json!({ "allOf": [{ "$ref": "#/$defs/pattern" }] }),
    };
    described(what, key)
}

/// What may be expected of a part of a card, an error, a run or a table.
fn part(key: &str) -> Value {
    let what = match key {
        "error" => json!({ "$ref": "#/$defs/error" }),
        _ => json!({ "$ref": "#/$defs/pattern" }),
    };
    described(json!({ "allOf": [what] }), key)
}

fn described(mut what: Value, key: &str) -> Value {
    what["description"] = json!(told(key));
    what
}

/// What a key or an operator is for, in a sentence; empty for what nobody knows.
pub(super) fn told(key: &str) -> &'static str {
    match key {
        "flow" => "Which flow is tested, where the file's name does not say it; of a run, the flow.",
        "description" => "For people.",
        "defaults" => "What is given and expected in all tests that say nothing else.",
        "tests" => "The tests by their names, which say what the flow does.",
        "tags" => "Words for `--tag`.",
        "skip" => "Why it is not run.",
        "each" => "A list of cases; of a card or a list: what is so for each, or for each in turn.",
        "name" => "A name, for people.",
        "expect" => "What is expected; without it, that the run ends well.",
        "after_crash" => "What is expected in its place where a process has died on the way.",
        "inputs" => "Values of inputs; of a card, what it was given.",
        "vars" => "Values of the project's variables.",
        "now" => "When the run starts.",
        "dry_run" => "Whether everything that would change something is withheld.",
        "tables" => {
            "What tables hold, before or afterwards: a list of rows, or the name of a CSV file as \"@people.csv\"."
        }
        "simulators" => {
            "The options that the command line has for simulators; what a vendor tells afterwards."
        }
        "faults" => "How simulators misbehave, as `--fault` has it.",
        "mocks" => {
            "What is answered in place of cards (`slack.send_message`, `sent`, `greet_one/sent`) and flows (`flow:greet_one`)."
        }
        "meanwhile" => "What happens while the run goes on.",
        "status" => "How it ends.",
        "cards" => "What is expected of cards, by ID or `flow/ID`; of counts, how many ran.",
        "requests" => "The requests that are sent, by vendor.",
        "outputs" => "What it puts out.",
        "answer" => "What the caller of an API endpoint is answered: `status`, `headers`, `body`.",
        "error" => "What it fails with.",
        "waited" => "How much time passes: `15 min`, `{ ~lte: 15 min }`.",
        "warnings" => "The messages of warnings.",
        "counts" => "How many `cards`, `effects` and `flows` ran.",
        "started" => "The runs that began meanwhile, in their order.",
        "after" => "How long after the start; of an answer, how long it takes.",
        "cancel" => "Somebody cancels the run.",
        "resume" => "Somebody answers its pause with this.",
        "kill" => "Its process dies, and another goes on with the run.",
        "start" => "A run of this flow begins.",
        "get" | "post" | "put" | "patch" | "delete" => {
            "The path of the request, from its `/` on; `*` stands for any letters of one part."
        }
        "query" => "What its query is.",
        "snapshot" => "Of what a snapshot is taken: parts of `expect`, as `[outputs, requests]`.",
        "recording" => "The file of a recording beside the test, which answers in place of vendors.",
        "request" => "Of a host: which requests the answer is for; all where nothing is said.",
        "response" => "Of a host: what it answers.",
        "method" => "The method of the request.",
        "path" => "The path of the request, from its `/` on; `*` stands for any letters of one part.",
        "headers" => "Headers by their names.",
        "body" => "What its body is.",
        "times" => "How often.",
        "exactly" => "These requests, and nothing else that changes something.",
        "when" => "The fields that must be so for this answer.",
        "call" => "Which call it is for, counted from 1: `2`, `2-3`, `4-`.",
        "item" => "Which item of the innermost loop it is for, counted from 0.",
        "gives" => "The outputs that are answered.",
        "pages" => "Of a card that streams: a list of pages, each a list of records.",
        "fails" => "A failure: its message, or `kind`, `message`, `code` and `body`.",
        "kind" => "The kind of the failure, as `Rate Limit`.",
        "message" => "What it says.",
        "code" => "Its HTTP status.",
        "called" => "How often it is called.",
        "tries" => "How often it was tried.",
        "branch" => "Which way it goes: `then`, `else`, `case_1`, `try`, `catch`.",
        "items" => "Of a loop: `count` and `failed`.",
        "card" => "The ID of the card that failed first.",
        "input" => "The input that was wrong.",
        "help" => "What helps.",
        "chain" => "The flows on the way to the card.",
        "count" => "How many rows it has.",
        "rows" => "Its rows.",
        "~equals" => "This value, whole.",
        "~not" => "What this does not hold for.",
        "~gt" => "More than this, or later.",
        "~gte" => "This or more, or later.",
        "~lt" => "Less than this, or earlier.",
        "~lte" => "This or less, or earlier.",
        "~near" => "A number no further from the first than the second: `[2.05, 0.1]`.",
        "~in" => "One of these.",
        "~contains" => "A text with this in it, or a list of texts with one like it.",
        "~starts_with" => "A text that begins so.",
        "~ends_with" => "A text that ends so.",
        "~matches" => "A text that a regular expression fits.",
        "~exists" => "Something (true) or nothing (false).",
        "~empty" => "What is empty (true) or not (false).",
        "~type" => "A value of this type, as `list of text`.",
        "~length" => "A text, list or object of this length.",
        "~any" => "A list of which one item is so.",
        "~all" => "A list of which each item is so.",
        "~none" => "A list of which no item is so.",
        "~unordered" => "A list of these items in any order.",
        "~exactly" => "An object with these members and no others.",
        "~json" => "A text that is JSON of this.",
        "~secret" => "A secret (true) or none (false).",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_told() {
        let schema = schema().to_string();
        for key in crate::form::keys() {
            assert!(!told(&key).is_empty(), "nothing is told of `{key}`");
            assert!(schema.contains(&format!("\"{key}\":{{")), "`{key}` is not in the schema");
        }
    }
}
