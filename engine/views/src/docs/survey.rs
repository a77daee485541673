//! What each flow of a project calls, reads and changes, as far as its cards say so.

use std::collections::{BTreeMap, BTreeSet};

use flowrun_core::card::{Card, Catalog, Work, external};
use flowrun_core::model::{Expr, Flow, OnError, Step, Trigger};
use flowrun_core::types::Kind;

use crate::catalog::category;
use crate::graph::title;
use flowrun_project::Project;

/// Cards of tables that leave them as they are.
const READ_TABLES: &[&str] =
    &["tables.export_to_csv", "tables.read_row", "tables.read_table", "tables.search_rows"];

/// All flows of a project.
#[derive(Debug)]
pub struct Survey {
    /// One for each flow of the project, in its order.
    pub flows: Vec<About>,
}

/// What a flow has to do with others.
#[derive(Debug, Default)]
pub struct About {
    /// The flows that it calls, in the order of its cards, each once.
    pub calls: Vec<usize>,
    /// The flows that call it.
    pub called_by: Vec<usize>,
    /// The tables that are read, and those that are changed.
    pub tables: (BTreeSet<String>, BTreeSet<String>),
    /// What is reached: the connector's name and the connection's, and the cards that do it.
    pub reached: BTreeMap<(String, Option<String>), Reached>,
    /// The remarks of its author, each below the card it is about.
    pub notes: Vec<(String, String)>,
    /// How many cards it has.
    pub cards: usize,
}

/// What is done over a connection.
#[derive(Debug, Default)]
pub struct Reached {
    /// The cards that read.
    pub reads: BTreeSet<String>,
    /// The cards that may change something.
    pub changes: BTreeSet<String>,
    /// The vendor's objects, by the scopes that are needed: `users`.
    pub objects: BTreeSet<String>,
}

impl Survey {
    /// Looks through all flows.
    pub fn new(project: &Project, catalog: &Catalog) -> Survey {
        let mut flows: Vec<About> = Vec::new();
        for flow in &project.model.flows {
            let mut about = About::default();
            about.steps(&flow.cards, flow, project, catalog);
            flows.push(about);
        }
        for caller in 0..flows.len() {
            for called in flows[caller].calls.clone() {
                flows[called].called_by.push(caller);
            }
        }
        Survey { flows }
    }
}

impl About {
    /// What starts a flow, in a few words.
    pub fn start(flow: &Flow) -> String {
        match &flow.trigger {
            Trigger::Helper => "Helper flow".to_owned(),
            Trigger::Schedule(schedule) => format!("Scheduled: {}", schedule.cron.it),
            Trigger::ApiEndpoint { .. } => "API endpoint".to_owned(),
            Trigger::Event { event, .. } => {
                let (connector, name) = event.split_once('.').unwrap_or(("", event));
                format!("Event: {} {}", category::title(connector), category::words(name)).replace("  ", " ")
            }
        }
    }

    fn steps(&mut self, steps: &[Step], flow: &Flow, project: &Project, catalog: &Catalog) {
        for step in steps {
            self.cards += 1;
            let card = catalog.get(&step.card);
            let title = title::name(&step.card, card);
            let (called, _) = title::of(&step.card, card, step.id.as_ref().map(|id| &***id));
            let note = step.note.as_ref().map(|note| note.trim()).filter(|note| !note.is_empty());
            self.notes.extend(note.map(|note| (called, note.to_owned())));
            self.fields(step, card, flow, project);
            self.reach(step, card, title);
            if let Some(OnError::Call { flow: called, .. }) = step.on_error.as_ref().map(|policy| &policy.it)
            {
                self.call(called, flow, project);
            }
            for arm in &step.arms {
                self.steps(&arm.cards, flow, project, catalog);
            }
        }
    }

    /// The flows and tables that a card's fields name.
    fn fields(&mut self, step: &Step, card: Option<&Card>, flow: &Flow, project: &Project) {
        for (name, value) in &step.with {
            let Expr::Constant(value) = &value.it else { continue };
            let Some(text) = value.as_text() else { continue };
            let field = card.and_then(|card| card.inputs.iter().find(|field| field.name == &*name.it));
            match field.map(|field| field.ty.kind) {
                Some(Kind::Flow) => self.call(text, flow, project),
                Some(Kind::Table) => {
                    let (reads, changes) = &mut self.tables;
                    let tables = if READ_TABLES.contains(&&*step.card.it) { reads } else { changes };
                    tables.insert(text.to_string());
                }
                None if &*name.it == "flow" => self.call(text, flow, project),
                _ => {}
            }
        }
    }

    fn call(&mut self, name: &str, flow: &Flow, project: &Project) {
        let called = project.named(name, &flow.path).filter(|called| !self.calls.contains(called));
        self.calls.extend(called);
    }

    fn reach(&mut self, step: &Step, card: Option<&Card>, title: String) {
        let (connector, scopes) = match (external(&step.card), card) {
            (Some(name), _) => {
                (category::words(name.split_once('.').map_or(name, |(vendor, _)| vendor)), &[][..])
            }
            (None, Some(Card { work: Work::Effect(spec), .. }))
                if card.and_then(Card::connector).is_some() =>
            {
                (category::title(spec.connector), spec.scopes)
            }
            _ => return,
        };
        let connection = step.connection.as_ref().map(|name| name.to_string());
        let reached = self.reached.entry((connector, connection)).or_default();
        // Without scopes nothing tells, so the worse is said.
        let reads = match scopes {
            [] => reads(&step.card),
            scopes => scopes.iter().all(|scope| scope.ends_with(".read")),
        };
        reached.objects.extend(scopes.iter().filter_map(|scope| object(scope)));
        if reads {
            reached.reads.insert(title)
        } else {
            reached.changes.insert(title)
        };
    }
}

/// Whether a card's name says that it only reads.
fn reads(id: &str) -> bool {
    let name = id.rsplit('.').next().unwrap_or(id);
    let verbs = ["read_", "list_", "search_", "get_", "find_", "download_"];
    verbs.iter().any(|verb| name.starts_with(verb)) || name == "get"
}

/// The object of an OAuth 2.0 scope: `okta.users.read` is about `users`.
fn object(scope: &str) -> Option<String> {
    scope.split('.').nth(1).map(str::to_owned)
}
