//! What the machine asks of the world, and what the world answers.

use std::sync::Arc;

use crate::card::Card;
use crate::fault::Fault;
use crate::value::{Text, Value};

/// Which effect of a run: the same on every replay, whatever the order in which effects complete, and in every program in which
/// the same cards of the same flows lead to it. It is made of names, not of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EffectId {
    /// The frame: made from the path of calls and items that leads to it.
    pub frame: u64,
    /// The card in the frame's flow: [`Step::key`](crate::program::Step::key).
    pub card: u64,
    /// Which visit of the card: tries and pages count on.
    pub visit: u32,
}

impl std::fmt::Display for EffectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}.{:016x}.{}", self.frame, self.card, self.visit)
    }
}

/// Something that the machine needs done.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Under which it is completed.
    pub id: EffectId,
    /// What is to be done.
    pub act: Act,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Act {
    /// Perform a card.
    Card(Performance),
    /// Let time pass until then, in microseconds since 1970.
    WaitUntil(i64),
    /// Wait for somebody to answer.
    Pause(Pause),
}

/// A wait for somebody's answer.
#[derive(Clone, Debug)]
pub struct Pause {
    /// Until when it waits, in microseconds since 1970.
    pub until_us: i64,
    /// The outputs that the answer becomes.
    pub outputs: Arc<[Text]>,
}

/// A card to perform.
#[derive(Clone, Debug)]
pub struct Performance {
    /// The card.
    pub card: Arc<Card>,
    /// The connection to use, as an index into the program's.
    pub connection: Option<u32>,
    /// One value for each declared input, then one for each of `names`.
    pub args: Vec<Value>,
    /// The inputs that the author named.
    pub names: Arc<[Text]>,
    /// All outputs wanted: those declared, then those that the author named.
    pub outputs: Arc<[Text]>,
    /// For a card that streams: the page wanted.
    pub page: Option<Cursor>,
    /// How long it may take, in milliseconds.
    pub timeout_ms: u64,
    /// Whether it cleans up after a failure, so that a stop of the run does not hinder it.
    pub cleans_up: bool,
    /// Who answers in the card's place.
    pub mocked: Option<Mocked>,
}

/// Who answers in a card's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mocked {
    /// Which of the run's mocks; [`NOBODY`](crate::mocks::NOBODY) where nothing does.
    pub mock: u32,
    /// The item of the loop that the card is in, counted from 0: of the innermost one.
    pub item: Option<u32>,
}

/// Which page of a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Cursor {
    /// The first one.
    First,
    /// The one that an earlier page named.
    After(Value),
}

/// What the world answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A card's outputs, one for each wanted.
    Outputs(Vec<Value>),
    /// A page of a stream.
    Page(Page),
    /// The wait is over.
    Waited,
}

/// A page of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The records, in their order.
    pub records: Vec<Value>,
    /// How many records the stream has on all of its pages, where the vendor says so.
    pub total: Option<u64>,
    /// Where the next page is; none after the last.
    pub next: Option<Value>,
}

/// How an effect ended.
pub type Outcome = Result<Answer, Fault>;
