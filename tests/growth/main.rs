//! Nothing grows faster than it must: what the cards of lists, objects, texts and tables allocate in loops of n, 2n and 4n turns.
//!
//! A card that is done once for each item in the same space allocates twice as much for twice as many; one that copies all that
//! came before, four times as much. Bytes are counted, never time, so this is a program of its own: its allocator counts.
//!
//! To add a case, add a row to a file of `tests/growth`. `with` are the card's fields, `before` are cards that run before it, and
//! - `changes: START` with `gives: WIRE`: the card's output is the running value of Reduce, `$.inputs.memo`, from then on;
//! - `looks: KIND`: the card reads `$.inputs.all`, which has n values, and gives little: in For Each, Repeat and Reduce;
//! - `makes: KIND`: it makes something of n values each time, in For Each, which is quadratic by nature; held so that no row says so
//!   in vain.

#![allow(clippy::unwrap_used)]

use std::alloc::System;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use cap::Cap;
use flowrun_core::card::{Card, Work};
use flowrun_tests::{registry, run_case, sources, times};
use serde_json::{Value, json};

#[global_allocator]
static COUNTING: Cap<System> = Cap::new(System, usize::MAX);

/// The families of which every card must have a row.
const FAMILIES: [&str; 4] = ["list.", "object.", "text.", "tables."];

/// Two tables that rows may work on.
const TABLES: &str = "\
#### file: flowrun.yaml
name: Growth
tables:
  rows: { columns: { name: text, number: number, state: { type: text, default: waits } } }
  empty: { columns: { name: text } }
";

#[test]
fn what_a_loop_allocates_doubles_with_its_turns() {
    let mut wrong = String::new();
    let mut known = BTreeSet::new();
    insta::glob!("*.yaml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let rows: Vec<Value> =
            serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        for row in &rows {
            let card = row["card"].as_str().unwrap_or_default();
            known.insert(card.to_owned());
            // A hundred million values are made by 10,000 turns over 10,000.
            if !row["makes"].is_null() && turns() > 1_000 {
                continue;
            }
            for (loop_, case) in cases(row) {
                let growth =
                    growth(row, &case).unwrap_or_else(|told| panic!("{card} in {loop_}: {told}\n{case}"));
                let fits = if row["makes"].is_null() { growth < 2.4 } else { (2.4..4.8).contains(&growth) };
                if !fits {
                    let _ = writeln!(
                        wrong,
                        "{card} in {loop_}: twice the turns allocate {growth:.2} times as much"
                    );
                }
            }
        }
    });
    assert!(wrong.is_empty(), "{wrong}");
    let cards = registry().vocabulary().cards.iter().filter(|card| !is_loop(card)).map(|card| &*card.id);
    let all = cards.filter(|card| FAMILIES.iter().any(|family| card.starts_with(family)));
    let missing: Vec<_> = all.filter(|card| !known.contains(*card)).collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
}

/// Whether a card is itself what the rows are run in.
fn is_loop(card: &Card) -> bool {
    matches!(card.work, Work::Control(_))
}

fn turns() -> u64 {
    times("FLOWRUN_TURNS", 100)
}

/// How much more the second doubling of the turns allocates than the first.
fn growth(row: &Value, case: &str) -> Result<f64, String> {
    let turns = turns();
    // What is kept for ever, such as a compiled pattern, is made in a run that does not count.
    allocated(row, case, turns.min(1_000))?;
    let (one, two, four) =
        (allocated(row, case, turns)?, allocated(row, case, 2 * turns)?, allocated(row, case, 4 * turns)?);
    Ok((four - two) / (two - one))
}

/// How many bytes a run with so many turns allocates.
fn allocated(row: &Value, case: &str, turns: u64) -> Result<f64, String> {
    let inputs = [format!("n={turns}"), format!("all={}", all(row, turns))];
    let args = ["--input", &inputs[0], "--input", &inputs[1]];
    let before = COUNTING.total_allocated();
    let ran = run_case(&sources(case), "main.yaml", &args, BTreeMap::new());
    let after = COUNTING.total_allocated();
    if ran.code == 0 { Ok((after - before) as f64) } else { Err(format!("{}{}", ran.stdout, ran.stderr)) }
}

/// What the row is about.
fn kind(row: &Value) -> &str {
    ["looks", "makes", "of"].iter().find_map(|key| row[key].as_str()).unwrap_or("nothing")
}

/// What `$.inputs.all` is.
fn all(row: &Value, turns: u64) -> Value {
    let numbers = 0..turns;
    match kind(row) {
        "list" => json!(numbers.collect::<Vec<_>>()),
        "words" => json!(numbers.map(|number| format!("k{number}")).collect::<Vec<_>>()),
        "records" => {
            let record =
                |number: u64| json!({ "key": format!("k{number}"), "group": format!("g{}", number % 10) });
            json!(numbers.map(record).collect::<Vec<_>>())
        }
        "object" => {
            let members = numbers.map(|number| (format!("k{number}"), json!(number)));
            Value::Object(members.collect())
        }
        "text" => {
            // Of few turns the texts must be long enough to be handed on; of many they need not be.
            let few = "Some wörds, and more of them, as many as stand in a line of a letter. ";
            json!(if self::turns() > 1_000 { "Wörd " } else { few }.repeat(turns as usize))
        }
        "base64" => json!("c29tZSB3b3Jkcywg".repeat(turns as usize)),
        "rows" | "nothing" => json!(null),
        other => panic!("{other}: no such kind"),
    }
}

/// The row in every loop that it is for, each as the files of a project.
fn cases(row: &Value) -> Vec<(&'static str, String)> {
    let mut cards = String::new();
    for (id, card) in row["before"].as_object().into_iter().flatten() {
        let _ = writeln!(cards, "  - {}", json!({ "id": id, "card": card["card"], "with": card["with"] }));
    }
    let outputs = if row["outputs"].is_null() { json!({}) } else { row["outputs"].clone() };
    let card = json!({ "id": "c", "card": row["card"], "with": row["with"], "outputs": outputs });
    let _ = writeln!(cards, "  - {card}");

    let all = "pass: { item: $.item, all: $.inputs.all }";
    let reduce = |start: &Value, cards: &str, gives: &str| {
        let loop_ = format!(
            "{{ card: list.reduce, with: {{ list: $.range.list, flow: helper, memo: {start}, result: value }}, {all} }}"
        );
        let helper = format!(
            "inputs: {{ memo: any, item: any, all: any }}\noutputs: {{ memo: any }}\ncards:\n{cards}  - {{ card: flow_control.return, with: {{ memo: {gives} }} }}"
        );
        ("Reduce", project(row, &loop_, &helper))
    };
    if let Some(gives) = row["gives"].as_str() {
        return vec![reduce(&row["changes"], &cards, gives)];
    }
    let helper = format!("inputs: {{ item: any, all: any }}\ncards:\n{cards}");
    let for_each = format!("{{ card: list.for_each, with: {{ list: $.range.list, flow: helper }}, {all} }}");
    let repeat = "{ card: flow_control.repeat, with: { count: $.inputs.n, flow: helper }, pass: { item: $.index, all: $.inputs.all } }";
    let mut cases = vec![("For Each", project(row, &for_each, &helper))];
    if row["makes"].is_null() {
        let append =
            "  - { id: more, card: list.add_to_end, with: { list: $.inputs.memo, item: $.inputs.item } }\n";
        cases.push(("Repeat", project(row, repeat, &helper)));
        cases.push(reduce(&json!([]), &(cards + append), "$.more.list"));
    }
    cases
}

/// A flow with a loop over 0 to n - 1, and the helper that the loop calls.
fn project(row: &Value, loop_: &str, helper: &str) -> String {
    let range = "{ id: range, card: list.range, with: { start: 0, end: $.inputs.n } }";
    let mut files = format!("#### file: helper.yaml\nname: Helper\n{helper}\n");
    let mut before = String::new();
    if row["card"].as_str().is_some_and(|card| card.starts_with("tables.")) {
        files.push_str(TABLES);
        files.push_str(
            "#### file: fill.yaml\nname: Fill\ninputs: { item: number }\ncards:\n  - { card: tables.create_row, with: { table: rows, name: \"k{{ inputs.item }}\", number: $.inputs.item } }\n",
        );
        before.push_str(
            "  - { card: list.for_each, with: { list: $.range.list, flow: fill }, pass: { item: $.item } }\n",
        );
    }
    let inputs = "inputs: { n: number, all: any }";
    files + &format!("#### file: main.yaml\nname: Main\n{inputs}\ncards:\n  - {range}\n{before}  - {loop_}\n")
}
