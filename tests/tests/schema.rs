//! What an editor makes of flow files with the schema that `flowrun schema` prints.
//!
//! VS Code's YAML server, and those built like it, know draft 7 of JSON Schema, pass over whatever stands beside a `$ref`,
//! complete what `properties` and `enum` name, and show `description`, `enumDescriptions` and `default`.

use flowrun_project::project::is_test;
use flowrun_tests::registry;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use flowrun_core::diag::Severity;
use flowrun_core::source::Sources;
use flowrun_tests::{examine, sources};
use flowrun_views::catalog::card_json;
use flowrun_views::schema::{manifest, schema};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

/// The keywords of draft 7 that the schema may use, and the one that editors have added.
const KNOWN: &[&str] = &[
    "$schema",
    "$ref",
    "$defs",
    "title",
    "description",
    "default",
    "type",
    "enum",
    "const",
    "enumDescriptions",
    "properties",
    "required",
    "additionalProperties",
    "propertyNames",
    "pattern",
    "items",
    "minItems",
    "maxItems",
    "minProperties",
    "minimum",
    "maximum",
    "anyOf",
    "allOf",
    "if",
    "then",
    "else",
];

/// The schemas of flows and of manifests, as an editor has them.
struct Editor {
    flow: Validator,
    manifest: Validator,
}

impl Editor {
    fn new() -> Editor {
        let catalog = registry().catalog();
        let validator = |schema: Value| {
            assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
            jsonschema::options().with_draft(Draft::Draft7).build(&schema).unwrap()
        };
        Editor { flow: validator(schema(catalog)), manifest: validator(manifest(catalog)) }
    }

    /// What the editor underlines in the files of a project.
    fn complaints(&self, sources: &Sources) -> Vec<String> {
        let mut found = Vec::new();
        for (_, source) in sources.iter() {
            let (path, text) = (&source.path, &source.text);
            let Ok(value) = serde_yaml::from_str::<Value>(text) else {
                found.push(format!("{path}: not read"));
                continue;
            };
            let schema = if path.ends_with("flowrun.yaml") { &self.manifest } else { &self.flow };
            found.extend(
                schema.iter_errors(&value).map(|wrong| format!("{path}{}: {wrong}", wrong.instance_path())),
            );
        }
        found
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every YAML file in and below a folder but those of flow tests.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .filter(|path| !is_test(&path.to_string_lossy()))
        .collect()
}

/// A project in one file, or one file of a project.
fn read(path: &Path) -> Sources {
    let text = fs::read_to_string(path).unwrap();
    if text.contains("#### file: ") {
        return sources(&text);
    }
    let mut sources = Sources::default();
    sources.add(&path.display().to_string(), &text);
    sources
}

#[test]
fn every_flow_of_the_repository_is_right() {
    let editor = Editor::new();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for folder in ["flows", "docs/examples", "tests/flows", "tests/cards"] {
        for path in files(&root().join(folder)) {
            if path.components().any(|part| part.as_os_str() == "broken") {
                continue;
            }
            seen += 1;
            wrong.extend(editor.complaints(&read(&path)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 30, "only {seen} files were found");
}

#[test]
fn every_example_of_a_card_is_right() {
    let editor = Editor::new();
    let mut wrong = Vec::new();
    for card in registry().catalog().iter() {
        for example in card_json(registry().catalog(), card)["examples"].as_array().unwrap() {
            if example.get("fails").is_some() {
                continue;
            }
            let cards = example["cards"].as_str().unwrap();
            let flow = cards.lines().fold("cards:\n".to_owned(), |flow, line| format!("{flow}  {line}\n"));
            let mut sources = Sources::default();
            sources.add(&card.id, &flow);
            wrong.extend(editor.complaints(&sources));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_the_editor_underlines_the_checker_refuses() {
    let editor = Editor::new();
    let (mut wrong, mut underlined) = (Vec::new(), 0);
    for path in files(&root().join("tests/diagnostics")) {
        let sources = read(&path);
        let complaints = editor.complaints(&sources);
        underlined += usize::from(!complaints.is_empty());
        let refused = examine(&sources, &[]).1.iter().any(|found| found.code.severity() == Severity::Error);
        if !complaints.is_empty() && !refused {
            wrong.push((path, complaints));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(underlined > 10, "the editor underlines something in {underlined} cases only");
}

#[test]
fn slips_are_underlined() {
    let editor = Editor::new();
    let flow = |card: &str| {
        let mut sources = Sources::default();
        sources.add("flow.yaml", &format!("cards:\n  - {card}\n"));
        !editor.complaints(&sources).is_empty()
    };
    assert!(!flow("{ card: text.split, with: { text: a, separator: b } }"));
    assert!(flow("{ card: text.splt, with: { text: a } }"), "a card's name");
    assert!(flow("{ card: text.split, with: { text: a, separatr: b } }"), "a field's name");
    assert!(flow("{ card: text.split }"), "a field that must be there");
    assert!(flow("{ card: text.split, then: [] }"), "a branch of a card that has none");
    assert!(flow("{ card: tables.search_rows, with: { table: t, result_set: some } }"), "a choice");
    assert!(flow("{ card: number.round, with: { a: [] } }"), "a type");
}

#[test]
fn editors_know_every_keyword() {
    let catalog = registry().catalog();
    for schema in [schema(catalog), manifest(catalog), flowrun_testing::form::schema()] {
        let mut wrong = BTreeSet::new();
        walk(&schema, &mut wrong);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// Goes through a schema and its parts.
fn walk(schema: &Value, wrong: &mut BTreeSet<String>) {
    let Some(keywords) = schema.as_object() else { return };
    for (keyword, value) in keywords {
        if !KNOWN.contains(&keyword.as_str()) {
            wrong.insert(format!("the keyword {keyword}"));
        }
        match keyword.as_str() {
            "$ref" if keywords.len() > 1 => drop(wrong.insert(format!("something beside $ref {value}"))),
            "properties" | "$defs" => value.as_object().unwrap().values().for_each(|part| walk(part, wrong)),
            "anyOf" | "allOf" => value.as_array().unwrap().iter().for_each(|part| walk(part, wrong)),
            "items" | "additionalProperties" | "propertyNames" | "if" | "then" | "else" => walk(value, wrong),
            _ => {}
        }
    }
}

/// The flow tests in a folder and below it, by path, as an editor reads them; a file that is no YAML is left out.
fn flow_tests(folder: &str) -> Vec<(PathBuf, Value)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if is_test(&path.to_string_lossy()) {
                let text = fs::read_to_string(&path).unwrap();
                found.extend(serde_yaml::from_str(&text).ok().map(|value| (path, value)));
            }
        }
    }
    found
}

/// The schema of flow tests is read alike by draft 7 and by 2020-12.
#[test]
fn the_editor_takes_every_flow_test_that_is_read_and_underlines_many_that_are_not() {
    let schema = flowrun_testing::form::schema();
    let mut newer = schema.clone();
    newer["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    let validators = [
        jsonschema::options().with_draft(Draft::Draft7).build(&schema).unwrap(),
        jsonschema::options().with_draft(Draft::Draft202012).build(&newer).unwrap(),
    ];
    for validator in &validators {
        let folders =
            ["flows", "docs/examples", "tests/tests/flow_tests/right", "tests/tests/flow_tests/red"];
        let right: Vec<_> = folders.iter().flat_map(|folder| flow_tests(folder)).collect();
        assert!(right.len() > 35, "only {} files were found", right.len());
        for (path, value) in &right {
            let wrong: Vec<String> = validator
                .iter_errors(value)
                .map(|wrong| format!("{}: {wrong}", wrong.instance_path()))
                .collect();
            assert!(wrong.is_empty(), "{}: {wrong:#?}", path.display());
        }
        let wrong = flow_tests("tests/tests/flow_tests/wrong");
        let underlined = wrong.iter().filter(|(_, value)| !validator.is_valid(value)).count();
        // The others are wrong in what no schema knows: names that the flow lacks.
        assert!(underlined >= 15, "{underlined} of {}", wrong.len());
    }
}

#[test]
fn every_card_and_field_is_completed_with_its_docs() {
    let catalog = registry().catalog();
    let schema = schema(catalog);
    let names = &schema["$defs"]["card"]["properties"]["card"]["anyOf"][0];
    for (index, card) in catalog.iter().enumerate() {
        assert_eq!(names["enum"][index], *card.id);
        assert_eq!(names["enumDescriptions"][index], card.summary());
        let with = &schema["$defs"][&*card.id]["properties"]["with"];
        for field in card.inputs.iter() {
            let shown = &with["properties"][&*field.name];
            let docs = shown["description"].as_str().unwrap_or_default();
            assert!(docs.starts_with(field.docs.trim_end()), "{} {}: {docs}", card.id, field.name);
            if !field.choices.is_empty() {
                assert_eq!(
                    shown["anyOf"][0]["enum"],
                    json!(field.choices.iter().collect::<Vec<_>>()),
                    "{} {}",
                    card.id,
                    field.name
                );
            }
        }
    }
}
