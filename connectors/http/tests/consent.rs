//! Authorization code with PKCE, and refresh tokens: a person logs in once, and flowrun goes on for them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::parse_json;
use flowrun_http::sim::reached_at;
use flowrun_http::{connector, effect_cards};
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Means, Settings};
use flowrun_kit::direct;
use flowrun_kit::effect::{AnyConnection, Pending};
use flowrun_kit::in_process::SimTransport;
use flowrun_kit::sign_in::Browser;
use flowrun_kit::vault::{Taken, Vault};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

const API: &str = "https://api.example.com";
const LOGIN: &str = "https://login.example.com";

/// A token endpoint, an API, a browser and a place for refresh tokens.
#[derive(Clone, Default)]
struct World(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// `Authorization` and body of each request for a token.
    tokens: Vec<(Option<String>, String)>,
    answers: VecDeque<(u16, Value)>,
    /// What the person was to open.
    opened: Option<String>,
    /// What they come back with; `STATE` is what they were sent with.
    comes_back: Vec<(&'static str, &'static str)>,
    kept: String,
    /// Whether nothing can be written down.
    full: bool,
}

impl World {
    fn answering(answers: impl IntoIterator<Item = (u16, Value)>) -> World {
        let world = World::default();
        world.0.lock().unwrap().answers.extend(answers);
        world.0.lock().unwrap().comes_back = vec![("code", "SplxlOBeZQQYbYS6WxSbIA"), ("state", "STATE")];
        world
    }

    fn means(&self) -> Means {
        let clock = Clock::starting_at(0, 1.0);
        let world = self.clone();
        let token = move |headers: HeaderMap, body: String| async move {
            let mut seen = world.0.lock().unwrap();
            let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
            seen.tokens.push((authorization, body));
            let (status, answer) = seen.answers.pop_front().expect("no further token was expected");
            (StatusCode::from_u16(status).unwrap(), Json(answer))
        };
        let server = Router::new().route("/token", post(token));
        let api = Router::new().route("/users", get(|| async { Json(json!({})) }));
        let transport = SimTransport::new(&clock).host(API, api).host(LOGIN, server);
        Means { vault: Some(Arc::new(self.clone())), ..Means::new(Arc::new(transport), clock) }
    }

    async fn sign_in(&self, settings: &Settings) -> Result<String> {
        let sign_in = connector().sign_in.unwrap();
        assert!((sign_in.wanted)(settings));
        let kept = (sign_in.visit)(settings, self.means(), self).await?;
        let [(name, secret)] = &kept[..] else { panic!("one setting is kept") };
        assert_eq!(*name, "refresh_token");
        Ok(secret.expose_secret().to_owned())
    }

    fn connect(&self, settings: &Settings) -> AnyConnection {
        connector().connect(settings, self.means()).unwrap().connection
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap()
    }
}

impl Browser for World {
    fn back(&self) -> &str {
        "http://127.0.0.1:51004/"
    }

    fn visit<'a>(&'a self, url: &'a str) -> Pending<'a, Result<Vec<(String, String)>>> {
        let mut seen = self.0.lock().unwrap();
        seen.opened = Some(url.to_owned());
        let state = parameter(url, "state");
        let back = seen.comes_back.iter().map(|(name, value)| {
            let value = if *value == "STATE" { state.clone() } else { (*value).to_owned() };
            ((*name).to_owned(), value)
        });
        Box::pin(std::future::ready(Ok(back.collect())))
    }
}

impl Vault for World {
    fn take<'a>(&'a self, setting: &'a str) -> Pending<'a, Result<Box<dyn Taken>>> {
        assert_eq!(setting, "refresh_token");
        let secret = SecretString::from(self.0.lock().unwrap().kept.clone());
        let taken: Box<dyn Taken> = Box::new(Out(self.clone(), secret));
        Box::pin(std::future::ready(Ok(taken)))
    }
}

struct Out(World, SecretString);

impl Taken for Out {
    fn secret(&self) -> &SecretString {
        &self.1
    }

    fn replace(&mut self, secret: &SecretString) -> Result<()> {
        if self.0.seen().full {
            return Err(Fault::new(FaultKind::Connection, "no space left on device"));
        }
        self.0.seen().kept = secret.expose_secret().to_owned();
        Ok(())
    }
}

fn parameter(url: &str, name: &str) -> String {
    let found = url.split(['?', '&']).find_map(|part| part.strip_prefix(&format!("{name}=")));
    found.unwrap_or_else(|| panic!("{url} has no {name}")).to_owned()
}

fn settings() -> Settings {
    let settings = reached_at(API)
        .with("auth", "authorization_code")
        .with("authorize_url", format!("{LOGIN}/authorize"))
        .with("token_url", format!("{LOGIN}/token"))
        .with("client_id", "s6BhdRkqt3");
    connector().completed(&settings)
}

/// An answer of RFC 6749, section 5.1, with the tokens of its example.
fn token(refresh: Option<&str>) -> (u16, Value) {
    let mut answer =
        json!({ "access_token": "2YotnFZFEjr1zCsicMWpAA", "token_type": "Bearer", "expires_in": "3600" });
    if let Some(refresh) = refresh {
        answer["refresh_token"] = json!(refresh);
    }
    (200, answer)
}

async fn read_users(api: &AnyConnection) -> Result<(), Fault> {
    let inputs = parse_json(r#"{"url":"/users"}"#).unwrap();
    direct::perform(&effect_cards(), "api_connector.get", &inputs, api).await.map(|_| ())
}

/// RFC 6749, 4.1.1 and 4.1.3; RFC 7636, 4.3 and 4.5. A client without a secret says its ID in the body (RFC 6749, 3.2.1); one with a secret proves
/// itself as the connection says.
#[tokio::test(start_paused = true)]
async fn a_person_is_sent_and_comes_back_with_a_code() {
    let secret = settings().with("client_secret", "7Fjfp0ZBr1KtDRbnfVdmIw");
    for (settings, header, client) in [
        (settings().with("scope", "read offline_access"), None, "&client_id=s6BhdRkqt3"),
        (secret, Some("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"), ""),
    ] {
        let world = World::answering([token(Some("tGzv3JOkF0XG5Qx2TlKWIA"))]);
        assert_eq!(world.sign_in(&settings).await.unwrap(), "tGzv3JOkF0XG5Qx2TlKWIA");
        let seen = world.seen();
        let opened = seen.opened.as_deref().unwrap();
        assert!(opened.starts_with(
            "https://login.example.com/authorize?response_type=code&client_id=s6BhdRkqt3&redirect_uri=http%3A%2F%2F127.0.0.1%3A51004%2F&state="
        ));
        assert_eq!(parameter(opened, "code_challenge_method"), "S256");
        let [(authorization, body)] = &seen.tokens[..] else { panic!("one request") };
        assert_eq!(authorization.as_deref(), header);
        let verifier = parameter(body, "code_verifier");
        assert_eq!(
            *body,
            format!(
                "grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&redirect_uri=http%3A%2F%2F127.0.0.1%3A51004%2F&code_verifier={verifier}{client}"
            )
        );
        assert!((43..=128).contains(&verifier.len()), "{verifier}: RFC 7636, 4.1");
        assert_ne!(verifier, parameter(opened, "code_challenge"));
    }
}

/// RFC 6749, 4.1.2.1 and 10.12; RFC 9207, 2.4. What somebody else could have put into the address is not repeated.
#[tokio::test(start_paused = true)]
async fn who_comes_back_wrongly_gets_no_token() {
    type Back = &'static [(&'static str, &'static str)];
    let table: [(Back, &str, &str); 8] = [
        (&[("code", "a"), ("state", "other")], "its `state` is another", "start the login again"),
        (&[("code", "a")], "its `state` is another", "start the login again"),
        (&[("state", "STATE")], "neither a code nor an error", "start the login again"),
        (
            &[("code", "a"), ("state", "STATE"), ("iss", "https://evil.example.com")],
            "its `iss` is at another host",
            "start",
        ),
        (&[("error", "access_denied"), ("state", "STATE")], "refused: access_denied", "and allow it"),
        (&[("error", "invalid_scope"), ("state", "STATE")], "refused: invalid_scope", "API_CONNECTOR_SCOPE"),
        (
            &[("error", "invalid_request"), ("state", "STATE")],
            "refused: invalid_request",
            "redirect addresses",
        ),
        (
            &[("error", "send me your password"), ("state", "STATE")],
            "a reason of the server's own",
            "the page in the browser",
        ),
    ];
    for (back, message, help) in table {
        let world = World::answering([]);
        world.seen().comes_back = back.to_vec();
        let fault = world.sign_in(&settings()).await.unwrap_err();
        assert!(fault.message.contains(message), "{fault}");
        assert!(fault.help.as_deref().unwrap_or_default().contains(help), "{fault:?}");
        assert!(!format!("{fault:?}").contains("password"));
        assert!(world.seen().tokens.is_empty());
    }
    let world = World::answering([token(Some("a"))]);
    world.seen().comes_back.push(("iss", "https://login.example.com/oauth2/default"));
    assert_eq!(world.sign_in(&settings()).await.unwrap(), "a");
    // A code that was used before (RFC 6749, 4.1.2), and a server that gives nothing to go on with.
    let table = [
        ((400, json!({ "error": "invalid_grant" })), "400 invalid_grant", "flowrun connections login"),
        (token(None), "none to refresh it by", "offline_access"),
    ];
    for (answer, message, help) in table {
        let fault = World::answering([answer]).sign_in(&settings()).await.unwrap_err();
        assert!(fault.message.contains(message), "{fault}");
        assert!(fault.help.as_deref().unwrap_or_default().contains(help), "{fault:?}");
    }
}

/// RFC 6749, 6: the token that is kept now is sent, and another one that comes back takes its place.
#[tokio::test(start_paused = true)]
async fn refresh_tokens_are_replaced_as_the_server_replaces_them() {
    let world = World::answering([token(Some("second")), token(Some("second")), token(None)]);
    world.seen().kept = "first".to_owned();
    // What stood in the file at the start counts no more: another process may have used it.
    let settings = settings().with("refresh_token", "older").with("scope", "read");
    for kept in ["second", "second", "second"] {
        read_users(&world.connect(&settings)).await.unwrap();
        assert_eq!(world.seen().kept, kept);
    }
    let sent: Vec<String> = world.seen().tokens.iter().map(|(_, body)| body.clone()).collect();
    assert_eq!(
        sent,
        ["first", "second", "second"]
            .map(|token| format!("grant_type=refresh_token&refresh_token={token}&client_id=s6BhdRkqt3"))
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_go_on_says_what_to_do() {
    let settings = settings().with("refresh_token", "first");
    let refused = World::answering([(
        400,
        json!({ "error": "invalid_grant", "error_description": "tGzv3JOkF0XG5Qx2TlKWIA is revoked" }),
    )]);
    refused.seen().kept = "tGzv3JOkF0XG5Qx2TlKWIA".to_owned();
    let fault = read_users(&refused.connect(&settings)).await.unwrap_err();
    assert!(fault.help.as_deref().unwrap_or_default().contains("flowrun connections login"), "{fault:?}");
    assert!(!format!("{fault:?}").contains("tGzv3"), "{fault:?}");

    let full = World::answering([token(Some("second"))]);
    full.seen().full = true;
    let fault = read_users(&full.connect(&settings)).await.unwrap_err();
    assert!(fault.message.contains("no space left"), "{fault}");

    let connect = |settings: &Settings, means| connector().connect(settings, means).map(|_| ()).unwrap_err();
    let world = World::answering([]);
    let nobody = connect(&self::settings(), world.means());
    assert!(nobody.message.contains("nobody has logged in yet"), "{nobody}");
    let elsewhere = connect(&settings, Means { vault: None, ..world.means() });
    assert!(elsewhere.message.contains("not in a connections file"), "{elsewhere}");
}
