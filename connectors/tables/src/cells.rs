//! The cells of a row, packed into one block of memory: half a million rows must not cost half a gigabyte.

use flowrun_core::types::Type;
use flowrun_core::value::{Date, Integer, Value};

/// A row's cells. Each is a byte that tells its kind, then what the kind needs. What is stored holds them in this form: a kind
/// keeps its number and its meaning for ever.
#[derive(Debug)]
pub(crate) struct Cells(Box<[u8]>);

/// The cell that holds nothing.
pub(crate) const BLANK: &[u8] = &[NULL];

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const NUMBER: u8 = 3;
const DATE: u8 = 4;
const TEXT: u8 = 5;
const INTEGER: u8 = 6;

impl Cells {
    /// Packs one value for each column.
    pub fn pack(values: &[Value]) -> Cells {
        let texts: usize = values.iter().map(|value| value.as_text().map_or(0, |text| text.len() + 2)).sum();
        let mut bytes = Vec::with_capacity(texts + values.len() * 9);
        for value in values {
            match value {
                Value::Bool(value) => bytes.push(if *value { TRUE } else { FALSE }),
                Value::Number(number) => {
                    bytes.push(NUMBER);
                    bytes.extend(number.to_le_bytes());
                }
                Value::Integer(integer) => {
                    bytes.push(INTEGER);
                    pack_text(&mut bytes, integer.digits());
                }
                Value::Date(date) => {
                    bytes.push(DATE);
                    bytes.extend(date.millis().to_le_bytes());
                }
                Value::Text(text) => {
                    bytes.push(TEXT);
                    pack_text(&mut bytes, text);
                }
                // Columns have no other types.
                _ => bytes.push(NULL),
            }
        }
        Cells(bytes.into_boxed_slice())
    }

    /// The value in the column at `column`.
    pub fn get(&self, column: usize) -> Value {
        let mut rest = &*self.0;
        for _ in 0..column {
            rest = split(rest).2;
        }
        read(rest).0
    }

    /// Puts cells together that are packed already.
    pub fn join(cells: &[&[u8]]) -> Cells {
        Cells(cells.concat().into_boxed_slice())
    }

    /// All cells in one.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The cells, each as it is packed.
    pub fn packed(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let after = split(rest).2;
            let (cell, after) = rest.split_at(rest.len() - after.len());
            rest = after;
            Some(cell)
        })
    }

    /// The values, one for each column.
    pub fn iter(&self) -> impl Iterator<Item = Value> + '_ {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (value, after) = read(rest);
            rest = after;
            Some(value)
        })
    }
}

/// The first cell of what may be damaged, and what follows it; none if it is no cell.
pub(crate) fn checked(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let (content, after) = match *kind {
        NULL | FALSE | TRUE => rest.split_at(0),
        NUMBER | DATE => rest.split_at_checked(8)?,
        TEXT | INTEGER => checked_text(rest)?,
        _ => return None,
    };
    match *kind {
        TEXT => drop(std::str::from_utf8(content).ok()?),
        INTEGER => drop(Integer::read(std::str::from_utf8(content).ok()?)?),
        DATE => drop(Date::from_millis(i64::from_le_bytes(content.try_into().ok()?))?),
        _ => {}
    }
    Some((&bytes[..bytes.len() - after.len()], after))
}

/// A text that may be damaged, as its length and its bytes, and what follows it.
pub(crate) fn checked_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = checked_length(bytes)?;
    rest.split_at_checked(length)
}

/// A length that may be damaged, and what follows it.
pub(crate) fn checked_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut length = 0_usize;
    // Nothing here is longer than five times seven bits can tell.
    for (at, byte) in bytes.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((length, &bytes[at + 1..]));
        }
    }
    None
}

/// Whether a cell is what a column of this type keeps.
pub(crate) fn is_of(cell: &[u8], ty: Type) -> bool {
    match cell.first() {
        Some(&TEXT) => ty == Type::TEXT,
        Some(&(NUMBER | INTEGER)) => ty == Type::NUMBER,
        Some(&(TRUE | FALSE)) => ty == Type::BOOL,
        Some(&DATE) => ty == Type::DATE,
        _ => true,
    }
}

/// A cell that holds this value.
pub(crate) fn packed(value: &Value) -> Vec<u8> {
    Cells::pack(std::slice::from_ref(value)).0.into_vec()
}

/// The value in a cell.
pub(crate) fn value(cell: &[u8]) -> Value {
    read(cell).0
}

/// Seven bits in each byte, the lowest first; the eighth tells that more follow.
pub(crate) fn pack_length(bytes: &mut Vec<u8>, mut length: usize) {
    while length > 0x7f {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
}

/// A text behind its length.
pub(crate) fn pack_text(bytes: &mut Vec<u8>, text: &str) {
    pack_length(bytes, text.len());
    bytes.extend(text.as_bytes());
}

/// The kind of the first cell, its content, and the cells behind it.
fn split(bytes: &[u8]) -> (u8, &[u8], &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return (NULL, &[], &[]) };
    let (length, rest) = match *kind {
        NUMBER | DATE => (8, rest),
        TEXT | INTEGER => {
            let mut length = 0;
            let mut at = 0;
            while let Some(byte) = rest.get(at) {
                length |= usize::from(byte & 0x7f) << (7 * at);
                at += 1;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            (length, &rest[at..])
        }
        _ => (0, rest),
    };
    let (content, after) = rest.split_at(length);
    (*kind, content, after)
}

fn read(bytes: &[u8]) -> (Value, &[u8]) {
    let (kind, content, after) = split(bytes);
    let text = || std::str::from_utf8(content).unwrap_or_default();
    let word = || content.try_into().map(u64::from_le_bytes).unwrap_or_default();
    let value = match kind {
        FALSE => Value::Bool(false),
        TRUE => Value::Bool(true),
        NUMBER => Value::Number(f64::from_bits(word())),
        DATE => Date::from_millis(word() as i64).into(),
        TEXT => text().into(),
        INTEGER => Integer::read(text()).unwrap_or_default(),
        _ => Value::Null,
    };
    (value, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let long = "ü".repeat(9_000);
        #[rustfmt::skip]
        let values = [
            Value::Null, Value::from(true), Value::from(false), Value::from(-0.5), Value::from(""), Value::from("Jane"),
            Integer::read("-7615917337495251231").unwrap(), Value::from(&*long), Date::parse_iso("2016-09-07T00:01:25.670Z").into(), Value::from("end"),
            Date::parse_iso("9999-12-31T23:59:59.999Z").into(), Date::parse_iso("0001-01-01").into(),
        ];
        let cells = Cells::pack(&values);
        assert_eq!(cells.iter().collect::<Vec<_>>(), values);
        for (column, value) in values.iter().enumerate() {
            assert_eq!(cells.get(column), *value);
        }
        assert_eq!(cells.get(values.len()), Value::Null);
    }
}
