//! What came from outside during a run: enough to make the run again, in this process or in another.

use std::fmt;
use std::sync::Arc;

use crate::course::{Course, Own};
use crate::effect::{Act, Answer, Effect, EffectId, Outcome, Page};
use crate::fault::{Fault, InputId};
use crate::machine::{Limits, Machine, Start};
use crate::program::Program;
use crate::value::{Text, Value};

/// One entry of a journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// How many turns the machine took since the entry before it. What the run did on its own meanwhile, with tables that no other
    /// run sees, has no entries: the same turns do the same again.
    pub after: u32,
    /// When, in microseconds since 1970.
    pub at_us: i64,
    /// What came.
    pub event: Event,
}

/// What came from outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The first request of an effect that is not simply repeated after a crash is about to be sent. It moves no machine: it tells after a crash
    /// what may have happened.
    Began(Asked),
    /// An effect ended.
    Completed(Asked, Recorded),
    /// Somebody answered a pause.
    Signal(Asked, Recorded),
    /// It was found out, or somebody said, what became of an effect that had begun before a crash.
    Settled(Asked, Settlement),
    /// Time went on, while the run was busy with itself.
    Passed,
    /// The run was cancelled.
    Cancelled,
}

/// An effect, and what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which.
    pub id: EffectId,
    /// A fingerprint of what was asked: [`Effect::print`].
    pub print: u64,
}

/// What became of an effect that had begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It was done; a completion says with which outputs.
    Happened,
    /// It was not done: it may be begun again.
    DidNot,
    /// Nobody knows, and the run goes on as after an error.
    Failed,
}

/// How an effect ended, by names rather than places: another version of a card may have more outputs, in another order.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// A card's outputs.
    Outputs(Vec<(Text, Value)>),
    /// A page of a stream.
    Page(Page),
    /// The wait is over.
    Waited,
    /// It failed, at the input of this name.
    Failed(Fault, Option<Text>),
}

impl Recorded {
    /// What is written down of an outcome.
    pub fn of(outcome: &Outcome, names: &Names) -> Recorded {
        match outcome {
            Ok(Answer::Outputs(values)) => {
                Recorded::Outputs(names.outputs.iter().cloned().zip(values.iter().cloned()).collect())
            }
            Ok(Answer::Page(page)) => Recorded::Page(page.clone()),
            Ok(Answer::Waited) => Recorded::Waited,
            Err(fault) => {
                let input = fault.input.and_then(|input| names.inputs().nth(usize::from(input.0)));
                Recorded::Failed(fault.clone().nowhere(), input)
            }
        }
    }

    /// What it means to a card of these names.
    pub fn outcome(&self, names: &Names) -> Outcome {
        match self {
            Recorded::Outputs(given) => {
                // Nearly always they are the same names in the same order.
                let same = given.len() == names.outputs.len();
                let same = same && given.iter().zip(&*names.outputs).all(|((given, _), name)| given == name);
                let value = |name: &Text| given.iter().find(|(given, _)| given == name);
                Ok(Answer::Outputs(if same {
                    given.iter().map(|(_, value)| value.clone()).collect()
                } else {
                    names
                        .outputs
                        .iter()
                        .map(|name| value(name).map(|(_, value)| value.clone()).unwrap_or_default())
                        .collect()
                }))
            }
            Recorded::Page(page) => Ok(Answer::Page(page.clone())),
            Recorded::Waited => Ok(Answer::Waited),
            Recorded::Failed(fault, input) => {
                let place = input.as_ref().and_then(|input| names.inputs().position(|name| name == *input));
                Err(match place {
                    Some(place) => fault.clone().at(InputId(place as u16)),
                    None => fault.clone(),
                })
            }
        }
    }
}

/// What the fields of an effect's card are called.
#[derive(Clone, Debug, Default)]
pub struct Names {
    card: Option<Arc<crate::card::Card>>,
    given: Arc<[Text]>,
    outputs: Arc<[Text]>,
}

impl Names {
    /// Those of an effect.
    pub fn of(effect: &Effect) -> Names {
        match &effect.act {
            Act::Card(performance) => Names {
                card: Some(performance.card.clone()),
                given: performance.names.clone(),
                outputs: performance.outputs.clone(),
            },
            Act::Pause(pause) => Names { outputs: pause.outputs.clone(), ..Names::default() },
            Act::WaitUntil(_) => Names::default(),
        }
    }

    fn inputs(&self) -> impl Iterator<Item = Text> + '_ {
        let declared = self.card.iter().flat_map(|card| card.inputs.iter());
        declared.map(|field| Text::from(&*field.name)).chain(self.given.iter().cloned())
    }
}

/// The journal of one run: how it started, and what came from outside.
#[derive(Clone, Debug)]
pub struct Journal {
    /// How the run started.
    pub start: Start,
    /// What came from outside, in its order.
    pub entries: Vec<Entry>,
}

/// Why a journal can't be replayed.
#[derive(Debug)]
pub enum ReplayError {
    /// The start was refused.
    Start(Fault),
    /// The run takes another way with this program than the one that was journaled.
    Diverged(Box<Diverged>),
}

/// Where a run takes another way than it took.
#[derive(Clone, Debug)]
pub struct Diverged {
    /// The place of the entry in the journal, from 0.
    pub entry: usize,
    /// What had been asked for there.
    pub then: Asked,
    /// What the same card asks for now; none if it asks for nothing.
    pub now: Option<Effect>,
    /// What is asked for now and has no end yet.
    pub open: Vec<Effect>,
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayError::Start(fault) => write!(f, "{fault}"),
            ReplayError::Diverged(at) if at.now.is_some() => {
                write!(f, "entry {} of the journal: {} asks for something else now", at.entry + 1, at.then.id)
            }
            ReplayError::Diverged(at) => {
                write!(
                    f,
                    "entry {} of the journal is of {}, which asks for nothing now",
                    at.entry + 1,
                    at.then.id
                )
            }
        }
    }
}

impl std::error::Error for ReplayError {}

impl Journal {
    /// Brings a run to where the journal ends; `own` does again what it did with what is its own.
    pub fn replay(&self, program: Arc<Program>, own: &mut dyn Own) -> Result<Course, ReplayError> {
        self.replay_within(program, Limits::default(), own)
    }

    /// The same of a run that goes on within these limits.
    pub fn replay_within(
        &self,
        program: Arc<Program>,
        limits: Limits,
        own: &mut dyn Own,
    ) -> Result<Course, ReplayError> {
        let machine = Machine::new(program, self.start.clone()).map_err(ReplayError::Start)?;
        let mut course = Course::new(machine.within(limits));
        for entry in &self.entries {
            course.apply(entry, own)?;
        }
        course.catch_up(own);
        Ok(course)
    }
}
