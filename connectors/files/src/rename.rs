use std::sync::Arc;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::{File, Text};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::effect::Effect;

use crate::{FileStore, unnamed};

/// Gives a file another name.
///
/// The old one stays as it is; both share their content.
#[derive(Inputs)]
pub(crate) struct Rename {
    /// The file.
    file_content: Arc<File>,
    /// What to call it.
    filename: Text,
}

/// The file.
#[derive(Outputs)]
pub(crate) struct Renamed {
    /// The file under its new name.
    file_content: Arc<File>,
}

impl Effect for Rename {
    const ID: &str = "file.rename";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- { id: made, card: file.create, with: { text: "id,name", filename: export.csv } }
- { id: renamed, card: file.rename, with: { file_content: $.made.file_content, filename: people.csv } }
- { card: flow_control.return, with: { name: "{{ renamed.file_content.name }}" } }"# => ok "{ name: people.csv }",
        r#"- { id: made, card: file.create, with: { text: "id,name", filename: export.csv } }
- { card: file.rename, with: { file_content: $.made.file_content, filename: "" } }"#
            => err "the name of the file is blank",
    };
    const DOES: Does = Does::Reads;
    type Connection = FileStore;
    type Out = Renamed;

    async fn run(self, _: &FileStore) -> Result<Renamed> {
        if self.filename.trim().is_empty() {
            return Err(unnamed(Self::FILENAME));
        }
        let File { handle, size, .. } = &*self.file_content;
        let file = File { handle: handle.clone(), name: self.filename, size: *size };
        Ok(Renamed { file_content: Arc::new(file) })
    }
}
