//! A session: from a file to the end of its run, without a terminal.
//!
//! [`Plan`] reads and checks what is to be run and refuses what can't be; [`Plan::open`] makes its connections, tables and record;
//! [`Session::run`] runs it. What there is to say on the way is returned as values.

mod aftermath;
pub mod alone;
pub mod audit;
pub mod connections;
pub mod delegated;
pub mod desk;
pub mod durable;
mod given;
pub mod hosts;
pub mod lines;
pub mod mocks;
pub mod origin;
mod private;
pub mod save;
pub mod simulators;
pub mod state;
pub mod vault;

mod job;
mod legacy;
mod open;
mod plan;
mod run;
mod said;

use std::collections::BTreeMap;
use std::sync::Arc;

use flowrun_kit::meter::Meter;
use flowrun_kit::registry::Registry;

use alone::Alone;
use durable::home::Stores;
pub use given::read as read_as;
pub use job::{Begun, Job, Record, Say};
use lines::Lines;
pub use plan::{Plan, Ready, clock};
pub use run::{Ended, HELD, Session};
use simulators::Simulators;

/// What a session finds around it.
#[derive(Clone)]
pub struct Surroundings {
    /// The environment variables.
    pub env: BTreeMap<String, String>,
    /// The connectors and cards that there are.
    pub registry: Arc<Registry>,
    /// Simulators to run over, instead of new ones; the run then goes by their clock.
    pub simulators: Option<Simulators>,
    /// Whether computing takes no time in a run over simulators, so that its report says the same on every machine.
    pub instant: bool,
    /// The name of the run, instead of a new one: chance is drawn from it.
    pub run_id: Option<String>,
    /// The runs of this process that are alone.
    pub alone: Alone,
    /// The lines that this process has open.
    pub lines: Lines,
    /// The stores that this process has.
    pub stores: Stores,
    /// Counts what runs do outside.
    pub meter: Option<Arc<dyn Meter>>,
}
