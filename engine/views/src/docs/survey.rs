//! What each flow of a project calls, reads and changes, as far as its cards say so.

use std::collections::{BTreeMap, BTreeSet};

use flowrun_core::card::{Card, Catalog, Work, external};
use flowrun_core::check::uses::{How, Target, Use, Uses};
use flowrun_core::does::Does;
use flowrun_core::model::{Expr, Flow, INSIDE, Step, Trigger};
use flowrun_core::value::Value;

use crate::catalog::category;
use crate::graph::title;
use flowrun_project::Project;

/// All flows of a project.
#[derive(Debug)]
pub struct Survey {
    /// One for each flow of the project, in its order. What stands in a card belongs to the flow around it; of it by itself nothing is
    /// said.
    pub flows: Vec<About>,
}

/// What a flow has to do with others.
#[derive(Debug, Default)]
pub struct About {
    /// What starts it, in a few words.
    pub start: String,
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
    pub fn new(project: &Project, uses: &Uses, catalog: &Catalog) -> Survey {
        let all = &project.model.flows;
        let start = |flow| About { start: About::started(flow, catalog), ..About::default() };
        let mut flows: Vec<About> = all.iter().map(start).collect();
        for (at, flow) in all.iter().enumerate() {
            let path = flow.path.split(INSIDE).next().unwrap_or_default();
            let whole = all.binary_search_by(|flow| (*flow.path).cmp(path)).unwrap_or(at);
            let about = &mut flows[whole];
            flow.all_cards().into_iter().for_each(|step| about.card(step, catalog));
            about.tables(uses.of(at), project);
            for called in uses.calls(at).into_iter().filter(|called| all[*called].around().is_none()) {
                if !about.calls.contains(&called) {
                    about.calls.push(called);
                }
            }
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
    fn started(flow: &Flow, catalog: &Catalog) -> String {
        match &flow.trigger {
            Trigger::Helper => "Helper flow".to_owned(),
            Trigger::Delegated => "Delegated flow".to_owned(),
            Trigger::Schedule(schedule) => format!("Scheduled: {}", schedule.cron.it),
            Trigger::ApiEndpoint { .. } => "API endpoint".to_owned(),
            Trigger::Webhook { name, .. } => format!("Webhook: {}", name.it),
            Trigger::Poll(poll) => format!("Poll: {}", poll.card.it),
            Trigger::Event { event, .. } => {
                let (connector, name) = event.split_once('.').unwrap_or(("", event));
                format!("Event: {} {}", category::title(catalog, connector), category::words(name))
                    .replace("  ", " ")
            }
        }
    }

    fn card(&mut self, step: &Step, catalog: &Catalog) {
        self.cards += 1;
        let card = catalog.get(&step.card);
        let title = title::name(catalog, &step.card);
        let (called, _) = title::of(catalog, step);
        let note = step.note.as_ref().map(|note| note.trim()).filter(|note| !note.is_empty());
        self.notes.extend(note.map(|note| (called, note.to_owned())));
        self.reach(step, card.map(|card| &**card), title, catalog);
    }

    /// The tables that cards work with.
    fn tables(&mut self, uses: &[Use], project: &Project) {
        for used in uses {
            let Target::Table(table) = &used.target else { continue };
            let (read, changed) = &mut self.tables;
            let tables = if used.how == How::Writes { changed } else { read };
            tables.insert(project.model.manifest.tables[*table].name.to_string());
        }
    }

    fn reach(&mut self, step: &Step, card: Option<&Card>, title: String, catalog: &Catalog) {
        let Some((card, Work::Effect(spec))) = card.map(|card| (card, &card.work)) else { return };
        let connector = match external(&step.card) {
            Some(name) => category::words(name.split_once('.').map_or(name, |(vendor, _)| vendor)),
            None if card.connector().is_some() => category::title(catalog, &spec.connector),
            None => return,
        };
        let connection = step.connection.as_ref().map(|name| name.to_string());
        let reached = self.reached.entry((connector, connection)).or_default();
        reached.objects.extend(spec.scopes.iter().filter_map(object));
        if does(step, card).changes() {
            reached.changes.insert(title)
        } else {
            reached.reads.insert(title)
        };
    }
}

/// What a card does with the fields that are written as constants.
fn does(step: &Step, card: &Card) -> Does {
    let inputs = card.inputs.iter().map(|field| {
        match step.with.iter().find(|(name, _)| *name.it == *field.name).map(|(_, value)| &value.it) {
            Some(Expr::Constant(value)) => value.clone(),
            Some(_) => Value::Null,
            None => Value::from(&field.default),
        }
    });
    card.does().with(&inputs.collect::<Vec<_>>())
}

/// The object of an OAuth 2.0 scope: `okta.users.read` is about `users`.
fn object(scope: &str) -> Option<String> {
    scope.split('.').nth(1).map(str::to_owned)
}
