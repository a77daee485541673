//! Okta's exports as projects, whose files are those that they convert to.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flowrun_core::load::{MANIFEST, load};
use flowrun_core::model::{self, Step};
use flowrun_core::source::{FileId, Source, Sources, Span};
use flowrun_core::vocabulary::Vocabulary;
use flowrun_exports::{self as exports, Dictionary, Export, MAX_BYTES, Trouble, print};

use crate::bundle;
use crate::problem::{Problem, unreadable};
use crate::project::Project;

/// Whether a file is one of Okta's exports: by its name, or, where that is `.json` or has no ending, by how it begins.
pub fn is_export(path: &Path) -> bool {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("flopack" | "folder" | "flow") => true,
        Some("json") | None => begins_as_export(path),
        Some(_) => false,
    }
}

/// So many bytes tell whether a file is an export.
const BEGINNING: u64 = 4096;

fn begins_as_export(path: &Path) -> bool {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(BEGINNING).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    let of_export = ["\"flopack\"", "\"flos\"", "\"methods\""];
    read.is_ok()
        && text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
        && of_export.iter().any(|sign| text.contains(sign))
}

/// An export as a project, whose files are those that it converts to.
pub fn read(path: &Path, vocabulary: &Vocabulary) -> Result<Project, Problem> {
    let text = text(path)?;
    let unread = |why: String| {
        Problem::new(format!("{} isn't an export that flowrun can read: {why}", path.display()))
            .help("export a folder or a flow in Okta's console again; a file is not to be changed by hand")
    };
    let export = exports::read(&text, &Dictionary::new(vocabulary)).map_err(unread)?;
    let mut sources = sources(&export.project);
    let (model, found) = load(&sources, &vocabulary.cards);
    originate(&export, &model, &mut sources);
    let root = path.parent().unwrap_or(Path::new(".")).to_owned();
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let file = bundle::File { path: (&*name).into(), text: text.into() };
    Ok(Project {
        root,
        sources,
        model,
        found,
        troubles: export.troubles,
        export: Some(file),
        tests: Vec::new(),
    })
}

/// Says again of files that were made of an export which parts of it theirs were, and what of it could not be read. Of files that another
/// flowrun made of it otherwise nothing is said.
pub(crate) fn retell(
    text: &str,
    model: &model::Project,
    made: &mut Sources,
    vocabulary: &Vocabulary,
) -> Vec<Trouble> {
    let Ok(export) = exports::read(text, &Dictionary::new(vocabulary)) else { return Vec::new() };
    let now = sources(&export.project);
    let same =
        |((_, a), (_, b)): ((FileId, &Source), (FileId, &Source))| a.path == b.path && a.text == b.text;
    if made.iter().count() != now.iter().count() || !made.iter().zip(now.iter()).all(same) {
        return Vec::new();
    }
    originate(&export, model, made);
    export.troubles
}

/// Notes which parts of an export the parts of a project were made of.
fn originate(export: &Export, model: &model::Project, sources: &mut Sources) {
    for made in &export.project.flows {
        // What could not be read again is reported already.
        let Ok(place) = model.flows.binary_search_by(|read| read.path.cmp(&made.path)) else { continue };
        let read = &model.flows[place];
        let mut originate = |read: Span, made: Span| {
            let origin = export.origins.get(made.start as usize).cloned();
            origin.into_iter().for_each(|origin| sources.originate(read, origin));
        };
        originate(read.span, made.span);
        in_pairs(&made.cards, &read.cards, &mut |made, read| originate(read.span, made.span));
    }
}

/// Visits the cards of a flow as it was made and as it was read again, which are the same cards.
fn in_pairs(made: &[Step], read: &[Step], visit: &mut impl FnMut(&Step, &Step)) {
    for (made, read) in made.iter().zip(read) {
        visit(made, read);
        for (made, read) in made.arms.iter().zip(&read.arms) {
            in_pairs(&made.cards, &read.cards, visit);
        }
    }
}

/// The files of a project, as they are written.
pub fn sources(project: &model::Project) -> Sources {
    let mut sources = Sources::default();
    if let Some(manifest) = print::manifest(&project.manifest) {
        sources.add(MANIFEST, &manifest);
    }
    for flow in project.files() {
        sources.add(&format!("{}.yaml", flow.path), &print::flow(flow, project));
    }
    sources
}

fn text(path: &Path) -> Result<String, Problem> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|_| {
        Problem::new(format!("{} isn't text", path.display())).help("an export is a JSON file in UTF-8")
    })
}
