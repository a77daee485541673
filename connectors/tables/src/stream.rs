//! Streaming a table: pages that neither skip nor repeat a row, whatever happens to the table meanwhile.

use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Value, convert};

use crate::query::Query;
use crate::table::Table;

/// How many records a page has.
const PAGE: usize = 1_000;

/// Where a stream stands: behind a row, not behind a number of rows, so that deleted ones shift nothing.
struct At {
    /// The number of the last row given.
    after: u64,
    /// What it held where the rows are sorted by.
    key: Value,
    /// The number of the first row that was created after the stream began: such rows are no part of it.
    until: u64,
    /// How many more rows are wanted, if there is a limit.
    left: Option<usize>,
}

impl Table {
    /// One page of the rows that a query finds: all, or `limit` of them after the first `offset`.
    pub fn page(
        &mut self,
        query: &Query,
        offset: usize,
        limit: Option<usize>,
        cursor: &Cursor,
    ) -> Result<Page> {
        let (mut at, skip) = match cursor {
            Cursor::First => (At { after: 0, key: Value::Null, until: self.next, left: limit }, offset),
            Cursor::After(value) => (self.at(query, value)?, 0),
        };
        let most = at.left.map_or(PAGE, |left| left.min(PAGE));
        let (slots, more) = match query.sort {
            None => self.next_created(query, &at, skip, most)?,
            Some(_) => self.next_sorted(query, &at, matches!(cursor, Cursor::First), skip, most)?,
        };
        if let Some(left) = &mut at.left {
            *left -= slots.len();
        }
        let next = match slots.last() {
            Some(&last) if more && at.left != Some(0) => {
                at.after = self.slots[last].number;
                at.key = query.sort.map(|sort| self.cell(last, sort.by)).unwrap_or_default();
                Some(at.value())
            }
            _ => None,
        };
        let records = slots.into_iter().map(|slot| Value::from(self.record(slot))).collect();
        Ok(Page { records, total: None, next })
    }

    /// The next rows in the order of their creation, and whether there may be more.
    fn next_created(
        &self,
        query: &Query,
        at: &At,
        mut skip: usize,
        most: usize,
    ) -> Result<(Vec<usize>, bool)> {
        let mut first = self.slots.partition_point(|slot| slot.number <= at.after);
        if query.filter.is_every() && skip > 0 {
            first = self.live.nth(skip).unwrap_or(self.slots.len());
            skip = 0;
        }
        let mut slots = Vec::new();
        for slot in first..self.slots.len() {
            if self.slots[slot].number >= at.until {
                break;
            }
            if !self.is_live(slot) || !query.filter.holds(&|place| self.cell(slot, place))? {
                continue;
            }
            if skip > 0 {
                skip -= 1;
            } else if slots.len() < most {
                slots.push(slot);
            } else {
                return Ok((slots, true));
            }
        }
        Ok((slots, false))
    }

    /// The next rows in sorted order, and whether there may be more.
    fn next_sorted(
        &mut self,
        query: &Query,
        at: &At,
        first: bool,
        skip: usize,
        most: usize,
    ) -> Result<(Vec<usize>, bool)> {
        let Some(sort) = query.sort else { return Ok((Vec::new(), false)) };
        let view = self.view(query)?;
        let given = |slot: &u32| {
            let slot = *slot as usize;
            let order = sort.order(&self.cell(slot, sort.by), &at.key);
            order.then(self.slots[slot].number.cmp(&at.after)).is_le()
        };
        let start = if first { 0 } else { view.partition_point(given) };
        let old = view[start..]
            .iter()
            .map(|slot| *slot as usize)
            .filter(|slot| self.slots[*slot].number < at.until);
        let mut slots: Vec<usize> = old.skip(skip).take(most + 1).collect();
        let more = slots.len() > most;
        slots.truncate(most);
        Ok((slots, more))
    }

    fn at(&self, query: &Query, value: &Value) -> Result<At> {
        let number = |key: &str| value.as_object().and_then(|at| at.get(key)).and_then(Value::as_number);
        let (Some(after), Some(until)) = (number("after"), number("until")) else {
            let message = format!("expected the place of a page in table \"{}\", found {value}", self.name);
            return Err(Fault::new(FaultKind::InvalidInput, message));
        };
        let key = value.as_object().and_then(|at| at.get("key")).cloned().unwrap_or_default();
        // A journal keeps dates as texts.
        let key = match query.sort {
            Some(sort) if !key.is_null() => convert(key, sort.by.ty(&self.columns))?,
            _ => key,
        };
        Ok(At {
            after: after as u64,
            key,
            until: until as u64,
            left: number("left").map(|left| left as usize),
        })
    }
}

impl At {
    fn value(&self) -> Value {
        Value::object([
            ("after", Value::Number(self.after as f64)),
            ("until", Value::Number(self.until as f64)),
            ("left", self.left.into()),
            ("key", self.key.clone()),
        ])
    }
}
