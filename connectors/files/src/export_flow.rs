//! Flows · Export Flow.

use std::sync::Arc;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::{File, Text};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;

use crate::FileStore;

/// Gives a flow of the project as a file: its YAML, as it was when the run began.
///
/// Of one of Okta's exports it is the YAML that the export converts to.
#[derive(Inputs)]
pub(crate) struct ExportFlow {
    /// The flow, as Call Flow names it: its file's name without `.yaml`, with the folders above it.
    flow: Text,
}

/// The file.
#[derive(Outputs)]
pub(crate) struct Exported {
    /// The file.
    #[output(key = "File Content")]
    pub(crate) file_content: Arc<File>,
    /// Its name.
    #[output(key = "Filename")]
    pub(crate) filename: Text,
    /// Its size in bytes.
    #[output(key = "Size")]
    pub(crate) size: f64,
}

impl Exported {
    pub(crate) fn of(file: Arc<File>) -> Exported {
        Exported { filename: file.name.clone(), size: file.size as f64, file_content: file }
    }
}

impl Effect for ExportFlow {
    const ID: &str = "flows.export_flow";
    const EXPORTED_AS: &[&str] = &["kernel:utility:exportFlo"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- { id: exported, card: flows.export_flow, with: { flow: is_even } }
- { id: text, card: file.read_text, with: { file_content: $.exported.file_content } }
- card: flow_control.return
  with: { filename: $.exported.filename, is_yaml: "{{ 'cards:' in text.text }}" }"#
            => ok r#"{ filename: is_even.yaml, is_yaml: true }"#,
        r#"- { card: flows.export_flow, with: { flow: is_evn } }"#
            => err "the project has no flow `is_evn`",
    };
    const DOES: Does = Does::Reads;
    type Connection = FileStore;
    type Out = Exported;

    async fn run(self, store: &FileStore) -> Result<Exported> {
        let wanted = self.flow.trim().trim_end_matches(".yaml");
        let Some((path, text)) = store.sources().find(|(path, _)| path.strip_suffix(".yaml") == Some(wanted))
        else {
            bail!(Self::FLOW, "the project has no flow `{wanted}`");
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        Ok(Exported::of(store.create(name, text.as_bytes())?))
    }
}
