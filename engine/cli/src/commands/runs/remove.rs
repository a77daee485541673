//! `flowrun runs delete`, `clear` and `forget`: what is kept is taken away.

use clap::Args;
use flowrun_core::words;
use flowrun_host::runtime;
use flowrun_host::session::clock;
use flowrun_host::session::durable::home::own_now;
use flowrun_host::session::durable::home::{Home, problem};
use flowrun_project::Problem;
use flowrun_store::Filter;

use super::places::PlaceArgs;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
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
    let (found, run) = args.place.find(&args.run, surroundings)?;
    let id = run.about.id.clone();
    if run.state.status().is_open() {
        let problem = Problem::new(format!("run {id} has not ended ({})", run.state.status().name()));
        return Err(problem.help(format!("`flowrun cancel {id}` ends it")).into());
    }
    let home = own_now(&found.folder, &surroundings.env, "flowrun runs delete")?;
    home.store.delete(&id).map_err(|error| problem(&error))?;
    console.print(&format!("run {id} is gone\n"))?;
    Ok(DONE)
}

/// Removes the values of a flow's runs.
pub fn clear(
    args: &ClearArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let mut cleared = 0;
    for home in owned(&args.place, surroundings, "flowrun runs clear")? {
        let filter = Filter { flow: Some(args.flow.clone()), ..Filter::default() };
        cleared += home.store.clear(&filter).map_err(|error| problem(&error))?;
    }
    console.print(&format!("the values of {} are gone\n", words::many(cleared, "run")))?;
    Ok(DONE)
}

/// Removes one person, or tells what would be removed.
pub fn forget(
    args: &ForgetArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let mut text = String::new();
    // Only who has the store can go through all of it, also to look.
    for home in owned(&args.place, surroundings, "flowrun runs forget")? {
        let mut notes = 0;
        if args.yes {
            // First, so that nothing is left of sessions and tokens that could not be read any more.
            let people = flowrun_service::people::forget(home.store.clone(), clock(1.0), &args.person);
            let gone = runtime::of_one_thread()?.block_on(people).map_err(|error| problem(&error))?;
            notes += gone as u64;
        }
        let found = home.store.forget(&args.person, !args.yes).map_err(|error| problem(&error))?;
        for run in &found.cleared {
            text.push_str(&format!(
                "run {run}: its values{}\n",
                if args.yes { " are gone" } else { " would go" }
            ));
        }
        for (table, number) in &found.rows {
            text.push_str(&format!("row {number} of table {}\n", table.name));
        }
        for run in &found.open {
            text.push_str(&format!(
                "run {run} has not ended and needs what it knows: nothing of it was removed\n"
            ));
        }
        notes += found.notes;
        if notes > 0 {
            let notes = words::many(notes, "note");
            text.push_str(&format!("{notes} beside runs: sessions, visits, tokens, who did what\n"));
        }
        if found.audit > 0 {
            text.push_str(&format!("{} of audit records\n", words::many(found.audit, "line")));
        }
    }
    if text.is_empty() {
        text.push_str("nothing mentions that\n");
    } else if !args.yes {
        text.push_str("nothing was removed yet: --yes removes it\n");
    }
    console.print(&words::harmless(&text))?;
    Ok(DONE)
}

/// The stores, which this process has for itself meanwhile.
fn owned(place: &PlaceArgs, surroundings: &Surroundings, who: &str) -> Result<Vec<Home>, Problem> {
    let homes = place.homes(surroundings)?;
    homes.iter().map(|home| own_now(&home.folder, &surroundings.env, who)).collect()
}
