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

const FILES: [(&str, &str); 5] = [
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
        // Sockets are there by the time at which it says how to sign in.
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
        let said = said.replace(&self.url, "URL").replace(&folder, "DIR");
        let mut text = format!("$ flowrun {command}\n{said}{code}\n");
        for (found, instead) in [
            (r"\d{8}T\d{6}-[0-9a-f]{8,16}", "RUN"),
            (r"\d{4}-\d\d-\d\d[T ][\d:.]+( UTC|Z)", "TIME"),
            (r"process \d+", "process N"),
            (r"flows-[0-9a-f]{12}", "flows-HASH"),
            (r"\d+(\.\d+)? (ms|s|µs)\b", "N ms"),
            (r"fr_[A-Za-z0-9_-]+", "fr_TOKEN"),
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

/// The socket is for whoever owns the folder, and gone with the service.
#[test]
fn commands_of_this_machine_are_handed_to_the_service_that_has_the_store() {
    let served = Served::new();
    let mut told = served.here("ask.yaml --state FLOWS");
    told += &served.here("runs");
    insta::assert_snapshot!(told);
}
