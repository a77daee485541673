//! Employees as Personio sends them, made into records as Okta's Personio cards show them.
//!
//! Personio wraps each attribute into label, value, type and universal id. A record has the value under the name of
//! Okta's card: `first_name` is `First Name`. Labels are not used, for they are in the language of the account.

use std::fmt;
use std::sync::Arc;

use flowrun_core::value::{Record, Text, Value, format_number};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Under which name a record keeps what the account has defined itself.
pub const CUSTOM: &str = "Custom Attributes";

/// Names that don't follow from the attribute's key.
const TITLES: [(&str, &str); 3] =
    [("id", "ID"), ("weekly_working_hours", "Weekly Hours"), ("last_modified_at", "Last Modified")];

/// A page of employees.
#[derive(Debug)]
pub struct Employees {
    /// One record for each.
    pub records: Vec<Value>,
    /// How many employees there are on all pages together.
    pub total: Option<u64>,
}

/// Reads a page of employees.
pub fn read_page(json: &[u8]) -> serde_json::Result<Employees> {
    read(json, |names, map| {
        let mut page = Employees { records: Vec::new(), total: None };
        let mut data = false;
        while let Some(part) = map.next_key()? {
            match part {
                Part::Data => {
                    data = true;
                    page.records = map.next_value_seed(Records(names))?;
                }
                Part::Metadata => page.total = map.next_value::<Option<Metadata>>()?.and_then(|meta| meta.total_elements),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if data { Ok(page) } else { Err(serde_json::Error::missing_field("data")) }
    })
}

/// Reads one employee.
pub fn read_one(json: &[u8]) -> serde_json::Result<Record> {
    read(json, |names, map| {
        let mut employee = None;
        while let Some(part) = map.next_key()? {
            if matches!(part, Part::Data) {
                employee = Some(map.next_value_seed(One(names))?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        employee.ok_or_else(|| serde_json::Error::missing_field("data"))
    })
}

/// The keys of the attributes that a credential may read.
pub fn read_attributes(json: &[u8]) -> serde_json::Result<Vec<String>> {
    #[derive(serde::Deserialize)]
    struct Answer {
        data: Vec<Attribute>,
    }
    #[derive(serde::Deserialize)]
    struct Attribute {
        key: String,
    }
    let answer: Answer = serde_json::from_slice(json)?;
    Ok(answer.data.into_iter().map(|attribute| attribute.key).collect())
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Part {
    Data,
    Metadata,
    Attributes,
    Value,
    #[serde(other)]
    Other,
}

#[derive(serde::Deserialize)]
struct Metadata {
    total_elements: Option<u64>,
}

/// The names of a page's attributes, each allocated once.
///
/// Every employee has the same attributes in the same order, so the next name is nearly always the one after the last.
#[derive(Default)]
struct Names {
    known: Vec<Name>,
    next: usize,
    inner: Vec<(Box<str>, Text)>,
}

struct Name {
    key: Box<str>,
    title: Text,
    custom: bool,
}

impl Names {
    /// The place of the name that an attribute's key stands for.
    fn place(&mut self, key: &str) -> usize {
        let next = self.known.get(self.next).is_some_and(|name| *name.key == *key);
        let place = if next { Some(self.next) } else { self.known.iter().position(|name| *name.key == *key) };
        let place = place.unwrap_or_else(|| {
            let custom = key.starts_with("dynamic_");
            let title = if custom { Text::from(key) } else { title(key) };
            self.known.push(Name { key: key.into(), title, custom });
            self.known.len() - 1
        });
        self.next = place + 1;
        place
    }

    /// The name of a field inside an attribute.
    fn inner(&mut self, key: &str) -> Text {
        if let Some((_, title)) = self.inner.iter().find(|(known, _)| **known == *key) {
            return title.clone();
        }
        let title = title(key);
        self.inner.push((key.into(), title.clone()));
        title
    }
}

/// `first_name` as `First Name`.
fn title(key: &str) -> Text {
    if let Some((_, title)) = TITLES.iter().find(|(known, _)| *known == key) {
        return (*title).into();
    }
    let words = key.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        first + letters.as_str()
    });
    words.collect::<Vec<_>>().join(" ").into()
}

/// Reads an object with `fill`, which gets the names and the object's members.
fn read<T>(
    json: &[u8],
    fill: impl FnOnce(&mut Names, &mut Members<'_, '_>) -> serde_json::Result<T>,
) -> serde_json::Result<T> {
    struct Whole<F>(F);
    impl<'de, T, F> Visitor<'de> for Whole<F>
    where
        F: FnOnce(&mut dyn FnMut()) -> T,
    {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
    }
    let _ = (json, fill);
    todo!()
}
