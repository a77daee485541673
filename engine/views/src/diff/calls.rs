//! What cards name beside other cards: flows and tables.

use flowrun_core::card::Catalog;
use flowrun_core::model::{INSIDE, Project, Trigger};
use flowrun_core::names::Names;
use flowrun_core::types::Kind;

/// What kind of thing a field of a card holds; any where the card or the field is unknown.
pub fn kind(catalog: &Catalog, card: &str, field: &str) -> Kind {
    let declared = catalog.get(card).and_then(|card| card.inputs.iter().find(|input| input.name == field));
    declared.map_or(Kind::Any, |input| input.ty.kind)
}

/// Whether a flow's path is made of that of the flow around it: it stands in one of its cards, or did so in an export.
pub fn within(around: &str, path: &str) -> bool {
    path.strip_prefix(around).is_some_and(|rest| rest.starts_with(['_', INSIDE]))
}

/// For each flow whether it stands inside a card of another.
pub fn inner(project: &Project, names: &Names<'_>, catalog: &Catalog) -> Vec<bool> {
    let mut inner = vec![false; project.flows.len()];
    for flow in &project.flows {
        for called in flow.all_cards().into_iter().flat_map(|step| names.called(step, catalog, &flow.path)) {
            let helper = &project.flows[called];
            inner[called] |= matches!(helper.trigger, Trigger::Helper) && within(&flow.path, &helper.path);
        }
    }
    inner
}
