//! The transcript of a run: a function of its report.
//!
//! `rows` makes a tree of rows out of a report, `layout` sets them in columns, `outcome` says what came of a card.

mod layout;
mod outcome;
mod rows;

use flowrun_core::report::{Report, Status};
use flowrun_core::value::Value;

pub use layout::{Frame, lines};
pub use rows::{Detail, Row, Tone, rows};

use crate::console::{Look, Paint};
use crate::words;

/// How wide the first line is before anything has run.
pub fn columns(look: Look) -> usize {
    look.width.min(112)
}

/// The first line: what runs, over which connections.
pub fn header(name: &str, connections: &str, columns: usize, paint: Paint) -> String {
    let gap = columns.saturating_sub(words::width(name) + words::width(connections)).max(2);
    if connections.is_empty() {
        return format!("{}\n", paint.bold(name));
    }
    if gap == 2 && words::width(name) + 2 + words::width(connections) > columns {
        return format!("{}\n{}\n", paint.bold(name), paint.dim(&words::right(connections, columns)));
    }
    format!("{}{}{}\n", paint.bold(name), " ".repeat(gap), paint.dim(connections))
}

/// The last line: how it ended, what came of it, how long it took.
pub fn summary(report: &Report, interrupted: bool, simulated: bool, paint: Paint) -> String {
    let (mark, tone): (&str, fn(Paint, &str) -> String) = match report.status {
        _ if interrupted => ("interrupted", Paint::yellow),
        Status::Done | Status::Handled => ("done", Paint::green),
        Status::Stopped => ("stopped", Paint::green),
        Status::Failed => ("failed", Paint::red),
        Status::Cancelled => ("interrupted", Paint::yellow),
        Status::Running => ("stuck", Paint::red),
    };
    let mut parts = vec![tone(paint, mark)];
    if matches!(report.status, Status::Done | Status::Handled | Status::Stopped) && !interrupted {
        parts.extend(scalars(&report.flow.outputs));
    }
    let took = words::duration(report.duration_ms);
    // Nobody waited for as long as this: the clock jumped.
    let jumped = simulated && report.duration_ms >= 1_000.0;
    parts.push(if jumped { format!("{took} (simulated)") } else { took });
    format!("{}\n", parts.join(" · "))
}

/// The outputs of a flow that fit into a line: `250 employees`, `status: done`.
fn scalars(outputs: &Value) -> Vec<String> {
    let Some(outputs) = outputs.as_object() else { return Vec::new() };
    let shown = outputs.iter().filter(|(_, value)| matches!(value, Value::Number(_) | Value::Bool(_) | Value::Text(_) | Value::Date(_)));
    shown.map(|(name, value)| outcome::named(name, value)).collect()
}
