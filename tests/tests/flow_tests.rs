//! Flow tests, as those see them who write them. Each folder of `flow_tests` is a project of its own:
//!
//! - `right` has a file for each part of the form, in which every key stands; all of it passes.
//! - `red` has tests that fail. What is told of each is accepted beside it.
//! - `covered` is one of which tests come to a part.
//! - `reports` is one whose tests end in every way, with texts that each form has to escape (`flow_reports.rs`).
//! - `again` has tests that pass, and fail when they are run otherwise.
//! - `wrong` has files that can't be run. What is told of each is accepted beside it: a case is a file.

use std::path::{Path, PathBuf};

use flowrun_tests::org::Project;
use flowrun_tests::{Ran, flowrun};

pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flow_tests").join(name)
}

fn test(args: &[&str]) -> Ran {
    flowrun(&[&["test"], args].concat(), Default::default())
}

/// What was printed, without the time that it took and without where the files lie.
pub(crate) fn told(ran: &Ran) -> String {
    let text = format!("exit code {}\n{}{}", ran.code, ran.stdout, ran.stderr);
    let lines = text.lines().map(|line| match line.rsplit_once(", in ") {
        Some((line, time)) if time.ends_with(" s") => line,
        _ => line,
    });
    lines.map(|line| format!("{line}\n")).collect::<String>().replace(env!("CARGO_MANIFEST_DIR"), "…")
}

pub(crate) fn accepted(folder: &Path, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path(folder);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn what_is_so_passes() {
    let ran = test(&[&folder("right").display().to_string()]);
    assert_eq!(ran.code, 0, "{}", told(&ran));
}

/// Those of the shipped project: what they expect follows from what the flows promise, and from Okta's and Personio's documentation.
#[test]
fn the_tests_of_the_import_pass() {
    let flows = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows");
    let ran = test(&[&flows.display().to_string(), "--coverage"]);
    assert_eq!(ran.code, 0, "{}", told(&ran));
    let all = ran.stdout.lines().last().unwrap();
    assert_eq!(all.matches("100 %").count(), 2, "not all cards and branches: {}", ran.stdout);
}

/// The exports that the manual shows: each is checked and converted without an error, and its flows do what its tests say.
#[test]
fn the_exports_of_the_manual_do_what_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/exports");
    let ran = test(&[&folder.display().to_string()]);
    assert_eq!(ran.code, 0, "{}", told(&ran));
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let exports: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|it| it == "flopack")).collect();
    assert_eq!(exports.len(), 6);
    for export in exports {
        let (export, kept) = (export.display().to_string(), tempfile::tempdir().unwrap());
        let project = kept.path().join("project").display().to_string();
        for args in
            [vec!["check", &export], vec!["convert", &export, "-o", &project], vec!["check", &project]]
        {
            let ran = flowrun(&args, Default::default());
            assert_eq!(ran.code, 0, "{args:?}: {}", told(&ran));
            assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("error"), "{args:?}: {}", told(&ran));
        }
    }
    // One flow of an export that has several is tested by a file of its own.
    let ran = test(&[&folder.join("reset.flopack").display().to_string(), "--coverage"]);
    assert!(ran.stdout.contains("ask_for_a_reset    11/11 100 %"), "{}", told(&ran));
}

/// What `--init` writes for each flow of the import and of the manual's exports has no mistake, and what it can steer comes to most of
/// their cards. What the flows make of values that were made up is for their authors to say.
#[test]
fn the_first_tests_of_a_flow_are_right() {
    let project = Project::shipped().edited(&[]);
    let mut flows = Vec::new();
    for folder in ["", "utilities"] {
        let files =
            std::fs::read_dir(project.root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        for file in files.filter(|file| file.is_file()) {
            match file.to_string_lossy().ends_with(".test.yaml") {
                true => std::fs::remove_file(file).unwrap(),
                false if file.ends_with("flowrun.yaml") => {}
                false => flows.push(file.display().to_string()),
            }
        }
    }
    for flow in &flows {
        let ran = test(&["--init", flow, "--write"]);
        assert_eq!(ran.code, 0, "{flow}: {}", told(&ran));
    }
    let root = project.root().display().to_string();
    let checked = flowrun(&["check", &root], Default::default());
    assert_eq!(checked.code, 0, "{}", told(&checked));
    let ran = test(&[&root, "--coverage"]);
    assert!(ran.code < 2, "{}", told(&ran));
    let all: Vec<&str> = ran.stdout.lines().last().unwrap().split_whitespace().collect();
    assert!(all[2].parse::<u32>().unwrap() >= 80, "{all:?} of the cards");

    // What is there is nobody else's to write over.
    let again = test(&["--init", &flows[0], "--write"]);
    assert!(again.code == 2 && again.stderr.contains("is there already"), "{}", told(&again));

    let export = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/exports/reset.flopack");
    let kept = tempfile::tempdir().unwrap();
    let copy = kept.path().join("reset.flopack");
    std::fs::copy(export, &copy).unwrap();
    let copy = copy.display().to_string();
    for title in ["Approve a Reset", "Ask for a Reset"] {
        assert_eq!(test(&["--init", &copy, "--flow", title, "--write"]).code, 0, "{title}");
    }
    assert!(test(&[&copy]).code < 2);
}

#[test]
fn first_tests_are_as_accepted() {
    let greet = folder("right").join("greet.yaml").display().to_string();
    accepted(&folder("right").join(".."), "init", &told(&test(&["--init", &greet])));
}

#[test]
fn every_key_of_the_form_stands_in_a_test_that_passes() {
    let files = std::fs::read_dir(folder("right")).unwrap().map(|entry| entry.unwrap().path());
    let tests = files.filter(|path| path.to_string_lossy().ends_with(".test.yaml"));
    let text: String = tests.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let missing: Vec<String> = flowrun_testing::form::keys()
        .into_iter()
        .filter(|key| !text.contains(&format!("{key}:")) && !text.contains(&format!("{key} ")))
        .collect();
    assert!(missing.is_empty(), "these stand in no test of `right`: {missing:?}");
}

/// One test with a list of one: of `chooses` all cards but `many`, of its branches `else` and one item; of `tells` both cards. One in which all goes
/// well: of `careful` all cards but `loud`, and of the branches neither a retry nor an error, neither policy nor `catch`.
#[test]
fn what_tests_came_to_is_told() {
    let folder = folder("covered");
    let path = folder.display().to_string();
    let ran = test(&[&path, "--coverage", "--report", "lcov=-", "--coverage-min", "95"]);
    // The report has the standard output for itself.
    let lcov: String =
        ran.stdout.lines().filter(|line| !line.starts_with("SF:")).map(|line| format!("{line}\n")).collect();
    let told = told(&Ran { stdout: String::new(), ..ran.clone() });
    accepted(&folder, "covered", &format!("{told}--- LCOV, without the names of files\n{lcov}"));
    assert_eq!(ran.code, 1);
    assert_eq!(test(&[&path, "--coverage-min", "75"]).code, 0);
}

/// `flowrun run` reads the same mocks. A connection that is real by its address alone is not reached then.
#[test]
fn a_run_is_answered_by_mocks_of_hosts() {
    let kept = tempfile::tempdir().unwrap();
    let mocks = kept.path().join("mocks.yaml");
    let (flow, file) =
        (folder("right").join("calls.yaml").display().to_string(), mocks.display().to_string());
    let run = |text: &str| {
        std::fs::write(&mocks, text).unwrap();
        let args = ["run", &flow, "--input", "email=ada@x.test", "--mock", &file, "--outputs"];
        flowrun(&args, Default::default())
    };
    let answers = "- { request: { method: get }, response: { body: { name: Ada } } }\n- { response: { status: 202 } }\n";
    let ran = run(&format!("http:api.example.com:\n{answers}"));
    assert_eq!(ran.code, 0, "{}", told(&ran));
    assert!(
        ran.stdout.contains("crm: api.example.com, mocked") && ran.stdout.contains("name: Ada"),
        "{}",
        ran.stdout
    );
    let ran = run("http:api.example.com: { request: { method: get }, response: { body: { name: Ada } } }");
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("none of its mocks fits: POST /v1/mail"), "{}", told(&ran));
    let ran = run("http:mail.example.org: { response: {} }");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no connection of the flow leads to `mail.example.org`"), "{}", told(&ran));
}

/// A flow that asks Okta once more where it can't know that nothing happened sends two mails: only a crash shows that. Another relies on the
/// order in which three requests at the same time end.
#[test]
fn what_only_shows_otherwise_is_found() {
    let folder = folder("again");
    for (name, otherwise) in [("resets", ["--crash", "everywhere"]), ("races", ["--shuffle", "10"])] {
        let path = folder.join(format!("{name}.test.yaml")).display().to_string();
        let ran = test(&[&path]);
        assert_eq!(ran.code, 0, "{}", told(&ran));
        let ran = test(&[&[&*path][..], &otherwise].concat());
        assert_eq!(ran.code, 1, "{}", told(&ran));
        accepted(&folder, name, &told(&ran));
    }
}

#[test]
fn what_is_so_is_so_after_crashes_and_in_any_order() {
    let path = folder("right").display().to_string();
    let ran = test(&[&path, "--crash", "everywhere", "--shuffle", "3"]);
    assert_eq!(ran.code, 0, "{}", told(&ran));
    // Each test whose journal is kept has at least its start and its end.
    let places = ran.stdout.lines().find_map(|line| line.strip_prefix("a process died at "));
    let places =
        places.and_then(|places| places.split_once(' ')).and_then(|(number, _)| number.parse::<u64>().ok());
    assert!(places.is_some_and(|places| places > 100), "{}", told(&ran));
}

#[test]
fn what_fails_says_why() {
    let folder = folder("red");
    for path in files(&folder) {
        let ran = test(&[&path.display().to_string(), "--ci"]);
        assert_eq!(ran.code, 1, "{}: {}", path.display(), told(&ran));
        accepted(&folder, &stem(&path), &told(&ran));
    }
}

#[test]
fn what_is_wrong_is_told_before_anything_runs() {
    let folder = folder("wrong");
    for path in files(&folder) {
        let ran = test(&[&path.display().to_string()]);
        assert_eq!(ran.code, 2, "{}: {}", path.display(), told(&ran));
        accepted(&folder, &stem(&path), &told(&ran));
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.to_string_lossy().ends_with(".test.yaml")).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn stem(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().trim_end_matches(".test.yaml").to_owned()
}
