//! Which cards of a flow are which of another: first block by block, in order; then those that stand elsewhere.

use std::collections::BTreeMap;

use super::align::align;
use super::likeness::Likeness;
use super::outline::Outline;

/// A card that has moved has at least this much in common with itself, of a thousand.
const MOVED: u32 = 600;

/// More pairs than this are not looked at for cards that have moved.
const MOST_PAIRS: usize = 1 << 18;

/// The cards of two flows that are the same.
#[derive(Debug)]
pub struct Pairing {
    /// For each old card the new one.
    pub new_of: Vec<Option<usize>>,
    /// For each new card the old one.
    pub old_of: Vec<Option<usize>>,
    /// For each old arm, by its card and place, the new one.
    arms: BTreeMap<(usize, usize), usize>,
    /// The new cards that stand elsewhere.
    moved: Vec<bool>,
}

impl Pairing {
    /// Pairs the cards of two flows.
    pub fn new(old: &Outline<'_>, new: &Outline<'_>) -> Pairing {
        let mut pairing = Pairing {
            new_of: vec![None; old.cards.len()],
            old_of: vec![None; new.cards.len()],
            arms: BTreeMap::new(),
            moved: vec![false; new.cards.len()],
        };
        pairing.block(old, new, &old.body, &new.body);
        pairing.elsewhere(old, new);
        pairing
    }

    /// Whether a new card, which is an old one too, stands elsewhere.
    pub fn has_moved(&self, at: usize) -> bool {
        self.moved[at]
    }

    /// The new arm that an arm of an old card is.
    pub fn arm(&self, card: usize, arm: usize) -> Option<usize> {
        self.arms.get(&(card, arm)).copied()
    }

    /// Pairs what is left of two blocks.
    fn block(&mut self, old: &Outline<'_>, new: &Outline<'_>, old_block: &[usize], new_block: &[usize]) {
        let left: Vec<usize> = old_block.iter().copied().filter(|at| self.new_of[*at].is_none()).collect();
        let free: Vec<usize> = new_block.iter().copied().filter(|at| self.old_of[*at].is_none()).collect();
        let of_old: Vec<&Likeness> = left.iter().map(|at| &old.cards[*at].likeness).collect();
        let of_new: Vec<&Likeness> = free.iter().map(|at| &new.cards[*at].likeness).collect();
        for (i, j) in align(&of_old, &of_new) {
            self.pair(old, new, left[i], free[j]);
        }
    }

    /// Takes two cards for the same, and pairs what they hold.
    fn pair(&mut self, old: &Outline<'_>, new: &Outline<'_>, from: usize, to: usize) {
        (self.new_of[from], self.old_of[to]) = (Some(to), Some(from));
        let (one, other) = (&old.cards[from], &new.cards[to]);
        let of_old: Vec<&Likeness> = one.arm_likeness.iter().collect();
        let of_new: Vec<&Likeness> = other.arm_likeness.iter().collect();
        for (i, j) in align(&of_old, &of_new) {
            self.arms.insert((from, i), j);
        }
        // An arm such as `then` is the same, whatever has become of its cards.
        for (i, arm) in one.step.arms.iter().enumerate() {
            let twin = other.step.arms.iter().position(|twin| twin.name.it == arm.name.it);
            if let Some(j) = twin.filter(|j| !self.arms.contains_key(&(from, i)) && !self.has_arm(from, *j)) {
                self.arms.insert((from, i), j);
            }
        }
        for i in 0..one.arms.len() {
            if let Some(j) = self.arm(from, i) {
                self.block(old, new, &one.arms[i], &other.arms[j]);
            }
        }
    }

    fn has_arm(&self, card: usize, arm: usize) -> bool {
        self.arms.range((card, 0)..=(card, usize::MAX)).any(|(_, taken)| *taken == arm)
    }

    /// Pairs cards that are left with those that are left anywhere else in the flow, the most alike first.
    fn elsewhere(&mut self, old: &Outline<'_>, new: &Outline<'_>) {
        let left: Vec<usize> = (0..old.cards.len()).filter(|at| self.new_of[*at].is_none()).collect();
        let free: Vec<usize> = (0..new.cards.len()).filter(|at| self.old_of[*at].is_none()).collect();
        for (i, j) in settled(old, new, &left, &free) {
            if self.new_of[i].is_none() && self.old_of[j].is_none() {
                self.pair(old, new, i, j);
                self.moved[j] = true;
            }
        }
        let left: Vec<usize> = left.into_iter().filter(|at| self.new_of[*at].is_none()).collect();
        let free: Vec<usize> = free.into_iter().filter(|at| self.old_of[*at].is_none()).collect();
        if left.len() * free.len() > MOST_PAIRS {
            return;
        }
        let mut found: Vec<(u32, usize, usize)> = Vec::new();
        for i in &left {
            let shares = free.iter().map(|j| (old.cards[*i].likeness.share(&new.cards[*j].likeness), *i, *j));
            found.extend(shares.filter(|(share, ..)| *share >= MOVED));
        }
        // Of equals those come first that stand first, so that blocks come before what they hold.
        found.sort_by_key(|(share, i, j)| (std::cmp::Reverse(*share), *i, *j));
        for (_, i, j) in found {
            if self.new_of[i].is_none() && self.old_of[j].is_none() {
                self.pair(old, new, i, j);
                self.moved[j] = true;
            }
        }
    }
}

/// The pairs of cards that are equal and there once.
fn settled(old: &Outline<'_>, new: &Outline<'_>, left: &[usize], free: &[usize]) -> Vec<(usize, usize)> {
    let places: BTreeMap<u64, usize> = free.iter().map(|at| (new.cards[*at].likeness.whole, *at)).collect();
    let settled = left.iter().filter(|at| old.cards[**at].likeness.settled);
    settled.filter_map(|at| Some((*at, *places.get(&old.cards[*at].likeness.whole)?))).collect()
}
