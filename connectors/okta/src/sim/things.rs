//! Things of one kind that clients make, each a JSON object with an id and its two times.

use super::error::ApiError;
use super::ids::{id, iso_seconds, number};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A JSON object.
pub type Thing = Map<String, Value>;

/// How many things of one kind an org may have here.
const MOST: usize = 10_000;

/// The things of one kind.
pub struct Things {
    prefix: &'static str,
    kind: &'static str,
    next: u32,
    all: BTreeMap<u32, Thing>,
}

impl Things {
    /// None yet, of a kind whose ids begin like this and whose errors call it so.
    pub fn new(prefix: &'static str, kind: &'static str) -> Things {
        Things { prefix, kind, next: 0, all: BTreeMap::new() }
    }

    /// Adds one; its id.
    pub fn add(&mut self, mut thing: Thing, now_ms: i64) -> Result<String, ApiError> {
        if self.all.len() == MOST {
            return Err(ApiError::invalid(
                self.kind,
                format!("There may be {MOST} of these in a simulated org."),
            ));
        }
        let (number, at) = (self.next, iso_seconds(now_ms));
        let id = id(self.prefix, number);
        self.next += 1;
        thing.insert("id".to_owned(), json!(id));
        thing.insert("created".to_owned(), json!(at));
        thing.insert("lastUpdated".to_owned(), json!(at));
        self.all.insert(number, thing);
        Ok(id)
    }

    /// The one with this id.
    pub fn find(&self, id: &str) -> Result<&Thing, ApiError> {
        let found = number(self.prefix, id).and_then(|number| self.all.get(&number));
        found.ok_or_else(|| ApiError::missing(id, self.kind))
    }

    /// The one with this id, to be changed now.
    pub fn change(&mut self, id: &str, now_ms: i64) -> Result<&mut Thing, ApiError> {
        let found = number(self.prefix, id).and_then(|number| self.all.get_mut(&number));
        let thing = found.ok_or_else(|| ApiError::missing(id, self.kind))?;
        thing.insert("lastUpdated".to_owned(), json!(iso_seconds(now_ms)));
        Ok(thing)
    }

    /// The id of the one with this id or this label.
    pub fn named(&self, id_or_label: &str) -> Result<String, ApiError> {
        let labelled = || self.all().find(|thing| text(thing, "label") == id_or_label);
        let found = self.find(id_or_label).ok().or_else(labelled);
        found
            .map(|thing| text(thing, "id").to_owned())
            .ok_or_else(|| ApiError::missing(id_or_label, self.kind))
    }

    /// Removes the one with this id.
    pub fn remove(&mut self, id: &str) -> Result<Thing, ApiError> {
        let found = number(self.prefix, id).and_then(|number| self.all.remove(&number));
        found.ok_or_else(|| ApiError::missing(id, self.kind))
    }

    /// All of them, in the order in which they were made.
    pub fn all(&self) -> impl Iterator<Item = &Thing> {
        self.all.values()
    }

    /// All of them, to be changed.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Thing> {
        self.all.values_mut()
    }

    /// Removes those that are not wanted any more.
    pub fn retain(&mut self, wanted: impl Fn(&Thing) -> bool) {
        self.all.retain(|_, thing| wanted(thing));
    }
}

/// The text under a name; blank if there is none.
pub fn text<'t>(thing: &'t Thing, name: &str) -> &'t str {
    thing.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The text that a body must have.
pub fn required(sent: &Thing, name: &str) -> Result<String, ApiError> {
    match text(sent, name).trim() {
        "" => Err(super::sent::blank(name)),
        text => Ok(text.to_owned()),
    }
}
