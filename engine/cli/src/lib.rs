//! The command line of flowrun, as a library: the binary hands it its arguments, environment and streams, and so do tests.

pub mod args;
pub mod audit;
pub mod catalog;
pub mod connections;
pub mod connectors;
pub mod console;
pub mod diff;
pub mod docs;
pub mod export;
pub mod graph;
pub mod problem;
pub mod project;
pub mod signals;
pub mod simulators;
pub mod state;
pub mod transcript;
pub mod words;

mod check;
mod failure;
mod folder;
mod given;
mod live;
mod manual;
mod progress;
mod run;
mod sandbox;
mod save;
mod tick;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::iter;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{ColorChoice, CommandFactory, FromArgMatches};
use flowrun_core::suggest::closest;
use flowrun_host::driver::Stop;
use tokio::runtime::{Builder, Runtime};

use args::{Cli, Command, ConnectionsArgs, ConnectionsCommand, RunArgs};
use connections::add::Prompt;
use console::Console;
use problem::Problem;
use simulators::Simulators;

/// The exit code of a command that did what it should.
pub const DONE: u8 = 0;
/// The exit code of a run that failed.
pub const FAILED: u8 = 1;
/// The exit code for a wrong flow or command line.
pub const WRONG: u8 = 2;

/// What a command knows of the process it runs in.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// The environment variables.
    pub env: BTreeMap<String, String>,
    /// Whether Ctrl-C and SIGTERM are listened for.
    pub signals: bool,
    /// What ends a run besides signals.
    pub stop: Option<Stop>,
    /// Simulators to run over, instead of new ones; the run then goes by their clock.
    pub simulators: Option<Simulators>,
    /// The name of the run, instead of a new one: chance is drawn from it.
    pub run_id: Option<String>,
    /// Asks the user, if there is one at a terminal.
    pub prompt: Option<Arc<dyn Prompt>>,
}

/// Runs a command line (without the program's name) over two pipes; its exit code.
pub fn main_with<A: Into<OsString> + Clone>(
    args: impl IntoIterator<Item = A>,
    env: BTreeMap<String, String>,
    stdout: &mut (dyn Write + Send),
    stderr: &mut (dyn Write + Send),
) -> u8 {
    main_in(args, &Surroundings { env, ..Surroundings::default() }, &mut Console::plain(stdout, stderr))
}

/// Runs a command line (without the program's name) in given surroundings; its exit code.
pub fn main_in<A: Into<OsString> + Clone>(
    args: impl IntoIterator<Item = A>,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> u8 {
    let command = match parse(args, console) {
        Ok(command) => command,
        Err(code) => return code,
    };
    let code = match command {
        Command::Run(args) => run::prepare(&args, surroundings, console)
            .and_then(|prepared| runtime()?.block_on(prepared.run(surroundings, console))),
        Command::Sandbox(args) => {
            runtime().and_then(|runtime| runtime.block_on(sandbox::serve(&args, surroundings, console)))
        }
        Command::Connections(ConnectionsArgs { command: None, of }) => {
            connections::list::list(&of, &surroundings.env, console)
        }
        Command::Connections(ConnectionsArgs { command: Some(ConnectionsCommand::Test(args)), .. }) => {
            runtime()
                .and_then(|runtime| runtime.block_on(connections::test::test(&args, surroundings, console)))
        }
        Command::Connections(ConnectionsArgs { command: Some(ConnectionsCommand::Add(args)), .. }) => {
            connections::add::add(&args, surroundings, console)
        }
        Command::Check(args) => check::check(&args, console),
        Command::Cards(args) => manual::cards(&args, console),
        Command::Graph(args) => manual::graph(&args, console),
        Command::Docs(args) => docs::docs(&args, console),
        Command::Schema(args) => manual::schema(&args, console),
        Command::Convert(args) => export::convert(&args, console),
        Command::Diff(args) => diff::diff(&args, console),
    };
    finish(code, console)
}

/// Runs a `run` command line in the tokio runtime that is there, as tests do that look at the simulators afterwards.
pub async fn run_in<A: Into<OsString> + Clone>(
    args: impl IntoIterator<Item = A>,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> u8 {
    let code = match parse(args, console) {
        Err(code) => return code,
        Ok(Command::Run(args)) => match run::prepare(&args, surroundings, console) {
            Ok(prepared) => prepared.run(surroundings, console).await,
            Err(refused) => Err(refused),
        },
        Ok(_) => Err(Problem::new("only `run` goes on in a runtime that is there").into()),
    };
    finish(code, console)
}

/// Why a command ended before it did anything.
#[derive(Debug)]
pub enum Refused {
    /// The command line, or what it names, is wrong.
    Problem(Problem),
    /// What is wrong has been said already.
    Said,
    /// The output could not be written.
    Output(io::Error),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused::Problem(problem)
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Refused {
        Refused::Output(error)
    }
}

fn finish(code: Result<u8, Refused>, console: &mut Console<'_>) -> u8 {
    match code {
        Ok(code) => code,
        Err(Refused::Said) => WRONG,
        Err(Refused::Problem(problem)) => {
            console.refuse(&problem);
            WRONG
        }
        // Whoever reads has had enough: `flowrun … | head`.
        Err(Refused::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => DONE,
        Err(Refused::Output(error)) => {
            console.refuse(&Problem::new(format!("the output can't be written: {error}")));
            WRONG
        }
    }
}

/// One thread is enough for what waits most of the time, and the least to start.
fn runtime() -> Result<Runtime, Refused> {
    // The network is looked at often, for a run seldom sleeps: table cards end at once.
    let runtime = Builder::new_current_thread().enable_all().event_interval(7).build();
    runtime.map_err(|error| Problem::new(format!("the runtime can't be started: {error}")).into())
}

/// Reads a command line; what clap has to say of it is written already when there is none.
fn parse<A: Into<OsString> + Clone>(
    args: impl IntoIterator<Item = A>,
    console: &mut Console<'_>,
) -> Result<Command, u8> {
    let color = |color| if color { ColorChoice::Always } else { ColorChoice::Never };
    let command = Cli::command()
        .term_width(console.out_look.width.min(112))
        .color(color(console.out_look.color && console.err_look.color));
    let args = iter::once(OsString::from("flowrun")).chain(args.into_iter().map(Into::into));
    let cli = command.try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches));
    match cli {
        Ok(Cli { command: Some(command), .. }) => Ok(command),
        Ok(Cli { command: None, run }) => match mistyped(&run) {
            None => Ok(Command::Run(Box::new(run))),
            Some(problem) => {
                console.refuse(&problem);
                Err(WRONG)
            }
        },
        Err(error) => {
            let text = error.render();
            let text = if console.out_look.color { text.ansi().to_string() } else { text.to_string() };
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            if asked {
                // That nobody reads the help is no failure.
                let _ = console.print(&text);
                return Err(DONE);
            }
            console.note(&text);
            Err(WRONG)
        }
    }
}

/// A first word that is neither a command nor a file is more likely a command.
fn mistyped(run: &RunArgs) -> Option<Problem> {
    let file = run.file.as_deref()?;
    let word = file.to_str().filter(|word| !word.contains(['/', '\\', '.']))?;
    if file.exists() {
        return None;
    }
    let commands: Vec<String> =
        Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let problem = Problem::new(format!("there is no command and no file `{word}`"));
    Some(match closest(word, commands.iter().map(String::as_str)) {
        Some(near) => problem.help(format!("did you mean `flowrun {near}`?")),
        None => problem.help(format!("the commands are {}", commands.join(", "))),
    })
}
