use super::encoding::{self, Encoding};
use crate::prelude::*;

/// Writes the bytes that a text stands for in another way.
///
/// `text` is the text itself, in UTF-8; `base64url` is base64 as addresses and JWTs have it. What is read may
/// have line breaks, and base64 may lack the `=` at its end. Bytes that aren't UTF-8 can't become `text`.
/// Results of `encryption.hash` and `encryption.hmac` can be converted too.
#[derive(Inputs)]
pub struct ConvertEncoding {
    /// The text.
    text: Text,
    /// How it is written.
    #[input(default = "text", choices = encoding::NAMES)]
    from: Text,
    /// How to write it.
    #[input(choices = encoding::NAMES)]
    to: Text,
}

/// The text, written otherwise.
#[derive(Outputs)]
pub struct Converted {
    /// The same bytes, as asked for.
    text: Text,
}

impl Pure for ConvertEncoding {
    const ID: &str = "encryption.convert_encoding";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: größe, to: base64 }"# => ok r#"{ text: "Z3LDtsOfZQ==" }"#,
        r#"{ text: "deadbeef", from: hex, to: base64url }"# => ok r#"{ text: "3q2-7w" }"#,
        r#"{ text: "Z3LDtsOfZQ", from: base64, to: text }"# => ok r#"{ text: größe }"#,
        r#"{ text: "", to: hex }"# => ok r#"{ text: "" }"#,
        r#"{ text: "abc", from: hex, to: text }"# => err "the text is not written as hexadecimal",
        r#"{ text: "ff", from: hex, to: text }"# => err "the bytes aren't UTF-8 text",
    };
    type Out = Converted;

    fn run(self, _: &Cx<'_>) -> Result<Converted> {
        let encoding = |name: &Text, input| match Encoding::named(name) {
            Some(encoding) if encoding != Encoding::Binary => Ok(encoding),
            _ => bail!(input, "expected one of {}, found \"{name}\"", encoding::NAMES.join(", ")),
        };
        let (from, to) = (encoding(&self.from, Self::FROM)?, encoding(&self.to, Self::TO)?);
        let Some(bytes) = from.read(&self.text) else {
            bail!(Self::TEXT, "the text is not written as {}", from.name());
        };
        let Some(text) = to.write(&bytes) else {
            bail!(Self::TEXT, "the bytes aren't {}", to.name());
        };
        Ok(Converted { text: text.into() })
    }
}
