//! Quotes in CSV (RFC 4180, 2.5 to 2.7): a field that begins with one ends with one, and inside each is doubled.
//!
//! Readers of CSV take what breaks these rules for something else in silence: the rest of a file for one field, or `"Jane "Jo" Doe"` for
//! `Jane Jo" Doe"`.

/// Looks at the bytes of a CSV as they pass.
#[derive(Debug)]
pub struct Quotes {
    separator: u8,
    quote: u8,
    /// Whether spaces may stand behind a field's last quote.
    spaced: bool,
    place: Place,
    line: u64,
    /// The line in which something first stands behind a field's last quote.
    stray: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// A field begins.
    Start,
    /// In a field without quotes.
    Plain,
    Quoted,
    /// Behind a quote that ends the field, or is doubled.
    Behind,
    /// Behind a space that follows the field's last quote.
    Spaced,
}

impl Quotes {
    /// At the start of a CSV; `spaced` says whether spaces around fields count for nothing.
    pub fn new(separator: u8, quote: u8, spaced: bool) -> Quotes {
        Quotes { separator, quote, spaced, place: Place::Start, line: 1, stray: None }
    }

    /// Looks at what comes next.
    pub fn look(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.line += u64::from(*byte == b'\n');
            let ends_field = *byte == self.separator || matches!(byte, b'\n' | b'\r');
            self.place = match self.place {
                Place::Start | Place::Behind if *byte == self.quote => Place::Quoted,
                Place::Quoted if *byte == self.quote => Place::Behind,
                Place::Quoted => Place::Quoted,
                _ if ends_field => Place::Start,
                Place::Behind | Place::Spaced if *byte == b' ' && self.spaced => Place::Spaced,
                Place::Behind | Place::Spaced => {
                    self.stray.get_or_insert(self.line);
                    Place::Plain
                }
                Place::Start | Place::Plain => Place::Plain,
            };
        }
    }

    /// Whether a field is open that began with a quote.
    pub fn is_open(&self) -> bool {
        self.place == Place::Quoted
    }

    /// The line in which a field goes on behind its last quote, if one does.
    pub fn stray(&self) -> Option<u64> {
        self.stray
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_the_rules_is_known() {
        // Open at the end, and the line of what stands behind a field's last quote.
        let table = [
            ("", (false, None)),
            ("a,\"b\"\"c\"\r\n\"\"\n\"\n\",x", (false, None)),
            ("a,\"b\n", (true, None)),
            // A quote within a field without quotes is a letter, as readers have it.
            ("5\" pipe,\"b\"", (false, None)),
            ("a\n\"Jane \"Jo\" Doe\"", (false, Some(2))),
            ("\"a\" ,b", (false, Some(1))),
            ("\"a\"\"", (true, None)),
        ];
        for (text, told) in table {
            // However the bytes come in.
            for piece in [1, 3, 100] {
                let mut quotes = Quotes::new(b',', b'"', false);
                text.as_bytes().chunks(piece).for_each(|bytes| quotes.look(bytes));
                assert_eq!((quotes.is_open(), quotes.stray()), told, "{text}");
            }
        }
        let mut spaced = Quotes::new(b';', b'\'', true);
        spaced.look(b"'a' ;b");
        assert_eq!(spaced.stray(), None);
        spaced.look(b"\n'a' 'b'");
        assert_eq!(spaced.stray(), Some(2));
    }
}
