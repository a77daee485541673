//! What is to be run, and how.

use crate::driver::Stop;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flowrun_core::journal::Settlement;
use flowrun_core::machine::Limits;
use flowrun_core::value;
use flowrun_kit::files::Bounds;
use flowrun_store::NoteChange;

use super::simulators::Setup;
use crate::mocked::Mocking;
use crate::record::Tape;

/// What is to be run, over what, and within which bounds.
#[derive(Clone, Debug, Default)]
pub struct Job {
    /// The flow, a YAML file; or an export.
    pub file: PathBuf,
    /// Which flow of an export.
    pub flow: Option<String>,
    /// The environment of the project in which it runs, if it has such.
    pub environment: Option<String>,
    /// The flow's inputs, by name.
    pub inputs: Vec<(String, String)>,
    /// Values for variables of the project, by name.
    pub vars: Vec<(String, String)>,
    /// CSV files that fill tables before the flow starts, by the tables' names.
    pub tables: Vec<(String, String)>,
    /// Rows as CSV that fill tables likewise, by the tables' names.
    pub rows: Vec<(String, String)>,
    /// The file of mocks.
    pub mock: Option<PathBuf>,
    /// Mocks that were read already, and a recording, of which something may have been asked before.
    pub mocking: Option<Arc<Mocking>>,
    /// Where what the run exchanges is recorded.
    pub tape: Option<Tape>,
    /// Whether nothing real can be reached: what nothing simulates is answered by mocks, or by nobody.
    pub sealed_off: bool,
    /// Where files among the outputs are saved.
    pub files: Option<PathBuf>,
    /// Whether every connection must be real.
    pub live: bool,
    /// Whether every connection is simulated, whatever is given for it.
    pub simulate: bool,
    /// The file that holds the settings of connections.
    pub connections: Option<PathBuf>,
    /// How many times as fast time passes where connections are real.
    pub time_scale: Option<f64>,
    /// Certificate authorities to trust besides those of the system.
    pub ca_file: Option<PathBuf>,
    /// Whether requests that would change something are withheld.
    pub dry_run: bool,
    /// Where the audit record is written.
    pub record: Record,
    /// Whether the record holds what was sent of people, instead of its hash.
    pub profiles: bool,
    /// Where what outlives the run is kept, unless in the usual place.
    pub state: Option<PathBuf>,
    /// Whether the run is journaled, where there is a place to keep that.
    pub journal: bool,
    /// Whether to wait until another process has given back what is kept, rather than to give up.
    pub wait: bool,
    /// What somebody says to a run of before, which then goes on.
    pub say: Say,
    /// The user in whose name a delegated flow runs.
    pub run_as: Option<String>,
    /// What starts the run.
    pub begun: Begun,
    /// The name of the run, instead of a new one.
    pub name: Option<String>,
    /// How far away a time must be that the run waits for and nothing else, so that it is let go of until then.
    pub parks: Option<Duration>,
    /// Has the run let go of as soon as what has begun has ended, to be gone on with later.
    pub leave: Stop,
    /// Whether what need not be kept any longer is taken away when the run has ended.
    pub tidies: bool,
    /// Whether the run's beginning is waited for until it is on the disk, even if it reaches nothing.
    pub waits: bool,
    /// Has effects that go on at the same time end in another order than by themselves: which one follows from this number.
    pub shuffle: Option<u64>,
    /// How many cards and how much memory the run may take.
    pub limits: Limits,
    /// How large the run's files may get.
    pub bounds: Bounds,
    /// How simulators are set up.
    pub simulators: Setup,
}

/// What starts a run, if it is not somebody at a command line.
#[derive(Clone, Debug, Default)]
pub struct Begun {
    /// What: `schedule`, `endpoint`, the name of an event.
    pub cause: Option<String>,
    /// Who, where somebody signed in did.
    pub who: Option<String>,
    /// Notes that become durable with the run's beginning, or not at all.
    pub notes: Vec<NoteChange>,
}

/// What somebody says to a run that goes on.
#[derive(Clone, Debug, Default)]
pub enum Say {
    /// Nothing: it goes on from where it is.
    #[default]
    GoOn,
    /// The answer to its pause: values by their names, as texts.
    Answer(Vec<(String, String)>),
    /// The answer to a pause: values by their names.
    Reply(value::Record),
    /// What became of what this card asked for.
    Settle {
        /// The card's ID, with `#` and a number where several wait.
        card: String,
        /// What became of it.
        what: Settlement,
        /// The outputs that it gave.
        outputs: Vec<(String, String)>,
    },
    /// It is to end.
    Cancel,
}

/// Where an audit record is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Record {
    /// For real connections, in the project's state folder.
    #[default]
    Usual,
    /// Into this file.
    File(PathBuf),
    /// Nowhere.
    Off,
}
