//! Okta's objects under the names of Okta's cards.

use std::sync::Arc;

use flowrun_core::types::Type;
use flowrun_core::value::{Date, IntoValue, Record, Text, Value, parse_date};

/// Names on Okta's cards, each with what Okta's API calls the same.
pub(crate) type Names = &'static [(&'static str, &'static str)];

/// What Okta's API calls the times that it tells, in every object; it writes them in UTC.
const DATES: [&str; 9] = [
    "created",
    "activated",
    "statusChanged",
    "lastLogin",
    "lastUpdated",
    "passwordChanged",
    "lastMembershipUpdated",
    "lastSync",
    "published",
];

/// The names of some lists, one after the other, and `more` behind them: the keys of the records that are made by them.
pub(crate) const fn keys<const COUNT: usize>(
    lists: &[Names],
    more: &[&'static str],
) -> [&'static str; COUNT] {
    let mut keys = [""; COUNT];
    let (mut count, mut list) = (0, 0);
    while list < lists.len() {
        let mut at = 0;
        while at < lists[list].len() {
            keys[count] = lists[list][at].0;
            (count, at) = (count + 1, at + 1);
        }
        list += 1;
    }
    let mut at = 0;
    while at < more.len() {
        keys[count] = more[at];
        (count, at) = (count + 1, at + 1);
    }
    assert!(count == COUNT, "there are fewer keys");
    keys
}

/// The members of an object under their names on Okta's card; one that is missing is null.
pub(crate) fn renamed(object: &Record, names: Names) -> Record {
    names.iter().map(|(name, key)| (Text::from(*name), member(object, key))).collect()
}

/// A member of an object as Okta's card shows it, null if it is missing: dates are dates, lest they be compared by their letters.
pub(crate) fn member(object: &Record, key: &str) -> Value {
    let value = object.get(key).cloned().unwrap_or_default();
    if !DATES.contains(&key) {
        return value;
    }
    // What is no date is shown as it came.
    value.as_text().and_then(|text| parse_date(text)).map_or(value, Value::Date)
}

/// A time that Okta tells: a date; a text that can't be read as one stays as it came.
#[derive(Clone, Debug, Default)]
pub struct Time(Value);

impl Time {
    /// The one that an object has under this name.
    pub(crate) fn of(object: &Record, key: &str) -> Time {
        Time::read(member(object, key))
    }

    fn read(value: Value) -> Time {
        Time(if matches!(value, Value::Date(_) | Value::Text(_)) { value } else { Value::Null })
    }

    /// The date.
    pub fn date(&self) -> Option<Date> {
        match self.0 {
            Value::Date(date) => Some(date),
            _ => None,
        }
    }
}

impl IntoValue for Time {
    const TYPE: Type = Type::DATE;
    fn into_value(self) -> Value {
        self.0
    }
}

/// The first record that a search found, if any, from which single outputs are taken.
pub(crate) struct First<'r>(pub Option<&'r Arc<Record>>);

impl First<'_> {
    /// The text under this name.
    pub(crate) fn text(&self, name: &str) -> Option<Text> {
        self.0?.get(name)?.as_text().cloned()
    }

    /// The time under this name.
    pub(crate) fn time(&self, name: &str) -> Time {
        Time::read(self.value(name))
    }

    /// The value under this name.
    pub(crate) fn value(&self, name: &str) -> Value {
        self.0.and_then(|record| record.get(name)).cloned().unwrap_or_default()
    }
}
