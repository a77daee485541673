//! Days by a simulated clock, on which deliveries are lost, doubled, late and out of order while the service comes and goes: each
//! event starts one run.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Method;
use flowrun_core::value::{Value as Told, parse_date, parse_json};
use flowrun_host::driver::Stop;
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
use flowrun_service::hooks::Hooks;
use flowrun_service::hooks::log::{Logs, Page, Refusal, watch};
use flowrun_service::inbox::SPACE;
use flowrun_store::Notes;
use serde_json::{Value, json};
use tokio::sync::watch::Sender;
use tower::ServiceExt;

use super::{Chance, SECRET, added, deliver, doors, flow, pass, request};
use crate::world::{Serving, World};

/// A System Log as Okta's: what is stored is there from then on, in that order; a link goes on from a place.
#[derive(Clone)]
struct Log {
    clock: Clock,
    /// With the moments at which they were stored.
    events: Arc<Mutex<Vec<(i64, Value)>>>,
    /// Whether links are refused, as those that have grown too old.
    forgets: Arc<Mutex<bool>>,
}

impl Logs for Log {
    fn name(&self) -> &str {
        "okta"
    }

    fn page<'l>(&'l self, at: &'l str) -> Pending<'l, Result<Page, Refusal>> {
        Box::pin(async move {
            let events = self.events.lock().unwrap();
            let there = events.iter().filter(|(stored_ms, _)| *stored_ms <= self.clock.now_ms()).count();
            let from = match at.split_once("after=") {
                Some(_) if std::mem::take(&mut *self.forgets.lock().unwrap()) => {
                    return Err(Refusal { status: Some(400), ..Refusal::default() });
                }
                Some((_, place)) => place.parse().unwrap(),
                None => {
                    let since =
                        at.split_once("since=").unwrap().1.split('&').next().unwrap().replace("%3A", ":");
                    let since_ms = parse_date(&since).unwrap().millis();
                    events.iter().take_while(|(stored_ms, _)| *stored_ms < since_ms).count()
                }
            };
            let page = events[from.min(there)..there]
                .iter()
                .take(10)
                .map(|(_, event)| told(event))
                .collect::<Vec<_>>();
            let next = format!("https://acme.okta.com/api/v1/logs?after={}", from + page.len());
            Ok(Page { events: page, next: Some(next) })
        })
    }
}

fn told(event: &Value) -> Arc<flowrun_core::value::Record> {
    let Told::Object(event) = parse_json(&event.to_string()).unwrap() else { panic!("no object") };
    event
}

/// Lets the log be read as long as the other end lives.
fn read_log(world: &World, serving: &Serving, hooks: &Arc<Hooks>, logs: Arc<dyn Logs>) -> Sender<bool> {
    let (stop, given) = Stop::new();
    let (hooks, clock) = (hooks.clone(), world.clock.clone());
    serving.service.tasks.spawn(async move { watch(hooks, "flows", logs, clock, given).await });
    stop
}

fn at(ms: i64) -> String {
    flowrun_service::when(ms * 1000)
}

#[tokio::test]
async fn a_day_of_bad_deliveries_loses_and_doubles_nothing() {
    for seed in 1..=2 {
        day(seed).await;
    }
}

async fn day(seed: u64) {
    const DAY_MS: i64 = 86_400_000;
    let text = flow("event: okta.user_added_to_group", "Okta User: object", 90);
    let world = World::new("2026-03-01T00:00:00Z", &[("heard.yaml", &text)]);
    let (begin_ms, mut chance) = (world.clock.now_ms(), Chance::new(seed));
    let mut stored = Vec::new();
    // Deliveries, with the moment at which each reaches the service.
    let mut deliveries: Vec<(i64, Value)> = Vec::new();
    for number in 0..150 {
        let published_ms = begin_ms + 60_000 + chance.below(DAY_MS as u64 - 7_200_000) as i64;
        let event =
            added(&format!("u{number}"), &at(published_ms), &format!("p{}", chance.below(20)), "Staff");
        stored.push((published_ms + chance.below(30_000) as i64, event.clone()));
        let soon = published_ms + chance.below(20_000) as i64;
        let late = published_ms + 600_000 + chance.below(3_600_000) as i64;
        match chance.below(10) {
            0 | 1 => {}
            2 => deliveries.extend([(soon, event.clone()), (late, event)]),
            3 => deliveries.push((late, event)),
            _ => deliveries.push((soon, event)),
        }
    }
    stored.sort_by_key(|(stored_ms, _)| *stored_ms);
    deliveries.sort_by_key(|(at_ms, _)| *at_ms);
    let log =
        Log { clock: world.clock.clone(), events: Arc::new(Mutex::new(stored)), forgets: Arc::default() };

    let mut serving = world.serve();
    let mut hooks = doors(&serving);
    let mut stop = read_log(&world, &serving, &hooks, Arc::new(log.clone()));
    let mut restarts: Vec<i64> = [5, 11, 17].iter().map(|hour| begin_ms + hour * 3_600_000).collect();
    for (number, (at_ms, event)) in deliveries.iter().enumerate() {
        if restarts.first().is_some_and(|restart_ms| restart_ms <= at_ms) {
            restarts.remove(0);
            stop.send(true).unwrap();
            drop(hooks);
            serving.end(&world).await;
            // What is delivered meanwhile finds nobody.
            pass(&world, 1_800).await;
            *log.forgets.lock().unwrap() = restarts.len() == 1;
            serving = world.serve();
            hooks = doors(&serving);
            stop = read_log(&world, &serving, &hooks, Arc::new(log.clone()));
        }
        if *at_ms < world.clock.now_ms() {
            continue;
        }
        world.until(&at(*at_ms)).await;
        assert_eq!(deliver(&world, &hooks, &format!("d{number}"), std::slice::from_ref(event)).await, 204);
    }
    world.until("2026-03-02T02:00:00Z").await;
    let notes = serving.hosted().runs.store().notes(&Notes::of(SPACE)).unwrap();
    let taken: BTreeSet<&str> = notes.iter().map(|note| note.key.rsplit(' ').next().unwrap()).collect();
    assert_eq!((taken.len(), notes.len()), (150, 150), "seed {seed}");
    assert!(notes.iter().all(|note| note.due_us.is_none()), "seed {seed}: nothing waits any more");
    // A claim is written with its run's beginning or not at all: as many runs as events means one each.
    let runs = serving.runs();
    let from_log = |run: &&flowrun_store::Run| run.about.cause.as_deref().unwrap().ends_with("from the log");
    let by_log = runs.iter().filter(from_log).count();
    assert_eq!(runs.len(), 150, "seed {seed}");
    assert!(runs.iter().all(|run| run.state.status().name() == "done"), "seed {seed}");
    assert!((30..90).contains(&by_log), "seed {seed}: {by_log} by the log alone");
    assert_eq!(serving.hosted().inbox.waiting(), 0);
    stop.send(true).unwrap();
    serving.end(&world).await;
}

/// Who delivers vanishes at any moment and comes again, as Okta does once: each event starts one run all the same.
#[tokio::test]
async fn a_sender_that_vanishes_before_it_is_answered_changes_nothing() {
    let world = World::new(
        "2026-03-01T08:00:00Z",
        &[("heard.yaml", &flow("event: okta.user_added_to_group", "", 1))],
    );
    let mut serving = world.serve();
    let mut hooks = doors(&serving);
    for polls in 0..12 {
        let event = added(&format!("u{polls}"), "2026-03-01T08:00:00Z", &format!("p{polls}"), "Staff");
        let body = json!({ "eventId": "d", "data": { "events": [event.clone()] } }).to_string();
        let asks = request(Method::POST, "/hooks/okta/people", &[("authorization", SECRET)], body);
        let mut answer = Box::pin(world.clock.drive(hooks.routes().oneshot(asks)));
        for _ in 0..polls {
            let once = |context: &mut Context<'_>| Poll::Ready(answer.as_mut().poll(context).is_ready());
            if poll_fn(once).await {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(answer);
        if polls % 3 == 0 {
            drop(hooks);
            serving.end(&world).await;
            serving = world.serve();
            hooks = doors(&serving);
        }
        assert_eq!(deliver(&world, &hooks, "d", &[event]).await, 204);
    }
    world.until("2026-03-01T08:10:00Z").await;
    assert_eq!(serving.runs().len(), 12, "{}", serving.told().join("\n"));
    serving.end(&world).await;
}

/// The hook delivers nothing: the log's word counts after two minutes of grace, and somebody is told.
#[tokio::test]
async fn a_silent_hook_is_told_and_harms_nothing() {
    let world = World::new(
        "2026-03-01T08:00:00Z",
        &[("heard.yaml", &flow("event: okta.user_added_to_group", "", 1))],
    );
    let begin_ms = world.clock.now_ms();
    let event = |number: i64| {
        let at_ms = begin_ms + number * 600_000;
        (at_ms, added(&format!("u{number}"), &at(at_ms), "ada", "Staff"))
    };
    let mut stored: Vec<(i64, Value)> = (1..=7).map(event).collect();
    let mut failure = added("f1", &at(begin_ms + 5_000), "ada", "Staff");
    failure["eventType"] = "event_hook.delivery".into();
    failure["debugContext"] =
        json!({ "debugData": { "url": "https://flows.example.com", "error_message": "timed out" } });
    stored.insert(0, (begin_ms + 5_000, failure));
    let log =
        Log { clock: world.clock.clone(), events: Arc::new(Mutex::new(stored)), forgets: Arc::default() };
    let serving = world.serve();
    let hooks = doors(&serving);
    let stop = read_log(&world, &serving, &hooks, Arc::new(log));
    world.until("2026-03-01T08:55:00Z").await;
    let troubles = |what: &str| serving.told().iter().filter(|told| told.contains(what)).count();
    assert_eq!((troubles("Okta could not deliver"), troubles("timed out")), (1, 1), "{:?}", serving.told());
    assert_eq!((serving.runs().len(), troubles("System Log alone")), (5, 1), "{:?}", serving.told());
    assert_eq!(serving.began()[0], "03-01 08:12", "ten minutes and the grace");
    world.until("2026-03-01T10:00:00Z").await;
    assert_eq!((serving.runs().len(), troubles("System Log alone")), (7, 1), "it is told once");
    stop.send(true).unwrap();
    serving.end(&world).await;
}

/// The simulated Okta's System Log over its own interface: paths, links, filters as Okta has them.
struct OverHttp(Router, String);

impl Logs for OverHttp {
    fn name(&self) -> &str {
        "okta"
    }

    fn page<'l>(&'l self, at: &'l str) -> Pending<'l, Result<Page, Refusal>> {
        Box::pin(async move {
            let path = at.find("/api/").map_or(at, |place| &at[place..]);
            let asks = request(Method::GET, path, &[("authorization", &self.1)], Body::empty());
            let response = self.0.clone().oneshot(asks).await.unwrap();
            let status = response.status().as_u16();
            let links = response.headers().get_all("link").iter().filter_map(|link| link.to_str().ok());
            let next = links.flat_map(|links| links.split(',')).find(|link| link.contains("rel=\"next\""));
            let next = next.map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned());
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            if status != 200 {
                let why = String::from_utf8_lossy(&body).into_owned();
                return Err(Refusal { status: Some(status), why, wait: None });
            }
            let events: Vec<Value> = serde_json::from_slice(&body).unwrap();
            Ok(Page { events: events.iter().map(told).collect(), next })
        })
    }
}

#[tokio::test]
async fn the_system_log_alone_is_enough() {
    let text =
        flow("event: okta.user_created, source: log", "Okta User: object, Event ID: text, UUID: text", 1);
    let world = World::new("2026-03-01T08:00:00Z", &[("heard.yaml", &text)]);
    let okta = world.simulators.okta.router();
    let token = format!("SSWS {}", world.simulators.okta.token());
    let create = |login: &str| {
        let body =
            json!({ "profile": { "login": login, "email": login, "firstName": "A", "lastName": "B" } });
        let headers = [("authorization", &*token), ("content-type", "application/json")];
        let asks = request(Method::POST, "/api/v1/users?activate=true", &headers, body.to_string());
        let okta = okta.clone();
        async move { assert_eq!(okta.oneshot(asks).await.unwrap().status(), 200) }
    };
    // Who was there before is no event.
    world.clock.drive(create("old@example.com")).await;
    world.until("2026-03-01T08:05:00Z").await;
    let mut serving = world.serve();
    let mut hooks = doors(&serving);
    let mut stop = read_log(&world, &serving, &hooks, Arc::new(OverHttp(okta.clone(), token.clone())));
    world.until("2026-03-01T08:10:10Z").await;
    world.clock.drive(create("ada@example.com")).await;
    world.until("2026-03-01T08:12:00Z").await;
    assert_eq!(serving.began(), ["03-01 08:11"], "{}", serving.told().join("\n"));
    stop.send(true).unwrap();
    drop(hooks);
    serving.end(&world).await;
    for number in 0..30 {
        world.clock.drive(create(&format!("n{number}@example.com"))).await;
    }
    world.until("2026-03-01T12:00:00Z").await;
    serving = world.serve();
    hooks = doors(&serving);
    stop = read_log(&world, &serving, &hooks, Arc::new(OverHttp(okta.clone(), token.clone())));
    world.until("2026-03-01T12:10:00Z").await;
    assert_eq!(serving.runs().len(), 31, "what happened while nothing was served is made up for");
    stop.send(true).unwrap();
    serving.end(&world).await;
}
