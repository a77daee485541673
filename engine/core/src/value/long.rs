//! Integers beyond 64 bits in JSON, of which the reader only gives the nearest double.
//!
//! Hardly any text has one. Where one was met, the text is read again, with the digits of its numbers at hand.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use super::{Integer, Value};

thread_local! {
    static READING: RefCell<Reading> = const { RefCell::new(Reading { met: false, numbers: None }) };

    /// How many values the text under way may still have; nothing outside of one.
    static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
}

struct Reading {
    /// Whether a number was met that may be an integer of more than 64 bits.
    met: bool,
    /// The numbers still to come that are given as doubles, in their order: the digits of each that is an integer.
    numbers: Option<VecDeque<Option<Value>>>,
}

/// How many values one text may hold: an empty object takes three bytes of it, and a hundred in memory.
pub const MOST_VALUES: u32 = 4_000_000;

/// Counts a value of a list or an object.
pub(super) fn count() -> Result<(), &'static str> {
    let Some(left) = LEFT.get() else { return Ok(()) };
    LEFT.set(Some(left.checked_sub(1).ok_or("there are more than 4,000,000 values in one text")?));
    Ok(())
}

fn counted<T>(read: impl Fn() -> T) -> T {
    LEFT.set(Some(MOST_VALUES));
    let read = read();
    LEFT.set(None);
    read
}

/// What a number means that the reader gives as a double.
pub(super) fn read(number: f64) -> Value {
    READING.with_borrow_mut(|reading| match reading.numbers.as_mut().and_then(VecDeque::pop_front) {
        Some(Some(integer)) => integer,
        Some(None) => Value::Number(number),
        None => {
            reading.met |= number.abs() >= BEYOND;
            Value::Number(number)
        }
    })
}

/// No integer of 64 bits is as large, but for those that the reader gives as integers.
const BEYOND: f64 = 9.2e18;

/// Reads values from JSON with all the digits of their integers: calls `read`, and once more if that lost some.
pub(super) fn with_all_digits<T>(json: &[u8], read: impl Fn() -> T) -> T {
    READING.with_borrow_mut(|reading| reading.met = false);
    let once = counted(&read);
    if !READING.with_borrow(|reading| reading.met) {
        return once;
    }
    let numbers = doubles(json);
    if numbers.iter().all(Option::is_none) {
        return once;
    }
    READING.with_borrow_mut(|reading| reading.numbers = Some(numbers));
    let again = counted(&read);
    READING.with_borrow_mut(|reading| reading.numbers = None);
    again
}

/// The numbers of a JSON text that a reader gives as doubles.
fn doubles(json: &[u8]) -> VecDeque<Option<Value>> {
    let mut found = VecDeque::new();
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'-' | b'0'..=b'9')) {
        rest = &rest[at..];
        let quoted = rest[0] == b'"';
        let (token, after) = rest.split_at(if quoted { end_of_text(rest) } else { end_of_number(rest) });
        if let Some(double) = str::from_utf8(token).ok().filter(|_| !quoted).and_then(double) {
            found.push_back(double);
        }
        rest = after;
    }
    found
}

/// Whether a number is given as a double, and its digits if it is an integer.
fn double(number: &str) -> Option<Option<Value>> {
    if number.contains(['.', 'e', 'E']) {
        Some(None)
    } else if number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        // But for -0, which is no integer to the reader.
        (number == "-0").then_some(None)
    } else {
        Some(Integer::read(number))
    }
}

fn end_of_text(rest: &[u8]) -> usize {
    let mut bytes = rest.iter().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return at + 1,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    rest.len()
}

fn end_of_number(rest: &[u8]) -> usize {
    let part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    rest.iter().position(|byte| !part(byte)).unwrap_or(rest.len())
}
