//! A report as a tree of rows.

use flowrun_core::card::Control;
use flowrun_core::card::{Catalog, Work};
use flowrun_core::report::{CardReport, FlowReport, Inside, ItemsReport, Report, Status};
use flowrun_core::value::{Text, Value};

use super::outcome;
use flowrun_core::words;

/// How many levels are drawn: a flow that calls itself can have five hundred.
const DEEPEST: usize = 20;

/// How many failed items are listed.
const SHOWN_FAILURES: usize = 5;

/// How much a transcript shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What reaches outside, decides, repeats or fails; other cards in a few words, of loops only how many.
    Cards,
    /// Every card with its inputs and outputs, and sample items of loops.
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
    /// The author's remark, for rows that run.
    pub note: Option<Text>,
    /// Whether the row is of the width of the whole tree: inputs, outputs, messages.
    pub wide: bool,
}

/// The rows of a report, without its header; `catalog` tells which cards only compute.
pub fn rows(report: &Report, detail: Detail, catalog: &Catalog) -> Vec<Row> {
    let mut tree = Tree { rows: Vec::new(), detail, catalog };
    if detail == Detail::Trace {
        tree.values("", &report.flow.inputs, "in");
    }
    tree.cards(&report.flow.cards, "");
    tree.rows
}

struct Tree<'c> {
    rows: Vec<Row>,
    detail: Detail,
    catalog: &'c Catalog,
}

/// Whether something has not ended yet.
fn is_open(status: Status) -> bool {
    matches!(status, Status::Running | Status::Paused)
}

/// What makes a row.
enum Group<'r> {
    Card(&'r CardReport),
    /// Cards that only compute, one after the other.
    Quiet(Vec<&'r CardReport>),
}

impl Tree<'_> {
    /// The cards of a block.
    fn cards(&mut self, cards: &[CardReport], tree: &str) {
        let levels = tree.chars().count() / 2;
        if self.detail == Detail::Cards && levels >= DEEPEST && !cards.is_empty() {
            let running = cards.iter().any(|card| is_open(card.status));
            let tone = if running { Tone::Running } else { Tone::Quiet };
            return self.wide(&format!("{tree}└ "), "… and deeper; --trace shows it", tone);
        }
        let mut groups: Vec<Group<'_>> = Vec::new();
        for card in cards {
            match (self.quiet(card), groups.last_mut()) {
                (Quiet::No, _) => groups.push(Group::Card(card)),
                (Quiet::Silent, _) => {}
                (Quiet::Yes, Some(Group::Quiet(cards))) => cards.push(card),
                (Quiet::Yes, _) => groups.push(Group::Quiet(vec![card])),
            }
        }
        let count = groups.len();
        for (index, group) in groups.into_iter().enumerate() {
            let last = index + 1 == count;
            match group {
                Group::Card(card) => self.card(card, tree, last),
                Group::Quiet(cards) => self.quiet_cards(&cards, tree, last),
            }
        }
    }

    /// Whether a card is worth a row of its own.
    fn quiet(&self, card: &CardReport) -> Quiet {
        let uneventful =
            card.status == Status::Done && card.tries <= 1 && matches!(card.inside, Inside::Nothing {});
        if self.detail == Detail::Trace || !uneventful {
            return Quiet::No;
        }
        match self.catalog.get(&card.card).map(|card| &card.work) {
            Some(Work::Pure(_)) => Quiet::Yes,
            Some(Work::Control(
                Control::Return | Control::ReturnRaw | Control::ReturnErrorIf | Control::ContinueIf,
            )) => Quiet::Silent,
            _ => Quiet::No,
        }
    }

    fn quiet_cards(&mut self, cards: &[&CardReport], tree: &str, last: bool) {
        let titles: Vec<&str> = cards.iter().map(|card| &*card.title).collect();
        let outcome = if let [one] = cards { outcome::outcome(one) } else { String::new() };
        self.rows.push(Row {
            tree: format!("{tree}{}", if last { "└ " } else { "├ " }),
            title: titles.join(", "),
            detail: if let [one] = cards { detail(one) } else { String::new() },
            outcome,
            took_ms: None,
            tone: Tone::Quiet,
            progress: None,
            note: None,
            wide: cards.len() > 1,
        });
    }

    fn card(&mut self, card: &CardReport, tree: &str, last: bool) {
        let (branch, below) = if last { ("└ ", "  ") } else { ("├ ", "│ ") };
        let progress = match (&card.inside, card.status) {
            (Inside::Items(items), status) if is_open(status) => {
                items.total.map(|total| (items.done as u64, total as u64))
            }
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
                Status::Running | Status::Paused => Tone::Running,
                _ if caught => Tone::Warned,
                _ => Tone::Plain,
            },
            progress,
            note: card.note.clone().filter(|_| is_open(card.status)),
            wide: false,
        });
        let tree = format!("{tree}{below}");
        if self.detail == Detail::Trace {
            self.values(&tree, &card.inputs, "in");
            if let Inside::Call { called } = &card.inside {
                self.passed(called, &tree);
            }
            self.values(&tree, &card.outputs, "out");
        }
        match &card.inside {
            Inside::Nothing {} => {}
            Inside::Arm { cards, .. } => self.cards(cards, &tree),
            Inside::Call { called } => self.cards(&called.cards, &tree),
            Inside::Items(items) => self.items(items, card.status, &tree),
        }
    }

    fn items(&mut self, items: &ItemsReport, status: Status, tree: &str) {
        // One item is no loop to a reader.
        if let ([only], Some(1)) =
            (&items.items[..], items.total.or((!is_open(status)).then_some(items.done)))
            && items.pages.is_none()
        {
            self.passed(only, tree);
            return self.cards(&only.cards, tree);
        }
        let running = items.items.iter().filter(|item| is_open(item.status)).count();
        let shown: Vec<&FlowReport> = items.items.iter().filter(|item| self.shows(item, items)).collect();
        let beside = if self.detail == Detail::Trace { 0 } else { running.saturating_sub(1) };
        let failures = &items.failures[..items.failures.len().min(SHOWN_FAILURES)];
        let more = items.failures.len() - failures.len();
        let mut left = shown.len()
            + failures.iter().filter(|failure| !is_shown(&shown, failure.index)).count()
            + usize::from(more > 0)
            + usize::from(beside > 0);
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
                    Status::Running | Status::Paused => Tone::Running,
                    _ => Tone::Quiet,
                },
                progress: None,
                note: None,
                wide: false,
            });
            let tree = format!("{tree}{below}");
            self.passed(item, &tree);
            self.cards(&item.cards, &tree);
        }
        if beside > 0 {
            let (branch, _) = next(&mut left);
            self.wide(
                &format!("{tree}{branch}"),
                &format!("and {} at the same time", words::many(beside as u64, "other")),
                Tone::Running,
            );
        }
        for failure in failures {
            if is_shown(&shown, failure.index) {
                continue;
            }
            let (branch, _) = next(&mut left);
            let message = format!("{}: {}", failure.error.kind, failure.error.message);
            self.wide(
                &format!("{tree}{branch}"),
                &format!("✗ item {}: {message}", words::count(u64::from(failure.index) + 1)),
                Tone::Failed,
            );
        }
        if more > 0 {
            self.wide(
                &format!("{tree}└ "),
                &format!("… and {} more failed", words::count(more as u64)),
                Tone::Failed,
            );
        }
    }

    /// Whether an item of a loop is shown with its cards: of those that run at once the first.
    fn shows(&self, item: &FlowReport, items: &ItemsReport) -> bool {
        let first = || items.items.iter().find(|item| is_open(item.status));
        self.detail == Detail::Trace || first().is_some_and(|first| std::ptr::eq(first, item))
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
            note: None,
            wide: true,
        });
    }

    /// What a helper flow was passed.
    fn passed(&mut self, called: &FlowReport, tree: &str) {
        if self.detail == Detail::Trace {
            self.values(tree, &called.inputs, "pass");
        }
    }

    /// The inputs or outputs of a card, one on each row.
    fn values(&mut self, tree: &str, values: &Value, label: &str) {
        for (name, value) in values.as_object().into_iter().flatten() {
            let text = match value {
                Value::Text(text) => format!("{:?}", &**text),
                other => other.excerpt(10_000),
            };
            self.wide(&format!("{tree}  "), &format!("{label} {name}: {text}"), Tone::Quiet);
        }
    }
}

/// Whether a card is worth a row.
enum Quiet {
    No,
    Yes,
    /// Not even a word: it ended the flow as it should, or let it pass.
    Silent,
}

fn is_shown(shown: &[&FlowReport], index: u32) -> bool {
    shown.iter().any(|item| item.index == Some(index))
}

/// Which of the cards with this title it is.
fn detail(card: &CardReport) -> String {
    let own_name =
        |name: &str| [&*card.card, &card.title].contains(&name) || card.card.ends_with(&format!(".{name}"));
    // A flow that stands in a card is called as the card is; one without an ID of its own is not said twice.
    match &card.inside {
        Inside::Call { called } if !own_name(&called.name) => return called.name.to_string(),
        Inside::Items(items) if !own_name(&items.helper) => return items.helper.to_string(),
        _ => {}
    }
    let input = |name: &str| card.inputs.as_object().and_then(|inputs| inputs.get(name));
    if let Some(table) = input("table") {
        return table.to_string();
    }
    if let (Some(Value::Number(delay)), Some(unit)) = (input("delay"), input("unit").and_then(Value::as_text))
    {
        return words::many(*delay as u64, unit.trim_end_matches('s'));
    }
    // A card without an ID of its own bears that of the card.
    if own_name(&card.id) { String::new() } else { card.id.to_string() }
}
