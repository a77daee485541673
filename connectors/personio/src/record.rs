//! Employees as Personio sends them, made into records as Okta's Personio cards show them.
//!
//! Personio wraps each attribute into label, value, type and universal id. A record has the value under the name of
//! Okta's card: `first_name` is `First Name`. Labels are not used, for they are in the language of the account.

use std::fmt;
use std::sync::Arc;

use flowrun_core::value::{Record, Text, Value, parse_date};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Under which name a record keeps what the account has defined itself.
pub const CUSTOM: &str = "Custom Attributes";

/// Whether a key is that of an attribute that the account has defined itself.
pub fn is_custom(key: &str) -> bool {
    key.starts_with("dynamic_")
}

/// Names that don't follow from the attribute's key.
const TITLES: [(&str, &str); 3] =
    [("id", "ID"), ("weekly_working_hours", "Weekly Hours"), ("last_modified_at", "Last Modified")];

/// One employee, or a page of them.
#[derive(Debug, Default)]
pub struct Employees {
    /// One record for each.
    pub records: Vec<Value>,
    /// How many employees there are on all pages together.
    pub total: Option<u64>,
}

/// Reads an answer whose `data` is an employee or a list of them, for [`flowrun_kit::call::Reply::json_by`].
pub fn read(json: &[u8]) -> serde_json::Result<Employees> {
    let mut names = Names::default();
    let mut reader = serde_json::Deserializer::from_slice(json);
    let employees = Answer(&mut names).deserialize(&mut reader)?;
    reader.end()?;
    Ok(employees)
}

/// The names of an answer's attributes, each allocated once.
///
/// Every employee has the same attributes in the same order, so the next name is nearly always the one after the last.
#[derive(Default)]
struct Names {
    known: Vec<Name>,
    next: usize,
    inner: Vec<(Box<str>, Text)>,
}

#[derive(Clone)]
struct Name {
    key: Box<str>,
    title: Text,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Id,
    Time,
    Standard,
    Custom,
}

impl Names {
    /// The place of the name that an attribute's key stands for.
    fn place(&mut self, key: &str) -> usize {
        let as_before = self.known.get(self.next).is_some_and(|name| *name.key == *key);
        let found =
            if as_before { Some(self.next) } else { self.known.iter().position(|name| *name.key == *key) };
        let place = found.unwrap_or_else(|| {
            let (kind, title) = match key {
                "id" => (Kind::Id, title(key)),
                "created_at" | "last_modified_at" => (Kind::Time, title(key)),
                _ if is_custom(key) => (Kind::Custom, Text::from(key)),
                _ => (Kind::Standard, title(key)),
            };
            self.known.push(Name { key: key.into(), title, kind });
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

/// A time as a date & time; what is none stays as it came. A day, such as the hire date, is no time: Personio writes its midnight on
/// the account's clocks, which may be the day before in UTC.
pub fn time(value: Value) -> Value {
    value.as_text().and_then(|text| parse_date(text)).map_or(value, Value::Date)
}

/// The name that a record has for an attribute's key: `first_name` is `First Name`.
pub fn title(key: &str) -> Text {
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

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Part {
    Data,
    Metadata,
    Attributes,
    Value,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Metadata {
    total_elements: Option<u64>,
}

/// The whole answer.
struct Answer<'n>(&'n mut Names);
/// One employee, or a list of them.
struct Data<'n>(&'n mut Names);
/// One employee.
struct One<'n>(&'n mut Names);
/// What an employee has, by key.
struct Attributes<'n>(&'n mut Names);
/// An attribute's key, as its place among the names.
struct Key<'n>(&'n mut Names);
/// An attribute with its label and type, of which the value remains.
struct Wrapped;

/// Lets a visitor that needs the names stand where serde wants a value.
macro_rules! seed {
    ($($seed:ty => $value:ty, $method:ident);+ $(;)?) => {$(
        impl<'de> DeserializeSeed<'de> for $seed {
            type Value = $value;
            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<$value, D::Error> {
                deserializer.$method(self)
            }
        }
    )+};
}
seed! {
    Answer<'_> => Employees, deserialize_map;
    Data<'_> => Vec<Value>, deserialize_any;
    One<'_> => Value, deserialize_map;
    Attributes<'_> => Record, deserialize_map;
    Key<'_> => usize, deserialize_identifier;
    Wrapped => Value, deserialize_map;
}

impl<'de> Visitor<'de> for Answer<'_> {
    type Value = Employees;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `data`")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Employees, A::Error> {
        let (mut records, mut total) = (None, None);
        while let Some(part) = map.next_key()? {
            match part {
                Part::Data => records = Some(map.next_value_seed(Data(self.0))?),
                Part::Metadata => {
                    total = map.next_value::<Option<Metadata>>()?.and_then(|meta| meta.total_elements)
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let records = records.ok_or_else(|| A::Error::missing_field("data"))?;
        Ok(Employees { records, total })
    }
}

impl<'de> Visitor<'de> for Data<'_> {
    type Value = Vec<Value>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an employee or a list of employees")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Value>, A::Error> {
        let mut records = Vec::with_capacity(100);
        while let Some(record) = seq.next_element_seed(One(self.0))? {
            records.push(record);
        }
        Ok(records)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<Value>, A::Error> {
        Ok(vec![One(self.0).visit_map(map)?])
    }
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an employee with `attributes`")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut record = None;
        while let Some(part) = map.next_key()? {
            if matches!(part, Part::Attributes) {
                record = Some(map.next_value_seed(Attributes(self.0))?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        record.map(Value::from).ok_or_else(|| A::Error::missing_field("attributes"))
    }
}

impl<'de> Visitor<'de> for Attributes<'_> {
    type Value = Record;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("attributes by key")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
        self.0.next = 0;
        let mut record = Record::default();
        let mut custom = Record::default();
        while let Some(place) = map.next_key_seed(Key(self.0))? {
            let value = map.next_value_seed(Wrapped)?;
            let (title, kind) = (self.0.known[place].title.clone(), self.0.known[place].kind);
            let value = match value {
                // An id is a name, not a quantity: Okta's card has it as text.
                Value::Number(_) | Value::Integer(_) if kind == Kind::Id => Value::from(value.to_string()),
                value if kind == Kind::Id && value.as_text().is_none() => {
                    return Err(A::Error::custom("an employee's `id` is neither a number nor a text"));
                }
                value if kind == Kind::Time => time(value),
                Value::List(_) | Value::Object(_) => plain(self.0, value),
                value => value,
            };
            if kind == Kind::Custom {
                custom.insert(title, value)
            } else {
                record.insert(title, value)
            };
        }
        if !custom.is_empty() {
            record.insert(CUSTOM.into(), Value::from(custom));
        }
        Ok(record)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = usize;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the key of an attribute")
    }
    fn visit_str<E: Error>(self, key: &str) -> Result<usize, E> {
        Ok(self.0.place(key))
    }
}

impl<'de> Visitor<'de> for Wrapped {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an attribute with `value`")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut value = Value::Null;
        while let Some(part) = map.next_key()? {
            if matches!(part, Part::Value) {
                value = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(value)
    }
}

/// An attribute that is itself an object or a list of them, without `type`, `attributes`, `label` and the like.
fn plain(names: &mut Names, value: Value) -> Value {
    match value {
        Value::List(items) => Value::list(items.iter().map(|item| plain(names, item.clone())).collect()),
        Value::Object(members) => {
            let members = match members.get("attributes") {
                Some(Value::Object(inner)) => Arc::clone(inner),
                _ => members,
            };
            let fields = members.iter().map(|(key, field)| {
                let wrapped = field.as_object().filter(|field| field.contains_key("label"));
                let field = wrapped.and_then(|field| field.get("value")).unwrap_or(field).clone();
                let field = match field {
                    Value::Number(_) | Value::Integer(_) if *key == "id" => Value::from(field.to_string()),
                    field => plain(names, field),
                };
                (names.inner(key), field)
            });
            Value::from(fields.collect::<Record>())
        }
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_employee_becomes_a_plain_record() {
        let json = r#"{"success":true,"data":{"type":"Employee","attributes":{
            "id":{"label":"Personalnummer","value":1234567,"type":"integer","universal_id":"id"},
            "first_name":{"label":"Vorname","value":"J\u00f6rg","type":"standard","universal_id":"first_name"},
            "termination_date":{"label":"x","value":null,"type":"date","universal_id":"termination_date"},
            "weekly_working_hours":{"label":"x","value":"40","type":"standard","universal_id":"weekly_working_hours"},
            "supervisor":{"label":"x","value":{"type":"Employee","attributes":{
                "id":{"label":"ID","value":2,"type":"integer","universal_id":"id"},
                "first_name":{"label":"x","value":"Ada","type":"standard","universal_id":"first_name"}}},"type":"standard"},
            "cost_centers":{"label":"x","value":[{"type":"CostCenter","attributes":{"id":7,"name":"A","percentage":100}}]},
            "dynamic_21827":{"label":"IBAN","value":"DE98","type":"standard","universal_id":"iban"}}}}"#;
        let records = read(json.as_bytes()).unwrap().records;
        let expected = r#"{"ID":"1234567","First Name":"Jörg","Termination Date":null,"Weekly Hours":"40","#
            .to_owned()
            + r#""Supervisor":{"ID":"2","First Name":"Ada"},"Cost Centers":[{"ID":"7","Name":"A","Percentage":100}],"#
            + r#""Custom Attributes":{"dynamic_21827":"DE98"}}"#;
        assert_eq!(records[0].to_json(), expected);
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for json in
            [r#"{"success":true}"#, r#"{"data":[{"type":"Employee"}]}"#, r#"{"data":[]} x"#, r#"{"data":[{"#]
        {
            assert!(read(json.as_bytes()).is_err(), "{json}");
        }
    }
}
