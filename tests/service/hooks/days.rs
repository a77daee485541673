//! Days by a simulated clock, on which deliveries are lost, doubled, late and out of order while the service comes and goes: each
//! event starts one run.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

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

const CONNECTED: (&str, &str) = ("flowrun.yaml", "connections: { okta: okta }\n");

/// Lets the logs be read by the project's own connections as long as the other end lives.
fn read_logs(world: &World, serving: &Serving, hooks: &Arc<Hooks>) -> Sender<bool> {
    let (stop, given) = Stop::new();
    hooks.read_logs(&serving.service.tasks, &world.clock, &given);
    stop
}

/// Somebody new in the simulated Okta, of whom its System Log tells.
async fn create(world: &World, login: &str) {
    let okta = &world.simulators.okta;
    let body = json!({ "profile": { "login": login, "email": login, "firstName": "A", "lastName": "B" } });
    let token = format!("SSWS {}", okta.token());
    let headers = [("authorization", &*token), ("content-type", "application/json")];
    let asks = request(Method::POST, "/api/v1/users?activate=true", &headers, body.to_string());
    assert_eq!(world.clock.drive(okta.router().oneshot(asks)).await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_system_log_alone_is_enough() {
    let text =
        flow("event: okta.user_created, source: log", "Okta User: object, Event ID: text, UUID: text", 1);
    let world = World::new("2026-03-01T08:00:00Z", &[("heard.yaml", &text), CONNECTED]);
    // Who was there before is no event.
    create(&world, "old@example.com").await;
    world.until("2026-03-01T08:05:00Z").await;
    let mut serving = world.serve();
    let mut hooks = doors(&serving);
    let mut stop = read_logs(&world, &serving, &hooks);
    world.until("2026-03-01T08:10:10Z").await;
    create(&world, "ada@example.com").await;
    world.until("2026-03-01T08:12:00Z").await;
    assert_eq!(serving.began(), ["03-01 08:11"], "{}", serving.told().join("\n"));
    stop.send(true).unwrap();
    drop(hooks);
    serving.end(&world).await;
    for number in 0..30 {
        create(&world, &format!("n{number}@example.com")).await;
    }
    world.until("2026-03-01T12:00:00Z").await;
    serving = world.serve();
    hooks = doors(&serving);
    stop = read_logs(&world, &serving, &hooks);
    world.until("2026-03-01T12:10:00Z").await;
    assert_eq!(serving.runs().len(), 31, "what happened while nothing was served is made up for");
    stop.send(true).unwrap();
    serving.end(&world).await;
}

/// A hook that misses some: the log fills the gaps, they are counted, and a hook that misses all is told as silent, unless nobody
/// was there whom it could have told.
#[tokio::test]
async fn gaps_of_a_hook_are_filled_by_the_projects_connection() {
    let text = flow("event: okta.user_created, connection: okta", "UUID: text", 1);
    let world = World::new("2026-03-01T08:00:00Z", &[("heard.yaml", &text), CONNECTED]);
    let serving = world.serve();
    let hooks = doors(&serving);
    let stop = read_logs(&world, &serving, &hooks);
    world.until("2026-03-01T08:00:10Z").await;
    create(&world, "ada@example.com").await;
    create(&world, "grace@example.com").await;
    let events = logged(&world).await;
    assert_eq!(events.len(), 2);
    assert_eq!(deliver(&world, &hooks, "d1", &events[..1]).await, 204);
    let reconciled = |serving: &Serving| {
        let told = serving.told().into_iter().filter(|told| told.contains("Reconciled"));
        told.map(|told| told[6..].to_owned()).collect::<Vec<_>>()
    };
    world.until("2026-03-01T08:05:00Z").await;
    assert_eq!(serving.began(), ["03-01 08:00", "03-01 08:02"], "two minutes of grace");
    let one = "Reconciled { source: \"okta, System Log\", events: 1 }";
    assert_eq!(reconciled(&serving), [one]);
    stop.send(true).unwrap();
    drop(hooks);
    serving.end(&world).await;

    // Nobody can deliver to a service that is not there: that is made up for and counted, and the hook is not blamed for it.
    for number in 0..8 {
        create(&world, &format!("n{number}@example.com")).await;
    }
    world.until("2026-03-01T09:00:00Z").await;
    let serving = world.serve();
    let hooks = doors(&serving);
    let stop = read_logs(&world, &serving, &hooks);
    world.until("2026-03-01T09:10:00Z").await;
    assert_eq!(serving.runs().len(), 10);
    assert_eq!(reconciled(&serving), [one.replace('1', "8")]);
    let silent =
        |serving: &Serving| serving.told().iter().filter(|told| told.contains("alone: look")).count();
    assert_eq!(silent(&serving), 0, "{:?}", serving.told());
    for number in 0..5 {
        create(&world, &format!("m{number}@example.com")).await;
    }
    world.until("2026-03-01T09:20:00Z").await;
    assert_eq!((serving.runs().len(), silent(&serving)), (15, 1), "{:?}", serving.told());
    stop.send(true).unwrap();
    serving.end(&world).await;
}

/// The events of users made so far, as the simulated System Log has them.
async fn logged(world: &World) -> Vec<Value> {
    let okta = &world.simulators.okta;
    let token = format!("SSWS {}", okta.token());
    let path = "/api/v1/logs?filter=eventType%20eq%20%22user.lifecycle.create%22";
    let asks = request(Method::GET, path, &[("authorization", &token)], Body::empty());
    let response = world.clock.drive(okta.router().oneshot(asks)).await.unwrap();
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

/// A project whose flows live by the log and that has no connection hears of it at once; a connection is taken up when it comes.
#[tokio::test]
async fn a_log_that_nothing_leads_to_is_told() {
    let text = flow("event: okta.user_created, source: log", "UUID: text", 1);
    let world = World::new("2026-03-01T08:00:00Z", &[("heard.yaml", &text)]);
    let serving = world.serve();
    let hooks = doors(&serving);
    let stop = read_logs(&world, &serving, &hooks);
    world.until("2026-03-01T08:05:00Z").await;
    let lacks = serving.told().into_iter().filter(|told| told.contains("no connection to Okta"));
    assert_eq!(lacks.count(), 1, "{:?}", serving.told());
    // With the connection the project is another version, and the log is read.
    world.write(CONNECTED.0, CONNECTED.1);
    serving.hosted().reload().unwrap();
    world.until("2026-03-01T08:07:00Z").await;
    create(&world, "ada@example.com").await;
    world.until("2026-03-01T08:09:00Z").await;
    assert_eq!(serving.runs().len(), 1, "{:?}", serving.told());
    stop.send(true).unwrap();
    serving.end(&world).await;
}
