//! The conversions of the language: one table, used by every card and every wire.
//!
//! They are Okta's loose conversions: a missing value becomes a blank text, list or object, a text is parsed where a number,
//! a date or an object is wanted, one value becomes a list of one.

use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::composed::LONGEST_BUILT;
use super::{
    Date, File, Record, Secret, Text, Value, cut, format_number, parse_json, parse_number, reduced,
    whole_number,
};
use crate::types::{Kind, Type};

/// Why a value can't become what a field wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// What the field wants.
    pub wanted: Type,
    /// What it was given.
    pub found: Value,
}

impl Mismatch {
    /// Whether the value is missing, rather than of a wrong kind.
    pub fn is_missing(&self) -> bool {
        self.found.is_null()
    }

    /// What to do about it, where that can be said.
    pub fn help(&self) -> Option<&'static str> {
        let written = self.wanted == Type::DATE && matches!(self.found, Value::Text(_));
        written.then_some(
            "write it as `2026-12-31` or `2026-12-31T08:00:00Z`; `date_time.text_to_date` reads other forms",
        )
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.found.is_null() {
            return write!(f, "expected {}, found nothing", self.wanted);
        }
        if let (Value::Integer(integer), false) = (&self.found, self.wanted.list) {
            let longest = "which a number to compute with does not hold to its last digit";
            return write!(f, "expected {}, found {integer}, {longest}", self.wanted);
        }
        let mut shown = self.found.excerpt(400);
        if let Some((cut, _)) = shown.char_indices().nth(60) {
            shown.truncate(cut);
            shown.push('…');
        }
        let quote = if matches!(self.found, Value::Text(_)) { "\"" } else { "" };
        write!(f, "expected {}, found {} {quote}{shown}{quote}", self.wanted, self.found.kind())
    }
}

/// Converts `value` to `wanted`, as a wire into a field of that type does.
pub fn convert(value: Value, wanted: Type) -> Result<Value, Mismatch> {
    if wanted.list {
        return list(value, wanted);
    }
    let found = match (wanted.kind, value) {
        (Kind::Any, value) => return Ok(value),
        (Kind::Text | Kind::Flow | Kind::Table, value) => return text(value, wanted).map(Value::Text),
        (Kind::Number, value) => match number(&value) {
            Some(number) => return Ok(number),
            None => value,
        },
        (Kind::Bool, value) => match truth(&value) {
            Some(truth) => return Ok(Value::Bool(truth)),
            None => value,
        },
        (Kind::Date, value) => match date(&value) {
            Some(date) => return Ok(Value::Date(date)),
            None => value,
        },
        (Kind::Object, Value::Null) => return Ok(Type::OBJECT.blank()),
        (Kind::Object, value @ Value::Object(_)) => return Ok(value),
        (Kind::Object, Value::Text(text)) => match object(&text) {
            Some(object) => return Ok(object),
            None => Value::Text(text),
        },
        (Kind::File, value @ Value::File(_)) => return Ok(value),
        (Kind::Secret, value @ Value::Secret(_)) => return Ok(value),
        (Kind::Secret, Value::Text(text)) => return Ok(Value::Secret(Secret::new(&*text))),
        (_, value) => value,
    };
    Err(Mismatch { wanted, found })
}

fn text(value: Value, wanted: Type) -> Result<Text, Mismatch> {
    match value {
        Value::Text(text) => Ok(text),
        Value::Null => Ok(Text::default()),
        Value::Bool(true) => Ok("true".into()),
        Value::Bool(false) => Ok("false".into()),
        Value::Number(number) => Ok(format_number(number).into()),
        Value::Integer(integer) => Ok(integer.digits().into()),
        Value::Date(date) => Ok(date.to_string().into()),
        // A secret inside would be lost as dots: better to refuse than to send them.
        Value::List(_) | Value::Object(_) if !value.holds_secret() => {
            match value.to_json_within(LONGEST_BUILT, false) {
                Some(json) => Ok(json.into()),
                None => Err(Mismatch { wanted, found: value }),
            }
        }
        found => Err(Mismatch { wanted, found }),
    }
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) | Value::Integer(_) => Some(value.clone()),
        Value::Text(text) => whole_number(text).or_else(|| {
            let start = parse_number(text)?;
            cut::note(text);
            Some(Value::Number(start))
        }),
        _ => None,
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Null => Some(false),
        Value::Number(number) => Some(*number != 0.0),
        Value::Integer(_) => Some(true),
        Value::Text(text) => match text.trim() {
            "" => Some(false),
            text if text.eq_ignore_ascii_case("true") || text == "1" => Some(true),
            text if text.eq_ignore_ascii_case("false") || text == "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn date(value: &Value) -> Option<Date> {
    match value {
        Value::Date(date) => Some(*date),
        Value::Text(text) => parse_date(text),
        _ => None,
    }
}

/// Reads a date in ISO 8601, in the format of mail headers (RFC 2822), or with an English month as `Sep 7, 2016`.
pub fn parse_date(text: &str) -> Option<Date> {
    parse_date_in(text, &TimeZone::UTC)
}

/// The same, where a text without offset and zone is what the clocks of `zone` show.
pub fn parse_date_in(text: &str, zone: &TimeZone) -> Option<Date> {
    let other = || Date::parse_iso_in(&reduced::rewritten(text)?, zone);
    Date::parse_iso_in(text, zone).or_else(|| Date::parse_mail(text)).or_else(other)
}

fn object(text: &str) -> Option<Value> {
    if text.trim().is_empty() {
        return Some(Type::OBJECT.blank());
    }
    parse_json(text).ok().filter(|value| matches!(value, Value::Object(_)))
}

fn list(value: Value, wanted: Type) -> Result<Value, Mismatch> {
    let item = Type::one(wanted.kind);
    match value {
        Value::Null => Ok(wanted.blank()),
        Value::List(items) => {
            // Most lists are what they should be: share them.
            if items.iter().all(|value| fits(value, wanted.kind)) {
                return Ok(Value::List(items));
            }
            let items = items.iter().map(|value| keep_null(value.clone(), item));
            items.collect::<Result<Vec<_>, _>>().map(Value::list)
        }
        Value::Text(text) if matches!(wanted.kind, Kind::Object) => match parse_json(&text) {
            Ok(parsed @ Value::List(_)) => list(parsed, wanted),
            Ok(parsed @ Value::Object(_)) => Ok(Value::list(vec![parsed])),
            _ if text.trim().is_empty() => Ok(wanted.blank()),
            _ => Err(Mismatch { wanted, found: Value::Text(text) }),
        },
        one => convert(one, item).map(|value| Value::list(vec![value])),
    }
}

/// A missing item stays missing: a list must not lose its places, nor fill them with blanks.
fn keep_null(value: Value, item: Type) -> Result<Value, Mismatch> {
    if value.is_null() { Ok(value) } else { convert(value, item) }
}

fn fits(value: &Value, kind: Kind) -> bool {
    matches!(
        (kind, value),
        (Kind::Any, _)
            | (_, Value::Null)
            | (Kind::Text, Value::Text(_))
            | (Kind::Number, Value::Number(_) | Value::Integer(_))
            | (Kind::Bool, Value::Bool(_))
            | (Kind::Date, Value::Date(_))
            | (Kind::Object, Value::Object(_))
            | (Kind::File, Value::File(_))
            | (Kind::Secret, Value::Secret(_))
    )
}

/// A Rust type that a card's input can have.
pub trait FromValue: Sized {
    /// The type of the field.
    const TYPE: Type;
    /// Whether the field may be left blank without a default.
    const OPTIONAL: bool = false;
    /// Converts by the rules of the language.
    fn from_value(value: Value) -> Result<Self, Mismatch>;
}

/// A Rust type that a card's output can have.
pub trait IntoValue {
    /// The type of the field.
    const TYPE: Type;
    /// The value to put out.
    fn into_value(self) -> Value;
}

macro_rules! scalar {
    ($rust:ty, $kind:ident, $variant:ident) => {
        impl FromValue for $rust {
            const TYPE: Type = Type::one(Kind::$kind);
            fn from_value(value: Value) -> Result<Self, Mismatch> {
                match value {
                    Value::$variant(inner) => Ok(inner),
                    other => match convert(other, <Self as FromValue>::TYPE)? {
                        Value::$variant(inner) => Ok(inner),
                        found => Err(Mismatch { wanted: <Self as FromValue>::TYPE, found }),
                    },
                }
            }
        }
        impl IntoValue for $rust {
            const TYPE: Type = Type::one(Kind::$kind);
            fn into_value(self) -> Value {
                Value::$variant(self)
            }
        }
    };
}
scalar!(Text, Text, Text);
scalar!(f64, Number, Number);
scalar!(bool, Bool, Bool);
scalar!(Date, Date, Date);
scalar!(Arc<File>, File, File);
scalar!(Arc<Record>, Object, Object);
scalar!(Secret, Secret, Secret);

/// A number with all its digits, for what only hands it on.
#[derive(Clone, Debug)]
pub struct Number(Value);

impl FromValue for Number {
    const TYPE: Type = Type::NUMBER;
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        convert(value, Type::NUMBER).map(Number)
    }
}

impl IntoValue for Number {
    const TYPE: Type = Type::NUMBER;
    fn into_value(self) -> Value {
        self.0
    }
}

impl FromValue for Record {
    const TYPE: Type = Type::OBJECT;
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        Arc::<Record>::from_value(value).map(Arc::unwrap_or_clone)
    }
}

impl IntoValue for Record {
    const TYPE: Type = Type::OBJECT;
    fn into_value(self) -> Value {
        Value::from(self)
    }
}

impl FromValue for Value {
    const TYPE: Type = Type::ANY;
    const OPTIONAL: bool = true;
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        Ok(value)
    }
}

impl IntoValue for Value {
    const TYPE: Type = Type::ANY;
    fn into_value(self) -> Value {
        self
    }
}

impl FromValue for Arc<Vec<Value>> {
    const TYPE: Type = Type::list_of(Kind::Any);
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let wanted = <Self as FromValue>::TYPE;
        match list(value, wanted)? {
            Value::List(items) => Ok(items),
            found => Err(Mismatch { wanted, found }),
        }
    }
}

impl IntoValue for Arc<Vec<Value>> {
    const TYPE: Type = Type::list_of(Kind::Any);
    fn into_value(self) -> Value {
        Value::List(self)
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    const TYPE: Type = Type::list_of(T::TYPE.kind);
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let items = Arc::<Vec<Value>>::from_value(value)?;
        Arc::unwrap_or_clone(items).into_iter().map(T::from_value).collect()
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    const TYPE: Type = Type::list_of(T::TYPE.kind);
    fn into_value(self) -> Value {
        Value::list(self.into_iter().map(T::into_value).collect())
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = true;
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    const TYPE: Type = T::TYPE;
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        parse_json(text).unwrap()
    }

    /// The pin transforms of real exports, and what loose flags do with missing values.
    #[test]
    fn conversions_follow_the_table() {
        let date = Value::Date(Date::parse_iso("2016-09-07T00:01:25.670Z").unwrap());
        let table: &[(&str, Value, Type, Option<Value>)] = &[
            ("parse", Value::from(r#"{"a":1}"#), Type::OBJECT, Some(json(r#"{"a":1}"#))),
            (
                "parse a list",
                Value::from(r#"[{"a":1}]"#),
                Type::list_of(Kind::Object),
                Some(json(r#"[{"a":1}]"#)),
            ),
            (
                "parse and wrap",
                Value::from(r#"{"a":1}"#),
                Type::list_of(Kind::Object),
                Some(json(r#"[{"a":1}]"#)),
            ),
            ("parse blank", Value::from(""), Type::OBJECT, Some(json("{}"))),
            ("parse bad", Value::from("{"), Type::OBJECT, None),
            ("stringify", json(r#"{"a":[1, 2]}"#), Type::TEXT, Some(Value::from(r#"{"a":[1,2]}"#))),
            ("stringify list", json(r#"["a"]"#), Type::TEXT, Some(Value::from(r#"["a"]"#))),
            ("dateTime", Value::from("2016-09-07T00:01:25.670Z"), Type::DATE, Some(date.clone())),
            (
                "dateTime mail",
                Value::from("Wed, 07 Sep 2016 00:01:25 +0000"),
                Type::DATE,
                Date::parse_iso("2016-09-07T00:01:25Z").map(Value::Date),
            ),
            ("dateTime bad", Value::from("soon"), Type::DATE, None),
            ("isoString", date, Type::TEXT, Some(Value::from("2016-09-07T00:01:25.670Z"))),
            ("toString", Value::Number(10.0), Type::TEXT, Some(Value::from("10"))),
            ("parseFloat", Value::from("12.5 kg"), Type::NUMBER, Some(Value::Number(12.5))),
            ("parseFloat bad", Value::from("ten"), Type::NUMBER, None),
            ("booleanToString", Value::Bool(true), Type::TEXT, Some(Value::from("true"))),
            ("wrapArray", Value::from("a"), Type::list_of(Kind::Text), Some(json(r#"["a"]"#))),
            ("wrapArray null", Value::Null, Type::list_of(Kind::Text), Some(json("[]"))),
            ("null text", Value::Null, Type::TEXT, Some(Value::from(""))),
            ("null number", Value::Null, Type::NUMBER, None),
            ("null true/false", Value::Null, Type::BOOL, Some(Value::Bool(false))),
            ("loose true", Value::from("true"), Type::BOOL, Some(Value::Bool(true))),
            ("loose zero", Value::Number(0.0), Type::BOOL, Some(Value::Bool(false))),
            ("not true or false", Value::from("maybe"), Type::BOOL, None),
            ("object for number", json("{}"), Type::NUMBER, None),
            ("list for number", json("[1]"), Type::NUMBER, None),
            ("numbers of texts", json(r#"["1","2"]"#), Type::list_of(Kind::Number), Some(json("[1,2]"))),
            ("holes stay", json(r#"["1",null]"#), Type::list_of(Kind::Number), Some(json("[1,null]"))),
        ];
        for (name, value, wanted, result) in table {
            assert_eq!(convert(value.clone(), *wanted).ok(), *result, "{name}");
        }
    }

    #[test]
    fn a_secret_becomes_nothing_but_a_secret() {
        let secret = Value::Secret(Secret::new("hunter2"));
        assert!(convert(secret.clone(), Type::TEXT).is_err());
        assert!(convert(Value::list(vec![secret.clone()]), Type::TEXT).is_err());
        assert_eq!(convert(secret.clone(), Type::one(Kind::Secret)).ok(), Some(secret));
    }
}
