//! `flowrun docs`: describes a project in Markdown, a page for each flow.

use std::path::PathBuf;

use clap::Args;
use flowrun_core::words;
use flowrun_project::check::{self, Given};
use flowrun_project::folder;
use flowrun_views::docs;

use crate::commands::graph::unread;
use crate::console::Console;
use crate::outcome::Refused;
use crate::surroundings::Surroundings;

/// What `docs` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun docs flows -o target/docs
  flowrun docs Onboarding.folder -o onboarding")]
pub struct DocsArgs {
    /// A flow or a folder, whose project is described; or an export of Okta Workflows
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// The folder to write the pages to
    #[arg(long, short, value_name = "FOLDER")]
    pub output: PathBuf,
    /// Write over files that are there
    #[arg(long)]
    pub force: bool,
}

/// Describes a project.
pub fn run(args: &DocsArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let vocabulary = surroundings.registry.vocabulary();
    let project = check::loaded(&args.path, vocabulary, "docs")?;
    let uses = check::examine(&project, vocabulary, &Given::default()).uses;
    let pages = docs::pages(&project, &uses, &project.title(&args.path), &vocabulary.cards);
    let files = pages.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    folder::write(&args.output, files, args.force)?;
    let flows = words::many(project.model.flows.len() as u64, "flow");
    console.note(&format!("described {flows} in {}\n", args.output.join(docs::INDEX).display()));
    Ok(unread(&project, None, console))
}
