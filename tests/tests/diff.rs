//! `flowrun diff` as a user sees it: two projects in one file, what differs out.
//!
//! A case has the files of the old project below `old/` and those of the new one below `new/`. To add a case, add a file and
//! accept its snapshots.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flowrun_core::source::Sources;
use flowrun_tests::{Ran, flowrun, sources};
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
