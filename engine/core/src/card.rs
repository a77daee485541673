//! Cards: how one is declared, and what a declaration tells the checker, the manual and the machine.
//!
//! A card is a struct whose fields are its inputs. Its doc comment and those of its fields are the user's manual, its
//! examples are its first tests. See `engine/cards/src/text/split.rs` for one to copy.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::does::{AfterCrash, Does};
use crate::fault::{Fault, FaultKind, InputId, Result};
use crate::types::{Kind, Type};
use crate::value::{FromValue, IntoValue, Mismatch, Record, Text, Value};

/// Some texts of a declaration: written in code, or read while the program runs.
#[derive(Clone, Debug)]
pub enum Words {
    /// Written in code.
    Written(&'static [&'static str]),
    /// Read from somewhere.
    Read(Arc<[Text]>),
}

impl Words {
    /// None.
    pub const NONE: Words = Words::Written(&[]);

    /// The texts, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        let (written, read) = match self {
            Words::Written(written) => (*written, &[][..]),
            Words::Read(read) => (&[][..], &**read),
        };
        written.iter().copied().chain(read.iter().map(|text| &**text))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether this is one of them.
    pub fn contains(&self, text: &str) -> bool {
        self.iter().any(|one| one == text)
    }
}

/// One input or output of a card.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in flow files.
    pub name: Cow<'static, str>,
    /// Its key in Okta's exports.
    pub key: Cow<'static, str>,
    /// Its type.
    pub ty: Type,
    /// What it means, for the manual.
    pub docs: Cow<'static, str>,
    /// Whether it must be given.
    pub required: bool,
    /// What it holds when it is not given.
    pub default: Literal,
    /// The values it may have; empty means any.
    pub choices: Words,
    /// Which keys the object has, or each object of the list.
    pub keys: Keys,
}

/// What a card says of the keys of an object that it puts out, or of each object of a list.
#[derive(Clone, Debug)]
pub enum Keys {
    /// Nothing.
    Unknown,
    /// These, and others only where it is `open`.
    Known {
        /// The keys.
        names: Words,
        /// Whether there may be others.
        open: bool,
    },
    /// Those of the items of an input.
    OfItems(Cow<'static, str>),
    /// Those of the rows of the table that the card works on.
    OfRows,
    /// Those that the author named as inputs.
    OfInputs,
    /// Those that the helper flow returns, where whole objects are asked for.
    OfHelper,
}

/// A value that can stand in a declaration.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(Cow<'static, str>),
}

impl From<&Literal> for Value {
    fn from(literal: &Literal) -> Value {
        match literal {
            Literal::Null => Value::Null,
            Literal::Bool(value) => Value::Bool(*value),
            Literal::Number(value) => Value::Number(*value),
            Literal::Text(value) => Value::from(&**value),
        }
    }
}

/// Fields that the flow's author names freely.
#[derive(Debug)]
pub struct Rest {
    /// What they mean, for the manual.
    pub docs: Cow<'static, str>,
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
#[derive(Clone, Debug)]
pub struct Example {
    /// Pure cards: the `with` of the card in YAML. Others: a list of cards in YAML, of which the last one is shown.
    pub given: Cow<'static, str>,
    /// What comes of it.
    pub then: Then,
}

/// What comes of an example.
#[derive(Clone, Debug)]
pub enum Then {
    /// The outputs, in YAML.
    Gives(Cow<'static, str>),
    /// A failure whose message contains this.
    Fails(Cow<'static, str>),
}

/// Writes examples: `examples! { r#"{ text: "a,b" }"# => ok r#"{ list: [a, b] }"#, r#"{}"# => err "is missing" }`.
#[macro_export]
macro_rules! examples {
    ($($given:literal => $outcome:ident $then:literal),+ $(,)?) => {
        &[$($crate::card::Example {
            given: ::std::borrow::Cow::Borrowed($given),
            then: $crate::examples!(@ $outcome $then),
        }),+]
    };
    (@ ok $then:literal) => { $crate::card::Then::Gives(::std::borrow::Cow::Borrowed($then)) };
    (@ err $then:literal) => { $crate::card::Then::Fails(::std::borrow::Cow::Borrowed($then)) };
}

/// Declares the modules of pure cards and lists the cards: `pure_cards! { split::Split, trim::Trim }`.
#[macro_export]
macro_rules! pure_cards {
    ($($module:ident::$card:ident),+ $(,)?) => {
        $(mod $module;)+

        /// The pure cards that stand here, in the order of the manual.
        pub fn pure_cards() -> Vec<::std::sync::Arc<$crate::card::Card>> {
            vec![$(::std::sync::Arc::new($crate::card::Card::pure::<$module::$card>())),+]
        }
    };
}

/// A card that needs nothing but its inputs.
pub trait Pure: Inputs + 'static {
    /// Okta's category and name in snake case.
    const ID: &'static str;
    /// Okta's name where snake case doesn't lead back to it.
    const TITLE: Option<&'static str> = None;
    /// The export addresses it stands for, as `kernel:module:card`.
    const EXPORTED_AS: &'static [&'static str] = &[];
    /// At least one; they are run as tests.
    const EXAMPLES: &'static [Example];
    /// What it puts out.
    type Out: Outputs;
    /// Does the card's work.
    fn run(self, cx: &Cx<'_>) -> Result<Self::Out>;

    /// What is wrong with a constant in a field, whatever else the card is given: the checker asks before a run, as of a pattern that is
    /// none. `names` are the fields that the author named.
    fn judge(input: InputId, constant: &Value, names: &[&str]) -> Result<()> {
        let _ = (input, constant, names);
        Ok(())
    }
}

/// What is wrong with a constant in a pure card's field.
pub type Judge = fn(InputId, &Value, &[&str]) -> Result<()>;

/// A pure card's work, erased: read the arguments, run, write the slots.
pub type PureFn = fn(&mut Args<'_>, &Cx<'_>, &mut Slots<'_>) -> Result<()>;

/// How the driver treats a card that reaches outside.
#[derive(Clone, Debug)]
pub struct EffectSpec {
    /// The connector that performs it.
    pub connector: Cow<'static, str>,
    /// Whether it needs no connection of the project, but what each run has of its own, such as its tables and its files.
    pub own: bool,
    /// How long one performance may take.
    pub timeout: Duration,
    /// What performing it does to the world.
    pub does: Does,
    /// What is done about a performance whose end nobody saw.
    pub after_crash: AfterCrash,
    /// What its vendor must have granted for it, in the vendor's words, such as OAuth 2.0 scopes.
    pub scopes: Words,
    /// Whether it yields pages of records for a helper flow, when its input `result_set` says `stream`.
    pub streams: bool,
    /// Whether its helper flow gets, in Okta's exports, the record and the author's fields as one object.
    pub state_in_record: bool,
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
    /// Close.
    Close,
    /// Repeat.
    Repeat,
    /// Repeat Until.
    RepeatUntil,
    /// Paginate.
    Paginate,
    /// Wait For.
    WaitFor,
    /// Wait Until.
    WaitUntil,
    /// Pause.
    Pause,
    /// Pause Raw.
    PauseRaw,
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
#[derive(Clone, Debug)]
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
    pub id: Cow<'static, str>,
    /// Okta's name, where it doesn't follow from the ID.
    pub named: Option<Cow<'static, str>>,
    /// What it does, for the manual.
    pub docs: Cow<'static, str>,
    /// The export addresses it stands for.
    pub exported_as: Words,
    /// The declared inputs.
    pub inputs: Cow<'static, [Field]>,
    /// The inputs that the author names.
    pub rest_in: Option<Rest>,
    /// The declared outputs.
    pub outputs: Cow<'static, [Field]>,
    /// The outputs that the author names.
    pub rest_out: Option<Rest>,
    /// What the manual shows and the tests run.
    pub examples: Cow<'static, [Example]>,
    /// How it is carried out.
    pub work: Work,
    /// What is wrong with a constant in one of its fields; none where nothing can be.
    pub judge: Option<Judge>,
}

/// What a card's code says of it, besides its inputs and its outputs.
#[derive(Debug)]
pub struct Said {
    /// Okta's category and name in snake case.
    pub id: &'static str,
    /// Okta's name, where it doesn't follow from the ID.
    pub named: Option<&'static str>,
    /// The export addresses it stands for.
    pub exported_as: &'static [&'static str],
    /// What the manual shows and the tests run.
    pub examples: &'static [Example],
}

impl Card {
    /// The declaration of a card with the inputs `I` and the outputs `O`.
    pub fn declared<I: Inputs, O: Outputs>(said: Said, work: Work) -> Card {
        Card {
            id: Cow::Borrowed(said.id),
            named: said.named.map(Cow::Borrowed),
            docs: Cow::Borrowed(I::DOCS),
            exported_as: Words::Written(said.exported_as),
            inputs: Cow::Borrowed(I::FIELDS),
            rest_in: I::REST,
            outputs: Cow::Borrowed(O::FIELDS),
            rest_out: O::REST,
            examples: Cow::Borrowed(said.examples),
            work,
            judge: None,
        }
    }

    /// A card that no vendor and no manual knows, which takes and gives whatever is named.
    pub fn made(id: &str, work: Work) -> Arc<Card> {
        let any = || Some(Rest { docs: Cow::Borrowed(""), ty: Type::ANY });
        Arc::new(Card {
            id: Cow::Owned(id.to_owned()),
            named: None,
            docs: Cow::Borrowed(""),
            exported_as: Words::NONE,
            inputs: Cow::Borrowed(&[]),
            rest_in: any(),
            outputs: Cow::Borrowed(&[]),
            rest_out: any(),
            examples: Cow::Borrowed(&[]),
            work,
            judge: None,
        })
    }

    /// The declaration of a pure card.
    pub fn pure<C: Pure>() -> Card {
        let said = Said { id: C::ID, named: C::TITLE, exported_as: C::EXPORTED_AS, examples: C::EXAMPLES };
        let work = Work::Pure(|args, cx, out| {
            C::read(args)?.run(cx)?.write(out);
            Ok(())
        });
        Card { judge: Some(C::judge), ..Card::declared::<C, C::Out>(said, work) }
    }

    /// The card's name as Okta's console shows it: `Split`.
    pub fn title(&self) -> String {
        match &self.named {
            Some(title) => title.to_string(),
            None => title_of(&self.id),
        }
    }

    /// The connector that it reaches through a connection of the project, if it does.
    pub fn connector(&self) -> Option<&str> {
        match &self.work {
            Work::Effect(spec) if !spec.own => Some(&spec.connector),
            _ => None,
        }
    }

    /// Whether it is performed over what this connector has.
    pub fn is_of(&self, connector: &str) -> bool {
        matches!(&self.work, Work::Effect(spec) if spec.connector == connector)
    }

    /// What it does to the world; only cards that reach outside can change it.
    pub fn does(&self) -> Does {
        match &self.work {
            Work::Effect(spec) => spec.does,
            Work::Pure(_) | Work::Control(_) => Does::Reads,
        }
    }

    /// What is done about a performance with these inputs that had begun when the process died. Only what isn't repeated needs
    /// to be noted before it begins.
    pub fn after_crash(&self, inputs: &[Value]) -> &AfterCrash {
        match &self.work {
            Work::Effect(spec) => spec.after_crash.with(spec.does, inputs),
            Work::Pure(_) | Work::Control(_) => &AfterCrash::Repeats,
        }
    }

    /// The category: `text`.
    pub fn group(&self) -> &str {
        self.id.split_once('.').map_or("", |(group, _)| group)
    }

    /// The place of the input called `name`.
    pub fn input(&self, name: &str) -> Option<usize> {
        self.inputs.iter().position(|field| field.name == name)
    }

    /// What the machine would pass for these fields, for a card without a flow around it: a value for each declared input, then those
    /// that the author named, and their names.
    pub fn arguments(&self, given: &Record) -> Result<(Vec<Value>, Vec<Text>)> {
        let mut args = Vec::with_capacity(self.inputs.len());
        for (field, place) in self.inputs.iter().zip(0..) {
            args.push(match given.get(&field.name) {
                Some(value) => value.clone(),
                None if field.required => {
                    let mismatch = Mismatch { wanted: field.ty, found: Value::Null };
                    return Err(Fault::mismatch(&mismatch, Some(InputId(place))));
                }
                None => (&field.default).into(),
            });
        }
        let rest = given.iter().filter(|(name, _)| self.input(name).is_none());
        let (names, values): (Vec<Text>, Vec<Value>) =
            rest.map(|(name, value)| (name.clone(), value.clone())).unzip();
        match names.first() {
            Some(unknown) if self.rest_in.is_none() => {
                let message = format!("`{}` has no input `{unknown}`", self.id);
                Err(Fault::new(FaultKind::InvalidInput, message))
            }
            _ => {
                args.extend(values);
                Ok((args, names))
            }
        }
    }

    /// The first paragraph of the docs.
    pub fn summary(&self) -> &str {
        self.docs.split("\n\n").next().unwrap_or(&self.docs)
    }
}

/// A category of cards that Okta's console doesn't have: a connector's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// How IDs of cards write it.
    pub id: Cow<'static, str>,
    /// Its name.
    pub title: Cow<'static, str>,
    /// The colour of its cards in pictures.
    pub colour: Option<Colour>,
}

/// A colour on a light ground and on a dark one, each as 0xRRGGBB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    /// On a light ground.
    pub light: u32,
    /// On a dark ground.
    pub dark: u32,
}

/// Every card that a program can use.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Sorted by ID.
    cards: Arc<[Arc<Card>]>,
    categories: Arc<[Category]>,
}

impl Catalog {
    /// These cards; of two with one ID the first counts.
    pub fn new(cards: impl IntoIterator<Item = Arc<Card>>) -> Catalog {
        let mut cards: Vec<Arc<Card>> = cards.into_iter().collect();
        cards.sort_by(|one, other| one.id.cmp(&other.id));
        cards.dedup_by(|later, first| later.id == first.id);
        Catalog { cards: cards.into(), categories: [].into() }
    }

    /// The same cards, some of which are in these categories.
    pub fn with_categories(self, categories: impl IntoIterator<Item = Category>) -> Catalog {
        Catalog { categories: categories.into_iter().collect(), ..self }
    }

    /// The categories that Okta's console doesn't have, in the order of the manual.
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// The card with this ID; all external cards are one.
    pub fn get(&self, id: &str) -> Option<&Arc<Card>> {
        let id = if external(id).is_some() { EXTERNAL_CARD } else { id };
        self.cards.binary_search_by(|card| (*card.id).cmp(id)).ok().map(|place| &self.cards[place])
    }

    /// All cards, by ID.
    pub fn iter(&self) -> std::slice::Iter<'_, Arc<Card>> {
        self.cards.iter()
    }
}

/// What Okta's console calls a card with this ID, unless it says otherwise: `text.to_upper_case` is `To Upper Case`.
pub fn title_of(id: &str) -> String {
    let name = id.split_once('.').map_or(id, |(_, name)| name);
    let mut title = String::new();
    let last = name.split('_').count() - 1;
    for (index, word) in name.split('_').enumerate() {
        let between = index > 0 && index < last;
        let minor = between && matches!(word, "to" | "of" | "for" | "with" | "from" | "and" | "or");
        title.extend((index > 0).then_some(' '));
        match acronym(word) {
            Some(acronym) => title.push_str(acronym),
            None if minor => title.push_str(word),
            None => title.push_str(&capital(word)),
        }
    }
    title
}

/// What is written in capitals among words.
const ACRONYMS: &[&str] = &[
    "API", "AWS", "CSV", "HMAC", "HTML", "HTTP", "ID", "IDs", "IP", "JSON", "JWT", "LDAP", "MFA", "OAuth",
    "OTP", "PDF", "SAML", "SCIM", "SMS", "SQL", "SSO", "TOTP", "URL", "URLs", "UTC", "UUID", "XML",
];

/// A word as it is written if it stands for several: `url` is `URL`.
pub fn acronym(word: &str) -> Option<&'static str> {
    ACRONYMS.iter().find(|acronym| acronym.eq_ignore_ascii_case(word)).copied()
}

/// A word with a capital at its beginning.
pub fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The ID of the card that stands for all external cards.
pub const EXTERNAL_CARD: &str = "external.card";

/// Its input that says which card is meant.
pub const EXTERNAL_NAME: &str = "external_card";

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
