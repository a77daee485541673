//! `flowrun graph`: draws a flow, or all flows of a project on one page.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use flowrun_core::diag::render;
use flowrun_core::source::FileId;
use flowrun_project::check::{self, Given};
use flowrun_project::{Project, unwritable};
use flowrun_views::graph::{self, Subject, Theme};
use flowrun_views::mistakes::style;

use crate::console::Console;
use crate::outcome::{DONE, Refused, WRONG};
use crate::surroundings::Surroundings;

/// What `graph` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun graph flows/import.yaml -o import.svg
  flowrun graph flows/import.yaml --format mermaid
  flowrun graph Onboarding.folder --flow \"Create User\" -o create.svg   a flow of an export
  flowrun graph Onboarding.folder --html -o onboarding.html             all its flows on one page")]
pub struct GraphArgs {
    /// The flow to draw, or an export of Okta Workflows; with --html also a folder
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which flow of an export to draw: its title, or its name as `check` shows it
    #[arg(long, value_name = "FLOW")]
    pub flow: Option<String>,
    /// Where to write it; to the terminal if not given
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What to write; by the ending of the output file, else SVG
    #[arg(long, value_enum)]
    pub format: Option<GraphFormat>,
    /// Write one page with all flows of the project, to look at in a browser
    #[arg(long, conflicts_with_all = ["flow", "format"])]
    pub html: bool,
    /// The colors of a picture: auto, light or dark
    #[arg(long, value_name = "THEME", default_value = "auto")]
    pub theme: Theme,
}

/// How a flow is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A picture
    Svg,
    /// Text for Markdown
    Mermaid,
}

/// Draws a flow.
pub fn run(args: &GraphArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let vocabulary = surroundings.registry.vocabulary();
    if args.html {
        let project = check::loaded(&args.file, vocabulary, "graph --html")?;
        let title = project.title(&args.file);
        let uses = check::examine(&project, vocabulary, &Given::default()).uses;
        give(&graph::page(&project, &uses, &title, &vocabulary.cards, args.theme), args, console)?;
        return Ok(unread(&project, None, console));
    }
    if args.file.is_dir() {
        return Err(check::is_folder(&args.file, vocabulary).into());
    }
    let project = Project::read(&args.file, vocabulary)?;
    let path = project.entry(&args.file, args.flow.as_deref())?;
    let at = project.model.flows.iter().position(|flow| *flow.path == *path);
    let Some(at) = at else { return Err(Refused::Said) };
    let flow = &project.model.flows[at];
    let uses = check::examine(&project, vocabulary, &Given::default()).uses;
    let named =
        args.output.as_deref().and_then(Path::extension).and_then(|ending| match ending.to_str()? {
            "svg" => Some(GraphFormat::Svg),
            "mmd" | "mermaid" | "md" => Some(GraphFormat::Mermaid),
            _ => None,
        });
    let subject = Subject::of(&project, at, &uses, &vocabulary.cards);
    let text = match args.format.or(named).unwrap_or(GraphFormat::Svg) {
        GraphFormat::Svg => graph::svg(subject, args.theme),
        GraphFormat::Mermaid => graph::mermaid(subject),
    };
    give(&text, args, console)?;
    Ok(unread(&project, Some(flow.span.file), console))
}

/// Tells the mistakes for which parts of a file, or of any, are missing in what was shown; the exit code.
pub fn unread(project: &Project, file: Option<FileId>, console: &mut Console<'_>) -> u8 {
    let found = project.unread(file);
    if found.is_empty() {
        return DONE;
    }
    console.note(&render(&found, &project.sources, style(console.err_look)));
    WRONG
}

/// Writes what `graph` gives to where it was asked for.
fn give(text: &str, args: &GraphArgs, console: &mut Console<'_>) -> Result<(), Refused> {
    match &args.output {
        None => console.print(text)?,
        Some(file) => fs::write(file, text).map_err(|error| unwritable(file, &error))?,
    }
    Ok(())
}
