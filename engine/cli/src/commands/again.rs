//! `flowrun resume`, `settle`, `cancel`, `rerun` and `fork`: a run of before goes on, or is run anew.

use std::path::{Path, PathBuf};

use clap::Args;
use flowrun_core::journal::Settlement;
use flowrun_host::session::durable::fork::From;
use flowrun_host::session::durable::home::{Home, own_now};
use flowrun_host::session::durable::recall::{Recalled, Sight};
use flowrun_host::session::{Job, Plan, Say};
use flowrun_project::Problem;
use flowrun_store::Run;

use super::over::{Over, Real};
use super::run::{self, RunArgs};
use super::runs::PlaceArgs;
use crate::console::Console;
use crate::outcome::{DONE, INTERRUPTED, Refused};
use crate::site::{self, Steer, There};
use crate::surroundings::Surroundings;
use crate::values::pair;

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
    /// Over which connections.
    #[command(flatten)]
    pub over: Over,
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

/// What is to be run in this process, or has been begun at a service.
pub enum Planned {
    /// In this process.
    Here(Box<(RunArgs, Plan)>),
    /// At a service.
    There(Box<There>),
}

/// Goes on with a run.
pub fn resume(
    args: &ResumeArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    let new = args.with_new.as_deref();
    let answers = args.answer || !args.inputs.is_empty();
    let steer = if answers { Steer::Answer(&args.inputs, new) } else { Steer::GoOn(new) };
    site::of(&args.on.place, surroundings)?.again(&args.run, &steer, &args.on, console)
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
    let steer = Steer::Settle { card: &args.card, what, outputs: &args.gave };
    site::of(&args.on.place, surroundings)?.again(&args.run, &steer, &args.on, console)
}

/// Ends a run: its flows clean up.
pub fn cancel(
    args: &CancelArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    site::of(&args.on.place, surroundings)?.again(&args.run, &Steer::Cancel, &args.on, console)
}

/// Runs a run anew, from its start.
pub fn rerun(
    args: &RerunArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    let steer = Steer::Rerun { then: args.then, failed: args.failed, file: args.file.as_deref() };
    site::of(&args.on.place, surroundings)?.again(&args.run, &steer, &args.on, console)
}

/// Runs a run from one of its cards on.
pub fn fork(
    args: &ForkArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    let steer = Steer::Fork { from: &args.from, outputs: &args.set_output };
    site::of(&args.on.place, surroundings)?.again(&args.run, &steer, &args.on, console)
}

/// The same with a run of a store of this machine, which this process takes for itself.
pub fn here(
    home: Home,
    run: &Run,
    steer: &Steer<'_>,
    on: &OnArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    let (new, say) = match *steer {
        Steer::GoOn(new) => (new, Say::GoOn),
        Steer::Answer(given, new) => (new, Say::Answer(given.to_vec())),
        Steer::Settle { card, what, outputs } => {
            (None, Say::Settle { card: card.to_owned(), what, outputs: outputs.to_vec() })
        }
        Steer::Cancel => (None, Say::Cancel),
        Steer::Rerun { failed: true, .. } => {
            let folder = home.folder.clone();
            drop(home);
            return rerun_failed(run, folder, on, surroundings, console);
        }
        Steer::Rerun { then, file, .. } => return anew(home, run, (then, file), on, surroundings, console),
        Steer::Fork { from, outputs } => {
            return forked(home, run, (from, outputs), on, surroundings, console);
        }
    };
    is_open(run)?;
    let vocabulary = surroundings.registry.vocabulary();
    let recalled = Recalled::read(&home, &run.about.id, vocabulary, Sight::Whole, None)?;
    let args = on.as_run(home.folder.clone(), run);
    let job =
        Job { say, file: new.map(Path::to_owned).unwrap_or_default(), ..args.job(surroundings.memory_used)? };
    drop(home);
    let mut warnings = Vec::new();
    let plan = Plan::again(job, recalled, new.is_some(), surroundings.session(), &mut warnings);
    Ok(Planned::Here(Box::new((args, run::planned(plan, &warnings, console)?))))
}

/// A run of this name goes on, which is in the store of a folder since a moment ago.
fn goes_on(
    name: &str,
    folder: PathBuf,
    on: &OnArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    let on = OnArgs { place: PlaceArgs { state: Some(folder), ..PlaceArgs::default() }, ..on.clone() };
    let (home, run) = on.place.find(name, surroundings)?;
    here(home, &run, &Steer::GoOn(None), &on, surroundings, console)
}

fn anew(
    home: Home,
    run: &Run,
    (then, file): (bool, Option<&Path>),
    on: &OnArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    let vocabulary = surroundings.registry.vocabulary();
    let recalled = Recalled::read(&home, &run.about.id, vocabulary, Sight::Whole, Some(0))?;
    let args = on.as_run(home.folder.clone(), run);
    let usual = || PathBuf::from(&run.about.root).join(format!("{}.yaml", run.about.flow));
    let file = file.map_or_else(usual, Path::to_owned);
    let job = Job { file, ..args.job(surroundings.memory_used)? };
    drop(home);
    let mut warnings = Vec::new();
    let plan = Plan::anew(job, recalled, then, surroundings.session(), &mut warnings);
    Ok(Planned::Here(Box::new((args, run::planned(plan, &warnings, console)?))))
}

/// Runs what failed in a run anew.
fn rerun_failed(
    run: &Run,
    folder: PathBuf,
    on: &OnArgs,
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
    Ok(match goes_on(&name, folder, on, surroundings, console)? {
        Planned::Here(planned) => {
            let (args, plan) = *planned;
            Planned::Here(Box::new((args, plan.remembering(remembered))))
        }
        there => there,
    })
}

fn forked(
    found: Home,
    run: &Run,
    (card, outputs): (&str, &[(String, String)]),
    on: &OnArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Planned, Refused> {
    let home = own_now(&found.folder, &surroundings.env, "flowrun fork")?;
    let from = From { card, outputs, name: surroundings.run_id.as_deref() };
    let name = home.fork(&run.about.id, &from, surroundings.registry.vocabulary())?;
    console.note(&format!("run {name} shares what run {} did before `{card}`\n", run.about.id));
    let folder = home.folder.clone();
    drop((found, home));
    goes_on(&name, folder, on, surroundings, console)
}

/// Refuses a run that has ended.
pub fn is_open(run: &Run) -> Result<(), Problem> {
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
    /// How a run is told that goes on somewhere else.
    pub fn shown(&self, run: &Run) -> RunArgs {
        RunArgs {
            file: Some(PathBuf::from(&run.about.flow)),
            json: self.json,
            trace: self.trace,
            outputs: self.outputs,
            files: self.files.clone(),
            ..RunArgs::default()
        }
    }

    fn as_run(&self, folder: PathBuf, run: &Run) -> RunArgs {
        RunArgs {
            over: self.over.clone(),
            mock: self.mock.clone(),
            wait: self.wait,
            // A run that was simulated stays so, whatever credentials there are by now.
            real: Real {
                simulate: run.about.simulated,
                live: !run.about.simulated && !run.about.scope.contains("simulator"),
            },
            state: Some(folder),
            ..self.shown(run)
        }
    }
}

/// Runs what was planned for this process.
pub async fn go(
    planned: (RunArgs, Plan),
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let (args, plan) = planned;
    let is_to_end = matches!(plan.job.say, Say::Cancel);
    let code = run::run(&args, plan, surroundings, console).await?;
    // That it was interrupted is what was wanted.
    Ok(if is_to_end && code == INTERRUPTED { DONE } else { code })
}
