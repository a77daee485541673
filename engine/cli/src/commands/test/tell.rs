//! What came of the tests, in words.

use std::collections::BTreeMap;

use flowrun_core::words;
use flowrun_testing::reports::{Results, Style};

use super::tried::Tried;

/// Tells what came of each case that did not pass, and how many did.
pub fn told(results: &Results<'_>, came: &[Option<Tried>], style: Style) -> String {
    let mut text = String::new();
    for file in &results.files {
        for case in file.cases.iter().filter(|case| case.is_red()) {
            let when = case.when.iter().map(|when| format!(", {when}")).collect::<String>();
            text += &format!("failed: {}: {}{when}\n{}", file.name, case.title, file.drawn(case, style));
        }
    }
    text += &crashed(came);
    let counts = results.counts();
    let failed = counts.failed + counts.broken;
    text += &format!("{}: {} passed", words::many(counts.cases as u64, "case"), counts.passed);
    for (count, word) in [(failed, "failed"), (counts.skipped, "skipped")] {
        if count > 0 {
            text += &format!(", {count} {word}");
        }
    }
    text + &format!(", in {:.2} s\n", results.took.as_secs_f64())
}

/// Tells at how many places processes died, and of which cards nobody knew what became then.
fn crashed(came: &[Option<Tried>]) -> String {
    let (mut places, mut held) = (0, BTreeMap::<&str, u64>::new());
    for crashes in came.iter().flatten().filter_map(|tried| tried.crashes.as_ref()) {
        places += crashes.places;
        for (card, times) in &crashes.held {
            *held.entry(card).or_default() += times;
        }
    }
    if places == 0 {
        return String::new();
    }
    let mut text = format!("a process died at {}\n", words::many(places, "place"));
    for (card, times) in held {
        let times = words::many(times, "place");
        text += &format!("  held at {times}, because nobody can know whether it happened: {card}\n");
    }
    text
}
