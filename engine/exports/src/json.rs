//! JSON as it stands in a file: texts are borrowed of it, for most of an export is looked at once or not at all.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// A value of a file.
#[derive(Debug, PartialEq)]
pub enum Json<'t> {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(Cow<'t, str>),
    /// A list.
    List(Vec<Json<'t>>),
    /// An object.
    Object(Object<'t>),
}

/// An object's members, each name once, in the order of the file.
#[derive(Debug, Default, PartialEq)]
pub struct Object<'t>(Vec<Member<'t>>);

type Member<'t> = (Cow<'t, str>, Json<'t>);

impl<'t> Json<'t> {
    /// The text that it is.
    pub fn as_str(&self) -> Option<&str> {
        if let Json::Text(text) = self { Some(text) } else { None }
    }

    /// The truth value that it is.
    pub fn as_bool(&self) -> Option<bool> {
        if let Json::Bool(value) = self { Some(*value) } else { None }
    }

    /// The number that it is, as a double.
    pub fn as_f64(&self) -> Option<f64> {
        if let Json::Number(number) = self { number.as_f64() } else { None }
    }

    /// The natural number that it is.
    pub fn as_u64(&self) -> Option<u64> {
        if let Json::Number(number) = self { number.as_u64() } else { None }
    }

    /// The items of the list that it is.
    pub fn as_list(&self) -> Option<&[Json<'t>]> {
        if let Json::List(items) = self { Some(items) } else { None }
    }

    /// The object that it is.
    pub fn as_object(&self) -> Option<&Object<'t>> {
        if let Json::Object(members) = self { Some(members) } else { None }
    }
}

impl<'t> Object<'t> {
    /// The member called `name`.
    pub fn get(&self, name: &str) -> Option<&Json<'t>> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The members, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json<'t>)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// The values alone, in their order.
    pub fn values(&self) -> impl Iterator<Item = &Json<'t>> {
        self.0.iter().map(|(_, value)| value)
    }
}

/// So many members are compared each with each; of more a tree finds a name that is there twice.
const FEW: usize = 16;

impl<'t> FromIterator<Member<'t>> for Object<'t> {
    /// Of members with one name the last counts, in the place of the first, as for JavaScript.
    fn from_iter<I: IntoIterator<Item = Member<'t>>>(members: I) -> Object<'t> {
        let mut places: BTreeMap<_, usize> = BTreeMap::new();
        let mut unique: Vec<Member<'_>> = Vec::new();
        for (name, value) in members {
            match places.entry(name.clone()) {
                Entry::Occupied(place) => unique[*place.get()].1 = value,
                Entry::Vacant(place) => {
                    place.insert(unique.len());
                    unique.push((name, value));
                }
            }
        }
        Object(unique)
    }
}

/// Whether a name is there twice.
fn repeated(members: &[Member<'_>]) -> bool {
    let mut names = members.iter().map(|(name, _)| name);
    if members.len() > FEW {
        let mut seen = BTreeSet::new();
        return !names.all(|name| seen.insert(name));
    }
    names.enumerate().any(|(place, name)| members[..place].iter().any(|(known, _)| known == name))
}

impl<'t> Deserialize<'t> for Json<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Json<'t>, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'t> Visitor<'t> for JsonVisitor {
    type Value = Json<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Json<'t>, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Json<'t>, E> {
        Ok(Json::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Json<'t>, E> {
        Ok(Json::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Json<'t>, E> {
        Ok(Json::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Json<'t>, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Json<'t>, E> {
        Ok(Json::Text(value.to_owned().into()))
    }
    fn visit_borrowed_str<E>(self, value: &'t str) -> Result<Json<'t>, E> {
        Ok(Json::Text(value.into()))
    }
    fn visit_seq<A: SeqAccess<'t>>(self, mut seq: A) -> Result<Json<'t>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }
    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Json<'t>, A::Error> {
        let mut members = Vec::new();
        while let Some((Name(name), value)) = map.next_entry()? {
            members.push((name, value));
        }
        let again = repeated(&members);
        Ok(Json::Object(if again { members.into_iter().collect() } else { Object(members) }))
    }
}

#[derive(Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

#[cfg(test)]
mod tests {
    use super::*;

    /// As JSON.parse has it: an own property that is set again keeps its place (ECMA-262, 25.5.1 and 10.1.11).
    #[test]
    fn of_members_with_one_name_the_last_counts_in_the_place_of_the_first() {
        for more in [0, 40] {
            let rest: String = (0..more).map(|number| format!(r#","m{number}":0"#)).collect();
            let text = format!(r#"{{"a":1,"b":2,"\u0061":3{rest}}}"#);
            let read: Json<'_> = serde_json::from_str(&text).unwrap();
            let members: Vec<_> = read.as_object().unwrap().iter().collect();
            let told = members[..2].iter().map(|(name, value)| (*name, value.as_u64()));
            assert_eq!(told.collect::<Vec<_>>(), [("a", Some(3)), ("b", Some(2))]);
            assert_eq!(members.len(), 2 + more);
        }
    }
}
