//! A flow's cards in one list, in the order in which they stand, with what tells them apart.

use std::collections::{BTreeMap, BTreeSet};

use flowrun_core::card::Catalog;
use flowrun_core::model::{Arm, Flow, Step};

use super::likeness::{self, Likeness};
use crate::catalog::category;

/// A flow, laid out for comparing.
#[derive(Debug)]
pub struct Outline<'m> {
    pub flow: &'m Flow,
    /// Every card, each before those that it holds.
    pub cards: Vec<Placed<'m>>,
    /// The cards that lie in no other.
    pub body: Vec<usize>,
    ids: BTreeMap<&'m str, usize>,
}

/// A card at its place.
#[derive(Debug)]
pub struct Placed<'m> {
    /// The card.
    pub step: &'m Step,
    /// The card that holds it, and in which of its arms.
    pub parent: Option<(usize, usize)>,
    /// The card before it in its block.
    pub before: Option<usize>,
    /// The cards of each arm.
    pub arms: Vec<Vec<usize>>,
    /// What tells each arm apart.
    pub arm_likeness: Vec<Likeness>,
    /// What tells it apart.
    pub likeness: Likeness,
}

impl<'m> Outline<'m> {
    /// Lays a flow out.
    pub fn new(flow: &'m Flow) -> Outline<'m> {
        let mut outline = Outline { flow, cards: Vec::new(), body: Vec::new(), ids: BTreeMap::new() };
        outline.body = outline.add(&flow.cards, None);
        outline
    }

    fn add(&mut self, steps: &'m [Step], parent: Option<(usize, usize)>) -> Vec<usize> {
        let mut places = Vec::with_capacity(steps.len());
        for step in steps {
            let at = self.cards.len();
            let likeness = Likeness::of(0, Vec::new());
            let before = places.last().copied();
            let (arms, arm_likeness) = (Vec::new(), Vec::new());
            self.cards.push(Placed { step, parent, before, arms, arm_likeness, likeness });
            if let Some(id) = &step.id {
                self.ids.entry(&id.it).or_insert(at);
            }
            let arms: Vec<Vec<usize>> = step
                .arms
                .iter()
                .enumerate()
                .map(|(arm, held)| self.add(&held.cards, Some((at, arm))))
                .collect();
            let likeness_of = |(arm, places): (&Arm, &Vec<usize>)| {
                let cards: Vec<&Likeness> = places.iter().map(|place| &self.cards[*place].likeness).collect();
                likeness::arm(arm, is_case(arm), &cards)
            };
            let arm_likeness: Vec<Likeness> = step.arms.iter().zip(&arms).map(likeness_of).collect();
            let placed = &mut self.cards[at];
            placed.likeness = likeness::card(step, &arm_likeness);
            (placed.arms, placed.arm_likeness) = (arms, arm_likeness);
            places.push(at);
        }
        places
    }

    /// The card that wires name by this ID.
    pub fn named(&self, id: &str) -> Option<usize> {
        self.ids.get(id).copied()
    }

    /// The cards that are there once, by all that they are.
    pub fn unique(&self) -> BTreeSet<u64> {
        let mut count: BTreeMap<u64, usize> = BTreeMap::new();
        self.cards.iter().for_each(|card| *count.entry(card.likeness.whole).or_default() += 1);
        count.into_iter().filter(|(_, count)| *count == 1).map(|(whole, _)| whole).collect()
    }

    /// Takes it that the cards with these numbers are on the other side too, each once.
    pub fn settle(&mut self, wholes: &BTreeSet<u64>) {
        for card in &mut self.cards {
            card.likeness.settled = wholes.contains(&card.likeness.whole);
        }
    }

    /// The likeness of the whole flow.
    pub fn likeness(&self) -> Likeness {
        let mut marks = Vec::new();
        self.body.iter().for_each(|at| self.cards[*at].likeness.add_to(&mut marks));
        marks.push(likeness::mark(&std::mem::discriminant(&self.flow.trigger)));
        marks.extend(self.flow.inputs.iter().map(|input| likeness::mark(&("input", &*input.name.it))));
        Likeness::of(0, marks)
    }

    /// What a person calls a card: Okta's name, and its ID where that says more.
    pub fn name(&self, at: usize, catalog: &Catalog) -> String {
        let step = self.cards[at].step;
        if let Some(title) = &step.title {
            return title.it.to_string();
        }
        let title = catalog.get(&step.card).map_or_else(|| category::words(&step.card), |card| card.title());
        let plain = |text: &str| text.replace([' ', '_', '-'], "").to_lowercase();
        match &step.id {
            Some(id) if plain(&id.it) != plain(&title) => format!("{title} `{}`", id.it),
            Some(_) => title,
            None => match self.among(at) {
                Some((nth, all)) => format!("{title} ({nth} of {all})"),
                None => title,
            },
        }
    }

    /// Which of the cards without an ID that are called the same one is; none if it is the only one.
    fn among(&self, at: usize) -> Option<(usize, usize)> {
        let card = &self.cards[at].step.card.it;
        let same = |other: &&Placed<'_>| other.step.id.is_none() && other.step.card.it == *card;
        let all = self.cards.iter().filter(same).count();
        (all > 1).then(|| (self.cards[..=at].iter().filter(same).count(), all))
    }

    /// The blocks and arms around a card, from the outermost.
    pub fn within(&self, at: usize, catalog: &Catalog) -> Vec<String> {
        let mut around = Vec::new();
        let mut next = self.cards[at].parent;
        while let Some((block, arm)) = next {
            around.push(self.cards[block].step.arms[arm].name.it.to_string());
            around.push(self.name(block, catalog));
            next = self.cards[block].parent;
        }
        around.reverse();
        around
    }
}

/// Whether an arm is one of the cases of If/ElseIf.
pub fn is_case(arm: &Arm) -> bool {
    !matches!(&*arm.name.it, "then" | "else" | "try" | "catch")
}
