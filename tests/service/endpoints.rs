//! Flows that are called by HTTP. Each file in `endpoints/` has flows and, one after the other, requests with what they must be
//! answered; where the right answer is known from stands beside it (`choice` where Okta's pages say nothing: see docs/differences.md).

use std::collections::BTreeMap;
use std::fs;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request};
use axum::routing::post;
use axum::{Json, Router};
use flowrun_host::driver::Stop;
use flowrun_host::session::durable::home::Home;
use flowrun_kit::in_process::SimTransport;
use flowrun_service::bearer::{Granted, Refused};
use flowrun_service::changes::What;
use flowrun_service::endpoints::{Endpoints, Listed, Verify, link_beside};
use flowrun_service::watch::logs::{Form, Level, Log};
use flowrun_service::watch::metrics::Metrics;
use flowrun_service::watch::{self, Watchtower};
use flowrun_store::{Batch, Filter, NoteChange, Notes, Status};
use serde::Deserialize;
use serde_json::Value;
use tower::ServiceExt;

use crate::world::{Serving, World};

const NOW: &str = "2026-01-01T09:00:00Z";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    flows: BTreeMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    case: String,
    /// Where the right answer is known from.
    known: String,
    #[serde(default)]
    request: Asks,
    #[serde(default)]
    answer: Answers,
    /// How many runs there are then, in all.
    runs: Option<usize>,
    /// What is told as trouble then, in words that stand in it; nothing where that is blank.
    trouble: Option<String>,
    /// Turns flows on or off first.
    #[serde(default)]
    switch: BTreeMap<String, bool>,
    /// Lets time pass first, up to a moment.
    until: Option<String>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asks {
    flow: String,
    /// Behind the alias; `{run}` is the run of the last answer that names one.
    path: String,
    method: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
    /// `query`, `header`, `wrong` or `none`.
    token: String,
    /// How often it is sent; the last answer counts.
    times: usize,
}

impl Default for Asks {
    fn default() -> Asks {
        Asks {
            flow: "flow".into(),
            path: "invoke".into(),
            method: "POST".into(),
            query: String::new(),
            headers: Vec::new(),
            body: String::new(),
            token: "query".into(),
            times: 1,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    #[serde(default)]
    status: u16,
    /// These headers, or none of a name where there is nothing.
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    /// The body: a text as it is, anything else as JSON.
    body: Option<Value>,
}

/// The service and what answers for its flows.
struct Called {
    serving: Serving,
    endpoints: Arc<Endpoints>,
    router: Router,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn run(&self) -> Option<String> {
        let run = self.header("x-okta-workflows-execution-id").map(str::to_owned);
        assert_eq!(run.as_deref(), self.header("execution-id"));
        run
    }
}

impl Called {
    async fn new(world: &World) -> Called {
        Called::verifying(world, None).await
    }

    async fn verifying(world: &World, verify: Option<Arc<dyn Verify>>) -> Called {
        let service = world.service();
        let endpoints = Endpoints::new(service.clone(), None, verify).await.unwrap();
        let router = endpoints.router();
        Called { serving: world.go_on(service), endpoints, router }
    }

    fn listed(&self, flow: &str) -> Listed {
        self.endpoints.list().unwrap().into_iter().find(|listed| listed.flow == flow).unwrap()
    }

    fn url(&self, flow: &str, path: &str) -> String {
        self.listed(flow).url.replace("invoke", path)
    }

    fn token(&self, flow: &str) -> String {
        self.listed(flow).tokens.first().map(|token| token.secret.clone()).unwrap_or_default()
    }

    async fn send(&self, world: &World, request: Request<Body>) -> Answer {
        let answer = world.drive(self.router.clone().oneshot(request)).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, 1 << 24).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// A POST of JSON with the right token.
    async fn call(&self, world: &World, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::post(self.url("flow", path))
            .header("x-api-client-token", self.token("flow"))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(world, request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

fn request(called: &Called, asks: &Asks, run: &str) -> Request<Body> {
    let mut url = called.url(&asks.flow, &asks.path.replace("{run}", run));
    let token = called.token(&asks.flow);
    let mut query = asks.query.clone();
    let mut add = |token: &str| {
        query = [&*query, &*format!("clientToken={token}")]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("&");
    };
    match &*asks.token {
        "query" if !token.is_empty() => add(&token),
        "wrong" => add(&"0".repeat(64)),
        _ => {}
    }
    if !query.is_empty() {
        url = format!("{url}?{query}");
    }
    let mut request = Request::builder().method(&*asks.method).uri(url);
    if asks.token == "header" {
        request = request.header("X-Api-Client-Token", token);
    }
    for (name, value) in &asks.headers {
        request = request.header(name, value);
    }
    let body = match asks.body.strip_prefix("bytes of letters: ") {
        Some(count) => "x".repeat(count.parse().unwrap()),
        None => asks.body.clone(),
    };
    request.body(Body::from(body)).unwrap()
}

/// How an answer differs from what it must be.
fn differences(case: &Case, answer: &Answer, run: &str) -> Vec<String> {
    let mut found = Vec::new();
    if answer.status != case.answer.status {
        found.push(format!("status {}, not {}", answer.status, case.answer.status));
    }
    for (header, value) in &case.answer.headers {
        let value = value.as_ref().map(|value| value.replace("{run}", run));
        if answer.header(header) != value.as_deref() {
            found.push(format!("{header}: {:?}, not {value:?}", answer.header(header)));
        }
    }
    let is_same = match &case.answer.body {
        None => true,
        Some(Value::String(text)) => answer.body == *text,
        Some(wanted) => serde_json::from_str::<Value>(&answer.body).is_ok_and(|body| body == *wanted),
    };
    if !is_same || !found.is_empty() {
        found.push(format!("the body {}", answer.body));
    }
    found
}

/// What is wrong with the answers to the requests of a file.
async fn try_file(name: &str, text: &str) -> Vec<String> {
    let file: File = serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let files: Vec<(String, &str)> =
        file.flows.iter().map(|(flow, text)| (format!("{flow}.yaml"), text.as_str())).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let world = World::new(NOW, &files);
    let called = Called::new(&world).await;
    let (mut run, mut wrong, mut heard) = (String::new(), Vec::new(), 0);
    for case in &file.cases {
        for (flow, on) in &case.switch {
            called.serving.hosted().switches.set(flow, *on, 0).await.unwrap();
        }
        if let Some(moment) = &case.until {
            world.until(moment).await;
        }
        let mut answer = called.send(&world, request(&called, &case.request, &run)).await;
        for _ in 1..case.request.times {
            answer = called.send(&world, request(&called, &case.request, &run)).await;
        }
        run = answer.run().unwrap_or(run);
        let mut found = differences(case, &answer, &run);
        let runs = called.serving.runs().len();
        if case.runs.is_some_and(|wanted| wanted != runs) {
            found.push(format!("{runs} runs"));
        }
        let told: Vec<String> =
            called.serving.told().into_iter().skip(heard).filter(|told| told.contains("Trouble")).collect();
        heard = called.serving.told().len();
        if case
            .trouble
            .as_ref()
            .is_some_and(|wanted| told.is_empty() != wanted.is_empty() || !told.join("").contains(wanted))
        {
            found.push(format!("{told:?}"));
        }
        if !found.is_empty() {
            wrong.push(format!("{name}: {} (known: {}): {}", case.case, case.known, found.join("; ")));
        }
    }
    called.serving.end(&world).await;
    wrong
}

#[tokio::test]
async fn every_request_is_answered_as_its_file_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/service/endpoints");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy();
        wrong.extend(try_file(&name, &fs::read_to_string(&path).unwrap()).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Waits five seconds, and gives what it was given.
const SLOW: &str = "trigger: { api_endpoint: { security: token } }
inputs: { name: text }
outputs: { hello: text }
cards:
  - { card: flow_control.wait_for, with: { delay: 5 } }
  - { card: flow_control.return, with: { hello: $.inputs.name } }
";

#[tokio::test]
async fn aliases_and_tokens_stay_and_tokens_can_be_exchanged() {
    let world = World::new(NOW, &[("flow.yaml", SLOW)]);
    let called = Called::new(&world).await;
    let (listed, hosted) = (called.listed("flow"), called.serving.hosted().clone());
    let alias = listed.url.split('/').nth(3).unwrap().to_owned();
    // Okta's: 32 and 64 hexadecimal digits.
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert_eq!((alias.len(), listed.tokens.len(), listed.tokens[0].secret.len()), (32, 1, 64));
    assert!(is_hex(&alias) && is_hex(&listed.tokens[0].secret));
    let old = listed.tokens[0].clone();
    let new = world.drive(called.endpoints.rotate(&hosted, "flow")).await.unwrap();
    for (secret, status) in [(&old.secret, 200), (&new.secret, 200), (&"0".repeat(64), 401)] {
        let url = format!("{}?clientToken={secret}&name=a", listed.url);
        let answer = called.send(&world, Request::get(url).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    assert!(world.drive(called.endpoints.revoke(&hosted, "flow", &old.id)).await.unwrap());
    called.serving.end(&world).await;
    drop((called.router, called.endpoints, hosted));

    let called = Called::new(&world).await;
    let again = called.listed("flow");
    assert_eq!((again.url, again.tokens.len()), (listed.url.clone(), 1));
    assert_eq!(again.tokens[0].secret, new.secret);
    let url = format!("{}?clientToken={}", listed.url, old.secret);
    assert_eq!(called.send(&world, Request::get(url).body(Body::empty()).unwrap()).await.status, 401);
    // Nobody reads a token who reads the store alone.
    let files = fs::read_dir(world.state()).unwrap().map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.is_file() && !path.ends_with("store.key")) {
        let bytes = fs::read(&path).unwrap();
        let found = bytes.windows(64).any(|window| window == new.secret.as_bytes());
        assert!(!found, "{}", path.display());
    }
    called.serving.end(&world).await;
}

#[tokio::test]
async fn two_flows_with_one_alias_are_not_served() {
    let flow = SLOW.replace("security: token", "security: public, alias: mine");
    let world = World::new(NOW, &[("one.yaml", &flow), ("two.yaml", &flow)]);
    let refused = Endpoints::new(world.service(), None, None).await.err().unwrap();
    assert_eq!(refused.message, "the flows `flows/one` and `flows/two` have the same alias `mine`");
}

/// A key whose call is under way, whose run goes on without its caller, and whose service comes back.
#[tokio::test]
async fn under_a_key_a_call_is_made_once_whoever_waits() {
    let text = SLOW.replace("delay: 5", "delay: 90");
    let world = World::new(NOW, &[("flow.yaml", &text)]);
    let called = Called::new(&world).await;
    let key = [("idempotency-key", "k1")];
    // A minute is over before the flow answers; the run goes on.
    let late = called.call(&world, "invoke", &key, r#"{"name":"a"}"#).await;
    assert_eq!((late.status, called.serving.runs().len()), (504, 1));
    let run = late.run().unwrap();
    let status = |answer: &Answer| answer.status;
    let again = called.call(&world, "invoke", &key, r#"{"name":"a"}"#).await;
    assert_eq!(status(&again), 409, "{}", again.body);
    let other = called.call(&world, "invoke", &key, r#"{"name":"b"}"#).await;
    assert_eq!(status(&other), 422, "{}", other.body);
    called.serving.end(&world).await;
    drop((called.router, called.endpoints));

    // It was ended when the run had 30 seconds to go.
    let called = Called::new(&world).await;
    world.until("2026-01-01T09:05:00Z").await;
    for _ in 0..2 {
        let answer = called.call(&world, "invoke", &key, r#"{"name":"a"}"#).await;
        assert_eq!((answer.status, &*answer.body), (200, r#"{"hello":"a"}"#));
        assert_eq!((answer.run(), answer.header("idempotent-replayed")), (Some(run.clone()), Some("true")));
    }
    let other = called.call(&world, "invoke", &key, r#"{"name":"b"}"#).await;
    assert_eq!(status(&other), 422);
    assert_eq!(called.serving.runs().len(), 1);
    // After a week (the sweep goes by the hour) the key is free.
    world.until("2026-01-08T11:00:00Z").await;
    let answer = called.call(&world, "invoke", &key, r#"{"name":"b"}"#).await;
    assert_eq!((answer.status, called.serving.runs().len()), (504, 2));
    called.serving.end(&world).await;
}

/// The process dies after a run has ended and before its answer is written, and then its values are cleared: that is all the answer
/// there will ever be, and nobody looks for another at each start.
#[tokio::test]
async fn a_key_whose_run_has_lost_its_values_is_answered_once_and_for_all() {
    let text = SLOW.replace("delay: 5", "delay: 90");
    let world = World::new(NOW, &[("flow.yaml", &text)]);
    let called = Called::new(&world).await;
    let key = [("idempotency-key", "k1")];
    let trace = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let late = called.call(&world, "invoke", &[key[0], trace], r#"{"name":"a"}"#).await;
    assert_eq!(late.status, 504);
    let due = |called: &Called| {
        let store = called.serving.hosted().runs.store().clone();
        store.notes(&Notes::of("idempotency").due(i64::MAX)).unwrap()
    };
    let unanswered = due(&called);
    world.until("2026-01-01T09:05:00Z").await;
    assert_eq!((unanswered.len(), due(&called).len()), (1, 0));
    // Where the caller was in its trace is told with the run's end, although the run was not in memory meanwhile.
    let told = called.serving.service.changes.since(0).0.unwrap();
    let ended = told.iter().find_map(|change| match &change.what {
        What::Moved(moved) if moved.state.status() == Status::Done => Some(moved.traceparent.clone()),
        _ => None,
    });
    assert_eq!(ended.flatten().as_deref(), Some(trace.1));

    let store = called.serving.hosted().runs.store().clone();
    store.append(Batch::default().note(NoteChange::Put(unanswered[0].clone())));
    store.clear(&Filter::default()).unwrap();
    assert_eq!(due(&called).len(), 1);
    drop(store);
    called.serving.end(&world).await;
    drop((called.router, called.endpoints));
    let called = Called::new(&world).await;
    assert_eq!(due(&called).len(), 0);
    let answer = called.call(&world, "invoke", &key, r#"{"name":"a"}"#).await;
    assert_eq!(answer.status, 409);
    assert!(answer.body.contains("answer_gone"), "{}", answer.body);
    assert_eq!(called.serving.runs().len(), 1);
    called.serving.end(&world).await;
}

/// Lets others go on a number of times.
async fn turns(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

/// The process dies at some moment between a request and its answer, and the caller asks again as callers do.
#[test]
fn whenever_the_process_dies_no_answer_is_without_its_run_and_no_run_comes_twice() {
    let mut answered = BTreeMap::new();
    for moment in (0..40).chain([usize::MAX]) {
        let world = World::new(NOW, &[("flow.yaml", SLOW)]);
        let process = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let key = [("idempotency-key", "once")];
        let first = process().block_on(async {
            let called = Called::new(&world).await;
            tokio::select! {
                biased;
                answer = called.call(&world, "invoke", &key, r#"{"name":"a"}"#) => Some((answer.status, answer.run())),
                () = turns(moment) => None,
            }
        });
        process().block_on(async {
            let called = Called::new(&world).await;
            if let Some((status, run)) = &first {
                let there =
                    called.serving.runs().iter().any(|there| Some(&*there.about.id) == run.as_deref());
                assert!(*status != 200 || there, "moment {moment}: no run {run:?}");
            }
            let mut last = None;
            for _ in 0..5 {
                let answer = called.call(&world, "invoke", &key, r#"{"name":"a"}"#).await;
                last = Some((answer.status, answer.body));
                world.drive(world.clock.sleep(Duration::from_secs(10))).await;
            }
            assert_eq!(last, Some((200, r#"{"hello":"a"}"#.to_owned())), "moment {moment}");
            let runs = called.serving.runs();
            assert_eq!(runs.len(), 1, "moment {moment}");
            assert_eq!(runs[0].state.status(), Status::Done, "moment {moment}");
            *answered.entry(first.is_some()).or_insert(0) += 1;
        });
    }
    assert_eq!(answered.len(), 2, "the moments lie on both sides of the answer");
}

/// Knows two tokens: one that counts, and one that lacks the scope.
struct Known;

impl Verify for Known {
    fn admit<'a>(
        &'a self,
        project: &'a str,
        headers: &'a HeaderMap,
    ) -> Pin<Box<dyn Future<Output = Result<Granted, Refused>> + Send + 'a>> {
        assert_eq!(project, "flows");
        let token = flowrun_service::bearer::token(headers).map(|token| token.map(str::to_owned));
        Box::pin(async move {
            match token?.as_deref() {
                None => Err(Refused::Missing),
                Some("good") => Ok(Granted {
                    client: "0oa1".to_owned(),
                    subject: None,
                    scopes: vec!["invoke".to_owned()],
                }),
                Some("narrow") => {
                    Err(Refused::Scope { why: "it lacks the scope".to_owned(), scope: "invoke".to_owned() })
                }
                Some(_) => Err(Refused::Token("it is not one of ours".to_owned())),
            }
        })
    }
}

/// What RFC 6750, section 3.1, says of each.
#[tokio::test]
async fn access_tokens_let_in_whom_they_are_for() {
    let world = World::new(NOW, &[("flow.yaml", &SLOW.replace("security: token", "security: oauth"))]);
    let called = Called::verifying(&world, Some(Arc::new(Known))).await;
    let rows = [
        ("Bearer good", 200, None),
        ("", 401, Some("Bearer")),
        (
            "Bearer bad",
            401,
            Some("Bearer error=\"invalid_token\", error_description=\"it is not one of ours\""),
        ),
        (
            "Bearer narrow",
            403,
            Some(
                "Bearer error=\"insufficient_scope\", error_description=\"it lacks the scope\", scope=\"invoke\"",
            ),
        ),
        (
            "Basic YTpi",
            400,
            Some(
                "Bearer error=\"invalid_request\", error_description=\"expected `Bearer` and a token in the header Authorization\"",
            ),
        ),
    ];
    for (authorization, status, challenge) in rows {
        let mut request = Request::post(called.url("flow", "invoke"));
        if !authorization.is_empty() {
            request = request.header("authorization", authorization);
        }
        let answer = called.send(&world, request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            (answer.status, answer.header("www-authenticate")),
            (status, challenge),
            "{authorization}"
        );
    }
    let runs = called.serving.runs();
    assert_eq!((runs.len(), runs[0].about.who.as_deref()), (1, Some("0oa1")));
    called.serving.end(&world).await;
}

/// Two pauses, one after the other.
const ASKS: &str = "name: Leavers
trigger: { api_endpoint: { security: public } }
outputs: { answer: text }
cards:
  - id: asked
    card: flow_control.pause
    with: { question: \"<b>May</b> Ada & Bob go?\" }
    outputs: { approved: true/false, at_most: number, list: list of text }
    timeout: 1 h
  - { id: again, card: flow_control.pause, with: { sure: yes }, outputs: { sure: true/false } }
  - { card: flow_control.return, with: { answer: \"{{ asked.approved }} {{ asked.at_most }} {{ asked.list | length }}\" } }
";

#[tokio::test]
async fn a_signed_link_answers_one_pause_of_one_run_once() {
    let world = World::new(NOW, &[("flow.yaml", ASKS)]);
    let called = Called::new(&world).await;
    let get = |link: &str| Request::get(link).body(Body::empty()).unwrap();
    let post = |link: &str, form: &str| {
        let request = Request::post(link).header("content-type", "application/x-www-form-urlencoded");
        request.body(Body::from(form.to_owned())).unwrap()
    };
    let run = called.call(&world, "invoke", &[], "").await.run().unwrap();
    let link = world.drive(called.endpoints.link("flows", &run)).await.unwrap();
    let page = called.send(&world, get(&link)).await;
    assert_eq!(page.status, 200);
    insta::assert_snapshot!("the page of a pause", page.body);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("script"), "{policy}");
    assert_eq!(
        (page.header("referrer-policy"), page.header("cache-control")),
        (Some("no-referrer"), Some("no-store"))
    );

    // Whatever is changed in it, it is nobody's link any more.
    let (said, tag) = link.rsplit_once('.').unwrap();
    let other = said.replacen(&said[20..22], if &said[20..22] == "AA" { "BB" } else { "AA" }, 1);
    for forged in [format!("{other}.{tag}"), format!("{said}."), said.to_owned(), "/r/x.y".to_owned()] {
        assert_eq!(called.send(&world, get(&forged)).await.status, 404, "{forged}");
        assert_eq!(called.send(&world, post(&forged, "")).await.status, 404, "{forged}");
    }
    let refused = called.send(&world, post(&link, "approved=perhaps")).await;
    assert!(
        refused.status == 400 && refused.body.contains("<form") && refused.body.contains("role=\"alert\"")
    );
    let refused = called.send(&world, post(&link, "list=%5B1")).await;
    assert!(refused.status == 400 && refused.body.contains("not JSON"), "{}", refused.body);
    let taken = called.send(&world, post(&link, "approved=true&at_most=3&list=%5B%22a%22%5D&more=1")).await;
    assert!(taken.status == 200 && taken.body.contains("Thank you"), "{}", taken.body);
    // The run pauses again: this link is for the pause before.
    for request in [get(&link), post(&link, "sure=true")] {
        let again = called.send(&world, request).await;
        assert!(again.status == 409 && again.body.contains("answered already"), "{}", again.body);
    }
    let second = world.drive(called.endpoints.link("flows", &run)).await.unwrap();
    assert_ne!(link, second);
    assert_eq!(called.send(&world, post(&second, "sure=true")).await.status, 200);
    assert_eq!(called.send(&world, post(&second, "sure=true")).await.status, 409);
    assert!(world.drive(called.endpoints.link("flows", &run)).await.is_err());

    let run = called.call(&world, "invoke", &[], "").await.run().unwrap();
    let link = world.drive(called.endpoints.link("flows", &run)).await.unwrap();
    world.until("2026-01-01T10:00:00Z").await;
    assert_eq!(called.send(&world, post(&link, "approved=true")).await.status, 410);
    assert_eq!(called.serving.runs().len(), 2);
    called.serving.end(&world).await;
}

/// All that somebody is sent by a webhook.
#[derive(Clone, Default)]
struct Letters(Arc<std::sync::Mutex<Vec<Value>>>);

// A GET shows what is asked, and only a POST answers: those who look at mails before people do (scanners, previews) answer nothing.
#[tokio::test]
async fn a_notice_brings_the_link_by_which_a_pause_is_answered() {
    let world = World::new(NOW, &[("flow.yaml", ASKS)]);
    let called = Called::new(&world).await;
    let letters = Letters::default();
    let takes = |State(letters): State<Letters>, Json(letter): Json<Value>| async move {
        letters.0.lock().unwrap().push(letter);
    };
    let host = Router::new().route("/{to}", post(takes)).with_state(letters.clone());
    let transport = Arc::new(SimTransport::new(&world.clock).host("https://host.example", host));
    // Whoever has the link may answer: only who asks for such notices by name gets them.
    let settings = "notices:
  - { webhook: { url: https://host.example/all } }
  - { webhook: { url: https://host.example/named }, of: [waiting] }
";
    let (give, stop) = Stop::new();
    let tower = Watchtower::new(watch::Setup {
        changes: &called.serving.service.changes,
        clock: world.clock.clone(),
        settings: &serde_yaml::from_str(settings).unwrap(),
        log: Log::new(Form::Text, Level::Error, std::io::sink()),
        metrics: Metrics::default(),
        transport,
        env: &BTreeMap::new(),
        reports: None,
        links: Some(called.endpoints.clone()),
    });
    let invoke = Request::post(called.url("flow", "invoke")).body(Body::empty()).unwrap();
    let happens = async {
        let answer = called.router.clone().oneshot(invoke).await.unwrap();
        give.send(true).unwrap();
        answer.headers()["execution-id"].to_str().unwrap().to_owned()
    };
    let (run, ()) = world.drive(async { tokio::join!(happens, tower.unwrap().run(stop)) }).await;
    let letters = letters.0.lock().unwrap().clone();
    assert_eq!(letters.len(), 1, "{letters:?}");
    let letter = &letters[0];
    assert_eq!((&letter["kind"], &letter["run"]), (&Value::from("waiting"), &Value::from(&*run)));
    let link = letter["link"].as_str().unwrap().to_owned();
    assert_eq!(link, world.drive(called.endpoints.link("flows", &run)).await.unwrap());
    assert_eq!(letter["what"], "`Leavers` asks, and somebody has to answer");
    for _ in 0..3 {
        assert_eq!(called.send(&world, Request::get(&link).body(Body::empty()).unwrap()).await.status, 200);
        let head = Request::head(&link).body(Body::empty()).unwrap();
        assert_eq!(called.send(&world, head).await.status, 200);
    }
    assert_eq!(called.serving.runs()[0].state.status(), Status::Paused, "nobody has answered");
    let answer = Request::post(&link).header("content-type", "application/x-www-form-urlencoded");
    let answer = answer.body(Body::from("approved=true&at_most=3")).unwrap();
    assert_eq!(called.send(&world, answer).await.status, 200);

    // Beside the service, whoever has the store and its key is told the same.
    let home = Home::look(&world.state(), &BTreeMap::new()).unwrap().unwrap();
    let pause = called.serving.hosted().runs.pause_of(&run).unwrap();
    let link = world.drive(called.endpoints.link("flows", &run)).await.unwrap();
    assert_eq!(link_beside(&home, "flows", &run, &pause), Some(link));
    called.serving.end(&world).await;
}

#[tokio::test]
async fn who_knows_the_token_gets_a_description_of_the_flow() {
    let text = "name: Greet
description: Says hello.
trigger: { api_endpoint: { security: token, alias: greet, headers: x-tenant, query: page, strict: on } }
inputs: { raw: object, name: text, kind: { type: text, choices: [a, b], default: a }, page: number, x-tenant: text, since: { type: date & time, default: null } }
outputs: { hello: text, seen: list of number }
cards:
  - { card: flow_control.return, with: { hello: $.inputs.name, seen: [] } }
";
    let world = World::new(NOW, &[("flow.yaml", text)]);
    let called = Called::new(&world).await;
    let stranger = Request::get("/api/flo/greet/openapi").body(Body::empty()).unwrap();
    assert_eq!(called.send(&world, stranger).await.status, 401);
    let url = format!("/api/flo/greet/openapi?clientToken={}", called.token("flow"));
    let document = called.send(&world, Request::get(url).body(Body::empty()).unwrap()).await;
    assert_eq!(document.status, 200);
    let document: Value = serde_json::from_str(&document.body).unwrap();
    insta::assert_json_snapshot!("the description of a flow", document);
    called.serving.end(&world).await;
}
