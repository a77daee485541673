//! What waits and runs go on.

use flowrun_project::Problem;
use tokio::runtime::{Builder, Runtime};

/// For one run, or a command that waits: one thread is enough for what waits most of the time, and the least to start.
pub fn of_one_thread() -> Result<Runtime, Problem> {
    // The network is looked at often, for a run seldom sleeps: table cards end at once.
    started(Builder::new_current_thread().event_interval(7))
}

/// For many runs at once: a thread for each core.
pub fn of_many_threads() -> Result<Runtime, Problem> {
    started(&mut Builder::new_multi_thread())
}

fn started(builder: &mut Builder) -> Result<Runtime, Problem> {
    let runtime = builder.enable_all().build();
    runtime.map_err(|error| Problem::new(format!("the runtime can't be started: {error}")))
}
