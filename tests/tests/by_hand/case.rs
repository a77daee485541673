//! A case as its file has it, and whether what came is what was expected.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value as Json};

/// The cases of an export.
pub struct File {
    /// The export, below the corpus.
    pub export: String,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// A flow, what it gets, and what must come of it.
pub struct Case {
    /// The flow's title.
    pub flow: String,
    /// What the case shows.
    pub case: String,
    /// What the start gets.
    pub inputs: Map<String, Json>,
    /// The time, if it matters.
    pub now: Option<String>,
    /// Rows before the run.
    pub tables: Map<String, Json>,
    /// What cards answer, by their titles.
    pub answers: Map<String, Json>,
    expected: Map<String, Json>,
}

/// What came of a run.
#[derive(Default)]
pub struct Outcome {
    /// The flow's outputs.
    pub outputs: Json,
    /// What each card gave, in the order of the run: title and outputs by their keys.
    pub cards: Vec<(String, Map<String, Json>)>,
    /// The rows of each table, by its title.
    pub tables: BTreeMap<String, Vec<Json>>,
    /// What was asked of vendors, in the order of the run: title and fields, by key and by group and key.
    pub sent: Vec<(String, Map<String, Json>)>,
    /// The title of the card that failed, and why.
    pub error: Option<(String, String)>,
}

const KEYS: &[&str] = &["flow", "case", "inputs", "now", "tables", "answers", "expected", "why", "unsure"];
const EXPECTED: &[&str] = &["outputs", "cards", "tables", "sent", "error"];

impl File {
    /// Reads a file of cases; panics if it can't be understood.
    pub fn read(path: &Path) -> File {
        let text = std::fs::read_to_string(path).unwrap();
        let file: Json =
            serde_yaml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        let case = |case: &Json| {
            let case = case.as_object().unwrap();
            known(path, case, KEYS);
            let map = |key: &str| case.get(key).and_then(Json::as_object).cloned().unwrap_or_default();
            let text = |key: &str| case.get(key).and_then(Json::as_str).map(str::to_owned);
            let expected = map("expected");
            known(path, &expected, EXPECTED);
            Case {
                flow: text("flow").unwrap(),
                case: text("case").unwrap(),
                inputs: map("inputs"),
                now: text("now"),
                tables: map("tables"),
                answers: map("answers"),
                expected,
            }
        };
        File {
            export: file["export"].as_str().unwrap().to_owned(),
            cases: file["flows"].as_array().unwrap().iter().map(case).collect(),
        }
    }
}

fn known(path: &Path, map: &Map<String, Json>, keys: &[&str]) {
    if let Some(key) = map.keys().find(|key| !keys.contains(&key.as_str())) {
        panic!("{} has the unknown key {key}", path.display());
    }
}

impl Case {
    /// Whether all is as expected; else what is not.
    pub fn judge(&self, came: &Outcome) -> Result<(), String> {
        let mut wrong = Vec::new();
        let expects = |key: &str| self.expected.get(key);
        match (expects("error").and_then(Json::as_str), &came.error) {
            (None, Some((card, message))) => wrong.push(format!("it fails: {card}: {message}")),
            (Some(expected), None) => wrong.push(format!("it does not fail with {expected}")),
            (Some(expected), Some((card, message))) => {
                let found = format!("{card}: {message}");
                if !found.starts_with(expected) {
                    wrong.push(format!("expected the error {expected}\n   found {found}"));
                }
            }
            (None, None) => {}
        }
        if let Some(expected) = expects("outputs") {
            let none = Map::new();
            let found = came.outputs.as_object().unwrap_or(&none);
            wrong.extend(differs("outputs", expected.as_object().unwrap(), found, true));
        }
        for expected in expects("cards").and_then(Json::as_array).into_iter().flatten() {
            wrong.extend(card(expected, &came.cards));
        }
        for (table, expected) in expects("tables").and_then(Json::as_object).into_iter().flatten() {
            let found = came.tables.get(table).map(Vec::as_slice).unwrap_or_default();
            wrong.extend(rows(table, expected.as_array().unwrap(), found));
        }
        if let Some(expected) = expects("sent").and_then(Json::as_array) {
            wrong.extend(sent(expected, &came.sent));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }
}

/// Outputs that a card of this title gave at any time.
fn card(expected: &Json, came: &[(String, Map<String, Json>)]) -> Option<String> {
    let title = expected["card"].as_str().unwrap();
    let mut last = None;
    for (_, outputs) in came.iter().filter(|(found, _)| found == title) {
        match said(title, "outputs", expected, outputs) {
            None => return None,
            wrong => last = wrong,
        }
    }
    last.or_else(|| Some(format!("no card {title} ran")))
}

/// The rows of a table, in any order; a column that isn't named is blank, `any` leaves a cell open.
fn rows(table: &str, expected: &[Json], found: &[Json]) -> Option<String> {
    let shown = |rows: &[Json]| rows.iter().map(Json::to_string).collect::<Vec<_>>().join("\n    ");
    let mut left: Vec<&Json> = found.iter().collect();
    let mut missing = false;
    for row in expected {
        let row = row.as_object().unwrap();
        let fits = |found: &&Json| {
            let found = found.as_object().unwrap();
            row.iter().all(|(column, value)| {
                *value == "any" || same(value, found.get(column).unwrap_or(&Json::Null))
            }) && found.iter().all(|(column, value)| row.contains_key(column) || is_blank(value))
        };
        match left.iter().position(fits) {
            Some(place) => drop(left.remove(place)),
            None => missing = true,
        }
    }
    (missing || !left.is_empty())
        .then(|| format!("table {table}\n  expected\n    {}\n  found\n    {}", shown(expected), shown(found)))
}

/// The calls in their order; of each the fields that matter.
fn sent(expected: &[Json], found: &[(String, Map<String, Json>)]) -> Option<String> {
    let titles = |titles: Vec<&str>| titles.join(", ");
    let wanted: Vec<&str> = expected.iter().map(|call| call["card"].as_str().unwrap()).collect();
    let called: Vec<&str> = found.iter().map(|(title, _)| title.as_str()).collect();
    if wanted != called {
        return Some(format!("expected the calls {}\n   found {}", titles(wanted), titles(called)));
    }
    for (expected, (title, fields)) in expected.iter().zip(found) {
        if let Some(wrong) = said(&format!("call of {title}"), "inputs", expected, fields) {
            return Some(wrong);
        }
    }
    None
}

/// The members named under `key` are as they say, those named under `contains` hold the text.
fn said(what: &str, key: &str, expected: &Json, found: &Map<String, Json>) -> Option<String> {
    let named = |key: &str| expected.get(key).and_then(Json::as_object).cloned().unwrap_or_default();
    let lacks = named("contains").into_iter().find_map(|(key, part)| {
        let part = part.as_str().unwrap().to_owned();
        let came = found.get(&key).unwrap_or(&Json::Null);
        let holds = came.as_str().is_some_and(|text| text.contains(&part));
        (!holds).then(|| format!("{what}: {key} lacks {part:?}\n  found {came}"))
    });
    differs(what, &named(key), found, false).or(lacks)
}

/// The members that are not as expected; `whole` if there may be no others but blank ones.
fn differs(
    what: &str,
    expected: &Map<String, Json>,
    found: &Map<String, Json>,
    whole: bool,
) -> Option<String> {
    let mut wrong = Vec::new();
    for (key, value) in expected {
        let came = found.get(key).unwrap_or(&Json::Null);
        if !same(value, came) {
            wrong.push(format!("{what}: {key}\n  expected {value}\n  found    {came}"));
        }
    }
    for (key, value) in
        found.iter().filter(|(key, value)| whole && !expected.contains_key(*key) && !value.is_null())
    {
        wrong.push(format!("{what}: {key} is {value}, which is not expected"));
    }
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

fn is_blank(value: &Json) -> bool {
    value.is_null() || *value == ""
}

/// Numbers are the same whatever their form.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}
