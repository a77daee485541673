//! `flowrun check`: finds every mistake in a project.

use std::path::PathBuf;

use clap::Args;
use flowrun_core::diag::{Diagnostic, render, to_json};
use flowrun_core::words;
use flowrun_project::Project;
use flowrun_project::check::{Given, examine, has_errors, no_flows};
use flowrun_views::mistakes::style;

use crate::console::Console;
use crate::outcome::{DONE, Refused, WRONG};
use crate::surroundings::Surroundings;

/// What `check` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun check                    the project that this folder belongs to
  flowrun check flows/import.yaml  the project that the file belongs to
  flowrun check flows --json       for editors and CI

Exit codes: 0 no errors (there may be warnings), 2 there are errors.")]
pub struct CheckArgs {
    /// A flow or a folder; the whole project it belongs to is checked
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Print the mistakes as JSON
    #[arg(long)]
    pub json: bool,
}

/// Checks the project that a path belongs to, and says everything that is wrong with it.
pub fn run(args: &CheckArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let vocabulary = surroundings.registry.vocabulary();
    let project = Project::read(&args.path, vocabulary)?;
    if project.model.flows.is_empty() {
        return Err(no_flows(&args.path, "check").into());
    }
    let checked = examine(&project, vocabulary, &Given::default());
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
