//! Snapshots of flow tests, places that are filled in, and which tests are run, as a user has them in a folder of their own.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use flowrun::{Prompt, Surroundings};
use flowrun_tests::{Ran, in_surroundings, surroundings};
use tempfile::TempDir;

const MANIFEST: &str = "connections: { okta: okta }\n";

const FLOW: &str = "\
name: Greets
inputs: { who: text, key: secret }
outputs: { text: text, long: text, people: list of object, at: date & time, id: text, key: secret }
cards:
  - { id: now, card: date_time.now }
  - { id: loud, card: text.to_upper_case, with: { text: $.inputs.who } }
  - { id: group, card: okta.create_group, with: { name: $.inputs.who } }
  - card: flow_control.return
    with:
      text: $.loud.text
      long: \"a\\nb\"
      people: [ { name: Ada, mail: ada@example.com, age: 3 }, { name: ~Bob, mail: bob@example.com, age: 4 } ]
      at: $.now.date
      id: $.group.id
      key: $.inputs.key
";

const TESTS: &str = "\
tests:
  greets:
    inputs: { who: Ada, key: hunter2222 }
    snapshot: [outputs, requests, cards]
  greets others:
    each: [ { inputs: { who: Bob } }, { name: \"Ünal & Cem\", inputs: { who: Cem } } ]
    inputs: { key: hunter2222 }
    snapshot: [outputs]
";

/// A project in a folder of its own.
struct Folder {
    root: TempDir,
    state: TempDir,
}

/// Answers questions in their order.
struct Answers(Mutex<Vec<&'static str>>);

impl Prompt for Answers {
    fn ask(&self, _: &str, _: bool) -> io::Result<String> {
        let answer = self.0.lock().unwrap().pop();
        answer.map(str::to_owned).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

impl Folder {
    fn new(tests: &str) -> Folder {
        let folder = Folder { root: tempfile::tempdir().unwrap(), state: tempfile::tempdir().unwrap() };
        folder.write("flowrun.yaml", MANIFEST);
        folder.write("greets.yaml", FLOW);
        folder.write("greets.test.yaml", tests);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names of all snapshots.
    fn snapshots(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("snapshots")).into_iter().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn run(&self, args: &[&str], env: &[(&str, &str)], prompt: Option<&[&'static str]>) -> Ran {
        let state = ("XDG_STATE_HOME".to_owned(), self.state.path().display().to_string());
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let prompt = prompt.map(|answers| {
            let answers = Answers(Mutex::new(answers.iter().rev().copied().collect()));
            Arc::new(answers) as Arc<dyn Prompt>
        });
        let env: BTreeMap<String, String> = env.chain([state]).collect();
        let path = self.root.path().display().to_string();
        let args = [&["test", &path], args].concat();
        in_surroundings(&args, &Surroundings { env, prompt, ..surroundings() })
    }

    fn test(&self, args: &[&str]) -> Ran {
        self.run(args, &[], None)
    }
}

const NEW: [&str; 5] = [
    "greets__greets@cards.snap.new",
    "greets__greets@outputs.snap.new",
    "greets__greets@requests.snap.new",
    "greets__greets_others_1@outputs.snap.new",
    "greets__greets_others_Ünal_Cem@outputs.snap.new",
];

#[test]
fn what_is_new_fails_until_it_is_accepted() {
    let folder = Folder::new(TESTS);
    for (args, env) in
        [(vec!["--ci"], vec![]), (vec![], vec![("CI", "true")]), (vec![], vec![("INSTA_UPDATE", "no")])]
    {
        assert_eq!(folder.run(&args, &env, None).code, 1);
        assert_eq!(folder.snapshots(), [] as [&str; 0], "{args:?} {env:?}");
    }
    assert_eq!(folder.test(&[]).code, 1);
    assert_eq!(folder.snapshots(), NEW);
    let accepted = folder.test(&["--accept"]);
    assert_eq!(accepted.code, 0, "{}", accepted.stdout);
    assert!(accepted.stderr.contains("5 snapshots accepted"), "{}", accepted.stderr);
    assert_eq!(folder.snapshots(), NEW.map(|name| name.trim_end_matches(".new")));
    // insta's form: docs.rs/insta, `Snapshot files`.
    assert_eq!(
        folder.read("snapshots/greets__greets@requests.snap"),
        "---\nsource: greets.test.yaml\nexpression: requests\n---\nrequests:\n  - post: /api/v1/groups\n    to: acme.okta.sim\n    body:\n      profile:\n        name: Ada\n    answered: 200\n"
    );
    // As insta itself reads it.
    let read = insta::Snapshot::from_file(&folder.path("snapshots/greets__greets@requests.snap")).unwrap();
    assert_eq!(read.metadata().source(), Some("greets.test.yaml"));
    assert_eq!(read.metadata().expression(), Some("requests"));
    assert_eq!(read.snapshot_name(), Some("greets@requests"));
    assert!(read.as_text().unwrap().to_string().starts_with("requests:\n  - post: /api/v1/groups\n"));
    // Neither the time nor the machine nor another process changes anything, and no secret is in it.
    for _ in 0..2 {
        assert_eq!(folder.run(&["--ci"], &[], None).code, 0);
    }
    for name in folder.snapshots() {
        assert!(!folder.read(&format!("snapshots/{name}")).contains("hunter2222"), "{name}");
    }
    assert!(folder.read("snapshots/greets__greets@outputs.snap").contains("key: ••••••"));
}

#[test]
fn what_is_otherwise_is_asked_for_one_by_one() {
    let folder = Folder::new(TESTS);
    folder.test(&["--accept"]);
    let before = folder.read("snapshots/greets__greets@outputs.snap");
    folder.write("greets.yaml", &FLOW.replace("age: 3", "age: 5"));
    let refused = folder.test(&["--review"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.contains("this is none") && refused.stderr.contains("--accept"),
        "{}",
        refused.stderr
    );
    // The snapshots of the first case, in their order: outputs, cards (the requests are the same), then one of each other case.
    let reviewed = folder.run(&["--review"], &[], Some(&["n", "what", "y", "s", "y"]));
    assert_eq!(reviewed.code, 1);
    assert!(reviewed.stderr.contains("-       age: 3\n+       age: 5\n"), "{}", reviewed.stderr);
    assert!(reviewed.stderr.contains("2 snapshots accepted"), "{}", reviewed.stderr);
    assert_eq!(folder.read("snapshots/greets__greets@outputs.snap"), before);
    assert!(folder.read("snapshots/greets__greets@cards.snap").contains("age: 5"));
    let new: Vec<String> = folder.snapshots().into_iter().filter(|name| name.ends_with(".new")).collect();
    assert_eq!(new, ["greets__greets_others_1@outputs.snap.new"], "rejected, skipped and accepted");
    // As before: what lay there to be looked at goes.
    folder.write("greets.yaml", FLOW);
    folder.test(&[]);
    assert!(!folder.snapshots().contains(&"greets__greets_others_1@outputs.snap.new".to_owned()));
}

/// As insta's documentation has it: insta.rs/docs/quickstart, `Updating snapshots`.
#[test]
fn insta_update_counts() {
    let folder = Folder::new(TESTS);
    folder.run(&["--filter", "greets others"], &[("INSTA_UPDATE", "always")], None);
    assert_eq!(folder.snapshots().len(), 2);
    folder.write("greets.yaml", &FLOW.replace("age: 3", "age: 5"));
    let ran = folder.run(&[], &[("INSTA_UPDATE", "unseen")], None);
    assert_eq!(ran.code, 1);
    let new: Vec<String> = folder.snapshots().into_iter().filter(|name| name.ends_with(".new")).collect();
    assert_eq!((folder.snapshots().len(), new.len()), (7, 2));
    let wrong = folder.run(&[], &[("INSTA_UPDATE", "maybe")], None);
    assert!(wrong.code == 2 && wrong.stderr.contains("INSTA_UPDATE"), "{}", wrong.stderr);
}

#[test]
fn snapshots_of_no_test_are_told() {
    let folder = Folder::new(TESTS);
    folder.test(&["--accept"]);
    folder.write("snapshots/gone__a@outputs.snap", "x");
    folder.write("snapshots/notes.txt", "x");
    folder.write("greets.test.yaml", &TESTS.replace("  greets:", "  greets them:"));
    let told = folder.test(&["--accept"]).stderr;
    for name in ["gone__a@outputs.snap", "greets__greets@cards.snap", "greets__greets@outputs.snap"] {
        assert!(told.contains(&format!("{name} belongs to no test")), "{told}");
    }
    assert!(!told.contains("notes.txt") && !told.contains("others"), "{told}");
    // Of a part of the tests nobody can say.
    assert!(!folder.test(&["--filter", "them"]).stderr.contains("belongs to no test"));
}

#[test]
fn what_is_left_open_is_filled_in_and_all_else_stays() {
    let folder = Folder::new(
        "\
# Mine.
tests:
  greets: # here
    inputs: { who: Ada, key: hunter2222 }
    expect:
      # what it gives
      outputs: ~fill
      cards: { loud: { called: ~fill,   outputs: ~fill } } # odd
      requests:
        okta: [ { post: /api/v1/groups, body: ~fill } ]
  differs:
    each: [ { inputs: { who: Ada } }, { inputs: { who: Bob } } ]
    inputs: { key: hunter2222 }
    expect: { outputs: { text: ~fill, long: ~fill } }
",
    );
    let open = folder.test(&[]);
    assert_eq!(open.code, 1);
    assert!(open.stdout.contains("outputs is still to be filled in"), "{}", open.stdout);
    let ran = folder.test(&["--fill"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("it is otherwise in other cases"), "{}", ran.stdout);
    assert!(ran.stderr.contains("greets.test.yaml: 5 places filled in"), "{}", ran.stderr);
    let filled = folder.read("greets.test.yaml");
    let id = filled.lines().find_map(|line| line.trim().strip_prefix("id: ")).unwrap();
    assert_eq!(
        filled.replace(id, "ID"),
        "\
# Mine.
tests:
  greets: # here
    inputs: { who: Ada, key: hunter2222 }
    expect:
      # what it gives
      outputs:
        text: ADA
        long: |-
          a
          b
        people:
          - { name: Ada, mail: ada@example.com, age: 3 }
          - name: { ~equals: ~Bob }
            mail: bob@example.com
            age: 4
        at: \"2026-01-05T09:00:00.000Z\"
        id: ID
        key: { ~secret: true }
      cards: { loud: { called: 1,   outputs: { text: ADA } } } # odd
      requests:
        okta: [ { post: /api/v1/groups, body: { profile: { name: Ada } } } ]
  differs:
    each: [ { inputs: { who: Ada } }, { inputs: { who: Bob } } ]
    inputs: { key: hunter2222 }
    expect: { outputs: { text: ~fill, long: \"a\\nb\" } }
"
    );
    assert_eq!(folder.test(&["--filter", "greets: #"]).code, 2);
    assert!(folder.test(&[]).stdout.contains("3 cases: 1 passed, 2 failed"));
}

#[test]
fn shards_are_all_tests_and_each_once() {
    let folder = Folder::new(TESTS);
    folder.test(&["--accept"]);
    let cases = |shard: &str| {
        let ran = folder.test(&["--shard", shard]);
        // A shard without tests: nothing was run.
        if ran.code == 2 { 0 } else { ran.stdout.split(' ').next().unwrap().parse::<u32>().unwrap() }
    };
    assert_eq!(cases("1/2") + cases("2/2"), 3);
    assert_eq!(cases("1/1"), 3);
    assert_eq!(folder.test(&["--shard", "3/2"]).code, 2);
}

#[test]
fn what_failed_last_is_run_again_until_it_passes() {
    let folder = Folder::new(TESTS);
    folder.test(&["--accept"]);
    let none = folder.test(&["--failed"]);
    assert!(none.code == 2 && none.stderr.contains("no test failed the last time"), "{}", none.stderr);
    folder.write("greets.test.yaml", &TESTS.replace("who: Bob", "who: Bo"));
    assert!(folder.test(&["--ci"]).stdout.contains("3 cases: 2 passed, 1 failed"));
    let again = folder.test(&["--failed", "--ci"]);
    assert!(again.code == 1 && again.stdout.contains("1 case: 0 passed, 1 failed"), "{}", again.stdout);
    folder.write("greets.test.yaml", TESTS);
    assert!(folder.test(&["--failed", "--ci"]).stdout.contains("1 case: 1 passed"));
    assert_eq!(folder.test(&["--failed"]).code, 2);
}

/// A password goes to Okta as it is: what was sent is shown without it.
#[test]
fn secrets_that_were_sent_are_dots() {
    let folder = Folder::new(
        "\
tests:
  makes a user:
    inputs: { who: Ada, key: hunter2222 }
    snapshot: [requests]
    expect:
      requests:
        okta: [ { post: /api/v1/users, body: { credentials: { password: { value: other } } } } ]
",
    );
    let flow = "\
inputs: { who: text, key: secret }
cards:
  - card: okta.create_user
    with: { login: ada@x.test, email: ada@x.test, first_name: $.inputs.who, last_name: L, password: $.inputs.key }
";
    folder.write("greets.yaml", flow);
    let ran = folder.test(&["--report", "json=-"]);
    assert_eq!(ran.code, 1);
    let near = "body.credentials.password.value should be \"other\", it is ••••••";
    // Of the test file nothing but the line that is not so is shown.
    for told in [&ran.stderr, &ran.stdout.replace("\\\"", "\"")] {
        assert!(told.contains(near) && !told.contains("hunter2222"), "{told}");
    }
    let sent = folder.read("snapshots/greets__makes_a_user@requests.snap.new");
    assert!(sent.contains("firstName: Ada") && sent.contains("value: ••••••"), "{sent}");
    assert!(!sent.contains("hunter2222"), "{sent}");
}
