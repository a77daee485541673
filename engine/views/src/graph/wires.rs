//! Wires as the lines they are drawn by.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A place in the picture: from the left, from above.
pub type Place = (i32, i32);

/// All wires that come from one source.
#[derive(Debug)]
pub struct Net {
    pub source: usize,
    /// Where they leave the card.
    pub start: Place,
    /// Where they end.
    pub ends: Vec<Place>,
    /// One line for each end: the places that it goes through, in which it turns.
    pub paths: Vec<Vec<Place>>,
}

/// The lines from `start` to each of `ends` along upright pieces (how far to the right each lies, and where it can be left)
/// and level ones (likewise, by how far down they lie).
pub fn trace(
    start: Place,
    ends: &[Place],
    upright: &[(i32, BTreeSet<i32>)],
    level: &[(i32, BTreeSet<i32>)],
) -> Vec<Vec<Place>> {
    let mut near: BTreeMap<Place, Vec<Place>> = BTreeMap::new();
    let mut link = |a: Place, b: Place| {
        near.entry(a).or_default().push(b);
        near.entry(b).or_default().push(a);
    };
    for (x, ys) in upright {
        ys.iter().zip(ys.iter().skip(1)).for_each(|(from, to)| link((*x, *from), (*x, *to)));
    }
    for (y, xs) in level {
        xs.iter().zip(xs.iter().skip(1)).for_each(|(from, to)| link((*from, *y), (*to, *y)));
    }
    let mut before: BTreeMap<Place, Place> = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(at) = next.pop_front() {
        for to in near.get(&at).into_iter().flatten() {
            if *to != start && !before.contains_key(to) {
                before.insert(*to, at);
                next.push_back(*to);
            }
        }
    }
    let path = |end: &Place| {
        let back = std::iter::successors(Some(*end), |at| before.get(at).copied());
        let mut path: Vec<Place> = back.collect();
        path.reverse();
        straighten(&path)
    };
    ends.iter().filter(|end| before.contains_key(end)).map(path).collect()
}

/// The path without the places in which it doesn't turn.
fn straighten(path: &[Place]) -> Vec<Place> {
    let mut kept: Vec<Place> = Vec::new();
    for at in path {
        if let [.., a, b] = kept[..]
            && (a.0 == b.0 && b.0 == at.0 || a.1 == b.1 && b.1 == at.1)
        {
            kept.pop();
        }
        kept.push(*at);
    }
    kept
}
