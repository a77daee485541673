//! The API Connector's cards over the echo service.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::value::{self, REDACTED, Record, Secret, Value, parse_json};
use flowrun_http::sim::reached_at;
use flowrun_http::{connector, effect_cards, sim};
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Means, Settings};
use flowrun_kit::direct;
use flowrun_kit::effect::AnyConnection;
use flowrun_kit::in_process::SimTransport;

const URL: &str = "https://echo.sim";

fn connect(settings: &Settings) -> Result<AnyConnection, Fault> {
    connect_to(sim::router(), settings)
}

fn connect_to(service: Router, settings: &Settings) -> Result<AnyConnection, Fault> {
    let clock = Clock::starting_at(0, 1.0);
    let transport = Arc::new(SimTransport::new(&clock).host(URL, service));
    let means = Means::new(transport, clock);
    connector().connect(settings, means).map(|connected| connected.connection)
}

async fn card(connection: &AnyConnection, id: &str, inputs: &str) -> Result<Record, Fault> {
    let inputs = parse_json(inputs).expect("inputs are JSON");
    direct::perform(&effect_cards(), &format!("api_connector.{id}"), &inputs, connection).await
}

#[tokio::test(start_paused = true)]
async fn requests_go_out_as_written() {
    let api = connect(&reached_at(URL)).unwrap();
    let table = [
        ("get", r#"{"url":"/echo","query":"?a=1&b=x y"}"#, "query", r#"{"a":"1","b":"x y"}"#),
        ("get", r#"{"url":"echo?a=1","query":{"b":[1,2],"c":null}}"#, "query", r#"{"a":"1","b":["1","2"]}"#),
        ("get", r#"{"url":"/moved"}"#, "path", "/echo"),
        (
            "post",
            r#"{"url":"https://echo.sim/echo","body":"{\"a\":1}"}"#,
            "headers.content-type",
            "application/json",
        ),
        (
            "post",
            r#"{"url":"/echo","body":"a=1","headers":{"Content-Type":"application/x-www-form-urlencoded"}}"#,
            "headers.content-type",
            "application/x-www-form-urlencoded",
        ),
        ("put", r#"{"url":"/echo","body":[1,{"a":"ü"}]}"#, "json", r#"[1,{"a":"ü"}]"#),
    ];
    for (id, inputs, path, expected) in table {
        let out = card(&api, id, inputs).await.unwrap_or_else(|fault| panic!("{inputs}: {fault}"));
        assert_eq!(value::get(&out["body"], path).to_string(), expected, "{inputs}");
    }
    let raw = card(&api, "raw", r#"{"url":"/reverse","method":"post","body":"abc"}"#).await.unwrap();
    assert_eq!((raw["status_code"].clone(), raw["body"].clone()), (Value::Number(200.0), Value::from("cba")));
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_sent_or_read_is_refused() {
    let api = connect(&reached_at(URL)).unwrap();
    let table = [
        ("get", r#"{"url":"https://other.sim/echo"}"#, FaultKind::Url, "not to https://other.sim"),
        ("get", r#"{"url":"/away"}"#, FaultKind::Url, "not to https://elsewhere.example.com"),
        ("get", r#"{"url":"/status/403"}"#, FaultKind::Forbidden, "the API answered 403: as you asked for"),
        ("get", r#"{"url":"/status/503"}"#, FaultKind::HttpRequest, "503: as you asked for (4 tries)"),
        (
            "post",
            r#"{"url":"/status/500"}"#,
            FaultKind::HttpRequest,
            "it is not known whether it took effect",
        ),
        ("raw", r#"{"url":"/echo","method":"TRACE"}"#, FaultKind::InvalidInput, "expected GET, POST"),
        (
            "get",
            r#"{"url":"/echo","headers":{"a b":"c"}}"#,
            FaultKind::InvalidInput,
            "can't be a header name",
        ),
        ("get", r#"{"url":"/echo","headers":{"x":"a\nb"}}"#, FaultKind::InvalidInput, "no header may carry"),
        ("raw", r#"{"url":"/moved","method":"POST"}"#, FaultKind::HttpRequest, "answered 307"),
    ];
    for (id, inputs, kind, told) in table {
        let fault = card(&api, id, inputs).await.expect_err(inputs);
        assert!(fault.kind == kind && fault.message.contains(told), "{inputs}: {fault}");
    }
    let body = Value::object([
        ("url", Value::from("/echo")),
        ("body", Value::object([("k", Value::Secret(Secret::new("hunter2")))])),
    ]);
    // It is sent, and comes back as dots.
    let echo = direct::perform(&effect_cards(), "api_connector.post", &body, &api).await.unwrap();
    assert_eq!(value::get(&echo["body"], "json.k"), Value::from("••••••"), "{echo:?}");
    let form = Value::object([
        ("url", Value::from("/echo")),
        ("headers", Value::object([("Content-Type", Value::from("application/x-www-form-urlencoded"))])),
        (
            "body",
            Value::object([("a b", Value::from("ü")), ("l", Value::list(vec![1.0.into(), 2.0.into()]))]),
        ),
    ]);
    let echo = direct::perform(&effect_cards(), "api_connector.post", &form, &api).await.unwrap();
    assert!(echo["body"].to_json().contains("a%20b=%C3%BC&l=1&l=2"), "{echo:?}");
    let body = Value::object([
        ("url", Value::from("/echo")),
        ("headers", Value::object([("content-type", Value::from("application/x-www-form-urlencoded"))])),
        ("body", Value::Secret(Secret::new("assertion=hunter2"))),
    ]);
    // A secret may be a body, and comes back as dots.
    let echo = direct::perform(&effect_cards(), "api_connector.post", &body, &api).await.unwrap();
    assert!(echo["body"].to_json().contains("••••••"), "{echo:?}");
    assert!(!echo["body"].to_json().contains("hunter2"), "{echo:?}");
    // What arrived there is the body: read from behind it is JSON.
    let body = Value::object([
        ("url", Value::from("/reverse")),
        ("headers", Value::object([("content-type", Value::from("text/plain"))])),
        ("body", Value::Secret(Secret::new("\"2retnuh=noitressa\""))),
    ]);
    let reversed = direct::perform(&effect_cards(), "api_connector.post", &body, &api).await.unwrap();
    assert_eq!(reversed["body"], Value::from("assertion=hunter2"));
    let text = card(&api, "post", r#"{"url":"/reverse","body":"text"}"#).await.unwrap_err();
    assert_eq!(text.kind, FaultKind::Parse, "{text}");
}

/// What can't be read because of its encoding comes the same again; what breaks off within a letter may come whole.
#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_decoded_is_asked_for_once() {
    for (body, requests) in [(&b"Zo\xeb."[..], 1), (&b"Zo\xc3"[..], 4)] {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let answer = move || {
            count.fetch_add(1, Ordering::Relaxed);
            async move { body }
        };
        let api = connect_to(Router::new().route("/text", get(answer)), &reached_at(URL)).unwrap();
        let fault = card(&api, "raw", r#"{"url":"/text"}"#).await.unwrap_err();
        assert!(fault.message.contains("byte 3 can't be there"), "{fault}");
        assert_eq!(asked.load(Ordering::Relaxed), requests, "{body:x?}");
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_are_sent_and_never_shown() {
    let secret = "correct-horse-battery";
    let table = [
        ("basic", "authorization", "Basic YWRhOmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ=="),
        ("bearer", "authorization", "Bearer correct-horse-battery"),
        ("header", "x-api-key", secret),
    ];
    for (auth, header, sent) in table {
        let settings = reached_at(URL)
            .with("auth", auth)
            .with("user", "ada")
            .with("header", "X-API-Key")
            .with("secret", secret);
        let api = connect(&settings).unwrap();
        let out = card(&api, "get", r#"{"url":"/echo"}"#).await.unwrap();
        let shown = Value::from(out).to_json();
        assert!(
            !shown.contains(sent) && shown.contains(REDACTED),
            "{auth}: the service quotes the header: {shown}"
        );
        let own = format!(r#"{{"url":"/echo","headers":{{"{header}":"mine"}}}}"#);
        assert!(card(&api, "get", &own).await.unwrap_err().message.contains("sends the header"), "{auth}");
        assert!(
            !format!("{settings:?} {:?}", api.downcast_ref::<flowrun_http::ApiConnector>()).contains(secret)
        );
    }
    let fault = connect(&reached_at(URL).with("secret", secret)).map(|_| ()).unwrap_err();
    assert!(fault.message.contains("API_CONNECTOR_AUTH does not say"), "{fault}");
    assert_eq!(connect(&reached_at("http://echo.sim")).map(|_| ()).unwrap_err().kind, FaultKind::Url);
}
