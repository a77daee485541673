//! Annotations of a workflow on GitHub, and its summary.

use std::fmt::Write;

use flowrun_core::diag::annotation;
use flowrun_views::docs::markdown::text;

use super::{End, Results};
use crate::coverage::{percent, sum};

/// No more rows than this are shown; GitHub takes a megabyte.
const MOST_ROWS: usize = 200;

/// One annotation for each case that is red, at the first thing that is not as expected: GitHub shows ten of a step, and what comes after the
/// first is probably its fault.
pub fn annotations(results: &Results<'_>) -> String {
    let mut out = String::new();
    for file in &results.files {
        for case in file.cases.iter().filter(|case| case.is_red()) {
            let Some(mut first) = case.diagnostics().into_iter().next() else { continue };
            first.message = format!("{}; {}", first.message, first.label);
            out.push_str(&annotation(&first, &case.title, file.sources, &file.prefix));
        }
    }
    out
}

/// What came of the tests in Markdown: a table of those that are red.
pub fn summary(results: &Results<'_>) -> String {
    let counts = results.counts();
    let (failed, passed) = (counts.failed + counts.broken, counts.passed);
    let mut out = format!("## Flow tests: {passed} passed, {failed} failed");
    if counts.skipped > 0 {
        let _ = write!(out, ", {} skipped", counts.skipped);
    }
    out.push_str("\n\n");
    let red = results.files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case)));
    let red: Vec<_> = red.filter(|(_, case)| case.is_red()).collect();
    if !red.is_empty() {
        out.push_str("| File | Test | Expected | Found |\n|---|---|---|---|\n");
    }
    for (file, case) in red.iter().take(MOST_ROWS) {
        let Some(first) = case.unmet().first() else { continue };
        let place = format!("{}{}:{}", file.prefix, file.name, file.line(first.span));
        let error = if matches!(case.end, End::Broken(_)) { "error: " } else { "" };
        let cells = [place, case.title.clone(), format!("{error}{}", first.message), first.found.clone()];
        let _ = writeln!(out, "| {} |", cells.map(|cell| text(&cell)).join(" | "));
    }
    if red.len() > MOST_ROWS {
        let _ = writeln!(out, "\nand {} more", red.len() - MOST_ROWS);
    }
    let (mut cards, mut branches) = ((0, 0), (0, 0));
    for project in &results.covered {
        let (more_cards, more_branches) = sum(&project.flows);
        cards = (cards.0 + more_cards.0, cards.1 + more_cards.1);
        branches = (branches.0 + more_branches.0, branches.1 + more_branches.1);
    }
    let _ = writeln!(
        out,
        "\nReached: {} of {} cards ({:.0} %), {} of {} branches ({:.0} %).",
        cards.0,
        cards.1,
        percent(cards).floor(),
        branches.0,
        branches.1,
        percent(branches).floor()
    );
    out
}
