//! Every input that the fuzzer began with, and every one that found something, goes through its target once more.

#![allow(clippy::print_stderr)]

use std::fs;
use std::path::Path;

use flowrun_tests::fuzzed::TARGETS;

#[test]
fn what_the_fuzzer_found_stays_mended() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (name, target) in TARGETS {
        let folders = [root.join("seeds").join(name), root.join("found").join(name)];
        let folders = folders.iter().filter(|folder| folder.is_dir());
        let inputs: Vec<_> = folders
            .flat_map(|folder| fs::read_dir(folder).unwrap())
            .map(|file| file.unwrap().path())
            .collect();
        assert!(!inputs.is_empty(), "{name} has no seeds");
        for input in inputs {
            // Known even if the input ends the process.
            eprintln!("{}", input.display());
            target(&String::from_utf8_lossy(&fs::read(&input).unwrap()));
        }
    }
}

#[test]
fn every_target_can_be_fuzzed() {
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut files: Vec<String> = fs::read_dir(targets)
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    names.sort();
    assert_eq!(files, names);
}
