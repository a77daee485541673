//! Ways to write bytes as text.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A way to write bytes as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The text whose UTF-8 they are.
    Text,
    /// Two hexadecimal digits each.
    Hex,
    /// Base64, filled up with `=`.
    Base64,
    /// Base64 for addresses, as JWTs have it: `-` and `_`, not filled up.
    Base64Url,
    /// One character each, U+0000 to U+00FF.
    Binary,
}

/// The names of all ways that text can be converted between.
pub const NAMES: &[&str] = &["text", "hex", "base64", "base64url"];

impl Encoding {
    /// The way called `name`.
    pub fn named(name: &str) -> Option<Encoding> {
        Some(match name {
            "text" => Encoding::Text,
            "hex" => Encoding::Hex,
            "base64" => Encoding::Base64,
            "base64url" => Encoding::Base64Url,
            "binary" => Encoding::Binary,
            _ => return None,
        })
    }

    /// What to call it in a message.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Text => "UTF-8 text",
            Encoding::Hex => "hexadecimal",
            Encoding::Base64 => "base64",
            Encoding::Base64Url => "base64url",
            Encoding::Binary => "binary",
        }
    }

    /// The bytes as text, if they can be written so: not all bytes are a text.
    pub fn write(self, bytes: &[u8]) -> Option<String> {
        Some(match self {
            Encoding::Text => str::from_utf8(bytes).ok()?.to_owned(),
            Encoding::Hex => bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
                // Writing to memory can't fail.
                let _ = write!(text, "{byte:02x}");
                text
            }),
            Encoding::Base64 => STANDARD.encode(bytes),
            Encoding::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
            Encoding::Binary => bytes.iter().map(|byte| char::from(*byte)).collect(),
        })
    }

    /// The bytes that `text` stands for, if it is written so; line breaks and the `=` at the end count for nothing.
    pub fn read(self, text: &str) -> Option<Vec<u8>> {
        let bare = || text.chars().filter(|it| !it.is_ascii_whitespace()).collect::<String>();
        match self {
            Encoding::Text => Some(text.as_bytes().to_vec()),
            Encoding::Hex => unhex(&bare()),
            Encoding::Base64 => STANDARD_NO_PAD.decode(bare().trim_end_matches('=')).ok(),
            Encoding::Base64Url => URL_SAFE_NO_PAD.decode(bare().trim_end_matches('=')).ok(),
            Encoding::Binary => text.chars().map(|it| u8::try_from(u32::from(it)).ok()).collect(),
        }
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect();
    let (pairs, odd) = digits.as_deref()?.as_chunks::<2>();
    odd.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}
