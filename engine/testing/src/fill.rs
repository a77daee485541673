//! Places that a test file leaves open, filled with what was there.

use std::collections::BTreeMap;

use flowrun_core::source::{FileId, Span};
use flowrun_core::value::Value;
use flowrun_core::yaml::Document;

use crate::form::TestFile;
use crate::written::{pattern, pattern_inline};

/// The text of a test file with values in the places that are named; all else stays as it is. A place of which cases give different values
/// stays open; which do is told.
pub fn filled(text: &str, values: &[(Span, Value)]) -> (String, Vec<Span>) {
    let mut places: BTreeMap<Span, Vec<&Value>> = BTreeMap::new();
    for (span, value) in values {
        places.entry(*span).or_default().push(value);
    }
    let (mut text, mut several) = (text.to_owned(), Vec::new());
    // From the end, so that places before it stay where they are.
    for (span, values) in places.into_iter().rev() {
        let [first, others @ ..] = &values[..] else { continue };
        if others.iter().any(|other| other != first) {
            several.push(span);
            continue;
        }
        text = block(&text, span, first)
            .filter(|text| is_read(text))
            .unwrap_or_else(|| replaced(&text, span, &pattern_inline(first)));
    }
    several.reverse();
    (text, several)
}

/// Filled in over several lines, where it stands under a key at the end of a line and is too long for that.
fn block(text: &str, span: Span, value: &Value) -> Option<String> {
    let start = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[start..span.start as usize];
    let behind = text[span.end as usize..].lines().next().unwrap_or_default();
    let key = before.strip_suffix(": ")?.trim_start();
    if !behind.trim().is_empty() || key.contains(['{', '[', '#']) || key.starts_with("- ") {
        return None;
    }
    let written = Document::of(vec![("k".to_owned(), pattern(value))]).write();
    let written = written.trim_end().strip_prefix("k:")?;
    let indent = " ".repeat(before.len() - before.trim_start().len());
    let lines = written.replace('\n', &format!("\n{indent}"));
    // What stands on lines of its own has no space before them.
    let from = if lines.starts_with('\n') { 1 } else { 0 };
    Some(replaced(
        text,
        Span { start: span.start - from, ..span },
        if from == 1 { &lines } else { lines.trim_start() },
    ))
}

fn replaced(text: &str, span: Span, value: &str) -> String {
    format!("{}{value}{}", &text[..span.start as usize], &text[span.end as usize..])
}

fn is_read(text: &str) -> bool {
    TestFile::read(FileId(0), text).1.is_empty()
}
