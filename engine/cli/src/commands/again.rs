//! `flowrun resume`, `settle`, `cancel`, `rerun` and `fork`: a run of before goes on, or is run anew.

use std::path::{Path, PathBuf};

use clap::Args;
use flowrun_core::journal::Settlement;
use flowrun_host::session::durable::fork::From;
use flowrun_host::session::durable::home::own_now;
use flowrun_host::session::durable::recall::{Recalled, Sight};
use flowrun_host::session::{Job, Plan, Say};
use flowrun_project::Problem;
use flowrun_store::Run;

use super::run::{self, RunArgs};
use super::runs::PlaceArgs;
use crate::console::Console;
use crate::outcome::{DONE, INTERRUPTED, Refused};
use crate::surroundings::Surroundings;
use crate::values::{pair, scale};

/// How a run of before is run.
#[derive(Clone, Debug, Args)]
pub struct OnArgs {
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
    /// Where the settings of connections are
    #[arg(long, value_name = "FILE", help_heading = "Connections")]
    pub connections: Option<PathBuf>,
    /// Let time pass this many times as fast, where connections are real
    #[arg(long, value_name = "X", value_parser = scale, allow_negative_numbers = true, help_heading = "Connections")]
    pub time_scale: Option<f64>,
    /// Trust the certificate authorities in this PEM file too
    #[arg(long, value_name = "FILE", help_heading = "Connections")]
    pub ca_file: Option<PathBuf>,
    /// Answer in place of external cards as this file says
    #[arg(long, value_name = "FILE", help_heading = "Connections")]
    pub mock: Option<PathBuf>,
    /// Wait while another process runs flows of the project
    #[arg(long, help_heading = "Safety")]
    pub wait: bool,
    /// Where the run is.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// What `resume` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun resume 20261128                              after a crash: goes on where the run was
  flowrun resume 20261128 --input approved=true        answers a pause
  flowrun resume 20261128 --with-new flows/import.yaml goes on with flows that were changed meanwhile")]
pub struct ResumeArgs {
    /// The run, or the beginning of its name
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Answer the pause that the run waits in; objects and lists as JSON
    #[arg(long = "input", short = 'i', value_name = "NAME=VALUE", value_parser = pair)]
    pub inputs: Vec<(String, String)>,
    /// Answer the pause with nothing
    #[arg(long, conflicts_with = "inputs")]
    pub answer: bool,
    /// Go on with the flows as they are now, from this flow or export, if they fit what has happened
    #[arg(long, value_name = "FILE")]
    pub with_new: Option<PathBuf>,
    /// How it is run.
    #[command(flatten)]
    pub on: OnArgs,
}

/// What `settle` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun settle 20261128 create_user --happened -o id=00u1   the user is there: the run goes on with this output
  flowrun settle 20261128 create_user --did-not               the user is not there: the card does it now
  flowrun settle 20261128 create_user --fail                  the run goes on as after an error")]
pub struct SettleArgs {
    /// The run, or the beginning of its name
    #[arg(value_name = "RUN")]
    pub run: String,
    /// The card that is asked about, by its ID; with `#2` the second, where several are
    #[arg(value_name = "CARD")]
    pub card: String,
    /// What the card asked for was done
    #[arg(long, required_unless_present_any = ["did_not", "fail"], conflicts_with_all = ["did_not", "fail"])]
    pub happened: bool,
    /// It was not done, and is to be done now
    #[arg(long, conflicts_with = "fail")]
    pub did_not: bool,
    /// The card fails
    #[arg(long)]
    pub fail: bool,
    /// An output that the card gave; objects and lists as JSON
    #[arg(long = "output", short = 'o', value_name = "NAME=VALUE", value_parser = pair, requires = "happened")]
    pub gave: Vec<(String, String)>,
    /// How it goes on.
    #[command(flatten)]
    pub on: OnArgs,
}

/// What `cancel` is told.
#[derive(Debug, Args)]
pub struct CancelArgs {
    /// The run, or the beginning of its name
    #[arg(value_name = "RUN")]
    pub run: String,
    /// How it cleans up.
    #[command(flatten)]
    pub on: OnArgs,
}

/// What `rerun` is told.
#[derive(Debug, Args)]
pub struct RerunArgs {
    /// The run, or the beginning of its name
    #[arg(value_name = "RUN")]
    pub run: String,
    /// With the flows and variables of then, instead of those that are in its project now
    #[arg(long)]
    pub then: bool,
    /// Only what failed, with the flows of then: items of loops that failed, and what comes after them; all else keeps what it was answered
    #[arg(long, conflicts_with_all = ["then", "file"])]
    pub failed: bool,
    /// The flow or export that has the flows now [default: the run's flow in its project]
    #[arg(long, value_name = "FILE", conflicts_with = "then")]
    pub file: Option<PathBuf>,
    /// How it is run.
    #[command(flatten)]
    pub on: OnArgs,
}

/// What `fork` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun fork 20261128 --from create_user                       the card asks once more, and what comes then is new
  flowrun fork 20261128 --from ask --set-output approved=false   what would have happened with another answer")]
pub struct ForkArgs {
    /// The run, or the beginning of its name
    #[arg(value_name = "RUN")]
    pub run: String,
    /// The card from which on all is new, by its ID; `flow#card` where several flows have it
    #[arg(long, value_name = "CARD")]
    pub from: String,
    /// The card is not asked again but gives this output; objects and lists as JSON
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub set_output: Vec<(String, String)>,
    /// How it is run.
    #[command(flatten)]
    pub on: OnArgs,
}

/// Goes on with a run.
pub fn resume(
    args: &ResumeArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    let say =
        if args.answer || !args.inputs.is_empty() { Say::Answer(args.inputs.clone()) } else { Say::GoOn };
    again(&args.run, args.with_new.as_deref(), say, &args.on, surroundings, console)
}

/// Says what became of a request, and goes on.
pub fn settle(
    args: &SettleArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    let what = match (args.happened, args.did_not) {
        (true, _) => Settlement::Happened,
        (_, true) => Settlement::DidNot,
        _ => Settlement::Failed,
    };
    let say = Say::Settle { card: args.card.clone(), what, outputs: args.gave.clone() };
    again(&args.run, None, say, &args.on, surroundings, console)
}

/// Ends a run: its flows clean up.
pub fn cancel(
    args: &CancelArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    again(&args.run, None, Say::Cancel, &args.on, surroundings, console)
}

/// What is to be run, and how it is told.
pub type Planned = Box<(RunArgs, Plan)>;

fn again(
    id: &str,
    new: Option<&Path>,
    say: Say,
    on: &OnArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    let (home, run) = on.place.find(id, surroundings)?;
    is_open(&run)?;
    let vocabulary = surroundings.registry.vocabulary();
    let recalled = Recalled::read(&home, &run.about.id, vocabulary, Sight::Whole, None)?;
    let args = on.as_run(home.folder.clone(), &run);
    let job =
        Job { say, file: new.map(Path::to_owned).unwrap_or_default(), ..args.job(surroundings.memory_used)? };
    drop(home);
    let mut warnings = Vec::new();
    let plan = Plan::again(job, recalled, new.is_some(), surroundings.session(), &mut warnings);
    Ok(Box::new((args, run::planned(plan, &warnings, console)?)))
}

/// Runs a run anew, from its start.
pub fn rerun(
    args: &RerunArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    let (home, run) = args.on.place.find(&args.run, surroundings)?;
    if args.failed {
        let folder = home.folder.clone();
        drop(home);
        return rerun_failed(args, &run, folder, surroundings, console);
    }
    let vocabulary = surroundings.registry.vocabulary();
    let recalled = Recalled::read(&home, &run.about.id, vocabulary, Sight::Whole, Some(0))?;
    let run_args = args.on.as_run(home.folder.clone(), &run);
    let usual = || PathBuf::from(&run.about.root).join(format!("{}.yaml", run.about.flow));
    let file = args.file.clone().unwrap_or_else(usual);
    let job = Job { file, ..run_args.job(surroundings.memory_used)? };
    drop(home);
    let mut warnings = Vec::new();
    let plan = Plan::anew(job, recalled, args.then, surroundings.session(), &mut warnings);
    Ok(Box::new((run_args, run::planned(plan, &warnings, console)?)))
}

/// Runs what failed in a run anew.
fn rerun_failed(
    args: &RerunArgs,
    run: &Run,
    folder: PathBuf,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    if run.state.status().is_open() {
        let id = &run.about.id;
        let problem = Problem::new(format!("run {id} has not ended ({})", run.state.status().name()));
        return Err(problem.help(format!("`flowrun resume {id}` goes on with it")).into());
    }
    let home = own_now(&folder, &surroundings.env, "flowrun rerun")?;
    let (name, vocabulary) = (surroundings.run_id.as_deref(), surroundings.registry.vocabulary());
    let (name, remembered) = home.fork_failed(&run.about.id, name, vocabulary)?;
    console.note(&format!("run {name} keeps what run {} was answered, but for what failed\n", run.about.id));
    drop(home);
    let (args, plan) = *again(&name, None, Say::GoOn, &args.on.at(folder), surroundings, console)?;
    Ok(Box::new((args, plan.remembering(remembered))))
}

/// Runs a run from one of its cards on.
pub fn fork(
    args: &ForkArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    let (found, run) = args.on.place.find(&args.run, surroundings)?;
    let home = own_now(&found.folder, &surroundings.env, "flowrun fork")?;
    let from = From { card: &args.from, outputs: &args.set_output, name: surroundings.run_id.as_deref() };
    let name = home.fork(&run.about.id, &from, surroundings.registry.vocabulary())?;
    console.note(&format!("run {name} shares what run {} did before `{}`\n", run.about.id, args.from));
    let on = args.on.at(home.folder.clone());
    drop((found, home));
    again(&name, None, Say::GoOn, &on, surroundings, console)
}

fn is_open(run: &Run) -> Result<(), Problem> {
    let status = run.state.status();
    if status.is_open() {
        return Ok(());
    }
    let id = &run.about.id;
    let problem = Problem::new(format!("run {id} has ended ({})", status.name()));
    Err(problem
        .help(format!("`flowrun rerun {id}` runs it anew, `flowrun fork {id} --from CARD` from a card on")))
}

impl OnArgs {
    /// The same of what lies in this folder.
    fn at(&self, folder: PathBuf) -> OnArgs {
        OnArgs { place: PlaceArgs { state: Some(folder), ..PlaceArgs::default() }, ..self.clone() }
    }

    fn as_run(&self, folder: PathBuf, run: &Run) -> RunArgs {
        RunArgs {
            file: Some(PathBuf::from(&run.about.flow)),
            json: self.json,
            trace: self.trace,
            outputs: self.outputs,
            files: self.files.clone(),
            connections: self.connections.clone(),
            time_scale: self.time_scale,
            ca_file: self.ca_file.clone(),
            mock: self.mock.clone(),
            wait: self.wait,
            // A run that was simulated stays so, whatever credentials there are by now.
            simulate: run.about.simulated,
            live: !run.about.simulated && !run.about.scope.contains("simulator"),
            state: Some(folder),
            ..RunArgs::default()
        }
    }
}

/// Runs what was planned.
pub async fn go(
    planned: Planned,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let (args, plan) = *planned;
    let is_to_end = matches!(plan.job.say, Say::Cancel);
    let code = run::run(&args, plan, surroundings, console).await?;
    // That it was interrupted is what was wanted.
    Ok(if is_to_end && code == INTERRUPTED { DONE } else { code })
}
