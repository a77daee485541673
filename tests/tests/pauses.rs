//! Pause and Pause Raw: what is waited for, what an answer may be, and what becomes of a run that nobody answers.

use std::sync::Arc;

use flowrun_core::course::Course;
use flowrun_core::effect::{Act, Answer};
use flowrun_core::journal::{Event, Journal};
use flowrun_core::machine::{Machine, Start, Turn};
use flowrun_core::program::{FlowId, Program};
use flowrun_core::report::{Report, Status};
use flowrun_core::value::{Record, Text, Value};
use flowrun_host::driver::{self, Stand, World};
use flowrun_kit::clock::Clock;
use flowrun_tests::simulators::{Setup, Simulators};
use flowrun_tests::{compile, sources, world};
use flowrun_views::look::Paint;
use flowrun_views::transcript;

const DAY_MS: i64 = 86_400_000;
const DAY_US: i64 = DAY_MS * 1000;

/// A flow that asks, and gives what was answered.
const ASKS: &str = "#### file: main.yaml
cards:
  - id: ask
    card: flow_control.pause
    with: { question: May they be deactivated?, execution: $.run.execution_id }
    outputs: { approved: true/false, at_most: number, comment: text }
  - card: flow_control.return
    with: { approved: $.ask.approved, at_most: $.ask.at_most, comment: $.ask.comment }
";

/// Asks for two items at once.
const ASKS_TWICE: &str = "#### file: main.yaml
cards:
  - id: ask_each
    card: list.map
    with: { list: [ada, bob], flow: ask, concurrency: 2 }
    pass: { who: $.item }
  - card: flow_control.return
    with: { said: $.ask_each.list }
#### file: ask.yaml
inputs: { who: text }
cards:
  - id: pause
    card: flow_control.pause
    with: { who: $.inputs.who }
    outputs: { said: text }
  - card: flow_control.return
    with: { said: $.pause.said }
";

/// Asks, while a flow beside it waits for 40 days.
const ASKS_BESIDE: &str = "#### file: main.yaml
cards:
  - { card: flow_control.call_flow_async, with: { flow: waits } }
  - card: error_handling.if_error
    try: [{ card: flow_control.pause }]
    catch:
      - { card: date_time.now, id: now }
      - { card: flow_control.return, with: { told: $.error.message, at: $.now.date } }
    outputs: { told: text, at: date & time }
    id: asked
  - card: flow_control.return
    with: { told: $.asked.told, at: $.asked.at }
#### file: waits.yaml
cards:
  - { card: flow_control.wait_for, with: { delay: 20, unit: day } }
  - { card: flow_control.wait_for, with: { delay: 20, unit: day } }
";

fn compiled(case: &str) -> (Arc<Program>, FlowId) {
    compile(&sources(case), "main", &[])
}

fn machine(case: &str) -> Machine {
    let (program, entry) = compiled(case);
    Machine::new(program, Start::new(entry, Record::default(), "run", 0)).unwrap()
}

fn given<'v>(values: impl IntoIterator<Item = (&'v str, Value)>) -> Record {
    values.into_iter().map(|(name, value)| (Text::from(name), value)).collect()
}

/// A run that nobody is there to answer, at a time in days after 1970.
struct Alone {
    world: World,
    program: Arc<Program>,
}

impl Alone {
    fn at(case: &str, day: i64) -> (Alone, Start) {
        let (program, entry) = compiled(case);
        let simulators = Simulators::new(Clock::simulated(day * DAY_MS), &Setup::default());
        let start = Start::new(entry, Record::default(), "run", 0);
        (Alone { world: world(&program, &simulators), program }, start)
    }

    async fn go_on(&self, course: &mut Course, journal: &mut Journal) -> Stand {
        driver::go_on(course, &self.world, journal, &mut ()).await
    }

    fn replay(&self, journal: &Journal) -> Course {
        journal.replay(self.program.clone(), &mut self.world.here()).unwrap()
    }
}

fn waits() -> Stand {
    Stand::Waits { unsettled: Vec::new() }
}

fn json(report: &Report) -> String {
    serde_json::to_string(report).unwrap()
}

#[test]
fn a_pause_is_handed_out_and_says_what_it_waits_for() {
    let mut machine = machine(ASKS);
    let Turn::Blocked(effects) = machine.turn() else { panic!("it waits") };
    let [effect] = &effects[..] else { panic!("{effects:?}") };
    let Act::Pause(asked) = &effect.act else { panic!("{effect:?}") };
    // workflows-system-limits.htm: a flow is paused for 30 days at most.
    assert_eq!(asked.until_us, 30 * DAY_US);
    let pauses = machine.pauses();
    let [pause] = &pauses[..] else { panic!("{pauses:?}") };
    let wanted: Vec<&str> = pause.wanted.iter().map(|output| &*output.name).collect();
    assert_eq!((pause.id, &*pause.flow, &*pause.card), (effect.id, "main", "ask"));
    assert_eq!((pause.until_us, &wanted[..]), (asked.until_us, &["approved", "at_most", "comment"][..]));
    let told = pause.told.as_object().unwrap();
    assert_eq!(told.get("question"), Some(&Value::from("May they be deactivated?")));
    assert_eq!(told.get("execution"), Some(&Value::Text(pause.execution.clone())));

    let report = machine.report();
    assert_eq!((report.status, report.flow.status), (Status::Paused, Status::Paused));
    let card = &report.flow.cards[0];
    assert_eq!((card.status, card.until.as_deref()), (Status::Paused, Some("1970-01-31T00:00:00.000Z")));
    let catalog = flowrun_tests::registry().catalog();
    let rows = transcript::rows(&report, transcript::Detail::Cards, catalog);
    assert_eq!(rows.last().unwrap().outcome, "waits for an answer until 1970-01-31 00:00 UTC");
    assert!(transcript::summary(&report, false, None, Paint(false)).starts_with("paused"));
}

#[test]
fn an_answer_is_converted_and_what_it_leaves_out_is_nothing() {
    let mut machine = machine(ASKS);
    machine.turn();
    let id = machine.pauses()[0].id;
    let said = given([("approved", Value::from("true")), ("at_most", Value::from("12"))]);
    let answer = machine.answer(id, &said).unwrap();
    assert_eq!(answer, Answer::Outputs(vec![Value::Bool(true), Value::from(12), Value::Null]));
    machine.complete(id, Ok(answer), DAY_US);
    assert!(matches!(machine.turn(), Turn::Done));
    let report = machine.report();
    let outputs = report.flow.outputs.as_object().unwrap();
    assert_eq!((report.status, outputs.get("at_most")), (Status::Done, Some(&Value::from(12))));
    assert_eq!((report.flow.cards[0].status, &report.flow.cards[0].until), (Status::Done, &None));
}

#[test]
fn an_answer_that_does_not_fit_is_refused_and_the_pause_goes_on() {
    let mut machine = machine(ASKS);
    machine.turn();
    let id = machine.pauses()[0].id;
    for (name, value, told) in [
        ("aproved", "true", "`ask` has no output `aproved` to answer"),
        ("at_most", "many", "output `at_most`: expected number, found text"),
    ] {
        let fault = machine.answer(id, &given([(name, Value::from(value))])).unwrap_err();
        assert!(fault.message.contains(told), "{}", fault.message);
        assert!(machine.paused(id).is_some());
    }
    let other = flowrun_core::effect::EffectId { visit: id.visit + 1, ..id };
    assert!(machine.answer(other, &Record::default()).is_err(), "nobody waits for that");
}

#[test]
fn a_pause_that_nobody_answers_ends_with_its_time() {
    let shorter = ASKS.replace("    outputs: { app", "    timeout: 2 hours\n    outputs: { app");
    for (case, until_us, told) in [
        (ASKS, 30 * DAY_US, "nobody answered within 30 days"),
        (&*shorter, DAY_US / 12, "nobody answered within 2 h"),
    ] {
        let mut machine = machine(case);
        machine.turn();
        let pause = machine.pauses().remove(0);
        assert_eq!(pause.until_us, until_us);
        machine.complete(pause.id, Ok(Answer::Waited), until_us);
        assert!(matches!(machine.turn(), Turn::Done));
        let error = machine.report().flow.error.unwrap();
        assert_eq!((&*error.kind, &*error.message), ("Timeout", told));
        assert!(machine.answer(pause.id, &Record::default()).is_err(), "it is too late");
    }
}

#[test]
fn a_cancellation_cuts_a_pause() {
    let mut machine = machine(ASKS);
    machine.turn();
    let id = machine.pauses()[0].id;
    machine.cancel(1_000);
    assert!(matches!(machine.turn(), Turn::Done));
    let report = machine.report();
    assert_eq!((report.status, report.flow.cards[0].status), (Status::Cancelled, Status::Cancelled));
    assert!(machine.answer(id, &Record::default()).is_err());
}

#[test]
fn two_pauses_at_once_are_told_apart() {
    let mut machine = machine(ASKS_TWICE);
    machine.turn();
    let pauses = machine.pauses();
    assert_eq!(pauses.len(), 2);
    assert_ne!(pauses[0].execution, pauses[1].execution);
    for (place, pause) in pauses.iter().enumerate() {
        assert_eq!(machine.report().status, Status::Paused, "{place}");
        let who = pause.told.as_object().unwrap().get("who").unwrap().clone();
        let answer = machine.answer(pause.id, &given([("said", who)])).unwrap();
        machine.complete(pause.id, Ok(answer), 0);
        machine.turn();
    }
    let said = machine.report().flow.outputs.as_object().unwrap().get("said").cloned();
    assert_eq!(said, Some(Value::list(vec![Value::from("ada"), Value::from("bob")])));
}

#[test]
fn which_runs_may_come_to_a_pause_is_known_before() {
    let waits = "#### file: main.yaml\ncards: [{ card: flow_control.wait_for, with: { delay: 1 } }]\n";
    for (case, pauses) in [(ASKS, true), (ASKS_TWICE, true), (waits, false)] {
        let (program, entry) = compiled(case);
        assert_eq!(program.pauses(entry), pauses);
    }
}

#[tokio::test]
async fn a_run_is_let_go_of_while_it_waits_and_its_journal_has_the_answer() {
    let (alone, start) = Alone::at(ASKS, 0);
    let mut journal = Journal { start: start.clone(), entries: Vec::new() };
    let mut course = Course::new(Machine::new(alone.program.clone(), start).unwrap());
    assert_eq!(alone.go_on(&mut course, &mut journal).await, waits());
    assert_eq!(alone.world.time.now_us(), 0, "nobody waited for the end of the pause");
    assert!(journal.entries.is_empty());

    // In another process.
    let mut course = alone.replay(&journal);
    assert_eq!(course.machine.report().status, Status::Paused);
    assert_eq!(alone.go_on(&mut course, &mut journal).await, waits());
    let id = course.machine.pauses()[0].id;
    let said = given([("comment", Value::from("go ahead"))]);
    let answer = course.machine.answer(id, &said).unwrap();
    assert!(driver::answer(&mut course, id, answer.clone(), 5 * DAY_US, &mut journal));
    assert!(!driver::answer(&mut course, id, answer, 5 * DAY_US, &mut journal), "once is enough");
    assert!(matches!(&journal.entries[..], [one] if matches!(one.event, Event::Signal(..))), "{journal:?}");
    assert_eq!(alone.go_on(&mut course, &mut journal).await, Stand::Ended);
    let report = course.machine.report();
    let outputs = report.flow.outputs.as_object().unwrap();
    assert_eq!((report.status, outputs.get("comment")), (Status::Done, Some(&Value::from("go ahead"))));
    assert_eq!(report.duration_ms, (5 * DAY_MS) as f64);
    assert_eq!(json(&alone.replay(&journal).machine.report()), json(&report));
}

#[tokio::test]
async fn the_time_of_a_pause_passes_while_something_else_goes_on() {
    let (alone, start) = Alone::at(ASKS_BESIDE, 0);
    let mut journal = Journal { start: start.clone(), entries: Vec::new() };
    let mut course = Course::new(Machine::new(alone.program.clone(), start).unwrap());
    assert_eq!(alone.go_on(&mut course, &mut journal).await, Stand::Ended);
    let report = course.machine.report();
    let outputs = report.flow.outputs.as_object().unwrap();
    assert_eq!(outputs.get("told"), Some(&Value::from("nobody answered within 30 days")));
    // 30 days after the first of January, and not when the other wait ends.
    assert_eq!(outputs.get("at").unwrap().to_string(), "1970-01-31T00:00:00.000Z");
    assert_eq!(report.duration_ms, (40 * DAY_MS) as f64);
    assert_eq!(json(&alone.replay(&journal).machine.report()), json(&report));
}

#[tokio::test]
async fn a_run_that_comes_back_too_late_finds_the_pause_over() {
    let (alone, start) = Alone::at(ASKS, 31);
    let mut journal = Journal { start, entries: Vec::new() };
    let mut course = alone.replay(&journal);
    let id = course.machine.pauses()[0].id;
    let answer = course.machine.answer(id, &Record::default()).unwrap();
    let now_us = alone.world.time.now_us();
    assert!(!driver::answer(&mut course, id, answer, now_us, &mut journal), "an answer comes too late");
    assert_eq!(alone.go_on(&mut course, &mut journal).await, Stand::Ended);
    let error = course.machine.report().flow.error.unwrap();
    assert_eq!(&*error.message, "nobody answered within 30 days");
}
