//! What the manual shows is what happens.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use flowrun_core::source::Sources;
use flowrun_tests::run_case;
use serde_json::Value;

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)).unwrap()
}

/// The blocks of a page in this language.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let start = format!("```{language}\n");
    page.split(start.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// What differs from run to run is the same.
fn settle(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match name.as_str() {
                    "run" | "started" => *value = Value::Null,
                    name if name.ends_with("_ms") => {
                        assert!(value.is_number(), "{name}: {value}");
                        *value = 0.into();
                    }
                    _ => settle(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        _ => {}
    }
}

#[test]
fn the_report_is_as_shown() {
    let page = page("report.md");
    let mut sources = Sources::default();
    for flow in blocks(&page, "yaml") {
        let name = flow.lines().next().unwrap().trim_start_matches("# ");
        sources.add(name, flow);
    }
    let ran = run_case(&sources, "invite.yaml", &["--input", "token=hunter2", "--json"], BTreeMap::new());
    assert!(!ran.stdout.contains("hunter2"));
    let [mut printed, mut shown] = [ran.stdout.as_str(), blocks(&page, "json")[0]]
        .map(|text| serde_json::from_str::<Value>(text).unwrap());
    settle(&mut printed);
    settle(&mut shown);
    assert_eq!(printed, shown, "{}", ran.stdout);
}
