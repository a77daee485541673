//! JUnit's XML, as Jenkins, GitLab and most others read it.

use std::fmt::Write;

use flowrun_views::markup::{line, lines};

use super::{End, OfCase, OfFile, Results, seconds};

/// A suite for each test file. The class of a case is its file; neither has anything of the machine in it.
pub fn junit(results: &Results<'_>) -> String {
    let all = results.counts();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"flowrun\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">",
        all.cases,
        all.failed,
        all.broken,
        all.skipped,
        seconds(results.took)
    );
    for file in &results.files {
        let (counts, name) = (file.counts(), line(&file.name));
        let took = file.cases.iter().map(|case| case.took).sum();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">",
            counts.cases,
            counts.failed,
            counts.broken,
            counts.skipped,
            seconds(took)
        );
        for case in &file.cases {
            let head = format!(
                "    <testcase name=\"{}\" classname=\"{name}\" time=\"{}\"",
                line(&case.title),
                seconds(case.took)
            );
            let _ = match inside(file, case) {
                None => writeln!(out, "{head}/>"),
                Some(inside) => writeln!(out, "{head}>\n      {inside}\n    </testcase>"),
            };
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn inside(file: &OfFile<'_>, case: &OfCase) -> Option<String> {
    let (tag, kind) = match &case.end {
        End::Passed => return None,
        End::Skipped(why) => return Some(format!("<skipped message=\"{}\"/>", line(why))),
        End::Failed(_) => ("failure", "expectation"),
        End::Broken(_) => ("error", "not run"),
    };
    let message = case.unmet().first().map(|unmet| format!("{}; {}", unmet.message, unmet.found));
    Some(format!(
        "<{tag} type=\"{kind}\" message=\"{}\">{}</{tag}>",
        line(&message.unwrap_or_default()),
        lines(file.plain(case).trim_end())
    ))
}
