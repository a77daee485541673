//! `flowrun runs delete`, `clear` and `forget`: what is kept is taken away.

use clap::Args;
use flowrun_core::words;
use flowrun_project::Problem;

use super::places::PlaceArgs;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::site;
use crate::surroundings::Surroundings;

/// What `runs delete` is told.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// The run, or the beginning of its name
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Where it is.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// What `runs clear` is told.
#[derive(Debug, Args)]
pub struct ClearArgs {
    /// The flow, by its path
    #[arg(value_name = "FLOW")]
    pub flow: String,
    /// Where its runs are.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// What `runs forget` is told.
#[derive(Debug, Args)]
pub struct ForgetArgs {
    /// A text that names the person, such as a mail address
    #[arg(value_name = "PERSON")]
    pub person: String,
    /// Remove it; otherwise it is only told what would be removed
    #[arg(long)]
    pub yes: bool,
    /// Where to look.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Removes a run.
pub fn delete(
    args: &DeleteArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let site = site::of(&args.place, surroundings)?;
    let run = site.run(&args.run)?;
    let id = &run.about.id;
    if run.state.status().is_open() {
        let problem = Problem::new(format!("run {id} has not ended ({})", run.state.status().name()));
        return Err(problem.help(format!("`flowrun cancel {id}` ends it")).into());
    }
    site.delete(&run)?;
    console.print(&format!("run {id} is gone\n"))?;
    Ok(DONE)
}

/// Removes the values of a flow's runs.
pub fn clear(
    args: &ClearArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let cleared = site::of(&args.place, surroundings)?.clear(&args.flow)?;
    console.print(&format!("the values of {} are gone\n", words::many(cleared, "run")))?;
    Ok(DONE)
}

/// Removes one person, or tells what would be removed.
pub fn forget(
    args: &ForgetArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let found = site::of(&args.place, surroundings)?.forget(&args.person, !args.yes)?;
    let mut text = String::new();
    for run in &found.cleared {
        text.push_str(&format!(
            "run {run}: its values{}\n",
            if args.yes { " are gone" } else { " would go" }
        ));
    }
    for (table, number) in &found.rows {
        text.push_str(&format!("row {number} of table {table}\n"));
    }
    for run in &found.open {
        text.push_str(&format!(
            "run {run} has not ended and needs what it knows: nothing of it was removed\n"
        ));
    }
    if found.notes > 0 {
        let notes = words::many(found.notes, "note");
        text.push_str(&format!("{notes} beside runs: sessions, visits, tokens, who did what\n"));
    }
    if found.audit > 0 {
        text.push_str(&format!("{} of audit records\n", words::many(found.audit, "line")));
    }
    if text.is_empty() {
        text.push_str("nothing mentions that\n");
    } else if !args.yes {
        text.push_str("nothing was removed yet: --yes removes it\n");
    }
    console.print(&words::harmless(&text))?;
    Ok(DONE)
}
