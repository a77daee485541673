//! `flowrun runs follow`: what happens in a run, entry by entry, as it comes to its journal.

use std::thread::sleep;
use std::time::Duration;

use clap::Args;
use flowrun_core::journal::{Event, Recorded};
use flowrun_core::stored::{Blind, decode};
use flowrun_core::words;
use flowrun_host::session::durable::history::moment;
use flowrun_host::session::durable::home::problem;
use flowrun_host::session::durable::recall::{Recalled, Sight, card_of};
use flowrun_store::Store;

use super::places::PlaceArgs;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::surroundings::Surroundings;

/// How often it is looked for more.
const LOOK: Duration = Duration::from_millis(300);

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
    let (home, run) = args.place.find(&args.run, surroundings)?;
    let id = run.about.id.clone();
    let vocabulary = surroundings.registry.vocabulary();
    let program = Recalled::read(&home, &id, vocabulary, Sight::Blind, Some(0))?.program;
    let store: &dyn Store = &*home.store;
    let mut next = run.cut + 1;
    loop {
        let run = store.run(&id).map_err(|error| problem(&error))?;
        for stored in store.journal(&id, next) {
            let stored = stored.map_err(|error| problem(&error))?;
            next = stored.seq + 1;
            let Ok(entry) = decode::<flowrun_core::journal::Entry>(&stored.body, &Blind) else { continue };
            let card = |key| {
                let card = card_of(&program, key)
                    .map(|(flow, step)| format!("{} (`{}` of `{flow}`)", step.title(), step.id));
                card.unwrap_or_else(|| "a card".to_owned())
            };
            let what = match &entry.event {
                Event::Began(asked) => format!("{}: a request goes out", card(asked.id.card)),
                Event::Completed(asked, Recorded::Failed(fault, _)) => {
                    format!("{}: {fault}", card(asked.id.card))
                }
                Event::Completed(asked, _) => format!("{}: done", card(asked.id.card)),
                Event::Signal(asked, _) => format!("{}: answered", card(asked.id.card)),
                Event::Settled(asked, _) => format!("{}: settled", card(asked.id.card)),
                Event::Cancelled => "cancelled".to_owned(),
                Event::Passed => continue,
            };
            console.print(&words::harmless(&format!(
                "{}  {:>5}  {what}\n",
                moment(entry.at_us),
                stored.seq
            )))?;
        }
        let status = run.state.status();
        if run.entries < next && status != flowrun_store::Status::Running {
            console.print(&format!("{}\n", status.name()))?;
            return Ok(DONE);
        }
        sleep(LOOK);
    }
}
