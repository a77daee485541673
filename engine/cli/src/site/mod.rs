//! Where commands get what they show and change: what this machine keeps, or a service.

mod address;
mod client;
mod inputs;
mod local;
mod lookup;
mod server;
mod shown;
mod there;

use std::path::{Path, PathBuf};

use clap::Args;
use flowrun_core::journal::Settlement;
use flowrun_core::report::Report;
use flowrun_core::value::Record;
use flowrun_project::Problem;
use flowrun_service::people::{NewToken, TokenInfo};
use flowrun_store::{Filter, Run, Status};

pub use self::address::{Address, ServerArgs, TOKEN};
pub use self::local::Local;
pub use self::server::Server;
pub use self::there::{There, Wanted};
use crate::commands::again::{OnArgs, Planned};
use crate::commands::run::RunArgs;
use crate::commands::runs::PlaceArgs;
use crate::console::Console;
use crate::outcome::Refused;
use crate::surroundings::Surroundings;

/// Runs, flows and tables, wherever they are.
pub trait Site {
    /// The runs that a filter lets through, the newest first.
    fn runs(&self, filter: &Filter) -> Result<Vec<Run>, Problem>;

    /// The run of this name, or whose name begins so.
    fn run(&self, id: &str) -> Result<Run, Problem>;

    /// What happened in a run, up to its end or to an entry of its journal; nothing where its values are gone.
    fn report(&self, run: &Run, at: Option<u64>) -> Result<Option<Report>, Problem>;

    /// Tells each entry of a run's journal as it comes, until the run has ended or waits for somebody; how it stands then.
    fn follow(
        &self,
        run: &Run,
        tell: &mut dyn FnMut(Happened) -> Result<(), Refused>,
    ) -> Result<Status, Refused>;

    /// The link by which whoever has it answers the pause of a run, where a service answers for it.
    fn pause_link(&self, run: &Run) -> Option<String> {
        let _ = run;
        None
    }

    /// Removes a run that has ended.
    fn delete(&self, run: &Run) -> Result<(), Problem>;

    /// Removes the values of a flow's runs that have ended; how many there were.
    fn clear(&self, flow: &str) -> Result<u64, Problem>;

    /// Removes one person, or with `look` only tells what would go.
    fn forget(&self, person: &str, look: bool) -> Result<Forgotten, Problem>;

    /// A run goes on, or is run anew.
    fn again(
        &self,
        run: &str,
        steer: &Steer<'_>,
        on: &OnArgs,
        console: &mut Console<'_>,
    ) -> Result<Planned, Refused>;

    /// Runs a flow.
    fn start(&self, args: &RunArgs, console: &mut Console<'_>) -> Result<Planned, Refused>;

    /// The flows, in the order of their paths.
    fn flows(&self) -> Result<Vec<FlowShown>, Problem>;

    /// Turns a flow on or off; what came while it was off is made up for if `passed` says so.
    fn switch(&self, flow: &str, on: bool, passed: Option<bool>) -> Result<FlowShown, Problem>;

    /// The scheduled flows, each with the next times, so many.
    fn schedules(&self, times: usize) -> Result<Vec<ScheduleShown>, Problem>;

    /// The flows that are called over HTTP.
    fn endpoints(&self) -> Result<Vec<EndpointShown>, Problem>;

    /// Makes another client token of a flow: its ID, and the token.
    fn client_token(&self, flow: &str) -> Result<(String, String), Problem>;

    /// Takes a client token of a flow away.
    fn revoke_client_token(&self, flow: &str, id: &str) -> Result<(), Problem>;

    /// The tokens of people and programs.
    fn tokens(&self) -> Result<Vec<TokenInfo>, Problem>;

    /// Makes one: the token, and what is known of it.
    fn make_token(&self, new: NewToken) -> Result<(String, TokenInfo), Problem>;

    /// Takes one back.
    fn revoke_token(&self, id: &str) -> Result<(), Problem>;

    /// The kept tables, each with the hosts it is kept for and how many rows it has.
    fn tables(&self) -> Result<Vec<TableShown>, Problem>;

    /// The newest rows of a table, at most so many, and how many it has.
    fn rows(&self, table: &str, most: usize) -> Result<(Vec<Record>, u64), Problem>;

    /// The rows of a table as CSV.
    fn export(
        &self,
        table: &str,
        to: &mut dyn FnMut(&mut dyn std::io::Read) -> Result<(), Problem>,
    ) -> Result<(), Problem>;

    /// Adds the rows of a CSV file to a table; how many.
    fn import(&self, table: &str, file: &Path) -> Result<u64, Problem>;

    /// Deletes the rows of a table; how many.
    fn clear_table(&self, table: &str) -> Result<u64, Problem>;
}

/// An entry of a journal, as people read it.
#[derive(Clone, Debug)]
pub struct Happened {
    /// When it was.
    pub at: String,
    /// Its number.
    pub entry: u64,
    /// What it says.
    pub what: String,
}

/// What was found of a person.
#[derive(Clone, Debug, Default)]
pub struct Forgotten {
    /// Runs whose values go.
    pub cleared: Vec<String>,
    /// Runs that have not ended and mention the person.
    pub open: Vec<String>,
    /// Rows, by their tables.
    pub rows: Vec<(String, u64)>,
    /// Notes beside runs: sessions, visits, tokens.
    pub notes: u64,
    /// Lines of audit records.
    pub audit: u64,
}

/// A flow, to show.
#[derive(Clone, Debug)]
pub struct FlowShown {
    /// Its path.
    pub flow: String,
    /// Its title.
    pub title: String,
    /// What starts it, in words.
    pub starts: String,
    /// Whether triggers start it; nothing where it has none.
    pub on: Option<bool>,
    /// How many times and events have passed while it was off.
    pub passed: u64,
}

/// A scheduled flow, to show.
#[derive(Clone, Debug)]
pub struct ScheduleShown {
    /// Its path.
    pub flow: String,
    /// The fields of its schedule.
    pub cron: String,
    /// Its time zone.
    pub zone: String,
    /// When it comes next.
    pub next: Vec<String>,
    /// Whether the flow is on.
    pub on: bool,
}

/// A flow that is called over HTTP, to show.
#[derive(Clone, Debug)]
pub struct EndpointShown {
    /// Its path.
    pub flow: String,
    /// The method that it takes, where it takes one alone.
    pub method: Option<String>,
    /// Where it is called; nothing before it was served.
    pub url: Option<String>,
    /// Who may call it: `public`, `token` or `oauth`.
    pub security: String,
    /// The IDs of its client tokens; nothing where who asks may not know.
    pub tokens: Option<Vec<String>>,
    /// Whether it is on.
    pub on: bool,
}

/// A kept table, to show.
#[derive(Clone, Debug)]
pub struct TableShown {
    /// Its name.
    pub table: String,
    /// The hosts that it is kept for.
    pub hosts: String,
    /// How many rows it has.
    pub rows: u64,
}

/// What becomes of a run of before.
#[derive(Clone, Copy, Debug)]
pub enum Steer<'a> {
    /// It goes on, with other flows if they are given.
    GoOn(Option<&'a Path>),
    /// Its pause is answered.
    Answer(&'a [(String, String)], Option<&'a Path>),
    /// It is said what became of a request.
    Settle {
        /// The card that asked.
        card: &'a str,
        /// What became of it.
        what: Settlement,
        /// The outputs that the card gave.
        outputs: &'a [(String, String)],
    },
    /// It ends.
    Cancel,
    /// It is run anew.
    Rerun {
        /// With the flows of then.
        then: bool,
        /// Only what failed.
        failed: bool,
        /// With the flows of this file.
        file: Option<&'a Path>,
    },
    /// It is run from a card on.
    Fork {
        /// The card.
        from: &'a str,
        /// What that gives, instead of asking again.
        outputs: &'a [(String, String)],
    },
}

/// A project, whose flows are looked at or switched.
#[derive(Clone, Debug, Args)]
pub struct ProjectArgs {
    /// A flow or a folder; the project it belongs to [default: the one in this folder; at a service all]
    #[arg(long, value_name = "PATH", help_heading = "Where")]
    pub project: Option<PathBuf>,
    /// In which environment of the project
    #[arg(long, value_name = "NAME", conflicts_with = "state", help_heading = "Where")]
    pub env: Option<String>,
    /// The folder that runs are kept in, where it was named with --state
    #[arg(long, value_name = "FOLDER", help_heading = "Where")]
    pub state: Option<PathBuf>,
}

/// What is asked for runs: the service that was named, or the stores of this machine.
pub fn of(place: &PlaceArgs, surroundings: &Surroundings) -> Result<Box<dyn Site>, Problem> {
    named(place.clone(), None, surroundings)
}

/// What is asked for the flows of a project.
pub fn of_project(place: &ProjectArgs, surroundings: &Surroundings) -> Result<Box<dyn Site>, Problem> {
    let ProjectArgs { project, env, state } = place.clone();
    named(PlaceArgs { state, project, env }, None, surroundings)
}

/// The same, where connections led to certain hosts.
pub fn named(
    place: PlaceArgs,
    hosts: Option<String>,
    surroundings: &Surroundings,
) -> Result<Box<dyn Site>, Problem> {
    let Some(address) = &surroundings.server else {
        return Ok(Box::new(Local { place, hosts, surroundings: surroundings.clone() }));
    };
    if place.state.is_some() {
        return Err(Problem::new("--state names a folder of this machine, and --server a service"));
    }
    let project = place.project.map(|project| project.to_string_lossy().into_owned());
    let server = Server::new(address, project.filter(|project| project != "."), surroundings)?;
    Ok(Box::new(Server { hosts, ..server }))
}
