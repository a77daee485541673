//! A run at a service: awaited, and told as one of this process would be.

use flowrun_project::Problem;

use super::{Server, Site};
use crate::commands::run::RunArgs;
use crate::commands::tell::tell_report;
use crate::console::Console;
use crate::outcome::{DONE, INTERRUPTED, Refused};
use crate::surroundings::Surroundings;

/// A run that goes on at a service.
pub struct There {
    /// The service.
    pub server: Server,
    /// The run's name.
    pub run: String,
    /// How it is told.
    pub args: RunArgs,
    /// What is wanted of it.
    pub wanted: Wanted,
}

/// What is wanted of a run at a service.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// It has begun.
    Begins,
    /// It goes on.
    GoesOn,
    /// It is to end, which is no failure then.
    Ends,
}

impl There {
    /// Waits until the run has ended, or waits for somebody or a time, and tells what happened; the exit code.
    pub fn go(self, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
        let There { server, run, args, wanted } = self;
        // Whoever does not want to wait knows where to look.
        if matches!(wanted, Wanted::Begins) {
            console.note(&format!("run {run} goes on at {}\n", server.client.name));
        }
        server.follow(&server.run(&run)?, &mut |_| Ok(()))?;
        let run = server.run(&run)?;
        let report = server.report(&run, None)?.ok_or_else(|| {
            Problem::new(format!("nothing more is known of run {}: its values are gone", run.about.id))
        })?;
        let code = tell_report(&args, &run, &report, &surroundings.registry, console)?;
        Ok(if matches!(wanted, Wanted::Ends) && code == INTERRUPTED { DONE } else { code })
    }
}
