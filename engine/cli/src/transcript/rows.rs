//! A report as a tree of rows.

use flowrun_core::report::{CardReport, FlowReport, Inside, ItemsReport, Report, Status};
use flowrun_core::value::Value;

use super::outcome;
use crate::words;

/// How many failed items are listed.
const SHOWN_FAILURES: usize = 5;

/// How much a transcript shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The cards; of loops only how many.
    Cards,
    /// Also the inputs and outputs of each card, and sample items of loops.
    Trace,
}

/// How a row looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// An ordinary row.
    Plain,
    /// Something that matters less.
    Quiet,
    /// Something that failed.
    Failed,
    /// Something that went wrong and was dealt with.
    Warned,
    /// Something that goes on right now.
    Running,
}

/// A row of a transcript.
#[derive(Clone, Debug)]
pub struct Row {
    /// The lines of the tree in front of it.
    pub tree: String,
    /// The card.
    pub title: String,
    /// Which one: its helper flow, its table, its ID.
    pub detail: String,
    /// What came of it.
    pub outcome: String,
    /// How long it took, in milliseconds; none for rows that take no time of their own.
    pub took_ms: Option<f64>,
    /// How it looks.
    pub tone: Tone,
    /// How far a loop or a stream has come, if that is known: done and total.
    pub progress: Option<(u64, u64)>,
    /// Whether the row is of the width of the whole tree: inputs, outputs, messages.
    pub wide: bool,
}

/// The rows of a report, without its header.
pub fn rows(report: &Report, detail: Detail) -> Vec<Row> {
    let mut tree = Tree { rows: Vec::new(), detail };
    if detail == Detail::Trace {
        tree.values("", &report.flow.inputs, "given");
    }
    tree.cards(&report.flow.cards, "", None);
    tree.rows
}

struct Tree {
    rows: Vec<Row>,
    detail: Detail,
}

impl Tree {
    /// The cards of a block; `outer` is what failed around them.
    fn cards(&mut self, cards: &[CardReport], tree: &str, extra: Option<&ItemsReport>) {
        let last = cards.len().saturating_sub(1);
        for (index, card) in cards.iter().enumerate() {
            self.card(card, tree, index == last && extra.is_none());
        }
    }

    fn card(&mut self, card: &CardReport, tree: &str, last: bool) {
        let (branch, below) = if last { ("└ ", "  ") } else { ("├ ", "│ ") };
        let progress = match (&card.inside, card.status) {
            (Inside::Items(items), Status::Running) => items.total.map(|total| (items.done as u64, total as u64)),
            _ => None,
        };
        let caught = matches!(&card.inside, Inside::Arm { arm, .. } if &**arm == "catch");
        self.rows.push(Row {
            tree: format!("{tree}{branch}"),
            title: card.title.clone(),
            detail: detail(card),
            outcome: outcome::outcome(card),
            took_ms: Some(card.duration_ms),
            tone: match card.status {
                Status::Failed | Status::Cancelled => Tone::Failed,
                Status::Running => Tone::Running,
                _ if caught => Tone::Warned,
                _ => Tone::Plain,
            },
            progress,
            wide: false,
        });
        let tree = format!("{tree}{below}");
        if self.detail == Detail::Trace {
            self.values(&tree, &card.inputs, "in");
            self.values(&tree, &card.outputs, "out");
        }
        match &card.inside {
            Inside::Nothing {} => {}
            Inside::Arm { cards, .. } => self.cards(cards, &tree, None),
            Inside::Call { called } => self.cards(&called.cards, &tree, None),
            Inside::Items(items) => self.items(items, card.status, &tree),
        }
    }

    fn items(&mut self, items: &ItemsReport, status: Status, tree: &str) {
        // One item is no loop to a reader.
        if let ([only], Some(1)) = (&items.items[..], items.total.or((status != Status::Running).then_some(items.done)))
            && items.pages.is_none()
        {
            return self.cards(&only.cards, tree, None);
        }
        let shown: Vec<&FlowReport> = items.items.iter().filter(|item| self.shows(item)).collect();
        let failures = &items.failures[..items.failures.len().min(SHOWN_FAILURES)];
        let more = items.failures.len() - failures.len();
        let mut left = shown.len() + failures.iter().filter(|failure| !is_shown(&shown, failure.index)).count() + usize::from(more > 0);
        let next = |left: &mut usize| {
            *left -= 1;
            if *left == 0 { ("└ ", "  ") } else { ("├ ", "│ ") }
        };
        for item in &shown {
            let (branch, below) = next(&mut left);
            let number = item.index.map_or(String::new(), |index| words::count(u64::from(index) + 1));
            self.rows.push(Row {
                tree: format!("{tree}{branch}"),
                title: format!("{} {number}", if items.pages.is_some() { "record" } else { "item" }),
                detail: String::new(),
                outcome: match (&item.error, item.status) {
                    (Some(error), Status::Failed) => format!("✗ {}", error.message),
                    _ => outcome::outputs(&item.outputs),
                },
                took_ms: Some(item.duration_ms),
                tone: match item.status {
                    Status::Failed | Status::Cancelled => Tone::Failed,
                    Status::Running => Tone::Running,
                    _ => Tone::Quiet,
                },
                progress: None,
                wide: false,
            });
            self.cards(&item.cards, &format!("{tree}{below}"), None);
        }
        for failure in failures {
            if is_shown(&shown, failure.index) {
                continue;
            }
            let (branch, _) = next(&mut left);
            let message = format!("{}: {}", failure.error.kind, failure.error.message);
            self.wide(&format!("{tree}{branch}"), &format!("✗ item {}: {message}", words::count(u64::from(failure.index) + 1)), Tone::Failed);
        }
        if more > 0 {
            self.wide(&format!("{tree}└ "), &format!("… and {} more failed", words::count(more as u64)), Tone::Failed);
        }
    }

    /// Whether an item of a loop is shown with its cards.
    fn shows(&self, item: &FlowReport) -> bool {
        match item.status {
            Status::Running => true,
            _ => self.detail == Detail::Trace,
        }
    }

    fn wide(&mut self, tree: &str, text: &str, tone: Tone) {
        self.rows.push(Row {
            tree: tree.to_owned(),
            title: text.to_owned(),
            detail: String::new(),
            outcome: String::new(),
            took_ms: None,
            tone,
            progress: None,
            wide: true,
        });
    }

    /// The inputs or outputs of a card, one on each row.
    fn values(&mut self, tree: &str, values: &Value, label: &str) {
        for (name, value) in values.as_object().into_iter().flatten() {
            let text = match value {
                Value::Text(text) => format!("{:?}", &**text),
                other => other.to_string(),
            };
            self.wide(&format!("{tree}  "), &format!("{label} {name}: {text}"), Tone::Quiet);
        }
    }
}

fn is_shown(shown: &[&FlowReport], index: u32) -> bool {
    shown.iter().any(|item| item.index == Some(index))
}

/// Which of the cards with this title it is.
fn detail(card: &CardReport) -> String {
    match &card.inside {
        Inside::Call { called } => return called.name.to_string(),
        Inside::Items(items) => return items.helper.to_string(),
        _ => {}
    }
    if let Some(table) = card.inputs.as_object().and_then(|inputs| inputs.get("table")) {
        return table.to_string();
    }
    // A card without an ID of its own bears that of the card.
    let own = *card.id != *card.card && !card.card.ends_with(&format!(".{}", card.id));
    if own { card.id.to_string() } else { String::new() }
}
