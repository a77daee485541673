//! TAP: testanything.org/tap-version-14-specification.html, in what version 13 has of it too. Perl's `prove` refuses to read what says that it
//! is of version 14, and each reader of that takes 13.

use std::fmt::Write;

use flowrun_core::yaml::{Document, Yaml};

use super::{End, OfCase, OfFile, Results};

/// A line for each case, with what is not as expected as YAML below it.
pub fn tap(results: &Results<'_>) -> String {
    let mut out = format!("TAP version 13\n1..{}\n", results.counts().cases);
    let cases = results.files.iter().flat_map(|file| file.cases.iter().map(move |case| (file, case)));
    for (number, (file, case)) in (1..).zip(cases) {
        let ok = if case.is_red() { "not ok" } else { "ok" };
        let name = description(&format!("{}: {}", file.name, case.title));
        let skip = match &case.end {
            End::Skipped(why) => format!(" # SKIP {}", description(why)),
            _ => String::new(),
        };
        let _ = writeln!(out, "{ok} {number} - {name}{skip}");
        out.push_str(&below(file, case));
    }
    out
}

/// A text in which nothing begins a directive.
fn description(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.replace('\\', "\\\\").replace('#', "\\#")
}

fn below(file: &OfFile<'_>, case: &OfCase) -> String {
    let Some(first) = case.unmet().first() else { return String::new() };
    let severity = if matches!(case.end, End::Broken(_)) { "error" } else { "fail" };
    let place = format!("{}{}:{}", file.prefix, file.name, file.line(first.span));
    let members = [("severity", severity), ("at", &place)];
    let members = members.into_iter().map(|(key, value)| (key.to_owned(), Yaml::text(value)));
    let unmet = case.unmet().iter().map(|unmet| Yaml::text(&format!("{}; {}", unmet.message, unmet.found)));
    let members = members.chain([("unmet".to_owned(), Yaml::list(unmet))]);
    let text = Document::of(members.collect()).write();
    let lines: String = text.lines().map(|line| format!("  {line}\n")).collect();
    format!("  ---\n{lines}  ...\n")
}
