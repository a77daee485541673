//! The names of a project: which flow, table or connection each stands for. Nothing else resolves them.

use std::collections::{BTreeMap, BTreeSet};

use crate::card::Catalog;
use crate::model::{Expr, Name, OnError, Project, Step};
use crate::types::Kind;
use crate::value::Value;

/// The names of a project.
#[derive(Debug)]
pub struct Names<'p> {
    project: &'p Project,
    paths: BTreeMap<&'p str, usize>,
    stems: BTreeMap<&'p str, Vec<usize>>,
}

/// What the name of a flow stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Meant<'n> {
    /// One flow, by its place in the project.
    One(usize),
    /// Several, of which the name tells none.
    Many(&'n [usize]),
    /// No flow.
    None,
}

impl<'p> Names<'p> {
    /// The names of `project`.
    pub fn new(project: &'p Project) -> Names<'p> {
        let mut paths = BTreeMap::new();
        let mut stems: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, flow) in project.flows.iter().enumerate() {
            paths.insert(&*flow.path, index);
            stems.entry(stem(&flow.path)).or_default().push(index);
        }
        Names { project, paths, stems }
    }

    /// What `name` stands for in the flow `from`: a path, a path from the folder of `from`, or a stem.
    pub fn find(&self, name: &str, from: &str) -> Meant<'_> {
        let beside = || from.rsplit_once('/').and_then(|(folder, _)| self.path(&format!("{folder}/{name}")));
        if let Some(index) = self.path(name).or_else(beside) {
            return Meant::One(index);
        }
        match self.stems.get(name).map(Vec::as_slice) {
            Some([one]) => Meant::One(*one),
            Some(many) => Meant::Many(many),
            None => Meant::None,
        }
    }

    /// The flow that `name` stands for in the flow `from`, if it is one.
    pub fn flow(&self, name: &str, from: &str) -> Option<usize> {
        match self.find(name, from) {
            Meant::One(index) => Some(index),
            Meant::Many(_) | Meant::None => None,
        }
    }

    /// The flow with this path.
    pub fn path(&self, path: &str) -> Option<usize> {
        self.paths.get(path).copied()
    }

    /// The paths of all flows.
    pub fn paths(&self) -> impl Iterator<Item = &'p str> {
        self.paths.keys().copied()
    }

    /// The stems of all flows, each once.
    pub fn stems(&self) -> impl Iterator<Item = &'p str> {
        self.stems.keys().copied()
    }

    /// The shortest name by which all flows can name this one.
    pub fn shortest<'f>(&self, path: &'f str) -> &'f str {
        if self.stems.get(stem(path)).is_some_and(|many| many.len() == 1) { stem(path) } else { path }
    }

    /// The flows that a card names, in its fields and for its errors, in that order; cards that `catalog` lacks may name one
    /// by its path.
    pub fn called(&self, step: &Step, catalog: &Catalog, from: &str) -> Vec<usize> {
        let card = catalog.get(&step.card);
        let mut called: Vec<usize> = step
            .with
            .iter()
            .filter_map(|(name, value)| {
                let Expr::Constant(Value::Text(text)) = &value.it else { return None };
                match card {
                    Some(card) => {
                        let field = &card.inputs[card.input(&name.it)?];
                        if field.ty.kind == Kind::Flow { self.flow(text, from) } else { None }
                    }
                    // Of a card that is unknown nothing says which field holds a flow.
                    None if *name.it == *"flow" => self.flow(text, from),
                    None => self.path(text),
                }
            })
            .collect();
        if let Some(OnError::Call { flow, .. }) = step.on_error.as_ref().map(|on_error| &on_error.it) {
            called.extend(self.flow(&flow.it, from));
        }
        called
    }

    /// All flows that a run of the flow `entry` may reach, itself included.
    pub fn reached(&self, entry: usize, catalog: &Catalog) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([entry]);
        let mut next = vec![entry];
        while let Some(flow) = next.pop() {
            let flow = &self.project.flows[flow];
            let called = flow.all_cards().into_iter().flat_map(|step| self.called(step, catalog, &flow.path));
            next.extend(called.filter(|called| reached.insert(*called)));
        }
        reached
    }

    /// The table with this name, by its place in the manifest.
    pub fn table(&self, name: &str) -> Option<usize> {
        self.project.manifest.tables.iter().position(|table| *table.name.it == *name)
    }

    /// The connection that a card of `connector` uses, by its place in the manifest: the one it names, or else the only one.
    pub fn connection(&self, named: Option<&Name>, connector: &str) -> Option<usize> {
        let all = &self.project.manifest.connections;
        let fits = |index: &usize| *all[*index].connector.it == *connector;
        match named {
            Some(name) => all.iter().position(|connection| connection.name.it == name.it).filter(fits),
            None => {
                let mut fitting = (0..all.len()).filter(fits);
                fitting.next().filter(|_| fitting.next().is_none())
            }
        }
    }
}

/// The name of a flow's file, without its folder.
pub fn stem(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
