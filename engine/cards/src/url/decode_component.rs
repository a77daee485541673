use percent_encoding::percent_decode_str;

use crate::prelude::*;

/// Reads a text that was escaped for an address.
///
/// A `+` stays a plus. A `%` without two hexadecimal digits behind it is an error, and so are bytes that are
/// no UTF-8, as in JavaScript's `decodeURIComponent`. The way back is `url.encode_component`; for a query use
/// `url.decode_query`.
#[derive(Inputs)]
pub struct DecodeComponent {
    /// The escaped text.
    text: Text,
}

/// The text itself.
#[derive(Outputs)]
pub struct Decoded {
    /// The text without escapes.
    text: Text,
}

impl Pure for DecodeComponent {
    const ID: &str = "url.decode_component";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: "jane%2Btest%40example.com" }"# => ok r#"{ text: "jane+test@example.com" }"#,
        r#"{ text: "a+b%20c" }"# => ok r#"{ text: "a+b c" }"#,
        r#"{ text: "100%" }"# => err "expected two hexadecimal digits behind each %",
        r#"{ text: "%FF" }"# => err "the escapes aren't UTF-8",
    };
    type Out = Decoded;

    fn run(self, _: &Cx<'_>) -> Result<Decoded> {
        let whole = |escape: &str| {
            escape.len() >= 2 && escape.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit)
        };
        if !self.text.split('%').skip(1).all(whole) {
            return Err(Fault::new(FaultKind::Url, "expected two hexadecimal digits behind each %").at(Self::TEXT));
        }
        match percent_decode_str(&self.text).decode_utf8() {
            Ok(text) => Ok(Decoded { text: Text::from(&*text) }),
            Err(_) => Err(Fault::new(FaultKind::Url, "the escapes aren't UTF-8").at(Self::TEXT)),
        }
    }
}
