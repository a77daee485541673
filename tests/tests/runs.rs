//! Runs that last, as their user sees them: looked at, answered, settled, run anew, taken away.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::post;
use flowrun::console::Console;
use flowrun::{Surroundings, run_in};
use flowrun_kit::clock::Clock;
use flowrun_tests::org::EPOCH_MS;
use flowrun_tests::served::Served;
use flowrun_tests::simulators::{Setup, Simulators};
use flowrun_tests::{in_surroundings, surroundings, without_times};
use regex::Regex;
use tempfile::TempDir;
use tokio::sync::Notify;

const FILES: [(&str, &str); 5] = [
    ("flowrun.yaml", "connections: { badges: api_connector, okta: okta }\n"),
    (
        "approve.yaml",
        "name: Ask before deactivating
inputs: { people: number }
outputs: { said: text }
cards:
  - id: ask
    card: flow_control.pause
    with: { question: \"May {{ inputs.people }} people be deactivated?\" }
    outputs: { approved: true/false, by: text }
  - id: said
    card: text.compose
    with: { text: \"{{ ask.by }} said {{ ask.approved }}\" }
  - card: flow_control.return
    with: { said: $.said.text }
",
    ),
    (
        "badge.yaml",
        "name: Order a badge
inputs: { login: text }
outputs: { number: text }
cards:
  - id: order
    card: api_connector.post
    connection: badges
    with: { url: /badges, body: { login: $.inputs.login } }
  - card: flow_control.return
    with: { number: $.order.body.number }
",
    ),
    (
        "hire.yaml",
        "name: Hire
save_data: on
outputs: { failed: number }
cards:
  - id: people
    card: list.for_each_ignore_errors
    pass: { login: $.item }
    with:
      list: [ada@example.com, bob@example.com, cleo@example.com]
      flow:
        inputs: { login: text }
        cards:
          - id: user
            card: okta.create_user
            connection: okta
            with: { login: $.inputs.login, email: $.inputs.login, first_name: A, last_name: B }
          - card: okta.read_user
            connection: okta
            with: { id_or_login: \"{{ 'nobody' if inputs.login == 'bob@example.com' else user.id }}\" }
  - card: flow_control.return
    with: { failed: $.people.failed }
",
    ),
    (
        "look.yaml",
        "name: Look somebody up
inputs: { login: text }
cards:
  - id: user
    card: okta.read_user
    with: { id_or_login: $.inputs.login }
",
    ),
];

/// A project, and what outlives its runs.
struct Project {
    folder: TempDir,
    env: BTreeMap<String, String>,
}

impl Project {
    fn new() -> Project {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in FILES {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Project { folder, env: BTreeMap::new() }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Over simulators all runs begin at the same time; over a network that of the wall counts, which no test looks at.
    fn surroundings(&self) -> Surroundings {
        let simulated = || {
            let setup = Setup { employees: 0, ..Setup::default() };
            Simulators::new(Clock::simulated(EPOCH_MS), &setup).all()
        };
        let simulators = self.env.is_empty().then(simulated);
        Surroundings { env: self.env.clone(), simulators, run_id: Some("run".to_owned()), ..surroundings() }
    }

    /// The words of a command, whose files and folders are the project's.
    fn words(&self, command: &str) -> Vec<String> {
        let own = |word: &str| word.ends_with(".yaml") || ["state", "copy"].contains(&word);
        let word = |word: &str| if own(word) { self.path(word) } else { word.to_owned() };
        command.split(' ').map(word).chain(["--state".to_owned(), self.path("state")]).collect()
    }

    /// A command as it is typed, what it says, and how it ends.
    fn said(&self, command: &str) -> String {
        let words = self.words(command);
        let ran =
            in_surroundings(&words.iter().map(String::as_str).collect::<Vec<_>>(), &self.surroundings());
        self.shown(command, ran.code, &(ran.stdout + &ran.stderr))
    }

    fn shown(&self, command: &str, code: u8, said: &str) -> String {
        let code = if code == 0 { String::new() } else { format!("exit code {code}\n") };
        let said = without_times(
            &said.replace(&self.path(""), "").replace(&self.folder.path().display().to_string(), "PROJECT"),
        );
        let mut text = format!("$ flowrun {command}\n{said}{code}\n");
        for (found, instead) in [
            (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
            (r"process \d+", "process N"),
            (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
            (r"\d+\.\d (MB|MiB)", "N $1"),
        ] {
            text = Regex::new(found).unwrap().replace_all(&text, instead).into_owned();
        }
        text
    }

    fn all(&self, commands: &[&str]) -> String {
        commands.iter().map(|command| self.said(command)).collect()
    }

    /// Runs a command until somebody was asked for a badge, and is gone then.
    fn cut_off(&self, command: &str, asked: &Notify) {
        let (words, surroundings) = (self.words(command), self.surroundings());
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let mut console = Console::plain(&mut out, &mut err);
            tokio::select! {
                code = run_in(words, &surroundings, &mut console) => panic!("it ended with {code}"),
                () = asked.notified() => {}
            }
        });
    }
}

/// Who makes badges: says nothing the first time, and how often it was asked.
struct Badges {
    served: Served,
    asked: Arc<Notify>,
    times: Arc<AtomicUsize>,
}

impl Badges {
    fn new() -> Badges {
        let (asked, times) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let (notify, count) = (asked.clone(), times.clone());
        let order = move || {
            let (notify, first) = (notify.clone(), count.fetch_add(1, Ordering::SeqCst) == 0);
            async move {
                if first {
                    notify.notify_one();
                    std::future::pending::<()>().await;
                }
                ([("content-type", "application/json")], r#"{ "number": "B-18" }"#)
            }
        };
        let served = Served::new(Router::new().route("/badges", post(order)));
        Badges { served, asked, times }
    }
}

#[test]
fn a_pause_is_answered() {
    let project = Project::new();
    insta::assert_snapshot!(project.all(&[
        "approve.yaml -i people=12",
        "runs",
        "runs show run",
        "resume run",
        "resume run -i aproved=true",
        "resume run -i approved=true -i by=Ada",
        "runs show run --trace",
        "runs show run --at 0",
        "resume run -i approved=false",
    ]));
}

/// The file has two people, and the run waits when it has asked Okta for a group that is called after them.
#[test]
fn a_table_that_was_filled_is_so_for_who_looks_and_who_goes_on() {
    let project = Project::new();
    let write = |name: &str, text: &str| fs::write(project.folder.path().join(name), text).unwrap();
    write("flowrun.yaml", "connections: { okta: okta }\ntables: { people: { columns: { name: text } } }\n");
    write("people.csv", "name\nAda\nBob\n");
    write(
        "count.yaml",
        "outputs: { group: text }
cards:
  - { id: found, card: tables.search_rows, with: { table: people, result_set: all } }
  - { id: group, card: okta.create_group, with: { name: \"{{ found.count }} people\", description: x } }
  - { id: ask, card: flow_control.pause, outputs: { ok: text } }
  - { card: flow_control.return, with: { group: \"{{ found.count }} people\" } }
",
    );
    for name in ["approve.yaml", "badge.yaml", "hire.yaml", "look.yaml"] {
        fs::remove_file(project.folder.path().join(name)).unwrap();
    }
    let begun = project.said(&format!("count.yaml --table people={}", project.path("people.csv")));
    assert!(begun.contains("exit code 3"), "{begun}");
    let shown = project.said("runs show run --trace");
    assert!(!shown.contains("exit code") && shown.contains("\"2 people\""), "{shown}");
    let ended = project.said("resume run -i ok=yes");
    assert!(!ended.contains("exit code") && ended.contains("group: 2 people"), "{ended}");
}

/// Flows that are changed while a run waits: it goes on with them if they fit what has happened, and from then on they are its own.
#[test]
fn a_run_goes_on_with_changed_flows_where_they_fit() {
    let project = Project::new();
    let path = project.folder.path().join("twice.yaml");
    let change = |from: &str, to: &str| {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        fs::write(&path, text.replace(from, to)).unwrap();
    };
    fs::write(
        &path,
        "name: Ask twice
outputs: { said: text }
cards:
  - { id: first, card: flow_control.pause, with: { question: One? } }
  - { id: second, card: flow_control.pause, with: { question: Two? } }
  - { card: flow_control.return, with: { said: as it was } }
",
    )
    .unwrap();
    let mut told = project.all(&["twice.yaml", "resume run --answer"]);
    change("as it was", "as it is now");
    // What comes later may change, and what waits is asked as it was asked: the next process needs no flag any more.
    told += &project.said("resume run --with-new twice.yaml");
    change("as it is now", "never seen");
    told += &project.said("resume run --answer");
    told += &project.said("twice.yaml");
    // The card that has been answered is another one now.
    project.said("resume run-2 --answer");
    change("id: first", "id: other");
    told += &project.said("resume run-2 --with-new twice.yaml");
    told += &project.said("resume run-2 --answer");
    insta::assert_snapshot!(told);
}

/// Whether a badge was ordered when the answer never came only a person can tell: the request is sent once more only if they say so.
#[test]
fn a_held_run_is_settled() {
    let mut told = String::new();
    for (settled, requests) in
        [("--happened -o body={\"number\":\"B-17\"}", 1), ("--did-not", 2), ("--fail", 1)]
    {
        let (mut project, badges) = (Project::new(), Badges::new());
        project.env.insert("BADGES_BASE_URL".to_owned(), badges.served.url.clone());
        project.cut_off("badge.yaml --live -i login=ada@example.com", &badges.asked);
        if told.is_empty() {
            told = project.all(&["runs", "runs show run"]);
        }
        let held = project.said("resume run");
        assert!(held.ends_with("exit code 3\n\n"), "{held}");
        if settled.starts_with("--happened") {
            told.push_str(&held);
            told.push_str(&project.all(&[
                "runs",
                "runs show run",
                "settle run nobody --did-not",
                "settle run order --happened -o number=1",
            ]));
        }
        told.push_str(&project.said(&format!("settle run order {settled}")));
        told.push_str(&project.said("runs --status open"));
        assert_eq!(badges.times.load(Ordering::SeqCst), requests, "{settled}");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn runs_are_run_anew_and_from_a_card_on() {
    let project = Project::new();
    project.all(&["approve.yaml -i people=12", "resume run -i approved=true -i by=Ada"]);
    insta::assert_snapshot!(project.all(&[
        "rerun run",
        "cancel run-2",
        "fork run --from ask",
        "resume run-3 -i approved=true -i by=Bob",
        "fork run --from ask --set-output approved=false --set-output by=Cleo",
        "fork run --from ask --set-output approve=false",
        "fork run --from said",
        "runs --json --text run-4",
        "runs",
    ]));
}

/// Of three people, something goes wrong with the second: only for that one is anything asked again, two requests instead of six.
#[test]
fn only_what_failed_is_run_anew() {
    let project = Project::new();
    project.said("hire.yaml");
    insta::assert_snapshot!(project.all(&[
        "runs show run",
        "rerun run --failed",
        "rerun run-2 --failed",
        "runs"
    ]));
    let told = project.said("rerun run --failed --trace");
    assert!(told.contains("okta: 2 requests"), "{told}");
}

#[test]
fn what_is_kept_is_taken_away() {
    let project = Project::new();
    project.all(&["approve.yaml -i people=12", "resume run -i approved=true -i by=ada@example.com"]);
    insta::assert_snapshot!(project.all(&[
        "look.yaml -i login=bob@example.com",
        "runs",
        "runs show run-2",
        "runs forget ada@example.com",
        "runs forget ada@example.com --yes",
        "runs show run",
        "fork run --from ask",
        "rerun run",
        "runs clear look",
        "runs show run-2",
        "runs delete run-2",
        "runs",
    ]));
}

#[test]
fn what_is_kept_is_looked_after() {
    let project = Project::new();
    project.said("approve.yaml -i people=12");
    let told = project.all(&["doctor", "backup copy", "backup copy", "cancel run", "restore copy", "runs"]);
    insta::assert_snapshot!(told);
    // A page of the database is not what it was.
    let database = project.path("state/store.db");
    let mut bytes = fs::read(&database).unwrap();
    let place = bytes
        .windows(8)
        .rposition(|some| some == b"approved")
        .or_else(|| bytes.windows(6).rposition(|some| some == b"people"));
    bytes[place.unwrap()] ^= 1;
    fs::write(&database, bytes).unwrap();
    let damaged = project.said("doctor");
    assert!(damaged.ends_with("exit code 1\n\n"), "{damaged}");
}
