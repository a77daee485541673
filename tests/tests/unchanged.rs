//! Data is never changed or lost in silence: what goes into a flow, and what comes out of it or is refused.
//!
//! To add a case, add a row to a file of `tests/unchanged`: `source` says where the right value comes from, `flow` is the flow
//! (`manifest` its manifest, `files` more files), `gives` are its outputs as JSON, or `fails` is part of what is said instead; `warns` are
//! parts of what is said beside it.

use std::collections::BTreeMap;
use std::fmt::Write;

use flowrun_tests::{run_case, sources};
use serde_json::{Value, json};

#[test]
fn every_row_gives_what_it_should() {
    let mut wrong = String::new();
    let mut rows = 0;
    insta::glob!("../unchanged", "*.yaml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let cases: Vec<Value> =
            serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        for case in &cases {
            rows += 1;
            assert!(case["source"].is_string(), "{case}: where is the value from?");
            if let Err(found) = judge(case) {
                let _ = writeln!(wrong, "{}: {}\n{found}", path.file_stem().unwrap().display(), case["case"]);
            }
        }
    });
    assert!(wrong.is_empty() && rows > 0, "{wrong}");
}

/// Runs a row; fails with what was found instead.
fn judge(case: &Value) -> Result<(), String> {
    let mut files = format!("#### file: main.yaml\n{}", case["flow"].as_str().unwrap_or_default());
    if let Some(manifest) = case["manifest"].as_str() {
        let _ = write!(files, "\n#### file: flowrun.yaml\n{manifest}");
    }
    for (name, text) in case["files"].as_object().into_iter().flatten() {
        let _ = write!(files, "\n#### file: {name}\n{}", text.as_str().unwrap_or_default());
    }
    let mut args = vec!["--json"];
    for input in case["inputs"].as_array().into_iter().flatten() {
        args.extend(["--input", input.as_str().unwrap_or_default()]);
    }
    let ran = run_case(&sources(&files), "main.yaml", &args, BTreeMap::new());
    let told = format!("{}{}", ran.stdout, ran.stderr);
    if let Some(part) = case["fails"].as_str() {
        return if ran.code != 0 && told.contains(part) { Ok(()) } else { Err(told) };
    }
    for part in case["warns"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !told.contains(part) {
            return Err(told);
        }
    }
    // The digits themselves are compared: a JSON reader of Rust would cut them.
    let wanted = case["gives"].as_str().unwrap_or_default();
    let outputs = ran.stdout.split("\"outputs\":").any(|rest| squeezed(rest).starts_with(&squeezed(wanted)));
    if ran.code == 0 && outputs && case["gives"] != json!(null) { Ok(()) } else { Err(told) }
}

/// JSON without the white space between its parts.
fn squeezed(json: &str) -> String {
    let mut inside = false;
    let mut escaped = false;
    json.chars()
        .filter(|letter| {
            let kept = inside || !letter.is_whitespace();
            if *letter == '"' && !escaped {
                inside = !inside;
            }
            escaped = *letter == '\\' && !escaped;
            kept
        })
        .collect()
}
