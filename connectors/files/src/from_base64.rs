use std::sync::Arc;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{File, Text};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::effect::Effect;

use crate::{FileStore, unnamed};

/// Makes a file of bytes that are given as Base64.
///
/// White space and missing padding are accepted, and `-` and `_` for `+` and `/`, as by `text.base64_decode`. The way back
/// is `file.to_base64`.
#[derive(Inputs)]
pub(crate) struct FromBase64 {
    /// The bytes, as Base64.
    text: Text,
    /// What to call the file.
    filename: Text,
}

/// The file.
#[derive(Outputs)]
pub(crate) struct Decoded {
    /// The file.
    file_content: Arc<File>,
    /// Its size in bytes.
    size: f64,
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

impl Effect for FromBase64 {
    const ID: &str = "file.from_base64";
    const EXAMPLES: &[Example] = examples! {
        r#"- { card: file.from_base64, with: { text: iVBORw0KGgo=, filename: logo.png } }"# => ok "{ size: 8 }",
        r#"- { card: file.from_base64, with: { text: "", filename: empty.bin } }"# => ok "{ size: 0 }",
        r#"- { card: file.from_base64, with: { text: "no base64!", filename: logo.png } }"#
            => err "the text isn't Base64",
    };
    const DOES: Does = Does::Reads;
    type Connection = FileStore;
    type Out = Decoded;

    async fn run(self, store: &FileStore) -> Result<Decoded> {
        if self.filename.trim().is_empty() {
            return Err(unnamed(Self::FILENAME));
        }
        let letters = self.text.bytes().filter(|byte| !byte.is_ascii_whitespace());
        let letters = letters.map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        });
        let bytes = LENIENT.decode(letters.collect::<Vec<u8>>()).map_err(|_| {
            // Which letter is wrong stays untold: the text may be confidential.
            Fault::new(FaultKind::Parse, "the text isn't Base64").at(Self::TEXT)
        })?;
        let file = store.create(&self.filename, &bytes)?;
        Ok(Decoded { size: file.size as f64, file_content: file })
    }
}
