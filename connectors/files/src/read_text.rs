use std::sync::Arc;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::encoding;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{File, Text};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;
use flowrun_kit::files;

use crate::{FileStore, out_of_range};

/// Reads a file as a text.
///
/// A byte order mark decides how it is written, whatever `encoding` says, and is dropped. A large file is better left a file: for rows use
/// `tables.import_from_csv`.
#[derive(Inputs)]
pub(crate) struct ReadText {
    /// The file.
    file_content: Arc<File>,
    /// How many megabytes it may have; up to 100.
    #[input(default = 10)]
    max_mb: f64,
    /// How it is written.
    #[input(default = "utf-8", choices = encoding::NAMES)]
    encoding: Text,
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
- { card: file.read_text, with: { file_content: $.made.file_content, encoding: iso-8859-1 } }"# => ok "{ text: Zoë }",
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
        let encoding = files::encoding(&self.encoding, Self::ENCODING)?;
        let text = encoding.decode(&bytes).map_err(|place| {
            let (file, name) = (&self.file_content, encoding.name());
            let message = format!("{file} isn't text in {name}: byte {place} can't be there");
            Fault::new(FaultKind::Parse, message).at(Self::FILE_CONTENT).help(
                "say under `encoding` how it is written, such as windows-1252; for the bytes themselves use `file.to_base64`",
            )
        })?;
        Ok(Read { text: (&*text).into() })
    }
}
