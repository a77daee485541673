//! Reads escapes, and remembers where each letter stood.

use std::ops::Range;

/// A text whose escapes were read once.
pub(super) struct Decoded {
    pub text: Vec<u8>,
    /// Where its pieces come from, in their order.
    pieces: Vec<Piece>,
}

/// A piece of the text: letters that stood there as they are, or what an escape stands for.
struct Piece {
    /// Where it begins in the decoded text.
    at: usize,
    source: Range<usize>,
    escaped: bool,
}

impl Decoded {
    /// Where a part of the decoded text stands in the one that was read; escapes are whole.
    pub(super) fn source(&self, part: Range<usize>) -> Range<usize> {
        let piece = |at: usize| {
            let after = self.pieces.partition_point(|piece| piece.at <= at);
            &self.pieces[after.saturating_sub(1)]
        };
        let (first, last) = (piece(part.start), piece(part.end.saturating_sub(1)));
        let start =
            if first.escaped { first.source.start } else { first.source.start + part.start - first.at };
        let end = if last.escaped { last.source.end } else { last.source.start + part.end - last.at };
        start..end
    }
}

/// Reads the escapes of JSON, of addresses and of HTML in a text; none if there are none.
pub(super) fn decode(text: &[u8]) -> Option<Decoded> {
    let mut decoded = Decoded { text: Vec::new(), pieces: Vec::new() };
    let mut kept = 0;
    let mut at = 0;
    while let Some(next) = memchr::memchr3(b'\\', b'%', b'&', &text[at..]) {
        at += next;
        let Some((length, letter)) = escape(&text[at..]) else {
            at += 1;
            continue;
        };
        decoded.push(text, kept..at, None);
        decoded.push(text, at..at + length, Some(letter.as_slice()));
        at += length;
        kept = at;
    }
    if decoded.pieces.is_empty() {
        return None;
    }
    decoded.push(text, kept..text.len(), None);
    Some(decoded)
}

impl Decoded {
    fn push(&mut self, text: &[u8], source: Range<usize>, means: Option<&[u8]>) {
        let added = means.unwrap_or(&text[source.clone()]);
        if !added.is_empty() {
            self.pieces.push(Piece { at: self.text.len(), source, escaped: means.is_some() });
            self.text.extend_from_slice(added);
        }
    }
}

/// The letter that an escape stands for: at most four bytes.
struct Letter {
    bytes: [u8; 4],
    length: usize,
}

impl Letter {
    fn byte(byte: u8) -> Letter {
        Letter { bytes: [byte, 0, 0, 0], length: 1 }
    }

    fn of(letter: char) -> Letter {
        let mut bytes = [0; 4];
        let length = letter.encode_utf8(&mut bytes).len();
        Letter { bytes, length }
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// The escape that a text begins with: how long it is, and what it stands for.
fn escape(text: &[u8]) -> Option<(usize, Letter)> {
    match text {
        [b'\\', b'u', ..] => {
            let first = number(text.get(2..6)?, 16)?;
            let second = || match text.get(6..12) {
                Some([b'\\', b'u', digits @ ..]) => number(digits, 16),
                _ => None,
            };
            match first {
                0xd800..0xdc00 => {
                    let second = second().filter(|unit| (0xdc00..0xe000).contains(unit))?;
                    let letter = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    Some((12, Letter::of(char::from_u32(letter)?)))
                }
                first => Some((6, Letter::of(char::from_u32(first)?))),
            }
        }
        [b'\\', b'x', ..] => Some((4, Letter::byte(number(text.get(2..4)?, 16)? as u8))),
        [b'\\', letter, ..] => {
            let meant = match letter {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'b' => 8,
                b'f' => 12,
                b'"' | b'\'' | b'\\' | b'/' => *letter,
                _ => return None,
            };
            Some((2, Letter::byte(meant)))
        }
        [b'%', ..] => Some((3, Letter::byte(number(text.get(1..3)?, 16)? as u8))),
        [b'&', b'#', ..] => {
            let end = text.iter().take(12).position(|&byte| byte == b';')?;
            let digits = &text[2..end];
            let code = match digits {
                [b'x' | b'X', digits @ ..] => number(digits, 16)?,
                digits => number(digits, 10)?,
            };
            Some((end + 1, Letter::of(char::from_u32(code)?)))
        }
        [b'&', ..] => {
            const NAMED: [(&[u8], u8); 8] = [
                (b"&amp;", b'&'),
                (b"&lt;", b'<'),
                (b"&gt;", b'>'),
                (b"&quot;", b'"'),
                (b"&apos;", b'\''),
                (b"&sol;", b'/'),
                (b"&plus;", b'+'),
                (b"&equals;", b'='),
            ];
            let (name, letter) = NAMED.iter().find(|(name, _)| text.starts_with(name))?;
            Some((name.len(), Letter::byte(*letter)))
        }
        _ => None,
    }
}

fn number(digits: &[u8], base: u32) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, &digit| {
        number.checked_mul(base)?.checked_add(char::from(digit).to_digit(base)?)
    })
}
