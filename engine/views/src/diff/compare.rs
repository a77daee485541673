//! What differs between two projects.

use flowrun_core::card::Catalog;
use flowrun_core::model::Manifest;

use super::fields::Both;
use super::flows::Paired;
use super::meaning::Side;
use super::report::{Item, Mark};
use super::{flow, manifest};
use crate::private::Secrets;
use flowrun_project::Project;

/// What is compared of two projects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that there is.
    Projects,
    /// The flows alone, for one side is a flow's file.
    Flows,
}

/// The parts of two projects that differ: those of the manifest, then flows by their paths.
pub fn compare(old: &Project, new: &Project, scope: Scope, catalog: &Catalog) -> Vec<Item> {
    let secrets = Secrets::of(&[old, new]);
    let tables = manifest::tables(&old.model.manifest, &new.model.manifest);
    let mut items = match scope {
        Scope::Projects => manifest::compare(&old.model.manifest, &new.model.manifest, &tables, &secrets),
        Scope::Flows => Vec::new(),
    };
    let paired = Paired::new(&old.model, &new.model, catalog);
    let names = Common::new(&paired, &old.model.manifest, &new.model.manifest, &tables);
    let mut flows = Vec::new();
    for (to, outline) in paired.new.iter().enumerate() {
        let Some((from, pairing)) = paired.old_of[to].zip(paired.cards.get(&to)) else {
            flows.push(flow::alone(outline.flow, outline.cards.len(), Mark::Added));
            continue;
        };
        let both = Both {
            old: Side {
                outline: &paired.old[from],
                cards: pairing.new_of.clone(),
                flows: &paired.new_of,
                tables: &names.old_tables,
                names: &paired.old_names,
                alone: 'o',
            },
            new: Side {
                outline,
                cards: (0..outline.cards.len()).map(|at| pairing.old_of[at].map(|_| at)).collect(),
                flows: &names.new_flows,
                tables: &names.new_tables,
                names: &paired.new_names,
                alone: 'n',
            },
            catalog,
            secrets: &secrets,
        };
        flows.extend(flow::compare(&both, pairing));
    }
    let gone = paired.old.iter().zip(&paired.new_of).filter(|(_, to)| to.is_none());
    flows.extend(gone.map(|(outline, _)| flow::alone(outline.flow, outline.cards.len(), Mark::Removed)));
    flows.sort_by(|one, other| one.path.cmp(&other.path));
    items.append(&mut flows);
    items
}

/// The numbers by which both sides know flows and tables: those of the new side.
struct Common {
    new_flows: Vec<Option<usize>>,
    old_tables: Vec<(String, Option<usize>)>,
    new_tables: Vec<(String, Option<usize>)>,
}

impl Common {
    fn new(paired: &Paired<'_>, old: &Manifest, new: &Manifest, tables: &[Option<usize>]) -> Common {
        let names = |manifest: &Manifest| {
            manifest.tables.iter().map(|table| table.name.it.to_string()).collect::<Vec<String>>()
        };
        let common = |at: usize| tables.contains(&Some(at)).then_some(at);
        Common {
            new_flows: paired.old_of.iter().enumerate().map(|(at, from)| from.map(|_| at)).collect(),
            old_tables: names(old).into_iter().zip(tables.iter().copied()).collect(),
            new_tables: names(new).into_iter().enumerate().map(|(at, name)| (name, common(at))).collect(),
        }
    }
}
