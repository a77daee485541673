//! Cards held against what independent implementations answered: the tables in `tests/conformance/oracles`, which its scripts record.
//!
//! Where a card differs on purpose, `decided.yaml` there says for which rows, what it gives, how many they are and why.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use flowrun_cards::catalog;
use flowrun_core::diag::Severity;
use flowrun_core::source::Sources;
use flowrun_core::value::{Value, parse_json};
use flowrun_tests::examine;
use flowrun_tests::perform::perform;
use regex::Regex;
use serde::Deserialize;

/// A kind of difference that is meant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    /// The table.
    family: String,
    /// What the row looks like: a pattern that is found in its line.
    row: String,
    /// What flowrun gives: a pattern that is found in the outputs, as JSON, or in the message.
    gives: String,
    /// How many rows differ so.
    rows: usize,
    /// Why that is right, and the page that it follows.
    why: String,
}

/// One case: its line, the card, its inputs, and what is right.
struct Row<'t> {
    line: &'t str,
    card: Value,
    inputs: Value,
    right: Value,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/oracles")
}

fn row(line: &str) -> Row<'_> {
    let Ok(Value::List(parts)) = parse_json(line) else { panic!("no row: {line}") };
    let [card, inputs, right] = &parts[..] else { panic!("no row: {line}") };
    Row { line, card: card.clone(), inputs: inputs.clone(), right: right.clone() }
}

/// What a card gives, or its message.
fn given(row: &Row<'_>) -> Result<Value, String> {
    let card = row.card.as_text().unwrap();
    if card == "schedule" {
        return schedule(&row.inputs);
    }
    let card = catalog().get(card).unwrap_or_else(|| panic!("no card {card}")).clone();
    perform(&card, &row.inputs, &[]).map_err(|fault| fault.to_string())
}

/// What `check` says of a flow's schedule.
fn schedule(inputs: &Value) -> Result<Value, String> {
    let mut sources = Sources::default();
    let trigger = format!("trigger: {{ schedule: {} }}\ncards: []\n", inputs.to_json());
    sources.add("flow.yaml", &trigger);
    let (_, found) = examine(&sources, &[]);
    match found.iter().find(|found| found.code.severity() == Severity::Error) {
        Some(mistake) => Err(mistake.message.clone()),
        None => {
            let never = found.iter().any(|found| found.message.contains("never comes"));
            Ok(Value::object([("comes", Value::from(!never))]))
        }
    }
}

/// Cards whose last digit is the system's: no standard says how its library of mathematics rounds.
const ROUNDED_BY_THE_SYSTEM: &[&str] = &["number.exponent", "number.log", "number.power"];

/// Whether a card gave what is right: at least the outputs that the oracle knows of.
fn agrees(row: &Row<'_>, given: &Result<Value, String>) -> bool {
    let rounded = row.card.as_text().is_some_and(|card| ROUNDED_BY_THE_SYSTEM.contains(&&**card));
    let same = |given: &Value, right: &Value| match (given, right) {
        (Value::Number(given), Value::Number(right)) if rounded => {
            (given - right).abs() <= f64::EPSILON * right.abs()
        }
        _ => given == right,
    };
    match (given, &row.right) {
        (Err(_), right) => right.as_text().is_some_and(|right| &**right == "refused"),
        (Ok(Value::Object(given)), Value::Object(right)) => {
            right.iter().all(|(name, right)| same(given.get(name).unwrap_or(&Value::Null), right))
        }
        _ => false,
    }
}

/// The table's name and what is wrong with it, if something is, and how it was held.
fn hold(family: &str, table: &str, decided: &[Decided]) -> (String, String) {
    let mut lines = table.lines();
    let head = parse_json(lines.next().unwrap()).unwrap();
    for key in ["oracle", "versions", "seed", "recorded", "command"] {
        assert!(head.as_object().unwrap().contains_key(key), "{family}: the head lacks {key}");
    }
    let kinds: Vec<(&Decided, Regex, Regex)> = decided
        .iter()
        .filter(|kind| kind.family == family)
        .map(|kind| (kind, Regex::new(&kind.row).unwrap(), Regex::new(&kind.gives).unwrap()))
        .collect();
    let (mut rows, mut faults, mut counts, mut wrong) = (0, 0, vec![0_usize; kinds.len()], String::new());
    for row in lines.map(row) {
        rows += 1;
        let given = given(&row);
        if agrees(&row, &given) {
            continue;
        }
        let told = given.as_ref().map_or_else(String::clone, Value::to_json);
        match kinds.iter().position(|(_, line, gives)| line.is_match(row.line) && gives.is_match(&told)) {
            Some(kind) => counts[kind] += 1,
            None => {
                faults += 1;
                writeln!(wrong, "{}\n  gives {told}", row.line).unwrap();
            }
        }
    }
    for ((kind, ..), count) in kinds.iter().zip(&counts) {
        if kind.rows != *count {
            writeln!(
                wrong,
                "decided.yaml has {} rows that differ so, found {count}: {}",
                kind.rows, kind.why
            )
            .unwrap();
        }
    }
    let differ: usize = counts.iter().sum();
    let told = format!("{family}: {rows} rows, {differ} differ by decision, {faults} wrong");
    (told, wrong)
}

#[test]
fn cards_answer_as_others_do() {
    let decided = std::fs::read_to_string(folder().join("decided.yaml")).unwrap();
    let decided: Vec<Decided> = serde_yaml::from_str(&decided).unwrap();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "jsonl"));
    files.sort();
    let name = |file: &Path| file.file_stem().unwrap().to_str().unwrap().to_owned();
    for kind in &decided {
        assert!(files.iter().any(|file| name(file) == kind.family), "no table {}", kind.family);
        assert!(!kind.why.is_empty() && kind.rows > 0, "{}: why, and how many?", kind.row);
    }
    let held: Vec<(String, String)> = files
        .iter()
        .map(|file| hold(&name(file), &std::fs::read_to_string(file).unwrap(), &decided))
        .collect();
    let told: Vec<&str> = held.iter().map(|(told, _)| told.as_str()).collect();
    let wrong: String = held.iter().map(|(_, wrong)| wrong.as_str()).collect();
    assert!(wrong.is_empty(), "{}\n\n{wrong}", told.join("\n"));
    assert!(files.len() >= 11, "{}", told.join("\n"));
}
