//! Client credentials, against a token server whose answers are those of RFC 6749 (and RFC 7617, RFC 8707).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use flowrun_core::fault::Fault;
use flowrun_core::value::{Record, parse_json};
use flowrun_http::sim::reached_at;
use flowrun_http::{connector, effect_cards};
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Means, Settings};
use flowrun_kit::direct;
use flowrun_kit::effect::AnyConnection;
use flowrun_kit::in_process::SimTransport;
use serde_json::{Value, json};

const API: &str = "https://api.example.com";
const LOGIN: &str = "https://login.example.com";
const SECRET: &str = "gX1fBat3bV-correct-horse";

/// What the token server and the API were asked, and what they answer next.
#[derive(Clone, Default)]
struct World(Arc<Mutex<Asked>>);

#[derive(Default)]
struct Asked {
    /// `Authorization` and body of each request for a token.
    tokens: Vec<(Option<String>, String)>,
    /// `Authorization` of each request to the API.
    calls: Vec<Option<String>>,
    answers: VecDeque<(u16, Value)>,
    /// Tokens that the API takes no more.
    revoked: Vec<&'static str>,
}

impl World {
    fn answering(answers: impl IntoIterator<Item = (u16, Value)>) -> World {
        let world = World::default();
        world.0.lock().unwrap().answers.extend(answers);
        world
    }

    fn connect(&self, settings: &Settings) -> Result<AnyConnection, Fault> {
        let clock = Clock::starting_at(0, 1.0);
        let transport = SimTransport::new(&clock).host(API, self.api()).host(LOGIN, self.token_server());
        let means = Means::new(Arc::new(transport), clock);
        connector().connect(settings, means).map(|connected| connected.connection)
    }

    fn token_server(&self) -> Router {
        let world = self.clone();
        let answer = move |headers: HeaderMap, body: String| async move {
            let mut asked = world.0.lock().unwrap();
            asked.tokens.push((authorization(&headers), body));
            let (status, answer) = asked.answers.pop_front().expect("no further token was expected");
            (StatusCode::from_u16(status).unwrap(), Json(answer))
        };
        Router::new().route("/oauth2/token", post(answer))
    }

    fn api(&self) -> Router {
        let world = self.clone();
        let answer = move |headers: HeaderMap| async move {
            let mut asked = world.0.lock().unwrap();
            let sent = authorization(&headers);
            let refused =
                sent.as_ref().is_none_or(|sent| asked.revoked.iter().any(|old| sent.ends_with(old)));
            asked.calls.push(sent);
            if refused {
                (StatusCode::UNAUTHORIZED, Json(json!({})))
            } else {
                (StatusCode::OK, Json(json!({})))
            }
        };
        Router::new().route("/users", get(answer))
    }

    fn tokens(&self) -> Vec<(Option<String>, String)> {
        self.0.lock().unwrap().tokens.clone()
    }

    fn calls(&self) -> Vec<String> {
        self.0.lock().unwrap().calls.iter().flatten().cloned().collect()
    }
}

fn authorization(headers: &HeaderMap) -> Option<String> {
    headers.get("authorization").map(|value| value.to_str().unwrap().to_owned())
}

/// An answer of section 5.1.
fn token(token: &str, expires_in: i64) -> (u16, Value) {
    (200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": expires_in }))
}

fn settings() -> Settings {
    reached_at(API)
        .with("auth", "client_credentials")
        .with("token_url", format!("{LOGIN}/oauth2/token"))
        .with("client_id", "s6BhdRkqt3")
        .with("client_secret", SECRET)
}

async fn read_users(api: &AnyConnection) -> Result<Record, Fault> {
    let inputs = parse_json(r#"{"url":"/users"}"#).unwrap();
    direct::perform(&effect_cards(), "api_connector.get", &inputs, api).await
}

/// RFC 6749, 2.3.1 has the header and the body; the header of its example (client `s6BhdRkqt3`, secret `7Fjfp0ZBr1KtDRbnfVdmIw`) is there. The third
/// row was escaped and joined by hand: `a%3Ab:c%2Bd`. The last is what Microsoft documents for Graph.
#[tokio::test(start_paused = true)]
async fn a_token_is_asked_for_as_the_rfc_says() {
    let table = [
        (
            settings().with("client_secret", "7Fjfp0ZBr1KtDRbnfVdmIw"),
            Some("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"),
            "grant_type=client_credentials",
        ),
        (
            settings().with("client_auth", "body"),
            None,
            "grant_type=client_credentials&client_id=s6BhdRkqt3&client_secret=gX1fBat3bV-correct-horse",
        ),
        (
            settings().with("client_id", "a:b").with("client_secret", "c+d").with("scope", "read write"),
            Some("Basic YSUzQWI6YyUyQmQ="),
            "grant_type=client_credentials&scope=read%20write",
        ),
        (
            settings().with("token_parameters", "audience=https://x/?a=1 resource=urn:y"),
            Some("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JWLWNvcnJlY3QtaG9yc2U="),
            "grant_type=client_credentials&audience=https%3A%2F%2Fx%2F%3Fa%3D1&resource=urn%3Ay",
        ),
        (
            settings().with("client_auth", "body").with("scope", "https://graph.microsoft.com/.default"),
            None,
            "grant_type=client_credentials&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&client_id=s6BhdRkqt3\
             &client_secret=gX1fBat3bV-correct-horse",
        ),
    ];
    for (settings, header, body) in table {
        let world = World::answering([token("2YotnFZFEjr1zCsicMWpAA", 3600)]);
        read_users(&world.connect(&settings).unwrap()).await.unwrap();
        assert_eq!(world.tokens(), [(header.map(str::to_owned), body.to_owned())]);
        // RFC 6750, 2.1. Nothing but the token reaches the API.
        assert_eq!(world.calls(), ["Bearer 2YotnFZFEjr1zCsicMWpAA"]);
    }
}

/// RFC 6749, 4.4.3: no refresh token; a token that ends soon is replaced before, and once when the API refuses it (RFC 6750, 3.1).
#[tokio::test(start_paused = true)]
async fn tokens_are_kept_until_they_end_or_are_refused() {
    let world = World::answering([token("first", 3600), token("second", 3600), token("third", 3600)]);
    let api = world.connect(&settings()).unwrap();
    read_users(&api).await.unwrap();
    tokio::time::advance(Duration::from_secs(3000)).await;
    read_users(&api).await.unwrap();
    tokio::time::advance(Duration::from_secs(600)).await;
    read_users(&api).await.unwrap();
    assert_eq!(world.calls(), ["Bearer first", "Bearer first", "Bearer second"]);
    world.0.lock().unwrap().revoked = vec!["second"];
    read_users(&api).await.unwrap();
    assert_eq!(world.calls()[3..], ["Bearer second", "Bearer third"]);
    world.0.lock().unwrap().revoked = vec!["third", "fourth"];
    world.0.lock().unwrap().answers.push_back(token("fourth", 3600));
    let fault = read_users(&api).await.unwrap_err();
    assert_eq!(fault.code, Some(401), "{fault}");
    assert_eq!(world.calls()[5..], ["Bearer third", "Bearer fourth"]);
}

/// The errors of RFC 6749, 5.2, and of RFC 8707, 2; what quotes the secret doesn't show it. Each with what to do.
#[tokio::test(start_paused = true)]
async fn refusals_say_what_to_do() {
    let table = [
        (401, "invalid_client", "API_CONNECTOR_CLIENT_AUTH=body"),
        (400, "invalid_scope", "API_CONNECTOR_SCOPE"),
        (400, "unauthorized_client", "where it is registered"),
        (400, "unsupported_grant_type", "where it is registered"),
        (400, "invalid_request", "API_CONNECTOR_TOKEN_PARAMETERS"),
        (400, "invalid_target", "API_CONNECTOR_TOKEN_PARAMETERS"),
        (403, "access_denied", "look at the client"),
    ];
    for (status, error, remedy) in table {
        let description = format!("not with {SECRET} or czZCaGRSa3F0MzpnWDFmQmF0M2JWLWNvcnJlY3QtaG9yc2U=");
        let world = World::answering([(status, json!({ "error": error, "error_description": description }))]);
        let fault = read_users(&world.connect(&settings()).unwrap()).await.unwrap_err();
        assert!(
            fault.message.starts_with(&format!("the token endpoint answered {status} {error}")),
            "{fault}"
        );
        assert!(fault.help.as_deref().unwrap_or_default().contains(remedy), "{fault:?}");
        assert!(!format!("{fault:?}").contains("correct-horse"), "{fault:?}");
        assert!(!format!("{fault:?}").contains("Y29ycmVjdC1ob3JzZ"), "{fault:?}");
        assert!(world.calls().is_empty());
    }
    // RFC 6749, 7.1: a client must not use a token whose type it does not understand.
    let world = World::answering([(200, json!({ "access_token": "x", "token_type": "mac" }))]);
    let fault = read_users(&world.connect(&settings()).unwrap()).await.unwrap_err();
    assert!(fault.message.contains("no Bearer token, but \"mac\""), "{fault}");
}

#[test]
fn settings_that_cannot_work_are_named() {
    let bare = || reached_at(API).with("auth", "client_credentials");
    let table = [
        (bare(), "API_CONNECTOR_TOKEN_URL is missing"),
        (bare().with("token_url", LOGIN), "API_CONNECTOR_CLIENT_ID is missing"),
        (bare().with("token_url", LOGIN).with("client_id", "a"), "API_CONNECTOR_CLIENT_SECRET is missing"),
        // RFC 6749, 3.2: TLS is required.
        (settings().with("token_url", "http://login.example.com/"), "is not encrypted"),
        (settings().with("token_url", "/token"), "an address starts with https://"),
        (settings().with("client_auth", "jwt"), "basic or body, not \"jwt\""),
        (settings().with("token_parameters", "scope=a"), "may not have scope"),
        (settings().with("token_parameters", "a=b audience"), "a part without a name"),
    ];
    for (settings, message) in table {
        let fault = World::default().connect(&settings).map(|_| ()).unwrap_err();
        assert!(fault.message.contains(message), "{fault}");
    }
}
