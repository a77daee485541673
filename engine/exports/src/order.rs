//! The order of a scope's cards: edges become a list, in which an If/Else holds its branches.

use std::collections::BTreeSet;

use super::pack::Scope;

/// A card in its place.
#[derive(Debug, PartialEq)]
pub enum Placed {
    /// A card by itself.
    Card(usize),
    /// An If/Else, its branches, and the card that joins them.
    IfElse {
        /// The If/Else.
        card: usize,
        /// What runs if the comparison holds.
        then: Vec<Placed>,
        /// What runs if it does not.
        otherwise: Vec<Placed>,
        /// Where the branches meet.
        join: Option<usize>,
    },
}

/// The cards in the order in which they run, and those that no card leads to.
#[derive(Debug, Default)]
pub struct Ordered {
    /// The cards that run.
    pub cards: Vec<Placed>,
    /// Cards that nothing leads to.
    pub stray: Vec<usize>,
}

/// If/Else may not stand in each other deeper than this.
pub const MAX_NESTING: usize = 64;

const IF: &str = "kernel:control:if";
const JOIN: &str = "kernel:control:join";
const NOOP: &str = "kernel:control:noop";
const EXPAND: &str = "kernel:object:expand";

/// Orders a scope's cards; says what is wrong where they run in a circle.
///
/// The editor writes edges from a card to itself and the same edge twice; both mean nothing.
pub fn order(scope: &Scope) -> Result<Ordered, String> {
    let mut edges: BTreeSet<(usize, usize)> =
        scope.orderings.iter().copied().filter(|(from, to)| from != to).collect();
    for (card, heads) in scope.cards.iter().enumerate().map(|(place, card)| (place, &card.branches)) {
        edges.extend(heads.iter().map(|(head, _)| (card, *head)));
    }
    let sorted = sort(scope.cards.len(), &edges).ok_or("its cards run in a circle")?;
    let mut rank = vec![0; sorted.len()];
    for (place, card) in sorted.iter().enumerate() {
        rank[*card] = place;
    }
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); scope.cards.len()];
    let mut led_to = vec![false; scope.cards.len()];
    for (from, to) in edges {
        next[from].push(to);
        led_to[to] = true;
    }
    let mut walk = Walk { scope, next, rank, seen: vec![false; scope.cards.len()] };
    let mut ordered = Ordered::default();
    // There is one start. A file that was tampered with may have more: what they lead to runs too, in the order of the edges.
    let starts = sorted.iter().copied().filter(|card| !led_to[*card]);
    let (starts, lonely): (Vec<usize>, Vec<usize>) =
        starts.partition(|card| !walk.next[*card].is_empty() || scope.cards.len() == 1);
    for start in starts {
        walk.chain(start, &mut ordered.cards, 0)?;
    }
    ordered.stray =
        lonely.into_iter().chain((0..scope.cards.len()).filter(|card| !walk.seen[*card])).collect();
    ordered.stray.retain(|card| !walk.seen[*card] && *scope.cards[*card].address != *EXPAND);
    ordered.stray.sort_unstable();
    ordered.stray.dedup();
    Ok(ordered)
}

/// Cards in an order that no edge contradicts; none if there is a circle.
fn sort(cards: usize, edges: &BTreeSet<(usize, usize)>) -> Option<Vec<usize>> {
    let mut before = vec![0usize; cards];
    edges.iter().for_each(|(_, to)| before[*to] += 1);
    let mut ready: BTreeSet<usize> = (0..cards).filter(|card| before[*card] == 0).collect();
    let mut sorted = Vec::with_capacity(cards);
    while let Some(card) = ready.pop_first() {
        sorted.push(card);
        for &(_, to) in edges.range((card, 0)..=(card, usize::MAX)) {
            before[to] -= 1;
            if before[to] == 0 {
                ready.insert(to);
            }
        }
    }
    (sorted.len() == cards).then_some(sorted)
}

struct Walk<'s> {
    scope: &'s Scope,
    next: Vec<Vec<usize>>,
    rank: Vec<usize>,
    seen: Vec<bool>,
}

impl Walk<'_> {
    /// Follows the cards from `card` on; stops before the card that joins the branch it is in, and gives it.
    fn chain(&mut self, card: usize, into: &mut Vec<Placed>, depth: usize) -> Result<Option<usize>, String> {
        if depth > MAX_NESTING {
            return Err(format!("its If/Else cards are nested more than {MAX_NESTING} levels deep"));
        }
        let mut at = Some(card);
        while let Some(card) = at {
            let address = &*self.scope.cards[card].address;
            if address == JOIN && !self.seen[card] {
                return Ok(Some(card));
            }
            if std::mem::replace(&mut self.seen[card], true) {
                return Ok(None);
            }
            if address == IF {
                let (mut then, mut otherwise) = (Vec::new(), Vec::new());
                let mut join = None;
                for (head, result) in self.scope.cards[card].branches.clone() {
                    let arm = if result { &mut then } else { &mut otherwise };
                    join = self.chain(head, arm, depth + 1)?.or(join);
                }
                into.push(Placed::IfElse { card, then, otherwise, join });
                if let Some(join) = join {
                    self.seen[join] = true;
                    at = self.after(join);
                } else {
                    at = None;
                }
            } else {
                if address != NOOP {
                    into.push(Placed::Card(card));
                }
                at = self.after(card);
            }
        }
        Ok(None)
    }

    /// The card that follows: of several the one before all others, since every card of a branch has an edge to the join too.
    fn after(&self, card: usize) -> Option<usize> {
        self.next[card].iter().copied().min_by_key(|next| self.rank[*next])
    }
}
