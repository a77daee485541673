//! A journal is enough: every flow, cut after every entry and resumed, ends with the same report and repeats no effect.
//!
//! The flows run with their effects completing in random orders, over simulators; the resumed runs have no world at all:
//! what the journal still holds is all that they may ask for.

use std::path::Path;
use std::sync::Arc;

use flowrun_core::course::{Course, Open, Turned};
use flowrun_core::effect::{Act, Effect, EffectId};
use flowrun_core::journal::{Asked, Event, Journal, Recorded, ReplayError};
use flowrun_core::machine::{Machine, Start};
use flowrun_core::program::{FlowId, Program};
use flowrun_core::source::Sources;
use flowrun_core::value::{Record, Text, Value};
use flowrun_host::driver::World;
use flowrun_kit::clock::Clock;
use flowrun_tests::simulators::{Setup, Simulators};
use flowrun_tests::{compile, registry, sources, times, world};

/// The flows of the import.
pub const IMPORTS: [&str; 2] = ["import", "deactivate"];

/// In how many orders every flow is run unless the environment says.
const ORDERS: u64 = 20;

/// A flow to run.
pub struct Subject {
    pub name: String,
    /// Its files as one text.
    pub text: String,
    pub program: Arc<Program>,
    pub entry: FlowId,
    pub inputs: Record,
}

/// The flows of `tests/flows` and the import itself.
pub fn subjects() -> Vec<Subject> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases: Vec<_> =
        std::fs::read_dir(root.join("flows")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    cases.sort();
    let mut subjects: Vec<Subject> = cases
        .iter()
        .map(|path| {
            let case = std::fs::read_to_string(path).unwrap();
            let (program, entry) = compile(&sources(&case), "main", &[]);
            Subject {
                name: path.file_stem().unwrap().to_string_lossy().into_owned(),
                program,
                entry,
                inputs: inputs(&case),
                text: case,
            }
        })
        .collect();
    let project = flowrun_project::Project::read(&root.join("../flows"), registry().vocabulary()).unwrap();
    // Two employees to a request and two requests to a session, so that few employees make several sessions.
    let mut small = Sources::default();
    for (_, source) in project.sources.iter() {
        let text = source.text.replace("entriesPerBulkRequest: 200", "entriesPerBulkRequest: 2");
        small.add(&source.path, &text.replace("bulkRequestsPerSession: 50", "bulkRequestsPerSession: 2"));
    }
    for flow in IMPORTS {
        let vars = [(Text::from("max_deactivation_share"), Value::from(100.0))];
        let (program, entry) = compile(&small, flow, &vars);
        let text = small.iter().map(|(_, source)| format!("{}\n{}", source.path, source.text)).collect();
        subjects.push(Subject { name: flow.to_owned(), text, program, entry, inputs: Record::default() });
    }
    subjects
}

/// The inputs that the first line of a case gives.
fn inputs(case: &str) -> Record {
    let line = case.lines().next().unwrap_or_default();
    let words = line.split_whitespace().collect::<Vec<_>>();
    let given =
        words.windows(2).filter(|pair| pair[0] == "--input").filter_map(|pair| pair[1].split_once('='));
    given.map(|(name, value)| (Text::from(name), flowrun_core::load::constant(value).unwrap())).collect()
}

/// Runs a flow to its end, completing one effect after the other in the order that `choices` say.
async fn run(
    subject: &Subject,
    world: &World,
    choices: &mut impl FnMut(usize) -> usize,
) -> (Journal, String) {
    let start = Start::new(subject.entry, subject.inputs.clone(), "replay", 1_790_000_000_000_000);
    let mut journal = Journal { start: start.clone(), entries: Vec::new() };
    let mut course = Course::new(Machine::new(subject.program.clone(), start).unwrap());
    let mut open: Vec<EffectId> = Vec::new();
    loop {
        if let Turned::Done = course.turn(&(), true, &mut |id| open.push(id)) {
            return (journal, json(&course.machine));
        }
        let effect = course.take(open.remove(choices(open.len()))).unwrap();
        let (id, outcome) = world.perform(effect).await;
        let at_us = world.time.clock().now_ms() * 1000;
        let Open { names, print, .. } = course.end(id).unwrap();
        let event = Event::Completed(Asked { id, print }, Recorded::of(&outcome, &names));
        journal.entries.push(course.entry(at_us, event));
        course.complete(id, outcome, at_us);
    }
}

/// Runs a flow over new simulators, in an order that follows from `seed`.
pub async fn random_run(subject: &Subject, seed: u64) -> (Journal, String) {
    let clock = Clock::simulated(1_790_000_000_000);
    // With this seed one of the five has left, so that there is somebody to deactivate.
    let simulators =
        Simulators::new(clock, &Setup { employees: 5, seed: 4, duplicates: 1, ..Setup::default() });
    let world = world(&subject.program, &simulators);
    let mut state = seed | 1;
    let mut choices = |open: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % open as u64) as usize
    };
    world.time.clock().drive(run(subject, &world, &mut choices)).await
}

pub fn json(machine: &Machine) -> String {
    serde_json::to_string(&machine.report()).unwrap()
}

/// Resumes a run of which only the first `kept` entries are known, feeding it the rest as it asks for it.
fn resumed(journal: &Journal, program: &Arc<Program>, kept: usize) -> String {
    let cut = Journal { entries: journal.entries[..kept].to_vec(), ..journal.clone() };
    let mut course = cut.replay(program.clone(), &mut ()).unwrap();
    for entry in &journal.entries[kept..] {
        // It has gone as far as it goes by itself: what is asked for is asked for now.
        course.apply(entry, &mut ()).unwrap();
    }
    course.catch_up(&mut ());
    assert_eq!(course.open().count(), 0, "asked for more than the first run");
    json(&course.machine)
}

#[test]
fn every_flow_resumes_after_every_entry_in_many_orders() {
    let subjects = subjects();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (orders, mut cuts) = (times("FLOWRUN_ORDERS", ORDERS), 0);
    for seed in 0..orders {
        for subject in &subjects {
            let imports = IMPORTS.contains(&&*subject.name);
            // The imports are long, and the time that all their cuts take grows with the square of that.
            if imports && seed % 10 != 0 {
                continue;
            }
            let (journal, whole) = runtime.block_on(random_run(subject, seed));
            let opened = journal.entries.len() > 20 && whole.contains("okta.create_import_session");
            assert!(opened || !imports, "{} opened no session:\n{whole}", subject.name);
            for kept in 0..=journal.entries.len() {
                cuts += 1;
                let again = resumed(&journal, &subject.program, kept);
                assert!(
                    again == whole,
                    "{}, order {seed}, cut after {kept}:\n{again}\n{whole}",
                    subject.name
                );
            }
        }
    }
    assert!(cuts > orders * 25, "too few cuts to mean anything: {cuts}");
}

#[test]
fn where_a_journal_does_not_fit_it_is_said_what_is_asked_now() {
    let (one, other) = (
        "cards: [{ card: flow_control.wait_for, with: { delay: 1 } }]",
        "cards: [{ card: flow_control.wait_for, with: { delay: 2 } }]",
    );
    let program = |text| compile(&sources(&format!("#### file: main.yaml\n{text}\n")), "main", &[]);
    let ((one, entry), (other, _)) = (program(one), program(other));
    let start = Start::new(entry, Record::default(), "replay", 0);
    let mut course = Course::new(Machine::new(one.clone(), start.clone()).unwrap());
    let mut asked = Vec::new();
    course.turn(&(), true, &mut |id| asked.push(id));
    let print = course.print(asked[0]).unwrap();
    let event = Event::Completed(Asked { id: asked[0], print }, Recorded::Waited);
    let journal = Journal { start, entries: vec![course.entry(1_000_000, event)] };
    assert!(journal.replay(one, &mut ()).is_ok());
    let Err(ReplayError::Diverged(at)) = journal.replay(other, &mut ()) else { panic!("it diverges") };
    assert!(matches!(at.now, Some(Effect { act: Act::WaitUntil(2_000_000), .. })), "{at:?}");
}
