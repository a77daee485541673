//! Which cards and branches of flows the tests came to.

use std::collections::BTreeMap;
use std::fmt::Write;

use flowrun_core::program::{Flow, OnError, Op, Program, Step};
use flowrun_core::report::{CardReport, FlowReport, Inside, Report, Status};
use flowrun_core::source::{Sources, Span};
use flowrun_core::value::Text;

/// What tests came to, in the flows of one project.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// By the flow and the number of the card in it.
    cards: BTreeMap<(Text, u32), Card>,
}

/// How often tests came to a card.
#[derive(Clone, Debug, Default)]
struct Card {
    times: u64,
    /// To each of its arms, by name.
    arms: BTreeMap<Text, u64>,
    /// With no items, with one, with more.
    items: [u64; 3],
    /// Tried again.
    again: u64,
    /// Failed for good.
    failed: u64,
}

/// A flow and how much of it tests came to.
#[derive(Clone, Debug)]
pub struct Covered {
    /// The flow's path.
    pub flow: Text,
    /// Its file, as the project knows it; none where the flow was made of an export.
    pub file: Option<Text>,
    /// Its cards, in the order in which they are written.
    pub cards: Vec<Reached>,
}

/// A card and how often tests came to it.
#[derive(Clone, Debug)]
pub struct Reached {
    /// Its ID.
    pub id: Text,
    /// Where it stands.
    pub span: Span,
    /// The line of that.
    pub line: usize,
    /// How often.
    pub times: u64,
    /// Its branches.
    pub branches: Vec<Branch>,
}

/// A way that a card may take: its name, and how often tests came to it.
pub type Branch = (Text, u64);

const ITEMS: [&str; 3] = ["no items", "one item", "more items"];

/// Of a card that is tried again when it fails.
const RETRY: [&str; 2] = ["no retry", "retry"];

/// Of a card whose failure is not the end.
const ON_ERROR: [&str; 2] = ["no error", "on_error"];

impl Coverage {
    /// Counts a run.
    pub fn add(&mut self, report: &Report) {
        self.flow(&report.flow);
    }

    fn flow(&mut self, flow: &FlowReport) {
        // In the place of a flow that was mocked whole stand two cards that nobody wrote.
        if !flow.cards.first().is_some_and(|card| card.card.starts_with("flow:")) {
            self.all(&flow.path, &flow.cards);
        }
    }

    fn all(&mut self, path: &Text, cards: &[CardReport]) {
        for card in cards {
            let counted = self.cards.entry((path.clone(), card.step)).or_default();
            counted.times += 1;
            counted.again += u64::from(card.tries > 1);
            counted.failed += u64::from(card.status == Status::Failed);
            match &card.inside {
                Inside::Nothing {} => {}
                Inside::Arm { arm, cards } => {
                    *counted.arms.entry(arm.clone()).or_default() += 1;
                    if &**arm == "catch" {
                        // What is caught was tried before.
                        *counted.arms.entry("try".into()).or_default() += 1;
                    }
                    self.all(path, cards);
                }
                Inside::Call { called } => self.flow(called),
                Inside::Items(items) => {
                    counted.items[items.done.min(2)] += 1;
                    items.items.iter().for_each(|item| self.flow(item));
                }
            }
        }
    }

    /// How much of each flow tests came to, in the order of their paths.
    pub fn of(&self, program: &Program, sources: &Sources) -> Vec<Covered> {
        program.flows.iter().map(|flow| self.covered(flow, sources)).collect()
    }

    fn covered(&self, flow: &Flow, sources: &Sources) -> Covered {
        let source = sources.get(flow.span.file);
        let reached = flow.steps.iter().enumerate().map(|(place, step)| {
            let counted = self.cards.get(&(flow.path.clone(), place as u32)).cloned().unwrap_or_default();
            Reached {
                id: step.id.clone(),
                span: step.span,
                line: sources.line_column(step.span).0,
                times: counted.times,
                branches: branches(step, &counted),
            }
        });
        let file = source.origins.is_empty().then(|| Text::from(&*source.path));
        Covered { flow: flow.path.clone(), file, cards: reached.collect() }
    }
}

fn branches(step: &Step, counted: &Card) -> Vec<Branch> {
    let arm = |name: &Text| (name.clone(), counted.arms.get(name).copied().unwrap_or(0));
    let mut branches = match &step.op {
        Op::Branch { arms, .. } => arms.iter().map(|(_, one)| arm(&one.name)).collect(),
        Op::Try { body, catch, .. } => vec![arm(&body.name), arm(&catch.name)],
        Op::Loop { .. } | Op::Effect { stream: Some(_), .. } => {
            ITEMS.iter().zip(counted.items).map(|(name, times)| (Text::from(*name), times)).collect()
        }
        _ => Vec::new(),
    };
    let mut either = |names: [&str; 2], second: u64| {
        let first = counted.times.saturating_sub(second);
        branches.extend([(Text::from(names[0]), first), (Text::from(names[1]), second)]);
    };
    if step.policy.retry.is_some() {
        either(RETRY, counted.again);
    }
    if !matches!(step.policy.on_error, OnError::Stop) {
        either(ON_ERROR, counted.failed);
    }
    branches
}

impl Covered {
    /// How many of its cards tests came to, of how many.
    pub fn cards(&self) -> (usize, usize) {
        (self.cards.iter().filter(|card| card.times > 0).count(), self.cards.len())
    }

    /// How many of its branches: arms, loops with no items, one and more, cards with and without a retry or an error.
    pub fn branches(&self) -> (usize, usize) {
        let branches = || self.cards.iter().flat_map(|card| &card.branches);
        (branches().filter(|(_, times)| *times > 0).count(), branches().count())
    }

    /// What tests did not come to, each with its line: `12 (nobody)`, `15 (else)`.
    pub fn missing(&self) -> Vec<(usize, Text)> {
        let mut missing = Vec::new();
        for card in &self.cards {
            if card.times == 0 {
                missing.push((card.line, card.id.clone()));
                continue;
            }
            let never = card.branches.iter().filter(|(_, times)| *times == 0);
            missing.extend(never.map(|(name, _)| (card.line, name.clone())));
        }
        missing.sort();
        missing
    }
}

/// The sum of cards and of branches over flows.
pub fn sum(covered: &[Covered]) -> ((usize, usize), (usize, usize)) {
    let add = |a: (usize, usize), b: (usize, usize)| (a.0 + b.0, a.1 + b.1);
    covered.iter().fold(((0, 0), (0, 0)), |(cards, branches), one| {
        (add(cards, one.cards()), add(branches, one.branches()))
    })
}

/// Of a hundred parts how many; all of nothing.
pub fn percent((some, all): (usize, usize)) -> f64 {
    if all == 0 { 100.0 } else { 100.0 * some as f64 / all as f64 }
}

/// The table that people read, with a sum as its last line.
pub fn table(covered: &[Covered]) -> String {
    let width = covered.iter().map(|one| one.flow.chars().count()).max().unwrap_or(0).max(5);
    let mut text = format!("{:<width$}  {:>13}  {:>13}  not reached\n", "flow", "cards", "branches");
    let part = |of: (usize, usize)| match of.1 {
        0 => "-".to_owned(),
        _ => format!("{}/{} {:>3.0} %", of.0, of.1, percent(of).floor()),
    };
    for one in covered {
        let (cards, branches) = (part(one.cards()), part(one.branches()));
        let _ =
            writeln!(text, "{:<width$}  {cards:>13}  {branches:>13}  {}", one.flow, shown(&one.missing()));
    }
    let (cards, branches) = sum(covered);
    let _ = writeln!(text, "{:<width$}  {:>13}  {:>13}", "all", part(cards), part(branches));
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn shown(missing: &[(usize, Text)]) -> String {
    const MOST: usize = 4;
    let mut shown: Vec<String> =
        missing.iter().take(MOST).map(|(line, what)| format!("{line} ({what})")).collect();
    if missing.len() > MOST {
        shown.push(format!("{} more", missing.len() - MOST));
    }
    shown.join(", ")
}
