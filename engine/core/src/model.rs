//! A project as its author wrote it: flows, cards, fields, every one with its place in the source.
//!
//! Loaders (YAML today, Okta's exports later) make this; the checker turns it into a program. Nothing here is resolved.

use crate::settings::Settings;
use crate::source::Span;
use crate::value::{Text, Value};

/// A thing and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct At<T> {
    /// The thing.
    pub it: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> At<T> {
    /// `it`, written at `span`.
    pub fn new(it: T, span: Span) -> At<T> {
        At { it, span }
    }
}

impl<T> std::ops::Deref for At<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.it
    }
}

/// A name as it was written.
pub type Name = At<Text>;

/// A folder of flows with its manifest.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// What `flowrun.yaml` says.
    pub manifest: Manifest,
    /// The flows, sorted by path. Those that stand in a card are among them.
    pub flows: Vec<Flow>,
}

impl Project {
    /// The flow with this path.
    pub fn flow(&self, path: &str) -> Option<&Flow> {
        self.flows.binary_search_by(|flow| (*flow.path).cmp(path)).ok().map(|place| &self.flows[place])
    }

    /// The flows that have a file of their own.
    pub fn files(&self) -> impl Iterator<Item = &Flow> {
        self.flows.iter().filter(|flow| flow.around().is_none())
    }
}

/// What `flowrun.yaml` says.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// The project's name.
    pub name: Option<Name>,
    /// What the project is for.
    pub description: Option<Name>,
    /// The tables, in their order.
    pub tables: Vec<Table>,
    /// The connections, in their order.
    pub connections: Vec<Connection>,
    /// The variables, in their order.
    pub vars: Vec<Var>,
    /// Where else its flows run, in their order.
    pub environments: Vec<Environment>,
    /// The environment whose connections and variables stand above, if one was chosen.
    pub within: Option<Text>,
    /// The flow that runs after a run has failed whose own flow names none.
    pub on_failure: Option<Name>,
    /// Whether the data that passes through its flows is saved; none where that is not said.
    pub save_data: Option<bool>,
    /// What holds for the flows of folders, in their order.
    pub folders: Vec<Folder>,
    /// How long runs are kept, by the keys of [`Keep`](crate::keep::Keep).
    pub keep: Vec<(Name, At<Value>)>,
    /// How far journals may grow, by the keys of [`JournalBounds`](crate::keep::JournalBounds).
    pub journal: Vec<(Name, At<Value>)>,
    /// Which YAML files below it are no flows: patterns of paths from its folder.
    pub exclude: Vec<Name>,
    /// Parts of the file could not be read, which is already reported: nothing is to be missed in it.
    pub broken: bool,
}

impl Manifest {
    /// Lets the connections and variables of an environment stand in the place of those of the project; whether there is one of that
    /// name.
    pub fn choose(&mut self, environment: &str) -> bool {
        let Some(chosen) = self.environments.iter().find(|known| *known.name.it == *environment) else {
            return false;
        };
        for (name, settings) in &chosen.connections {
            let Some(own) = self.connections.iter_mut().find(|own| own.name.it == name.it) else { continue };
            own.settings.retain(|(known, _)| settings.iter().all(|(setting, _)| setting.it != known.it));
            own.settings.extend(settings.iter().cloned());
        }
        for var in &chosen.vars {
            let Some(own) = self.vars.iter_mut().find(|own| own.name.it == var.name.it) else { continue };
            (own.value, own.env) = (var.value.clone(), var.env.clone());
        }
        self.within = Some(chosen.name.it.clone());
        true
    }

    /// The name under which the credentials of a connection are kept: an environment that names it has an account of its own, whose
    /// name ends in its name.
    pub fn account(&self, connection: &str) -> String {
        let within = self.within.as_ref();
        let chosen =
            within.and_then(|within| self.environments.iter().find(|known| known.name.it == *within));
        match chosen {
            Some(chosen) if chosen.connections.iter().any(|(name, _)| *name.it == *connection) => {
                format!("{connection}@{}", chosen.name.it)
            }
            _ => connection.to_owned(),
        }
    }
}

/// A value that stands in a file, under its name.
pub type Constant = (Name, At<Value>);

/// Where else a project's flows run: against other organisations, with other values, and with a store of its own.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Its name.
    pub name: Name,
    /// The connections of the project that lead elsewhere, each with the settings that differ.
    pub connections: Vec<(Name, Vec<Constant>)>,
    /// The variables of the project that have other values; their types are those of the project.
    pub vars: Vec<Var>,
}

/// The word for a setting that is on or off.
pub fn on_or_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// What holds for the flows of a folder and of those in it.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Its path from the project's folder, with `/`.
    pub path: Name,
    /// Whether the data that passes through its flows is saved; none where that is not said.
    pub save_data: Option<bool>,
}

/// A table's definition.
#[derive(Clone, Debug)]
pub struct Table {
    /// The table's name.
    pub name: Name,
    /// The columns, in their order.
    pub columns: Vec<Column>,
    /// Whether its rows are there again in the next run.
    pub kept: bool,
    /// How many rows it may have.
    pub max_rows: Option<At<Value>>,
}

/// A column's definition.
#[derive(Clone, Debug)]
pub struct Column {
    /// The column's name.
    pub name: Name,
    /// The name of its type, not yet looked up: text, number, true/false, date & time.
    pub ty: Name,
    /// What a new row holds here when nothing is given.
    pub default: Option<At<Value>>,
}

/// A connection's definition.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The name flows use.
    pub name: Name,
    /// The connector: okta, personio, …
    pub connector: Name,
    /// Settings that aren't secrets, such as a base URL.
    pub settings: Vec<(Name, At<Value>)>,
}

/// A variable: a value for all flows that `--set` can change.
#[derive(Clone, Debug)]
pub struct Var {
    /// The variable's name.
    pub name: Name,
    /// The name of its type, where one is given.
    pub ty: Option<Name>,
    /// Its value in the manifest; a constant.
    pub value: Option<At<Value>>,
    /// The environment variable that gives the value instead, where one is named and set.
    pub env: Option<Name>,
    /// What it is for.
    pub description: Option<Name>,
}

/// One flow.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The path relative to the project, with `/`, without the ending: `utilities/personio_mapping`; of one that stands in a
    /// card that of the flow around it, `#` and its own name: `welcome#letters`.
    pub path: Text,
    /// The whole file, or the part of it in which the flow stands.
    pub span: Span,
    /// Okta's name of the flow; the file's stem where none is given; of one that stands in a card that of the card.
    pub name: Name,
    /// What the flow does.
    pub description: Option<Name>,
    /// What starts it.
    pub trigger: Trigger,
    /// Which other runs may not go on beside one that starts with it; none where that is not said.
    pub alone: Option<Alone>,
    /// What else is said of how its runs are started.
    pub runs: Settings,
    /// The flow that runs after a run which starts with this one has failed; none where that is not said.
    pub on_failure: Option<Name>,
    /// Whether the data that passes through it is saved; none where that is not said.
    pub save_data: Option<bool>,
    /// Whether what it takes and gives becomes what its type says; else it passes as it is, and the types are for people.
    pub converts: bool,
    /// The inputs, in their order.
    pub inputs: Vec<Input>,
    /// The outputs, in their order, with the names of their types.
    pub outputs: Vec<(Name, Name)>,
    /// The cards.
    pub cards: Vec<Step>,
    /// Parts of the file could not be read, which is already reported: nothing is to be missed in it, be it an input,
    /// an output or a card.
    pub broken: bool,
}

/// That a run that starts with the flow wants to be alone.
#[derive(Clone, Debug)]
pub struct Alone {
    /// Runs for which this comes to the same exclude each other.
    pub key: At<Expr>,
    /// What becomes of a run while another one has the key.
    pub others: Others,
}

/// What becomes of a run that wants to be alone and isn't.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Others {
    /// It does not start.
    #[default]
    Refuse,
    /// It starts when the other one has ended.
    Wait,
}

impl Others {
    /// The word for it in flow files.
    pub fn word(self) -> &'static str {
        match self {
            Others::Refuse => "refuse",
            Others::Wait => "wait",
        }
    }
}

/// Separates the path of a flow that stands in a card from that of the flow around it. No flow's file has it in its name.
pub const INSIDE: char = '#';

impl Flow {
    /// The path of the flow in one of whose cards it stands; none if it has a file of its own.
    pub fn around(&self) -> Option<&str> {
        self.path.rsplit_once(INSIDE).map(|(around, _)| around)
    }

    /// Every card, those of blocks included, in the order of the file; not those of flows that stand in its cards.
    pub fn all_cards(&self) -> Vec<&Step> {
        fn add<'m>(steps: &'m [Step], all: &mut Vec<&'m Step>) {
            for step in steps {
                all.push(step);
                step.arms.iter().for_each(|arm| add(&arm.cards, all));
            }
        }
        let mut all = Vec::new();
        add(&self.cards, &mut all);
        all
    }
}

/// What starts a flow.
#[derive(Clone, Debug, Default)]
pub enum Trigger {
    /// Another flow, or a person.
    #[default]
    Helper,
    /// An administrator, or another product of the vendor's.
    Delegated,
    /// The clock.
    Schedule(Schedule),
    /// A request to its address.
    ApiEndpoint {
        /// GET or POST.
        method: Option<Name>,
        /// public, token or oauth.
        security: Option<Name>,
        /// What else is said of it.
        more: Settings,
    },
    /// Something that happened at a vendor.
    Event {
        /// The connector's event, as `okta.user_created`.
        event: Name,
        /// What the vendor is asked to limit it to, as an application, by the event's own fields.
        with: Vec<(Name, At<Expr>)>,
        /// Which of the events count.
        filter: Option<At<Expr>>,
        /// What else is said of it.
        more: Settings,
    },
    /// What a list at a vendor has that it had not before.
    Poll(Poll),
    /// A request of somebody who tells what happened.
    Webhook {
        /// The last part of its address.
        name: Name,
        /// What else is said of it.
        more: Settings,
    },
}

/// What is asked again and again.
#[derive(Clone, Debug)]
pub struct Poll {
    /// The card that lists.
    pub card: Name,
    /// The connection that it uses.
    pub connection: Option<Name>,
    /// Its fields.
    pub with: Vec<(Name, At<Expr>)>,
    /// What else is said of it.
    pub more: Settings,
}

/// When a scheduled flow starts.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Five or six cron fields.
    pub cron: Name,
    /// An IANA time zone; UTC where none is given.
    pub time_zone: Option<Name>,
    /// Not before this date & time.
    pub start: Option<Name>,
    /// Not after this date & time.
    pub end: Option<Name>,
    /// What else is said of it.
    pub more: Settings,
}

/// An input of a flow.
#[derive(Clone, Debug)]
pub struct Input {
    /// The input's name.
    pub name: Name,
    /// The name of its type; `any` where none is given.
    pub ty: Option<Name>,
    /// Its value where the caller passes none; a flow without one needs the input.
    pub default: Option<At<Value>>,
    /// The values it may have; empty means any.
    pub choices: Vec<At<Value>>,
    /// Whether what is passed becomes what the type says, if the flow converts at all.
    pub converts: bool,
    /// What it means.
    pub description: Option<Name>,
}

/// A card as it stands in a flow.
#[derive(Clone, Debug)]
pub struct Step {
    /// All of it.
    pub span: Span,
    /// What its author calls it; the card's own name where none is given.
    pub title: Option<Name>,
    /// The ID by which wires name it; cards without one cannot be wired from.
    pub id: Option<Name>,
    /// The card: `text.split`; empty where it is missing, which is already reported.
    pub card: Name,
    /// The connection it uses; the connector's only one where none is named.
    pub connection: Option<Name>,
    /// The fields, in their order.
    pub with: Vec<(Name, At<Expr>)>,
    /// What a helper flow's inputs get, in their order.
    pub pass: Vec<(Name, At<Expr>)>,
    /// The arms of a card that holds cards, in their order.
    pub arms: Vec<Arm>,
    /// What comes out of the card: a block's joined outputs, or the types of outputs that the author names.
    pub outputs: Vec<(Name, At<Joined>)>,
    /// What happens when the card fails.
    pub on_error: Option<At<OnError>>,
    /// How often it is tried again.
    pub retry: Option<At<Retry>>,
    /// How long it may take.
    pub timeout: Option<At<Value>>,
    /// The author's remark.
    pub note: Option<Name>,
    /// Parts of the card could not be read, which is already reported: nothing is to be missed in it, be it a field, an
    /// arm or an output.
    pub broken: bool,
}

/// An arm of a block.
#[derive(Clone, Debug)]
pub struct Arm {
    /// `then`, `else`, `try`, `catch`, or a case's `id` (`case_1` where none is given).
    pub name: Name,
    /// A case's condition: its fields value_a, operator and value_b.
    pub when: Vec<(Name, At<Expr>)>,
    /// The cards.
    pub cards: Vec<Step>,
}

/// What an output of a card is made of.
#[derive(Clone, Debug)]
pub enum Joined {
    /// A block: one expression for each arm named.
    Arms(Vec<(Name, At<Expr>)>),
    /// Outputs named by the author: the name of the type.
    Type(Text),
}

/// What happens when a card fails.
#[derive(Clone, Debug)]
pub enum OnError {
    /// The flow stops with the error.
    Stop,
    /// The flow ends with these values.
    Return(Vec<(Name, At<Expr>)>),
    /// The flow stops with the error, after this flow has run.
    Call {
        /// The flow.
        flow: Name,
        /// What its inputs get.
        pass: Vec<(Name, At<Expr>)>,
    },
}

/// How often a failed card is tried again.
#[derive(Clone, Debug)]
pub struct Retry {
    /// How many more times, 1 to 5.
    pub times: At<Value>,
    /// How long to wait before each: a duration, or a list of two to choose between.
    pub wait: Option<At<Value>>,
    /// `rate_limit` (when none is given) or `any`.
    pub on: Option<Name>,
}

/// What a field is given.
#[derive(Clone, Debug)]
pub enum Expr {
    /// A constant.
    Constant(Value),
    /// `$.card.output`: not yet parsed.
    Wire(Text),
    /// A text with `{{ }}` or `{% %}`: not yet compiled.
    Template(Text),
    /// A list with expressions in it.
    List(Vec<At<Expr>>),
    /// An object with expressions in it.
    Object(Vec<(Name, At<Expr>)>),
    /// Could not be read, which is already reported: take it for any value.
    Broken,
}
