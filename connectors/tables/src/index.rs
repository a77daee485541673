//! An index of a column: which rows may hold a value. It only ever proposes; the condition itself decides.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use flowrun_core::value::Value;

/// For each hash of a value, the slots where it was written, chained from the last one back.
#[derive(Debug)]
pub(crate) struct Index {
    pub column: usize,
    hasher: RandomState,
    /// The last entry with a hash.
    last: HashMap<u64, u32>,
    /// A slot, and the entry before it with the same hash.
    entries: Vec<(u32, u32)>,
}

const NONE: u32 = u32::MAX;

impl Index {
    /// An index that knows no row yet.
    pub fn new(column: usize, rows: usize) -> Index {
        Index {
            column,
            hasher: RandomState::new(),
            last: HashMap::with_capacity(rows),
            entries: Vec::with_capacity(rows),
        }
    }

    /// Notes that `value` was written into the row at `slot`. What the row held before is not forgotten.
    pub fn add(&mut self, value: &Value, slot: u32) {
        let Some(hash) = self.hash(value) else { return };
        let entry = self.entries.len() as u32;
        let before = self.last.insert(hash, entry).unwrap_or(NONE);
        self.entries.push((slot, before));
    }

    /// The slots that may hold `value`, in their order.
    pub fn propose(&self, value: &Value) -> Vec<u32> {
        let mut slots = Vec::new();
        let mut at = self.hash(value).and_then(|hash| self.last.get(&hash).copied()).unwrap_or(NONE);
        while let Some(&(slot, before)) = self.entries.get(at as usize) {
            slots.push(slot);
            at = before;
        }
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// Whether so much was overwritten that it is better rebuilt.
    pub fn is_stale(&self, slots: usize) -> bool {
        self.entries.len() > 2 * slots + 1024
    }

    /// Values that are equal have the same hash: so have a blank text and nothing, and 0 and -0.
    fn hash(&self, value: &Value) -> Option<u64> {
        Some(match value {
            Value::Null => self.hasher.hash_one(""),
            Value::Text(text) => self.hasher.hash_one(&**text),
            Value::Number(number) => self.hasher.hash_one((number + 0.0).to_bits()),
            Value::Integer(integer) => self.hasher.hash_one(integer.nearest().to_bits()),
            Value::Date(date) => self.hasher.hash_one(date.millis()),
            Value::Bool(value) => self.hasher.hash_one(value),
            _ => return None,
        })
    }
}
