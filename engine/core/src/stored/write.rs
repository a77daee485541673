//! Writes stored forms.

use std::io::Write;

use foldhash::fast::RandomState;
use indexmap::IndexSet;

use super::Seal;

/// Writes JSON, without a space, as long as there is room.
pub struct Writer<'s> {
    bytes: Vec<u8>,
    most: usize,
    seal: &'s dyn Seal,
    /// The lists and objects that were written and that others hold too, by where they lie; for forms that keep what is shared.
    sharing: Option<IndexSet<usize, RandomState>>,
}

/// The largest size below which every whole double is exact and is read as a double again.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl<'s> Writer<'s> {
    pub(crate) fn new(seal: &'s dyn Seal, most: usize) -> Writer<'s> {
        Writer { bytes: Vec::with_capacity(512.min(most)), most, seal, sharing: None }
    }

    /// From here on, what is held twice is written once.
    pub(crate) fn share(&mut self) {
        self.sharing = Some(IndexSet::default());
    }

    /// Writes a list or an object that lies at this address, unless it was written before; `held` says whether others hold it too.
    pub(crate) fn shared(&mut self, address: usize, held: bool, write: impl FnOnce(&mut Self)) {
        match self.sharing.as_mut().filter(|_| held).map(|known| known.insert_full(address)) {
            None => write(self),
            Some((place, false)) => self.object(|writer| writer.name("$again").number(place as u64)),
            Some((_, true)) => self.object(|writer| write(writer.name("$shared"))),
        }
    }

    /// Whether it is more than may be written; whoever writes much stops then.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() > self.most
    }

    /// What was written, if that is not more than may be.
    pub(crate) fn within(self) -> Option<Vec<u8>> {
        (!self.is_full()).then_some(self.bytes)
    }

    /// A form of this version, whose members `inside` writes.
    pub(crate) fn versioned(&mut self, form: u32, inside: impl FnOnce(&mut Self)) {
        self.object(|writer| {
            writer.name("v").number(form);
            inside(writer);
        });
    }

    /// An object, whose members `inside` writes.
    pub(crate) fn object(&mut self, inside: impl FnOnce(&mut Self)) {
        self.bytes.push(b'{');
        inside(self);
        self.bytes.push(b'}');
    }

    /// A list; `each` writes an item.
    pub(crate) fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Self, T)) {
        self.bytes.push(b'[');
        for item in items {
            if self.is_full() {
                break;
            }
            self.item();
            each(self, item);
        }
        self.bytes.push(b']');
    }

    /// The next item of a list begins.
    pub(crate) fn item(&mut self) -> &mut Self {
        // Texts end with a quote, so that these two can only be what opened the list or the object.
        if !matches!(self.bytes.last(), None | Some(b'[' | b'{')) {
            self.bytes.push(b',');
        }
        self
    }

    /// The next member of an object begins, under a name that needs no escapes.
    pub(crate) fn name(&mut self, name: &'static str) -> &mut Self {
        self.item().raw("\"").raw(name).raw("\":")
    }

    /// The next member of an object begins, under any name.
    pub(crate) fn key(&mut self, before: &str, name: &str) -> &mut Self {
        self.item();
        self.quoted(before, name);
        self.raw(":")
    }

    pub(crate) fn raw(&mut self, json: &str) -> &mut Self {
        self.bytes.extend_from_slice(json.as_bytes());
        self
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.quoted("", text);
    }

    fn quoted(&mut self, before: &str, text: &str) {
        self.raw("\"").raw(before);
        let mut rest = text.as_bytes();
        while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..=0x1f)) {
            let (plain, escaped) = rest.split_at(at);
            self.bytes.extend_from_slice(plain);
            match escaped[0] {
                b'\n' => _ = self.raw("\\n"),
                byte @ (b'"' | b'\\') => self.bytes.extend_from_slice(&[b'\\', byte]),
                byte => self.put(format_args!("\\u{byte:04x}")),
            }
            rest = &escaped[1..];
        }
        self.bytes.extend_from_slice(rest);
        self.raw("\"");
    }

    pub(crate) fn secret(&mut self, secret: &str) {
        self.text(&self.seal.seal(secret));
    }

    pub(crate) fn boolean(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    pub(crate) fn number(&mut self, number: impl Into<i128>) {
        let number: i128 = number.into();
        match i64::try_from(number) {
            Ok(number) => self.put(format_args!("{number}")),
            Err(_) => self.put(format_args!("{number}")),
        }
    }

    /// A finite double, so that it is read as this very double.
    pub(crate) fn double(&mut self, number: f64) {
        if number.fract() == 0.0 && number.abs() < EXACT && (number != 0.0 || number.is_sign_positive()) {
            self.put(format_args!("{}", number as i64));
        } else {
            // Writing a finite number to memory can't fail; it has a point or an exponent, always.
            let _ = serde_json::to_writer(&mut self.bytes, &number);
        }
    }

    /// A text that needs no escapes.
    pub(crate) fn plain(&mut self, text: std::fmt::Arguments<'_>) {
        self.put(format_args!("\"{text}\""));
    }

    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        // Memory takes everything.
        let _ = self.bytes.write_fmt(what);
    }
}
