//! `flowrun tables`: what is kept is shown, exported, imported and cleared.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use flowrun_tests::{Ran, flowrun};
use tempfile::TempDir;

const MANIFEST: &str = "connections: { okta: okta }
tables:
  people: { kept: true, columns: { name: text, age: number, active: { type: true/false, default: true } } }
  passing: { columns: { name: text } }
";

const NOTES: &str = "name: Notes
inputs: { name: text, age: { type: number, default: 29 } }
cards:
  - { card: tables.create_row, with: { table: people, name: $.inputs.name, age: $.inputs.age } }
  - { card: tables.create_row, with: { table: passing, name: $.inputs.name } }
";

/// The same over another set of hosts.
const ASKS: &str = "name: Asks
cards:
  - { id: all, card: okta.list_users_with_search, with: { result_set: all, search: status pr } }
  - { card: tables.create_row, with: { table: people, name: asked, age: 1 } }
";

/// A project whose state lies beside it.
struct Project(TempDir);

impl Project {
    fn new() -> Project {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("notes.yaml", NOTES), ("asks.yaml", ASKS), ("flowrun.yaml", MANIFEST)] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Project(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn run(&self, flow: &str, args: &[&str]) {
        let (flow, state) = (self.path(flow), self.path("state"));
        let ran = flowrun(&[&["run", &*flow, "--state", &*state], args].concat(), BTreeMap::new());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }

    /// Runs `flowrun tables`.
    fn tables(&self, args: &[&str]) -> Ran {
        let (root, state) = (self.0.path().display().to_string(), self.path("state"));
        flowrun(&[&["tables"], args, &["--project", &*root, "--state", &*state]].concat(), BTreeMap::new())
    }

    /// What it prints, if all goes well.
    fn told(&self, args: &[&str]) -> String {
        let ran = self.tables(args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
        ran.stdout
    }

    /// Why it refuses.
    fn refused(&self, args: &[&str]) -> String {
        let ran = self.tables(args);
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{args:?}");
        ran.stderr
    }
}

#[test]
fn rows_are_shown_exported_cleared_and_imported_again() {
    let project = Project::new();
    assert_eq!(project.told(&[]), "no table is kept\n");
    for (name, age) in [("Jane", "29"), ("Zoë, \"Z\"", "7615917337495251231"), ("Bob", "41")] {
        project.run("notes.yaml", &["-i", &format!("name={name}"), "-i", &format!("age={age}")]);
    }
    assert_eq!(project.told(&[]), "people: 3 rows (no connections)\n");

    let shown = project.told(&["show", "people"]);
    let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split("  ").map(str::trim).collect()).collect();
    let kept = |line: &[&str]| {
        line.iter().filter(|cell| !cell.is_empty()).map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(kept(&lines[0]), ["Row ID", "Created", "Updated", "name", "age", "active"]);
    let second = kept(&lines[2]);
    assert_eq!(
        (&*second[0], &second[3..]),
        ("people-2", &["Zoë, \"Z\"", "7615917337495251231", "true"].map(String::from)[..])
    );
    assert_eq!(shown.lines().last(), Some("3 rows"));
    let newest = project.told(&["show", "people", "--limit", "1", "--json"]);
    let newest: serde_json::Value = serde_json::from_str(&newest).unwrap();
    assert_eq!((&newest[0]["name"], newest.as_array().unwrap().len()), (&"Bob".into(), 1));

    let csv = project.path("people.csv");
    project.told(&["export", "people", &csv]);
    let written = "name,age,active\nJane,29,true\n\"Zoë, \"\"Z\"\"\",7615917337495251231,true\nBob,41,true\n";
    assert_eq!(fs::read_to_string(&csv).unwrap(), written);
    let refused = project.refused(&["export", "people", &csv]);
    assert!(refused.contains("can't be written") && refused.contains("name another file"), "{refused}");

    assert_eq!(project.told(&["clear", "people"]), "3 rows deleted\n");
    assert_eq!(project.told(&["show", "people"]), "0 rows\n");
    assert_eq!(project.told(&["import", "people", &csv]), "3 rows added\n");
    // IDs are not used again.
    assert!(project.told(&["show", "people"]).contains("people-6  "));
    project.told(&["export", "people", &project.path("again.csv")]);
    assert_eq!(fs::read_to_string(project.path("again.csv")).unwrap(), written);
    // And runs see the same.
    project.run("notes.yaml", &["-i", "name=Eve"]);
    assert!(project.told(&["show", "people"]).contains("people-7  "));
}

#[test]
fn a_csv_that_does_not_fit_adds_nothing() {
    let project = Project::new();
    project.run("notes.yaml", &["-i", "name=Jane"]);
    let csv = project.path("people.csv");
    for (text, told) in [
        ("name,age\nBob,41\nEve,ten\n", "line 3: column \"age\": expected number, found text \"ten\""),
        ("name,mail\nBob,b@acme.example\n", "has no column \"mail\""),
    ] {
        fs::write(&csv, text).unwrap();
        let refused = project.refused(&["import", "people", &csv]);
        assert!(refused.contains("people.csv: ") && refused.contains(told), "{refused}");
        assert_eq!(project.told(&["show", "people"]).lines().last(), Some("1 row"));
    }
    assert!(
        project.refused(&["import", "people", &project.path("none.csv")]).contains("none.csv can't be read")
    );
}

#[test]
fn a_table_that_is_not_there_or_there_twice_is_told() {
    let project = Project::new();
    project.run("notes.yaml", &["-i", "name=Jane"]);
    let refused = project.refused(&["show", "peopel"]);
    assert!(
        refused.contains("nothing is kept of a table `peopel`") && refused.contains("did you mean `people`?"),
        "{refused}"
    );
    assert!(project.refused(&["clear", "passing"]).contains("nothing is kept of a table `passing`"));
    project.run("asks.yaml", &[]);
    let refused = project.refused(&["show", "people"]);
    assert!(refused.contains("the table `people` is kept for 2 sets of hosts"), "{refused}");
    assert!(
        refused.contains("\n    no connections") && refused.contains("\n    okta: simulator"),
        "{refused}"
    );
    assert!(project.told(&["show", "people", "--hosts", "okta"]).contains("asked"));
    assert_eq!(project.told(&["clear", "people", "--hosts", "okta"]), "1 row deleted\n");
    assert!(project.told(&["show", "people", "--hosts", "no connections"]).contains("Jane"));
}

#[test]
fn a_table_that_is_no_longer_declared_can_be_saved_and_cleared() {
    let project = Project::new();
    project.run("notes.yaml", &["-i", "name=Jane"]);
    let manifest = Path::new(&project.path("flowrun.yaml")).to_owned();
    // What is kept doesn't fit the column any more.
    fs::write(&manifest, MANIFEST.replace("name: text, age", "name: number, age")).unwrap();
    let refused = project.refused(&["show", "people"]);
    assert!(refused.contains("what was kept of table \"people\" does not fit: column \"name\""), "{refused}");
    assert!(refused.contains("clear the table"), "{refused}");
    for name in ["asks.yaml", "notes.yaml"] {
        fs::remove_file(project.path(name)).unwrap();
    }
    fs::write(&manifest, "connections: { okta: okta }\n").unwrap();
    let csv = project.path("people.csv");
    project.told(&["export", "people", &csv]);
    assert_eq!(fs::read_to_string(&csv).unwrap(), "name,age,active\nJane,29,true\n");
    assert!(
        project.refused(&["import", "people", &csv]).contains("the project has no table `people` any more")
    );
    assert_eq!(project.told(&["clear", "people"]), "1 row deleted\n");
}
