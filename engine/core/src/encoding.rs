//! Encodings of text, by the names of the WHATWG Encoding Standard; inside a flow all text is UTF-8.

use std::borrow::Cow;

use encoding_rs::{Decoder, DecoderResult, UTF_8, UTF_16BE, UTF_16LE};

/// A way in which a text is written as bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Encoding {
    with: &'static encoding_rs::Encoding,
    /// Whether what is written begins with a byte order mark.
    marked: bool,
}

/// The names of the encodings, for the choices of a card.
pub const NAMES: &[&str] = &[
    "utf-8",
    "utf-8-bom",
    "utf-16",
    "utf-16le",
    "utf-16be",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "macintosh",
    "ibm866",
    "koi8-r",
    "koi8-u",
    "gbk",
    "gb18030",
    "big5",
    "euc-jp",
    "iso-2022-jp",
    "shift_jis",
    "euc-kr",
    "windows-874",
];

impl Encoding {
    /// UTF-8, as everything is that says nothing else.
    pub const UTF_8: Encoding = Encoding { with: UTF_8, marked: false };

    /// The encoding of this name, in any case, UTF-8 for a blank; none if there is no such encoding. `utf-8-bom` and `utf-16` are
    /// written with a byte order mark.
    pub fn named(name: &str) -> Option<Encoding> {
        let name = name.trim().to_ascii_lowercase();
        match &*name {
            "" => Some(Encoding::UTF_8),
            "utf-8-bom" => Some(Encoding { with: UTF_8, marked: true }),
            name => {
                let with = encoding_rs::Encoding::for_label_no_replacement(name.as_bytes())?;
                Some(Encoding { with, marked: name == "utf-16" })
            }
        }
    }

    /// What the content of an answer says of itself: by the `charset` of its `Content-Type`, else by the declaration of XML.
    pub fn of_content(content_type: &str, content: &[u8]) -> Option<Encoding> {
        let parameter = |parameter: &str| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
        };
        let charset = content_type.split(';').skip(1).find_map(parameter);
        let name = charset.or_else(|| {
            let start = content.get(..content.len().min(200))?;
            let declaration =
                String::from_utf8_lossy(start.strip_prefix(b"<?xml")?.split(|byte| *byte == b'>').next()?)
                    .into_owned();
            let (_, value) = declaration.split_once("encoding=")?;
            let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            value[1..].split(quote).next().map(str::to_owned)
        })?;
        Encoding::named(&name).filter(|_| !name.trim().is_empty())
    }

    /// Its name, in the spelling of the standard.
    pub fn name(self) -> &'static str {
        self.with.name()
    }

    /// The bytes as text, without their byte order mark, which decides against what was said. Fails with the place of the first
    /// byte, from 1, that can't be there.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
        let (with, mark) = encoding_rs::Encoding::for_bom(bytes).unwrap_or((self.with, 0));
        let content = &bytes[mark..];
        let decoded = with.decode_without_bom_handling_and_without_replacement(content);
        decoded.ok_or_else(|| mark + wrong(with.new_decoder_without_bom_handling(), content))
    }

    /// Reads bytes piece by piece; a byte order mark decides and is left out.
    pub fn decoder(self) -> Decoder {
        self.with.new_decoder()
    }

    /// The text as bytes. Fails with the first letter that the encoding lacks.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, char> {
        if self.with == UTF_16LE || self.with == UTF_16BE {
            let mark = self.marked.then_some(0xfeff);
            let units = mark.into_iter().chain(text.encode_utf16());
            let order = if self.with == UTF_16LE { u16::to_le_bytes } else { u16::to_be_bytes };
            return Ok(units.flat_map(order).collect());
        }
        if self.with == UTF_8 {
            return Ok(match self.marked {
                true => ["\u{feff}", text].concat().into_bytes().into(),
                false => text.as_bytes().into(),
            });
        }
        let (encoded, _, unmappable) = self.with.encode(text);
        if !unmappable {
            return Ok(encoded);
        }
        let lacks = |letter: &char| self.with.encode(letter.encode_utf8(&mut [0; 4])).2;
        Err(text.chars().find(lacks).unwrap_or_default())
    }

    /// The same for what follows a text that was written so already.
    pub fn go_on(self) -> Encoding {
        Encoding { marked: false, ..self }
    }
}

/// The place of the first byte, from 1, that can't be there.
fn wrong(mut decoder: Decoder, bytes: &[u8]) -> usize {
    let mut read = 0;
    let mut text = [0; 4096];
    loop {
        let (result, more, _) = decoder.decode_to_utf8_without_replacement(&bytes[read..], &mut text, true);
        read += more;
        match result {
            DecoderResult::Malformed(length, after) => {
                return (read + 1).saturating_sub(usize::from(length) + usize::from(after));
            }
            DecoderResult::OutputFull => {}
            DecoderResult::InputEmpty => return read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_their_encoding_or_their_mark_says() {
        #[rustfmt::skip]
        let table: &[(&str, &[u8], Result<&str, usize>)] = &[
            ("", b"Zo\xc3\xab", Ok("Zoë")), ("utf-8", b"\xef\xbb\xbfZo\xc3\xab", Ok("Zoë")), ("UTF-8-BOM", b"Zo\xc3\xab", Ok("Zoë")),
            ("windows-1252", b"J\xfcrgen \x80", Ok("Jürgen €")), ("latin1", b"J\xfcrgen", Ok("Jürgen")), ("iso-8859-15", b"\xa4", Ok("€")),
            ("iso-8859-2", b"\xb3\xf3d\xbc", Ok("łódź")), ("utf-16", b"A\0d\0a\0", Ok("Ada")), ("utf-16be", b"\0A\0d\0a", Ok("Ada")),
            // A mark decides against what was said.
            ("utf-8", b"\xff\xfeA\0d\0a\0", Ok("Ada")), ("utf-8", b"\xfe\xff\0A\0d\0a", Ok("Ada")), ("windows-1252", b"\xef\xbb\xbf\xc3\xab", Ok("ë")),
            ("shift_jis", b"\x93\x8c\x8b\x9e", Ok("東京")),
            ("utf-8", b"Zo\xeb.", Err(3)), ("utf-8", b"\xef\xbb\xbfab\xff", Err(6)), ("utf-8", b"Zo\xc3", Err(3)), ("utf-16le", b"A\0d", Err(3)),
            ("utf-16le", b"\x00\xd8A\0", Err(1)),
        ];
        for (name, bytes, text) in table {
            let found = Encoding::named(name).unwrap().decode(bytes);
            assert_eq!(found.as_deref().map_err(|place| *place), *text, "{name} {bytes:x?}");
        }
        assert_eq!(Encoding::named("utf-7"), None);
        for name in NAMES {
            let encoding = Encoding::named(name).unwrap_or_else(|| panic!("{name}"));
            let written = encoding.encode("id;name").unwrap();
            assert_eq!(encoding.decode(&written).as_deref(), Ok("id;name"), "{name}");
        }
    }

    #[test]
    fn text_is_written_whole_or_not_at_all() {
        let write = |name: &str, text| Encoding::named(name).unwrap().encode(text).map(Cow::into_owned);
        assert_eq!(write("windows-1252", "Jürgen €").as_deref(), Ok(&b"J\xfcrgen \x80"[..]));
        assert_eq!(write("windows-1252", "Łódź"), Err('Ł'));
        assert_eq!(write("utf-16", "ä").as_deref(), Ok(&b"\xff\xfe\xe4\0"[..]));
        assert_eq!(write("utf-16be", "ä").as_deref(), Ok(&b"\0\xe4"[..]));
        assert_eq!(write("utf-8-bom", "ä").as_deref(), Ok(&b"\xef\xbb\xbf\xc3\xa4"[..]));
    }

    #[test]
    fn an_answer_says_its_encoding_in_its_header_or_its_declaration() {
        #[rustfmt::skip]
        let table = [
            ("text/csv; charset=iso-8859-1", "", Some("windows-1252")), ("text/csv;header=present; Charset=\"UTF-16\"", "", Some("UTF-16LE")),
            ("text/csv", "", None), ("text/csv; charset=", "", None), ("text/csv; charset=none-such", "", None),
            ("application/xml", "<?xml version='1.0' encoding='ISO-8859-1'?><a/>", Some("windows-1252")),
            ("application/xml; charset=utf-8", "<?xml version='1.0' encoding='ISO-8859-1'?><a/>", Some("UTF-8")),
            ("text/plain", "encoding='ISO-8859-1'", None),
        ];
        for (content_type, content, name) in table {
            let found = Encoding::of_content(content_type, content.as_bytes()).map(Encoding::name);
            assert_eq!(found, name, "{content_type} {content}");
        }
    }
}
