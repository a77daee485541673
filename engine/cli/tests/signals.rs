//! The binary, told to end in the middle of an import: by SIGTERM, as a service manager does it.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process that ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A sandbox whose time passes 600 times as fast, and whose uploads are answered late.
fn sandbox() -> (Process, BTreeMap<String, String>) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_flowrun"))
        .args(["sandbox", "--port", "0", "--employees", "10000", "--time-scale", "600"])
        .args(["--fault", "slow@bulk-upsert:times=1000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut variables = BTreeMap::new();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    for line in lines {
        let line = line.unwrap();
        let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
        variables.insert(name.to_owned(), value.trim_matches('\'').to_owned());
        // The last of each vendor's; whose come first is the registry's matter.
        if ["PERSONIO_CLIENT_SECRET", "OKTA_IDENTITY_SOURCE_ID"]
            .iter()
            .all(|last| variables.contains_key(*last))
        {
            break;
        }
    }
    (Process(process), variables)
}

/// The active import sessions, as the sandbox lists them.
fn sessions(variables: &BTreeMap<String, String>) -> String {
    let host = variables["OKTA_ORG_URL"].strip_prefix("http://").unwrap();
    let path = format!("/api/v1/identity-sources/{}/sessions", variables["OKTA_IDENTITY_SOURCE_ID"]);
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: SSWS {}\r\nConnection: close\r\n\r\n",
        variables["OKTA_API_TOKEN"]
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_service_that_is_stopped_leaves_no_session_open() {
    let (_sandbox, variables) = sandbox();
    let state = tempfile::tempdir().unwrap();
    let import = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../flows/import.yaml");
    let run = Command::new(env!("CARGO_BIN_EXE_flowrun"))
        .arg(import)
        .args(["--live", "--time-scale", "600"])
        .envs(&variables)
        .env("XDG_STATE_HOME", state.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut run = Process(run);
    // The list has a session as soon as it is loaded; before, and when there are too many questions, there is none in it.
    while !sessions(&variables).contains("\"IN_PROGRESS\"") {
        assert!(run.0.try_wait().unwrap().is_none(), "it ended before it uploaded anything");
    }
    let id = run.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());

    let mut told = String::new();
    run.0.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(run.0.wait().unwrap().code(), Some(130), "{told}");
    assert!(told.lines().last().unwrap().starts_with("interrupted"), "{told}");
    let left = loop {
        let answer = sessions(&variables);
        if answer.starts_with("HTTP/1.1 200") {
            break answer;
        }
    };
    assert!(left.ends_with("[]"), "{left}");
}
