//! Mocks: what is answered in place of cards, of whole helper flows and, below the cards, of hosts. They stand in a file that `--mock` names and in flow tests, in one
//! form.

mod judge;
mod place;
mod read;
mod request;

pub use place::NOBODY;
pub use read::{FAILURE_KEYS, KEYS};
pub use request::{REQUEST_KEYS, RESPONSE_KEYS, Requested, Responding, is_path, read_path};

use crate::fault::FaultKind;
use crate::model::{At, Name};
use crate::pattern::Pattern;
use crate::source::Span;
use crate::value::{Record, Text, Value};

/// The mocks of a run.
#[derive(Clone, Debug, Default)]
pub struct Mocks(pub Vec<Mock>);

/// What is answered in one place.
#[derive(Clone, Debug)]
pub struct Mock {
    /// What it stands in for.
    pub target: At<Target>,
    /// Its answers: the first that fits is given.
    pub answers: Vec<Answering>,
}

/// What a mock stands in for. Of two that stand in for the same card, the narrower one does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every use of a card: `slack.send_message`.
    Card(Text),
    /// The card with this ID, of this flow or of the one that the run starts with: `greet/sent`, `sent`.
    Step {
        /// The flow.
        flow: Option<Text>,
        /// The ID.
        id: Text,
    },
    /// A whole helper flow: `flow:archive`.
    Flow(Text),
    /// What is exchanged with a host, below the cards: `http:api.example.com`.
    Host(Text),
}

/// An answer, and when it is given.
#[derive(Clone, Debug)]
pub struct Answering {
    /// Where it is written.
    pub span: Span,
    /// The fields that must be so; others may be anything.
    pub when: Vec<(Text, Pattern)>,
    /// The requests that it is for, where it stands in for a host.
    pub request: Requested,
    /// Which calls it is for, counted from 1; all where nothing is said. Of a host those that are such requests are counted.
    pub call: Option<(u32, u32)>,
    /// Which item of a loop it is for, counted from 0.
    pub item: Option<u32>,
    /// How often it is given.
    pub times: Option<u32>,
    /// How long it takes, in milliseconds.
    pub after_ms: u64,
    /// The name under which a test chooses it.
    pub name: Option<Text>,
    /// What it is.
    pub then: Then,
}

/// What an answer is.
#[derive(Clone, Debug)]
pub enum Then {
    /// These outputs.
    Gives(Vec<(Name, Value)>),
    /// These pages of records, of a card that streams.
    Pages(Vec<Vec<Value>>),
    /// This answer of a host.
    Responds(Responding),
    /// This failure.
    Fails(Failure),
}

/// A failure that is answered.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FaultKind,
    /// What is told.
    pub message: Text,
    /// The HTTP status.
    pub code: Option<u16>,
    /// What the vendor says.
    pub body: Value,
}

impl Mock {
    /// The target as it is written.
    pub fn named(&self) -> String {
        self.target.it.to_string()
    }

    /// Which answer is given to a call with these fields, after `given` says how often each was given before: its place.
    pub fn fits(&self, call: u32, item: Option<u32>, fields: &Record, given: &[u32]) -> Option<usize> {
        self.answers.iter().enumerate().position(|(place, answer)| {
            answer.call.is_none_or(|(first, last)| (first..=last).contains(&call))
                && answer.item.is_none_or(|wanted| item == Some(wanted))
                && answer.times.is_none_or(|times| given.get(place).is_none_or(|given| *given < times))
                && answer
                    .when
                    .iter()
                    .all(|(name, pattern)| pattern.holds(fields.get(name).unwrap_or(&Value::Null)))
        })
    }

    /// Which answer is given to a request that a host gets, by its parts; `seen` counts for each the requests that were such, and `given` how
    /// often it was given.
    pub fn fits_request(&self, parts: &Record, seen: &mut [u32], given: &[u32]) -> Option<usize> {
        let mut fits = None;
        for (place, answer) in self.answers.iter().enumerate().filter(|(_, one)| one.request.fits(parts)) {
            let call = seen.get_mut(place).map_or(1, |seen| {
                *seen += 1;
                *seen
            });
            let is_meant = answer.call.is_none_or(|(first, last)| (first..=last).contains(&call))
                && answer.times.is_none_or(|times| given.get(place).is_none_or(|given| *given < times));
            fits = fits.or(is_meant.then_some(place));
        }
        fits
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Target::Card(card) => f.write_str(card),
            Target::Step { flow: Some(flow), id } => write!(f, "{flow}/{id}"),
            Target::Step { flow: None, id } => f.write_str(id),
            Target::Flow(flow) => write!(f, "flow:{flow}"),
            Target::Host(host) => write!(f, "http:{host}"),
        }
    }
}
