//! Which flows of a project are which of another: by path, by name, by likeness; those that stand inside a card by their card.

use std::collections::BTreeMap;

use flowrun_core::card::Catalog;
use flowrun_core::model::{Flow, Project};
use flowrun_core::names::Names;

use super::calls;
use super::likeness::Likeness;
use super::outline::Outline;
use super::pairing::Pairing;
use super::roots::numberless;

/// A flow that neither its path nor its name tells has at least this much in common with itself, of a thousand.
const ALIKE: u32 = 600;

/// More pairs than this are not looked at for likeness.
const MOST_PAIRS: usize = 1 << 16;

/// Two projects whose flows and cards are paired.
#[derive(Debug)]
pub struct Paired<'m> {
    /// The old flows.
    pub old: Vec<Outline<'m>>,
    /// The new flows.
    pub new: Vec<Outline<'m>>,
    /// For each old flow the new one.
    pub new_of: Vec<Option<usize>>,
    /// For each new flow the old one.
    pub old_of: Vec<Option<usize>>,
    /// The cards of each new flow that is an old one too.
    pub cards: BTreeMap<usize, Pairing>,
    /// How cards name the old flows.
    pub old_names: Names<'m>,
    /// How cards name the new flows.
    pub new_names: Names<'m>,
}

impl<'m> Paired<'m> {
    /// Pairs the flows and cards of two projects.
    pub fn new(old: &'m Project, new: &'m Project, catalog: &Catalog) -> Paired<'m> {
        let (old_names, new_names) = (Names::new(old), Names::new(new));
        let mut inner_old = calls::inner(old, &old_names, catalog);
        let mut inner_new = calls::inner(new, &new_names, catalog);
        let mut paired = Paired {
            old: old.flows.iter().map(Outline::new).collect(),
            new: new.flows.iter().map(Outline::new).collect(),
            new_of: vec![None; old.flows.len()],
            old_of: vec![None; new.flows.len()],
            cards: BTreeMap::new(),
            old_names,
            new_names,
        };
        paired.pass(&inner_old, &inner_new, catalog);
        // Those that no card tells are flows like any other.
        inner_old.fill(false);
        inner_new.fill(false);
        paired.pass(&inner_old, &inner_new, catalog);
        paired
    }

    /// Pairs what is left, but for the flows that are to be left out.
    fn pass(&mut self, out_old: &[bool], out_new: &[bool], catalog: &Catalog) {
        self.by_key(out_old, out_new, catalog, |flow| flow.path.to_string());
        self.by_key(out_old, out_new, catalog, |flow| {
            let folder = flow.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{folder}/{}", flow.name.it)
        });
        self.by_key(out_old, out_new, catalog, |flow| flow.name.it.to_string());
        self.by_key(out_old, out_new, catalog, |flow| numberless(&flow.path).to_owned());
        self.by_likeness(out_old, out_new, catalog);
    }

    /// Pairs flows that share a key which no other has.
    fn by_key(
        &mut self,
        out_old: &[bool],
        out_new: &[bool],
        catalog: &Catalog,
        key: impl Fn(&Flow) -> String,
    ) {
        let once = |flows: &[Outline<'_>], taken: &[Option<usize>], out: &[bool]| {
            let mut keys: BTreeMap<String, Option<usize>> = BTreeMap::new();
            let free = (0..flows.len()).filter(|at| taken[*at].is_none() && !out[*at]);
            for at in free {
                keys.entry(key(flows[at].flow)).and_modify(|place| *place = None).or_insert(Some(at));
            }
            keys
        };
        let keys = once(&self.new, &self.old_of, out_new);
        let old = once(&self.old, &self.new_of, out_old);
        for (key, from) in old {
            if let (Some(from), Some(Some(to))) = (from, keys.get(&key)) {
                self.pair(from, *to, catalog);
            }
        }
    }

    /// Pairs the flows that have most in common.
    fn by_likeness(&mut self, out_old: &[bool], out_new: &[bool], catalog: &Catalog) {
        let left = (0..self.old.len()).filter(|at| self.new_of[*at].is_none() && !out_old[*at]);
        let free = (0..self.new.len()).filter(|at| self.old_of[*at].is_none() && !out_new[*at]);
        let left: Vec<(usize, Likeness)> = left.map(|at| (at, self.old[at].likeness())).collect();
        let free: Vec<(usize, Likeness)> = free.map(|at| (at, self.new[at].likeness())).collect();
        if left.len() * free.len() > MOST_PAIRS {
            return;
        }
        let mut found: Vec<(u32, usize, usize)> = Vec::new();
        for (from, one) in &left {
            let shares = free.iter().map(|(to, other)| (one.share(other), *from, *to));
            found.extend(shares.filter(|(share, ..)| *share >= ALIKE));
        }
        found.sort_by_key(|(share, from, to)| (std::cmp::Reverse(*share), *from, *to));
        for (_, from, to) in found {
            self.pair(from, to, catalog);
        }
    }

    /// Takes two flows for the same, and those that stand inside their cards.
    fn pair(&mut self, from: usize, to: usize, catalog: &Catalog) {
        let mut next = vec![(from, to)];
        while let Some((from, to)) = next.pop() {
            if self.new_of[from].is_some() || self.old_of[to].is_some() {
                continue;
            }
            (self.new_of[from], self.old_of[to]) = (Some(to), Some(from));
            // A card that is there once on each side is the same, wherever it stands.
            let common = self.old[from].unique().intersection(&self.new[to].unique()).copied().collect();
            self.old[from].settle(&common);
            self.new[to].settle(&common);
            let (old, new) = (&self.old[from], &self.new[to]);
            let pairing = Pairing::new(old, new);
            for (at, twin) in pairing.new_of.iter().enumerate() {
                let Some(twin) = twin else { continue };
                let called = self.old_names.called(old.cards[at].step, catalog, &old.flow.path);
                let calls = self.new_names.called(new.cards[*twin].step, catalog, &new.flow.path);
                let inside =
                    |outline: &Outline<'_>, around: &Flow| calls::within(&around.path, &outline.flow.path);
                let both = called.into_iter().zip(calls);
                next.extend(both.filter(|(from, to)| {
                    inside(&self.old[*from], old.flow) && inside(&self.new[*to], new.flow)
                }));
            }
            self.cards.insert(to, pairing);
        }
    }
}
