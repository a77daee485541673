//! An object's members.

use std::fmt;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::{Text, Value};

/// An object's members, in the order in which they were written.
///
/// Most objects are small: up to sixteen members lie in one list, which is faster to build, to search and to drop than a
/// table. Beyond that a table finds them.
#[derive(Clone)]
pub struct Record(Members);

#[derive(Clone)]
enum Members {
    Few(Vec<(Text, Value)>),
    Many(IndexMap<Text, Value, RandomState>),
}

/// How many members are searched one by one.
const FEW: usize = 16;

impl Record {
    /// No members, with room for `capacity`.
    pub fn with_capacity(capacity: usize) -> Record {
        Record(if capacity <= FEW {
            Members::Few(Vec::with_capacity(capacity))
        } else {
            Members::Many(IndexMap::with_capacity_and_hasher(capacity, RandomState::default()))
        })
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Members::Few(members) => members.len(),
            Members::Many(members) => members.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The member called `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match &self.0 {
            Members::Few(members) => members.iter().find(|(name, _)| **name == *key).map(|(_, value)| value),
            Members::Many(members) => members.get(key),
        }
    }

    /// The member called `key`, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        match &mut self.0 {
            Members::Few(members) => {
                members.iter_mut().find(|(name, _)| **name == *key).map(|(_, value)| value)
            }
            Members::Many(members) => members.get_mut(key),
        }
    }

    /// The member at a place.
    pub fn get_index(&self, index: usize) -> Option<(&Text, &Value)> {
        match &self.0 {
            Members::Few(members) => members.get(index).map(|(key, value)| (key, value)),
            Members::Many(members) => members.get_index(index),
        }
    }

    /// The member at a place, to change it.
    pub fn get_index_mut(&mut self, index: usize) -> Option<(&Text, &mut Value)> {
        match &mut self.0 {
            Members::Few(members) => members.get_mut(index).map(|(key, value)| (&*key, value)),
            Members::Many(members) => members.get_index_mut(index),
        }
    }

    /// Whether there is a member called `key`.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Adds a member at the end, or changes the one that has this name; gives its old value.
    pub fn insert(&mut self, key: Text, value: Value) -> Option<Value> {
        if let Some(old) = self.get_mut(&key) {
            return Some(std::mem::replace(old, value));
        }
        match &mut self.0 {
            Members::Few(members) if members.len() < FEW => members.push((key, value)),
            Members::Few(members) => {
                let mut many: IndexMap<_, _, RandomState> = std::mem::take(members).into_iter().collect();
                many.insert(key, value);
                self.0 = Members::Many(many);
            }
            Members::Many(members) => {
                members.insert(key, value);
            }
        }
        None
    }

    /// Takes out the member called `key`; the others stay in their order.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        match &mut self.0 {
            Members::Few(members) => {
                let place = members.iter().position(|(name, _)| **name == *key)?;
                Some(members.remove(place).1)
            }
            Members::Many(members) => members.shift_remove(key),
        }
    }

    /// The member called `key`, made null at the end if there is none.
    pub fn member(&mut self, key: &Text) -> &mut Value {
        let place = match &self.0 {
            Members::Few(members) => members.iter().position(|(name, _)| name == key),
            Members::Many(members) => members.get_index_of(key),
        };
        let place = place.unwrap_or_else(|| {
            self.insert(key.clone(), Value::Null);
            self.len() - 1
        });
        match &mut self.0 {
            Members::Few(members) => &mut members[place].1,
            Members::Many(members) => &mut members[place],
        }
    }

    /// The members, in their order.
    pub fn iter(&self) -> Iter<'_> {
        match &self.0 {
            Members::Few(members) => Iter::Few(members.iter()),
            Members::Many(members) => Iter::Many(members.iter()),
        }
    }

    /// The names, in their order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Text> + Clone {
        self.iter().map(|(key, _)| key)
    }

    /// The values, in their order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> + Clone {
        self.iter().map(|(_, value)| value)
    }

    /// The values alone, in their order.
    pub fn into_values(self) -> impl Iterator<Item = Value> {
        self.into_iter().map(|(_, value)| value)
    }
}

/// The members of a record, in their order.
#[derive(Clone)]
pub enum Iter<'r> {
    #[doc(hidden)]
    Few(std::slice::Iter<'r, (Text, Value)>),
    #[doc(hidden)]
    Many(indexmap::map::Iter<'r, Text, Value>),
}

impl<'r> Iterator for Iter<'r> {
    type Item = (&'r Text, &'r Value);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Iter::Few(members) => members.next().map(|(key, value)| (key, value)),
            Iter::Many(members) => members.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Iter::Few(members) => members.size_hint(),
            Iter::Many(members) => members.size_hint(),
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// The members of a record, taken, in their order.
pub enum IntoIter {
    #[doc(hidden)]
    Few(std::vec::IntoIter<(Text, Value)>),
    #[doc(hidden)]
    Many(indexmap::map::IntoIter<Text, Value>),
}

impl Iterator for IntoIter {
    type Item = (Text, Value);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            IntoIter::Few(members) => members.next(),
            IntoIter::Many(members) => members.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            IntoIter::Few(members) => members.size_hint(),
            IntoIter::Many(members) => members.size_hint(),
        }
    }
}

impl IntoIterator for Record {
    type Item = (Text, Value);
    type IntoIter = IntoIter;
    fn into_iter(self) -> IntoIter {
        match self.0 {
            Members::Few(members) => IntoIter::Few(members.into_iter()),
            Members::Many(members) => IntoIter::Many(members.into_iter()),
        }
    }
}

impl<'r> IntoIterator for &'r Record {
    type Item = (&'r Text, &'r Value);
    type IntoIter = Iter<'r>;
    fn into_iter(self) -> Iter<'r> {
        self.iter()
    }
}

impl FromIterator<(Text, Value)> for Record {
    fn from_iter<I: IntoIterator<Item = (Text, Value)>>(members: I) -> Record {
        let members = members.into_iter();
        let mut record = Record::with_capacity(members.size_hint().0);
        record.extend(members);
        record
    }
}

impl Extend<(Text, Value)> for Record {
    fn extend<I: IntoIterator<Item = (Text, Value)>>(&mut self, members: I) {
        for (key, value) in members {
            self.insert(key, value);
        }
    }
}

impl Default for Record {
    fn default() -> Record {
        Record(Members::Few(Vec::new()))
    }
}

/// The member called so; panics if there is none.
impl std::ops::Index<&str> for Record {
    type Output = Value;
    fn index(&self, key: &str) -> &Value {
        match self.get(key) {
            Some(value) => value,
            None => panic!("there is no member `{key}`"),
        }
    }
}

/// The same members, whatever their order.
impl PartialEq for Record {
    fn eq(&self, other: &Record) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_members_behave_alike() {
        let mut record = Record::default();
        for round in 0..2 {
            for index in 0..40_i32 {
                let old = record.insert(Text::from(format!("k{index}")), Value::from(index + round));
                assert_eq!(old, (round > 0).then(|| Value::from(index)), "{index}");
            }
        }
        assert_eq!(record.len(), 40);
        assert_eq!(record.get("k39"), Some(&Value::from(40)));
        assert_eq!(record.keys().map(|key| key.to_string()).take(3).collect::<Vec<_>>(), ["k0", "k1", "k2"]);
        let backwards: Record = record.clone().into_iter().collect::<Vec<_>>().into_iter().rev().collect();
        assert_eq!(backwards, record);
        *record.member(&"k7".into()) = Value::Null;
        *record.member(&"new".into()) = Value::from(true);
        assert_eq!(record.get("k7"), Some(&Value::Null));
        assert_eq!(record.get_index(40), Some((&"new".into(), &Value::from(true))));
    }
}
