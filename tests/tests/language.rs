//! A run that was begun by one flowrun goes on with the next: the machine takes the same turns for the same flows and the same
//! completions, as long as the language has the same version.
//!
//! `tests/language/VERSION.txt` has a line for each test flow: its name, then what went to and fro in a run of it over simulators,
//! each as a few digits of its hash. `f` is the flow, `a` what the machine asked for, `c` how that was completed, `e` how the run
//! ended. Where a line parts from what happens now, the letter says whose doing it is: a flow or a simulator has changed, which is nobody's
//! fault, or the machine has.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use flowrun_core::effect::{Act, Answer, Cursor, Effect, Outcome};
use flowrun_core::machine::{Machine, Start, Turn};
use flowrun_core::program::LANGUAGE;
use flowrun_core::value::Value;
use flowrun_host::driver::World;
use flowrun_kit::clock::Clock;
use flowrun_project::bundle::Digest;
use flowrun_tests::simulators::{Setup, Simulators};
use flowrun_tests::world;

use crate::replay::{Subject, subjects};

/// Writes the file anew.
const RECORD: &str = "FLOWRUN_RECORD_TURNS";

/// The file of a version of the language.
fn file(version: u16) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("language/{version}.txt"))
}

fn token(kind: char, text: &str) -> String {
    format!("{kind}{}", &Digest::of(text).to_string()[..6])
}

/// What an effect asks for, in words that stay the same when its form in the program changes.
fn asked(effect: &Effect) -> String {
    match &effect.act {
        Act::WaitUntil(us) => format!("wait until {us}"),
        Act::Pause(pause) => format!("pause until {}", pause.until_us),
        Act::Card(performance) => {
            let mut text = format!("{} {:?}", performance.card.id, performance.connection);
            let declared = performance.card.inputs.iter().map(|input| &*input.name);
            let names = declared.chain(performance.names.iter().map(|name| &**name));
            for (name, value) in names.zip(&performance.args) {
                let _ = write!(text, "\n{name}: {}", value.to_json());
            }
            let page = match &performance.page {
                None => String::new(),
                Some(Cursor::First) => "first page".to_owned(),
                Some(Cursor::After(after)) => format!("page after {}", after.to_json()),
            };
            format!("{text}\n{page}")
        }
    }
}

/// How an effect was completed, in such words.
fn completed(outcome: &Outcome) -> String {
    let list = |values: &[Value]| values.iter().map(Value::to_json).collect::<Vec<_>>().join("\n");
    match outcome {
        Ok(Answer::Outputs(outputs)) => list(outputs),
        Ok(Answer::Page(page)) => {
            let next = page.next.as_ref().map(Value::to_json);
            format!("{} of {:?}, then {next:?}", list(&page.records), page.total)
        }
        Ok(Answer::Waited) => "waited".to_owned(),
        Err(fault) => fault.to_string(),
    }
}

/// What goes to and fro in a run whose effects complete in the order in which they were asked for.
async fn turns(subject: &Subject, world: &World) -> String {
    let start = Start::new(subject.entry, subject.inputs.clone(), "language", 1_790_000_000_000_000);
    let mut machine = Machine::new(subject.program.clone(), start).unwrap();
    let mut line = token('f', &subject.text);
    let mut open: Vec<Effect> = Vec::new();
    let mut add = |token: String| line.extend([" ", &token]);
    loop {
        match machine.turn() {
            Turn::Done => break,
            Turn::Busy(effects) | Turn::Blocked(effects) => {
                effects.iter().for_each(|effect| add(token('a', &asked(effect))));
                open.extend(effects);
            }
        }
        let (id, outcome) = world.perform(open.remove(0)).await;
        let at_us = world.time.clock().now_ms() * 1000;
        add(token('c', &format!("{at_us} {}", completed(&outcome))));
        machine.complete(id, outcome, at_us);
    }
    let report = machine.report();
    add(token('e', &format!("{:?} {}", report.status, serde_json::to_string(&report.flow.outputs).unwrap())));
    line
}

/// The lines of all test flows, by their names.
fn now() -> BTreeMap<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let line = |subject: Subject| {
        let clock = Clock::simulated(1_790_000_000_000);
        let setup = Setup { employees: 5, seed: 4, duplicates: 1, ..Setup::default() };
        let world = world(&subject.program, &Simulators::new(clock, &setup));
        let line = runtime.block_on(world.time.clock().drive(turns(&subject, &world)));
        (subject.name, line)
    };
    subjects().into_iter().map(line).collect()
}

#[test]
fn the_machine_takes_the_turns_of_its_language() {
    let now = now();
    let path = file(LANGUAGE);
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let kept: BTreeMap<&str, &str> = kept.lines().filter_map(|line| line.split_once(": ")).collect();
    let (mut otherwise, mut stale) = (Vec::new(), Vec::new());
    for (name, line) in &now {
        let known = kept.get(&**name).copied().unwrap_or_default();
        match parting(known, line) {
            None => {}
            Some('a' | 'e') => otherwise.push(&**name),
            Some(_) => stale.push(&**name),
        }
    }
    stale.extend(kept.keys().filter(|name| !now.contains_key(**name)));
    let record = std::env::var_os(RECORD).is_some();
    assert!(
        otherwise.is_empty() || record,
        "the machine takes other turns than runs that began under version {LANGUAGE} of the language: {otherwise:?}. \
         If that is meant, raise LANGUAGE in engine/core/src/program.rs and record that version's turns with {RECORD}=1"
    );
    if record {
        let lines: String = now.iter().map(|(name, line)| format!("{name}: {line}\n")).collect();
        std::fs::write(&path, lines).unwrap();
    }
    assert!(
        stale.is_empty() || record,
        "flows, or what completes their effects, have changed, the machine has not: record their turns with {RECORD}=1: {stale:?}"
    );
}

/// Whose doing the first difference is; none if there is none. Where one side goes on, it is the machine's: it alone ends runs.
fn parting(known: &str, line: &str) -> Option<char> {
    if known.is_empty() {
        return Some('f');
    }
    let mut pairs = known.split(' ').zip(line.split(' '));
    let differs = pairs.find(|(was, is)| was != is);
    differs.map(|(was, is)| {
        let kinds = [was, is].map(|token| token.chars().next().unwrap_or('a'));
        if kinds[0] == kinds[1] { kinds[0] } else { 'a' }
    })
}

#[test]
fn whose_doing_a_difference_is() {
    let known = "f1 a1 c1 a2 c2 e1";
    for (line, expected) in [
        (known, None),
        ("f2 a9 c1 e1", Some('f')),
        ("f1 a2 c1 a2 c2 e1", Some('a')),
        // What the simulator answers otherwise, a flow asks on otherwise.
        ("f1 a1 c2 a3 c3 e2", Some('c')),
        // Two at a time, where it was one after the other.
        ("f1 a1 a2 c1 c2 e1", Some('a')),
        ("f1 a1 c1 e1", Some('a')),
        ("f1 a1 c1 a2 c2 e2", Some('e')),
    ] {
        assert_eq!(parting(known, line), expected, "{line}");
    }
    assert_eq!(parting("", known), Some('f'));
}
