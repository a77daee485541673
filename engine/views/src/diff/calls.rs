//! What cards name beside other cards: flows and tables.

use std::collections::BTreeMap;

use flowrun_core::card::Catalog;
use flowrun_core::model::{Expr, OnError, Project, Step, Trigger};
use flowrun_core::types::Kind;

/// The flows of a project by the names that cards may use for them.
#[derive(Debug)]
pub struct Names<'p> {
    paths: BTreeMap<&'p str, usize>,
    /// None where several flows have the stem.
    stems: BTreeMap<&'p str, Option<usize>>,
}

impl<'p> Names<'p> {
    /// The names of a project's flows.
    pub fn new(project: &'p Project) -> Names<'p> {
        let mut stems = BTreeMap::new();
        for (at, flow) in project.flows.iter().enumerate() {
            stems.entry(stem(&flow.path)).and_modify(|place| *place = None).or_insert(Some(at));
        }
        let paths = project.flows.iter().enumerate().map(|(at, flow)| (&*flow.path, at)).collect();
        Names { paths, stems }
    }

    /// The flow that `name` stands for in the flow `from`: its path, its path from the folder of `from`, or its stem.
    pub fn flow(&self, name: &str, from: &str) -> Option<usize> {
        let beside =
            || from.rsplit_once('/').and_then(|(folder, _)| self.paths.get(&*format!("{folder}/{name}")));
        let by_path = self.paths.get(name).or_else(beside).copied();
        by_path.or_else(|| self.stems.get(name).copied().flatten())
    }

    /// The flow with this path.
    pub fn path(&self, path: &str) -> Option<usize> {
        self.paths.get(path).copied()
    }
}

/// The name of a flow's file, without its folder.
pub fn stem(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What kind of thing a field of a card holds; any where the card or the field is unknown.
pub fn kind(catalog: &Catalog, card: &str, field: &str) -> Kind {
    let declared = catalog.get(card).and_then(|card| card.inputs.iter().find(|input| input.name == field));
    declared.map_or(Kind::Any, |input| input.ty.kind)
}

/// The flows that a card calls, in the order of its fields.
pub fn calls(step: &Step, from: &str, names: &Names<'_>, catalog: &Catalog) -> Vec<usize> {
    let known = catalog.get(&step.card).is_some();
    let in_field = |name: &str, text: &str| match kind(catalog, &step.card, name) {
        Kind::Flow => names.flow(text, from),
        // A card that flowrun lacks may hold a flow too.
        _ if !known => names.path(text),
        _ => None,
    };
    let texts = step.with.iter().filter_map(|(name, value)| match &value.it {
        Expr::Constant(value) => Some((&*name.it, value.as_text()?)),
        _ => None,
    });
    let mut found: Vec<usize> = texts.filter_map(|(name, text)| in_field(name, text)).collect();
    if let Some(OnError::Call { flow, .. }) = step.on_error.as_ref().map(|policy| &policy.it) {
        found.extend(names.flow(flow, from));
    }
    found
}

/// For each flow whether it stands inside a card of another, as exports write them: under a name made from the card's.
pub fn inner(project: &Project, names: &Names<'_>, catalog: &Catalog) -> Vec<bool> {
    let mut inner = vec![false; project.flows.len()];
    for flow in &project.flows {
        let within = |path: &str| path.strip_prefix(&*flow.path).is_some_and(|rest| rest.starts_with('_'));
        each(&flow.cards, &mut |step| {
            for called in calls(step, &flow.path, names, catalog) {
                let helper = &project.flows[called];
                inner[called] |= matches!(helper.trigger, Trigger::Helper) && within(&helper.path);
            }
        });
    }
    inner
}

fn each(steps: &[Step], told: &mut dyn FnMut(&Step)) {
    for step in steps {
        told(step);
        step.arms.iter().for_each(|arm| each(&arm.cards, told));
    }
}
