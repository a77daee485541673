//! The values of a row in one piece: for each its column's number, its length, its bytes.

use std::sync::Arc;

fn put_number(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

fn take_number(from: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

/// Adds a value to a row.
pub(super) fn put(column: u64, value: &[u8], into: &mut Vec<u8>) {
    put_number(column, into);
    put_number(value.len() as u64, into);
    into.extend_from_slice(value);
}

/// The values of a row, by the names that the numbers stand for; none if it is not as it was written.
pub(super) fn read(mut body: &[u8], names: &[Arc<str>]) -> Option<Vec<(Arc<str>, Vec<u8>)>> {
    let mut columns = Vec::with_capacity(names.len());
    while !body.is_empty() {
        let column = take_number(&mut body)?;
        let length = usize::try_from(take_number(&mut body)?).ok()?;
        let (value, rest) = body.split_at_checked(length)?;
        columns.push((names.get(usize::try_from(column).ok()?)?.clone(), value.to_vec()));
        body = rest;
    }
    Some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_and_any_bytes_come_back() {
        let names: Vec<Arc<str>> = (0..300).map(|number| Arc::from(format!("c{number}"))).collect();
        let (mut body, mut expected) = (Vec::new(), Vec::new());
        for (column, length) in [(0, 0), (127, 1), (128, 127), (299, 70_000)] {
            let value = vec![column as u8; length];
            put(column, &value, &mut body);
            expected.push((names[column as usize].clone(), value));
        }
        assert_eq!(read(&body, &names).unwrap(), expected);
        let ends = (0..body.len()).filter(|end| read(&body[..*end], &names).is_some()).count();
        assert_eq!(ends, 4, "only whole values are read: none, one, two, three");
        assert_eq!(read(&body, &names[..200]), None, "a column that nobody named");
    }
}
