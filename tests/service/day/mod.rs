//! A day by a simulated clock with everything that starts flows, faults of the vendor, changed flows, flows that are off, and a service
//! that is restarted and dies at any moment. What must have happened is said by plain lists and a model of the schedules (`model.rs`).
//!
//! `FLOWRUN_DAYS=1000` lives that many days; `FLOWRUN_DAY=17` lives that one.

mod flows;
mod model;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use flowrun_core::value::{Value, parse_date};
use flowrun_host::session::durable::tables::row as row_of;
use flowrun_service::endpoints::Endpoints;
use flowrun_service::hooks::Hooks;
use flowrun_store::{Run, Status};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use crate::client::Client;
use crate::hooks::{Chance, SECRET, added, doors};
use crate::world::{Serving, World};
use flows::{ASKS_MS, HEARD_MS};
use model::{Schedule, Stretch};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How many days are lived unless the environment says.
const DAYS: u64 = 2;

#[test]
fn whatever_happens_on_a_day_each_trigger_starts_one_run() {
    if let Ok(seed) = std::env::var("FLOWRUN_DAY") {
        let wrong = Day::new(seed.parse().unwrap()).live();
        panic!("{}", wrong.join("\n"));
    }
    let mut wrong = Vec::new();
    for seed in 0..flowrun_tests::times("FLOWRUN_DAYS", DAYS) {
        wrong.extend(Day::new(seed).live().into_iter().map(|wrong| format!("day {seed}: {wrong}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What somebody does.
#[derive(Clone, Debug)]
enum Act {
    /// A call of an endpoint, under a key or without one.
    Order {
        number: u64,
        key: bool,
    },
    /// A delivery of Okta's, with these events.
    Deliver {
        events: Vec<u64>,
    },
    /// A webhook of somebody else's.
    Deploy {
        id: u64,
    },
    /// A call that waits for an answer.
    Ask {
        number: u64,
    },
    /// That answer.
    Answer {
        number: u64,
    },
    /// A flow is turned off, or on again.
    Off {
        flow: &'static str,
    },
    On {
        flow: &'static str,
        passed: &'static str,
    },
    /// A flow is changed, for the better or into something that can't be read.
    Change {
        breaks: bool,
    },
    /// The vendor misbehaves from then on.
    Fault {
        fault: String,
    },
    /// Nothing: what the clock starts is enough.
    Nothing,
}

/// How a process ends after something was done.
#[derive(Clone, Copy, Debug)]
enum End {
    /// As by SIGTERM.
    Told,
    /// After so many turns in the middle of it.
    Dies(usize),
}

/// A process and what leads to it.
struct Process {
    serving: Serving,
    endpoints: Arc<Endpoints>,
    routes: Router,
}

impl Process {
    async fn new(world: &World) -> Process {
        let service = world.service();
        let endpoints = Endpoints::new(service.clone(), None, None).await.unwrap();
        let serving = world.go_on(service);
        let hooks: Arc<Hooks> = doors(&serving);
        let routes = endpoints.router().merge(hooks.routes());
        Process { serving, endpoints, routes }
    }

    async fn send(&self, world: &World, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let request = Request::post(path).header("content-type", "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer =
            world.drive(self.routes.clone().oneshot(request.body(Body::from(body)).unwrap())).await.unwrap();
        let run = answer.headers().get("x-okta-workflows-execution-id");
        let run = run.map(|run| run.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        Answer { status, run, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    run: Option<String>,
    body: String,
}

/// What callers know, and so what must have happened.
#[derive(Default)]
struct Known {
    /// What must have run once: as its run writes it down.
    accepted: BTreeSet<String>,
    /// What may have run once: a call without a key that nobody was answered.
    perhaps: BTreeSet<String>,
    /// What was dropped before it ran.
    dropped: BTreeSet<String>,
    /// What was answered under a key, and the run.
    answers: BTreeMap<u64, Answer>,
    /// The runs that wait for an answer, and since when.
    asked: BTreeMap<u64, (String, i64)>,
    answered: BTreeSet<u64>,
    /// The answers that somebody gave and was told nothing about.
    perhaps_answered: BTreeSet<u64>,
    /// Events in the order in which they were taken in.
    events: Vec<u64>,
    /// The version of the changed flow with which what came last must run, or a later one.
    versions: BTreeMap<String, u64>,
    version: u64,
    lives: Vec<Stretch>,
    off: BTreeMap<&'static str, Vec<Stretch>>,
    wrong: Vec<String>,
}

struct Day {
    seed: u64,
    from_ms: i64,
    world: World,
    /// When somebody serves again.
    back_ms: i64,
    chance: Chance,
    schedules: Vec<(Schedule, &'static str)>,
    /// What is to be done, by moments; those who get no answer come again.
    acts: BTreeMap<(i64, usize), Act>,
    /// When the process ends, and for how long nobody serves then.
    ends: Vec<(i64, End, i64)>,
    /// Whom each event is about, and when it happened.
    people: Vec<(u64, i64)>,
    known: Known,
}

impl Day {
    fn new(seed: u64) -> Day {
        // Clocks change in Berlin in the night that comes: on 29 March 2026 at 01:00 and on 25 October at 01:00, UTC.
        let (date, nights) = match seed % 2 {
            0 => ("2026-03-28T16:00:00Z", [9 * 60, 32 * 60 + 30]),
            _ => ("2026-10-24T16:00:00Z", [8 * 60 + 30, 33 * 60 + 30]),
        };
        let from_ms = parse_date(date).unwrap().millis();
        let schedules = flows::schedules(from_ms, nights);
        let files = flows::files(&schedules);
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
        let world = World::new(date, &files);
        let (acts, ends, people) = (BTreeMap::new(), Vec::new(), Vec::new());
        let known = Known { version: 1, ..Known::default() };
        let chance = Chance::new(seed + 1);
        let mut day =
            Day { seed, from_ms, world, back_ms: from_ms, chance, schedules, acts, ends, people, known };
        day.write();
        day
    }

    fn moment(&mut self) -> i64 {
        // Odd milliseconds: nothing that somebody does falls together with the clock's own.
        self.from_ms + 1 + 2 * self.chance.below((DAY_MS / 2) as u64) as i64
    }

    fn act(&mut self, at_ms: i64, act: Act) {
        self.acts.insert((at_ms, self.acts.len()), act);
    }

    /// Says what is to happen.
    fn write(&mut self) {
        for number in 0..40 {
            let (at_ms, key) = (self.moment(), self.chance.below(4) > 0);
            self.act(at_ms, Act::Order { number, key });
            if key && self.chance.below(3) == 0 {
                let later_ms = self.chance.below(4 * HOUR_MS as u64) as i64 * self.chance.below(2) as i64;
                self.act(at_ms + later_ms, Act::Order { number, key });
            }
        }
        for number in 0..10 {
            let at_ms = self.moment();
            self.act(at_ms, Act::Ask { number });
            for _ in 0..self.chance.below(3) {
                let later_ms = MINUTE_MS + self.chance.below(ASKS_MS as u64) as i64;
                self.act(at_ms + later_ms, Act::Answer { number });
            }
        }
        for id in 0..25 {
            let at_ms = self.moment();
            for _ in 0..1 + self.chance.below(2) {
                let later_ms = self.chance.below(2 * HOUR_MS as u64) as i64;
                self.act(at_ms + later_ms, Act::Deploy { id });
            }
        }
        let mut moments: Vec<i64> = (0..35).map(|_| self.moment()).collect();
        moments.sort_unstable();
        for at_ms in moments {
            let first = self.people.len() as u64;
            for _ in 0..1 + self.chance.below(5) {
                let person = self.chance.below(6);
                self.people.push((person, at_ms - self.chance.below(20_000) as i64));
            }
            let mut events: Vec<u64> = (first..self.people.len() as u64).collect();
            if self.chance.below(3) == 0 && first > 0 {
                events.push(self.chance.below(first));
            }
            if self.chance.below(4) == 0 {
                let later_ms = self.chance.below(HOUR_MS as u64) as i64;
                self.act(at_ms + later_ms, Act::Deliver { events: events.clone() });
            }
            self.act(at_ms, Act::Deliver { events });
        }
        for flow in ["heard", "switched"] {
            let at_ms = self.moment();
            let passed = ["run", "drop", ""][self.chance.below(3) as usize];
            self.act(at_ms, Act::Off { flow });
            let later_ms = self.chance.below(5 * HOUR_MS as u64) as i64;
            self.act(at_ms + 1 + later_ms, Act::On { flow, passed });
        }
        for _ in 0..4 {
            let (at_ms, breaks) = (self.moment(), self.chance.below(3) == 0);
            self.act(at_ms, Act::Change { breaks });
        }
        for _ in 0..6 {
            let kinds =
                ["rate-limit", "server-error", "bad-gateway", "slow", "drop", "drop-before", "truncate"];
            let kind = kinds[self.chance.below(kinds.len() as u64) as usize];
            let part = ["POST /api/v1/groups", "/api/v1/groups"][self.chance.below(2) as usize];
            let (nth, many) = (1 + self.chance.below(3), 1 + self.chance.below(2));
            let at_ms = self.moment();
            self.act(at_ms, Act::Fault { fault: format!("{kind}@okta {part}:nth={nth}:times={many}") });
        }
        let mut at_ms = self.from_ms;
        for _ in 0..5 {
            at_ms += HOUR_MS + self.chance.below(7 * HOUR_MS as u64) as i64;
            let turns = self.chance.below(6);
            let turns = 1 << (self.chance.below(11) * u64::from(turns > 0));
            let end = if self.chance.below(3) == 0 { End::Told } else { End::Dies(turns) };
            // In the middle of what somebody does, or when the clock starts something.
            if self.chance.below(2) == 0 {
                let times = self.schedules.iter().flat_map(|(schedule, _)| &schedule.times);
                at_ms = times.copied().filter(|time_ms| *time_ms >= at_ms).min().unwrap();
                self.act(at_ms, Act::Nothing);
            }
            let away_ms = [10_000, 10 * MINUTE_MS, 5 * HOUR_MS][self.chance.below(3) as usize];
            let away_ms = self.chance.below(away_ms as u64) as i64 | 1;
            self.ends.push((at_ms, end, away_ms));
            at_ms += away_ms;
        }
    }

    /// Lives the day; tells what is wrong.
    fn live(mut self) -> Vec<String> {
        loop {
            let runtime = || Builder::new_current_thread().enable_all().build().unwrap();
            // What is left of the process before is gone, and nobody serves for a while.
            runtime().block_on(self.world.drive(self.world.clock.sleep_until(self.back_ms)));
            if self.one_life(&runtime()) {
                return self.known.wrong;
            }
        }
    }

    /// A process from its beginning to its end; tells whether it is the last.
    fn one_life(&mut self, runtime: &Runtime) -> bool {
        runtime.block_on(async {
            let from_ms = self.world.clock.now_ms();
            let process = Process::new(&self.world).await;
            let end = (!self.ends.is_empty()).then(|| self.ends.remove(0));
            let alive = Stretch { from_ms, until_ms: i64::MAX, forgets: false };
            self.known.lives.push(alive);
            while let Some((&(at_ms, number), _)) = self.acts.first_key_value() {
                let act = self.acts.remove(&(at_ms, number)).unwrap();
                let ends = end.filter(|(end_ms, ..)| *end_ms <= at_ms.max(self.world.clock.now_ms()));
                let turns = match ends {
                    Some((_, End::Dies(turns), _)) => turns,
                    _ => usize::MAX,
                };
                // Who switches or changes something is not interrupted: what that comes to is another test's.
                let whole = matches!(act, Act::Off { .. } | Act::On { .. } | Act::Change { .. });
                let (world, chance) = (&self.world, self.chance.below(2) == 0);
                if at_ms > world.clock.now_ms() {
                    world.drive(world.clock.sleep_until(at_ms)).await;
                }
                let doing = async {
                    tokio::select! {
                        biased;
                        done = self.known.does(world, &process, &self.people, &act) => done,
                        () = turns_of(if whole { usize::MAX } else { turns }) => false,
                    }
                };
                let done = doing.await;
                if !done && self.known.comes_again(&act) {
                    self.acts.insert((at_ms, number), act);
                }
                let Some((_, end, away_ms)) = ends else { continue };
                if let (End::Dies(_), true) = (end, done && chance) {
                    // What was done in time has to last too.
                    turns_of(turns).await;
                }
                self.ended(process, end, away_ms).await;
                return false;
            }
            if let Some((_, end, away_ms)) = end {
                self.ended(process, end, away_ms).await;
                return false;
            }
            let until_ms = self.from_ms + 36 * HOUR_MS;
            self.world.drive(self.world.clock.sleep_until(until_ms)).await;
            self.known.wrong.extend(self.judged(&process).await);
            process.serving.end(&self.world).await;
            true
        })
    }

    async fn ended(&mut self, process: Process, end: End, away_ms: i64) {
        let Process { serving, endpoints, routes } = process;
        drop((endpoints, routes));
        self.known.lives.last_mut().unwrap().until_ms = self.world.clock.now_ms();
        match end {
            End::Told => serving.end(&self.world).await,
            End::Dies(_) => {
                drop(serving);
                self.world.died();
            }
        }
        self.back_ms = self.world.clock.now_ms() + away_ms;
    }

    /// What is wrong at the end of the day.
    async fn judged(&self, process: &Process) -> Vec<String> {
        let known = &self.known;
        let mut wrong = Vec::new();
        let rows = rows(process).await;
        let mut ran: BTreeMap<&str, usize> = BTreeMap::new();
        for (what, _) in &rows {
            *ran.entry(what).or_default() += 1;
        }
        let scheduled: BTreeSet<&str> = self.schedules.iter().map(|(schedule, _)| schedule.flow).collect();
        for (what, times) in ran.iter().filter(|(what, _)| !scheduled.contains(**what)) {
            if *times > 1 {
                wrong.push(format!("`{what}` ran {times} times"));
            }
            let answered = what.starts_with("answered");
            if !answered && !known.accepted.contains(*what) && !known.perhaps.contains(*what) {
                wrong.push(format!("`{what}` ran, and nobody asked for it"));
            }
        }
        for what in &known.accepted {
            match (ran.contains_key(&**what), known.dropped.contains(what)) {
                (false, false) => wrong.push(format!("`{what}` was accepted and never ran")),
                (true, true) => wrong.push(format!("`{what}` was dropped and ran")),
                _ => {}
            }
        }
        for (what, version) in &rows {
            if known.versions.get(what).is_some_and(|least| version < least) {
                wrong.push(format!("`{what}` ran with version {version} of its flow"));
            }
        }
        let runs = process.serving.runs();
        let open = runs.iter().filter(|run| run.state.status().is_open());
        let late = |at_us: i64| at_us / 1000 > self.from_ms + 28 * HOUR_MS;
        for run in open.filter(|run| !scheduled.contains(&*run.about.flow) && !late(run.about.started_us)) {
            wrong.push(format!("run {} of {} is {:?}", run.about.id, run.about.flow, run.state));
        }
        for (number, answer) in &known.answers {
            if !runs.iter().any(|run| Some(&*run.about.id) == answer.run.as_deref()) {
                wrong.push(format!("order {number} was answered {answer:?}, and there is no such run"));
            }
        }
        for flow in ["order", "heard", "counted", "deploys", "asks"] {
            let written = ran.keys().filter(|what| what.split(' ').next() == Some(flow)).count();
            let runs = runs.iter().filter(|run| &*run.about.flow == flow).count();
            if written != runs {
                wrong.push(format!("{flow}: {runs} runs have written down {written} things"));
            }
        }
        wrong.extend(self.groups(&runs, &ran).await);
        wrong.extend(self.pauses(&runs, &ran));
        wrong.extend(self.order(process, &runs).await);
        wrong.extend(self.schedules(&runs));
        if !wrong.is_empty() {
            wrong.push(format!("seed {}, lives {}", self.seed, self.lives()));
        }
        wrong
    }

    fn lives(&self) -> String {
        let at = |ms: i64| {
            if ms == i64::MAX { "end".to_owned() } else { flowrun_service::when(ms * 1000)[8..].to_owned() }
        };
        self.known.lives.iter().map(|life| format!("{}–{} ", at(life.from_ms), at(life.until_ms))).collect()
    }
}

impl Known {
    /// Whether somebody who was not answered comes again: who has no key can't.
    fn comes_again(&mut self, act: &Act) -> bool {
        match act {
            Act::Order { number, key: false } => drop(self.perhaps.insert(format!("order {number}"))),
            Act::Ask { number } => drop(self.perhaps.insert(format!("asks {number}"))),
            Act::Answer { number } => {
                self.perhaps_answered.insert(*number);
                return true;
            }
            _ => return true,
        }
        false
    }

    /// Does something, and keeps in mind what was answered.
    async fn does(&mut self, world: &World, process: &Process, people: &[(u64, i64)], act: &Act) -> bool {
        match act {
            Act::Order { number, key } => {
                let given = format!("k{number}");
                let headers = [("idempotency-key", &*given)];
                let headers = if *key { &headers[..] } else { &[] };
                let body = json!({ "number": number.to_string() }).to_string();
                let answer = process.send(world, "/api/flo/order/invoke", headers, body).await;
                self.ordered(*number, answer);
            }
            Act::Deliver { events } => self.deliver(world, process, people, events).await,
            Act::Deploy { id } => {
                let token = [("authorization", "Bearer It's a Secret to Everybody")];
                let body = json!({ "id": format!("{id}") }).to_string();
                let answer = process.send(world, "/hooks/deploys", &token, body).await;
                if answer.status == 204 {
                    let what = format!("deploys {id}");
                    self.versions.entry(what.clone()).or_insert(self.version);
                    self.accepted.insert(what);
                } else {
                    self.wrong.push(format!("webhook {id} was answered {answer:?}"));
                }
            }
            Act::Ask { number } => {
                let body = json!({ "number": number.to_string() }).to_string();
                let answer = process.send(world, "/api/flo/asks/invoke", &[], body).await;
                match answer.run.clone() {
                    Some(run) => {
                        self.accepted.insert(format!("asks {number}"));
                        self.asked.insert(*number, (run, world.clock.now_ms()));
                    }
                    None => self.wrong.push(format!("ask {number} was answered {answer:?}")),
                }
            }
            Act::Answer { number } => self.answer(world, process, *number).await,
            Act::Off { flow } => {
                let client = Client::over(world, &process.serving, process.endpoints.clone()).await;
                let path = format!("/api/v1/projects/flows/flows/{flow}/off");
                assert_eq!(client.ask("POST", &path, json!({})).await.status, 200, "{flow}");
                let from_ms = world.clock.now_ms();
                let off = Stretch { from_ms, until_ms: i64::MAX, forgets: false };
                self.off.entry(flow).or_default().push(off);
            }
            Act::On { flow, passed } => self.turn_on(world, process, flow, passed).await,
            Act::Change { breaks } => {
                let reload = |text: &str| {
                    world.write("deploys.yaml", text);
                    process.serving.hosted().reload().is_ok()
                };
                let told = match breaks {
                    true => {
                        !reload("cards: [{ card: no.such_card }]") && reload(&flows::deploys(self.version))
                    }
                    false => {
                        self.version += 1;
                        reload(&flows::deploys(self.version))
                    }
                };
                if !told {
                    self.wrong.push(format!("version {} was not read as it should be", self.version));
                }
            }
            Act::Fault { fault } => world.simulators.faults.add(fault.parse().unwrap()),
            Act::Nothing => {}
        }
        true
    }

    fn ordered(&mut self, number: u64, answer: Answer) {
        // Somebody asks again while the first call is under way.
        let goes_on = matches!(answer.status, 409 | 504);
        if answer.run.is_none() && !goes_on {
            return self.wrong.push(format!("order {number} was answered {answer:?}"));
        }
        self.accepted.insert(format!("order {number}"));
        if goes_on {
            return;
        }
        let first = self.answers.entry(number).or_insert_with(|| answer.clone());
        if (first.status, &first.body, &first.run) != (answer.status, &answer.body, &answer.run) {
            self.wrong.push(format!("order {number} was answered {first:?}, then {answer:?}"));
        }
    }

    async fn deliver(&mut self, world: &World, process: &Process, people: &[(u64, i64)], events: &[u64]) {
        let told = |event: &u64| {
            let (person, at_ms) = people[*event as usize];
            let at = flowrun_service::when(at_ms * 1000);
            added(&format!("u{event}"), &at, &format!("p{person}"), "Staff")
        };
        let all: Vec<_> = events.iter().map(told).collect();
        let body = json!({ "eventId": format!("d{events:?}"), "data": { "events": all } }).to_string();
        let answer = process.send(world, "/hooks/okta/people", &[("authorization", SECRET)], body).await;
        if answer.status != 204 {
            return self.wrong.push(format!("events {events:?} were answered {answer:?}"));
        }
        let mut events = events.to_vec();
        events.sort_by_key(|event| people[*event as usize].1);
        for event in events {
            if !self.events.contains(&event) {
                self.events.push(event);
            }
            self.accepted.insert(format!("heard u{event}"));
            self.accepted.insert(format!("counted u{event}"));
        }
    }

    async fn answer(&mut self, world: &World, process: &Process, number: u64) {
        let Some((run, at_ms)) = self.asked.get(&number).cloned() else { return };
        let path = format!("/api/flo/asks/resume/{run}");
        let body = json!({ "sure": true }).to_string();
        let answer = process.send(world, &path, &[], body).await;
        let in_time = world.clock.now_ms() < at_ms + ASKS_MS;
        let known = self.answered.contains(&number) || self.perhaps_answered.contains(&number);
        match answer.status {
            200 if self.answered.insert(number) => {}
            409 | 410 if known || !in_time => {}
            _ => self.wrong.push(format!("answer to {number} of {run}: {answer:?}")),
        }
    }

    async fn turn_on(&mut self, world: &World, process: &Process, flow: &'static str, passed: &str) {
        let ran: BTreeSet<String> = rows(process).await.into_iter().map(|(what, _)| what).collect();
        let prefix = format!("{flow} ");
        let waits = self.accepted.iter().filter(|what| what.starts_with(&prefix) && !ran.contains(*what));
        let waits: Vec<String> = waits.filter(|what| !self.dropped.contains(*what)).cloned().collect();
        let client = Client::over(world, &process.serving, process.endpoints.clone()).await;
        let path = format!("/api/v1/projects/flows/flows/{flow}");
        let shown = client.get(&path).await.body;
        if shown["aside"] != json!(waits.len()) {
            self.wrong.push(format!("{flow} is off: {waits:?} wait, and {} are told", shown["aside"]));
        }
        let body = if passed.is_empty() { json!({}) } else { json!({ "passed": passed }) };
        assert_eq!(client.ask("POST", &format!("{path}/on"), body).await.status, 200, "{flow}");
        if passed == "drop" {
            self.dropped.extend(waits);
        }
        let off = self.off.get_mut(flow).unwrap().last_mut().unwrap();
        (off.until_ms, off.forgets) = (world.clock.now_ms(), passed != "run");
    }
}

impl Day {
    /// No group was made twice, and each run that was done has made its own.
    async fn groups(&self, runs: &[Run], ran: &BTreeMap<&str, usize>) -> Vec<String> {
        let (okta, mut wrong) = (&self.world.simulators.okta, Vec::new());
        self.world.simulators.faults.clear();
        for flow in ["order", "counted"] {
            let asks = Request::get(format!("/api/v1/groups?q={flow}&limit=200"));
            let asks = asks.header("authorization", format!("SSWS {}", okta.token())).body(Body::empty());
            let answer = okta.router().oneshot(asks.unwrap()).await.unwrap();
            let body = to_bytes(answer.into_body(), 1 << 24).await.unwrap();
            let groups: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let groups = groups.as_array().unwrap_or_else(|| panic!("{groups}"));
            let names = groups.iter().map(|group| group["profile"]["name"].as_str().unwrap());
            let mut seen = BTreeSet::new();
            for name in names {
                if !seen.insert(name) || !ran.contains_key(name) {
                    wrong.push(format!("Okta has a group `{name}` too many"));
                }
            }
            let of_flow = |run: &&Run| &*run.about.flow == flow && run.state.status() == Status::Done;
            let done = runs.iter().filter(of_flow).count();
            if seen.len() < done {
                wrong.push(format!("{done} runs of {flow} were done and have made {} groups", seen.len()));
            }
        }
        wrong
    }

    /// Who was answered went on once; who was not ended when the time was over.
    fn pauses(&self, runs: &[Run], ran: &BTreeMap<&str, usize>) -> Vec<String> {
        let (known, mut wrong) = (&self.known, Vec::new());
        for (number, (run, at_ms)) in &known.asked {
            let run = runs.iter().find(|one| *one.about.id == **run).unwrap();
            let went_on = ran.contains_key(&*format!("answered {number}"));
            let answered = known.answered.contains(number);
            let must = match (answered || went_on, known.perhaps_answered.contains(number)) {
                (true, _) => Status::Done,
                (false, _) => Status::Failed,
            };
            if went_on != answered && !known.perhaps_answered.contains(number) {
                wrong.push(format!("ask {number}: answered {answered}, and it went on: {went_on}"));
            }
            if run.state.status() != must {
                wrong.push(format!("ask {number} should be {must:?}: {:?}", run.state));
            }
            let over_ms = at_ms + ASKS_MS;
            let life = known.lives.iter().find(|life| life.until_ms > over_ms).unwrap();
            let over_ms = over_ms.max(life.from_ms);
            let ended_ms = run.ended_us.unwrap_or_default() / 1000;
            if must == Status::Failed && !(over_ms..over_ms + MINUTE_MS).contains(&ended_ms) {
                wrong.push(format!("ask {number} ended at {}", flowrun_service::when(ended_ms * 1000)));
            }
        }
        wrong
    }

    /// Of those about the same person one went after the other, as they were taken in.
    async fn order(&self, process: &Process, runs: &[Run]) -> Vec<String> {
        let mut by_person: BTreeMap<u64, Vec<(u64, &Run)>> = BTreeMap::new();
        for run in runs.iter().filter(|run| &*run.about.flow == "heard") {
            let inputs = process.serving.hosted().runs.inputs_of(&run.about.id).await.unwrap();
            let event = inputs.get("UUID").unwrap_or_else(|| panic!("{inputs:?}")).as_text().unwrap()[1..]
                .parse::<u64>()
                .unwrap();
            by_person.entry(self.people[event as usize].0).or_default().push((event, run));
        }
        let mut wrong = Vec::new();
        for (person, mut runs) in by_person {
            runs.sort_by_key(|(_, run)| run.about.started_us);
            let went: Vec<u64> = runs.iter().map(|(event, _)| *event).collect();
            let ours = |event: &&u64| {
                self.people[**event as usize].0 == person
                    && !self.known.dropped.contains(&format!("heard u{event}"))
            };
            let must: Vec<u64> = self.known.events.iter().filter(ours).copied().collect();
            if went != must {
                wrong.push(format!("person {person}: {must:?} came, {went:?} went"));
            }
            for pair in runs.windows(2) {
                let (ended_us, began_us) =
                    (pair[0].1.ended_us.unwrap_or(i64::MAX), pair[1].1.about.started_us);
                let took_ms = (ended_us - pair[0].1.about.started_us) / 1000;
                if ended_us > began_us || took_ms < HEARD_MS {
                    wrong.push(format!("{} began before {} had ended", pair[1].0, pair[0].0));
                }
            }
        }
        wrong
    }

    /// Schedules have begun as the model says. Where a process ended as a time came, that may have been before or after its run's beginning.
    fn schedules(&self, runs: &[Run]) -> Vec<String> {
        let mut wrong = Vec::new();
        for (schedule, _) in &self.schedules {
            let of_flow = |run: &&Run| &*run.about.flow == schedule.flow;
            let mut began: Vec<i64> =
                runs.iter().filter(of_flow).map(|run| run.about.started_us / 1000).collect();
            began.sort_unstable();
            let schedule = &schedule.shifted(&began);
            let off = self.known.off.get(schedule.flow).map_or(&[][..], |off| off);
            let until_ms = self.from_ms + 36 * HOUR_MS;
            let mut found = None;
            for before in 0..1_u32 << (self.known.lives.len() - 1) {
                let mut lives = self.known.lives.clone();
                for (place, life) in lives.iter_mut().enumerate().take(self.known.lives.len() - 1) {
                    life.until_ms += i64::from(before >> place & 1);
                }
                let served = model::served(&lives, off);
                let must = model::begins(schedule, &served, &lives);
                found = model::difference(schedule, &must, &began, until_ms);
                if found.is_none() {
                    break;
                }
            }
            wrong.extend(found);
        }
        wrong
    }
}

/// Lets others go on a number of times.
async fn turns_of(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

/// What runs have written down, with the version of their flow.
async fn rows(process: &Process) -> Vec<(String, u64)> {
    let store = process.serving.hosted().runs.store();
    store.durable(store.newest()).await.unwrap();
    let told = |row: flowrun_store::Row| {
        let values: BTreeMap<_, _> = row_of(row).values().unwrap().into_iter().collect();
        let version = values.get("version").and_then(Value::as_number).unwrap_or_default();
        (values["what"].as_text().unwrap().to_string(), version as u64)
    };
    // One for each set of hosts over which runs went.
    let tables = store.tables().unwrap().into_iter().filter(|(table, _)| &*table.name == "ran");
    tables.flat_map(|(table, _)| store.table(&table).unwrap().unwrap().rows).map(told).collect()
}
