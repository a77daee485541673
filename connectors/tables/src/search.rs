//! Searching a table: which rows, in which order.

use std::sync::Arc;

use flowrun_core::fault::Result;
use flowrun_core::value::Value;

use crate::column::Place;
use crate::filter::Filter;
use crate::index::Index;
use crate::query::{Query, Sort};
use crate::table::Table;

/// From how many rows on an index is worth its making.
const INDEX_FROM: usize = 256;
/// How many searches are remembered.
const VIEWS: usize = 4;

/// What was found.
#[derive(Debug)]
pub(crate) struct Hits {
    /// The slots of the rows asked for.
    pub slots: Vec<usize>,
    /// How many rows there are in all, before `offset` and `limit`.
    pub count: usize,
}

impl Table {
    /// Finds rows: `limit` of them, after the first `offset`.
    pub fn search(&mut self, query: &Query, offset: usize, limit: usize) -> Result<Hits> {
        // Neither all that match nor all that come before are looked at: a flow may take the first of them again and again.
        if let (None, 0, Some((column, value))) = (query.sort, offset, query.filter.only_equality())
            && self.len() >= INDEX_FROM
            && Index::is_sure_of(value)
        {
            let index = self.index(column);
            let slots = index.find(value).take(limit).map(|slot| slot as usize).collect();
            return Ok(Hits { slots, count: index.count(value) });
        }
        match query.sort {
            None if query.filter.is_every() => {
                let first = self.live.nth(offset).unwrap_or(self.slots.len());
                let slots = (first..self.slots.len()).filter(|slot| self.is_live(*slot)).take(limit);
                Ok(Hits { slots: slots.collect(), count: self.len() })
            }
            // The largest or the smallest row needs no sorting.
            Some(sort) if offset == 0 && limit == 1 && !self.is_viewed(query) => {
                let matching = self.matching(&query.filter)?;
                let slots = self.first_by(sort, &matching).into_iter().collect();
                Ok(Hits { slots, count: matching.len() })
            }
            _ => {
                let view = self.view(query)?;
                let slots = view.iter().skip(offset).take(limit).map(|slot| *slot as usize).collect();
                Ok(Hits { slots, count: view.len() })
            }
        }
    }

    /// All rows that a query finds, in its order; remembered until the table changes, so that its pages cost
    /// one search.
    pub fn view(&mut self, query: &Query) -> Result<Arc<[u32]>> {
        if let Some((_, view)) = self.views.iter().find(|(of, _)| of == query) {
            return Ok(view.clone());
        }
        let mut slots = self.matching(&query.filter)?;
        if let Some(sort) = query.sort {
            let mut keyed: Vec<(Value, u32)> =
                slots.into_iter().map(|slot| (self.cell(slot as usize, sort.by), slot)).collect();
            keyed.sort_by(|(a, _), (b, _)| sort.order(a, b));
            slots = keyed.into_iter().map(|(_, slot)| slot).collect();
        }
        let view: Arc<[u32]> = slots.into();
        if self.views.len() == VIEWS {
            self.views.remove(0);
        }
        self.views.push((query.clone(), view.clone()));
        Ok(view)
    }

    fn is_viewed(&self, query: &Query) -> bool {
        self.views.iter().any(|(of, _)| of == query)
    }

    /// The slots of the rows for which the filter holds, in the order of their creation.
    fn matching(&mut self, filter: &Filter) -> Result<Vec<u32>> {
        let proposed = match filter.equality() {
            Some((column, value)) if self.len() >= INDEX_FROM => {
                Some(self.index(column).find(value).collect::<Vec<_>>())
            }
            _ => None,
        };
        let every = filter.is_every();
        let mut slots = Vec::new();
        let mut check = |slot: u32| -> Result<()> {
            let at = slot as usize;
            if self.is_live(at) && (every || filter.holds(&|place| self.cell(at, place))?) {
                slots.push(slot);
            }
            Ok(())
        };
        match proposed {
            Some(proposed) => proposed.into_iter().try_for_each(&mut check)?,
            None => (0..self.slots.len() as u32).try_for_each(&mut check)?,
        }
        Ok(slots)
    }

    fn index(&mut self, column: usize) -> &Index {
        let at = match self.indexes.iter().position(|index| index.column == column) {
            Some(at) => at,
            None => {
                let mut index = Index::new(column, self.len());
                for slot in (0..self.slots.len()).filter(|slot| self.is_live(*slot)) {
                    index.add(&self.cell(slot, Place::Cell(column)), slot as u32);
                }
                self.indexes.push(index);
                self.indexes.len() - 1
            }
        };
        &self.indexes[at]
    }

    fn first_by(&self, sort: Sort, slots: &[u32]) -> Option<usize> {
        let keyed = slots.iter().map(|slot| (self.cell(*slot as usize, sort.by), *slot as usize));
        // Of equal ones the first stays.
        keyed
            .reduce(|best, next| if sort.order(&next.0, &best.0).is_lt() { next } else { best })
            .map(|(_, slot)| slot)
    }
}
