//! What is kept of runs: whether their data is saved, for how long, and how far their journals may grow.

use std::collections::BTreeSet;

use super::Log;
use crate::diag::{Code, Diagnostic};
use crate::keep::Limit;
use crate::model::{At, Flow, INSIDE, Name, Project};
use crate::suggest::{closest, listed};
use crate::value::Value;

/// The numbers that a project sets, and the usual ones where it sets none.
pub(super) fn numbers<const N: usize>(
    given: &[(Name, At<Value>)],
    limits: &[Limit; N],
    log: &mut Log,
) -> [u32; N] {
    limits.each_ref().map(|limit| {
        let given = given.iter().find(|(name, value)| *name.it == *limit.key && !value.it.is_null());
        given.and_then(|(_, value)| number(limit, value, log)).unwrap_or(limit.usual)
    })
}

fn number(limit: &Limit, given: &At<Value>, log: &mut Log) -> Option<u32> {
    let range = f64::from(limit.least)..=f64::from(limit.most);
    let number = given.it.as_number().filter(|number| number.fract() == 0.0 && range.contains(number));
    if number.is_none() {
        let message =
            format!("expected a whole number from {} to {}, found {}", limit.least, limit.most, given.it);
        let mistake = Diagnostic::new(Code::BadValue, given.span, message);
        let help = format!("where nothing is given it is {}", limit.usual);
        log.report(mistake.label(format!("not what `{}` can be", limit.key)).help(help));
    }
    number.map(|number| number as u32)
}

/// Reports folders that have settings and no flows: a name with a slip in it would let data be saved that was not to be.
pub(super) fn folders(project: &Project, log: &mut Log) {
    let known: BTreeSet<&str> = project.flows.iter().flat_map(|flow| around(&flow.path)).collect();
    for folder in &project.manifest.folders {
        let path = &*folder.path.it;
        if known.contains(path) {
            continue;
        }
        let plain = path.trim_start_matches("./").trim_end_matches('/');
        let near = Some(plain).filter(|plain| known.contains(plain));
        let mistake = Diagnostic::new(
            Code::UnknownFolder,
            folder.path.span,
            format!("there is no folder `{path}` with flows in it"),
        );
        log.report(
            mistake
                .label("no such folder")
                .meant(near.or_else(|| closest(path, known.iter().copied())))
                .or_help(|| match known.is_empty() {
                    true => "all flows of the project lie beside flowrun.yaml".to_owned(),
                    false => format!("the folders are {}", listed(&known)),
                }),
        );
    }
}

/// The folders in which a flow lies, by their paths from the project's folder, the nearest last.
fn around(flow: &str) -> impl Iterator<Item = &str> {
    let file = flow.split(INSIDE).next().unwrap_or(flow);
    file.match_indices('/').map(move |(at, _)| &file[..at])
}

/// Whether the data that passes through a flow is saved, as the nearest says that says it: the flow, a folder in which it
/// lies, the project. One that stands in a card is a part of the flow around it.
pub(super) fn save_data(project: &Project, flow: &Flow) -> Option<bool> {
    let file = flow.path.split(INSIDE).next().and_then(|path| project.flow(path)).unwrap_or(flow);
    let manifest = &project.manifest;
    let of_folder = |path: &str| {
        manifest.folders.iter().find(|folder| *folder.path.it == *path).and_then(|folder| folder.save_data)
    };
    let folders: Vec<&str> = around(&flow.path).collect();
    let nearest = folders.into_iter().rev().find_map(of_folder);
    file.save_data.or(nearest).or(manifest.save_data)
}
