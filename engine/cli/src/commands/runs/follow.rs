//! `flowrun runs follow`: what happens in a run, entry by entry, as it comes to its journal.

use clap::Args;
use flowrun_core::words;

use super::places::PlaceArgs;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::site::{self, Happened};
use crate::surroundings::Surroundings;

/// What `runs follow` is told.
#[derive(Debug, Args)]
pub struct FollowArgs {
    /// The run, or the beginning of its name
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Where it is.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Tells each entry of a run's journal, until the run has ended or waits for somebody.
pub fn follow(
    args: &FollowArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let site = site::of(&args.place, surroundings)?;
    let stands = site.follow(&site.run(&args.run)?, &mut |happened| {
        let Happened { at, entry, what } = happened;
        Ok(console.print(&words::harmless(&format!("{at}  {entry:>5}  {what}\n")))?)
    })?;
    console.print(&format!("{}\n", stands.name()))?;
    Ok(DONE)
}
