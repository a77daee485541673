//! Cards: how one is declared, and what a declaration tells the checker, the manual and the machine.
//!
//! A card is a struct whose fields are its inputs. Its doc comment and those of its fields are the user's manual, its
//! examples are its first tests. See `engine/cards/src/text/split.rs` for one to copy.

use std::time::Duration;

use crate::does::Does;
use crate::fault::{Fault, InputId, Result};
use crate::types::{Kind, Type};
use crate::value::{FromValue, IntoValue, Record, Text, Value};

/// One input or output of a card.
#[derive(Debug)]
pub struct Field {
    /// Its name in flow files.
    pub name: &'static str,
    /// Its key in Okta's exports.
    pub key: &'static str,
    /// Its type.
    pub ty: Type,
    /// What it means, for the manual.
    pub docs: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// What it holds when it is not given.
    pub default: Literal,
    /// The values it may have; empty means any.
    pub choices: &'static [&'static str],
}

/// A value that can stand in a constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Literal {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(&'static str),
}

impl From<Literal> for Value {
    fn from(literal: Literal) -> Value {
        match literal {
            Literal::Null => Value::Null,
            Literal::Bool(value) => Value::Bool(value),
            Literal::Number(value) => Value::Number(value),
            Literal::Text(value) => Value::from(value),
        }
    }
}

/// Fields that the flow's author names freely.
#[derive(Debug)]
pub struct Rest {
    /// What they mean, for the manual.
    pub docs: &'static str,
    /// The type each of them has; any unless the card says otherwise.
    pub ty: Type,
}

/// What a card takes; derived from a struct.
pub trait Inputs: Sized {
    /// What the card does, for the manual.
    const DOCS: &'static str;
    /// The inputs, in the order of declaration.
    const FIELDS: &'static [Field];
    /// The inputs that the author names.
    const REST: Option<Rest>;
    /// Takes the inputs from a step's arguments, converting each.
    fn read(args: &mut Args<'_>) -> Result<Self>;
}

/// What a card puts out; derived from a struct.
pub trait Outputs {
    /// The outputs, in the order of declaration.
    const FIELDS: &'static [Field];
    /// The outputs that the author names.
    const REST: Option<Rest>;
    /// Puts the outputs into a step's slots.
    fn write(self, out: &mut Slots<'_>);
}

/// Nothing comes out of the card.
impl Outputs for () {
    const FIELDS: &'static [Field] = &[];
    const REST: Option<Rest> = None;
    fn write(self, _: &mut Slots<'_>) {}
}

/// A step's arguments: one value for each declared input, then those the author named.
#[derive(Debug)]
pub struct Args<'a> {
    values: &'a mut [Value],
    names: &'a [Text],
}

impl<'a> Args<'a> {
    /// `values` holds one value for each declared input, then one for each of `names`.
    pub fn new(values: &'a mut [Value], names: &'a [Text]) -> Args<'a> {
        Args { values, names }
    }

    /// Takes the declared input at `index`.
    pub fn take<T: FromValue>(&mut self, index: u16) -> Result<T> {
        let value = self.values.get_mut(index as usize).map(std::mem::take).unwrap_or_default();
        T::from_value(value).map_err(|mismatch| Fault::mismatch(&mismatch, Some(InputId(index))))
    }

    /// Takes the inputs that the author named, in their order.
    pub fn take_rest(&mut self) -> Record {
        let first = self.values.len().saturating_sub(self.names.len());
        self.names.iter().cloned().zip(self.values[first..].iter_mut().map(std::mem::take)).collect()
    }
}

/// A step's outputs: one slot for each declared output, then one for each that the author named.
#[derive(Debug)]
pub struct Slots<'a> {
    values: &'a mut [Value],
    names: &'a [Text],
}

impl<'a> Slots<'a> {
    /// `values` has one place for each declared output, then one for each of `names`.
    pub fn new(values: &'a mut [Value], names: &'a [Text]) -> Slots<'a> {
        Slots { values, names }
    }

    /// Puts out the declared output at `index`.
    pub fn put(&mut self, index: u16, value: impl IntoValue) {
        if let Some(slot) = self.values.get_mut(index as usize) {
            *slot = value.into_value();
        }
    }

    /// Puts out what the author named; a name that `fields` lacks stays empty.
    pub fn put_rest(&mut self, mut fields: Record) {
        let first = self.values.len().saturating_sub(self.names.len());
        for (index, (slot, name)) in self.values[first..].iter_mut().zip(self.names).enumerate() {
            // Most cards put the names out in the order in which they were given.
            let found = match fields.get_index(index) {
                Some((key, _)) if key == name => fields.get_index_mut(index).map(|(_, value)| value),
                _ => fields.get_mut(name),
            };
            if let Some(value) = found {
                *slot = std::mem::take(value);
            }
        }
    }

    /// The names that the author gave, in their order.
    pub fn names(&self) -> &'a [Text] {
        self.names
    }
}

/// What a pure card may know besides its inputs: the run's time and the run's chance, both the same on replay.
#[derive(Clone, Copy, Debug)]
pub struct Cx<'a> {
    /// Milliseconds since 1970, UTC, when the run last heard from outside.
    pub now_ms: i64,
    /// Differs for each visit of each step of each run.
    pub seed: u64,
    /// The outputs that the author named, for cards whose work depends on them.
    pub wanted: &'a [Text],
}

/// An example of a card, which the manual shows and the tests run.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Pure cards: the `with` of the card in YAML. Others: a list of cards in YAML, of which the last one is shown.
    pub given: &'static str,
    /// What comes of it.
    pub then: Then,
}

/// What comes of an example.
#[derive(Clone, Copy, Debug)]
pub enum Then {
    /// The outputs, in YAML.
    Gives(&'static str),
    /// A failure whose message contains this.
    Fails(&'static str),
}

/// Writes examples: `examples! { r#"{ text: "a,b" }"# => ok r#"{ list: [a, b] }"#, r#"{}"# => err "is missing" }`.
#[macro_export]
macro_rules! examples {
    ($($given:literal => $outcome:ident $then:literal),+ $(,)?) => {
        &[$($crate::card::Example { given: $given, then: $crate::examples!(@ $outcome $then) }),+]
    };
    (@ ok $then:literal) => { $crate::card::Then::Gives($then) };
    (@ err $then:literal) => { $crate::card::Then::Fails($then) };
}

/// A card that needs nothing but its inputs.
pub trait Pure: Inputs + 'static {
    /// Okta's category and name in snake case.
    const ID: &'static str;
    /// Okta's name where snake case doesn't lead back to it.
    const TITLE: Option<&'static str> = None;
    /// The export addresses it stands for, as `kernel:module:card`.
    const EXPORTED_AS: &'static [&'static str];
    /// At least one; they are run as tests.
    const EXAMPLES: &'static [Example];
    /// What it puts out.
    type Out: Outputs;
    /// Does the card's work.
    fn run(self, cx: &Cx<'_>) -> Result<Self::Out>;
}

/// A pure card's work, erased: read the arguments, run, write the slots.
pub type PureFn = fn(&mut Args<'_>, &Cx<'_>, &mut Slots<'_>) -> Result<()>;

/// How the driver treats a card that reaches outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EffectSpec {
    /// The connector whose connection it uses; the flow names the connection.
    pub connector: &'static str,
    /// How long one performance may take.
    pub timeout: Duration,
    /// What performing it does to the world.
    pub does: Does,
    /// What its vendor must have granted for it, in the vendor's words, such as OAuth 2.0 scopes.
    pub scopes: &'static [&'static str],
    /// Whether it yields pages of records for a helper flow, when its input `result_set` says `stream`.
    pub streams: bool,
}

/// What the machine does for a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// If/Else.
    IfElse,
    /// If/ElseIf.
    IfElseIf,
    /// Continue If.
    ContinueIf,
    /// If Error.
    IfError,
    /// Return Error.
    ReturnError,
    /// Return Error If.
    ReturnErrorIf,
    /// Call Flow.
    CallFlow,
    /// Call Flow Async.
    CallFlowAsync,
    /// Return.
    Return,
    /// Return Raw.
    ReturnRaw,
    /// Repeat.
    Repeat,
    /// Wait For.
    WaitFor,
    /// Wait Until.
    WaitUntil,
    /// For Each.
    ForEach,
    /// For Each - Ignore Errors.
    ForEachIgnoreErrors,
    /// Map.
    Map,
    /// Reduce.
    Reduce,
    /// Filter Custom.
    FilterCustom,
    /// Find Custom.
    FindCustom,
    /// Sort Custom.
    SortCustom,
    /// Object Map.
    MapObject,
    /// Map to List.
    MapToList,
}

/// How a card is carried out.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// By a plain function, inline.
    Pure(PureFn),
    /// By the driver.
    Effect(EffectSpec),
    /// By the machine itself, for it moves the machine.
    Control(Control),
}

/// A card's declaration.
#[derive(Debug)]
pub struct Card {
    /// Okta's category and name in snake case: `text.split`.
    pub id: &'static str,
    /// Okta's name, where it doesn't follow from the ID.
    pub named: Option<&'static str>,
    /// What it does, for the manual.
    pub docs: &'static str,
    /// The export addresses it stands for.
    pub exported_as: &'static [&'static str],
    /// The declared inputs.
    pub inputs: &'static [Field],
    /// The inputs that the author names.
    pub rest_in: Option<Rest>,
    /// The declared outputs.
    pub outputs: &'static [Field],
    /// The outputs that the author names.
    pub rest_out: Option<Rest>,
    /// What the manual shows and the tests run.
    pub examples: &'static [Example],
    /// How it is carried out.
    pub work: Work,
}

impl Card {
    /// The declaration of a pure card.
    pub const fn pure<C: Pure>() -> Card {
        Card {
            id: C::ID,
            named: C::TITLE,
            docs: C::DOCS,
            exported_as: C::EXPORTED_AS,
            inputs: C::FIELDS,
            rest_in: C::REST,
            outputs: <C::Out as Outputs>::FIELDS,
            rest_out: <C::Out as Outputs>::REST,
            examples: C::EXAMPLES,
            work: Work::Pure(|args, cx, out| {
                C::read(args)?.run(cx)?.write(out);
                Ok(())
            }),
        }
    }

    /// The card's name as Okta's console shows it: `Split`.
    pub fn title(&self) -> String {
        if let Some(title) = self.named {
            return title.to_owned();
        }
        title_of(self.id)
    }

    /// The vendor's connector that it reaches through a connection, if it does.
    pub fn connector(&self) -> Option<&'static str> {
        match self.work {
            Work::Effect(spec) if !OWN.contains(&spec.connector) => Some(spec.connector),
            _ => None,
        }
    }

    /// What it does to the world; only cards that reach outside can change it.
    pub fn does(&self) -> Does {
        match self.work {
            Work::Effect(spec) => spec.does,
            Work::Pure(_) | Work::Control(_) => Does::Reads,
        }
    }

    /// The category: `text`.
    pub fn group(&self) -> &'static str {
        self.id.split_once('.').map_or("", |(group, _)| group)
    }

    /// The place of the input called `name`.
    pub fn input(&self, name: &str) -> Option<usize> {
        self.inputs.iter().position(|field| field.name == name)
    }

    /// The first paragraph of the docs.
    pub fn summary(&self) -> &'static str {
        self.docs.split("\n\n").next().unwrap_or(self.docs)
    }
}

/// Every card that a program can use, by ID.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    cards: std::collections::BTreeMap<&'static str, &'static Card>,
}

impl Catalog {
    /// The cards of all `groups`.
    pub fn new(groups: impl IntoIterator<Item = &'static [Card]>) -> Catalog {
        Catalog { cards: groups.into_iter().flatten().map(|card| (card.id, card)).collect() }
    }

    /// The card with this ID; all external cards are one.
    pub fn get(&self, id: &str) -> Option<&'static Card> {
        let id = if external(id).is_some() { EXTERNAL_CARD } else { id };
        self.cards.get(id).copied()
    }

    /// All cards, by ID.
    pub fn iter(&self) -> impl Iterator<Item = &'static Card> + '_ {
        self.cards.values().copied()
    }
}

/// The connectors that need no connection: the project's own tables, the run's files, what is answered in place of external
/// cards, and the one without a name, which reaches nobody.
pub const OWN: [&str; 4] = ["", "tables", "file", "external"];

/// What Okta's console calls a card with this ID, unless it says otherwise: `text.to_upper_case` is `To Upper Case`.
pub fn title_of(id: &str) -> String {
    let name = id.split_once('.').map_or(id, |(_, name)| name);
    let mut title = String::new();
    let last = name.split('_').count() - 1;
    for (index, word) in name.split('_').enumerate() {
        let between = index > 0 && index < last;
        let minor = between && matches!(word, "to" | "of" | "for" | "with" | "from" | "and" | "or");
        let mut letters = word.chars();
        title.extend((index > 0).then_some(' '));
        match letters.next() {
            Some(first) if !minor => title.extend(first.to_uppercase()),
            Some(first) => title.push(first),
            None => {}
        }
        title.push_str(letters.as_str());
    }
    title
}

/// The ID of the card that stands for all external cards.
pub const EXTERNAL_CARD: &str = "external.card";

/// What an external card is called: `slack.send_message` of `external.slack.send_message`.
pub fn external(id: &str) -> Option<&str> {
    id.strip_prefix("external.").filter(|name| name.contains('.'))
}

/// The name of a flow of the project, as a card's input.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowName(pub Text);

/// The name of a table of the project, as a card's input.
#[derive(Clone, Debug, PartialEq)]
pub struct TableName(pub Text);

impl FromValue for FlowName {
    const TYPE: Type = Type::one(Kind::Flow);
    fn from_value(value: Value) -> std::result::Result<Self, crate::value::Mismatch> {
        Text::from_value(value).map(FlowName)
    }
}

impl FromValue for TableName {
    const TYPE: Type = Type::one(Kind::Table);
    fn from_value(value: Value) -> std::result::Result<Self, crate::value::Mismatch> {
        Text::from_value(value).map(TableName)
    }
}
