//! Checks a project as a whole, and tells whether something can be done with it.

use std::collections::BTreeSet;
use std::path::Path;

use flowrun_core::check::{Checked, Options, check};
use flowrun_core::diag::{Diagnostic, Severity};
use flowrun_core::load::MANIFEST;
use flowrun_core::program::{FlowId, Program};
use flowrun_core::source::{FileId, Sources};
use flowrun_core::value::{Text, Value};
use flowrun_core::vocabulary::Vocabulary;

use crate::problem::{Problem, Refused};
use crate::project::Project;

/// Values for variables that are not in the project.
#[derive(Debug, Default)]
pub struct Given<'a> {
    /// Those of the command line.
    pub set: &'a [(Text, Value)],
    /// Those of the environment.
    pub env: &'a [(Text, Value)],
}

/// Checks a project, all of it.
pub fn examine(project: &Project, vocabulary: &Vocabulary, given: &Given<'_>) -> Checked {
    let events: Vec<&str> = vocabulary.events.iter().map(|event| &*event.name).collect();
    let connectors: Vec<&str> = vocabulary.connectors.iter().map(|name| &**name).collect();
    let options = Options {
        sources: &project.sources,
        found: &project.found,
        vars: given.set,
        env: given.env,
        connectors: &connectors,
        events: &events,
    };
    check(&project.model, &vocabulary.cards, &options)
}

/// Whether a run would be refused.
pub fn has_errors(found: &[Diagnostic]) -> bool {
    found.iter().any(is_error)
}

/// Whether a run would be refused for this alone.
pub fn is_error(found: &Diagnostic) -> bool {
    found.code.severity() == Severity::Error
}

/// What concerns flows in these files: what is in them or in the manifest.
pub fn concerning(
    mut found: Vec<Diagnostic>,
    files: &BTreeSet<FileId>,
    sources: &Sources,
) -> Vec<Diagnostic> {
    found.retain(|found| files.contains(&found.span.file) || *sources.get(found.span.file).path == *MANIFEST);
    found
}

/// How many warnings there are about the flows that a run of `entry` may reach.
pub fn warnings(found: &[Diagnostic], program: &Program, entry: FlowId) -> usize {
    let files: BTreeSet<FileId> =
        program.reached(entry).into_iter().map(|flow| program.flow(flow).span.file).collect();
    let matters = |found: &&Diagnostic| !is_error(found) && files.contains(&found.span.file);
    let places: BTreeSet<_> =
        found.iter().filter(matters).map(|d| (d.span.file, d.span.start, d.code)).collect();
    places.len()
}

/// A project whose flows can be shown, though not necessarily run; `command` is what is to be done with them.
pub fn loaded(path: &Path, vocabulary: &Vocabulary, command: &str) -> Result<Project, Refused> {
    let project = Project::read(path, vocabulary)?;
    if project.model.flows.is_empty() {
        return Err(no_flows(path, command).into());
    }
    Ok(project)
}

/// The problem of a path that has no flows; `command` is what was to be done with them.
pub fn no_flows(path: &Path, command: &str) -> Problem {
    let problem = Problem::new(format!("there are no flows in {}", path.display()));
    let below =
        path.read_dir().into_iter().flatten().flatten().find(|entry| entry.path().join(MANIFEST).is_file());
    match below {
        Some(entry) => {
            let path = entry.path();
            let near = format!("flowrun {command} {}", path.strip_prefix(".").unwrap_or(&path).display());
            problem.meant(Some(&near))
        }
        None => problem.help(
            "a project is a folder with flow files in YAML and, for tables and connections, flowrun.yaml",
        ),
    }
}

/// The problem of a folder that was to be run or drawn: names the flows in it.
pub fn is_folder(path: &Path, vocabulary: &Vocabulary) -> Problem {
    let flows = Project::read(path, vocabulary).map(|project| project.starters()).unwrap_or_default();
    let problem = Problem::new(format!("{} is a folder", path.display()));
    if flows.is_empty() {
        problem.help("name a flow")
    } else {
        problem.help(format!("name one of its flows: {}", flows.join(", ")))
    }
}
