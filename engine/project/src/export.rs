//! Okta's exports as projects, whose files are those that they convert to.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flowrun_core::load::{MANIFEST, load};
use flowrun_core::model;
use flowrun_core::source::Sources;
use flowrun_core::vocabulary::Vocabulary;
use flowrun_exports::{self as exports, Dictionary, MAX_BYTES, print};

use crate::problem::{Problem, unreadable};
use crate::project::Project;

/// Whether a file is one of Okta's exports, by its name.
pub fn is_export(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("flopack" | "folder" | "flow"))
}

/// An export as a project, whose files are those that it converts to.
pub fn read(path: &Path, vocabulary: &Vocabulary) -> Result<Project, Problem> {
    let text = text(path)?;
    let unread = |why: String| {
        Problem::new(format!("{} is no export that flowrun can read: {why}", path.display()))
            .help("export a folder or a flow in Okta's console anew; a file is not to be changed by hand")
    };
    let export = exports::read(&text, &Dictionary::new(vocabulary)).map_err(unread)?;
    let sources = sources(&export.project);
    let (model, found) = load(&sources);
    let root = path.parent().unwrap_or(Path::new(".")).to_owned();
    Ok(Project { root, sources, model, found, troubles: export.troubles })
}

/// The files of a project, as they are written.
pub fn sources(project: &model::Project) -> Sources {
    let mut sources = Sources::default();
    if let Some(manifest) = print::manifest(&project.manifest) {
        sources.add(MANIFEST, &manifest);
    }
    for flow in &project.flows {
        sources.add(&format!("{}.yaml", flow.path), &print::flow(flow));
    }
    sources
}

fn text(path: &Path) -> Result<String, Problem> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|_| {
        Problem::new(format!("{} is no text", path.display())).help("an export is a JSON file in UTF-8")
    })
}
