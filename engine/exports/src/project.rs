//! A file's tables, connections and folders, and the flows in them.

use std::collections::{BTreeMap, BTreeSet};

use super::naming::{Names, id, stem};
use super::pack::{Callee, Card, Pack, Scope};
use super::policy::{of_policy, returned_on_errors};
use super::wire::{is_start, nowhere};
use super::{Dictionary, Trouble, answer, flow};
use flowrun_core::model::{Column, Connection, Manifest, Project, Table};
use flowrun_core::source::{FileId, Origin, Span};
use flowrun_core::types::Type;
use flowrun_core::value::{Text, Value};

/// What a flow takes and gives, known before any is lowered.
#[derive(Debug, Default)]
pub(super) struct Signature {
    /// The path by which others name it.
    pub path: Text,
    /// What it takes: name, type, and the value where nothing is passed, if somebody leaves it out.
    pub inputs: Vec<(Text, Type, Option<Value>)>,
    /// Whether others make something of what it gives.
    pub asked: bool,
    /// What it gives.
    pub outputs: Vec<(Text, Type)>,
}

/// What flows take and give, by their IDs.
pub(super) type Signatures<'p> = BTreeMap<&'p str, Signature>;

/// What all flows are lowered with.
pub(super) struct Lowering<'p> {
    pub dictionary: &'p Dictionary,
    /// By the IDs of the flows.
    pub signatures: &'p Signatures<'p>,
    /// The names of tables by their IDs.
    pub tables: BTreeMap<&'p str, Text>,
    pub troubles: Vec<Trouble>,
    /// The paths of flows.
    pub paths: Names,
    /// Flows that stood inside a card of another.
    pub made: Vec<flowrun_core::model::Flow>,
    /// What flows and steps were made of; their spans count from here.
    pub origins: Vec<Origin>,
}

impl Lowering<'_> {
    /// The span of what was made of this part.
    pub fn made_of(&mut self, origin: Origin) -> Span {
        let place = self.origins.len() as u32;
        self.origins.push(origin);
        Span { file: FileId(0), start: place, end: place }
    }
}

/// The project that a file makes, and what its parts were made of.
pub(super) fn lower(
    pack: &Pack,
    dictionary: &Dictionary,
    troubles: &mut Vec<Trouble>,
) -> (Project, Vec<Origin>) {
    let mut paths = Names::default();
    // A file of this name is the manifest.
    paths.unique("flowrun");
    let folders = Folders::new(pack);
    let mut signatures = BTreeMap::new();
    let asked = answer::asked(pack);
    for flow in &pack.flows {
        let stem = stem(&flow.title, "flow");
        let path = paths.unique(&folders.within(flow.folder.as_deref(), &stem));
        signatures.insert(&*flow.id, flow::signature(flow, path, asked.contains(&flow.id)));
    }
    return_on_errors(pack, dictionary, &mut signatures);
    default_what_is_left_out(pack, dictionary, &mut signatures);
    let mut names = Names::default();
    let tables: Vec<Table> = pack.tables.iter().map(|table| self::table(table, &mut names)).collect();
    let by_id = pack.tables.iter().zip(&tables).map(|(raw, table)| (&*raw.id, table.name.it.clone()));
    let mut lowering = Lowering {
        dictionary,
        signatures: &signatures,
        tables: by_id.collect(),
        troubles: Vec::new(),
        paths,
        made: Vec::new(),
        origins: Vec::new(),
    };
    let mut flows: Vec<flowrun_core::model::Flow> =
        pack.flows.iter().filter_map(|flow| flow::lower(flow, &mut lowering)).collect();
    flows.append(&mut lowering.made);
    flows.sort_by(|a, b| a.path.cmp(&b.path));
    troubles.append(&mut lowering.troubles);
    let manifest = Manifest {
        name: folders.root.clone().map(nowhere),
        tables,
        connections: connections(dictionary, &flows),
        ..Manifest::default()
    };
    (Project { manifest, flows }, lowering.origins)
}

/// What a flow gives when a card fails is among its outputs.
fn return_on_errors(pack: &Pack, dictionary: &Dictionary, signatures: &mut Signatures<'_>) {
    let found = pack.flows.iter().filter_map(|flow| {
        let outputs = &signatures.get(&*flow.id)?.outputs;
        Some((&*flow.id, returned_on_errors(dictionary, signatures, flow::body(flow), outputs)))
    });
    for (flow, more) in found.collect::<Vec<_>>() {
        signatures
            .get_mut(flow)
            .into_iter()
            .for_each(|signature| signature.outputs.extend(more.iter().cloned()));
    }
}

/// An input that some card of the file leaves out gets a blank in Okta: it needs a default here.
fn default_what_is_left_out(pack: &Pack, dictionary: &Dictionary, signatures: &mut Signatures<'_>) {
    let mut left_out: BTreeSet<(Text, Text)> = BTreeSet::new();
    let mut look = |callee: &str, passed: &[&str]| {
        let Some(signature) = signatures.get(callee) else { return };
        let left =
            signature.inputs.iter().filter(|(name, ..)| !passed.contains(&&**name) && **name != *"Record");
        left_out.extend(left.map(|(name, ..)| (callee.into(), name.clone())));
    };
    for flow in &pack.flows {
        each_card(&flow.scope, &mut |card| {
            for field in &card.inputs {
                if let Some(Callee::Named(callee)) = &field.flow {
                    look(callee, &card.inputs.iter().map(|field| &*field.key).collect::<Vec<_>>());
                }
            }
            if let (Some(Callee::Named(callee)), "flo") = (&card.policy.flow, &*card.policy.kind) {
                let passed = of_policy(dictionary, signatures, card);
                look(callee, &passed.map(|field| &*field.key).collect::<Vec<_>>());
            }
        });
        if flow.schedule.is_some() && flow.scope.cards.iter().any(is_start) {
            look(&flow.id, &[]);
        }
    }
    for (flow, name) in left_out {
        let inputs = signatures.get_mut(&*flow).into_iter().flat_map(|signature| &mut signature.inputs);
        for (input, ty, default) in inputs {
            if *input == name && default.is_none() {
                *default = Some(ty.blank());
            }
        }
    }
}

/// Visits every card, those of blocks and inline flows included.
pub(super) fn each_card(scope: &Scope, visit: &mut impl FnMut(&Card)) {
    for card in &scope.cards {
        visit(card);
        let flows = card.inputs.iter().filter_map(|field| field.flow.as_ref()).chain(&card.policy.flow);
        for callee in flows {
            if let Callee::Inline(scope) = callee {
                each_card(scope, visit);
            }
        }
    }
}

fn table(raw: &super::pack::Table, names: &mut Names) -> Table {
    let column = |(name, ty, default): &(Text, Text, Option<Text>)| Column {
        name: nowhere(name.trim().into()),
        ty: nowhere(
            match &**ty {
                "dec" | "ctr" => "number",
                "dte" => "date & time",
                "bln" => "true/false",
                _ => "text",
            }
            .into(),
        ),
        default: default.as_ref().map(|text| nowhere(column_default(ty, text))),
    };
    let mut seen = BTreeSet::new();
    let columns = raw.columns.iter().filter(|(name, ..)| !name.trim().is_empty() && seen.insert(name.trim()));
    Table {
        name: nowhere(names.unique(&id(&raw.name, "table"))),
        columns: columns.map(column).collect(),
        // As Okta keeps its tables.
        kept: true,
        max_rows: None,
    }
}

/// Okta writes defaults as texts.
fn column_default(ty: &str, text: &Text) -> Value {
    match ty {
        "dec" | "ctr" => text.parse().map_or_else(|_| Value::Text(text.clone()), Value::Number),
        "bln" => text.parse().map_or_else(|_| Value::Text(text.clone()), Value::Bool),
        _ => Value::Text(text.clone()),
    }
}

/// One connection for each connector that flows use here; those of other connectors nobody could make.
fn connections(dictionary: &Dictionary, flows: &[flowrun_core::model::Flow]) -> Vec<Connection> {
    let known: BTreeSet<&str> = dictionary.cards.values().filter_map(|card| card.connector()).collect();
    let mut used = BTreeSet::new();
    for flow in flows {
        used_connectors(&flow.cards, dictionary, &mut used);
    }
    let wanted = known.iter().filter(|connector| used.contains(**connector));
    wanted
        .map(|connector| Connection {
            name: nowhere((*connector).into()),
            connector: nowhere((*connector).into()),
            settings: Vec::new(),
        })
        .collect()
}

fn used_connectors<'d>(
    steps: &[flowrun_core::model::Step],
    dictionary: &'d Dictionary,
    used: &mut BTreeSet<&'d str>,
) {
    for step in steps {
        let card = dictionary.cards.values().find(|card| *card.id == *step.card.it);
        used.extend(card.and_then(|card| card.connector()));
        step.arms.iter().for_each(|arm| used_connectors(&arm.cards, dictionary, used));
    }
}

/// Where flows stand: the names of folders, without the one that holds everything.
struct Folders {
    paths: BTreeMap<Text, Vec<Text>>,
    root: Option<Text>,
}

impl Folders {
    fn new(pack: &Pack) -> Folders {
        let names: BTreeMap<&str, &Text> =
            pack.folders.iter().map(|folder| (&*folder.id, &folder.name)).collect();
        let whole = |folder: &super::pack::Folder| {
            let around = folder.path.iter().filter_map(|id| names.get(&**id).map(|name| (*name).clone()));
            around.chain([folder.name.clone()]).collect::<Vec<Text>>()
        };
        let mut paths: BTreeMap<Text, Vec<Text>> =
            pack.folders.iter().map(|folder| (folder.id.clone(), whole(folder))).collect();
        let firsts: BTreeSet<Option<Text>> = paths.values().map(|path| path.first().cloned()).collect();
        let root = match firsts.into_iter().collect::<Vec<_>>().as_slice() {
            [Some(root)] => Some(root.clone()),
            _ => None,
        };
        if root.is_some() {
            paths.values_mut().for_each(|path| drop(path.remove(0)));
        }
        Folders { paths, root }
    }

    fn within(&self, folder: Option<&str>, stem: &str) -> String {
        let folders = folder.and_then(|folder| self.paths.get(folder)).into_iter().flatten();
        let parts = folders.map(|name| self::stem(name, "folder")).chain([stem.to_owned()]);
        parts.collect::<Vec<_>>().join("/")
    }
}
