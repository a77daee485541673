//! `flowrun runs`: runs of before, and those that go on.

mod follow;
mod list;
mod places;
mod remove;
mod show;

use clap::{Args, Subcommand};

pub use places::PlaceArgs;

use crate::console::Console;
use crate::outcome::Refused;
use crate::surroundings::Surroundings;

/// What `runs` is told.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  flowrun runs                                 the newest runs, of all projects
  flowrun runs --status open                   those that have not ended
  flowrun runs --flow import --since 2026-11-01 --json
  flowrun runs show 20261128                   what happened in a run: the beginning of its name is enough
  flowrun runs show 20261128 --at 40           what had happened after entry 40 of its journal"
)]
pub struct RunsArgs {
    /// What to do with a run; they are listed unless said.
    #[command(subcommand)]
    pub command: Option<RunsCommand>,
    /// Only runs of this flow, by its path
    #[arg(long, value_name = "FLOW")]
    pub flow: Option<String>,
    /// Only runs with this status: open, running, waiting, paused, held, done, failed or cancelled
    #[arg(long, value_name = "STATUS")]
    pub status: Vec<String>,
    /// Only runs that began then or later
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    /// Only runs with this text in their name, flow, error or question
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// How many at the most, the newest
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Print them as JSON
    #[arg(long)]
    pub json: bool,
    /// Where they are.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// What there is to do with runs.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// Tell what happened in a run
    Show(show::ShowArgs),
    /// Tell what happens in a run, as it happens
    Follow(follow::FollowArgs),
    /// Remove a run that has ended; its audit record stays
    Delete(remove::DeleteArgs),
    /// Remove the values of all runs of a flow that have ended; what ran, when and how it ended stays
    Clear(remove::ClearArgs),
    /// Remove one person from everything that is kept
    Forget(remove::ForgetArgs),
}

/// Lists runs, or does something with one.
pub fn run(args: &RunsArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    match &args.command {
        None => list::list(args, surroundings, console),
        Some(RunsCommand::Show(args)) => show::show(args, surroundings, console),
        Some(RunsCommand::Follow(args)) => follow::follow(args, surroundings, console),
        Some(RunsCommand::Delete(args)) => remove::delete(args, surroundings, console),
        Some(RunsCommand::Clear(args)) => remove::clear(args, surroundings, console),
        Some(RunsCommand::Forget(args)) => remove::forget(args, surroundings, console),
    }
}
