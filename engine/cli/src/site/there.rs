//! A run at a service: awaited, and told as one of this process would be.

use flowrun_project::Problem;

use super::{Server, Site};
use crate::commands::run::{RunArgs, tell_report};
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
    /// Whether it was told to end, so that its end is what was wanted.
    pub ends: bool,
}

impl There {
    /// Waits until the run has ended, or waits for somebody or a time, and tells what happened; the exit code.
    pub fn go(self, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
        let There { server, run, args, ends } = self;
        console.note(&format!("run {run} goes on at {}\n", server.client.name));
        server.follow(&server.run(&run)?, &mut |_| Ok(()))?;
        let run = server.run(&run)?;
        let report = server.report(&run, None)?.ok_or_else(|| {
            Problem::new(format!("nothing more is known of run {}: its values are gone", run.about.id))
        })?;
        let code = tell_report(&args, &run, &report, &surroundings.registry, console)?;
        Ok(if ends && code == INTERRUPTED { DONE } else { code })
    }
}
