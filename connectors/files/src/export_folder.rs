//! Folders · Export Folder.

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, bail, examples};
use flowrun_kit::effect::Effect;

use crate::FileStore;
use crate::export_flow::Exported;
use crate::tar;

/// Gives the flows of a folder and of all folders within it as one file: a tar archive of their YAML, as it was when the run began.
///
/// `tar xf` makes the folder of it again. The archive of the same files is the same in every byte.
#[derive(Inputs)]
pub(crate) struct ExportFolder {
    /// The folder, by its path within the project: `people/leavers`. Blank is the whole project, with its `flowrun.yaml`.
    folder: Option<Text>,
}

impl Effect for ExportFolder {
    const ID: &str = "folders.export_folder";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- { id: exported, card: folders.export_folder }
- card: flow_control.return
  with: { filename: $.exported.filename, is_there: "{{ exported.size > 1024 }}" }"#
            => ok r#"{ filename: project.tar, is_there: true }"#,
        r#"- { card: folders.export_folder, with: { folder: nowhere } }"#
            => err "the project has no folder `nowhere` with flows in it",
    };
    const DOES: Does = Does::Reads;
    type Connection = FileStore;
    type Out = Exported;

    async fn run(self, store: &FileStore) -> Result<Exported> {
        let folder = self.folder.unwrap_or_default();
        let folder = folder.trim().trim_matches('/');
        let within = |path: &str| {
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        let mut files: Vec<(&str, &str)> = store.sources().filter(|(path, _)| within(path)).collect();
        if files.is_empty() {
            bail!(Self::FOLDER, "the project has no folder `{folder}` with flows in it");
        }
        files.sort_unstable();
        let name = folder.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("project");
        Ok(Exported::of(store.create(&format!("{name}.tar"), &tar::archive(&files)?)?))
    }
}
