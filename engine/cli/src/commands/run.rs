//! `flowrun run`: runs a flow and tells what happened.

use std::path::PathBuf;

use clap::Args;
use flowrun_core::machine::Limits;
use flowrun_core::memory::Memory;
use flowrun_core::words;
use flowrun_host::driver::{Stop, Watch};
use flowrun_host::record::Tape;
use flowrun_host::session::{Ended, Job, Plan, Record, Session};
use flowrun_kit::files::{Bounds, MB};
use flowrun_project::Problem;
use flowrun_views::look::Paint;
use flowrun_views::mistakes;
use flowrun_views::transcript::{self, Frame};

use super::again::Planned;
use super::over::{Over, Real};
use super::runs::PlaceArgs;
use super::tell::tell;
use crate::console::Console;
use crate::live::Live;
use crate::outcome::{FAILED, INTERRUPTED, Refused};
use crate::progress::Progress;
use crate::signals;
use crate::simulators::SimulatorArgs;
use crate::site;
use crate::surroundings::Surroundings;
use crate::values::{pair, whole};

const RUN_NOTES: &str = "\
Real or simulated:
  A connection is real when all its settings are given, by environment variables or by a file outside the
  project (--connections, or FLOWRUN_CONNECTIONS, or ~/.config/flowrun/connections.yaml):
    OKTA_ORG_URL, OKTA_API_TOKEN, OKTA_IDENTITY_SOURCE_ID
    PERSONIO_CLIENT_ID, PERSONIO_CLIENT_SECRET, PERSONIO_BASE_URL (unless it is https://api.personio.de)
  With only some of them the run is refused. With none a simulator in this process answers; the first line
  says so. If nothing real is reached, waits take no time.

  The simulated Personio makes up its employees. The simulated Okta holds yesterday's import of them: four of
  five are there as active users, among them those who have left since.

Faults: KIND[@WHERE][:nth=N][:times=N][:every=N]
  KIND is rate-limit, server-error, bad-gateway, expired-token, slow, drop, drop-before or truncate; WHERE is
  okta, personio, or a part of `METHOD /path`. Of the requests it fits, the fault hits the first, or the nth;
  as many in a row as `times` says; and again after every so many.

Examples:
  flowrun flows/import.yaml
  flowrun flows/import.yaml --employees 25000 --json > report.json
  flowrun flows/import.yaml --set max_records_to_import=100
  flowrun flows/deactivate.yaml --fault rate-limit@okta:every=7
  flowrun flows/import.yaml --live --connections ~/.config/flowrun/connections.yaml";

/// What a run is told.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = RUN_NOTES)]
pub struct RunArgs {
    /// The flow to run, a YAML file; or an export of Okta Workflows
    #[arg(value_name = "FILE", required = true)]
    pub file: Option<PathBuf>,
    /// Give an input of the flow; objects and lists as JSON, a file as @PATH
    #[arg(long = "input", short = 'i', value_name = "NAME=VALUE", value_parser = pair, help_heading = "The flow")]
    pub inputs: Vec<(String, String)>,
    /// Give a variable of flowrun.yaml another value
    #[arg(long = "set", short = 's', value_name = "NAME=VALUE", value_parser = pair, help_heading = "The flow")]
    pub vars: Vec<(String, String)>,
    /// Run it in this environment of flowrun.yaml, with its connections, variables and store
    #[arg(long, value_name = "NAME", help_heading = "The flow")]
    pub env: Option<String>,
    /// Which flow of an export to run: its title, or its name as `check` shows it
    #[arg(long, value_name = "FLOW", help_heading = "The flow")]
    pub flow: Option<String>,
    /// Run a delegated flow in the name of this user, by their Okta User ID
    #[arg(long = "as", value_name = "USER", help_heading = "The flow")]
    pub run_as: Option<String>,
    /// Fill a table from a CSV file, whose first line names columns, before the flow starts
    #[arg(long = "table", value_name = "NAME=FILE", value_parser = pair, help_heading = "The flow")]
    pub tables: Vec<(String, String)>,
    /// Answer in place of external cards as this file says
    #[arg(long, value_name = "FILE", conflicts_with = "live", help_heading = "The flow")]
    pub mock: Option<PathBuf>,
    /// Record what is exchanged with vendors in this file, NAME.rec.yaml, without secrets: see docs/testing.md
    #[arg(long = "record", value_name = "FILE", conflicts_with = "dry_run", help_heading = "Recording")]
    pub tape: Option<PathBuf>,
    /// Put others in the place of people: their names, mail addresses, IDs and telephone numbers
    #[arg(long, requires = "tape", help_heading = "Recording")]
    pub pseudonyms: bool,
    /// Let a member, a header or a key of a query with this name hold what looks like a secret
    #[arg(long, value_name = "NAME", requires = "tape", help_heading = "Recording")]
    pub allow: Vec<String>,
    /// Print the report as JSON, and nothing else
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// Show the inputs and outputs of every card, and the items of loops
    #[arg(long, help_heading = "Output")]
    pub trace: bool,
    /// Show the flow's outputs whole, as YAML, below the transcript
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    pub outputs: bool,
    /// Save the files among the flow's outputs here; nothing that is there is overwritten
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    pub files: Option<PathBuf>,
    /// Whether they are real.
    #[command(flatten)]
    pub real: Real,
    /// Over which connections.
    #[command(flatten)]
    pub over: Over,
    /// Read everything, change nothing: stop before the first request that would change something
    #[arg(long, help_heading = "Safety")]
    pub dry_run: bool,
    /// Where to write the audit record, JSON lines [default: for real connections, a file below ~/.local/state/flowrun]
    #[arg(long, value_name = "FILE", help_heading = "Safety")]
    pub audit: Option<PathBuf>,
    /// Write no audit record
    #[arg(long, conflicts_with = "audit", help_heading = "Safety")]
    pub no_audit: bool,
    /// Put what was sent of each person into the audit record, instead of its hash
    #[arg(long, help_heading = "Safety")]
    pub audit_profiles: bool,
    /// Where the journal of the run and tables with `kept: true` are stored [default: for real connections, a folder below ~/.local/state/flowrun]
    #[arg(long, value_name = "FOLDER", help_heading = "Safety")]
    pub state: Option<PathBuf>,
    /// Keep no journal: the run can't be taken up again after a crash
    #[arg(long, help_heading = "Safety")]
    pub no_journal: bool,
    /// Wait while another process runs flows of the project
    #[arg(long, help_heading = "Safety")]
    pub wait: bool,
    /// How large one file may get, in megabytes [default: 256]
    #[arg(long, value_name = "MB", value_parser = whole(1, MOST_MB), allow_negative_numbers = true, help_heading = "Safety")]
    pub max_file_mb: Option<u64>,
    /// How large all files of the run may get together, in megabytes [default: 1000]
    #[arg(long, value_name = "MB", value_parser = whole(1, MOST_MB), allow_negative_numbers = true, help_heading = "Safety")]
    pub max_files_mb: Option<u64>,
    /// How much memory values and answers may take, in megabytes [default: 2000]
    #[arg(long = "memory", value_name = "MB", value_parser = whole(1, MOST_MB), allow_negative_numbers = true, help_heading = "Safety")]
    pub memory_mb: Option<u64>,
    /// How many cards the run may take, those of helper flows counted each time [default: 1000000000]
    #[arg(long, value_name = "N", value_parser = whole(1, u64::MAX), allow_negative_numbers = true, help_heading = "Safety")]
    pub cards: Option<u64>,
    /// How the simulators are set up.
    #[command(flatten)]
    pub simulators: SimulatorArgs,
}

/// A terabyte.
const MOST_MB: u64 = 1_000_000;

impl RunArgs {
    /// What is to be run, and how.
    pub(super) fn job(&self, memory_used: fn() -> u64) -> Result<Job, Problem> {
        let file = self.file.clone().ok_or_else(|| Problem::new("no flow is given"))?;
        let record = match &self.audit {
            Some(file) => Record::File(file.clone()),
            None if self.no_audit => Record::Off,
            None => Record::Usual,
        };
        Ok(Job {
            file,
            flow: self.flow.clone(),
            environment: self.env.clone(),
            inputs: self.inputs.clone(),
            vars: self.vars.clone(),
            tables: self.tables.clone(),
            mock: self.mock.clone(),
            tape: self.tape.clone().map(|file| Tape {
                file,
                pseudonyms: self.pseudonyms,
                allow: self.allow.clone(),
            }),
            files: self.files.clone(),
            live: self.real.live,
            simulate: self.real.simulate,
            connections: self.over.connections.clone(),
            time_scale: self.over.time_scale,
            ca_file: self.over.ca_file.clone(),
            dry_run: self.dry_run,
            record,
            profiles: self.audit_profiles,
            state: self.state.clone(),
            journal: !self.no_journal,
            wait: self.wait,
            run_as: self.run_as.clone(),
            tidies: true,
            waits: true,
            limits: Limits {
                cards: self.cards.unwrap_or(Limits::default().cards),
                memory: Memory::new(self.memory_mb.unwrap_or(2000) * MB, memory_used),
                ..Limits::default()
            },
            bounds: self.bounds(),
            simulators: self.simulators.setup(),
            ..Job::default()
        })
    }

    /// What is said of runs of this machine alone, and whether it is said here.
    pub(crate) fn of_this_machine(&self) -> Vec<(&'static str, bool)> {
        let own = [
            ("--set", !self.vars.is_empty()),
            ("--flow", self.flow.is_some()),
            ("--table", !self.tables.is_empty()),
            ("--mock", self.mock.is_some()),
            ("--record", self.tape.is_some()),
            ("--files", self.files.is_some()),
            ("--live", self.real.live),
            ("--simulate", self.real.simulate),
            ("--dry-run", self.dry_run),
            ("--audit", self.audit.is_some()),
            ("--no-audit", self.no_audit),
            ("--audit-profiles", self.audit_profiles),
            ("--state", self.state.is_some()),
            ("--no-journal", self.no_journal),
            ("--max-file-mb", self.max_file_mb.is_some()),
            ("--max-files-mb", self.max_files_mb.is_some()),
            ("--memory", self.memory_mb.is_some()),
            ("--cards", self.cards.is_some()),
            ("--wait", self.wait),
            ("the simulators' options", self.simulators.are_asked_for()),
        ];
        own.into_iter().chain(self.over.said()).collect()
    }

    /// The bounds that the run's files have. One file may always fill all the room that there is.
    fn bounds(&self) -> Bounds {
        let usual = Bounds::default();
        let one = self.max_file_mb.map_or(usual.one, |mb| mb * MB);
        let all = self.max_files_mb.map_or(usual.all.max(one), |mb| mb * MB);
        Bounds { one, all }
    }
}

/// Reads and checks what is to be run; refuses what can't be.
pub fn plan(args: &RunArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<Plan, Refused> {
    let mut warnings = Vec::new();
    let plan = Plan::new(args.job(surroundings.memory_used)?, surroundings.session(), &mut warnings);
    planned(plan, &warnings, console)
}

/// Plans a run in this process, or begins it at a service.
pub fn start(
    args: &RunArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    site::of(&PlaceArgs::default(), surroundings)?.start(args, console)
}

/// Says what is wrong.
pub(super) fn refusal<T>(
    result: Result<T, flowrun_project::Refused>,
    console: &mut Console<'_>,
) -> Result<T, Refused> {
    result.map_err(|refused| match refused {
        flowrun_project::Refused::Problem(problem) => Refused::Problem(problem),
        flowrun_project::Refused::Mistakes(wrong) => {
            console.note(&mistakes::errors(&wrong.found, &wrong.sources, console.err_look));
            Refused::Said
        }
    })
}

/// Says what there is to warn of, and what is wrong.
pub(super) fn planned(
    plan: Result<Plan, flowrun_project::Refused>,
    warnings: &[String],
    console: &mut Console<'_>,
) -> Result<Plan, Refused> {
    for warning in warnings {
        console.warn(warning);
    }
    refusal(plan, console)
}

/// Runs what was planned and tells what happened; the exit code.
pub async fn run(
    args: &RunArgs,
    plan: Plan,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    remark(args, &plan, console);
    let stop = stop(surroundings);
    let opened = plan.open(stop.clone(), &mut |waits| console.note(&format!("{waits}\n"))).await;
    let session = match opened {
        Err(problem) if stop.is_given() => {
            console.refuse(&problem);
            return Ok(INTERRUPTED);
        }
        opened => opened?,
    };
    for warning in &session.warnings {
        console.warn(warning);
    }
    if !args.json {
        let (frame, paint) = (Frame::of(console.out_look), Paint(console.out_look.color));
        console.tell(&transcript::header(session.flow(), &session.connections(), &frame, paint))?;
    }
    let recorder = session.recorder().cloned();
    let ended = watched(session, surroundings, console).await;
    let code = tell(args, &ended, &surroundings.registry, console)?;
    match recorder.as_ref().map(|recorder| recorder.write()) {
        Some(Err(problem)) => {
            console.refuse(&problem);
            Ok(code.max(FAILED))
        }
        Some(Ok(file)) => {
            console.note(&format!("recorded in {}\n", file.display()));
            Ok(code)
        }
        None => Ok(code),
    }
}

/// What there is to say before a run starts.
fn remark(args: &RunArgs, plan: &Plan, console: &mut Console<'_>) {
    if plan.ready().doubts > 0 {
        let warnings = words::many(plan.ready().doubts as u64, "warning");
        console.note(&format!("{warnings}; see `flowrun check`\n"));
    }
    let scale = plan.time_scale();
    if scale != 1.0 {
        console.note(&format!("time passes {} times as fast (--time-scale)\n", words::number(scale)));
    }
    if args.simulators.are_asked_for() && !plan.ready().reaches_simulator() {
        console.warn(&format!("{} for simulators, and this run reaches none", args.simulators.said()));
    }
}

/// What ends the run: what was handed over, or else signals, if they are listened for.
fn stop(surroundings: &Surroundings) -> Stop {
    if let Some(stop) = &surroundings.stop {
        return stop.clone();
    }
    let (switch, stop) = Stop::new();
    if surroundings.signals {
        signals::listen(switch, surroundings.screen.clone());
    }
    stop
}

/// Runs a session while it is shown.
async fn watched(session: Session, surroundings: &Surroundings, console: &mut Console<'_>) -> Ended {
    let (activities, clock) = (session.activities(), session.clock().clone());
    let screen = surroundings.screen.clone().filter(|_| console.err_look.live);
    let catalog = surroundings.registry.catalog();
    let mut live = screen.map(|screen| Live::new(screen, catalog, activities.clone(), clock.clone()));
    // Where nothing takes time there is nothing to tell.
    let mut progress =
        (live.is_none() && !session.is_simulated()).then(|| Progress::new(console.err, activities, clock));
    let mut nobody = ();
    let watch: &mut dyn Watch = match (&mut live, &mut progress) {
        (Some(live), _) => live,
        (None, Some(progress)) => progress,
        (None, None) => &mut nobody,
    };
    session.run(watch).await
}
