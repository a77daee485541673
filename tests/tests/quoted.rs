//! Nothing leaks: a vendor that quotes what it was sent, in any form, in an answer of success or of failure, in its body or its headers.
//!
//! Each credential and each secret of a flow is quoted in each form and each kind of answer, and must not stand in anything that a run
//! writes: not as it is, and not in the form in which it was quoted. To add a form, add a row to [`FORMS`]; they follow RFC 8259 7, RFC 3986
//! 2.1, RFC 4648 4 and HTML 13.5.

use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flowrun::console::Console;
use flowrun::{Surroundings, run_in};
use flowrun_kit::clock::Clock;
use flowrun_okta::sim::{OktaSim, OktaSimConfig};
use flowrun_personio::sim::{PersonioSim, PersonioSimConfig};
use flowrun_tests::org::EPOCH_MS;
use flowrun_tests::simulators::{Front, Simulators};
use flowrun_tests::surroundings;

const API_TOKEN: &str = "00tok/en+Ab=Z9.seven";
const CLIENT_SECRET: &str = "papi/sec+ret=88 two";
const FLOW_SECRET: &str = "of/the+flow=42 more";

/// A form of a secret: what it is called, and how it is made.
type Form = (&'static str, fn(&str) -> String);

/// The forms in which a secret is quoted.
const FORMS: [Form; 10] = [
    ("plain", str::to_owned),
    ("json, as PHP escapes it", |secret| secret.replace('/', "\\/")),
    ("json, every letter", |secret| {
        secret.chars().map(|letter| format!("\\u{:04X}", letter as u32)).collect()
    }),
    ("address", |secret| percent(secret)),
    ("form", |secret| percent(secret).replace("%20", "+")),
    ("address, twice", |secret| percent(&percent(secret))),
    ("html", |secret| secret.replace('/', "&#47;").replace('+', "&#x2b;")),
    ("base64", |secret| STANDARD.encode(secret)),
    ("base64 of a pair", |secret| STANDARD.encode(format!("user:{secret}"))),
    ("hexadecimal", |secret| secret.bytes().map(|byte| format!("{byte:02x}")).collect()),
];

fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// How the answer that quotes is made: its status, whether a header quotes too, and the body around the quotations.
type Kind = (u16, bool, fn(&str) -> String);

const KINDS: [Kind; 8] = [
    (200, false, |said| format!(r#"{{"echo":"{said}","data":[]}}"#)),
    (200, false, |said| format!(r#"[{{"id":"00u1","profile":{{"login":"{said}"}}}}]"#)),
    (200, true, |_| "{}".to_owned()),
    (200, false, |said| format!(r#"{{"echo":"{said}"#)),
    (200, false, |said| format!("<p>{said}</p>")),
    (400, false, |said| {
        format!(
            r#"{{"errorCode":"E0000001","errorSummary":"{said}","error":{{"message":"{said}"}},"error_description":"{said}"}}"#
        )
    }),
    (403, true, |said| format!("{said} is not allowed")),
    (500, false, |said| format!(r#"{{"{said}":"{said}"}}"#)),
];

/// What is sent, and which requests are answered by a quotation.
const CARDS: [(&str, &str); 8] = [
    ("/api/v1/users/me", "- { id: c, card: okta.read_user, with: { id_or_login: me } }"),
    (
        "/api/v1/users",
        "- { id: c, card: okta.list_users_with_search, with: { result_set: all, search: 'status eq \"ACTIVE\"' } }",
    ),
    (
        "/api/v1/groups",
        "- { id: c, card: okta.custom_api_action, with: { method: GET, relative_url: /api/v1/groups, headers: { x-own: $.inputs.own } } }",
    ),
    ("/v1/company/employees", "- { id: c, card: personio.list_employees, with: { result_set: first } }"),
    ("/v1/auth", "- { id: c, card: personio.list_employees, with: { result_set: first } }"),
    ("/v2/persons", "- { id: c, card: personio.list_persons, with: { result_set: first } }"),
    ("/v2/auth/token", "- { id: c, card: personio.list_persons, with: { result_set: first } }"),
    (
        "/echo",
        "- { id: c, card: api_connector.get, with: { url: /echo, headers: { x-own: 'Key {{ inputs.own }}' } } }",
    ),
];

#[derive(Clone)]
struct Quoting {
    path: &'static str,
    kind: Kind,
    form: fn(&str) -> String,
    /// What was quoted, in its form.
    quoted: Arc<Mutex<Vec<String>>>,
}

async fn quote(State(quoting): State<Quoting>, request: Request, next: Next) -> Response {
    if request.uri().path() != quoting.path {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut secrets = vec![API_TOKEN.to_owned(), FLOW_SECRET.to_owned()];
    if String::from_utf8_lossy(&body).contains("secret") {
        secrets.push(CLIENT_SECRET.to_owned());
    }
    // Whatever token is held.
    let token = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    secrets.extend(token.and_then(|token| token.split_once(' ')).map(|(_, token)| token.to_owned()));
    // A connection knows what is its own only.
    secrets.retain(|secret| match secret.as_str() {
        API_TOKEN => quoting.path.starts_with("/api/"),
        FLOW_SECRET => parts.headers.contains_key("x-own"),
        _ => true,
    });
    let said: Vec<String> = secrets.iter().map(|secret| (quoting.form)(secret)).collect();
    let (status, in_header, body) = quoting.kind;
    let mut answer =
        (StatusCode::from_u16(status).unwrap(), Body::from(body(&said.join(" and ")))).into_response();
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if in_header {
        answer.headers_mut().insert("x-quoted", HeaderValue::from_str(&said.join(" and ")).unwrap());
    }
    let mut quoted = quoting.quoted.lock().unwrap();
    quoted.extend(secrets);
    quoted.extend(said);
    answer
}

#[tokio::test]
async fn what_quotes_a_secret_is_told_without_it() {
    let mut quotations = 0;
    for (path, card) in CARDS {
        for (place, (form, write)) in FORMS.into_iter().enumerate() {
            // Every kind of answer in some forms, every form in some kinds.
            let kinds = KINDS.into_iter().enumerate().filter(|(number, _)| (number + place) % 3 == 0);
            for (number, kind) in kinds {
                let quoting = Quoting { path, kind, form: write, quoted: Arc::default() };
                let told = run(card, &quoting).await;
                let quoted = quoting.quoted.lock().unwrap().clone();
                assert!(!quoted.is_empty(), "{path}: nothing was asked\n{told}");
                quotations += quoted.len();
                for secret in quoted {
                    assert!(
                        !told.contains(&secret),
                        "{path}, {form}, answer {number} tells {secret}:\n{told}"
                    );
                }
            }
        }
    }
    assert!(quotations > 600, "{quotations}");
}

/// All that a run writes: on both streams, as a trace and as JSON, and into the audit record.
async fn run(card: &str, quoting: &Quoting) -> String {
    let folder = tempfile::tempdir().unwrap();
    let flow = format!(
        "name: Quoted\ninputs:\n  own: {{ type: secret, default: null }}\ncards:\n  {card}\n  - card: flow_control.return\n    with: {{ all: $.c }}\n"
    );
    let manifest = "name: Quoted\nconnections: { okta: okta, personio: personio, api: api_connector }\n";
    std::fs::write(folder.path().join("flowrun.yaml"), manifest).unwrap();
    std::fs::write(folder.path().join("quoted.yaml"), flow).unwrap();
    let mut told = String::new();
    for more in ["--trace", "--json"] {
        let clock = Clock::simulated(EPOCH_MS);
        let okta =
            OktaSim::new(OktaSimConfig { token: API_TOKEN.to_owned(), ..OktaSimConfig::new(clock.clone()) });
        let personio = PersonioSim::new(PersonioSimConfig {
            client_secret: CLIENT_SECRET.to_owned(),
            employees: 3,
            ..PersonioSimConfig::new(clock.clone())
        });
        let front = {
            let quoting = quoting.clone();
            Front::new(move |router| router.layer(from_fn_with_state(quoting.clone(), quote)))
        };
        let simulators = Simulators { clock, okta, personio, app: None, front, faults: Default::default() };
        let surroundings = Surroundings { simulators: Some(simulators.all()), ..surroundings() };
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let path = folder.path().join("quoted.yaml").display().to_string();
        let audit = folder.path().join("audit.jsonl").display().to_string();
        let own = format!("own={FLOW_SECRET}");
        let args = [&*path, more, "--audit", &*audit, "-i", &*own];
        run_in(args, &surroundings, &mut Console::plain(&mut stdout, &mut stderr)).await;
        told.push_str(&String::from_utf8_lossy(&stdout));
        told.push_str(&String::from_utf8_lossy(&stderr));
        told.push_str(&std::fs::read_to_string(&audit).unwrap_or_default());
    }
    told
}
