use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::{File, Text};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;

use crate::{FileStore, out_of_range};

/// Gives the bytes of a file as Base64.
///
/// For an API that takes files inside JSON. The way back is `file.from_base64`.
#[derive(Inputs)]
pub(crate) struct ToBase64 {
    /// The file.
    file_content: Arc<File>,
    /// How many megabytes it may have; up to 100.
    #[input(default = 10)]
    max_mb: f64,
}

/// What it holds.
#[derive(Outputs)]
pub(crate) struct Encoded {
    /// The bytes, as Base64.
    text: Text,
}

impl Effect for ToBase64 {
    const ID: &str = "file.to_base64";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- { id: made, card: file.create, with: { text: Zoë, filename: name.txt } }
- { card: file.to_base64, with: { file_content: $.made.file_content } }"# => ok r#"{ text: "Wm/Dqw==" }"#,
        r#"- { id: made, card: file.create, with: { text: Zoë, filename: name.txt } }
- { card: file.to_base64, with: { file_content: $.made.file_content, max_mb: 0 } }"#
            => err "expected more than 0 and at most 100, found 0",
    };
    const DOES: Does = Does::Reads;
    type Connection = FileStore;
    type Out = Encoded;

    async fn run(self, store: &FileStore) -> Result<Encoded> {
        if let Some(wrong) = out_of_range(self.max_mb) {
            bail!(Self::MAX_MB, "{wrong}");
        }
        Ok(Encoded { text: STANDARD.encode(store.read(&self.file_content, self.max_mb)?).into() })
    }
}
