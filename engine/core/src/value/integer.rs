//! Integers that a double would change: long IDs, which must leave a flow as they came in.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{Value, format_number};

/// An integer of which a double shows other digits; every other number is a double.
#[derive(Clone, PartialEq, Eq)]
pub struct Integer(Arc<str>);

impl Integer {
    /// The value of an integer in decimal digits, with or without a sign; none if the text is anything else.
    pub fn read(text: &str) -> Option<Value> {
        let (minus, digits) = match text.as_bytes() {
            [b'-', ..] => ("-", &text[1..]),
            [b'+', ..] => ("", &text[1..]),
            _ => ("", text),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = digits.trim_start_matches('0');
        if digits.len() <= SURE {
            let number: f64 = if digits.is_empty() { 0.0 } else { digits.parse().ok()? };
            return Some(Value::Number(if minus.is_empty() { number } else { -number + 0.0 }));
        }
        Some(Integer::or_number(&format!("{minus}{digits}")))
    }

    /// The same for an integer without a plus and leading zeros.
    fn or_number(digits: &str) -> Value {
        match digits.parse::<f64>() {
            Ok(number) if number.is_finite() && format_number(number) == digits => Value::Number(number),
            _ => Value::Integer(Integer(digits.into())),
        }
    }

    /// Its digits, behind a minus if it is negative.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The nearest double; an infinity beyond the largest one.
    pub fn nearest(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    fn is_negative(&self) -> bool {
        self.0.starts_with('-')
    }

    /// How it is ordered to a double.
    pub(super) fn compare_to(&self, number: f64) -> Option<Ordering> {
        let nearest = self.nearest().partial_cmp(&number)?;
        if nearest != Ordering::Equal || !number.is_finite() {
            return Some(nearest);
        }
        // Every double of this size is an integer, whose digits Rust writes whole.
        Some(self.cmp(&Integer(format!("{number:.0}").into())))
    }
}

/// So many digits are never too many for a double.
const SURE: usize = 15;

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        if value.unsigned_abs() <= 1 << 53 {
            Value::Number(value as f64)
        } else {
            Integer::or_number(&value.to_string())
        }
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Value {
        if value <= 1 << 53 { Value::Number(value as f64) } else { Integer::or_number(&value.to_string()) }
    }
}

impl From<i128> for Value {
    fn from(value: i128) -> Value {
        Integer::or_number(&value.to_string())
    }
}

impl Ord for Integer {
    fn cmp(&self, other: &Integer) -> Ordering {
        let size = |integer: &Integer| integer.0.len();
        match (self.is_negative(), other.is_negative()) {
            (false, false) => size(self).cmp(&size(other)).then_with(|| self.0.cmp(&other.0)),
            (true, true) => size(other).cmp(&size(self)).then_with(|| other.0.cmp(&self.0)),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Integer {
    fn partial_cmp(&self, other: &Integer) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As the hash of a double, which it may be equal to.
impl Hash for Integer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nearest().to_bits().hash(state);
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By arithmetic: 2^53 is 9007199254740992, and above it a double steps by two.
    #[test]
    fn only_what_a_double_would_change_is_kept_as_digits() {
        for (text, exact) in [
            ("0", "0"),
            ("-0", "0"),
            ("007", "7"),
            ("+12", "12"),
            ("9007199254740992", "9007199254740992"),
            ("9007199254740993", "9007199254740993"),
            ("-9007199254740993", "-9007199254740993"),
            ("7615917337495251231", "7615917337495251231"),
            ("00123456789012345678901", "123456789012345678901"),
            ("100000000000000000000", "100000000000000000000"),
        ] {
            assert_eq!(Integer::read(text).unwrap().to_string(), exact, "{text}");
        }
        assert!(matches!(Integer::read("100000000000000000000"), Some(Value::Number(_))));
        assert!(matches!(Integer::read("9007199254740993"), Some(Value::Integer(_))));
        for text in ["", "-", "1.0", "1e3", " 1", "1_000", "١"] {
            assert!(Integer::read(text).is_none(), "{text:?}");
        }
        let long = "9".repeat(400);
        assert_eq!(Integer::read(&long).unwrap().to_string(), long);
    }

    #[test]
    fn integers_are_ordered_by_their_digits() {
        let ascending = [
            "-10000000000000000000001",
            "-9007199254740993",
            "-9007199254740992",
            "0",
            "9007199254740992",
            "9007199254740993",
            "9007199254740995",
            "1152921504606846976",
            "10000000000000000000001",
        ];
        for (at, low) in ascending.iter().enumerate() {
            for (to, high) in ascending.iter().enumerate() {
                let (a, b) = (Integer::read(low).unwrap(), Integer::read(high).unwrap());
                assert_eq!(super::super::sort_order(&a, &b), at.cmp(&to), "{low} {high}");
                assert_eq!(a == b, at == to, "{low} {high}");
            }
        }
        // 2^60, with all its digits and as a double: the same number.
        assert_eq!(Integer::read("1152921504606846976"), Some(Value::Number(2f64.powi(60))));
    }
}
