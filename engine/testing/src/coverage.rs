//! Which cards and branches of flows the tests came to.

use std::collections::BTreeMap;
use std::fmt::Write;

use flowrun_core::program::{Flow, Op, Program, StepId};
use flowrun_core::report::{CardReport, FlowReport, Inside, Report};
use flowrun_core::source::Sources;
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
}

/// A flow and how much of it tests came to.
#[derive(Clone, Debug)]
pub struct Covered {
    /// The flow's path.
    pub flow: Text,
    /// How many of its cards tests came to, of how many.
    pub cards: (usize, usize),
    /// How many of its branches: arms, and loops with no items, one and more.
    pub branches: (usize, usize),
    /// What they did not come to, each by its line: `12 (nobody)`, `15 (else)`.
    pub missing: Vec<(usize, String)>,
}

/// A branch of a card: its name, and how often tests came to it.
type Branch = (Text, u64);

const ITEMS: [&str; 3] = ["no items", "one item", "more items"];

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
        let mut covered =
            Covered { flow: flow.path.clone(), cards: (0, 0), branches: (0, 0), missing: Vec::new() };
        for (place, step) in flow.steps.iter().enumerate() {
            let line = sources.line_column(step.span).0;
            let times = self.card(flow, place).times;
            covered.cards.1 += 1;
            covered.cards.0 += usize::from(times > 0);
            if times == 0 {
                covered.missing.push((line, step.id.to_string()));
            }
            for (name, times) in self.branches(flow, place) {
                covered.branches.1 += 1;
                covered.branches.0 += usize::from(times > 0);
                if times == 0 && self.card(flow, place).times > 0 {
                    covered.missing.push((line, name.to_string()));
                }
            }
        }
        covered.missing.sort();
        covered
    }

    fn card(&self, flow: &Flow, place: usize) -> Card {
        self.cards.get(&(flow.path.clone(), place as u32)).cloned().unwrap_or_default()
    }

    fn branches(&self, flow: &Flow, place: usize) -> Vec<Branch> {
        let card = self.card(flow, place);
        let arm = |name: &Text| (name.clone(), card.arms.get(name).copied().unwrap_or(0));
        match &flow.step(StepId(place as u32)).op {
            Op::Branch { arms, .. } => arms.iter().map(|(_, one)| arm(&one.name)).collect(),
            Op::Try { body, catch, .. } => vec![arm(&body.name), arm(&catch.name)],
            Op::Loop { .. } | Op::Effect { stream: Some(_), .. } => {
                ITEMS.iter().zip(card.items).map(|(name, times)| (Text::from(*name), times)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The same as LCOV has it, over the files of flows: a line for each card, a branch for each arm.
    pub fn lcov(&self, program: &Program, sources: &Sources, prefix: &str) -> String {
        let mut text = String::new();
        for flow in &program.flows {
            let mut lines: BTreeMap<usize, u64> = BTreeMap::new();
            let (mut branches, mut found, mut hit) = (String::new(), 0, 0);
            for (place, step) in flow.steps.iter().enumerate() {
                let (line, card) = (sources.line_column(step.span).0, self.card(flow, place));
                let times = lines.entry(line).or_default();
                *times = (*times).max(card.times);
                for (branch, (_, taken)) in self.branches(flow, place).into_iter().enumerate() {
                    (found, hit) = (found + 1, hit + usize::from(taken > 0));
                    let taken = if card.times == 0 { "-".to_owned() } else { taken.to_string() };
                    let _ = writeln!(branches, "BRDA:{line},{place},{branch},{taken}");
                }
            }
            let covered = lines.values().filter(|times| **times > 0).count();
            let _ = writeln!(text, "TN:\nSF:{prefix}{}", sources.get(flow.span.file).path);
            text.push_str(&branches);
            let _ = writeln!(text, "BRF:{found}\nBRH:{hit}");
            lines.iter().for_each(|(line, times)| {
                let _ = writeln!(text, "DA:{line},{times}");
            });
            let _ = writeln!(text, "LF:{}\nLH:{covered}\nend_of_record", lines.len());
        }
        text
    }
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
        _ => format!("{}/{} {:>3.0} %", of.0, of.1, percent(of)),
    };
    let (mut cards, mut branches) = ((0, 0), (0, 0));
    for one in covered {
        cards = (cards.0 + one.cards.0, cards.1 + one.cards.1);
        branches = (branches.0 + one.branches.0, branches.1 + one.branches.1);
        let _ = writeln!(
            text,
            "{:<width$}  {:>13}  {:>13}  {}",
            one.flow,
            part(one.cards),
            part(one.branches),
            shown(&one.missing)
        );
    }
    let _ = writeln!(text, "{:<width$}  {:>13}  {:>13}", "all", part(cards), part(branches));
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn shown(missing: &[(usize, String)]) -> String {
    const MOST: usize = 4;
    let mut shown: Vec<String> =
        missing.iter().take(MOST).map(|(line, what)| format!("{line} ({what})")).collect();
    if missing.len() > MOST {
        shown.push(format!("{} more", missing.len() - MOST));
    }
    shown.join(", ")
}
