use std::sync::Arc;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::encoding;
use flowrun_core::fault::Result;
use flowrun_core::value::{File, Text};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::effect::Effect;
use flowrun_kit::files;

use crate::{FileStore, unnamed};

/// Makes a file of a text.
///
/// A letter that the encoding lacks is an error. The file lasts as long as the run; `flowrun --files FOLDER` saves the files among a flow's outputs. The way back is
/// `file.read_text`.
#[derive(Inputs)]
pub(crate) struct Create {
    /// The text.
    text: Text,
    /// What to call the file; any extension is yours to add.
    filename: Text,
    /// How the file is written.
    #[input(default = "utf-8", choices = encoding::NAMES)]
    encoding: Text,
}

/// The file.
#[derive(Outputs)]
pub(crate) struct Created {
    /// The file.
    file_content: Arc<File>,
    /// Its size in bytes.
    size: f64,
}

impl Effect for Create {
    const ID: &str = "file.create";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- { card: file.create, with: { text: Zoë, filename: name.txt } }"# => ok "{ size: 4 }",
        r#"- { card: file.create, with: { text: "", filename: empty.txt } }"# => ok "{ size: 0 }",
        r#"- { card: file.create, with: { text: Zoë, filename: name.txt, encoding: utf-16 } }"# => ok "{ size: 8 }",
        r#"- { card: file.create, with: { text: Łódź, filename: city.txt, encoding: windows-1252 } }"#
            => err "the encoding windows-1252 has no \"Ł\"",
        r#"- { card: file.create, with: { text: Zoë, filename: " " } }"# => err "the name of the file is blank",
    };
    const DOES: Does = Does::Reads;
    type Connection = FileStore;
    type Out = Created;

    async fn run(self, store: &FileStore) -> Result<Created> {
        if self.filename.trim().is_empty() {
            return Err(unnamed(Self::FILENAME));
        }
        let encoding = files::encoding(&self.encoding, Self::ENCODING)?;
        let bytes =
            encoding.encode(&self.text).map_err(|letter| files::lacks(encoding, letter).at(Self::TEXT))?;
        let file = store.create(&self.filename, &bytes)?;
        Ok(Created { size: file.size as f64, file_content: file })
    }
}
