//! An index of a column: which rows hold a value.

use std::collections::{BTreeSet, HashMap};

use flowrun_core::value::{Text, Value};

/// For each value of a column, the slots of the rows that hold it.
#[derive(Debug)]
pub(crate) struct Index {
    pub column: usize,
    found: HashMap<Key, Slots>,
}

/// What equal values have in common: so have a blank text and nothing, and 0 and -0.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Blank,
    Text(Text),
    /// The bits of the nearest double.
    Number(u64),
    /// Milliseconds since 1970.
    Date(i64),
    Bool(bool),
}

/// Most values of most columns are held by one row.
#[derive(Debug)]
enum Slots {
    One(u32),
    Many(BTreeSet<u32>),
}

/// From here on integers share the nearest double with others.
const SHARED: f64 = 9_007_199_254_740_992.0;

impl Index {
    /// An index that knows no row yet.
    pub fn new(column: usize, rows: usize) -> Index {
        Index { column, found: HashMap::with_capacity(rows) }
    }

    /// Notes that the row at `slot` holds `value` now.
    pub fn add(&mut self, value: &Value, slot: u32) {
        let Some(key) = key(value) else { return };
        match self.found.get_mut(&key) {
            None => {
                self.found.insert(key, Slots::One(slot));
            }
            Some(Slots::Many(slots)) => {
                slots.insert(slot);
            }
            Some(one) => {
                if let Slots::One(other) = *one {
                    *one = Slots::Many(BTreeSet::from([other, slot]));
                }
            }
        }
    }

    /// Notes that the row at `slot` does not hold `value` any more.
    pub fn remove(&mut self, value: &Value, slot: u32) {
        let Some(key) = key(value) else { return };
        let is_empty = match self.found.get_mut(&key) {
            Some(Slots::Many(slots)) => {
                slots.remove(&slot);
                slots.is_empty()
            }
            Some(Slots::One(_)) => true,
            None => false,
        };
        if is_empty {
            self.found.remove(&key);
        }
    }

    /// Whether the rows that are found hold the very value; else another that is next to it is found too.
    pub fn is_sure_of(value: &Value) -> bool {
        match value {
            Value::Number(number) => number.abs() < SHARED,
            Value::Integer(_) => false,
            _ => true,
        }
    }

    /// How many rows hold `value`.
    pub fn count(&self, value: &Value) -> usize {
        match key(value).and_then(|key| self.found.get(&key)) {
            None => 0,
            Some(Slots::One(_)) => 1,
            Some(Slots::Many(slots)) => slots.len(),
        }
    }

    /// The slots of the rows that hold `value`, in their order.
    pub fn find(&self, value: &Value) -> impl Iterator<Item = u32> {
        let (one, many) = match key(value).and_then(|key| self.found.get(&key)) {
            None => (None, None),
            Some(Slots::One(slot)) => (Some(*slot), None),
            Some(Slots::Many(slots)) => (None, Some(slots.iter().copied())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

fn key(value: &Value) -> Option<Key> {
    Some(match value {
        Value::Null => Key::Blank,
        Value::Text(text) if text.is_empty() => Key::Blank,
        Value::Text(text) => Key::Text(text.clone()),
        Value::Number(number) => Key::Number((number + 0.0).to_bits()),
        Value::Integer(integer) => Key::Number(integer.nearest().to_bits()),
        Value::Date(date) => Key::Date(date.millis()),
        Value::Bool(value) => Key::Bool(*value),
        _ => return None,
    })
}
