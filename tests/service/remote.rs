//! Commands against a service: the same words as against what this machine keeps, over HTTP with a token and at the socket in the
//! folder of the store.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use flowrun::console::Console;
use flowrun::{Surroundings, main_in};
use flowrun_host::driver::Stop;
use flowrun_tests::{Ran, in_surroundings, surroundings, without_times};
use regex::Regex;
use tempfile::TempDir;
use tokio::sync::watch;

const FILES: [(&str, &str); 6] = [
    (
        "flowrun.yaml",
        "tables:\n  people: { kept: true, columns: { login: text, visits: number } }\n",
    ),
    (
        "greet.yaml",
        "name: Greet
inputs: { name: text, times: { type: number, default: 1 } }
outputs: { hello: text }
save_data: on
cards:
  - { id: told, card: text.compose, with: { text: \"hello {{ inputs.name }}\" } }
  - { id: kept, card: tables.create_row, with: { table: people, login: $.inputs.name, visits: $.inputs.times } }
  - { card: flow_control.return, with: { hello: $.told.output } }
",
    ),
    (
        "ask.yaml",
        "name: Ask
outputs: { said: text }
save_data: on
cards:
  - { id: ask, card: flow_control.pause, with: { question: \"May Ada go?\" }, outputs: { approved: true/false, by: text } }
  - { id: said, card: text.compose, with: { text: \"{{ ask.by }} said {{ ask.approved }}\" } }
  - { card: flow_control.return, with: { said: $.said.output } }
",
    ),
    (
        "fail.yaml",
        "name: Fail
cards:
  - { card: error_handling.return_error, with: { message: \"no user ada@example.com\" } }
",
    ),
    (
        "nightly.yaml",
        "name: Nightly
trigger: { schedule: { cron: \"0 2 * * *\", time_zone: Europe/Berlin } }
cards:
  - { card: flow_control.assign, with: { done: true } }
",
    ),
    ("unlock.yaml", "name: Unlock
trigger: delegated
inputs: { Okta User ID: text, login: text, hours: { type: number, default: 1 } }
outputs: { said: text }
save_data: on
cards:
  - { id: said, card: text.compose, with: { text: \"{{ inputs['Okta User ID'] }} unlocks {{ inputs.login }} for {{ inputs.hours }} h\" } }
  - { card: flow_control.return, with: { said: $.said.output } }
"),
];

/// A project that is served, by a process of its own as far as commands can tell.
struct Served {
    folder: TempDir,
    env: BTreeMap<String, String>,
    url: String,
    stop: watch::Sender<bool>,
    serving: Option<JoinHandle<u8>>,
}

/// Hands on what is written, line by line.
struct Lines(Vec<u8>, Sender<String>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            match byte {
                b'\n' => {
                    drop(self.1.send(String::from_utf8_lossy(&std::mem::take(&mut self.0)).into_owned()))
                }
                byte => self.0.push(*byte),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Served {
    fn new() -> Served {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("flows")).unwrap();
        for (name, text) in FILES {
            fs::write(folder.path().join("flows").join(name), text).unwrap();
        }
        let env = BTreeMap::from([("XDG_STATE_HOME".to_owned(), folder.path().display().to_string())]);
        let (stop, given) = Stop::new();
        let around = Surroundings { env: env.clone(), stop: Some(given), ..surroundings() };
        let (lines, told): (Sender<String>, Receiver<String>) = channel();
        let flows = folder.path().join("flows").display().to_string();
        let serving = thread::spawn(move || {
            let (mut out, mut err) = (Vec::new(), Lines(Vec::new(), lines));
            let mut console = Console::plain(&mut out, &mut err);
            main_in(["serve", &flows, "--port", "0", "--log", "off", "--grace", "5"], &around, &mut console)
        });
        let url = told.iter().find_map(|line| line.strip_prefix("listening at ").map(str::to_owned)).unwrap();
        Served { folder, env, url, stop, serving: Some(serving) }
    }

    fn flows(&self) -> PathBuf {
        self.folder.path().join("flows")
    }

    fn ran(&self, args: &[&str], more: &[(&str, &str)]) -> Ran {
        let mut env = self.env.clone();
        env.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        in_surroundings(args, &Surroundings { env, ..surroundings() })
    }

    /// What a command says here, at the service's socket.
    fn here(&self, command: &str) -> String {
        let flows = self.flows();
        let words: Vec<String> = command
            .split(' ')
            .map(|word| match word {
                "FLOWS" => flows.display().to_string(),
                word if word.ends_with(".yaml") || word.ends_with(".csv") => {
                    flows.join(word).display().to_string()
                }
                word => word.to_owned(),
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.shown(command, self.ran(&words, &[]))
    }

    /// What the same command says over HTTP.
    fn there(&self, token: &str, command: &str) -> String {
        let mut words = vec!["--server", &self.url];
        let csv = self.flows().join("copy.csv").display().to_string();
        words.extend(command.split(' ').map(|word| if word == "copy.csv" { &*csv } else { word }));
        self.shown(&format!("--server URL {command}"), self.ran(&words, &[("FLOWRUN_TOKEN", token)]))
    }

    fn shown(&self, command: &str, ran: Ran) -> String {
        let code = if ran.code == 0 { String::new() } else { format!("exit code {}\n", ran.code) };
        let said = without_times(&(ran.stdout + &ran.stderr));
        let folder = self.folder.path().display().to_string();
        let mut text = format!("$ flowrun {command}\n{said}{code}\n");
        text = text.replace(&self.url, "URL").replace(&folder, "DIR");
        for (found, instead) in [
            (r"\d{8}T\d{6}-[0-9a-f]{8,16}", "RUN"),
            (r"\d{4}-\d\d-\d\d[T ][\d:.]+( UTC|Z)", "TIME"),
            (r"process \d+", "process N"),
            (r"flows-[0-9a-f]{12}", "flows-HASH"),
            (r"\d+(\.\d+)? (ms|s|µs)\b", "N ms"),
            (r"fr_[A-Za-z0-9_-]+", "fr_TOKEN"),
            (r"\b[0-9a-f]{16}\b", "ID"),
            (r" +\n", "\n"),
        ] {
            text = Regex::new(found).unwrap().replace_all(&text, instead).into_owned();
        }
        text
    }

    /// The newest run's name.
    fn newest(&self) -> String {
        let ran = self.ran(&["runs", "--json", "--limit", "1"], &[]);
        let runs: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        runs[0]["run"].as_str().unwrap().to_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(serving) = self.serving.take() {
            let code = serving.join();
            assert!(thread::panicking() || code.is_ok_and(|code| code == 0));
        }
    }
}

impl Served {
    /// What commands say one after the other; `NEWEST` is the name of the newest run.
    fn all(&self, say: impl Fn(&str) -> String, commands: &[&str]) -> String {
        commands
            .iter()
            .map(|command| match command.contains("NEWEST") {
                true => say(&command.replace("NEWEST", &self.newest())),
                false => say(command),
            })
            .collect()
    }

    /// A token that may do everything.
    fn token(&self, args: &[&str]) -> String {
        let flows = self.flows().display().to_string();
        let words = [&["token", "create", "tests", "--project", &flows], args].concat();
        let ran = self.ran(&words, &[]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout.trim().to_owned()
    }

    fn socket(&self) -> PathBuf {
        let stores = fs::read_dir(self.folder.path().join("flowrun")).unwrap();
        stores.flatten().map(|store| store.path().join("serve.sock")).find(|path| path.exists()).unwrap()
    }
}

/// The same words as against what this machine keeps.
#[test]
fn commands_ask_a_service() {
    let served = Served::new();
    let token = served.token(&["--role", "Super Administrator", "--may", "see_data"]);
    let say = |command: &str| served.there(&token, command);
    insta::assert_snapshot!(served.all(
        say,
        &[
            "flows",
            "run greet -i name=Ada -i times=2",
            "run greet -i nam=Ada",
            "run greet",
            "run greet -i name=Ada -i times=two",
            "run greet -i name=Ada --dry-run --live",
            "run gret",
            "run fail",
            "run ask",
            "runs",
            "settle NEWEST ask --did-not",
            "resume NEWEST",
            "resume NEWEST -i approved=true -i by=Ada",
            "runs show NEWEST",
            "runs show NEWEST --at 0",
            "runs follow NEWEST",
            "resume NEWEST",
            "fork NEWEST --from ask --set-output approved=false --set-output by=Cleo",
            "rerun NEWEST --failed",
            "rerun NEWEST",
            "cancel NEWEST",
            "runs --status done --flow greet",
            "runs delete NEWEST",
            "runs show nobody",
        ]
    ));
}

#[test]
fn tables_flows_and_people_of_a_service() {
    let served = Served::new();
    let token = served.token(&["--role", "Super Administrator", "--may", "see_data"]);
    let say = |command: &str| served.there(&token, command);
    let told = served.all(
        say,
        &[
            "run greet -i name=ada@example.com -i times=2",
            "run greet -i name=Bob",
            "tables",
            "tables show people",
            "tables show people --limit 1 --json",
            "tables export people copy.csv",
            "tables import people copy.csv",
            "runs forget ada@example.com",
            "runs forget ada@example.com --yes",
            "tables show people",
            "run greet -i name=Cleo",
            "tables show people",
            "tables clear people",
            "tables clear peple",
            "runs clear greet",
            "flows off nightly",
            "flows",
            "flows on nightly --passed drop",
            "schedules --times 1",
            "endpoints",
            "token list",
            "check flows",
        ],
    );
    insta::assert_snapshot!(told);
}

/// A store has one owner: what would need it for itself is done by the service, at a socket that is for its owner alone.
#[test]
fn commands_of_this_machine_are_handed_to_the_service_that_has_the_store() {
    let served = Served::new();
    let say = |command: &str| served.here(command);
    let state = served.socket().parent().unwrap().display().to_string();
    assert_eq!(served.socket().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let told = served.all(
        say,
        &[
            &format!("ask.yaml --state {state}"),
            &format!("ask.yaml --state {state} --live"),
            "runs",
            "cancel NEWEST",
            &format!("greet.yaml --state {state} -i name=Ada"),
            "rerun NEWEST",
            "tables clear people --project FLOWS",
            "runs delete NEWEST",
            "runs clear greet",
            "endpoints token nightly --project FLOWS",
        ],
    );
    insta::assert_snapshot!(told);
    let socket = served.socket();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
    let refused = served.here("runs clear greet");
    assert!(refused.contains("is somebody else's, or open to others"), "{refused}");
    drop(served);
    assert!(!socket.exists());
}

/// RFC 6750, section 3.1, for the status; what a token may is in docs/safety.md.
#[test]
fn whoever_asks_a_service_is_known_and_a_token_goes_nowhere_else() {
    let served = Served::new();
    let mut told = served.there("", "runs");
    told += &served.there("fr_nobody", "runs");
    let reader = served.token(&["--may", "see_flows", "--ends", "2999-01-01"]);
    told += &served.there(&reader, "run greet -i name=Ada");
    told += &served.there(&reader, "flows");
    // Whoever answers at an address may not send a token on.
    let router = axum::Router::new().fallback(|| async {
        (axum::http::StatusCode::FOUND, [("location", "http://elsewhere.example.com/")], "")
    });
    let moved = flowrun_tests::served::Served::new(router);
    let ran = served.ran(&["--server", &moved.url, "runs"], &[("FLOWRUN_TOKEN", &reader)]);
    told += &served.shown("--server MOVED runs", ran).replace(&moved.url, "MOVED");
    let vast = axum::Router::new().fallback(|| async { "no JSON" });
    let vast = flowrun_tests::served::Served::new(vast);
    let ran = served.ran(&["--server", &vast.url, "runs"], &[]);
    told += &served.shown("--server OTHER runs", ran).replace(&vast.url, "OTHER");
    for command in [
        "--server http://flows.example.com runs",
        "--server https://ada:secret@localhost runs",
        "--server http://127.0.0.1:1 runs",
        "--server http://localhost:8080 runs --state x",
        "--json runs",
        "--token-file x runs",
    ] {
        told += &served.shown(command, served.ran(&command.split(' ').collect::<Vec<_>>(), &[]));
    }
    let file = served.folder.path().join("token");
    fs::write(&file, format!("{reader}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let words = ["--server", &served.url, "--token-file", &file.display().to_string(), "runs"];
    told += &served.shown("--server URL --token-file token runs", served.ran(&words, &[]));
    insta::assert_snapshot!(told);
}

/// Okta: a delegated flow has the output `Okta User ID` of who runs it, and inputs of text, number, true/false and date (build-delegated-flow.htm).
#[test]
fn a_delegated_flow_knows_who_runs_it() {
    let served = Served::new();
    let lists = FILES[5].1.replace("login: text", "login: list of text").replace("Unlock", "Lists");
    fs::write(served.flows().join("lists.yaml"), lists).unwrap();
    let state = served.folder.path().join("own").display().to_string();
    let mut told = served.all(
        |command: &str| served.here(command),
        &[
            &format!("unlock.yaml --as 00u1ada -i login=bob@example.com -i hours=2 --state {state}"),
            &format!("runs show NEWEST --state {state}").replace("NEWEST", "2"),
            "unlock.yaml -i login=bob@example.com",
            "unlock.yaml --as 00u1ada -i login=bob@example.com -i hours=many",
            "greet.yaml --as 00u1ada -i name=Ada",
            "lists.yaml --as 00u1ada -i login=[]",
        ],
    );
    let token = served.token(&["--role", "Super Administrator", "--may", "see_data"]);
    let say = |command: &str| served.there(&token, command);
    told += &served.all(
        say,
        &[
            "run greet --as 00u1ada -i name=Ada",
            "run unlock --as 00u1ada -i login=bob@example.com",
            "run unlock -i login=bob@example.com",
            "run unlock --as 00u1ada -i login=bob@example.com -i hours=[]",
            "runs --flow unlock",
            "runs show NEWEST",
        ],
    );
    insta::assert_snapshot!(told);
}

/// By hand: two o'clock in Berlin is one o'clock UTC in winter; before anybody serves the project, tokens are its store's.
#[test]
fn schedules_endpoints_and_tokens_without_a_service() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("flowrun.yaml", "");
    write("nightly.yaml", FILES[4].1);
    let called =
        FILES[3].1.replace("cards:", "trigger: { api_endpoint: { security: token, method: post } }\ncards:");
    write("fail.yaml", &called);
    let env =
        BTreeMap::from([("XDG_STATE_HOME".to_owned(), folder.path().join("state").display().to_string())]);
    let clock = flowrun_kit::clock::Clock::simulated(
        flowrun_core::value::parse_date("2026-01-01T12:00:00Z").unwrap().millis(),
    );
    let simulators =
        flowrun_tests::simulators::Simulators::empty(clock, &flowrun_tests::simulators::Setup::default());
    let around = Surroundings { env, simulators: Some(simulators.all()), ..surroundings() };
    let project = folder.path().display().to_string();
    let secrets = Regex::new(r"\b([0-9a-f]{64}|[0-9a-f]{8}|[0-9a-f]{16}|fr_[A-Za-z0-9_-]+)\b").unwrap();
    let moments = Regex::new(r"made by (.*), never used").unwrap();
    let said = |command: &str| {
        let words: Vec<&str> = command.split(' ').chain(["--project", &project]).collect();
        let ran = in_surroundings(&words, &around);
        let code = if ran.code == 0 { String::new() } else { format!("exit code {}\n", ran.code) };
        let said = secrets.replace_all(&(ran.stdout + &ran.stderr), "HEX").into_owned();
        format!("$ flowrun {command}\n{}{code}\n", moments.replace_all(&said, "made by $1"))
    };
    let told: String = [
        "schedules",
        "schedules --times 1 --json",
        "endpoints",
        "endpoints token fail",
        "endpoints",
        "endpoints token nightly",
        "endpoints revoke fail 12",
        "token create watcher --may see_flows,run --folder flows --ends 2999-01-01",
        "token create helper --role Helper",
        "token create helper --may fly",
        "token create helper --may run --ends soon",
        "token list",
        "flows off nightly",
        "flows",
        "flows on nightly --passed run",
        "flows off nobody",
    ]
    .iter()
    .map(|command| said(command))
    .collect();
    insta::assert_snapshot!(told);
}
