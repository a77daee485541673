//! `flowrun diff` as a user sees it: two projects in one file, what differs out.
//!
//! A case has the files of the old project below `old/` and those of the new one below `new/`. To add a case, add a file and
//! accept its snapshots.

use flowrun_tests::registry;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowrun::console::Console;
use flowrun::{Surroundings, main_in};
use flowrun_core::card::Card;
use flowrun_core::source::Sources;
use flowrun_core::types::Kind;
use flowrun_tests::shared::exports;
use flowrun_tests::{Ran, flowrun, sources};
use flowrun_views::look::Look;
use serde_json::Value;

fn written(sources: &Sources) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (_, source) in sources.iter() {
        let path = folder.path().join(&*source.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &*source.text).unwrap();
    }
    folder
}

fn diff(old: &Path, new: &Path, args: &[&str]) -> Ran {
    let (old, new) = (old.display().to_string(), new.display().to_string());
    flowrun(&[&["diff", &old, &new], args].concat(), BTreeMap::new())
}

fn told(ran: &Ran) -> String {
    format!("{}{}exit code {}\n", ran.stdout, ran.stderr, ran.code)
}

#[test]
fn differences_are_told_as_accepted() {
    insta::glob!("../diff", "*.yaml", |path| {
        let case = fs::read_to_string(path).unwrap();
        let folder = written(&sources(&case));
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        let mut settings = insta::Settings::clone_current();
        settings.remove_snapshot_suffix();
        settings.set_snapshot_path("../diff");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let name = path.file_stem().unwrap().to_str().unwrap();
        let text = diff(&old, &new, &[]);
        let markdown = diff(&old, &new, &["--format", "markdown"]);
        let shown = format!("{}\n--- markdown ---\n{}", told(&text), markdown.stdout);
        settings.bind(|| insta::assert_snapshot!(name, shown));
        let json: Value = serde_json::from_str(&diff(&old, &new, &["--format", "json"]).stdout).unwrap();
        assert_eq!(json["differs"], text.code == 1, "{json:#}");
        assert!(!format!("{shown}{json}").contains("hunter"), "a secret is shown: {shown}");
        // What is compared makes sense, but for the secrets that ought not to be there.
        for side in [&old, &new] {
            let checked = flowrun(&["check", &side.display().to_string()], BTreeMap::new());
            assert!(checked.code == 0 || name == "secrets", "{name}: {}", told(&checked));
        }
        // A project does not differ from itself.
        for side in [&old, &new] {
            assert_eq!(told(&diff(side, side, &[])), "nothing differs\nexit code 0\n");
        }
    });
}

/// The blocks of a page in this language.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let start = format!("```{language}\n");
    page.split(start.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn the_manual_shows_what_is_told() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/diff.md")).unwrap();
    let [before, after] = blocks(&page, "yaml")[..] else { panic!("two flows are shown") };
    let [shown] = blocks(&page, "console")[..] else { panic!("one command is shown") };
    let mut files = Sources::default();
    files.add("before/onboard.yaml", before);
    files.add("after/onboard.yaml", after);
    let folder = written(&files);
    let side = |name: &str| folder.path().join(name).join("onboard.yaml");
    let ran = diff(&side("before"), &side("after"), &[]);
    let (command, printed) = shown.split_once('\n').unwrap();
    assert_eq!(command, "$ flowrun diff before/onboard.yaml after/onboard.yaml");
    assert_eq!((ran.code, &*ran.stdout), (1, printed), "{}", told(&ran));
}

const FLOW: &str = "name: One\ncards:\n  - { card: text.compose, with: { text: a } }\n";

#[test]
fn one_flow_is_compared_alone() {
    let mut files = Sources::default();
    for (path, text) in [
        ("old/one.yaml", FLOW.to_owned()),
        ("old/two.yaml", FLOW.to_owned()),
        ("new/flowrun.yaml", "name: new".to_owned()),
        ("new/sub/one.yaml", FLOW.replace("text: a", "text: b")),
    ] {
        files.add(path, &text);
    }
    let folder = written(&files);
    let at = |path: &str| folder.path().join(path);
    // The flow of the project that has its name; `two` is not missed.
    let wanted = "~ flow One (sub/one)\n    folder was `.`, is now `sub`\n  ~ Compose\n      field `text` was `a`, is now `b`\n";
    let wanted = format!("{}\n1 flow moved; 1 card changed\n", wanted.replace("~ flow", "> flow"));
    let ran = diff(&at("old/one.yaml"), &at("new"), &[]);
    assert_eq!((ran.code, ran.stdout), (1, wanted));
    let ran = diff(&at("old/two.yaml"), &at("old/one.yaml"), &[]);
    assert_eq!(ran.stdout, "~ flow One (one)\n    file was `two`, is now `one`\n\n1 flow changed\n");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let mut files = Sources::default();
    files.add("flow/one.yaml", FLOW);
    files.add("broken/one.yaml", "name: One\ncards: 5\n");
    files.add("exports/a.flopack", "{}");
    let folder = written(&files);
    fs::create_dir(folder.path().join("empty")).unwrap();
    let at = |path: &str| folder.path().join(path);
    for (old, new, message) in [
        ("flow", "nowhere", "there is no file"),
        ("flow", "broken", "expected a list"),
        ("exports/a.flopack", "flow", "isn't an export that flowrun can read"),
        ("exports", "flow", "is a folder of exports"),
        ("empty", "flow", "there are no flows in"),
    ] {
        for (old, new) in [(old, new), (new, old)] {
            let ran = diff(&at(old), &at(new), &[]);
            assert_eq!((ran.code, &*ran.stdout), (2, ""), "{old} {new}: {}", told(&ran));
            assert!(ran.stderr.contains(message), "{old} {new}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_terminal_gets_colours_and_nothing_else_that_moves() {
    let mut files = Sources::default();
    files.add("old/one.yaml", FLOW);
    files.add("new/one.yaml", &FLOW.replace("text: a", "text: \"\\e[2J\\u202eb\""));
    let folder = written(&files);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let look = Look { live: true, color: true, width: 80, height: 24 };
    let mut console = Console { out: &mut out, err: &mut err, out_look: look, err_look: look };
    let sides = ["old", "new"].map(|side| folder.path().join(side).display().to_string());
    let code = main_in(["diff", &sides[0], &sides[1]], &Surroundings::default(), &mut console);
    let shown = String::from_utf8(out).unwrap();
    assert_eq!(code, 1);
    assert!(shown.contains("\u{1b}[33m~\u{1b}[0m"), "{shown:?}");
    assert!(!shown.contains("\u{1b}[2J") && !shown.contains('\u{202e}'), "{shown:?}");
}

#[test]
fn no_export_differs_from_itself() {
    let (mut slowest, mut largest) = ((Duration::ZERO, PathBuf::new()), 0);
    for path in exports() {
        let started = Instant::now();
        let ran = diff(&path, &path, &[]);
        slowest = slowest.max((started.elapsed(), path.clone()));
        largest = largest.max(fs::metadata(&path).unwrap().len());
        assert_eq!((ran.code, &*ran.stdout), (0, "nothing differs\n"), "{}: {}", path.display(), told(&ran));
    }
    writeln!(std::io::stderr(), "the slowest took {slowest:?}; the largest has {largest} bytes").unwrap();
}

const CHANGED: &str = " (changed)";

/// Paths to the constants of an export that flowrun reads: texts and numbers in fields that may hold any, in fields that the
/// author named, and in fields of cards that flowrun lacks.
fn constants(value: &Value, at: &str, cards: &BTreeMap<&str, &Arc<Card>>, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            let address = members.get("address").and_then(Value::as_str).unwrap_or_default();
            let address = match address.split(':').collect::<Vec<_>>()[..] {
                [_, "kernel", module, _, card] => format!("kernel:{module}:{card}"),
                [_, "channels", kind, connector, _, card] => format!("channels:{kind}:{connector}:{card}"),
                _ => String::new(),
            };
            let fields = value.pointer("/node/model/inputs/data").and_then(Value::as_object);
            for (id, field) in fields.into_iter().flatten() {
                let known = cards.get(&*address).map_or(address.starts_with("channels:"), |card| {
                    let declared = card.inputs.iter().find(|input| field["key"] == *input.key);
                    declared.map_or(card.rest_in.is_some(), |input| {
                        matches!(input.ty.kind, Kind::Text | Kind::Any | Kind::Number)
                            && input.choices.is_empty()
                    })
                });
                let constant = &field["value"]["data"];
                if known
                    && (constant.is_number() || constant.as_str().is_some_and(|text| !text.trim().is_empty()))
                {
                    let path = format!("{at}/node/model/inputs/data/{id}/value/data");
                    found.push((path, constant.clone()));
                }
            }
            for (name, value) in members {
                constants(
                    value,
                    &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                    cards,
                    found,
                );
            }
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(place, item)| constants(item, &format!("{at}/{place}"), cards, found));
        }
        _ => {}
    }
}

#[test]
fn one_changed_constant_is_all_that_is_told() {
    let catalog = registry().catalog();
    let exported =
        catalog.iter().flat_map(|card| card.exported_as.iter().map(move |address| (address, card)));
    let cards: BTreeMap<&str, &Arc<Card>> = exported.collect();
    let folder = tempfile::tempdir().unwrap();
    let (mut told_of, mut without) = (0, Vec::new());
    let all = exports();
    for path in &all {
        let mut export: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let mut found = Vec::new();
        constants(&export, "", &cards, &mut found);
        let changed = folder.path().join(path.file_name().unwrap());
        let mut seen = false;
        // A wire may lead to the field, so that its constant does nothing; one of the first is free.
        for (place, constant) in found.iter().take(12) {
            let (other, sign) = match constant.as_f64() {
                Some(number) => ((number + 12_345.0).into(), (number + 12_345.0).to_string()),
                None => (format!("{}{CHANGED}", constant.as_str().unwrap()).into(), CHANGED.to_owned()),
            };
            *export.pointer_mut(place).unwrap() = other;
            fs::write(&changed, export.to_string()).unwrap();
            *export.pointer_mut(place).unwrap() = constant.clone();
            let ran = diff(path, &changed, &["--format", "json"]);
            if ran.code == 0 {
                continue;
            }
            let told: Value = serde_json::from_str(&ran.stdout).unwrap();
            let items = told["files"][0]["items"].as_array().unwrap();
            assert_eq!(items.len(), 1, "{} {place}\n{told:#}", path.display());
            let cards = items[0]["cards"].as_array().unwrap();
            assert!(cards.len() < 2, "{} {place}\n{told:#}", path.display());
            // What limits an event is the flow's own.
            let changed_part = cards.first().unwrap_or(&items[0]);
            let changes = changed_part["changes"].as_array().unwrap();
            assert_eq!(changes.len(), 1, "{} {place}\n{told:#}", path.display());
            // A default stands in no flow.
            let was = changes[0]["was"].as_str().unwrap_or("");
            let now = changes[0]["now"].as_str().unwrap_or_default();
            assert!(now.contains(&sign) && !was.contains(&sign), "{told:#}");
            seen = true;
            break;
        }
        told_of += usize::from(seen);
        if !seen {
            without.push(path.file_name().unwrap().to_owned());
        }
    }
    writeln!(std::io::stderr(), "told of {told_of} of {}; without: {without:?}", all.len()).unwrap();
    // Three have nothing but wires.
    assert!(told_of + 3 >= all.len(), "{told_of} of {}: {without:?}", all.len());
}

#[test]
fn folders_of_exports_are_compared_file_by_file() {
    let all = exports();
    let [first, second, third, ..] = &all[..] else { return };
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let put = |path: &PathBuf, folder: &Path| fs::copy(path, folder.join(name(path))).unwrap();
    put(first, old.path());
    put(first, new.path());
    put(second, old.path());
    put(third, new.path());
    let ran = diff(old.path(), new.path(), &[]);
    let wanted = format!("- {}\n\n+ {}\n\n1 export added, 1 removed\n", name(second), name(third));
    assert_eq!((ran.code, ran.stdout), (1, wanted));
    fs::remove_file(new.path().join(name(third))).unwrap();
    fs::remove_file(old.path().join(name(second))).unwrap();
    assert_eq!(diff(old.path(), new.path(), &[]).code, 0);
}

#[test]
fn an_export_is_the_project_that_is_made_of_it() {
    for path in exports().iter().step_by(9) {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("project");
        let args = ["convert", &path.display().to_string(), "-o", &into.display().to_string()];
        assert_eq!(flowrun(&args, BTreeMap::new()).code, 0);
        let ran = diff(path, &into, &[]);
        assert_eq!((ran.code, &*ran.stdout), (0, "nothing differs\n"), "{}: {}", path.display(), told(&ran));
    }
}
