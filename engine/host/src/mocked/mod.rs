//! Cards that mocks answer for: whatever performs them otherwise is not asked.

mod hosts;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flowrun_core::card::{EXTERNAL_NAME, external};
use flowrun_core::course::Place;
use flowrun_core::effect::{self, Act, Answer, Cursor, Effect, EffectId, Outcome, Page, Performance};
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::mocks::{Answering, Failure, Mock, Mocks, Then};
use flowrun_core::source::Span;
use flowrun_core::value::{Record, Text, Value, convert};
use flowrun_kit::clock::Clock;

pub(crate) use self::hosts::is_same;
pub use self::hosts::{Exchanged, Hosts};
use crate::exchange::address;
use crate::perform::{Perform, Performing};
use crate::record::{Recording, Replay};

/// The mocks of a run, and what was asked of them.
#[derive(Debug, Default)]
pub struct Mocking {
    mocks: Mocks,
    /// Answers in place of the vendors that were recorded.
    replay: Option<Arc<Replay>>,
    asked: Mutex<Asked>,
}

/// What was asked of mocks.
#[derive(Debug, Default)]
struct Asked {
    /// For each mock.
    counts: Vec<Count>,
    /// Which answer each effect got: one that is asked for again, because its process died, gets the same.
    answered: BTreeMap<EffectId, usize>,
    unanswered: Vec<Unanswered>,
    exchanged: Vec<Exchanged>,
    /// Whether a process of the run has died.
    again: bool,
}

/// How often a mock was asked.
#[derive(Debug)]
struct Count {
    calls: u32,
    /// How many requests each of its answers is for, where it stands in for a host.
    seen: Vec<u32>,
    /// How often each of its answers was given.
    given: Vec<u32>,
}

/// A call that no mock had an answer for.
#[derive(Clone, Debug)]
pub struct Unanswered {
    /// What is missing.
    pub message: String,
    /// What was given or asked.
    pub fields: Record,
    /// What to do about it: a mock that would answer, or what was recorded.
    pub help: String,
}

impl Mocking {
    /// These mocks and this recording, of which nothing was asked.
    pub fn new(mocks: Mocks, recording: Option<Arc<Recording>>) -> Mocking {
        let none = |mock: &Mock| vec![0; mock.answers.len()];
        let counts = mocks.0.iter().map(|mock| Count { calls: 0, seen: none(mock), given: none(mock) });
        let asked = Asked { counts: counts.collect(), ..Asked::default() };
        let replay = recording.map(|recording| Arc::new(Replay::new(recording)));
        Mocking { mocks, replay, asked: Mutex::new(asked) }
    }

    /// The mocks.
    pub fn mocks(&self) -> &Mocks {
        &self.mocks
    }

    /// The calls that nothing answered, in their order.
    pub fn unanswered(&self) -> Vec<Unanswered> {
        let recorded = self.replay.as_ref().map(|replay| replay.unexpected()).unwrap_or_default();
        self.asked().unanswered.iter().cloned().chain(recorded).collect()
    }

    /// A process of the run has died: another may ask again what was answered before.
    pub fn process_died(&self) {
        self.asked().again = true;
        if let Some(replay) = &self.replay {
            replay.process_died();
        }
    }

    /// The recording that answers in it, if one does.
    pub fn replay(&self) -> Option<&Arc<Replay>> {
        self.replay.as_ref()
    }

    /// The answers that were never given, each with what it stands in for.
    pub fn unused(&self) -> Vec<(String, Span)> {
        let asked = self.asked();
        let all = self.mocks.0.iter().zip(&asked.counts);
        let unused = all.flat_map(|(mock, count)| {
            let answers = mock.answers.iter().zip(&count.given).filter(|(_, given)| **given == 0);
            answers.map(|(answer, _)| (mock.named(), answer.span))
        });
        unused.collect()
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a call, and its place among those of its mock.
    fn answer(
        &self,
        id: EffectId,
        card: &Performance,
        mocked: effect::Mocked,
    ) -> Result<(&Answering, usize), Fault> {
        let fields = fields(card);
        let mock = self.mocks.0.get(mocked.mock as usize);
        let mut asked = self.asked();
        if let (Some(mock), Some(place)) = (mock, asked.answered.get(&id)) {
            return Ok((&mock.answers[*place], *place));
        }
        let mut call = 1;
        if let (Some(mock), Some(count)) = (mock, asked.counts.get_mut(mocked.mock as usize)) {
            count.calls += 1;
            call = count.calls;
            if let Some(place) = mock.fits(call, mocked.item, &fields, &count.given) {
                count.given[place] += 1;
                asked.answered.insert(id, place);
                return Ok((&mock.answers[place], place));
            }
        }
        let given = Value::from(fields.clone()).excerpt(200);
        let unanswered = Unanswered::new(named(card), fields, &remedy(card, mock));
        let why = match mock {
            Some(mock) => format!("none of the answers for `{}` fits", mock.named()),
            None => "nothing answers".to_owned(),
        };
        let message = format!("{why}: `{}`, call {call}, was given {given}", named(card));
        let fault = Fault::new(FaultKind::NotFound, message).help(&*unanswered.help);
        asked.unanswered.push(unanswered);
        Err(fault)
    }
}

impl Unanswered {
    fn new(target: &str, fields: Record, remedy: &str) -> Unanswered {
        let message = format!("nothing answers for `{target}`");
        Unanswered { message, fields, help: format!("add a mock, such as\n{remedy}") }
    }
}

/// A card as mocks name it.
fn named(card: &Performance) -> &str {
    let id = match (card.card.inputs.first(), card.args.first()) {
        (Some(field), Some(Value::Text(name))) if *field.name == *EXTERNAL_NAME => name,
        _ => &*card.card.id,
    };
    external(id).unwrap_or(id)
}

fn is_external(card: &Performance) -> bool {
    card.card.inputs.first().is_some_and(|field| *field.name == *EXTERNAL_NAME)
}

/// What a card was given, by name.
pub(crate) fn fields(card: &Performance) -> Record {
    let declared = card.card.inputs.iter().map(|input| Text::from(&*input.name));
    let names = declared.chain(card.names.iter().cloned()).zip(card.args.iter().cloned());
    // The name of an external card is none of its fields.
    names.filter(|(name, value)| !value.is_null() && **name != *EXTERNAL_NAME).collect()
}

/// A mock that would answer a call, as one would write it.
fn remedy(card: &Performance, mock: Option<&Mock>) -> String {
    let target = mock.map_or_else(|| named(card).to_owned(), Mock::named);
    if card.page.is_some() {
        return format!("{target}: {{ pages: [[{{ … }}]] }}");
    }
    // It calls a host of which nothing says that a connection leads there.
    if let Some(Value::Text(url)) = fields(card).get("url").filter(|_| mock.is_none() && !is_external(card))
        && url.contains("://")
    {
        let (host, path, _) = address(url);
        return format!("http:{host}: {{ request: {{ path: {path} }}, response: {{ body: {{ … }} }} }}");
    }
    let mut outputs = String::new();
    // An external card gives back what it was given where nothing else is said.
    for name in card.outputs.iter().filter(|name| !card.names.contains(name)) {
        let _ = write!(outputs, "{}{name}: …", if outputs.is_empty() { "" } else { ", " });
    }
    format!("{target}: {{ gives: {{ {outputs} }} }}")
}

/// Performs what no mock stands in for.
pub struct Mocked<P>(pub P, pub Arc<Mocking>, pub Clock);

impl<P: Perform> Perform for Mocked<P> {
    fn perform(&self, effect: Effect) -> Performing {
        let Act::Card(card) = &effect.act else { return self.0.perform(effect) };
        let Some(mocked) = card.mocked else { return self.0.perform(effect) };
        if let Some(Cursor::After(place)) = &card.page {
            return Performing::Ended(self.page_after(mocked, place));
        }
        let (outcome, after_ms) = match self.1.answer(effect.id, card, mocked) {
            Ok((answer, place)) => (given(answer, place, card), answer.after_ms),
            Err(fault) => (Err(fault), 0),
        };
        if after_ms == 0 {
            return Performing::Ended(outcome);
        }
        let (clock, limit) = (self.2.clone(), card.timeout_ms);
        Performing::Open(Box::pin(async move {
            clock.sleep(Duration::from_millis(after_ms.min(limit))).await;
            if after_ms > limit {
                let message = format!("no answer within {} s", Duration::from_millis(limit).as_secs_f64());
                return Err(Fault::timed_out(message));
            }
            outcome
        }))
    }

    fn place(&self, effect: &Effect) -> Place {
        match &effect.act {
            Act::Card(card) if card.mocked.is_some() => Place::Outside,
            _ => self.0.place(effect),
        }
    }

    fn behind(&self) -> Option<&dyn Perform> {
        Some(&self.0)
    }
}

impl<P> Mocked<P> {
    /// A page behind the first: its place says of which answer, and which page of it.
    fn page_after(&self, mocked: effect::Mocked, place: &Value) -> Outcome {
        let number = |index: usize| Some(place.as_list()?.get(index)?.as_number()? as usize);
        let answer = self
            .1
            .mocks
            .0
            .get(mocked.mock as usize)
            .zip(number(0))
            .and_then(|(mock, place)| mock.answers.get(place));
        match (answer.map(|answer| &answer.then), number(0), number(1)) {
            (Some(Then::Pages(pages)), Some(answer), Some(page)) => Ok(page_of(pages, answer, page)),
            _ => Err(Fault::new(FaultKind::Internal, "a page of a mock that has none")),
        }
    }
}

fn page_of(pages: &[Vec<Value>], answer: usize, page: usize) -> Answer {
    let next =
        (page + 1 < pages.len()).then(|| Value::list(vec![Value::from(answer), Value::from(page + 1)]));
    let records = pages.get(page).cloned().unwrap_or_default();
    Answer::Page(Page { records, total: None, next })
}

/// What an answer gives, by the card's names or by Okta's, each as the type that it is declared as.
fn given(answer: &Answering, place: usize, card: &Performance) -> Outcome {
    let outputs: Vec<(&str, &Value)> = match &answer.then {
        Then::Fails(failure) => return Err(fault(failure)),
        Then::Pages(pages) => return Ok(page_of(pages, place, 0)),
        Then::Responds(_) => return Err(Fault::new(FaultKind::Internal, "a mock for a host")),
        Then::Gives(outputs) => outputs.iter().map(|(name, value)| (&*name.it, value)).collect(),
    };
    if card.page.is_some() {
        let records = outputs.iter().find(|(name, _)| *name == "records").map(|(_, value)| *value);
        return match records {
            Some(Value::List(records)) => Ok(page_of(&[records.to_vec()], place, 0)),
            _ => Err(Fault::new(
                FaultKind::InvalidInput,
                "the mock of a card that streams has no list of `records`",
            )),
        };
    }
    let output = |name: &Text| {
        let declared = card.card.outputs.iter().find(|output| *output.name == **name);
        let is = |(given, _): &&(&str, &Value)| {
            *given == &**name || declared.is_some_and(|field| *field.key == **given)
        };
        let value = outputs.iter().find(is).map(|(_, value)| (*value).clone()).unwrap_or_default();
        match declared {
            Some(field) if !value.is_null() => {
                let kept = value.clone();
                convert(value, field.ty).unwrap_or(kept)
            }
            _ => value,
        }
    };
    Ok(Answer::Outputs(card.outputs.iter().map(output).collect()))
}

fn fault(failure: &Failure) -> Fault {
    let fault = Fault::new(failure.kind, failure.message.clone()).body(failure.body.clone());
    match failure.code {
        Some(code) => fault.code(code),
        None => fault,
    }
}
