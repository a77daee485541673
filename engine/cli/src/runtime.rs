//! What commands that wait run on.

use flowrun_project::Problem;
use tokio::runtime::{Builder, Runtime};

/// One thread is enough for what waits most of the time, and the least to start.
pub fn of_one_thread() -> Result<Runtime, Problem> {
    // The network is looked at often, for a run seldom sleeps: table cards end at once.
    let runtime = Builder::new_current_thread().enable_all().event_interval(7).build();
    runtime.map_err(|error| Problem::new(format!("the runtime can't be started: {error}")))
}
