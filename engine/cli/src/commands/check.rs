//! `flowrun check`: finds every mistake in a project.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use flowrun_core::card::external;
use flowrun_core::diag::{Diagnostic, render, to_github, to_json};
use flowrun_core::words;
use flowrun_project::Project;
use flowrun_project::check::{Given, examine, has_errors, no_flows};
use flowrun_testing::suite::Suite;
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
  flowrun check flows --format github --deny-warnings
                                   on GitHub: each mistake at its line, and a warning is one too

Exit codes: 0 no errors (there may be warnings, unless they are denied), 2 there are errors.")]
pub struct CheckArgs {
    /// A flow or a folder; the whole project it belongs to is checked
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Print the mistakes as JSON: short for `--format json`
    #[arg(long)]
    pub json: bool,
    /// How to tell them: text, json or github (annotations of a workflow) [default: text]
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, hide_possible_values = true)]
    #[arg(hide_default_value = true, conflicts_with = "json")]
    pub format: CheckFormat,
    /// End with 2 if there are warnings, too
    #[arg(long)]
    pub deny_warnings: bool,
}

/// How mistakes are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// Drawn, for people
    #[default]
    Text,
    /// Everything, for other programs
    Json,
    /// Annotations of a workflow on GitHub
    Github,
}

/// Checks the project that a path belongs to, and says everything that is wrong with it.
pub fn run(args: &CheckArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let vocabulary = surroundings.registry.vocabulary();
    let project = Arc::new(Project::read(&args.path, vocabulary)?);
    for trouble in &project.troubles {
        console.warn(&trouble.to_string());
    }
    if project.model.flows.is_empty() {
        return Err(no_flows(&args.path, "check").into());
    }
    let checked = examine(&project, vocabulary, &Given::default());
    let tests = Suite::beside(&args.path, &project, &surroundings.registry)?;
    let own = project.found.iter().cloned().chain(checked.diagnostics);
    let found: Vec<Diagnostic> = own.chain(tests.found).collect();
    let format = if args.json { CheckFormat::Json } else { args.format };
    let sources = &tests.sources;
    let text = match format {
        CheckFormat::Json => format!("{:#}\n", to_json(&found, sources)),
        CheckFormat::Github => to_github(&found, sources, &prefix(&project.root)),
        CheckFormat::Text if found.is_empty() => {
            let flows = words::many(project.model.files().count() as u64, "flow");
            match project.troubles.len() as u64 {
                0 => format!("no mistakes in {flows}\n"),
                troubles => format!(
                    "no mistakes in {flows}, and {} of the export\n",
                    words::many(troubles, "warning")
                ),
            }
        }
        CheckFormat::Text => render(&found, sources, style(console.out_look)),
    };
    let text = text + &external_cards(&project).filter(|_| format == CheckFormat::Text).unwrap_or_default();
    console.print(&text)?;
    let warned = !found.is_empty() || !project.troubles.is_empty();
    let denied = has_errors(&found) || project.lacks_flows() || args.deny_warnings && warned;
    Ok(if denied { WRONG } else { DONE })
}

/// The cards of the project that flowrun lacks, if any.
fn external_cards(project: &Project) -> Option<String> {
    let steps: Vec<_> = project.model.flows.iter().flat_map(|flow| flow.all_cards()).collect();
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for name in steps.iter().filter_map(|step| external(&step.card.it)) {
        *names.entry(name).or_default() += 1;
    }
    let external: usize = names.values().sum();
    let are = if external == 1 { "is" } else { "are" };
    let all = words::many(steps.len() as u64, "card");
    let listed = names.iter().map(|(name, times)| match times {
        1 => format!("  {name}\n"),
        more => format!("  {name}, {more} times\n"),
    });
    (external > 0).then(|| {
        format!(
            "{external} of {all} {are} external: a run needs answers for them, by `--mock FILE`\n{}",
            listed.collect::<String>()
        )
    })
}

/// What leads from the present folder to the project's: there the paths that are told begin.
pub fn prefix(root: &Path) -> String {
    let here = env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    let below = root.strip_prefix(&here).unwrap_or(root);
    if below.as_os_str().is_empty() { String::new() } else { format!("{}/", below.display()) }
}
