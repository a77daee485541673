//! Reads stored forms: JSON as the writer writes it, without a space.

use std::borrow::Cow;

use super::{Seal, Unreadable};
use crate::value::Value;

/// Reads what a [`Writer`](super::Writer) wrote, and refuses whatever else there may be.
pub struct Reader<'b> {
    text: &'b str,
    at: usize,
    seal: &'b dyn Seal,
    /// The values that were written once and are held more than once, with how deep lists and objects lie in each.
    pub(super) shared: Option<Vec<(Value, usize)>>,
}

pub(crate) type Read<T> = Result<T, Unreadable>;

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8], seal: &'b dyn Seal) -> Read<Reader<'b>> {
        let text = str::from_utf8(bytes)
            .map_err(|error| Unreadable::Damaged { at: error.valid_up_to(), expected: "text in UTF-8" })?;
        Ok(Reader { text, at: 0, seal, shared: None })
    }

    /// A form that is no later than the one that is known; `read` is given its version, and reads what follows that.
    pub(crate) fn versioned<T>(
        &mut self,
        known: u32,
        read: impl FnOnce(u32, &mut Self) -> Read<T>,
    ) -> Read<T> {
        self.expect(b'{', "an object")?;
        let form = match &*self.key()? {
            "v" => self.whole()?,
            _ => return self.damaged("the version of the form"),
        };
        if form > known {
            return Err(Unreadable::Later { form, known });
        }
        let it = read(form, self)?;
        self.expect(b'}', "the end of the object")?;
        Ok(it)
    }

    /// From here on, what is held twice may be written once.
    pub(crate) fn share(&mut self) {
        self.shared = Some(Vec::new());
    }

    pub(crate) fn end(&self) -> Read<()> {
        if self.at == self.text.len() { Ok(()) } else { self.damaged("the end") }
    }

    pub(crate) fn damaged<T>(&self, expected: &'static str) -> Read<T> {
        Err(Unreadable::Damaged { at: self.at, expected })
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes on behind this byte if it is the next.
    pub(crate) fn skip(&mut self, byte: u8) -> bool {
        let skipped = self.peek() == Some(byte);
        self.at += usize::from(skipped);
        skipped
    }

    pub(crate) fn expect(&mut self, byte: u8, what: &'static str) -> Read<()> {
        if self.skip(byte) { Ok(()) } else { self.damaged(what) }
    }

    /// Goes on behind this word, which is known by its first letter.
    pub(crate) fn word(&mut self, word: &'static str) -> Read<()> {
        if !self.text[self.at..].starts_with(word) {
            return self.damaged(word);
        }
        self.at += word.len();
        Ok(())
    }

    /// The name of a member.
    pub(crate) fn key(&mut self) -> Read<Cow<'b, str>> {
        let key = self.text()?;
        self.expect(b':', "a colon")?;
        Ok(key)
    }

    /// The members of an object: `each` reads the one under the name that it is given.
    pub(crate) fn object(&mut self, each: impl FnMut(&mut Self, &str) -> Read<()>) -> Read<()> {
        self.expect(b'{', "an object")?;
        if self.skip(b'}') {
            return Ok(());
        }
        self.members(each)?;
        self.expect(b'}', "the end of the object")
    }

    /// The members from here to the end of their object, which is left to be read.
    pub(crate) fn members(&mut self, mut each: impl FnMut(&mut Self, &str) -> Read<()>) -> Read<()> {
        loop {
            let key = self.key()?;
            each(self, &key)?;
            if !self.skip(b',') {
                return Ok(());
            }
        }
    }

    /// The members that follow the version.
    pub(crate) fn rest(&mut self, each: impl FnMut(&mut Self, &str) -> Read<()>) -> Read<()> {
        if self.skip(b',') { self.members(each) } else { Ok(()) }
    }

    /// The member of this name, which is the only one that follows the version.
    pub(crate) fn only<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.expect(b',', "a member")?;
        if *self.key()? != *name {
            return self.damaged(name);
        }
        read(self)
    }

    /// A list, each of whose items `item` reads.
    pub(crate) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        self.expect(b'[', "a list")?;
        let mut items = Vec::new();
        if self.skip(b']') {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if !self.skip(b',') {
                self.expect(b']', "the end of the list")?;
                return Ok(items);
            }
        }
    }

    pub(crate) fn text(&mut self) -> Read<Cow<'b, str>> {
        self.expect(b'"', "a text")?;
        let plain = self.plain()?;
        if self.skip(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = plain.to_owned();
        while !self.skip(b'"') {
            self.expect(b'\\', "an escape")?;
            text.push(self.escaped()?);
            text.push_str(self.plain()?);
        }
        Ok(Cow::Owned(text))
    }

    /// The characters up to a quote or an escape.
    fn plain(&mut self) -> Read<&'b str> {
        let from = self.at;
        let rest = &self.text.as_bytes()[from..];
        match rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..=0x1f)) {
            Some(length) => {
                self.at += length;
                Ok(&self.text[from..self.at])
            }
            None => self.damaged("a text that ends"),
        }
    }

    fn escaped(&mut self) -> Read<char> {
        let escape = self.peek();
        self.at += usize::from(escape.is_some_and(|byte| byte.is_ascii()));
        match escape {
            Some(byte @ (b'"' | b'\\' | b'/')) => Ok(byte.into()),
            Some(b'n') => Ok('\n'),
            Some(b'r') => Ok('\r'),
            Some(b't') => Ok('\t'),
            Some(b'b') => Ok('\u{8}'),
            Some(b'f') => Ok('\u{c}'),
            // The writer writes so what comes before the space, and no half characters.
            Some(b'u') => match char::from_u32(self.hex(4)? as u32) {
                Some(letter) => Ok(letter),
                None => self.damaged("a whole character"),
            },
            _ => self.damaged("an escape"),
        }
    }

    /// So many hexadecimal digits.
    pub(crate) fn hex(&mut self, digits: usize) -> Read<u64> {
        let mut number = 0;
        for _ in 0..digits {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return self.damaged("a hexadecimal digit");
            };
            number = number << 4 | u64::from(digit);
            self.at += 1;
        }
        Ok(number)
    }

    /// A text of 16 hexadecimal digits.
    pub(crate) fn quoted_hex(&mut self) -> Read<u64> {
        self.expect(b'"', "a text")?;
        let number = self.hex(16)?;
        self.expect(b'"', "the end of the text")?;
        Ok(number)
    }

    /// The characters of a number.
    pub(crate) fn digits(&mut self) -> Read<&'b str> {
        let rest = &self.text.as_bytes()[self.at..];
        let part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.iter().position(|byte| !part(byte)).unwrap_or(rest.len());
        let digits = &self.text[self.at..self.at + length];
        if digits.is_empty() {
            return self.damaged("a value");
        }
        self.at += length;
        Ok(digits)
    }

    /// A number of a certain type.
    pub(crate) fn whole<N: std::str::FromStr>(&mut self) -> Read<N> {
        let at = self.at;
        let damaged = Unreadable::Damaged { at, expected: "a whole number that is not too large" };
        self.digits()?.parse().map_err(|_| damaged)
    }

    pub(crate) fn boolean(&mut self) -> Read<bool> {
        let value = self.peek() == Some(b't');
        self.word(if value { "true" } else { "false" })?;
        Ok(value)
    }

    pub(crate) fn secret(&mut self) -> Read<String> {
        let sealed = self.text()?;
        self.seal.open(&sealed).ok_or(Unreadable::Sealed)
    }
}
