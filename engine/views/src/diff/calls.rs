//! What cards name beside other cards: flows and tables.

use flowrun_core::card::Catalog;
use flowrun_core::model::{Project, Trigger};
use flowrun_core::names::Names;
use flowrun_core::types::Kind;

/// What kind of thing a field of a card holds; any where the card or the field is unknown.
pub fn kind(catalog: &Catalog, card: &str, field: &str) -> Kind {
    let declared = catalog.get(card).and_then(|card| card.inputs.iter().find(|input| input.name == field));
    declared.map_or(Kind::Any, |input| input.ty.kind)
}

/// For each flow whether it stands inside a card of another, as exports write them: under a name made from the card's.
pub fn inner(project: &Project, names: &Names<'_>, catalog: &Catalog) -> Vec<bool> {
    let mut inner = vec![false; project.flows.len()];
    for flow in &project.flows {
        let within = |path: &str| path.strip_prefix(&*flow.path).is_some_and(|rest| rest.starts_with('_'));
        for called in flow.all_cards().into_iter().flat_map(|step| names.called(step, catalog, &flow.path)) {
            let helper = &project.flows[called];
            inner[called] |= matches!(helper.trigger, Trigger::Helper) && within(&helper.path);
        }
    }
    inner
}
