//! `flowrun convert`: writes an export as a project of flow files.

use std::path::PathBuf;

use clap::Args;
use flowrun_core::check::secrets;
use flowrun_core::diag::Code;
use flowrun_core::words;
use flowrun_project::{Project, folder};

use crate::console::Console;
use crate::outcome::{DONE, FAILED, Refused};
use crate::surroundings::Surroundings;

/// What `convert` is told.
#[derive(Clone, Debug, Args)]
pub struct ConvertArgs {
    /// The export: a .flopack, .folder or .flow file
    #[arg(value_name = "EXPORT")]
    pub export: PathBuf,
    /// The folder to write the project to
    #[arg(long, short, value_name = "FOLDER")]
    pub output: PathBuf,
    /// Write over files that are there
    #[arg(long)]
    pub force: bool,
}

/// Writes an export as a project.
pub fn run(
    args: &ConvertArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let vocabulary = surroundings.registry.vocabulary();
    let project = Project::read(&args.export, vocabulary)?;
    let into = &args.output;
    let files = project.sources.iter().map(|(_, source)| (&*source.path, &*source.text));
    folder::write(into, files, args.force)?;
    for trouble in &project.troubles {
        console.warn(&trouble.to_string());
    }
    let more = secrets(&project.model, &vocabulary.cards, &project.found);
    let found = project.found.iter().chain(&more);
    for found in found.filter(|found| found.code == Code::SecretInFile) {
        let file = &project.sources.get(found.span.file).path;
        console.warn(&format!(
            "{file}: {}; whoever reads the project can use it, and `flowrun check` shows where",
            found.message
        ));
    }
    let flows = words::many(project.model.files().count() as u64, "flow");
    console.note(&format!("wrote {flows} to {}\n", into.display()));
    Ok(if project.lacks_flows() { FAILED } else { DONE })
}
