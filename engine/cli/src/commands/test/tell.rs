//! What came of the tests, in words.

use flowrun_core::words;
use flowrun_testing::reports::{Results, Style};

/// Tells what came of each case that did not pass, and how many did.
pub fn told(results: &Results<'_>, style: Style) -> String {
    let mut text = String::new();
    for file in &results.files {
        for case in file.cases.iter().filter(|case| case.is_red()) {
            text += &format!("failed: {}: {}\n{}", file.name, case.title, file.drawn(case, style));
        }
    }
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
