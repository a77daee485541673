//! What the manual shows is what happens.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use flowrun_core::source::Sources;
use flowrun_tests::{flowrun, run_case, without_times};
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
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

/// The words of a command after `flowrun`, as a shell splits them; flows are those of this project.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in command.split('"').enumerate() {
        match index % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    for word in &mut words {
        if word == "flows" || word.starts_with("flows/") {
            *word = root().join(&word).display().to_string();
        }
    }
    words
}

#[test]
fn commands_end_as_shown() {
    let page = page("running.md");
    let mut ran = 0;
    for line in blocks(&page, "sh").into_iter().flat_map(str::lines) {
        let Some(command) = line.strip_prefix("flowrun ") else { continue };
        let (command, wanted) = match command.split_once(" # exit code ") {
            Some((command, code)) => (command, code.parse().unwrap()),
            // Those need a sandbox, or a vendor.
            None if command.starts_with("sandbox") || command.contains("--live") => continue,
            None => (command, 0),
        };
        let words = words(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let found = flowrun(&words, BTreeMap::new());
        assert_eq!(found.code, wanted, "{line}\n{}{}", found.stdout, found.stderr);
        ran += 1;
    }
    assert!(ran > 10, "only {ran} commands were found");
}

#[test]
fn commands_say_what_is_shown() {
    let pages = ["running.md", "connections.md"].map(page);
    for block in pages.iter().flat_map(|page| blocks(page, "console")) {
        let (command, shown) = block.strip_prefix("$ ").unwrap().split_once('\n').unwrap();
        let (env, command) = command.split_once("flowrun ").unwrap();
        let env = env.split_whitespace().filter_map(|pair| pair.split_once('='));
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let words = words(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ran = flowrun(&words, env);
        let told = without_times(&(ran.stdout + &ran.stderr));
        for line in shown.lines().filter(|line| *line != "…") {
            assert!(told.lines().any(|told| told == line), "{command}: {line}\n{told}");
        }
    }
}
