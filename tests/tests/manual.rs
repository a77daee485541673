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

/// The words of a command after `flowrun`, as a shell splits them; what lies in the folder is named by its whole path.
fn words(command: &str, folder: &Path) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in command.split('"').enumerate() {
        match index % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    for word in &mut words {
        let (before, path) = word.rsplit_once('=').map_or(("", &**word), |(name, path)| (name, path));
        let equals = if before.is_empty() { "" } else { "=" };
        if folder.join(path).exists() {
            *word = format!("{before}{equals}{}", folder.join(path).display());
        }
    }
    words
}

/// What a command in a folder says, without times and without the folder's place.
fn said(command: &str, folder: &Path, env: BTreeMap<String, String>) -> String {
    let words = words(command, folder);
    let ran = flowrun(&words.iter().map(String::as_str).collect::<Vec<_>>(), env);
    without_times(&(ran.stdout + &ran.stderr)).replace(&format!("{}/", folder.display()), "")
}

/// Whether a command said what the page shows of it: each line, in this order, and between two that stand together nothing
/// else; `…` stands for any lines.
fn holds(shown: &str, told: &str) -> bool {
    let mut told = told.lines();
    let mut skips = false;
    for line in shown.lines().map(str::trim_end) {
        skips = match line {
            "…" => true,
            _ if skips => {
                if !told.any(|told| told == line) {
                    return false;
                }
                false
            }
            _ => {
                if told.next() != Some(line) {
                    return false;
                }
                false
            }
        };
    }
    skips || told.next().is_none()
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
        let words = words(command, &root());
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
        let told = said(command, &root(), env);
        for line in shown.lines().filter(|line| *line != "…") {
            assert!(told.lines().any(|told| told == line), "{command}: {line}\n{told}");
        }
    }
}

#[test]
fn the_workflow_checks_and_tests() {
    let text = fs::read_to_string(root().join("docs/deploy/github/flow-tests.yml")).unwrap();
    let workflow: Value = serde_yaml::from_str(&text).unwrap();
    let steps = workflow["jobs"]["flows"]["steps"].as_array().unwrap();
    let runs: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    for command in ["flowrun fmt --check", "flowrun check", "flowrun test"] {
        assert!(runs.iter().any(|run| run.contains(command)), "{command} is not in {runs:?}");
    }
}

/// A page that is a project: its blocks are files, by a name behind their language or in their first line, and commands over
/// them, in the order in which a reader comes to them.
#[test]
fn what_a_reader_types_does_what_the_page_says() {
    for name in ["first-flow.md", "first-test.md", "language.md"] {
        let (page, folder) = (page(name), tempfile::tempdir().unwrap());
        let folder = folder.path().canonicalize().unwrap();
        let all = page.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
        let all: Vec<(&str, &str)> = all.collect();
        // Of a page that tells of the project last, the files are there from the start.
        let given = |(head, body): &(&str, &str)| -> Option<String> {
            let written = body.lines().next()?.strip_prefix("# ").filter(|path| path.ends_with(".yaml"));
            head.split_once(' ').map(|(_, path)| path.to_owned()).or(written.map(str::to_owned))
        };
        let write = |path: &str, text: &str| {
            fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
            fs::write(folder.join(path), format!("{text}\n")).unwrap();
        };
        for block in all.iter().rev() {
            given(block).into_iter().for_each(|path| write(&path, block.1));
        }
        let mut ran = 0;
        for block in &all {
            if let Some(path) = given(block) {
                write(&path, block.1);
            }
            if block.0 == "console" {
                let (command, shown) = block.1.strip_prefix("$ flowrun ").unwrap().split_once('\n').unwrap();
                let told = said(command, &folder, BTreeMap::new());
                let shown = without_times(shown);
                assert!(holds(&shown, &told), "{name}: {command}\n--- shown\n{shown}\n--- told\n{told}");
                ran += 1;
            }
        }
        assert!(ran > 0, "{name} shows no command");
    }
}
