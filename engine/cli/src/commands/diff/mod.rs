//! `flowrun diff`: what differs between two exports, projects or flows.

mod sides;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use flowrun_views::diff::report::{Compared, Mark, Report};
use flowrun_views::diff::{compare, json, markdown, text};

use crate::console::Console;
use crate::outcome::{DONE, FAILED, Refused, WRONG};
use crate::surroundings::Surroundings;
use sides::{Pair, Sides};

/// What `diff` is told.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Flows and cards are compared, not texts: the order of keys, places on the canvas, times and generated names of
cards count nothing. A wire has changed if it reads something else. Secrets are not shown.

Examples:
  flowrun diff old.flopack new.flopack                     what somebody has changed in Okta's console
  flowrun diff exports/monday exports/tuesday              two folders of exports, file by file
  flowrun diff new.flopack flows                           an export and the project that was made from it
  flowrun diff old/import.yaml new/import.yaml             one flow
  flowrun diff old new --format markdown > comment.md      for a pull request

Exit codes: 0 nothing differs, 1 something differs, 2 not all of the two can be read.")]
pub struct DiffArgs {
    /// How it was: an export, a folder of exports, a project, or the file of a flow
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// How it is
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// How to tell it: text, json or markdown [default: text]
    // Explained one by one they would give the help the long layout.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, hide_possible_values = true)]
    #[arg(hide_default_value = true)]
    pub format: DiffFormat,
}

/// How differences are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// Lines for a terminal
    #[default]
    Text,
    /// Everything, for other programs
    Json,
    /// A comment on a pull request
    Markdown,
}

/// Compares two sides and says what differs.
pub fn run(args: &DiffArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let vocabulary = surroundings.registry.vocabulary();
    let (mut files, mut all) = (Vec::new(), true);
    for pair in sides::pairs(&args.old, &args.new)? {
        files.push(match pair {
            Pair::Both { name, old, new } => {
                let Sides { was, now, scope, whole } = sides::read(&old, &new, vocabulary, console)?;
                let items = compare(&was, &now, scope, &vocabulary.cards);
                all &= whole;
                Compared { name, mark: Mark::Changed, items }
            }
            Pair::Alone { name, mark } => Compared { name: Some(name), mark, items: Vec::new() },
        });
    }
    let report = Report { old: args.old.display().to_string(), new: args.new.display().to_string(), files };
    let told = match args.format {
        DiffFormat::Text => text(&report, console.out_look),
        DiffFormat::Json => json(&report),
        DiffFormat::Markdown => markdown(&report),
    };
    console.tell(&told)?;
    Ok(match (all, report.is_empty()) {
        (false, _) => WRONG,
        (true, true) => DONE,
        (true, false) => FAILED,
    })
}
