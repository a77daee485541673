//! The simulator harness: faults by their text, limits by the clock, and what a client sees of a broken answer.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use flowrun_kit::clock::Clock;
use flowrun_kit::sim::{Quota, SimVendor, Traffic, Window, faulty};
use flowrun_kit::simulator::{Dropped, SimFault, SimFaultKind, SimFaults};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;

#[derive(Clone)]
struct Acme {
    clock: Clock,
    faults: SimFaults,
    traffic: Traffic,
}

impl Acme {
    fn new(faults: &[&str]) -> Acme {
        let faults = faults.iter().map(|text| text.parse::<SimFault>().unwrap()).collect();
        Acme { clock: Clock::starting_at(0, 1.0), faults, traffic: Traffic::default() }
    }

    fn router(&self) -> Router {
        let things = Router::new().route("/things/{id}", get(|| async { Json([1, 2, 3]) }));
        faulty(things, self.clone())
    }

    async fn get(&self, path: &str) -> Response {
        self.router().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
    }
}

impl SimVendor for Acme {
    const NAME: &'static str = "acme";

    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn faults(&self) -> &SimFaults {
        &self.faults
    }

    fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    fn rate_limited(&self, _: &str) -> Response {
        StatusCode::TOO_MANY_REQUESTS.into_response()
    }

    fn expired_token(&self, _: &str) -> Response {
        StatusCode::UNAUTHORIZED.into_response()
    }

    fn server_error(&self, status: StatusCode) -> Response {
        status.into_response()
    }
}

#[test]
fn a_fault_hits_the_requests_its_text_names() {
    let hits = |fault: &str| {
        let faults: SimFaults = [fault.parse().unwrap()].into_iter().collect();
        let requests = [
            ("okta", "GET", "/a"),
            ("okta", "POST", "/b?x=1"),
            ("personio", "POST", "/a"),
            ("okta", "POST", "/a"),
        ];
        let all = requests
            .iter()
            .cycle()
            .take(8)
            .map(|(vendor, method, target)| faults.next(vendor, method, target));
        all.map(|hit| if hit.is_some() { 'x' } else { '.' }).collect::<String>()
    };
    for (fault, expected) in [
        ("slow", "x......."),
        ("slow:nth=3:times=2", "..xx...."),
        ("slow:every=3", "x..x..x."),
        ("slow:nth=2:times=2:every=4", ".xx..xx."),
        ("slow@okta:nth=2", ".x......"),
        ("slow@personio:every=1", "..x...x."),
        ("slow@POST /a:every=1", "..xx..xx"),
        ("slow@okta POST /a", "...x...."),
        ("slow@x=1", ".x......"),
        ("slow@nowhere", "........"),
    ] {
        assert_eq!(hits(fault), expected, "{fault}");
        assert_eq!(fault.parse::<SimFault>().unwrap().to_string(), fault);
    }
}

#[test]
fn a_text_that_is_no_fault_says_what_could_be() {
    let message = |text: &str| text.parse::<SimFault>().unwrap_err().to_string();
    assert_eq!(
        message("explode@okta"),
        "no fault is called `explode`; there are rate-limit, server-error, bad-gateway, expired-token, slow, drop, \
         drop-before, truncate"
    );
    assert_eq!(message("slow:nth=0"), "nth in `slow:nth=0` must be a whole number from 1 on, found `0`");
    assert_eq!(message("slow:soon"), "expected nth=N, times=N or every=N in `slow:soon`, found `soon`");
    assert_eq!(message("slow:after=2"), "a fault has nth, times and every, but no `after`");
}

#[tokio::test(start_paused = true)]
async fn each_fault_shows_as_it_would_from_the_network() {
    let acme = Acme::new(&[]);
    for (fault, status, body) in [
        ("rate-limit", 429, Some("")),
        ("server-error", 500, Some("")),
        ("bad-gateway", 502, Some("")),
        ("expired-token", 401, Some("")),
        ("slow", 200, Some("[1,2,3]")),
        ("truncate", 200, Some("[1,")),
        ("drop", 200, None),
        ("drop-before", 200, None),
    ] {
        acme.faults.add(fault.parse().unwrap());
        let before = acme.clock.elapsed();
        let response = acme.get("/things/7").await;
        let waited = (acme.clock.elapsed() - before).as_secs();
        assert_eq!(waited, if fault == "slow" { 45 } else { 0 }, "{fault}");
        assert_eq!(response.status(), status, "{fault}");
        assert_eq!(response.extensions().get::<Dropped>().is_some(), body.is_none(), "{fault}");
        let read = to_bytes(response.into_body(), 100).await.ok();
        assert_eq!(read.as_deref(), body.map(str::as_bytes), "{fault}");
    }
    assert!(acme.faults.fired().iter().all(|(_, hits)| *hits == 1));

    acme.get("/nothing").await;
    assert_eq!(acme.traffic.total(), 9);
    assert_eq!(acme.traffic.count("GET /things/{id}"), 8);
    assert_eq!(
        acme.traffic.by_route().into_keys().collect::<Vec<_>>(),
        ["GET (no such path)", "GET /things/{id}"]
    );
    assert_eq!(acme.traffic.recent()[7].fault, Some(SimFaultKind::DropBefore));
}

#[tokio::test]
async fn over_tcp_nothing_of_a_dropped_answer_arrives_and_a_truncated_one_is_whole() {
    let acme = Acme::new(&["drop", "truncate:nth=2"]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = acme.router();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });

    let mut answers = Vec::new();
    for _ in 0..2 {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /things/1 HTTP/1.1\r\nhost: acme\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        // The first read may end in a reset, which is as good as an end.
        let _ = stream.read_to_string(&mut answer).await;
        answers.push(answer);
    }
    server.abort();
    assert_eq!(answers[0], "");
    assert!(
        answers[1].contains("content-length: 3\r\n") && answers[1].ends_with("\r\n\r\n[1,"),
        "{}",
        answers[1]
    );
}

#[test]
fn a_window_opens_with_its_first_request() {
    let mut window = Window::new(2, Duration::from_secs(60));
    let mut take = |now_ms| {
        let Quota { allowed, remaining, resets_ms, .. } = window.take(now_ms);
        (allowed, remaining, resets_ms)
    };
    assert_eq!(take(10_500), (true, 1, 70_500));
    assert_eq!(take(20_000), (true, 0, 70_500));
    assert_eq!(take(70_499), (false, 0, 70_500));
    assert_eq!(take(70_500), (true, 1, 130_500));

    let mut headers = axum::http::HeaderMap::new();
    window.peek(70_600).write_okta_headers(&mut headers);
    assert_eq!(
        (&headers["x-rate-limit-remaining"], &headers["x-rate-limit-reset"]),
        (&"1".parse().unwrap(), &"131".parse().unwrap())
    );

    let mut strict = Window::new(1, Duration::from_secs(60)).with_penalty(Duration::from_secs(60));
    let allowed = [0, 50_000, 70_000, 109_999, 110_000].map(|now_ms| strict.take(now_ms).allowed);
    assert_eq!(allowed, [true, false, false, false, true], "asking again does not prolong the penalty");
}
