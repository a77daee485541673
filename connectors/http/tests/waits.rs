//! `Retry-After` (RFC 9110, section 10.2.3): waited for as long as the card has time, and never past it. The API Connector's cards wait for up to nine
//! minutes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::get;
use flowrun_core::value::parse_json;
use flowrun_http::sim::reached_at;
use flowrun_http::{connector, effect_cards};
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Means;
use flowrun_kit::direct;
use flowrun_kit::in_process::SimTransport;

const API: &str = "https://api.example.com";

/// What the API answers, one after the other and the last again and again: a status, and what `Retry-After` says.
type Answers = &'static [(u16, Option<&'static str>)];

/// How many requests the API gets, after how many whole seconds the card ends, and with which error.
async fn asked(answers: Answers) -> (usize, i64, Option<u16>) {
    let state = Arc::new(Mutex::new((0, answers.iter().copied().collect::<VecDeque<_>>())));
    let clock = Clock::starting_at(0, 1.0);
    let seen = state.clone();
    let answer = move || async move {
        let mut state = seen.lock().unwrap();
        state.0 += 1;
        let (status, wait) =
            if state.1.len() > 1 { state.1.pop_front() } else { state.1.front().copied() }.unwrap();
        let mut headers = HeaderMap::new();
        headers.extend(wait.map(|wait| (axum::http::header::RETRY_AFTER, HeaderValue::from_static(wait))));
        (StatusCode::from_u16(status).unwrap(), headers, "{}")
    };
    let transport = SimTransport::new(&clock).host(API, Router::new().route("/users", get(answer)));
    let means = Means::new(Arc::new(transport), clock.clone());
    let api = connector().connect(&reached_at(API), means).unwrap().connection;
    let inputs = parse_json(r#"{"url":"/users"}"#).unwrap();
    let ended = direct::perform(&effect_cards(), "api_connector.get", &inputs, &api).await;
    let requests = state.lock().unwrap().0;
    (requests, clock.now_ms() / 1000, ended.err().and_then(|fault| fault.code))
}

#[tokio::test(start_paused = true)]
async fn waits_are_as_long_as_asked_and_no_longer_than_the_card_has_time() {
    let table: [(Answers, (usize, i64, Option<u16>)); 6] = [
        (&[(429, Some("30")), (200, None)], (2, 30, None)),
        (&[(503, Some("20")), (200, None)], (2, 20, None)),
        // At once: there is nothing to wait for.
        (&[(429, Some("600"))], (1, 0, Some(429))),
        (&[(503, Some("600"))], (1, 0, Some(503))),
        // Ten minutes after the start of time, which is 1970 here.
        (&[(429, Some("Thu, 01 Jan 1970 00:10:00 GMT"))], (1, 0, Some(429))),
        // Half a second and twice as long each time, up to 128: 0.5 (2^9 - 1) + 128 + 128 = 511.5 are eleven waits, and a twelfth would end after 540.
        (&[(429, Some("0"))], (12, 511, Some(429))),
    ];
    for (answers, expected) in table {
        assert_eq!(asked(answers).await, expected, "{answers:?}");
    }
}
