//! Ids and times in Okta's form.

use flowrun_core::chance::mix;
use jiff::Timestamp;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SCRAMBLED: usize = 8;
const NUMBERED: usize = 6;
/// The end every id of one Okta cell has in common.
const CELL: &str = "5d7";

/// The id of the `number`th thing of its kind: a prefix such as `00u`, then 17 characters.
pub fn id(prefix: &str, number: u32) -> String {
    let mut id = String::with_capacity(prefix.len() + SCRAMBLED + NUMBERED + CELL.len());
    id.push_str(prefix);
    push_digits(&mut id, mix(u64::from(number)), SCRAMBLED);
    push_digits(&mut id, u64::from(number), NUMBERED);
    id.push_str(CELL);
    id
}

/// The number an id was made from, if it was made here.
pub fn number(prefix: &str, text: &str) -> Option<u32> {
    let start = prefix.len() + SCRAMBLED;
    let digits = text.get(start..start + NUMBERED)?;
    let value = digits.bytes().try_fold(0u64, |value, byte| {
        let digit = DIGITS.iter().position(|&known| known == byte)?;
        Some(value * 62 + digit as u64)
    })?;
    let number = u32::try_from(value).ok()?;
    (id(prefix, number) == text).then_some(number)
}

fn push_digits(id: &mut String, mut value: u64, count: usize) {
    let mut digits = [b'0'; SCRAMBLED];
    for place in digits[..count].iter_mut().rev() {
        *place = DIGITS[(value % 62) as usize];
        value /= 62;
    }
    id.extend(digits[..count].iter().map(|&digit| char::from(digit)));
}

/// A time with milliseconds, as the System Log writes it.
pub fn iso_millis(at_ms: i64) -> String {
    time(at_ms).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// A time in whole seconds, as recorded sessions and users have it: `2026-05-13T05:52:24.000Z`.
pub fn iso_seconds(at_ms: i64) -> String {
    time(at_ms).strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// The milliseconds since 1970 of a time a client wrote.
pub fn parse_time(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

fn time(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or_default()
}
