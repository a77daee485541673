//! From the model to the program: names become indices, types are settled, every mistake is found.
//!
//! One pass over all flows collects all mistakes. What can't be resolved has an unknown type, which fits everything, so
//! that one mistake is reported once. The passes, in their order: `manifest` (tables, connections, variables), `signature`
//! (what flows take and give), `scope` (cards, their outputs and slots), `control` (what runs before what), `lower` with
//! its kin (fields, wires, blocks, calls), `cycles`, `unused`.

mod alone;
mod block;
mod call;
mod control;
mod cron;
mod cycles;
mod doubts;
mod expr;
mod field;
mod fields;
mod loops;
mod lower;
mod manifest;
mod names;
mod order;
mod place;
mod policy;
mod read;
mod resolve;
mod scope;
mod signature;
mod table;
mod trigger;
mod unused;

use std::collections::BTreeSet;

use crate::card::Catalog;
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::Project;
use crate::program::{Connection, FlowId, Program};
use crate::source::{Sources, Span};
use crate::value::{Text, Value};

use names::Names;
use scope::Scope;

/// What the checker is told besides the project.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The files that the project was loaded from.
    pub sources: &'a Sources,
    /// What loading found; after an error there is no program.
    pub found: &'a [Diagnostic],
    /// Values that take the place of those in the manifest, as `--set` gives them.
    pub vars: &'a [(Text, Value)],
    /// Values of the variables that name an environment variable, for those that are set; the core reads none itself.
    pub env: &'a [(Text, Value)],
    /// The connectors that there are.
    pub connectors: &'a [&'a str],
    /// The events that a trigger may name, each with its connector.
    pub events: &'a [&'a str],
}

/// What came of checking.
#[derive(Debug)]
pub struct Checked {
    /// The program; none if there is an error, or no entry was named.
    pub program: Option<Program>,
    /// The mistakes, without those that loading found.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks all flows of a project and makes the program that starts with the flow `entry`.
pub fn check(project: &Project, catalog: &Catalog, entry: Option<&str>, options: &Options<'_>) -> Checked {
    let mut log = Log::default();
    let names = Names::new(project, options, &mut log);
    let shared = Shared {
        project,
        catalog,
        options,
        signatures: signature::all(project, catalog, options, &mut log),
        names,
    };
    let scopes: Vec<Scope<'_>> =
        (0..project.flows.len()).map(|index| Scope::new(&shared, &mut log, index)).collect();
    let handlers: BTreeSet<usize> =
        scopes.iter().flat_map(|scope| &scope.steps).filter_map(|step| step.handler).collect();

    let entry = entry.and_then(|name| match shared.names.flow(name, "") {
        names::Found::One(index) => Some(index),
        _ => {
            if let Some((file, _)) = options.sources.iter().next() {
                log.report(shared.names.unknown_flow(name, "", Span::start_of(file)));
            }
            None
        }
    });
    let reached = entry.map_or_else(BTreeSet::new, |entry| reachable(entry, &scopes));
    let ids: Vec<Option<FlowId>> = (0..scopes.len())
        .map(|index| reached.contains(&index).then(|| FlowId(reached.range(..index).count() as u32)))
        .collect();

    doubts::races(&shared, &mut log, &scopes);
    let tables = table::reached(&shared, reached.iter().map(|&index| &scopes[index]));
    let mut flows = Vec::new();
    for (index, scope) in scopes.into_iter().enumerate() {
        trigger::check(&shared, &mut log, index);
        log.reached = ids[index].is_some();
        let flow = lower::flow(&shared, &mut log, scope, &ids, &handlers);
        if log.reached {
            flows.push(flow);
        }
    }
    cycles::check(project, &mut log);
    let failed = |found: &[Diagnostic]| found.iter().any(|found| found.code.severity() == Severity::Error);
    let failed = failed(&log.found) || failed(options.found);
    if !failed {
        unused::check(&shared, &mut log);
    }
    let program = entry.filter(|_| !failed).and_then(|entry| ids[entry]).map(|entry| {
        let hash = hash(&shared, &reached);
        Program { flows, entry, connections: std::mem::take(&mut log.connections), tables, hash }
    });
    // A place at which loading found something is understood no better here.
    log.found.retain(|mistake| options.found.iter().all(|found| found.span != mistake.span));
    Checked { program, diagnostics: log.found }
}

/// What all passes read.
struct Shared<'p> {
    project: &'p Project,
    catalog: &'p Catalog,
    options: &'p Options<'p>,
    names: Names<'p>,
    signatures: Vec<signature::Signature>,
}

impl Shared<'_> {
    /// Whether parts of the flow's file could not be read, so that a name it lacks may stand there all the same.
    fn is_broken(&self, flow: usize) -> bool {
        let flow = &self.project.flows[flow];
        let unread = |code| {
            matches!(
                code,
                Code::Syntax | Code::TooLarge | Code::Structure | Code::UnknownKey | Code::MissingKey
            )
        };
        flow.broken
            || self.options.found.iter().any(|found| found.span.file == flow.span.file && unread(found.code))
    }
}

/// What all passes write.
#[derive(Default)]
struct Log {
    found: Vec<Diagnostic>,
    /// The variables, tables and connections that something uses, by their places in the manifest.
    used_vars: BTreeSet<usize>,
    used_tables: BTreeSet<usize>,
    used_connections: BTreeSet<usize>,
    /// The connections of the program.
    connections: Vec<Connection>,
    /// Whether the program has the flow that is being lowered.
    reached: bool,
    /// Calls that no run of the caller gets past: caller, callee and where.
    certain_calls: Vec<(usize, usize, Span)>,
}

impl Log {
    fn report(&mut self, mistake: Diagnostic) {
        self.found.push(mistake);
    }
}

fn reachable(entry: usize, scopes: &[Scope<'_>]) -> BTreeSet<usize> {
    let mut reached = BTreeSet::from([entry]);
    let mut next = vec![entry];
    while let Some(flow) = next.pop() {
        next.extend(scopes[flow].callees().filter(|&callee| reached.insert(callee)));
    }
    reached
}

/// FNV-1a over what a run depends on. A secret's text is left out, for a run must survive its rotation.
fn hash(shared: &Shared<'_>, reached: &BTreeSet<usize>) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |text: &str| {
        // A byte that no text has keeps neighbours apart.
        for byte in text.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    add(env!("CARGO_PKG_VERSION"));
    for &index in reached {
        let flow = &shared.project.flows[index];
        add(&flow.path);
        add(&shared.options.sources.get(flow.span.file).text);
    }
    for (name, value) in shared.names.vars() {
        add(name);
        add(&value.to_json());
    }
    for table in shared.names.tables() {
        add(&table.name);
        for column in &table.columns {
            add(&column.name);
            add(&column.ty.to_string());
            add(&column.default.to_json());
        }
    }
    for connection in &shared.project.manifest.connections {
        add(&connection.name.it);
        add(&connection.connector.it);
        for (name, value) in &connection.settings {
            add(&name.it);
            add(&value.it.to_json());
        }
    }
    hash
}
