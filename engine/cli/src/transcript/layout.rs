//! Sets the rows of a transcript in columns: card, outcome, time.

use super::rows::{Row, Tone};
use crate::console::{Look, Paint};
use crate::words;

/// The widest that each column gets.
const CARD: usize = 64;
const OUTCOME: usize = 48;

/// The narrowest that the outcome gets before the card has to give way.
const LEAST_OUTCOME: usize = 24;

/// How wide the columns of a transcript are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    card: usize,
    outcome: usize,
    time: usize,
}

impl Frame {
    /// The columns that these rows need, no wider than `look` allows.
    pub fn of(rows: &[Row], look: Look) -> Frame {
        let set = |row: &&Row| !row.wide;
        let widest = |width: fn(&Row) -> usize| rows.iter().filter(set).map(width).max().unwrap_or(0);
        let card = widest(|row| words::width(&card(row))).clamp(40, CARD);
        let outcome = widest(|row| words::width(&row.outcome)).clamp(LEAST_OUTCOME, OUTCOME);
        let time = widest(|row| words::width(&time(row))).max(8);
        let mut frame = Frame { card, outcome, time };
        let over = frame.columns().saturating_sub(look.width);
        frame.outcome -= over.min(frame.outcome - LEAST_OUTCOME);
        let over = frame.columns().saturating_sub(look.width);
        frame.card = frame.card.saturating_sub(over).max(16);
        frame
    }

    /// How wide the whole is.
    pub fn columns(&self) -> usize {
        self.card + 2 + self.outcome + 2 + self.time
    }

    /// The row as a line, without its end.
    pub fn line(&self, row: &Row, paint: Paint) -> String {
        let tree = paint.dim(&row.tree);
        if row.wide {
            let text = words::fit(&row.title, self.columns().saturating_sub(words::width(&row.tree)));
            return format!("{tree}{}", tint(&text, row.tone, paint));
        }
        let room = self.card.saturating_sub(words::width(&row.tree));
        let title = words::fit(&row.title, room);
        let left = room.saturating_sub(words::width(&title));
        let detail = if row.detail.is_empty() || left < 6 { String::new() } else { words::fit(&format!(" · {}", row.detail), left) };
        let filled = words::width(&row.tree) + words::width(&title) + words::width(&detail);
        let time = time(row);
        // What has no time may use its column.
        let room = if time.is_empty() { self.outcome + 2 + self.time } else { self.outcome };
        let outcome = words::fit(&row.outcome, room);
        let mut line = format!("{tree}{}{}", tint(&title, row.tone, paint), paint.dim(&detail));
        if !outcome.is_empty() || !time.is_empty() {
            line.push_str(&" ".repeat(self.card.saturating_sub(filled) + 2));
            let shown = if matches!(row.tone, Tone::Plain) { outcome.clone() } else { tint(&outcome, row.tone, paint) };
            line.push_str(&shown);
        }
        if !time.is_empty() {
            line.push_str(&" ".repeat(self.outcome.saturating_sub(words::width(&outcome)) + 2));
            line.push_str(&paint.dim(&words::right(&time, self.time)));
        }
        line
    }
}

/// The rows as lines.
pub fn lines(rows: &[Row], frame: &Frame, paint: Paint) -> String {
    let mut text = String::new();
    for row in rows {
        text.push_str(frame.line(row, paint).trim_end());
        text.push('\n');
    }
    text
}

fn card(row: &Row) -> String {
    let detail = if row.detail.is_empty() { String::new() } else { format!(" · {}", row.detail) };
    format!("{}{}{detail}", row.tree, row.title)
}

/// Cards that take no time say nothing of it.
fn time(row: &Row) -> String {
    row.took_ms.filter(|ms| *ms >= 0.05).map(words::duration).unwrap_or_default()
}

fn tint(text: &str, tone: Tone, paint: Paint) -> String {
    match tone {
        Tone::Plain => text.to_owned(),
        Tone::Quiet => paint.dim(text),
        Tone::Failed => paint.red(text),
        Tone::Warned => paint.yellow(text),
        Tone::Running => paint.cyan(text),
    }
}
