use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flowrun_core::encoding::{self, Encoding};

use crate::prelude::*;

/// Decodes a text from Base64.
///
/// The alphabet of web addresses, with `-` and `_`, is read too; padding may be left out, and white space is
/// skipped. Anything else is an error, and so is what gives no text in the encoding. A byte order mark decides
/// which that is, whatever `encoding` says, and is dropped. The way back is `text.base64`.
#[derive(Inputs)]
pub struct Base64Decode {
    /// The code.
    #[input(key = "string")]
    text: Text,
    /// How the bytes are a text.
    #[input(default = "utf-8", choices = encoding::NAMES)]
    encoding: Text,
}

/// The text.
#[derive(Outputs)]
pub struct Decoded {
    /// The text that was encoded.
    #[output(key = "output")]
    text: Text,
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

impl Pure for Base64Decode {
    const ID: &str = "text.base64_decode";
    const EXPORTED_AS: &[&str] = &["kernel:string:base64Decode"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: IA== }"# => ok r#"{ text: " " }"#,
        r#"{ text: "w7w" }"# => ok r#"{ text: ü }"#,
        r#"{ text: "Pz8_\n Pj4-" }"# => ok r#"{ text: "???>>>" }"#,
        r#"{ text: "SvxyZ2Vu", encoding: windows-1252 }"# => ok r#"{ text: Jürgen }"#,
        r#"{ text: "" }"# => ok r#"{ text: "" }"#,
        r#"{ text: "a*b" }"# => err "the text isn't Base64",
        r#"{ text: "/w==" }"# => err "what was decoded isn't text in UTF-8",
    };
    type Out = Decoded;

    fn run(self, _: &Cx<'_>) -> Result<Decoded> {
        let letters = self.text.bytes().filter(|byte| !byte.is_ascii_whitespace());
        let standard = letters.map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => byte,
        });
        let Ok(bytes) = LENIENT.decode(standard.collect::<Vec<_>>()) else {
            bail!(kind Parse, "the text isn't Base64")
        };
        let Some(encoding) = Encoding::named(&self.encoding) else {
            bail!(Self::ENCODING, "expected an encoding such as utf-8 or windows-1252, found \"{}\"", self.encoding)
        };
        match encoding.decode(&bytes) {
            Ok(text) => Ok(Decoded { text: (&*text).into() }),
            Err(_) => bail!(kind Parse, "what was decoded isn't text in {}", encoding.name()),
        }
    }
}
