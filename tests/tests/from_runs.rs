//! Tests made of runs: each passes as it is made, and fails once the flow does something else.

use std::path::{Path, PathBuf};

use flowrun_tests::served::Env;
use flowrun_tests::{Ran, flowrun};
use tempfile::TempDir;

struct Place {
    folder: TempDir,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(place.path("flows")).unwrap();
        files.iter().for_each(|(name, text)| place.write(name, text));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path("flows").join(name), text).unwrap();
    }

    fn flowrun(&self, args: &[&str]) -> Ran {
        let place = |arg: &&str| arg.replace('@', &format!("{}/", self.folder.path().display()));
        let args: Vec<String> = args.iter().map(place).collect();
        flowrun(&args.iter().map(String::as_str).collect::<Vec<_>>(), Env::new())
    }

    /// Runs a flow, and gives the name of the only run.
    fn run(&self, args: &[&str]) -> (Ran, String) {
        let ran = self.flowrun(&[&["run"], args, &["--state", "@state"]].concat());
        let listed = self.flowrun(&["runs", "--state", "@state", "--json"]);
        let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
        (ran, listed[0]["run"].as_str().unwrap().to_owned())
    }
}

const MANIFEST: &str = "\
tables: { people: { columns: { email: text } }, seen: { kept: true, columns: { email: text } } }
vars: { greeting: hello, key: { type: secret, value: null } }
";

const GREET: &str = "\
name: Greet
inputs: { names: list of text, key: secret }
outputs: { greeted: number, rows: number, at: date & time, word: text }
cards:
  - { id: now, card: date_time.now }
  - { id: note, card: tables.create_row, with: { table: seen, email: a@x.test } }
  - id: each
    card: list.for_each
    with: { list: $.inputs.names, flow: greet_one, concurrency: 2 }
    pass: { name: $.item }
  - { id: rows, card: tables.search_rows, with: { table: people, result_set: all } }
  - id: asked
    card: external.slack.find_word
    with: { Key: $.inputs.key }
    outputs: { Word: text }
  - card: flow_control.return
    with: { greeted: 2, rows: $.rows.count, at: $.now.date, word: $.asked.Word }
";

const GREET_ONE: &str = "\
name: Greet One
inputs: { name: text }
cards:
  - id: sent
    card: external.slack.send_message
    retry: { times: 3, wait: 10 s, on: any }
    with: { Text: \"hello {{ inputs.name }}\" }
    outputs: { Message ID: text }
";

const MOCKS: &str = "\
slack.send_message:
  - { when: { Text: hello Bob }, times: 2, fails: { kind: Rate Limit, message: ~slow, code: 429, body: { ok: false } } }
  - { gives: { Message ID: \"~m\" } }
slack.find_word: { gives: { Word: right } }
";

#[test]
fn a_test_made_of_a_run_passes_until_the_flow_is_another() {
    let place =
        Place::new(&[("flowrun.yaml", MANIFEST), ("greet.yaml", GREET), ("greet_one.yaml", GREET_ONE)]);
    std::fs::write(place.path("mocks.yaml"), MOCKS).unwrap();
    std::fs::write(place.path("people.csv"), "email\nold@x.test\nnew@x.test\n").unwrap();
    let args = ["@flows/greet.yaml", "--mock", "@mocks.yaml", "--table", "people=@people.csv"];
    let inputs = ["--input", r#"names=["Ada","Bob"]"#, "--input", "key=abcdefgh"];
    let (ran, run) = place.run(&[&args[..], &inputs].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);

    let made = place.flowrun(&["test", "--from", &run, "--state", "@state"]);
    assert_eq!(made.code, 0, "{}{}", made.stdout, made.stderr);
    for part in [
        "\"rows\": 2",
        "\"word\": \"right\"",
        "{\"email\":\"old@x.test\"}",
        "when: { \"Text\": \"hello Bob\" }, times: 1, fails: { kind: \"Rate Limit\", message: \"~slow\", code: 429",
        "# Not taken over: the input `key` is a secret",
        "\"greeted\": 2",
    ] {
        assert!(made.stdout.contains(part), "{part}\n{}", made.stdout);
    }
    assert!(!made.stdout.contains("abcdefgh"));

    let into = ["test", "--from", &run, "--state", "@state", "--into", "@flows/greet.test.yaml"];
    for times in 1..=2 {
        let added = place.flowrun(&into);
        assert_eq!(added.code, 0, "{}{}", added.stdout, added.stderr);
        let tested = place.flowrun(&["test", "@flows/greet.test.yaml"]);
        assert_eq!(tested.code, 0, "{}{}", tested.stdout, tested.stderr);
        assert!(tested.stdout.contains(&format!("{times} passed")), "{}", tested.stdout);
    }
    let elsewhere = place.flowrun(&[&into[..5], &["--into", "@flows/greet_one.test.yaml"]].concat());
    assert_eq!(elsewhere.code, 0, "{}", elsewhere.stderr);
    place.write("greet_one.test.yaml", "tests:\n  a: { inputs: { name: Ada } }\n");
    let elsewhere = place.flowrun(&[&into[..5], &["--into", "@flows/greet_one.test.yaml"]].concat());
    assert!(elsewhere.stderr.contains("has tests of another flow"), "{}", elsewhere.stderr);

    place.write("greet.yaml", &GREET.replace("greeted: 2", "greeted: 3"));
    let tested = place.flowrun(&["test", "@flows/greet.test.yaml"]);
    assert_eq!(tested.code, 1);
    assert!(tested.stdout.contains("outputs.greeted should be 2"), "{}", tested.stdout);
}

#[test]
fn a_failure_and_a_reply_are_taken_over() {
    let flow = "\
name: Asks
cards:
  - { id: asked, card: flow_control.pause, with: { question: \"May they?\" }, outputs: { approved: text } }
  - { id: no, card: error_handling.return_error, with: { message: \"~ {{ asked.approved }}\", status_code: 409 } }
";
    let place = Place::new(&[("flowrun.yaml", "{}\n"), ("asks.yaml", flow)]);
    let (ran, run) = place.run(&["@flows/asks.yaml"]);
    assert!(ran.stdout.contains("paused"), "{}{}", ran.stdout, ran.stderr);
    let open = place.flowrun(&["test", "--from", &run, "--state", "@state"]);
    assert!(open.stderr.contains("has not ended"), "{}", open.stderr);
    let resumed = place.flowrun(&["resume", &run, "--state", "@state", "--input", "approved=not now"]);
    assert_eq!(resumed.code, 1, "{}{}", resumed.stdout, resumed.stderr);
    let into = ["test", "--from", &run, "--state", "@state", "--into", "@flows/asks.test.yaml"];
    let added = place.flowrun(&into);
    assert_eq!(added.code, 0, "{}{}", added.stdout, added.stderr);
    let text = std::fs::read_to_string(place.path("flows/asks.test.yaml")).unwrap();
    for part in [
        "resume: {\"approved\":\"not now\"}",
        "status: failed",
        "{ ~equals: \"~ not now\" }",
        "\"code\": 409",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let tested = place.flowrun(&["test", "@flows/asks.test.yaml"]);
    assert_eq!(tested.code, 0, "{}{}", tested.stdout, tested.stderr);
}

#[test]
fn of_a_run_whose_data_is_not_saved_there_is_none() {
    let flow = "name: Quiet\nsave_data: off\ncards:\n  - { id: now, card: date_time.now }\n";
    let place = Place::new(&[("flowrun.yaml", "{}\n"), ("quiet.yaml", flow)]);
    let (ran, run) = place.run(&["@flows/quiet.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let made = place.flowrun(&["test", "--from", &run, "--state", "@state"]);
    assert_eq!(made.code, 2);
    assert!(made.stderr.contains("its data is not saved"), "{}", made.stderr);
    assert!(!Path::new(&place.path("flows/quiet.test.yaml")).exists());
}
