//! The comparison that If/Else, Filter, Find and their kin share.

use std::cmp::Ordering;

use super::{FromValue, IntoValue, Mismatch, Text, Value, convert};
use crate::types::{Kind, Type};

/// How two values are compared; written as Okta's exports write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `==`: equal to.
    Equal,
    /// `!=`: not equal to.
    NotEqual,
    /// `===`: equal and of the same type.
    Same,
    /// `!==`: not equal, or not of the same type.
    NotSame,
    /// `>`: greater than.
    Greater,
    /// `>=`: greater than or equal to.
    GreaterOrEqual,
    /// `<`: less than.
    Less,
    /// `<=`: less than or equal to.
    LessOrEqual,
    /// `%`: a multiple of.
    MultipleOf,
    /// `in`: part of a text, or an item of a list.
    In,
    /// `not in`.
    NotIn,
    /// `has`: has the key.
    Has,
    /// `doesn't have`: doesn't have the key.
    HasNot,
    /// `is empty`.
    Empty,
    /// `is not empty`.
    NotEmpty,
}

impl Operator {
    /// Every operator as flow files and exports write it.
    pub const NAMES: &[&str] = &[
        "==",
        "!=",
        "===",
        "!==",
        ">",
        ">=",
        "<",
        "<=",
        "%",
        "in",
        "not in",
        "has",
        "doesn't have",
        "is empty",
        "is not empty",
    ];

    const ALL: [Operator; 15] = {
        use Operator::*;
        [
            Equal,
            NotEqual,
            Same,
            NotSame,
            Greater,
            GreaterOrEqual,
            Less,
            LessOrEqual,
            MultipleOf,
            In,
            NotIn,
            Has,
            HasNot,
            Empty,
            NotEmpty,
        ]
    };

    /// The operator written as `name`.
    pub fn parse(name: &str) -> Option<Operator> {
        let name = name.trim();
        Self::NAMES.iter().position(|known| *known == name).map(|index| Self::ALL[index])
    }
}

impl FromValue for Operator {
    const TYPE: Type = Type::TEXT;
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let text = Text::from_value(value)?;
        Operator::parse(&text).ok_or(Mismatch { wanted: Type::TEXT, found: Value::Text(text) })
    }
}

impl IntoValue for Operator {
    const TYPE: Type = Type::TEXT;
    fn into_value(self) -> Value {
        Value::from(Self::NAMES[self as usize])
    }
}

/// Whether `a OPERATOR b` holds; `b` is converted to the type of `a` first.
///
/// Numbers compare by size, texts by their letters, dates as instants, objects and lists by their content.
pub fn compare(a: &Value, operator: Operator, b: &Value) -> Result<bool, Mismatch> {
    use Operator::*;
    Ok(match operator {
        Equal => equal(a, b),
        NotEqual => !equal(a, b),
        Same => a == b,
        NotSame => a != b,
        Greater => order(a, b)? == Some(Ordering::Greater),
        GreaterOrEqual => matches!(order(a, b)?, Some(Ordering::Greater | Ordering::Equal)),
        Less => order(a, b)? == Some(Ordering::Less),
        LessOrEqual => matches!(order(a, b)?, Some(Ordering::Less | Ordering::Equal)),
        MultipleOf => {
            let (a, b) = (f64::from_value(a.clone())?, f64::from_value(b.clone())?);
            b != 0.0 && a % b == 0.0
        }
        In => within(a, b)?,
        NotIn => !within(a, b)?,
        Has => has(a, b)?,
        HasNot => !has(a, b)?,
        Empty => a.is_empty(),
        NotEmpty => !a.is_empty(),
    })
}

fn equal(a: &Value, b: &Value) -> bool {
    if a == b {
        return true;
    }
    match (a, b) {
        // A missing value equals what its field would hold if left blank, and nothing else.
        (Value::Null, other) | (other, Value::Null) => matches!(other, Value::Text(text) if text.is_empty()),
        _ => convert(b.clone(), type_of(a)).is_ok_and(|b| *a == b),
    }
}

fn order(a: &Value, b: &Value) -> Result<Option<Ordering>, Mismatch> {
    let text;
    let a = match a {
        // A missing text sorts first; a missing number has no order, so every comparison with it is false.
        Value::Null if matches!(b, Value::Text(_)) => {
            text = Value::from("");
            &text
        }
        Value::Null => return Ok(None),
        a => a,
    };
    if b.is_null() && !matches!(a, Value::Text(_)) {
        return Ok(None);
    }
    let b = convert(b.clone(), type_of(a))?;
    Ok(match (a, &b) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Number(_) | Value::Integer(_), Value::Number(_) | Value::Integer(_)) => {
            Some(sort_order(a, &b))
        }
        (Value::Text(a), Value::Text(b)) => Some(text_order(a, b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => return Err(Mismatch { wanted: Type::NUMBER, found: a.clone() }),
    })
}

/// The order of two values for sorting: that of `<` among values of one kind, false before true; missing values come last.
///
/// Unlike `<` it has an answer for any two values, so that a sort never meets a contradiction: kinds are kept apart.
pub fn sort_order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b).unwrap_or_else(|| a.total_cmp(b)),
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::Integer(a), Value::Number(b)) => a.compare_to(*b).unwrap_or(Ordering::Less),
        (Value::Number(a), Value::Integer(b)) => {
            b.compare_to(*a).map_or(Ordering::Greater, Ordering::reverse)
        }
        (Value::Text(a), Value::Text(b)) => text_order(a, b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (a, b) => sort_rank(a).cmp(&sort_rank(b)),
    }
}

fn sort_rank(value: &Value) -> u8 {
    match value {
        Value::Bool(_) => 0,
        Value::Number(_) | Value::Integer(_) => 1,
        Value::Date(_) => 2,
        Value::Text(_) => 3,
        Value::Null => 5,
        _ => 4,
    }
}

/// As JavaScript orders texts: by UTF-16 units.
fn text_order(a: &str, b: &str) -> Ordering {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    match (a.as_bytes().get(same), b.as_bytes().get(same)) {
        // UTF-8 and UTF-16 differ only where a surrogate pair meets a character from U+E000 to U+FFFF.
        (Some(x), Some(y)) if *x >= 0xee && *y >= 0xee => a.encode_utf16().cmp(b.encode_utf16()),
        (x, y) => x.cmp(&y),
    }
}

fn within(a: &Value, b: &Value) -> Result<bool, Mismatch> {
    match b {
        Value::List(items) => Ok(items.iter().any(|item| equal(a, item))),
        _ => Ok(Text::from_value(b.clone())?.contains(&*Text::from_value(a.clone())?)),
    }
}

fn has(a: &Value, b: &Value) -> Result<bool, Mismatch> {
    match a {
        Value::Null => Ok(false),
        Value::Object(members) => Ok(members.contains_key(&Text::from_value(b.clone())?)),
        other => Err(Mismatch { wanted: Type::OBJECT, found: other.clone() }),
    }
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::ANY,
        Value::Bool(_) => Type::BOOL,
        Value::Number(_) | Value::Integer(_) => Type::NUMBER,
        Value::Text(_) => Type::TEXT,
        Value::Date(_) => Type::DATE,
        Value::List(_) => Type::list_of(Kind::Any),
        Value::Object(_) => Type::OBJECT,
        Value::File(_) => Type::one(Kind::File),
        Value::Secret(_) => Type::one(Kind::Secret),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Date, parse_json};

    #[test]
    fn comparisons_follow_the_documentation() {
        let table = [
            ("80", ">", "9", true),
            (r#""80""#, ">", r#""9""#, false),
            ("12", "%", "4", true),
            ("0", "%", "4", true),
            ("-4", "%", "4", true),
            ("2", "%", "4", false),
            ("7", "%", "4", false),
            ("7", "%", "0", false),
            (r#""test""#, "in", r#""this is a test""#, true),
            (r#""i""#, "in", r#""team""#, false),
            (r#""b""#, "in", r#"["a","b"]"#, true),
            (r#"{"test":123}"#, "has", r#""test""#, true),
            (r#"{"test":123}"#, "doesn't have", r#""test""#, false),
            ("5", ">", r#""0""#, true),
            ("0", "==", r#""0""#, true),
            ("true", "==", r#""true""#, true),
            (r#""6""#, "<", "30", false),
            ("1", "===", r#""1""#, false),
            ("1", "!==", r#""1""#, true),
            (r#"{"a":1,"b":2}"#, "==", r#"{"b":2,"a":1}"#, true),
            ("null", "is empty", "null", true),
            (r#""""#, "is empty", "null", true),
            ("[]", "is empty", "null", true),
            ("{}", "is empty", "null", true),
            ("0", "is empty", "null", false),
            ("false", "is empty", "null", false),
            (r#""a""#, "is not empty", "null", true),
            ("null", "==", r#""""#, true),
            ("null", "==", "0", false),
            ("null", ">", "0", false),
            ("null", "<", "0", false),
            (r#""B""#, "<", r#""a""#, true),
            (r#""a""#, "==", r#""A""#, false),
        ];
        for (a, operator, b, result) in table {
            let (a, b) = (parse_json(a).unwrap(), parse_json(b).unwrap());
            assert_eq!(compare(&a, Operator::parse(operator).unwrap(), &b), Ok(result), "{a} {operator} {b}");
        }
    }

    #[test]
    fn sorting_has_an_answer_for_any_two_values() {
        let sorted = [
            Value::from(false),
            Value::from(true),
            Value::from(-1.0),
            Value::from(10.0),
            Value::from(""),
            Value::from("10"),
            Value::from("9"),
            Value::from("a"),
            Value::from("aé"),
            Value::from("😀"),
            Value::from("\u{e000}"),
            Value::Null,
        ];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(sort_order(a, b), i.cmp(&j), "{a} {b}");
            }
        }
    }

    #[test]
    fn dates_compare_as_instants_and_objects_have_no_order() {
        let date = Value::Date(Date::parse_iso("2020-01-01T00:00:00Z").unwrap());
        assert_eq!(compare(&date, Operator::Less, &Value::from("2020-01-02")), Ok(true));
        assert_eq!(compare(&date, Operator::Equal, &Value::from("2020-01-01T01:00:00+01:00")), Ok(true));
        assert!(compare(&Value::Number(1.0), Operator::Less, &Value::object([("a", 1.0)])).is_err());
    }
}
