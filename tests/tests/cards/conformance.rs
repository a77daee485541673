//! What each card gives, row by row: `tests/conformance/cards` says how a row is written and where its values are from.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use flowrun_core::card::Then;
use flowrun_tests::registry;
use serde_json::{Value as Json, json};

use super::run::{project, tried};

const KEYS: &[&str] = &["card", "inputs", "pass", "cards", "outputs", "error", "source"];

/// All rows, each with the table that it stands in.
fn rows() -> Vec<(String, Json)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/cards");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    files.sort();
    let each = files.iter().flat_map(|path| {
        let table = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        // As flow files are read: `y` is a text.
        let options = serde_yaml::options! { strict_booleans: true };
        let rows: Vec<Json> =
            serde_yaml::from_str_with_options(&text, options).unwrap_or_else(|why| panic!("{table}: {why}"));
        rows.into_iter().map(move |row| (table.clone(), row))
    });
    each.collect()
}

/// The cards of a row, as a flow has them.
fn cards(row: &Json) -> String {
    if let Some(cards) = row.get("cards") {
        return cards.to_string();
    }
    let mut card = json!({ "card": row["card"] });
    for (key, of) in [("inputs", "with"), ("pass", "pass")] {
        if let Some(given) = row.get(key) {
            card[of] = given.clone();
        }
    }
    json!([card]).to_string()
}

/// How a row says that its cards end; nothing where it says too little or too much.
fn then(row: &Json) -> Option<Then> {
    let known = row.as_object()?.keys().all(|key| KEYS.contains(&key.as_str()));
    let told = row["source"].as_str().is_some_and(|source| !source.is_empty());
    let once = row.get("cards").is_none() || row.get("inputs").is_none() && row.get("pass").is_none();
    match (row.get("outputs"), row.get("error").and_then(Json::as_str)) {
        _ if !known || !told || !once => None,
        (Some(outputs), None) => Some(Then::Gives(outputs.to_string().into())),
        (None, Some(error)) => Some(Then::Fails(error.to_owned().into())),
        _ => None,
    }
}

#[tokio::test]
async fn cards_give_what_others_say_they_give() {
    let project = project();
    let (rows, mut failed, mut count) = (rows(), String::new(), 0);
    for (table, row) in &rows {
        let card = row["card"].as_str().and_then(|id| registry().catalog().get(id));
        let (Some(card), Some(then)) = (card, then(row)) else {
            writeln!(failed, "\n{table}: {row}\nis no row").unwrap();
            continue;
        };
        if let Some(wrong) = tried(&project, card, &cards(row), &then).await {
            count += 1;
            writeln!(failed, "\n{table}: {}\n{wrong}\n({})", cards(row), row["source"]).unwrap();
        }
    }
    assert!(failed.is_empty(), "{count} of {} rows:\n{failed}", rows.len());
}

#[test]
fn every_card_but_those_of_vendors_has_a_row() {
    let rows = rows();
    let told: BTreeSet<&str> = rows.iter().filter_map(|(_, row)| row["card"].as_str()).collect();
    let of_a_vendor = |group: &str| matches!(group, "okta" | "personio" | "external");
    let untold: Vec<&str> = registry()
        .catalog()
        .iter()
        .filter(|card| !of_a_vendor(card.group()) && !told.contains(&*card.id))
        .map(|card| &*card.id)
        .collect();
    assert!(untold.is_empty(), "no row says what {untold:?} give");
}
