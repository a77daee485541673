//! Who stands in what was exchanged: names, IDs and telephone numbers, by the members that hold them.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::secrets::bare;

/// Members that hold the name of a person; without case and signs.
const NAMES: &[&str] = &[
    "birthname",
    "displayname",
    "familyname",
    "firstname",
    "formattedname",
    "fullname",
    "givenname",
    "lastname",
    "legalname",
    "managerdisplayname",
    "middlename",
    "nickname",
    "preferredname",
    "surname",
];

/// Members that hold the ID of a person.
const IDS: &[&str] = &[
    "employeeid",
    "employeenumber",
    "externalid",
    "managerid",
    "personid",
    "personnelnumber",
    "staffid",
    "supervisorid",
    "userid",
    "username",
];

/// Members that hold a telephone number.
const PHONES: &[&str] =
    &["homephone", "mobile", "mobilephone", "phone", "phonenumber", "primaryphone", "telephone", "workphone"];

/// Members by which one knows that an object is a person.
const OF_A_PERSON: &[&str] = &["email", "familyname", "firstname", "givenname", "lastname", "surname"];

/// What a member holds of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Name,
    Id,
    Phone,
    Other,
}

/// Whom a recording names.
#[derive(Debug, Default)]
pub(super) struct People {
    /// The words of their names, in small letters.
    pub words: BTreeSet<String>,
    /// Their IDs.
    pub ids: BTreeSet<String>,
    /// Their telephone numbers, by their digits.
    pub phones: BTreeSet<String>,
}

impl People {
    /// Collects those who stand in a value.
    pub(super) fn collect(&mut self, value: &Json) {
        match value {
            Json::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Json::Object(members) => {
                for (name, value) in members {
                    self.member(holds(name, members), value);
                    self.collect(value);
                }
            }
            _ => {}
        }
    }

    /// Collects what a member says of somebody.
    pub(super) fn member(&mut self, holds: Holds, value: &Json) {
        let text = match value {
            Json::String(text) => text.trim().to_owned(),
            Json::Number(number) => number.to_string(),
            // Personio's first API wraps each value, with its label.
            Json::Object(members) => match members.get("value") {
                Some(value) if !value.is_object() => return self.member(holds, value),
                _ => return,
            },
            Json::Array(items) => return items.iter().for_each(|item| self.member(holds, item)),
            _ => return,
        };
        match holds {
            // A mail address is found by its form.
            _ if text.is_empty() || text.contains('@') => {}
            Holds::Name => self.words.extend(words(&text).map(str::to_lowercase)),
            Holds::Id => {
                self.ids.insert(text);
            }
            Holds::Phone => {
                let digits = digits(&text);
                if digits.len() >= 5 {
                    self.phones.insert(digits);
                }
            }
            Holds::Other => {}
        }
    }
}

/// What a member of these holds.
pub(super) fn holds(name: &str, members: &Map<String, Json>) -> Holds {
    let name = match members.get(name).and_then(|value| value.get("label")).and_then(Json::as_str) {
        // A field of the account's own: only its label says what it is.
        Some(label) if name.starts_with("dynamic") => bare(label),
        _ => bare(name),
    };
    let is = |list: &[&str]| list.contains(&&*name);
    if is(NAMES) {
        return Holds::Name;
    }
    if is(IDS) {
        return Holds::Id;
    }
    if is(PHONES) {
        return Holds::Phone;
    }
    match &*name {
        "name" if is_person(members) => Holds::Name,
        "id" if is_person(members) => Holds::Id,
        "id" if ["profile", "attributes"]
            .iter()
            .any(|inner| members.get(*inner).and_then(Json::as_object).is_some_and(is_person)) =>
        {
            Holds::Id
        }
        _ => Holds::Other,
    }
}

fn is_person(members: &Map<String, Json>) -> bool {
    members.keys().any(|name| OF_A_PERSON.contains(&&*bare(name)))
}

/// The words of a text: letters next to each other.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphabetic()).filter(|word| word.chars().count() > 1)
}

/// The digits of a text.
pub(super) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
