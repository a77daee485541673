//! Okta's exports: read, checked, converted, damaged.
//!
//! The real ones are third-party data that lies beside the project, in `../shared/corpus`; where it doesn't, they are skipped and the
//! test says so. Our own lie in `tests/exports`: to add a case, add a file and accept what it becomes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flowrun_core::card::external;
use flowrun_core::diag::{Code, Severity};
use flowrun_core::load::load;
use flowrun_core::model::{Project, Step};
use flowrun_core::source::Sources;
use flowrun_exports::{Dictionary, read};
use flowrun_project::export::sources;
use flowrun_tests::shared::exports;
use flowrun_tests::{examine, registry, times};

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// How many cards are there, and how many of them are external.
fn count(steps: &[Step]) -> (usize, usize) {
    let each = |step: &Step| {
        let own = usize::from(external(&step.card.it).is_some());
        let arms = step.arms.iter().map(|arm| count(&arm.cards));
        arms.fold((1, own), |(all, outside), (more, others)| (all + more, outside + others))
    };
    steps.iter().map(each).fold((0, 0), |(all, outside), (more, others)| (all + more, outside + others))
}

/// The texts of a project's files, by their paths.
fn texts(sources: &Sources) -> BTreeMap<String, String> {
    sources.iter().map(|(_, source)| (source.path.to_string(), source.text.to_string())).collect()
}

/// Mistakes that are in the exports themselves: two flows have an API key or a password written into them; another sorts by a
/// column that its table lacks.
const MISTAKES: &[(&str, Code)] = &[
    ("automate_lifecycle_management_with_darwinbox", Code::SecretInFile),
    ("onboard_and_offboard_with_office365", Code::UnknownColumn),
    ("workflows_tutorials", Code::SecretInFile),
];

#[test]
fn every_export_of_the_corpus_is_read_checked_and_converted() {
    let (dictionary, mut table, mut wrong) =
        (Dictionary::new(registry().vocabulary()), String::new(), String::new());
    let (mut here, mut outside, mut flows) = (0, 0, 0);
    let files = exports();
    writeln!(table, "{:>5} {:>6} {:>9} {:>8}  file", "flows", "cards", "external", "troubles").unwrap();
    for path in &files {
        let export = read(&fs::read_to_string(path).unwrap(), &dictionary).unwrap();
        let cards = export.project.flows.iter().map(|flow| count(&flow.cards));
        let (all, external) = cards.fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
        here += all - external;
        outside += external;
        flows += export.project.flows.len();
        let (flows, troubles) = (export.project.flows.len(), export.troubles.len());
        writeln!(table, "{flows:>5} {all:>6} {external:>9} {troubles:>8}  {}", name(path)).unwrap();

        let converted = sources(&export.project);
        let (_, found) = examine(&converted, &[]);
        for found in found.iter().filter(|found| found.code.severity() == Severity::Error) {
            if !MISTAKES.contains(&(name(path).as_str(), found.code)) {
                writeln!(wrong, "{}: {} {}", name(path), found.code, found.message).unwrap();
            }
        }
        // What is written reads as what was written.
        let (again, _) = load(&converted);
        let (first, second) = (texts(&converted), texts(&sources(&again)));
        for (file, text) in &first {
            if second.get(file) != Some(text) {
                let again = second.get(file).map_or("", String::as_str);
                let differs = text.lines().zip(again.lines()).find(|(a, b)| a != b);
                writeln!(
                    wrong,
                    "{}: {file} is written otherwise when it is read again: {differs:?}",
                    name(path)
                )
                .unwrap();
            }
        }
    }
    writeln!(
        table,
        "{flows:>5} {:>6} {outside:>9}           all {} files; {here} cards are here",
        here + outside,
        files.len()
    )
    .unwrap();
    write!(std::io::stderr(), "{table}").unwrap();
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_same_export_gives_the_same_bytes() {
    let dictionary = Dictionary::new(registry().vocabulary());
    for path in exports().iter().take(10) {
        let text = fs::read_to_string(path).unwrap();
        let once = texts(&sources(&read(&text, &dictionary).unwrap().project));
        assert_eq!(once, texts(&sources(&read(&text, &dictionary).unwrap().project)), "{}", name(path));
    }
}

/// A card that is called otherwise changes the file of its flow and no other.
#[test]
fn a_changed_title_changes_one_file() {
    let dictionary = Dictionary::new(registry().vocabulary());
    let written =
        |json: &serde_json::Value| texts(&sources(&read(&json.to_string(), &dictionary).unwrap().project));
    let mut changed = 0;
    for own in ["branches", "greeting", "lists", "titles"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("exports/{own}.flopack"));
        let export: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let before = written(&export);
        let flows = export["data"]["flos"].as_object().unwrap();
        for (flow, cards) in
            flows.iter().filter_map(|(id, flow)| Some((id, flow["data"]["methods"].as_array()?)))
        {
            for at in 0..cards.len() {
                let mut other = export.clone();
                other["data"]["flos"][flow]["data"]["methods"][at]["node"]["data"]["name"] =
                    "Call it so".into();
                let after = written(&other);
                let differ = before.iter().filter(|(name, text)| after.get(*name) != Some(text)).count();
                assert!(differ <= 1 && before.len() == after.len(), "{own}: {flow}, card {at}");
                changed += differ;
            }
        }
    }
    assert!(changed > 20, "{changed}");
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % most.max(1)
    }
}

/// Reads a damaged export to the end, whatever comes of it.
fn survive(text: &str, dictionary: &Dictionary) -> bool {
    match read(text, dictionary) {
        Ok(export) => {
            let converted = sources(&export.project);
            let _ = examine(&converted, &[]);
            true
        }
        Err(why) => {
            assert!(!why.is_empty());
            false
        }
    }
}

/// How many mutants are tried; the whole 10,000 take minutes in a debug build.
fn mutants() -> u64 {
    times("FLOWRUN_MUTANTS", 400)
}

#[test]
fn damaged_exports_are_told_or_read_as_far_as_they_go() {
    let mut texts: Vec<String> = exports().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    texts.extend(own().iter().map(|path| fs::read_to_string(path).unwrap()));
    // The small ones are damaged more for the time that they take.
    texts.sort_by_key(String::len);
    texts.truncate(24);
    let (dictionary, mut dice, mut read) = (Dictionary::new(registry().vocabulary()), Dice(7), 0);
    for _ in 0..mutants() {
        let text = &texts[dice.below(texts.len())];
        read += u64::from(survive(&damaged(text, &mut dice), &dictionary));
    }
    writeln!(std::io::stderr(), "{read} of {} mutants were still read", mutants()).unwrap();
    assert!(read > mutants() / 20, "what was damaged was hardly ever read");
}

/// A text that is cut off, has bits flipped, a part twice or missing, or a value that it should not have.
fn damaged(text: &str, dice: &mut Dice) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = dice.below(bytes.len());
    match dice.below(6) {
        0 => bytes.truncate(at),
        1 => (0..=dice.below(8)).for_each(|_| {
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
        }),
        2 => {
            let end = (at + dice.below(400)).min(bytes.len());
            drop(bytes.drain(at..end));
        }
        3 => {
            let end = (at + dice.below(400)).min(bytes.len());
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        // A key, an ID or a word in quotes becomes another one.
        4 => {
            let words = [
                &b"\"\""[..],
                b"null",
                b"[]",
                b"{}",
                b"\"..\"",
                b"1e308",
                b"\"{{{x}}}\"",
                b"\"{{ x }}\"",
                b"\"$.x\"",
                b"true",
            ];
            let quoted = bytes[at..].iter().position(|byte| *byte == b'"').map(|start| at + start);
            let end = quoted.and_then(|start| {
                bytes[start + 1..].iter().position(|byte| *byte == b'"').map(|end| start + end + 2)
            });
            if let (Some(start), Some(end)) = (quoted, end) {
                bytes.splice(start..end, words[dice.below(words.len())].iter().copied());
            }
        }
        // One ID in place of another: edges and pins lead elsewhere.
        _ => {
            let id = |bytes: &[u8], at: usize| {
                let start =
                    bytes[at..].windows(1).position(|byte| byte == b"\"").map(|start| at + start + 1)?;
                let end = bytes[start..].iter().position(|byte| *byte == b'"').map(|end| start + end)?;
                (end - start == 9).then_some((start, end))
            };
            let other = dice.below(bytes.len());
            if let (Some((a, b)), Some((c, d))) = (id(&bytes, at), id(&bytes, other)) {
                let taken = bytes[c..d].to_vec();
                bytes.splice(a..b, taken);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn own() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("exports");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "flopack"));
    files.sort();
    files
}

/// What a project is, in one text.
fn shown(project: &Project) -> String {
    let files = texts(&sources(project));
    files.iter().map(|(path, text)| format!("#### file: {path}\n{text}")).collect::<Vec<_>>().join("\n")
}

#[test]
fn our_own_exports_become_what_was_accepted() {
    for path in own() {
        let export =
            read(&fs::read_to_string(&path).unwrap(), &Dictionary::new(registry().vocabulary())).unwrap();
        let troubles: Vec<String> = export.troubles.iter().map(|trouble| format!("# {trouble}\n")).collect();
        let (_, found) = examine(&sources(&export.project), &[]);
        let found: Vec<String> =
            found.iter().map(|found| format!("# {}: {}\n", found.code, found.message)).collect();
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../exports");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| {
            insta::assert_snapshot!(
                name(&path),
                format!("{}{}{}", troubles.concat(), found.concat(), shown(&export.project))
            )
        });
    }
}
