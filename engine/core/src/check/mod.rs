//! From the model to the program: names become indices, types are settled, every mistake is found.
//!
//! One pass over all flows collects all mistakes. What can't be resolved has an unknown type, which fits everything, so
//! that one mistake is reported once. The passes, in their order: `manifest` (tables, connections, variables), `signature`
//! (what flows take and give), `scope` (cards, their outputs and slots), `control` (what runs before what), `shape`
//! (which keys records have), `lower` with its kin (fields, wires, blocks, calls), `cycles`, `unused`.

mod aftermath;
mod alone;
mod block;
mod call;
mod compared;
mod control;
mod cron;
mod cycles;
mod doubts;
mod expr;
mod field;
mod fields;
mod fix;
mod kept;
mod keys;
mod last_use;
mod loops;
mod lower;
mod manifest;
mod meant;
mod names;
mod order;
mod place;
mod policy;
mod poll;
mod reads;
mod resolve;
mod scope;
mod secrets;
mod shape;
mod signature;
mod table;
mod trigger;
mod unused;
pub mod uses;
mod zone;

pub use secrets::secrets;

use std::collections::{BTreeMap, BTreeSet};

use crate::card::{Catalog, Control};
use crate::diag::{Code, Diagnostic, Severity};
use crate::keep::{JournalBounds, Keep};
use crate::load::MANIFEST;
use crate::model::Project;
use crate::names::Names;
use crate::program::{Connection, Flow, FlowId, Program, Table};
use crate::source::{FileId, Sources, Span};
use crate::value::{Text, Value};

use manifest::Var;
use reads::Reads;
use scope::Scope;
use shape::Shapes;
use uses::{How, Target, Use, Uses};

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
    /// The flows that can run: those without a mistake that reach none with one. A mistake in the manifest keeps all from running.
    pub program: Program,
    /// The mistakes, without those that loading found.
    pub diagnostics: Vec<Diagnostic>,
    /// Who uses what, in flows with mistakes too.
    pub uses: Uses,
}

/// Checks all flows of a project, and makes a program of those that can run.
pub fn check(project: &Project, catalog: &Catalog, options: &Options<'_>) -> Checked {
    let mut log = Log::default();
    let (tables, vars) = manifest::check(project, options, &mut log);
    let keep = Keep::of(kept::numbers(&project.manifest.keep, &Keep::LIMITS, &mut log));
    let journal =
        JournalBounds::of(kept::numbers(&project.manifest.journal, &JournalBounds::LIMITS, &mut log));
    kept::folders(project, &mut log);
    let names = Names::new(project);
    let after_failure = aftermath::check(project, &names, &mut log);
    let handlers_unsure = aftermath::is_unsure(project, &names, &after_failure);
    let shared = Shared {
        project,
        catalog,
        options,
        signatures: signature::all(project, catalog, options, &mut log),
        names,
        after_failure,
        handlers_unsure,
        reads: project.flows.iter().map(Reads::new).collect(),
        tables,
        vars,
    };
    let scopes: Vec<Scope<'_>> =
        (0..project.flows.len()).map(|index| Scope::new(&shared, &mut log, index)).collect();
    let handlers: BTreeSet<usize> =
        scopes.iter().flat_map(|scope| &scope.steps).filter_map(|step| step.handler).collect();
    let handlers = handlers.into_iter().chain(shared.after_failure.iter().flatten().copied()).collect();
    // They must have the input `memo`, whether they read it or not.
    let carries =
        |step: &&scope::Step<'_>| matches!(step.control(), Some(Control::Reduce | Control::RepeatUntil));
    let carrying: BTreeSet<usize> = scopes
        .iter()
        .flat_map(|scope| &scope.steps)
        .filter(carries)
        .filter_map(|step| step.called())
        .collect();
    doubts::races(&shared, &mut log, &scopes);
    let shapes = Shapes::new(&shared, &scopes);
    let flows: Vec<Option<Flow>> = scopes
        .into_iter()
        .map(|scope| lower::flow(&shared, &mut log, scope, &shapes, &handlers, &carrying))
        .collect();
    cycles::check(project, &mut log);
    let errors = |found: &&Diagnostic| found.code.severity() == Severity::Error;
    let wrong: BTreeSet<FileId> =
        log.found.iter().chain(options.found).filter(errors).map(|found| found.span.file).collect();
    if wrong.is_empty() {
        unused::check(&shared, &mut log);
    }
    let mut flows = sound(flows, &wrong, options.sources);
    last_use::mark(&mut flows);
    let program = Program {
        flows,
        connections: project.manifest.connections.iter().map(connection).collect(),
        tables: shared.tables,
        keep,
        journal,
    };
    // A place at which loading found something is understood no better here.
    log.found.retain(|mistake| options.found.iter().all(|found| found.span != mistake.span));
    Checked { program, diagnostics: told_once(log.found), uses: Uses::new(log.uses) }
}

/// How many places a mistake shows besides its own.
const PLACES: usize = 5;

/// An output that isn't there and is read in several places is one mistake, told at the first.
fn told_once(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut told: Vec<Diagnostic> = Vec::with_capacity(found.len());
    let mut first: BTreeMap<(Span, String), usize> = BTreeMap::new();
    for mistake in found {
        let card = mistake.related.first().filter(|_| mistake.code == Code::WireToUnknownOutput);
        if let Some((card, _)) = card {
            let at = *first.entry((*card, mistake.message.clone())).or_insert(told.len());
            if let Some(known) = told.get_mut(at) {
                if known.related.len() < PLACES {
                    known.related.push((mistake.span, "read here too".to_owned()));
                }
                continue;
            }
        }
        told.push(mistake);
    }
    told
}

/// The flows that can run, under their numbers in the program.
fn sound(flows: Vec<Option<Flow>>, wrong: &BTreeSet<FileId>, sources: &Sources) -> Vec<Flow> {
    if wrong.iter().any(|file| *sources.get(*file).path == *MANIFEST) {
        return Vec::new();
    }
    let mut sound: Vec<bool> =
        flows.iter().map(|flow| flow.as_ref().is_some_and(|flow| !wrong.contains(&flow.span.file))).collect();
    // What reaches a flow that can't run can't run either.
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); flows.len()];
    for (caller, flow) in flows.iter().enumerate() {
        for called in flow.iter().flat_map(|flow| &flow.calls) {
            callers[called.0 as usize].push(caller);
        }
    }
    let mut next: Vec<usize> = (0..flows.len()).filter(|flow| !sound[*flow]).collect();
    while let Some(flow) = next.pop() {
        next.extend(callers[flow].iter().filter(|caller| std::mem::replace(&mut sound[**caller], false)));
    }
    let mut numbers = Vec::with_capacity(flows.len());
    let mut number = 0;
    for sound in &sound {
        numbers.push(FlowId(number));
        number += u32::from(*sound);
    }
    let mut kept: Vec<Flow> =
        flows.into_iter().zip(&sound).filter(|(_, sound)| **sound).filter_map(|(flow, _)| flow).collect();
    if kept.len() < sound.len() {
        kept.iter_mut().for_each(|flow| flow.renumber(|flow| numbers[flow.0 as usize]));
    }
    kept
}

fn connection(defined: &crate::model::Connection) -> Connection {
    let settings = defined.settings.iter().map(|(name, value)| (name.it.clone(), value.it.clone()));
    Connection {
        name: defined.name.it.clone(),
        connector: defined.connector.it.clone(),
        settings: settings.collect(),
    }
}

/// What all passes read.
struct Shared<'p> {
    project: &'p Project,
    catalog: &'p Catalog,
    options: &'p Options<'p>,
    names: Names<'p>,
    /// For each flow the one that runs after a run of it has failed.
    after_failure: Vec<Option<usize>>,
    /// Whether some flow may be called after an error that nothing readable says so of.
    handlers_unsure: bool,
    signatures: Vec<signature::Signature>,
    /// For each flow what its expressions say.
    reads: Vec<Reads>,
    tables: Vec<Table>,
    vars: Vec<Var>,
}

impl Shared<'_> {
    /// A variable and its place in the manifest.
    fn var(&self, name: &str) -> Option<(usize, &Var)> {
        self.vars.iter().enumerate().find(|(_, var)| var.name == *name)
    }

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
    /// Whether a card works with a table that only the run knows.
    any_table: bool,
    /// Every place that names something.
    uses: Vec<Use>,
    /// Calls that no run of the caller gets past: caller, callee and where.
    certain_calls: Vec<(usize, usize, Span)>,
}

impl Log {
    fn report(&mut self, mistake: Diagnostic) {
        self.found.push(mistake);
    }

    /// Notes that a card, given by its flow and place, names something.
    fn uses(&mut self, span: Span, (flow, card): (usize, usize), how: How, target: Target) {
        self.uses.push(Use { span, flow, card: Some(card), how, target });
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
