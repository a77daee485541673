//! Sets the rows of a transcript in columns: card, outcome, time.

use super::rows::{Row, Tone};
use crate::look::{Look, Paint};
use flowrun_core::words;

/// How wide a transcript gets at the most, on a terminal and elsewhere.
const WIDEST: usize = 200;
const WIDEST_ELSEWHERE: usize = 112;

/// How many messages are told whole below the tree.
const MOST_TOLD: usize = 20;

/// How wide the columns of a transcript are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    card: usize,
    outcome: usize,
    time: usize,
    /// Whether rows that go over all columns may go beyond them.
    whole: bool,
}

impl Frame {
    /// The columns that fit into `look`. They depend on nothing else, so that nothing jumps while a run is drawn.
    pub fn of(look: Look) -> Frame {
        let columns = look.width.min(if look.live { WIDEST } else { WIDEST_ELSEWHERE });
        let time = 10;
        let outcome = (columns * 2 / 5).saturating_sub(4);
        Frame { card: columns.saturating_sub(outcome + time + 4), outcome, time, whole: false }
    }

    /// The same, in which values are not cut.
    pub fn whole(self) -> Frame {
        Frame { whole: true, ..self }
    }

    /// How wide the whole is.
    pub fn columns(&self) -> usize {
        self.card + 2 + self.outcome + 2 + self.time
    }

    /// How wide the outcome of a row may be that tells no time.
    pub fn untimed(&self) -> usize {
        self.outcome + 2 + self.time
    }

    /// The row as a line, without its end.
    pub fn line(&self, row: &Row, paint: Paint) -> String {
        let tree = paint.dim(&row.tree);
        if row.wide {
            let room = if self.whole { usize::MAX } else { self.columns() };
            let text = words::fit(&row.title, room.saturating_sub(words::width(&row.tree)));
            return format!("{tree}{}", tint(&text, row.tone, paint));
        }
        let room = self.card.saturating_sub(words::width(&row.tree));
        let title = words::fit(&row.title, room);
        let left = room.saturating_sub(words::width(&title));
        let detail = if row.detail.is_empty() || left < 6 {
            String::new()
        } else {
            words::fit(&format!(" · {}", row.detail), left)
        };
        let filled = words::width(&row.tree) + words::width(&title) + words::width(&detail);
        let time = time(row);
        // What has no time may use its column.
        let room = if time.is_empty() { self.untimed() } else { self.outcome };
        let outcome = words::fit(&row.outcome, room);
        let mut line = format!("{tree}{}{}", tint(&title, row.tone, paint), paint.dim(&detail));
        if !outcome.is_empty() || !time.is_empty() {
            line.push_str(&" ".repeat(self.card.saturating_sub(filled) + 2));
            let shown = if matches!(row.tone, Tone::Plain) {
                outcome.clone()
            } else {
                tint(&outcome, row.tone, paint)
            };
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

/// What went wrong and was cut in the tree, each message whole: it is what matters most. `known` is told elsewhere.
pub fn messages(rows: &[Row], frame: &Frame, known: Option<&str>, paint: Paint) -> String {
    let plain = |text: &str| words::fit(text, usize::MAX);
    let mut told: Vec<String> = Vec::new();
    for row in rows.iter().filter(|row| matches!(row.tone, Tone::Failed | Tone::Warned)) {
        let said = plain(if row.wide { &row.title } else { &row.outcome });
        let Some(said) = said.strip_prefix("✗ ") else { continue };
        let cut = !frame.line(row, Paint(false)).contains(said);
        let is_known = known.is_some_and(|known| plain(known).contains(said));
        if cut && !is_known && !told.iter().any(|told| told.ends_with(said)) {
            told.push(if row.wide { said.to_owned() } else { format!("{}: {said}", row.title) });
        }
    }
    let mut text = String::new();
    for message in told.iter().take(MOST_TOLD) {
        let lines = words::wrap(message, frame.columns().saturating_sub(2));
        for (place, line) in lines.iter().enumerate() {
            text.push_str(&format!("{} {line}\n", if place == 0 { paint.red("✗") } else { " ".to_owned() }));
        }
    }
    if told.len() > MOST_TOLD {
        text.push_str(&paint.dim(&format!("  and {} more; --trace shows them\n", told.len() - MOST_TOLD)));
    }
    text
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
