//! `flowrun fmt`: every file there is gets one form, which says what the file said, and which converted exports have.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use flowrun::Surroundings;
use flowrun_core::diag::{Diagnostic, mended};
use flowrun_core::format::format;
use flowrun_core::source::{FileId, Sources};
use flowrun_exports::{Dictionary, read};
use flowrun_project::export;
use flowrun_project::project::is_test;
use flowrun_tests::shared::exports;
use flowrun_tests::{Ran, examine, in_surroundings, registry, sources, surroundings};
use serde_json::Value as Json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn flowrun(args: &[&str]) -> Ran {
    flowrun_tests::flowrun(args, BTreeMap::new())
}

fn formatted(text: &str) -> Result<String, Diagnostic> {
    format(FileId(0), text)
}

/// What a file says, as JSON. That a key stands twice only the loader can tell.
fn said(text: &str) -> Option<Json> {
    let options = serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    serde_yaml::from_str_with_options(text, options).ok()
}

/// The YAML files below a folder but those of flow tests.
fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            yaml_files(&entry, found);
        } else if entry.extension().is_some_and(|ending| ending == "yaml")
            && !is_test(&entry.to_string_lossy())
        {
            found.push(entry);
        }
    }
}

/// The projects that there are in flows, in the manual and in the tests; those that are cases of several files taken apart.
fn projects() -> Vec<(String, Sources)> {
    let mut files = Vec::new();
    ["flows", "docs", "tests"].iter().for_each(|folder| yaml_files(&root().join(folder), &mut files));
    files.sort();
    let name = |path: &Path| path.strip_prefix(root()).unwrap().display().to_string();
    files.iter().map(|path| (name(path), sources(&fs::read_to_string(path).unwrap()))).collect()
}

/// The mistakes of a project, without their places.
fn mistakes(sources: &Sources) -> Vec<String> {
    let (_, found) = examine(sources, &[]);
    let mut told: Vec<String> =
        found.iter().map(|found| format!("{} {} {:?}", found.code, found.message, found.help)).collect();
    told.sort();
    told
}

#[test]
fn every_file_says_the_same_and_keeps_its_comments_and_mistakes() {
    let (mut files, mut refused) = (0, 0);
    for (name, project) in projects() {
        let mut after = Sources::default();
        for (_, source) in project.iter() {
            files += 1;
            let once = formatted(&source.text).unwrap_or_else(|_| {
                refused += 1;
                source.text.to_string()
            });
            after.add(&source.path, &once);
            if once == *source.text {
                continue;
            }
            assert_eq!(formatted(&once).unwrap(), once, "{name}, {}", source.path);
            assert_eq!(said(&once), said(&source.text), "{name}, {}", source.path);
            for line in source.text.lines().filter(|line| line.trim().starts_with('#')) {
                assert!(once.contains(line.trim()), "{name}, {}: {line}", source.path);
            }
            for line in once.lines() {
                assert_eq!(line, line.trim_end(), "{name}, {}", source.path);
            }
        }
        assert_eq!(mistakes(&after), mistakes(&project), "{name}");
    }
    // Cases of files that are no YAML are few.
    assert!(files > 200 && refused < 20, "{refused} of {files} are refused");
}

#[test]
fn our_flows_are_in_form() {
    for folder in ["flows", "docs/examples", "docs/examples/pictures", "tests/cards"] {
        let ran = flowrun(&["fmt", "--check", &root().join(folder).display().to_string()]);
        assert_eq!((ran.code, &*ran.stdout), (0, ""), "{folder}: {}", ran.stderr);
    }
}

/// What an export becomes is in form, and gets that form back from any other: here it is written as JSON, which is YAML too.
#[test]
fn converted_exports_are_in_form_and_get_it_back() {
    let own = fs::read_dir(root().join("tests/exports")).unwrap().map(|entry| entry.unwrap().path());
    let own = own.filter(|path| path.extension().is_some_and(|ending| ending == "flopack"));
    let dictionary = Dictionary::new(registry().vocabulary());
    let mut checked = 0;
    for path in own.chain(exports()) {
        let export = read(&fs::read_to_string(&path).unwrap(), &dictionary).unwrap();
        for (_, source) in export::sources(&export.project).iter() {
            let place = format!("{}, {}", path.display(), source.path);
            assert_eq!(formatted(&source.text).unwrap(), *source.text, "{place}");
            // In JSON, YAML reads no key of a thousand letters.
            if source.text.lines().any(|line| line.trim_start().starts_with("? ")) {
                continue;
            }
            let json = format!("{:#}", said(&source.text).unwrap());
            // A line of a text that ends in blanks is no line of a file.
            assert_eq!(formatted(&json).unwrap(), *source.text, "{place}");
            checked += 1;
        }
    }
    assert!(checked > 20);
}

/// A project with one flow that has what was once right, in every way to write it, and what only looks like it.
const ROWS: &str = r#"#### file: flowrun.yaml
tables:
  people:
    columns: { email: text }
#### file: main.yaml
name: Rows
inputs: { other: object }
cards:
  - id: found
    card: tables.search_rows
    with: { table: people, result_set: all }
  - id: one
    card: text.compose
    with: { text: "{{ found.rows[0].row_id }}, {{ found.rows[0]['created'] }} # {{ found.rows[0].email }}" }
  - id: two
    card: text.compose
    with:
      text: |
        {% for row in found.rows %}{{ row.row_id }} {{ row.updated }}{% endfor %}
  - id: three
    card: text.compose
    with: { text: '{{ found.rows[0].row_id ~ " " ~ found.rows[0].updated }}' }
  - { id: first, card: list.get_first_item, with: { list: $.found.rows } }
  - card: flow_control.return
    with: { # what the rows have
      a: $.first.item.row_id, # in brackets
      b: "$.found.rows[0]['created']",
      c: "$.found.rows[*].row_id", d: $.first.item.updated,
      e: $.inputs.other.row_id, f: $.found.row_id,
      g: "{{ one.text }}{{ two.text }}{{ three.text }}" }
"#;

const MENDED: &str = r#"name: Rows
inputs: { other: object }
cards:
  - id: found
    card: tables.search_rows
    with: { table: people, result_set: all }

  - id: one
    card: text.compose
    with:
      text: "{{ found.rows[0]['Row ID'] }}, {{ found.rows[0]['Created'] }} # {{ found.rows[0].email }}"

  - id: two
    card: text.compose
    with:
      text: |
        {% for row in found.rows %}{{ row['Row ID'] }} {{ row.Updated }}{% endfor %}

  - id: three
    card: text.compose
    with: { text: '{{ found.rows[0]["Row ID"] ~ " " ~ found.rows[0].Updated }}' }

  - id: first
    card: list.get_first_item
    with: { list: $.found.rows }

  - card: flow_control.return
    with: # what the rows have
      a: $.first.item['Row ID'] # in brackets
      b: $.found.rows[0]['Created']
      c: $.found.rows[*]['Row ID']
      d: $.first.item.Updated
      e: $.inputs.other.row_id
      f: $.found.row_id
      g: "{{ one.text }}{{ two.text }}{{ three.text }}"
"#;

/// Only what the checker says is a row's is written otherwise, and then nothing is wrong any more.
#[test]
fn old_keys_of_rows_are_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    for (_, source) in sources(ROWS).iter() {
        fs::write(folder.path().join(&*source.path), &*source.text).unwrap();
    }
    let place = folder.path().display().to_string();
    let checked = flowrun(&["check", &place]);
    assert!(checked.stdout.contains("write `['Row ID']`, as `flowrun fmt` does"), "{}", checked.stdout);
    let json: Json = serde_json::from_str(&flowrun(&["check", &place, "--json"]).stdout).unwrap();
    assert_eq!(json["errors"], 10);
    for mistake in json["diagnostics"].as_array().unwrap().iter().filter(|it| it["code"] == "E019") {
        assert!(mistake["fix"].as_array().is_some_and(|edits| !edits.is_empty()), "{mistake:#}");
    }

    let ran = flowrun(&["fmt", &place]);
    assert_eq!((ran.code, &*ran.stdout), (0, "main.yaml\n"), "{ran:?}");
    assert_eq!(ran.stderr, "1 of 2 files formatted, 10 mistakes mended\n");
    assert_eq!(fs::read_to_string(folder.path().join("main.yaml")).unwrap(), MENDED);
    let checked = flowrun(&["check", &place]);
    assert_eq!(checked.code, 0, "{}", checked.stdout);
    assert_eq!(flowrun(&["fmt", "--check", &place]).code, 0);
}

#[test]
fn a_fix_that_does_not_fit_its_file_is_no_fix() {
    // The wire is without quotes and has both kinds of them: no third kind could hold it.
    let case = "#### file: flowrun.yaml
tables: { people: { columns: { email: text } } }
#### file: main.yaml
name: Rows
cards:
  - id: found
    card: tables.search_rows
    with: { table: people, result_set: all }
  - card: flow_control.return
    with:
      a: $.found.rows[?@.email == 'x' || @.email == \"y\"].row_id
";
    let project = sources(case);
    let (_, found) = examine(&project, &[]);
    let told: Vec<_> = found.iter().filter_map(|found| found.help.as_deref()).collect();
    assert_eq!(told, ["a row has Okta's keys: write `['Row ID']`"]);
    for (file, source) in project.iter() {
        assert_eq!(mended(file, &source.text, &found), (source.text.to_string(), 0));
    }
}

#[test]
fn files_are_replaced_as_a_whole_and_those_with_mistakes_left() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| fs::write(at(name), text).unwrap();
    write("flowrun.yaml", "exclude: [answers.yaml]\n");
    write("good.yaml", "name: Good\ncards: []\n");
    write("bad.yaml", "cards: [\n");
    write("wrong.yaml", "cards: [{card: no.such}]");
    write("answers.yaml", "- {a:   1}\n");
    write("old", "cards:   []\n");
    symlink(at("old"), at("link.yaml")).unwrap();
    fs::set_permissions(at("wrong.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    let place = folder.path().display().to_string();

    let looked = flowrun(&["fmt", "--check", &place]);
    assert_eq!((looked.code, &*looked.stdout), (2, "link.yaml\nwrong.yaml\n"));
    assert!(looked.stderr.contains("bad.yaml:1:8"), "{}", looked.stderr);
    assert!(
        looked.stderr.ends_with("2 of 5 files would change; 1 file with mistakes is left as it is\n"),
        "{}",
        looked.stderr
    );
    assert_eq!(fs::read_to_string(at("wrong.yaml")).unwrap(), "cards: [{card: no.such}]");
    assert_eq!(flowrun(&["fmt", "--check", &at("good.yaml").display().to_string()]).code, 0);
    assert_eq!(flowrun(&["fmt", "--check", &at("wrong.yaml").display().to_string()]).code, 1);

    let ran = flowrun(&["fmt", &place, &at("wrong.yaml").display().to_string()]);
    assert_eq!((ran.code, &*ran.stdout), (2, "link.yaml\nwrong.yaml\n"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(at("wrong.yaml")).unwrap(), "cards:\n  - { card: no.such }\n");
    assert_eq!(fs::metadata(at("wrong.yaml")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_to_string(at("bad.yaml")).unwrap(), "cards: [\n");
    assert!(fs::symlink_metadata(at("link.yaml")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(at("old")).unwrap(), "cards: []\n");
    // What no project has is formatted if it is named.
    assert_eq!(fs::read_to_string(at("answers.yaml")).unwrap(), "- {a:   1}\n");
    assert_eq!(flowrun(&["fmt", &at("answers.yaml").display().to_string()]).code, 0);
    assert_eq!(fs::read_to_string(at("answers.yaml")).unwrap(), "- { a: 1 }\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 7);
}

#[test]
fn the_standard_input_goes_to_the_standard_output() {
    let input = || Ok("cards:  []   # none\n".to_owned());
    let over = |input, args: &[&str]| in_surroundings(args, &Surroundings { input, ..surroundings() });
    let ran = over(input, &["fmt", "-"]);
    assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (0, "cards: [] # none\n", ""));
    assert_eq!(over(input, &["fmt", "--check", "-"]).code, 1);
    let ran = over(|| Ok("a: {".to_owned()), &["fmt", "-"]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert!(ran.stderr.contains("standard input:1:4"), "{}", ran.stderr);
    assert_eq!(over(input, &["fmt", "-", "flows"]).code, 2);
}
