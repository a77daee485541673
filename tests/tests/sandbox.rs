//! The import over TCP: `flowrun sandbox` on a port of this machine, and a run that its variables lead to.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::mpsc;
use std::thread;

use flowrun::console::Console;
use flowrun::simulators::{Setup, Simulators};
use flowrun::{Surroundings, main_in};
use flowrun_host::driver::Stop;
use flowrun_kit::clock::Clock;
use flowrun_okta::sim::{Operation, UserStatus};
use flowrun_personio::sim::Status;
use flowrun_tests::org::{EPOCH_MS, Project, fault};
use flowrun_tests::{Ran, flowrun};
use serde_json::{Value, json};
use tokio::sync::watch;

type Env = BTreeMap<String, String>;

/// How many times as fast time passes: what an import waits for takes a tenth of a second for each minute.
const SCALE: f64 = 600.0;

/// A sandbox that serves in this process.
struct Sandbox {
    simulators: Simulators,
    env: Env,
    switch: watch::Sender<bool>,
    serving: thread::JoinHandle<(u8, String)>,
}

/// A stream that hands on what is written to it.
struct Lines(mpsc::Sender<String>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // Nobody listens once all is said.
        let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sandbox {
    /// Serves on a free port, and gives the variables that it prints first.
    fn serve(setup: &Setup) -> Sandbox {
        let simulators = Simulators::new(Clock::starting_at(EPOCH_MS, SCALE), setup);
        let (switch, stop) = Stop::new();
        let (lines, printed) = mpsc::channel();
        let surroundings = Surroundings {
            stop: Some(stop),
            simulators: Some(simulators.clone()),
            ..Surroundings::default()
        };
        let serving = thread::spawn(move || {
            let (mut out, mut err) = (Lines(lines), Vec::new());
            let mut console = Console::plain(&mut out, &mut err);
            let args = ["sandbox", "--port", "0", "--time-scale", "600"];
            let code = main_in(args, &surroundings, &mut console);
            (code, String::from_utf8(err).unwrap())
        });
        let mut exports = String::new();
        while !exports.contains("PERSONIO_CLIENT_SECRET=") || !exports.ends_with('\n') {
            exports.push_str(&printed.recv().unwrap());
        }
        let env = exports.lines().map(|line| {
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            (name.to_owned(), value.trim_matches('\'').to_owned())
        });
        Sandbox { simulators, env: env.collect(), switch, serving }
    }

    /// Runs a flow of the project by the sandbox's variables.
    fn run(&self, flow: &str, args: &[&str]) -> Ran {
        run(flow, args, self.env.clone())
    }

    /// Ends it; what it had to say.
    fn end(self) -> String {
        self.switch.send(true).unwrap();
        let (code, said) = self.serving.join().unwrap();
        assert_eq!(code, 0, "{said}");
        said
    }
}

fn run(flow: &str, args: &[&str], env: Env) -> Ran {
    let file = Project::shipped().flow(flow);
    flowrun(&[&[&*file, "--live", "--time-scale", "600"], args].concat(), env)
}

#[test]
fn an_import_over_tcp_is_the_same_as_within_the_process() {
    let sandbox = Sandbox::serve(&Setup { employees: 25_000, ..Setup::default() });
    let okta = sandbox.simulators.okta.clone();
    let ran = sandbox.run("import.yaml", &["--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let employees: BTreeSet<String> =
        sandbox.simulators.personio.employees().map(|employee| employee.id.to_string()).collect();
    let sent = okta.sent(Operation::Upsert);
    assert!(sent.keys().eq(&employees) && sent.values().all(|times| *times == 1));
    let sessions = okta.sessions();
    let sizes: Vec<_> = sessions.iter().map(|session| (session.requests, session.upserts)).collect();
    assert_eq!(sizes, [(50, 10_000), (50, 10_000), (25, 5_000)]);
    assert_eq!(okta.user_count(), 25_000);
    let statuses: Vec<Value> = sessions
        .iter()
        .map(|session| json!({ "id": session.id, "records": session.upserts, "status": "COMPLETED" }))
        .collect();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        report["flow"]["outputs"],
        json!({
            "employees": 25_000,
            "stored": 25_000,
            "to_create": 5_000,
            "to_change": 0,
            "unchanged": 20_000,
            "to_deactivate": null,
            "sent": 25_000,
            "sessions": 3,
            "requests": 125,
            "session_statuses": statuses,
        })
    );
    let said = sandbox.end();
    assert!(said.starts_with("serving Personio with 25,000 employees and Okta with 20,000 users"), "{said}");
    assert!(said.contains("time passes 600 times as fast"), "{said}");
    assert!(said.contains("requests as Okta") && said.contains("as Personio"), "{said}");
}

#[test]
fn those_who_have_left_are_deactivated_over_tcp() {
    let sandbox = Sandbox::serve(&Setup { employees: 450, ..Setup::default() });
    let okta = sandbox.simulators.okta.clone();
    let (users, active) = (okta.user_count(), okta.count_status(UserStatus::Active));
    assert_eq!((users, active), (360, 360));
    let ran = sandbox.run("deactivate.yaml", &["--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["flow"]["outputs"]["session_statuses"][0]["status"], "COMPLETED");
    let employees = sandbox.simulators.personio.employees();
    let gone: BTreeSet<String> = employees
        .filter(|employee| employee.status == Status::Inactive)
        .map(|employee| employee.id.to_string())
        .collect();
    assert!(okta.sent(Operation::Delete).keys().eq(&gone));
    let deprovisioned = okta.users().into_iter().filter(|user| user.status == UserStatus::Deprovisioned);
    assert!(deprovisioned.map(|user| user.external_id).all(|id| gone.contains(&id)));
    // Okta never knew one in five of them.
    let known = gone.iter().filter(|id| okta.user(id).is_some()).count();
    assert_eq!(okta.count_status(UserStatus::Deprovisioned), known);
    assert_eq!(okta.count_status(UserStatus::Active), users - known);
    sandbox.end();
}

#[test]
fn a_run_over_tcp_says_where_it_goes_and_survives_faults() {
    let faults = ["drop@GET /v1/company", "server-error@start-import", "rate-limit@GET /api/v1"];
    let faults = faults.map(fault).into();
    let sandbox = Sandbox::serve(&Setup { employees: 450, faults, ..Setup::default() });
    let ran = sandbox.run("import.yaml", &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let first = ran.stdout.lines().next().unwrap();
    assert!(first.contains("personio: 127.0.0.1:") && first.contains("okta: 127.0.0.1:"), "{first}");
    assert_eq!(ran.stderr, "time passes 600 times as fast (--time-scale)\n");
    assert_eq!(sandbox.simulators.okta.sent(Operation::Upsert).len(), 450);

    // A connection that breaks in the middle of an upload: over TCP, too, nothing is sent twice; another session takes all.
    let sandbox = {
        sandbox.end();
        let faults = vec![fault("drop@bulk-upsert:nth=2")];
        Sandbox::serve(&Setup { employees: 450, faults, ..Setup::default() })
    };
    let ran = sandbox.run("import.yaml", &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let statuses: Vec<_> =
        sandbox.simulators.okta.sessions().iter().map(|session| session.status.as_str()).collect();
    assert_eq!((statuses.len(), statuses[0]), (2, "CLOSED"));
    let sent = sandbox.simulators.okta.sent(Operation::Upsert);
    assert!(sent.len() == 450 && sent.values().all(|times| *times == 1), "{sent:?}");
    sandbox.end();
}

#[test]
fn wrong_credentials_are_named() {
    let sandbox = Sandbox::serve(&Setup { employees: 5, ..Setup::default() });
    let cases = [
        ("OKTA_API_TOKEN", "error[Connection Error]: Okta answered 401 E0000011: Invalid token provided"),
        (
            "PERSONIO_CLIENT_SECRET",
            "error[Connection Error]: Personio answered 403: Provided authorization is",
        ),
    ];
    for (variable, said) in cases {
        let mut env = sandbox.env.clone();
        env.insert(variable.to_owned(), "s3cret-but-wr0ng".to_owned());
        let ran = run("import.yaml", &[], env);
        assert_eq!(ran.code, 1, "{variable}: {}", ran.stdout);
        assert!(ran.stderr.contains(said), "{variable}: {}", ran.stderr);
        assert!(ran.stderr.contains(variable), "{variable} is not named: {}", ran.stderr);
        assert!(!(ran.stdout + &ran.stderr).contains("s3cret-but-wr0ng"), "{variable} is told");
    }
    assert_eq!(sandbox.simulators.okta.sessions(), []);
    sandbox.end();
}

#[test]
fn a_live_run_needs_all_variables() {
    let none = run("import.yaml", &[], Env::new());
    assert_eq!((none.code, &*none.stdout), (2, ""));
    for variable in ["OKTA_ORG_URL", "OKTA_API_TOKEN", "PERSONIO_CLIENT_ID", "PERSONIO_CLIENT_SECRET"] {
        assert!(none.stderr.contains(variable), "{variable}: {}", none.stderr);
    }
    // Nobody listens there any more.
    let sandbox = Sandbox::serve(&Setup { employees: 5, ..Setup::default() });
    let env = sandbox.env.clone();
    sandbox.end();
    let ran = run("import.yaml", &[], env.clone());
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("Personio can't be reached"), "{}", ran.stderr);
    assert!(ran.stderr.contains("PERSONIO_BASE_URL"), "{}", ran.stderr);

    for variable in ["OKTA_API_TOKEN", "PERSONIO_CLIENT_SECRET"] {
        let mut env = env.clone();
        env.remove(variable);
        let ran = run("import.yaml", &[], env);
        assert_eq!((ran.code, &*ran.stdout), (2, ""));
        assert!(ran.stderr.contains(&format!("lacks {variable}")), "{}", ran.stderr);
    }
}
