use std::sync::Arc;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{File, Text};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;

use crate::{FileStore, out_of_range};

/// Reads a file as a text.
///
/// The file must be in UTF-8; a byte order mark is dropped. A large file is better left a file: for rows use
/// `tables.import_from_csv`.
#[derive(Inputs)]
pub(crate) struct ReadText {
    /// The file.
    file_content: Arc<File>,
    /// How many megabytes it may have; up to 100.
    #[input(default = 10)]
    max_mb: f64,
}

/// What it says.
#[derive(Outputs)]
pub(crate) struct Read {
    /// The text.
    text: Text,
}

impl Effect for ReadText {
    const ID: &str = "file.read_text";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- { id: made, card: file.create, with: { text: "id,name", filename: people.csv } }
- { card: file.read_text, with: { file_content: $.made.file_content } }"# => ok r#"{ text: "id,name" }"#,
        r#"- { id: made, card: file.from_base64, with: { text: 77u/Wm/Dqw==, filename: marked.txt } }
- { card: file.read_text, with: { file_content: $.made.file_content } }"# => ok "{ text: Zoë }",
        r#"- { id: made, card: file.from_base64, with: { text: Wm/r, filename: latin.txt } }
- { card: file.read_text, with: { file_content: $.made.file_content } }"#
            => err "latin.txt (3 bytes) isn't text in UTF-8: byte 3 can't be there",
        r#"- { id: made, card: file.create, with: { text: "id,name", filename: people.csv } }
- { card: file.read_text, with: { file_content: $.made.file_content, max_mb: 0.000005 } }"#
            => err "expected a file of at most 5 bytes, found people.csv (7 bytes)",
    };
    const DOES: Does = Does::Reads;
    type Connection = FileStore;
    type Out = Read;

    async fn run(self, store: &FileStore) -> Result<Read> {
        if let Some(wrong) = out_of_range(self.max_mb) {
            bail!(Self::MAX_MB, "{wrong}");
        }
        let bytes = store.read(&self.file_content, self.max_mb)?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let (file, place) = (&self.file_content, error.valid_up_to() + 1);
            Fault::new(
                FaultKind::Parse,
                format!("{file} isn't text in UTF-8: byte {place} can't be there"),
            )
            .at(Self::FILE_CONTENT)
            .help("save it as UTF-8 where it comes from; for the bytes themselves use `file.to_base64`")
        })?;
        Ok(Read { text: text.strip_prefix('\u{feff}').unwrap_or(text).into() })
    }
}
