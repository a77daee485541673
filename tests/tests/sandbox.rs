//! The import over TCP: `flowrun sandbox` on a port of this machine, and a run that its variables lead to.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use flowrun::console::Console;
use flowrun::{Surroundings, main_in};
use flowrun_host::driver::Stop;
use flowrun_kit::clock::Clock;
use flowrun_kit::signing_key::SigningKey;
use flowrun_okta::sim::{OktaSim, OktaSimConfig, Operation, OwnedApp, ServiceApp, UserStatus};
use flowrun_personio::sim::Status;
use flowrun_tests::org::{EPOCH_MS, Project, fault};
use flowrun_tests::served::{Env, flowrun_by};
use flowrun_tests::simulators::OktaAuth;
use flowrun_tests::simulators::{Setup, Simulators};
use flowrun_tests::{Ran, flowrun, surroundings};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::watch;

/// How many times as fast time passes: a minute takes half a second, and the hour that a token is good for longer than any run.
const SCALE: f64 = 120.0;

/// A sandbox that serves in this process.
pub struct Sandbox {
    pub simulators: Simulators,
    pub env: Env,
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
    pub fn serve(setup: &Setup) -> Sandbox {
        Sandbox::over(Simulators::new(Clock::starting_at(EPOCH_MS, SCALE), setup))
    }

    /// Serves these.
    fn over(simulators: Simulators) -> Sandbox {
        Sandbox::told(simulators, &[])
    }

    /// Serves these, with more arguments.
    fn told(simulators: Simulators, args: &[&str]) -> Sandbox {
        let args: Vec<String> = ["sandbox", "--port", "0", "--time-scale", "120"]
            .iter()
            .chain(args)
            .map(|it| (*it).to_owned())
            .collect();
        let (switch, stop) = Stop::new();
        let (lines, printed) = mpsc::channel();
        let surroundings =
            Surroundings { stop: Some(stop), simulators: Some(simulators.all()), ..surroundings() };
        let serving = thread::spawn(move || {
            let (mut out, mut err) = (Lines(lines), Vec::new());
            let mut console = Console::plain(&mut out, &mut err);
            let code = main_in(args, &surroundings, &mut console);
            (code, String::from_utf8(err).unwrap())
        });
        let mut exports = String::new();
        while !exports.contains("PERSONIO_CLIENT_SECRET=") || !exports.ends_with('\n') {
            exports.push_str(&printed.recv().unwrap());
        }
        Sandbox { simulators, env: evaluated(&exports), switch, serving }
    }

    /// Runs a flow of the project by the sandbox's variables.
    fn run(&self, flow: &str, args: &[&str]) -> Ran {
        run(flow, args, self.env.clone())
    }

    /// The same by the sandbox's clock: what is signed says when, and time that passes fast soon takes two clocks apart.
    fn run_in_step(&self, flow: &str, args: &[&str]) -> Ran {
        let file = Project::shipped().flow(flow);
        flowrun_by(&self.simulators.clock, &[&[&*file, "--live"], args].concat(), self.env.clone())
    }

    /// Ends it; what it had to say.
    pub fn end(self) -> String {
        self.switch.send(true).unwrap();
        let (code, said) = self.serving.join().unwrap();
        assert_eq!(code, 0, "{said}");
        said
    }
}

fn run(flow: &str, args: &[&str], env: Env) -> Ran {
    let file = Project::shipped().flow(flow);
    flowrun(&[&[&*file, "--live", "--time-scale", "120"], args].concat(), env)
}

/// The variables that lines for a shell set, as a shell reads them.
fn evaluated(exports: &str) -> Env {
    let path = std::env::var("PATH").unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "eval \"$1\" && exec env -0", "sh", exports]).env_clear().env("PATH", path);
    let printed = shell.output().unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let printed = String::from_utf8(printed.stdout).unwrap();
    let pairs = printed.split('\0').filter_map(|pair| pair.split_once('='));
    let ours = pairs.filter(|(name, _)| name.starts_with("OKTA_") || name.starts_with("PERSONIO_"));
    ours.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A sandbox whose service app has an RSA key.
fn with_rsa_key() -> Sandbox {
    let simulators = Simulators::new(
        Clock::starting_at(EPOCH_MS, SCALE),
        &Setup { okta_auth: OktaAuth::Oauth, dated: true, ..Setup::default() },
    );
    let private_key = SecretString::from(include_str!("../../connectors/okta/tests/keys/rsa-pkcs8.pem"));
    let public = SigningKey::read(&private_key).unwrap().public().clone();
    let app = ServiceApp { keys: vec![public], ..simulators.app.clone().unwrap().app };
    let clock = simulators.clock.clone();
    let okta =
        OktaSim::new(OktaSimConfig { apps: vec![app.clone()], dated: true, ..OktaSimConfig::new(clock) });
    Sandbox::over(Simulators { okta, app: Some(OwnedApp { app, private_key }), ..simulators })
}

#[test]
fn everybody_arrives_once_however_one_logs_in() {
    let serve = |okta_auth| Sandbox::serve(&Setup { okta_auth, dated: true, ..Setup::default() });
    let ways = [
        // Who serves, and how many requests a login to Okta takes: a bound token takes one without a proof, one with a
        // proof, and one with the nonce that was asked for.
        ("API token", Box::new(|| serve(OktaAuth::ApiToken)) as Box<dyn Fn() -> Sandbox>, 0),
        ("EC key", Box::new(|| serve(OktaAuth::Oauth)), 1),
        ("RSA key", Box::new(with_rsa_key), 1),
        ("DPoP", Box::new(|| serve(OktaAuth::Dpop)), 3),
    ];
    for (way, serve, logins) in &ways {
        for (api, personio) in [("v1", [1, 0]), ("v2", [0, 1])] {
            let sandbox = serve();
            let ran = sandbox.run_in_step("import.yaml", &["--set", &format!("personio_api={api}")]);
            assert_eq!(ran.code, 0, "{way}, {api}: {}", ran.stderr);
            let Simulators { okta, personio: account, .. } = &sandbox.simulators;
            let here = sandbox.simulators.here();
            let sent = okta.sent(Operation::Upsert);
            assert_eq!(here.len(), 238);
            assert!(sent.keys().eq(&here) && sent.values().all(|times| *times == 1), "{way}, {api}");
            assert_eq!(okta.traffic().count("POST /oauth2/v1/token"), *logins, "{way}, {api}");
            let asked = ["POST /v1/auth", "POST /v2/auth/token"].map(|route| account.traffic().count(route));
            assert_eq!(asked, personio, "{way}, {api}");
            sandbox.end();
        }
    }
}

#[test]
fn a_shell_reads_the_variables_as_they_are() {
    let sandbox =
        Sandbox::serve(&Setup { employees: 5, okta_auth: OktaAuth::Dpop, dated: true, ..Setup::default() });
    let key = sandbox.simulators.app.as_ref().unwrap().private_key.expose_secret().trim();
    assert!(key.lines().count() > 2);
    assert_eq!(sandbox.env["OKTA_PRIVATE_KEY"], key);
    assert_eq!(sandbox.env["OKTA_CLIENT_ID"], sandbox.simulators.app.as_ref().unwrap().app.client_id);
    assert_eq!(sandbox.env.get("OKTA_API_TOKEN"), None);
    let ran = sandbox.run_in_step("import.yaml", &["--dry-run"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(sandbox.simulators.okta.sessions(), []);
    sandbox.end();
}

#[test]
fn an_import_over_tcp_is_the_same_as_within_the_process() {
    let sandbox = Sandbox::serve(&Setup { employees: 25_000, ..Setup::default() });
    let okta = sandbox.simulators.okta.clone();
    let ran = sandbox.run("import.yaml", &["--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let here = sandbox.simulators.here();
    let sent = okta.sent(Operation::Upsert);
    assert!(sent.keys().eq(&here) && sent.values().all(|times| *times == 1));
    let sessions = okta.sessions();
    let sizes: Vec<_> = sessions.iter().map(|session| (session.requests, session.upserts)).collect();
    let rest = here.len() - 20_000;
    let requests = rest.div_ceil(200);
    assert_eq!(sizes, [(50, 10_000), (50, 10_000), (requests as u32, rest)]);
    // Four of five were there, those too who have left.
    let new = okta.user_count() - 20_000;
    let statuses: Vec<Value> = sessions
        .iter()
        .map(|session| json!({ "id": session.id, "records": session.upserts, "status": "COMPLETED" }))
        .collect();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        report["flow"]["outputs"],
        json!({
            "employees": 25_000,
            "stored": here.len(),
            "left": 25_000 - here.len(),
            "left_out": [],
            "to_create": new,
            "to_change": 0,
            "unchanged": here.len() - new,
            "to_deactivate": null,
            "sent": here.len(),
            "sessions": 3,
            "requests": 100 + requests,
            "session_statuses": statuses,
            "still_deactivated": [],
        })
    );
    let said = sandbox.end();
    assert!(said.starts_with("serving Personio with 25,000 employees and Okta with 20,000 users"), "{said}");
    assert!(said.contains("time passes 120 times as fast"), "{said}");
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
    // Whatever else is said is how far it is, and what it waits for.
    let mut said = ran.stderr.lines();
    assert_eq!(said.next(), Some("time passes 120 times as fast (--time-scale)"));
    assert!(said.all(|line| line.get(8..14) == Some(" UTC  ")), "{}", ran.stderr);
    assert!(sandbox.simulators.okta.sent(Operation::Upsert).keys().eq(&sandbox.simulators.here()));

    sandbox.end();

    // A connection that breaks in the middle of an upload: the session is closed and opened again, so that over TCP, too,
    // nothing counts twice.
    let faults = vec![fault("drop@bulk-upsert:nth=2")];
    let sandbox = Sandbox::serve(&Setup { employees: 450, faults, ..Setup::default() });
    let ran = sandbox.run("import.yaml", &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let okta = &sandbox.simulators.okta;
    let statuses: Vec<_> = okta.sessions().iter().map(|session| session.status.as_str()).collect();
    assert_eq!(statuses, ["CLOSED", "COMPLETED"]);
    let sent = okta.sent(Operation::Upsert);
    assert!(sent.keys().eq(&sandbox.simulators.here()) && sent.values().all(|times| *times == 1));
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

/// One request over TCP, as any client might send it: its status line and headers.
fn raw(address: &str, host: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "GET /api/v1/users?limit=1 HTTP/1.1\r\nHost: {host}\r\nAuthorization: SSWS {TOKEN}\r\n{headers}Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split("\r\n\r\n").next().unwrap().to_owned()
}

/// The token of every simulated org.
const TOKEN: &str = "00simulatedOktaApiToken0000000000000000000";

/// Who may ask: RFC 9110, 15.5.20 (421), against pages whose names are led to 127.0.0.1. A forwarded scheme and host count for links
/// only, and only from the proxy that was named.
#[test]
fn only_this_machine_and_the_named_proxy_may_ask() {
    let simulators =
        || Simulators::new(Clock::starting_at(EPOCH_MS, SCALE), &Setup { employees: 5, ..Setup::default() });
    let forwarded = "X-Forwarded-Proto: https\r\nX-Forwarded-Host: proxy.example\r\n";
    let elsewhere = "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n";
    for (args, host, headers, status, link) in [
        (&[][..], "127.0.0.1:{port}", "", "200", "<http://127.0.0.1:{port}/"),
        (&[], "localhost", "", "200", "<http://localhost/"),
        (&[], "[::1]:{port}", "", "200", "<http://[::1]:{port}/"),
        (&[], "127.0.0.1:{port}", forwarded, "200", "<http://127.0.0.1:{port}/"),
        (&[], "evil.example", "", "421", ""),
        (&[], "localhost.evil.example", "", "421", ""),
        (&[], "proxy.example", "", "421", ""),
        (&["--behind", "proxy.example"], "proxy.example", "", "200", "<http://proxy.example/"),
        (&["--behind", "proxy.example"], "127.0.0.1:{port}", forwarded, "200", "<https://proxy.example/"),
        (&["--behind", "proxy.example"], "127.0.0.1:{port}", elsewhere, "200", "<http://127.0.0.1:{port}/"),
        (&["--behind", "proxy.example"], "evil.example", forwarded, "421", ""),
        (&["--behind", "proxy.example"], "evil.example", elsewhere, "421", ""),
    ] {
        let sandbox = Sandbox::told(simulators(), args);
        let address = sandbox.env["OKTA_ORG_URL"].trim_start_matches("http://").to_owned();
        let port = address.rsplit(':').next().unwrap().to_owned();
        let answer = raw(&address, &host.replace("{port}", &port), headers);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{args:?} {host} {headers}: {answer}");
        assert!(answer.contains(&link.replace("{port}", &port)), "{args:?} {host} {headers}: {answer}");
        sandbox.end();
    }
}

#[test]
fn a_run_trusts_the_sandbox_s_certificate_by_its_authority() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem").display().to_string();
    let setup = Setup { employees: 30, ..Setup::default() };
    let sandbox = Sandbox::told(
        Simulators::new(Clock::starting_at(EPOCH_MS, SCALE), &setup),
        &[&format!("--tls={file}")],
    );
    assert!(sandbox.env["OKTA_ORG_URL"].starts_with("https://127.0.0.1:"));
    let ran = sandbox.run("import.yaml", &["--ca-file", &file]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(sandbox.simulators.okta.sent(Operation::Upsert).keys().eq(&sandbox.simulators.here()));
    // Nobody else vouches for it.
    let refused = sandbox.run("import.yaml", &[]);
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    assert!(sandbox.end().contains(&file));
}
