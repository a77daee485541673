//! The transcript of a run: a function of its report.
//!
//! `rows` makes a tree of rows out of a report, `layout` sets them in columns, `outcome` says what came of a card.

mod layout;
mod outcome;
mod rows;

use flowrun_core::report::{Report, Status};
use flowrun_core::value::Value;

pub use layout::{Frame, lines, messages};
pub use rows::{Detail, Row, Tone, rows};

use crate::look::Paint;
use flowrun_core::words;

/// The first line: what runs, over which connections.
pub fn header(name: &str, connections: &[String], frame: &Frame, paint: Paint) -> String {
    let columns = frame.columns();
    let name = words::fit(name, columns);
    let all = connections.join("   ");
    let gap = columns.saturating_sub(words::width(&name) + words::width(&all));
    if all.is_empty() {
        format!("{}\n", paint.bold(&name))
    } else if gap >= 2 {
        format!("{}{}{}\n", paint.bold(&name), " ".repeat(gap), paint.dim(&all))
    } else {
        let lines = connections.iter().map(|line| format!("{}\n", paint.dim(&words::right(line, columns))));
        format!("{}\n{}", paint.bold(&name), lines.collect::<String>())
    }
}

/// What the run warns of, a line each.
pub fn warnings(report: &Report, paint: Paint) -> String {
    let lines = report.warnings.iter().map(|warning| {
        let place = match &warning.card {
            Some(card) => format!("`{card}` in `{}`", warning.flow),
            None => format!("what `{}` was passed", warning.flow),
        };
        let times = if warning.times > 1 {
            format!(" ({} times)", words::count(warning.times))
        } else {
            String::new()
        };
        format!("{} {place}: {}{times}\n", paint.yellow("warning:"), warning.message)
    });
    lines.collect()
}

/// The last line: how it ended, what came of it, how long it took.
///
/// `real_ms` is how long it took for whoever waited, where that differs from the time that the run saw.
pub fn summary(report: &Report, interrupted: bool, real_ms: Option<f64>, paint: Paint) -> String {
    let (mark, tone): (&str, fn(Paint, &str) -> String) = match report.status {
        _ if interrupted => ("interrupted", Paint::yellow),
        Status::Done | Status::Handled => ("done", Paint::green),
        Status::Planned => ("planned", Paint::green),
        Status::Stopped => ("stopped", Paint::green),
        Status::Failed => ("failed", Paint::red),
        Status::Cancelled => ("interrupted", Paint::yellow),
        Status::Running => ("stuck", Paint::red),
        Status::Paused => ("paused", Paint::yellow),
        Status::Held => ("held", Paint::yellow),
    };
    let mut parts = vec![tone(paint, mark)];
    let ended_well =
        matches!(report.status, Status::Done | Status::Planned | Status::Handled | Status::Stopped);
    if ended_well && !interrupted {
        parts.extend(scalars(&report.flow.outputs));
    }
    let took = words::duration(report.duration_ms);
    parts.push(match real_ms {
        // Nobody waited for as long as that: the clock jumped.
        Some(real) if report.duration_ms - real >= 1_000.0 => {
            format!("{} ({took} simulated)", words::duration(real))
        }
        _ => took,
    });
    format!("{}\n", parts.join(" · "))
}

/// How many texts of a list are shown.
const SHOWN_TEXTS: usize = 20;

/// The lines after the last: the flow's outputs that are lists of texts, which are there for people to read. No text is cut.
pub fn lists(report: &Report, paint: Paint) -> String {
    let Some(outputs) = report.flow.outputs.as_object() else { return String::new() };
    let mut lines = String::new();
    for (name, value) in outputs {
        let Value::List(items) = value else { continue };
        let texts: Vec<&str> = items.iter().filter_map(|item| Some(&**item.as_text()?)).collect();
        if texts.is_empty() || texts.len() < items.len() {
            continue;
        }
        lines.push_str(&format!("{}\n", paint.bold(&format!("{name}:"))));
        let shown = texts.iter().map(|text| words::fit(text, usize::MAX));
        lines.push_str(&first(shown, texts.len() as u64, SHOWN_TEXTS, "; --outputs shows all", paint));
    }
    lines
}

/// How many withheld requests are shown.
const SHOWN_REQUESTS: usize = 50;

/// The lines after the last of a dry run: the first of `count` requests that were not sent, in their order.
pub fn rehearsal(withheld: &[String], count: u64, paint: Paint) -> String {
    let head = paint.yellow("dry run: nothing was changed");
    if count == 0 {
        return format!("{}\n", paint.dim("dry run: nothing was changed"));
    }
    let requests = words::many(count, "request");
    let mut lines = format!("{head}; {requests} would have been sent:\n");
    let shown = withheld.iter().map(|request| words::fit(request, usize::MAX));
    lines.push_str(&first(shown, count, SHOWN_REQUESTS, "", paint));
    lines
}

/// The first `most` of `count` lines, and how many are not shown.
fn first(lines: impl Iterator<Item = String>, count: u64, most: usize, hint: &str, paint: Paint) -> String {
    let mut shown: String = lines.take(most).map(|line| format!("  {line}\n")).collect();
    let more = count.saturating_sub(most as u64);
    if more > 0 {
        let told = format!("and {} more{hint}", words::count(more));
        shown.push_str(&format!("  {}\n", paint.dim(&told)));
    }
    shown
}

/// The outputs of a flow that fit into a line, under the names that they have for whoever reads them: `days_left: 50.04`.
fn scalars(outputs: &Value) -> Vec<String> {
    let Some(outputs) = outputs.as_object() else { return Vec::new() };
    let shown = outputs.iter().filter(|(_, value)| {
        matches!(
            value,
            Value::Number(_) | Value::Integer(_) | Value::Bool(_) | Value::Text(_) | Value::Date(_)
        )
    });
    shown.map(|(name, value)| format!("{name}: {}", outcome::short(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_names_each_request_that_it_did_not_send() {
        let told = |count: u64| {
            let withheld: Vec<String> = (1..=count).map(|number| format!("PUT /{number}")).collect();
            rehearsal(&withheld, count, Paint(false))
        };
        assert_eq!(told(0), "dry run: nothing was changed\n");
        assert_eq!(told(1), "dry run: nothing was changed; 1 request would have been sent:\n  PUT /1\n");
        let head = "dry run: nothing was changed;";
        assert_eq!(told(2), format!("{head} 2 requests would have been sent:\n  PUT /1\n  PUT /2\n"));
        // All 50 are shown without a line that says how many are not.
        assert!(told(50).ends_with("  PUT /49\n  PUT /50\n"));
        assert!(told(53).ends_with("  PUT /50\n  and 3 more\n"));
    }
}
