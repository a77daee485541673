//! No credential is ever written anywhere: not by runs that go well, not by those that fail while a vendor quotes what it was
//! sent, in any way of logging in, over simulators and over TCP.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use flowrun::console::Console;
use flowrun::{Surroundings, run_in};
use flowrun_core::journal::Journal;
use flowrun_core::value::REDACTED;
use flowrun_host::driver;
use flowrun_kit::clock::Clock;
use flowrun_kit::signing_key::SigningKey;
use flowrun_kit::simulator::SimFaults;
use flowrun_okta::sim::{OktaSim, OktaSimConfig, OwnedApp, ServiceApp};
use flowrun_personio::sim::{PersonioSim, PersonioSimConfig};
use flowrun_tests::org::{EPOCH_MS, Project};
use flowrun_tests::served::{Served, flowrun_by, variables};
use flowrun_tests::simulators::{Front, Simulators};
use flowrun_tests::{Ran, surroundings, world};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Builder;

const API_TOKEN: &str = "00qT7vR2xWcK9mPzLhD4sFbY6nJgA3eUo5iX8tCw1Z";
const CLIENT_SECRET: &str = "papi-9c1f04e7-secret-Vb7KqYw2RmXz5TnD";
const RSA_KEY: &str = include_str!("../../connectors/okta/tests/keys/rsa-pkcs8.pem");
const SCOPES: [&str; 3] = ["okta.identitySources.manage", "okta.apps.read", "okta.users.read"];

/// So many letters in a row of a credential must not be told: what is cut short is told as well.
const LETTERS: usize = 20;

/// A way to log in to Okta.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    ApiToken,
    Ec,
    Rsa,
    Dpop,
}

const WAYS: [Way; 4] = [Way::ApiToken, Way::Ec, Way::Rsa, Way::Dpop];
const APIS: [&str; 2] = ["v1", "v2"];

/// What is run over TCP: each way and each API, not all pairs of them, for it takes longer.
const OVER_TCP: [(Way, &str); 4] =
    [(Way::ApiToken, "v1"), (Way::Ec, "v2"), (Way::Rsa, "v1"), (Way::Dpop, "v2")];

impl Way {
    fn app(self) -> Option<OwnedApp> {
        let mut owned = ServiceApp::generate("0oa1secretsApp", &SCOPES).unwrap();
        match self {
            Way::ApiToken => return None,
            Way::Ec => {}
            Way::Dpop => owned.app.dpop_required = true,
            Way::Rsa => {
                owned.private_key = SecretString::from(RSA_KEY);
                owned.app.keys = vec![SigningKey::read(&owned.private_key).unwrap().public().clone()];
            }
        }
        Some(owned)
    }
}

/// Requests that are answered by an error which quotes them.
const ECHOES: [&str; 9] = [
    "POST /oauth2/v1/token",
    "POST /v1/auth",
    "POST /v2/auth/token",
    "GET /v1/company/employees",
    "GET /v2/persons",
    "GET /api/v1/identity-sources",
    "GET /api/v1/apps",
    "POST /api/v1/identity-sources",
    "bulk-upsert",
];

/// What was heard on the wire, and what is answered by an echo.
#[derive(Clone, Default)]
struct Wire {
    heard: Arc<Mutex<BTreeMap<&'static str, BTreeSet<String>>>>,
    echo: Option<&'static str>,
    echoed: Arc<Mutex<u32>>,
}

impl Wire {
    fn hear(&self, what: &'static str, secret: impl Into<String>) {
        self.heard.lock().unwrap().entry(what).or_default().insert(secret.into());
    }

    fn hear_headers(&self, headers: &HeaderMap) {
        for (what, name) in [("authorization", "authorization"), ("proof", "dpop")] {
            if let Some(value) = headers.get(name) {
                let value = value.to_str().unwrap();
                self.hear(what, value.split_once(' ').map_or(value, |(_, secret)| secret));
            }
        }
    }

    fn hear_answer(&self, body: &[u8]) {
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        for token in [&answer["access_token"], &answer["data"]["token"]] {
            token.as_str().into_iter().for_each(|token| self.hear("token", token));
        }
    }
}

async fn listen(State(wire): State<Wire>, request: Request, next: Next) -> Response {
    wire.hear_headers(request.headers());
    let (parts, body) = request.into_parts();
    let line = format!("{} {}", parts.method, parts.uri.path());
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8_lossy(&body).into_owned();
    let logs_in = line.ends_with("/token") || line.ends_with("/auth");
    if let Some((_, assertion)) = text.split_once("client_assertion=") {
        wire.hear("assertion", assertion.split('&').next().unwrap());
    }
    if wire.echo.is_some_and(|echo| line.contains(echo)) {
        *wire.echoed.lock().unwrap() += 1;
        return quote(&parts.headers, &text);
    }
    let answer = next.run(Request::from_parts(parts, Body::from(body))).await;
    if !logs_in {
        return answer;
    }
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    wire.hear_answer(&body);
    Response::from_parts(head, Body::from(body))
}

/// An error in the forms of both vendors, which quotes all that it was sent.
fn quote(headers: &HeaderMap, body: &str) -> Response {
    let all: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    let said = format!("bad request: {} with {body}", all.join(", "));
    let answer = json!({
        "errorCode": "E0000001", "errorSummary": said, "errorCauses": [{ "errorSummary": said }],
        "error": { "code": 400, "message": said }, "errors": [{ "title": "Bad", "detail": said }],
        "error_description": said, "request": { "headers": all },
    });
    (StatusCode::BAD_REQUEST, Json(answer)).into_response()
}

/// Two vendors with a wire that is tapped.
struct Tapped {
    wire: Wire,
    simulators: Simulators,
    folder: TempDir,
}

impl Tapped {
    fn new(way: Way, echo: Option<&'static str>, clock: Clock) -> Tapped {
        let wire = Wire { echo, ..Wire::default() };
        let app = way.app();
        let okta = OktaSim::new(OktaSimConfig {
            token: API_TOKEN.to_owned(),
            apps: app.iter().map(|owned| owned.app.clone()).collect(),
            dated: true,
            ..OktaSimConfig::new(clock.clone())
        });
        let personio = PersonioSim::new(PersonioSimConfig {
            client_secret: CLIENT_SECRET.to_owned(),
            employees: 7,
            dated: true,
            ..PersonioSimConfig::new(clock.clone())
        });
        let front = {
            let wire = wire.clone();
            Front::new(move |router| router.layer(from_fn_with_state(wire.clone(), listen)))
        };
        let simulators = Simulators { clock, okta, personio, app, front, faults: SimFaults::none() };
        Tapped { wire, simulators, folder: tempfile::tempdir().unwrap() }
    }

    /// The arguments of a run that writes as much as it can.
    fn args(&self, api: &str, more: &[&str]) -> Vec<String> {
        let place = |name: &str| self.folder.path().join(name).display().to_string();
        let flow = Project::shipped().flow("import.yaml");
        let api = format!("personio_api={api}");
        let (audit, state) = (place("audit.jsonl"), place("state"));
        let kept = ["--audit", &*audit, "--audit-profiles", "--state", &*state];
        let args = [&[&*flow, "--set", &*api][..], &kept, more].concat();
        args.into_iter().map(str::to_owned).collect()
    }

    /// Runs the import in this process.
    fn run_within(&self, api: &str, more: &[&str]) -> Ran {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let surroundings = Surroundings { simulators: Some(self.simulators.all()), ..surroundings() };
        let mut console = Console::plain(&mut stdout, &mut stderr);
        let code = runtime.block_on(run_in(self.args(api, more), &surroundings, &mut console));
        Ran::new(code, stdout, stderr)
    }

    /// Runs a command over TCP.
    fn run_over(&self, served: &Served, args: &[&str]) -> Ran {
        let mut env = variables(&self.simulators, &served.url);
        env.insert("XDG_STATE_HOME".to_owned(), self.folder.path().join("home").display().to_string());
        flowrun_by(&self.simulators.clock, args, env)
    }

    /// All that was written beside the two streams.
    fn files(&self) -> String {
        let mut written = String::new();
        read_all(self.folder.path(), &mut written);
        written
    }

    /// Every credential: those of the settings, and those that went over the wire.
    fn secrets(&self) -> Secrets {
        let mut all = vec![API_TOKEN.to_owned(), CLIENT_SECRET.to_owned()];
        all.extend(self.simulators.app.iter().map(|owned| owned.private_key.expose_secret().to_owned()));
        all.extend(self.wire.heard.lock().unwrap().values().flatten().cloned());
        Secrets::new(&all)
    }

    fn heard(&self, what: &str) -> usize {
        self.wire.heard.lock().unwrap().get(what).map_or(0, BTreeSet::len)
    }

    fn quoted(&self) -> bool {
        *self.wire.echoed.lock().unwrap() > 0
    }
}

fn read_all(folder: &Path, written: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, written);
        } else {
            written.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
    }
}

/// Pieces of credentials.
struct Secrets(HashSet<Vec<u8>>);

impl Secrets {
    fn new(all: &[String]) -> Secrets {
        // The lines that frame a key are no secret, and neither is the header of a JWT.
        let lines = all.iter().flat_map(|secret| secret.lines()).filter(|line| !line.starts_with("-----"));
        let pieces = lines.flat_map(|line| match line.split_once('.') {
            Some((_, claims)) if line.starts_with("eyJ") => claims.as_bytes().windows(LETTERS),
            _ => line.as_bytes().windows(LETTERS),
        });
        Secrets(pieces.map(<[u8]>::to_vec).collect())
    }

    /// The first piece of a credential that a text tells.
    fn told_by(&self, text: &str) -> Option<String> {
        let told = text.as_bytes().windows(LETTERS).find(|piece| self.0.contains(*piece));
        told.map(|piece| String::from_utf8_lossy(piece).into_owned())
    }

    fn assert_untold(&self, text: &str, which: &str) {
        if let Some(piece) = self.told_by(text) {
            panic!("{which} tells {piece}:\n{text}");
        }
    }
}

fn all(ran: &Ran) -> String {
    format!("{}{}", ran.stdout, ran.stderr)
}

#[test]
fn what_is_told_is_found() {
    let secrets = Secrets::new(&[API_TOKEN.to_owned(), RSA_KEY.to_owned()]);
    assert_eq!(secrets.told_by("nothing of it"), None);
    assert!(secrets.told_by(&format!("SSWS {API_TOKEN}!")).is_some());
    assert!(secrets.told_by(&format!("SSWS {}…", &API_TOKEN[..25])).is_some());
    let line = RSA_KEY.lines().nth(3).unwrap();
    assert!(secrets.told_by(&format!("key {}", &line[10..40])).is_some());
}

#[test]
fn runs_that_go_well_tell_no_credential() {
    for way in WAYS {
        for api in APIS {
            for more in ["--trace", "--json"] {
                let tapped = Tapped::new(way, None, Clock::simulated(EPOCH_MS));
                let ran = tapped.run_within(api, &[more]);
                check_good(&tapped, &ran, way, &format!("{way:?} {api} {more}"));
                if !OVER_TCP.contains(&(way, api)) {
                    continue;
                }
                let tapped = Tapped::new(way, None, Clock::starting_at(EPOCH_MS, 600.0));
                let served = Served::new(tapped.simulators.router());
                let args = tapped.args(api, &[more, "--live"]);
                let ran = tapped.run_over(&served, &args.iter().map(String::as_str).collect::<Vec<_>>());
                check_good(&tapped, &ran, way, &format!("{way:?} {api} {more} over TCP"));
            }
        }
    }
}

fn check_good(tapped: &Tapped, ran: &Ran, way: Way, which: &str) {
    assert_eq!(ran.code, 0, "{which}: {}", ran.stderr);
    assert!(tapped.heard("authorization") > 1 && tapped.heard("token") > 0, "{which}");
    assert_eq!(tapped.heard("assertion") > 0, way != Way::ApiToken, "{which}");
    assert_eq!(tapped.heard("proof") > 0, way == Way::Dpop, "{which}");
    let files = tapped.files();
    assert!(files.contains("\"profile\""), "{which}: people are written down if that is asked for");
    tapped.secrets().assert_untold(&(all(ran) + &files), which);
}

#[test]
fn connections_tell_no_credential() {
    let flows = Project::shipped().flow("");
    for way in WAYS {
        let usual = [None, Some("GET /api/v1/"), Some("GET /v1/"), Some("/token"), Some("/auth")];
        for echo in usual {
            let tapped = Tapped::new(way, echo, Clock::starting_at(EPOCH_MS, 600.0));
            let served = Served::new(tapped.simulators.router());
            let listed = if echo.is_none() {
                all(&tapped.run_over(&served, &["connections", &flows]))
            } else {
                String::new()
            };
            let tried = tapped.run_over(&served, &["connections", "test", &flows]);
            // That version 2 of Personio's API lets nobody in isn't a failure where version 1 does.
            let harmless = echo == Some("/token") && way == Way::ApiToken;
            let fails = echo.is_some() && !harmless;
            assert_eq!(
                (tapped.quoted(), tried.code == 1),
                (echo.is_some(), fails),
                "{way:?} {echo:?}: {}",
                tried.stdout
            );
            let told = listed + &all(&tried);
            tapped.secrets().assert_untold(&(told + &tapped.files()), &format!("{way:?} {echo:?}"));
        }
    }
}

#[test]
fn errors_that_quote_requests_tell_no_credential() {
    // Both forms tell the same report, so that each combination is told in one of them.
    let mut forms = ["--trace", "--json"].into_iter().cycle();
    for way in WAYS {
        for api in APIS {
            let mut quoted = 0;
            for (echo, more) in ECHOES.into_iter().zip(&mut forms) {
                let tapped = Tapped::new(way, Some(echo), Clock::simulated(EPOCH_MS));
                let ran = tapped.run_within(api, &[more]);
                quoted += u32::from(check_bad(&tapped, &ran, &format!("{way:?} {api} {more} {echo}")));
                if !OVER_TCP.contains(&(way, api)) {
                    continue;
                }
                let tapped = Tapped::new(way, Some(echo), Clock::starting_at(EPOCH_MS, 600.0));
                let served = Served::new(tapped.simulators.router());
                let args = tapped.args(api, &["--live", "--trace"]);
                let ran = tapped.run_over(&served, &args.iter().map(String::as_str).collect::<Vec<_>>());
                quoted += u32::from(check_bad(&tapped, &ran, &format!("{way:?} {api} {echo} over TCP")));
            }
            assert!(quoted >= 3, "{way:?} {api}: only {quoted} errors quoted something");
        }
    }
}

/// Whether the error shows dots where a credential stood.
fn check_bad(tapped: &Tapped, ran: &Ran, which: &str) -> bool {
    if !tapped.quoted() {
        assert_eq!(ran.code, 0, "{which}: {}", ran.stderr);
        return false;
    }
    assert_eq!(ran.code, 1, "{which}: {}", ran.stdout);
    let told = all(ran) + &tapped.files();
    tapped.secrets().assert_untold(&told, which);
    told.contains(REDACTED)
}

#[test]
fn journals_hold_no_credential() {
    let (program, start) = Project::shipped().compiled("import");
    for way in WAYS {
        for echo in ECHOES.map(Some).into_iter().chain([None]) {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            let tapped = Tapped::new(way, echo, Clock::simulated(EPOCH_MS));
            let mut journal = Journal { start: start.clone(), entries: Vec::new() };
            let report = runtime.block_on(async {
                let world = world(&program, &tapped.simulators);
                driver::run(program.clone(), start.clone(), &world, &mut journal, &mut ()).await.unwrap()
            });
            assert!(!journal.entries.is_empty());
            let text = format!("{journal:?} {}", serde_json::to_string(&report).unwrap());
            tapped.secrets().assert_untold(&text, &format!("{way:?} {echo:?}"));
        }
    }
}
