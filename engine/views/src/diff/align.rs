//! Finds which things of one list are those of another: the pairs in order that are most alike, taken together.

use std::collections::BTreeMap;

use super::likeness::Likeness;

/// Two that have less in common than this, of a thousand, are two different things.
pub const LEAST: u32 = 350;

/// Lists whose lengths give a larger product than this are cut at what is equal before they are compared.
const MOST_CELLS: usize = 1 << 18;

/// How far ahead an equal is looked for in lists that are too long and have nothing to cut them at.
const WINDOW: usize = 32;

/// The pairs of places, in order, that are the same thing on both sides.
pub fn align(old: &[&Likeness], new: &[&Likeness]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    between(old, new, (0, 0), &mut pairs);
    pairs
}

/// The same for a part of the lists that starts at `from`.
fn between(old: &[&Likeness], new: &[&Likeness], from: (usize, usize), pairs: &mut Vec<(usize, usize)>) {
    let same = |(old, new): (&&Likeness, &&Likeness)| old.whole == new.whole;
    let start = old.iter().zip(new).take_while(|pair| same((pair.0, pair.1))).count();
    pairs.extend((0..start).map(|at| (from.0 + at, from.1 + at)));
    let (old, new, from) = (&old[start..], &new[start..], (from.0 + start, from.1 + start));
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|pair| same((pair.0, pair.1))).count();
    let (inner_old, inner_new) = (&old[..old.len() - end], &new[..new.len() - end]);
    if inner_old.len() * inner_new.len() <= MOST_CELLS {
        best(inner_old, inner_new, from, pairs);
    } else {
        match anchors(inner_old, inner_new) {
            anchors if anchors.is_empty() => ahead(inner_old, inner_new, from, pairs),
            anchors => cut(inner_old, inner_new, &anchors, from, pairs),
        }
    }
    let (rest_old, rest_new) = (from.0 + inner_old.len(), from.1 + inner_new.len());
    pairs.extend((0..end).map(|at| (rest_old + at, rest_new + at)));
}

/// The longest common subsequence, weighed by likeness.
fn best(old: &[&Likeness], new: &[&Likeness], from: (usize, usize), pairs: &mut Vec<(usize, usize)>) {
    let width = new.len() + 1;
    let mut sums = vec![0_u32; (old.len() + 1) * width];
    let mut alike = vec![0_u32; old.len() * new.len()];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let alike_enough = old[i].share(new[j]) >= LEAST;
            let weight = if alike_enough { old[i].weight(new[j]) } else { 0 };
            alike[i * new.len() + j] = weight;
            let skipped = sums[(i + 1) * width + j].max(sums[i * width + j + 1]);
            let taken = if weight > 0 { weight + sums[(i + 1) * width + j + 1] } else { 0 };
            sums[i * width + j] = skipped.max(taken);
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        let weight = alike[i * new.len() + j];
        let sum = sums[i * width + j];
        if weight > 0 && sum == weight + sums[(i + 1) * width + j + 1] {
            pairs.push((from.0 + i, from.1 + j));
            (i, j) = (i + 1, j + 1);
        } else if sum == sums[(i + 1) * width + j] {
            i += 1;
        } else {
            j += 1;
        }
    }
}

/// What is there once on each side, equal on both: of those the longest sequence that is in order.
fn anchors(old: &[&Likeness], new: &[&Likeness]) -> Vec<(usize, usize)> {
    let once = |list: &[&Likeness]| {
        let mut places: BTreeMap<u64, Option<usize>> = BTreeMap::new();
        for (at, likeness) in list.iter().enumerate() {
            places.entry(likeness.whole).and_modify(|place| *place = None).or_insert(Some(at));
        }
        places
    };
    let (old, new) = (once(old), once(new));
    let mut found: Vec<(usize, usize)> =
        old.iter().filter_map(|(whole, at)| Some(((*at)?, (*new.get(whole)?)?))).collect();
    found.sort_unstable();
    in_order(&found)
}

/// The longest part of a list of pairs in which the second grows too.
fn in_order(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The last pair of the best sequence of each length, and what comes before each pair.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (_, new)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *new);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut found: Vec<(usize, usize)> =
        std::iter::successors(ends.last().copied(), |at| before[*at]).map(|at| pairs[at]).collect();
    found.reverse();
    found
}

/// Compares what lies between the anchors.
fn cut(
    old: &[&Likeness],
    new: &[&Likeness],
    anchors: &[(usize, usize)],
    from: (usize, usize),
    pairs: &mut Vec<(usize, usize)>,
) {
    let (mut i, mut j) = (0, 0);
    for (next_old, next_new) in anchors.iter().copied() {
        between(&old[i..next_old], &new[j..next_new], (from.0 + i, from.1 + j), pairs);
        pairs.push((from.0 + next_old, from.1 + next_new));
        (i, j) = (next_old + 1, next_new + 1);
    }
    between(&old[i..], &new[j..], (from.0 + i, from.1 + j), pairs);
}

/// Takes for each the best of the next few: no more than a guess, for lists that nobody writes.
fn ahead(old: &[&Likeness], new: &[&Likeness], from: (usize, usize), pairs: &mut Vec<(usize, usize)>) {
    let mut next = 0;
    for (i, one) in old.iter().enumerate() {
        let window = next..new.len().min(next + WINDOW);
        let best =
            window.map(|j| (one.share(new[j]), j)).max_by_key(|(share, j)| (*share, std::cmp::Reverse(*j)));
        if let Some((share, j)) = best
            && share >= LEAST
        {
            pairs.push((from.0 + i, from.1 + j));
            next = j + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str) -> Vec<Likeness> {
        text.chars().map(|letter| Likeness::of(1, vec![letter as u64])).collect()
    }

    fn aligned(old: &[Likeness], new: &[Likeness]) -> Vec<(usize, usize)> {
        align(&old.iter().collect::<Vec<_>>(), &new.iter().collect::<Vec<_>>())
    }

    #[test]
    fn finds_what_is_common() {
        let pairs = aligned(&letters("abcdef"), &letters("axcdyf"));
        assert_eq!(pairs, [(0, 0), (2, 2), (3, 3), (5, 5)]);
        assert_eq!(aligned(&letters(""), &letters("ab")), []);
    }

    #[test]
    fn the_more_alike_wins() {
        let old = [Likeness::of(1, vec![1, 2, 3, 4])];
        let new = [
            Likeness::of(1, vec![1, 2, 3, 5]),
            Likeness::of(1, vec![1, 2, 3, 4]),
            Likeness::of(2, vec![1, 2, 3, 4]),
        ];
        assert_eq!(aligned(&old, &new), [(0, 1)]);
    }

    #[test]
    fn long_lists_are_cut() {
        let numbers =
            |range: std::ops::Range<u64>| range.map(|n| Likeness::of(1, vec![n])).collect::<Vec<_>>();
        let (old, mut new) = (numbers(0..4_000), numbers(1..4_001));
        new.remove(2_000);
        let pairs = aligned(&old, &new);
        assert_eq!(pairs.len(), 3_998);
        assert!(pairs.iter().all(|(old_at, new_at)| old[*old_at].whole == new[*new_at].whole));
        // Nothing is there once: the same card again and again.
        let same = vec![1_u64; 3_000].into_iter().map(|n| Likeness::of(1, vec![n])).collect::<Vec<_>>();
        let mixed: Vec<Likeness> = (0..2_000_u64).map(|n| Likeness::of(1, vec![n % 2])).collect();
        assert!(aligned(&same, &mixed).len() >= 900);
    }
}
