//! Coverage in LCOV's form, over the lines of flow files.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{OfProject, Results};
use crate::coverage::Covered;

/// A line for each card, a branch for each of its branches. Flows of exports have no lines that anybody could look at, and are left out.
pub fn lcov(results: &Results<'_>) -> String {
    let mut text = String::new();
    for (file, flows) in by_file(&results.covered) {
        let mut lines: BTreeMap<usize, u64> = BTreeMap::new();
        let (mut branches, mut found, mut hit) = (String::new(), 0, 0);
        for (place, card) in flows.iter().flat_map(|flow| &flow.cards).enumerate() {
            let times = lines.entry(card.line).or_default();
            *times = (*times).max(card.times);
            for (branch, (_, taken)) in card.branches.iter().enumerate() {
                (found, hit) = (found + 1, hit + usize::from(*taken > 0));
                let taken = if card.times == 0 { "-".to_owned() } else { taken.to_string() };
                let _ = writeln!(branches, "BRDA:{},{place},{branch},{taken}", card.line);
            }
        }
        let covered = lines.values().filter(|times| **times > 0).count();
        let _ = write!(text, "TN:\nSF:{file}\n{branches}BRF:{found}\nBRH:{hit}\n");
        lines.iter().for_each(|(line, times)| {
            let _ = writeln!(text, "DA:{line},{times}");
        });
        let _ = writeln!(text, "LF:{}\nLH:{covered}\nend_of_record", lines.len());
    }
    text
}

/// The flows by their files: one that stands in a card of another shares its file.
pub(super) fn by_file<'c>(covered: &'c [OfProject<'_>]) -> BTreeMap<String, Vec<&'c Covered>> {
    let mut files: BTreeMap<String, Vec<&Covered>> = BTreeMap::new();
    for project in covered {
        for flow in &project.flows {
            if let Some(file) = &flow.file {
                files.entry(format!("{}{file}", project.prefix)).or_default().push(flow);
            }
        }
    }
    files
}
