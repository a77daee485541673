//! `flowrun check`, and the check before a run.

use std::collections::BTreeSet;
use std::path::Path;

use flowrun_core::check::{Checked, Options, check as check_project};
use flowrun_core::diag::{self, Diagnostic, Severity, Style, render, to_json};
use flowrun_core::load::MANIFEST;
use flowrun_core::program::Program;
use flowrun_core::value::{Text, Value};

use crate::args::CheckArgs;
use crate::connectors;
use crate::console::{Console, Look};
use crate::problem::Problem;
use crate::project::Project;
use crate::{DONE, Refused, WRONG, words};

/// Checks the project that a path belongs to, and says everything that is wrong with it.
pub fn check(args: &CheckArgs, console: &mut Console<'_>) -> Result<u8, Refused> {
    let project = Project::read(&args.path)?;
    if project.model.flows.is_empty() {
        return Err(no_flows(&args.path, "check").into());
    }
    let checked = examine(&project, None, &Given::default());
    let found: Vec<Diagnostic> = project.found.iter().cloned().chain(checked.diagnostics).collect();
    for trouble in &project.troubles {
        console.warn(&trouble.to_string());
    }
    if args.json {
        console.print(&format!("{:#}\n", to_json(&found, &project.sources)))?;
    } else if found.is_empty() {
        let flows = words::many(project.model.flows.len() as u64, "flow");
        console.print(&format!("no mistakes in {flows}\n"))?;
    } else {
        console.print(&render(&found, &project.sources, style(console.out_look)))?;
    }
    Ok(if has_errors(&found) { WRONG } else { DONE })
}

/// A project whose flows can be shown, though not necessarily run; what keeps a file from being read is told.
pub fn loaded(path: &Path, command: &str, console: &mut Console<'_>) -> Result<Project, Refused> {
    let project = Project::read(path)?;
    if project.model.flows.is_empty() {
        return Err(no_flows(path, command).into());
    }
    // Half of a flow would look like a whole one.
    if has_errors(&project.found) {
        console.note(&errors(&project.found, &project, console.err_look));
        return Err(Refused::Said);
    }
    Ok(project)
}

/// The problem of a path that has no flows; `command` is what was to be done with them.
pub fn no_flows(path: &Path, command: &str) -> Problem {
    let problem = Problem::new(format!("there are no flows in {}", path.display()));
    let below =
        path.read_dir().into_iter().flatten().flatten().find(|entry| entry.path().join(MANIFEST).is_file());
    match below {
        Some(entry) => problem.help(format!(
            "did you mean `flowrun {command} {}`?",
            entry.path().strip_prefix(".").unwrap_or(&entry.path()).display()
        )),
        None => problem.help(
            "a project is a folder with flow files in YAML and, for tables and connections, flowrun.yaml",
        ),
    }
}

/// Values for variables that don't stand in the project.
#[derive(Debug, Default)]
pub struct Given<'a> {
    /// As `--set` gives them.
    pub set: &'a [(Text, Value)],
    /// As the environment gives them.
    pub env: &'a [(Text, Value)],
}

/// Checks a project; `entry` is the flow to make a program of.
pub fn examine(project: &Project, entry: Option<&str>, given: &Given<'_>) -> Checked {
    let (names, events) = (connectors::names(), connectors::events());
    let options = Options {
        sources: &project.sources,
        found: &project.found,
        vars: given.set,
        env: given.env,
        connectors: &names,
        events: &events,
    };
    check_project(&project.model, &connectors::catalog(), entry, &options)
}

/// Whether a run would be refused.
pub fn has_errors(found: &[Diagnostic]) -> bool {
    found.iter().any(|found| found.code.severity() == Severity::Error)
}

/// How diagnostics look on a stream.
pub fn style(look: Look) -> Style {
    Style { color: look.color, width: look.width }
}

/// Draws the errors alone, for a run that they keep from starting.
pub fn errors(found: &[Diagnostic], project: &Project, look: Look) -> String {
    let errors: Vec<Diagnostic> =
        found.iter().filter(|d| d.code.severity() == Severity::Error).cloned().collect();
    let mut text = render(&errors, &project.sources, style(look));
    // Of the many lines the last says that nothing has happened.
    let summary = diag::summary(&errors, &project.sources);
    if let Some(at) = text.rfind(&summary) {
        text.insert_str(at + summary.len(), "; nothing was run");
    }
    text
}

/// How many warnings there are in the flows of a program.
pub fn warnings(found: &[Diagnostic], program: &Program) -> usize {
    let matters = |found: &&Diagnostic| {
        let file = found.span.file;
        found.code.severity() == Severity::Warning && program.flows.iter().any(|flow| flow.span.file == file)
    };
    let places: BTreeSet<_> =
        found.iter().filter(matters).map(|d| (d.span.file, d.span.start, d.code)).collect();
    places.len()
}
