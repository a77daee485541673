//! No test is lost: each crate's tests are one binary, so cargo doesn't find files by itself.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders `tests` of all crates.
fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let crates = ["engine", "connectors"].map(|group| fs::read_dir(root.join(group)).unwrap());
    let crates = crates.into_iter().flatten().map(|entry| entry.unwrap().path()).chain([root.join("tests")]);
    crates.map(|krate| krate.join("tests")).filter(|tests| tests.is_dir()).collect()
}

#[test]
fn every_file_of_tests_is_a_module_of_its_binary() {
    for folder in folders() {
        let text = fs::read_to_string(folder.join("main.rs")).unwrap_or_default();
        let named: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).collect();
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let module =
                path.extension().is_some_and(|ending| ending == "rs") || path.join("mod.rs").exists();
            let name = path.file_stem().unwrap().to_str().unwrap();
            assert!(!module || name == "main" || named.contains(&name), "{} is in no binary", path.display());
        }
    }
}
