//! The compiled project: names have become indices, types are settled. What the machine runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::card::{Card, EffectSpec, PureFn, external, title_of};
use crate::chance::spread;
use crate::keep::{JournalBounds, Keep};
pub use crate::model::Others;
use crate::path::{Key, Query};
use crate::source::Span;
use crate::template::Template;
use crate::types::Type;
use crate::value::{Date, Record, Text, Value};

/// The version of the language. It is raised only when the machine would take other turns for the same flows and the same
/// completions: another order, another effect, another value. A message, a report or a speed raises nothing.
pub const LANGUAGE: u16 = 1;

/// The flows of a project that can run: all that they reach is here too.
#[derive(Clone, Debug)]
pub struct Program {
    /// The flows, sorted by path.
    pub flows: Vec<Flow>,
    /// The connections of the project.
    pub connections: Vec<Connection>,
    /// The tables of the project.
    pub tables: Vec<Table>,
    /// How long runs are kept.
    pub keep: Keep,
    /// How far journals may grow.
    pub journal: JournalBounds,
}

impl Program {
    /// The flow with this number.
    pub fn flow(&self, flow: FlowId) -> &Flow {
        &self.flows[flow.0 as usize]
    }

    /// The flow with this path, if it can run.
    pub fn find(&self, path: &str) -> Option<FlowId> {
        self.flows.iter().position(|flow| *flow.path == *path).map(|index| FlowId(index as u32))
    }

    /// All flows that a run of `entry` may reach, itself included.
    pub fn reached(&self, entry: FlowId) -> BTreeSet<FlowId> {
        let mut reached = BTreeSet::from([entry]);
        let mut next = vec![entry];
        while let Some(flow) = next.pop() {
            next.extend(self.flow(flow).calls.iter().filter(|called| reached.insert(**called)));
        }
        reached
    }

    /// The connections that a run of `entry` may reach, by their places, each with what its cards need to be granted.
    pub fn connections_of(&self, entry: FlowId) -> BTreeMap<u32, BTreeSet<Text>> {
        let mut connections: BTreeMap<u32, BTreeSet<Text>> = BTreeMap::new();
        for step in self.reached(entry).into_iter().flat_map(|flow| &self.flow(flow).steps) {
            if let Op::Effect { spec, connection: Some(connection), .. } = &step.op {
                connections.entry(*connection).or_default().extend(spec.scopes.iter().map(Text::from));
            }
        }
        connections
    }

    /// The tables that a run of `entry` may reach, by their places.
    pub fn tables_of(&self, entry: FlowId) -> BTreeSet<u32> {
        self.reached(entry).into_iter().flat_map(|flow| &self.flow(flow).tables).copied().collect()
    }

    /// Whether a run of `entry` may come to a pause, which only a run with a journal outlives.
    pub fn pauses(&self, entry: FlowId) -> bool {
        let mut steps = self.reached(entry).into_iter().flat_map(|flow| &self.flow(flow).steps);
        steps.any(|step| matches!(step.op, Op::Pause { .. }))
    }
}

/// What stands for a name in journals; the same on every machine and in every version.
pub(crate) fn key_of(name: &str) -> u64 {
    let mut hash = Hash::default();
    hash.add(name);
    spread(hash.0)
}

/// FNV-1a.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hash(pub u64);

impl Default for Hash {
    fn default() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    /// Adds a text, told apart from its neighbours.
    pub fn add(&mut self, text: &str) {
        // A byte that no text has keeps neighbours apart.
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// A flow of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowId(pub u32);

/// A block of a flow: a run of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockId(pub u32);

/// A step of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepId(pub u32);

/// A place in a frame where a value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotId(pub u32);

impl SlotId {
    /// What the flow knows of its own run: `$.run`.
    pub const RUN: SlotId = SlotId(0);
    /// The error that made another flow call this one: `$.error` outside of a catch.
    pub const ERROR: SlotId = SlotId(1);
    /// The first input; the others follow.
    pub const FIRST_INPUT: SlotId = SlotId(2);
    /// The running value of Reduce; not in the frame.
    pub const MEMO: SlotId = SlotId(u32::MAX - 2);
    /// The item that a list card is at: `$.item`; not in the frame.
    pub const ITEM: SlotId = SlotId(u32::MAX - 1);
    /// The place of that item in its list: `$.index`; not in the frame.
    pub const INDEX: SlotId = SlotId(u32::MAX);

    /// The input at this place.
    pub fn input(index: usize) -> SlotId {
        SlotId(SlotId::FIRST_INPUT.0 + index as u32)
    }
}

/// A connection of the project.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The name in the manifest.
    pub name: Text,
    /// The connector.
    pub connector: Text,
    /// Settings that aren't secrets.
    pub settings: Vec<(Text, Value)>,
}

/// A table of the project.
#[derive(Clone, Debug)]
pub struct Table {
    /// The table's name.
    pub name: Text,
    /// The columns.
    pub columns: Vec<Column>,
    /// Whether its rows are there again in the next run.
    pub kept: bool,
    /// How many rows it may have, where that is said.
    pub max_rows: Option<usize>,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// The column's name.
    pub name: Text,
    /// Text, number, true/false or date & time.
    pub ty: Type,
    /// What a new row holds here when nothing is given.
    pub default: Value,
}

/// A compiled flow.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Names the flow in journals: made of its path.
    pub key: u64,
    /// The path by which flows name it.
    pub path: Text,
    /// Okta's name.
    pub name: Text,
    /// What starts it.
    pub trigger: Trigger,
    /// Whether a run that starts with it wants to be alone.
    pub alone: Option<Alone>,
    /// The inputs: slots `SlotId::FIRST_INPUT` and on.
    pub inputs: Vec<Input>,
    /// The outputs, in their order.
    pub outputs: Vec<Output>,
    /// Whether what it gives is what its outputs promise; else it is what its Return happens to give.
    pub converts: bool,
    /// Whether the data that passes through it is saved, as it, the nearest folder or the project says. None says nothing: then
    /// it depends on what the run reaches.
    pub save_data: Option<bool>,
    /// How its runs are started, as `settings::FLOW` has it.
    pub runs: Record,
    /// Every step, those of blocks included.
    pub steps: Vec<Step>,
    /// Every block; block 0 is the flow's own.
    pub blocks: Vec<Vec<StepId>>,
    /// How many slots a frame has.
    pub slots: u32,
    /// The tables that its cards may work on, by their places.
    pub tables: BTreeSet<u32>,
    /// The flow that runs after a run which starts with this one has failed.
    pub on_failure: Option<FlowId>,
    /// The flows that it calls, each once, and the one that runs after it has failed.
    pub calls: Vec<FlowId>,
    /// Whether anything in it reads `$.run`.
    pub reads_run: bool,
    /// Whether it may run for an item of a loop that has a running value, so that its steps hand on what they read last.
    pub carries: bool,
    /// The source file, whole.
    pub span: Span,
}

impl Flow {
    /// The flow's own run of cards.
    pub const BODY: BlockId = BlockId(0);

    /// The step with this number.
    pub fn step(&self, step: StepId) -> &Step {
        &self.steps[step.0 as usize]
    }

    /// The steps of a block.
    pub fn block(&self, block: BlockId) -> &[StepId] {
        &self.blocks[block.0 as usize]
    }

    /// Gives the flows that it calls other numbers.
    pub(crate) fn renumber(&mut self, number: impl Fn(FlowId) -> FlowId) {
        self.calls.iter_mut().chain(&mut self.on_failure).for_each(|flow| *flow = number(*flow));
        for step in &mut self.steps {
            let called = match &mut step.op {
                Op::Call(call)
                | Op::Start(call)
                | Op::Loop { call, .. }
                | Op::Effect { stream: Some(call), .. } => Some(call),
                _ => None,
            };
            let handler = match &mut step.policy.on_error {
                OnError::Call(call) => Some(call),
                OnError::Stop | OnError::Return(_) => None,
            };
            called.into_iter().chain(handler).for_each(|call| call.flow = number(call.flow));
        }
    }
}

/// What starts a flow.
#[derive(Clone, Debug)]
pub enum Trigger {
    /// Other flows, or a person.
    Helper,
    /// An administrator, or another product of the vendor's.
    Delegated,
    /// The clock.
    Schedule {
        /// Five cron fields, or six with seconds.
        cron: Text,
        /// The IANA name of the time zone in which the fields are meant.
        time_zone: Text,
        /// Not before this.
        start: Option<Date>,
        /// Not after this.
        end: Option<Date>,
        /// What else is said of it, as `settings::SCHEDULE` has it.
        more: Record,
    },
    /// An HTTP request.
    Endpoint {
        /// The method that it takes, where the flow says it.
        method: Option<Method>,
        /// Who may call it, where the flow says it.
        security: Option<Security>,
        /// What else is said of it, as `settings::ENDPOINT` has it.
        more: Record,
    },
    /// An event of a connector.
    Event {
        /// The event: `okta.user_created`.
        event: Text,
        /// Which of the events count: those for which this is true, with the event in the flow's inputs.
        filter: Option<Arg>,
        /// What the vendor limits it to, by the event's own fields.
        with: Vec<(Text, Arg)>,
        /// What else is said of it, as `settings::EVENT` has it.
        more: Record,
    },
    /// What a list at a vendor has that it had not before.
    Poll {
        /// The ID of the card that lists.
        card: Text,
        /// The name of the connection that it uses.
        connection: Text,
        /// Its fields.
        with: Vec<(Text, Arg)>,
        /// What else is said of it, as `settings::POLL` has it.
        more: Record,
    },
    /// A request of somebody who tells what happened.
    Webhook {
        /// The last part of its address.
        name: Text,
        /// What else is said of it, as `settings::WEBHOOK` has it.
        more: Record,
    },
}

/// The method of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
}

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Everyone.
    Public,
    /// Who knows its token.
    Token,
    /// Whom OAuth 2.0 lets in.
    Oauth,
}

/// That a run that starts with the flow wants to be alone.
#[derive(Clone, Debug)]
pub struct Alone {
    /// Runs for which this comes to the same exclude each other; it reads inputs and constants.
    pub key: Arg,
    /// What becomes of a run while another one has the key.
    pub others: Others,
}

/// An input of a flow.
#[derive(Clone, Debug)]
pub struct Input {
    /// The input's name.
    pub name: Text,
    /// What the caller's value is converted to.
    pub ty: Type,
    /// Whether every text in it is a secret, although nothing is converted.
    pub sealed: bool,
    /// What it holds when nothing is passed; none means that it must be passed.
    pub default: Option<Value>,
    /// The values it may have; empty means any.
    pub choices: Vec<Value>,
}

/// An output of a flow.
#[derive(Clone, Debug)]
pub struct Output {
    /// The output's name.
    pub name: Text,
    /// What the returned value is converted to.
    pub ty: Type,
}

/// A card in a flow.
#[derive(Clone, Debug)]
pub struct Step {
    /// Names the card in journals: made of its ID, or of its name and of how many without an ID come before it in the flow.
    pub key: u64,
    /// The ID that wires use, or the card's name where the author gave none.
    pub id: Text,
    /// The card.
    pub card: Arc<Card>,
    /// The card's name as the flow has it: an external card's own.
    pub name: Text,
    /// What its author calls it.
    pub titled: Option<Text>,
    /// The author's remark.
    pub note: Option<Text>,
    /// One for each declared input of the card, then one for each of `names`.
    pub args: Vec<Arg>,
    /// The inputs that the author named; shared with every effect that performs the step.
    pub names: Arc<[Text]>,
    /// The slot of the first output.
    pub out: SlotId,
    /// The names of all outputs: those declared, then those that the author named.
    pub outputs: Arc<[Text]>,
    /// How it is carried out.
    pub op: Op,
    /// What happens when it fails.
    pub policy: Policy,
    /// Where the card stands.
    pub span: Span,
    /// Where each of `args` stands; none where a default took its place.
    pub arg_spans: Vec<Option<Span>>,
    /// In a flow that carries a running value: what nothing reads after this step.
    pub last: Box<[Place]>,
    /// In such a flow: what this step looks into and another one hands on.
    pub looks_into: Box<[Place]>,
    /// Which of the run's mocks answers in its place; [`NOBODY`](crate::mocks::NOBODY) where nothing does, and it fails.
    pub mock: Option<u32>,
}

impl Step {
    /// The flow that it calls, for each item if there are many.
    pub fn calls(&self) -> Option<&Call> {
        match &self.op {
            Op::Call(call)
            | Op::Start(call)
            | Op::Loop { call, .. }
            | Op::Effect { stream: Some(call), .. } => Some(call),
            _ => None,
        }
    }

    /// What its author calls it, else the card's name as Okta's console shows it.
    pub fn title(&self) -> String {
        match (&self.titled, external(&self.name)) {
            (Some(title), _) => title.to_string(),
            (None, Some(name)) => title_of(name),
            (None, None) => self.card.title(),
        }
    }
}

impl Step {
    /// The slots of its outputs.
    pub fn out_range(&self) -> std::ops::Range<usize> {
        let first = self.out.0 as usize;
        first..first + self.outputs.len()
    }
}

/// How a step is carried out.
#[derive(Clone, Debug)]
pub enum Op {
    /// A plain function.
    Pure(PureFn),
    /// The driver performs it; `args` are its inputs.
    Effect {
        /// How the driver treats it.
        spec: EffectSpec,
        /// Which connection it uses, as an index into the program's; none for those that need no connection.
        connection: Option<u32>,
        /// A helper flow that gets each record: the effect then yields pages.
        stream: Option<Call>,
    },
    /// If/Else and If/ElseIf: the first arm whose condition holds, else the last, which has none.
    Branch {
        /// The arms; the last one has no condition.
        arms: Vec<(Option<Condition>, Arm)>,
        /// Whether Return leaves only the arm (If/ElseIf) or the flow (If/Else).
        contains_return: bool,
    },
    /// If Error.
    Try {
        /// What is tried.
        body: Arm,
        /// What runs when it fails.
        catch: Arm,
        /// Where the error lies while `catch` runs.
        error: SlotId,
    },
    /// Call Flow: the callee's outputs become the step's.
    Call(Call),
    /// Call Flow Async: the callee runs beside the flow.
    Start(Call),
    /// Repeat, and the cards that run a helper flow for each item of a list or member of an object.
    Loop {
        /// Which of them.
        kind: LoopKind,
        /// What runs for each item.
        call: Call,
    },
    /// Return: ends the flow, or the arm it stands in.
    Return {
        /// For each of `args`, the output it becomes (of the flow, or of the block's step); none where there is no such output.
        places: Vec<Option<u32>>,
        /// Whether it ends only the arm.
        leaves_arm: bool,
    },
    /// Return Raw.
    ReturnRaw {
        /// The outputs that its three fields become.
        places: Vec<Option<u32>>,
        /// Whether it ends only the arm.
        leaves_arm: bool,
    },
    /// Close: answers the caller while the flow goes on.
    Close,
    /// Continue If.
    ContinueIf {
        /// The output that the message becomes.
        message: Option<u32>,
        /// Whether it ends only the arm.
        leaves_arm: bool,
    },
    /// Return Error.
    ReturnError,
    /// Return Error If.
    ReturnErrorIf,
    /// Wait For.
    Wait,
    /// Wait Until.
    WaitUntil,
    /// Pause and Pause Raw: the answer becomes the step's outputs.
    Pause {
        /// Whether it answers with a whole HTTP response.
        raw: bool,
        /// One for each output of the step: what the answer may give.
        wanted: Vec<Output>,
    },
}

/// Which loop it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopKind {
    /// Stops at the first item that fails.
    ForEach,
    /// Goes on past items that fail.
    ForEachIgnoreErrors,
    /// Collects what the helper returns, in list order.
    Map,
    /// Counts instead of walking a list.
    Repeat,
    /// Until the helper flow says that it is done.
    RepeatUntil,
    /// Until the helper flow takes a key away.
    Paginate,
    /// Passes a running value from item to item.
    Reduce,
    /// Keeps the items for which the helper says true.
    FilterCustom,
    /// Stops at the first item for which the helper says true.
    FindCustom,
    /// Sorts the items by what the helper returns.
    SortCustom,
    /// Collects the keys and values that the helper returns for the members of an object.
    MapObject,
    /// Collects what the helper returns for the members of an object.
    MapToList,
}

/// Calls a flow.
#[derive(Clone, Debug)]
pub struct Call {
    /// The flow called.
    pub flow: FlowId,
    /// One for each of its inputs.
    pub pass: Vec<Arg>,
    /// For each output of the step, the callee's output it takes; empty for loops.
    pub outputs: Vec<Option<u32>>,
}

/// An arm of a block.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The arm's name: `then`, `else`, `case_1`, `try`, `catch`.
    pub name: Text,
    /// The cards.
    pub block: BlockId,
    /// One for each output of the block's step.
    pub join: Vec<Arg>,
    /// What nothing reads after those.
    pub last: Box<[Place]>,
}

/// A comparison that chooses an arm.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The value compared.
    pub a: Arg,
    /// How; a text.
    pub operator: Arg,
    /// The value it is compared with.
    pub b: Arg,
}

/// What happens when a step fails.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Once all tries have failed.
    pub on_error: OnError,
    /// Before that.
    pub retry: Option<Retry>,
    /// How long one try may take, in milliseconds, where the author said so.
    pub timeout_ms: Option<u64>,
}

impl Policy {
    /// The flow that it calls.
    pub fn handler(&self) -> Option<&Call> {
        match &self.on_error {
            OnError::Call(call) => Some(call),
            OnError::Stop | OnError::Return(_) => None,
        }
    }
}

/// What happens once all tries have failed.
#[derive(Clone, Debug, Default)]
pub enum OnError {
    /// The flow stops with the error.
    #[default]
    Stop,
    /// The flow ends with these outputs.
    Return(Vec<(u32, Arg)>),
    /// The flow stops with the error, after another has run.
    Call(Call),
}

/// How often a failed step is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// How many more times.
    pub times: u32,
    /// The wait before each, chosen between the two, in milliseconds.
    pub wait_ms: (u64, u64),
    /// Which failures are worth another try.
    pub on: RetryOn,
}

/// Which failures are worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryOn {
    /// That the vendor asks to slow down.
    RateLimit,
    /// Whatever failed, unless it may have been done already and may not be done twice.
    Any,
    /// Whatever failed.
    EvenIfDone,
}

/// A place among a frame's values: a slot, or what lies inside of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The slot.
    pub slot: SlotId,
    /// The way from there; none for all of it.
    pub keys: Box<[Key]>,
}

/// Where a step's argument comes from.
#[derive(Clone)]
pub enum Arg {
    /// A constant.
    Const(Value),
    /// A slot, whole.
    Slot(SlotId),
    /// A place inside a slot's value.
    At(SlotId, Box<[Key]>),
    /// All places inside a slot's value that a JSONPath finds.
    Query(SlotId, Box<[Key]>, Arc<Query>),
    /// A template, with one argument for each name that it uses.
    Template(Arc<Template>, Vec<Arg>),
    /// A list of arguments.
    List(Vec<Arg>),
    /// An object of arguments.
    Object(Vec<(Text, Arg)>),
}

impl Arg {
    /// Shows each place that this reads.
    pub fn places(&self, show: &mut impl FnMut(SlotId, &[Key])) {
        match self {
            Arg::Const(_) => {}
            Arg::Slot(slot) => show(*slot, &[]),
            Arg::At(slot, keys) | Arg::Query(slot, keys, _) => show(*slot, keys),
            Arg::Template(_, args) | Arg::List(args) => args.iter().for_each(|arg| arg.places(show)),
            Arg::Object(members) => members.iter().for_each(|(_, arg)| arg.places(show)),
        }
    }
}

impl fmt::Debug for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arg::Const(value) => write!(f, "{value:?}"),
            Arg::Slot(slot) => write!(f, "#{}", slot.0),
            Arg::At(slot, keys) => write!(f, "#{}{keys:?}", slot.0),
            Arg::Query(slot, keys, _) => write!(f, "#{}{keys:?}[query]", slot.0),
            Arg::Template(_, uses) => write!(f, "template{uses:?}"),
            Arg::List(items) => f.debug_list().entries(items).finish(),
            Arg::Object(members) => f.debug_map().entries(members.iter().map(|(k, v)| (k, v))).finish(),
        }
    }
}
