//! Runs cards as a reader would paste them into a flow: in the project of `tests/cards`, over simulators that nobody has used before.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use flowrun_core::card::{Card, EXTERNAL_CARD, Then, Work, external};
use flowrun_core::course::Course;
use flowrun_core::diag::Severity;
use flowrun_core::load::reader::Reader;
use flowrun_core::machine::{Machine, Start};
use flowrun_core::mocks::Mocks;
use flowrun_core::program::{FlowId, Program};
use flowrun_core::report::{CardReport, FaultReport, FlowReport, Inside};
use flowrun_core::source::{FileId, Sources};
use flowrun_core::types::Kind;
use flowrun_core::value::{Record, Value, parse_json};
use flowrun_external::EXAMPLE_MOCKS;
use flowrun_host::driver::{self, Stand};
use flowrun_kit::clock::Clock;
use flowrun_kit::errand::Run;
use flowrun_project::Project;
use flowrun_tests::simulators::{Setup, Simulators};
use flowrun_tests::{examine, registry, world_of};

/// 2016-09-07T00:01:25.670Z, the time that the manual's examples of dates go by.
const NOW_MS: i64 = 1_473_206_485_670;

/// The flow that cards are pasted into.
const EXAMPLE: &str = "example";

/// What came of cards.
enum Came {
    /// It was not run: the mistakes that were found before.
    Refused(String),
    /// How its flow ended.
    Ran(Box<FlowReport>),
}

/// A value as a table or an example has it.
pub fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// The project in which cards are tried.
pub fn project() -> Sources {
    Project::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cards"), registry().vocabulary())
        .unwrap()
        .sources
}

/// The flow that consists of the example as the manual prints it.
pub fn flow(cards: &str) -> String {
    cards.lines().fold("cards:\n".to_owned(), |flow, line| format!("{flow}  {line}\n"))
}

/// A flow that does the same, but whose last card has its values over wires, so that only the run can tell what they are;
/// and the inputs of that flow.
fn over_wires(card: &Card, cards: &str) -> (String, Record) {
    let mut cards: Vec<serde_json::Value> = serde_yaml::from_str(cards).unwrap();
    let Some(with) = cards.last_mut().and_then(|last| last["with"].as_object_mut()) else {
        return (serde_json::json!({ "cards": cards }).to_string(), Record::default());
    };
    for field in card.inputs.iter().filter(|field| field.required) {
        with.entry(&*field.name).or_insert_with(|| None::<bool>.into());
    }
    let mut inputs = Record::default();
    for (name, value) in with {
        let names_something = card
            .input(name)
            .is_some_and(|input| matches!(card.inputs[input].ty.kind, Kind::Flow | Kind::Table));
        if !names_something && !value.to_string().contains("\"$.") {
            inputs.insert(name.as_str().into(), parse_json(&value.to_string()).unwrap());
            *value = format!("$.inputs.{name}").into();
        }
    }
    let types: BTreeMap<&str, &str> = inputs.keys().map(|name| (&**name, "any")).collect();
    (serde_json::json!({ "inputs": types, "cards": cards }).to_string(), inputs)
}

/// Whether nothing was wrong but that the example shows a key, which a flow has from a variable.
fn holds_key(found: &str) -> bool {
    found.lines().all(|mistake| mistake.ends_with("is in the file"))
}

async fn come(project: &Sources, flow: &str, inputs: Record, then: &Then) -> Came {
    let mut sources = project.clone();
    sources.add(&format!("{EXAMPLE}.yaml"), flow);
    let (program, found) = examine(&sources, &[]);
    let mistakes = found.iter().filter(|found| found.code.severity() == Severity::Error);
    let mistakes: Vec<&str> = mistakes.map(|found| found.message.as_str()).collect();
    match program.find(EXAMPLE) {
        Some(entry) if mistakes.is_empty() => {
            Came::Ran(Box::new(run(Arc::new(program), entry, inputs, then).await))
        }
        _ => Came::Refused(mistakes.join("\n")),
    }
}

async fn run(program: Arc<Program>, entry: FlowId, inputs: Record, then: &Then) -> FlowReport {
    let clock = Clock::simulated(NOW_MS);
    let simulators = Simulators::new(clock.clone(), &Setup::default());
    let run = Run { sources: Arc::new(project()), ..Run::default() };
    let mut reader = Reader::plain(FileId(0), EXAMPLE_MOCKS);
    let mocks = reader.parse().map(|node| Mocks::read(&mut reader, &node)).unwrap();
    let mut program = Arc::unwrap_or_clone(program);
    program.mock(&mocks, entry, &|_| false);
    let program = Arc::new(program);
    let world = world_of(&program, &simulators, mocks, run);
    let start = Start::new(entry, inputs, EXAMPLE, NOW_MS * 1000);
    let mut course = Course::new(Machine::new(program, start).unwrap());
    while let Stand::Waits { .. } = driver::go_on(&mut course, &world, &mut (), &mut ()).await {
        let pause = course.machine.pauses().into_iter().next().expect("it waits for an answer");
        let answer = course.machine.answer(pause.id, &answer(then)).unwrap();
        let now_us = course.machine.now_us();
        assert!(driver::answer(&mut course, pause.id, answer, now_us, &mut ()));
    }
    course.machine.report().flow
}

/// What a pause is answered with: what its card is to give, as texts where that can be told by a text.
fn answer(then: &Then) -> Record {
    let Then::Gives(wanted) = then else { return Record::default() };
    let told = |value: &Value| match value {
        Value::List(_) | Value::Object(_) | Value::Null => value.clone(),
        other => Value::from(other.to_string()),
    };
    yaml(wanted).as_object().unwrap().iter().map(|(name, value)| (name.clone(), told(value))).collect()
}

/// What the last card that ran put out. Return puts nothing out: it gives the flow's outputs.
fn outputs(flow: &FlowReport) -> Record {
    let last = flow.cards.last().unwrap();
    let shown = if last.card == "flow_control.return" { &flow.outputs } else { &last.outputs };
    // Dates and the like become what the report shows.
    let shown = parse_json(&shown.to_json()).unwrap();
    shown.as_object().cloned().unwrap_or_default()
}

fn told(error: &FaultReport) -> String {
    format!("{}: {}", error.kind, error.message)
}

/// Whether a card with this ID ran, in a branch too.
fn ran(cards: &[CardReport], id: &str) -> bool {
    // An external card goes by its own name.
    let is_meant =
        |card: &CardReport| *card.card == *id || id == EXTERNAL_CARD && external(&card.card).is_some();
    cards
        .iter()
        .any(|card| is_meant(card) || matches!(&card.inside, Inside::Arm { cards, .. } if ran(cards, id)))
}

/// What is wrong with an example, if something is.
fn wrong(card: &Card, then: &Then, came: &Came) -> Option<String> {
    match (then, came) {
        (Then::Fails(message), Came::Refused(found)) => {
            (!found.contains(&**message)).then(|| format!("was refused with\n{found}\nnot: {message}"))
        }
        (Then::Gives(_), Came::Refused(found)) => Some(format!("was refused with\n{found}")),
        (Then::Fails(message), Came::Ran(flow)) => match &flow.error {
            Some(error) if told(error).contains(&**message) => None,
            Some(error) => Some(format!("failed with {}\nnot: {message}", told(error))),
            None => Some(format!("gave {:?}\ninstead of failing: {message}", outputs(flow))),
        },
        (Then::Gives(wanted), Came::Ran(flow)) => {
            if let Some(error) = &flow.error {
                return Some(format!("failed with {}\ninstead of giving {wanted}", told(error)));
            }
            if !ran(&flow.cards, &card.id) {
                return Some("does not show the card".to_owned());
            }
            let found = outputs(flow);
            let wanted = yaml(wanted);
            let wanted = wanted.as_object().unwrap();
            // A report leaves blank outputs out.
            let differs = wanted.iter().filter(|(name, value)| match found.get(name) {
                Some(found) => found != *value,
                None => !value.is_null(),
            });
            // Much of what a vendor answers is of no interest; what other cards give is told whole.
            let whole = !matches!(card.work, Work::Effect(_));
            let more = found.keys().filter(|name| whole && !wanted.contains_key(name));
            let names: Vec<String> =
                differs.map(|(name, _)| name).chain(more).map(|name| name.to_string()).collect();
            (!names.is_empty()).then(|| format!("gave {found:?}\nnot {wanted:?}: {}", names.join(", ")))
        }
    }
}

/// What is wrong with cards that should end so, the last of which is what counts; nothing if they do.
///
/// A failure may be found before the run already. If it is told in other words then, the card must fail in the run too when the same values come
/// over wires. So does a card that is given a key: no file may hold one.
pub async fn tried(project: &Sources, card: &Card, cards: &str, then: &Then) -> Option<String> {
    let mut came = come(project, &flow(cards), Record::default(), then).await;
    if let Came::Refused(found) = &came
        && (matches!(then, Then::Fails(_)) || holds_key(found))
        && wrong(card, then, &came).is_some()
    {
        let (flow, inputs) = over_wires(card, cards);
        came = come(project, &flow, inputs, then).await;
    }
    wrong(card, then, &came)
}
