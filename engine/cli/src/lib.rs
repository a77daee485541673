//! The command line of flowrun, as a library: the binary hands it its arguments, environment and streams, and so do tests.

pub mod args;
pub mod commands;
pub mod connectors;
pub mod console;
pub mod outcome;
pub mod screen;
pub mod signals;
pub mod simulators;

mod live;
mod pace;
mod progress;
mod surroundings;
mod tick;
mod values;

use std::ffi::OsString;
use std::iter;
use std::path::Path;

use clap::error::{ContextKind, ErrorKind};
use clap::{ColorChoice, CommandFactory, FromArgMatches};
use flowrun_core::suggest::closest;
use flowrun_host::runtime;
use flowrun_kit::registry::Registry;
use flowrun_project::Problem;

use args::{Cli, Command};
use commands::{
    again, backup, cards, check, completions, connections, convert, diff, docs, doctor, fmt, graph, run,
    runs, sandbox, schema, serve, tables, test,
};
use console::Console;
use outcome::{DONE, Refused, WRONG, finish};

pub use surroundings::{Prompt, Surroundings};

/// Runs a command line (without the program's name) in given surroundings; its exit code.
pub fn main_in<A: Into<OsString> + Clone>(
    args: impl IntoIterator<Item = A>,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> u8 {
    let command = match parse(args, &surroundings.registry, console) {
        Ok(command) => command,
        Err(code) => return code,
    };
    let code = match command {
        Command::Run(args) => run::plan(&args, surroundings, console).and_then(|plan| {
            runtime::of_one_thread()?.block_on(run::run(&args, plan, surroundings, console))
        }),
        Command::Runs(args) => runs::run(&args, surroundings, console),
        Command::Resume(args) => on(again::resume(&args, surroundings, console), surroundings, console),
        Command::Settle(args) => on(again::settle(&args, surroundings, console), surroundings, console),
        Command::Cancel(args) => on(again::cancel(&args, surroundings, console), surroundings, console),
        Command::Rerun(args) => on(again::rerun(&args, surroundings, console), surroundings, console),
        Command::Fork(args) => on(again::fork(&args, surroundings, console), surroundings, console),
        Command::Backup(args) => backup::backup(&args, surroundings, console),
        Command::Restore(args) => backup::restore(&args, surroundings, console),
        Command::Doctor(args) => doctor::run(&args, surroundings, console),
        Command::Tables(args) => tables::run(&args, surroundings, console),
        Command::Sandbox(args) => runtime::of_one_thread()
            .map_err(Into::into)
            .and_then(|runtime| runtime.block_on(sandbox::run(&args, surroundings, console))),
        Command::Serve(args) => serve::run(&args, surroundings, console),
        Command::Connections(args) => connections::run(&args, surroundings, console),
        Command::Check(args) => check::run(&args, surroundings, console),
        Command::Test(args) => test::run(&args, surroundings, console),
        Command::Fmt(args) => fmt::run(&args, surroundings, console),
        Command::Cards(args) => cards::run(&args, surroundings, console),
        Command::Graph(args) => graph::run(&args, surroundings, console),
        Command::Docs(args) => docs::run(&args, surroundings, console),
        Command::Schema(args) => schema::run(&args, surroundings, console),
        Command::Completions(args) => completions::run(&args, surroundings, console),
        Command::Convert(args) => convert::run(&args, surroundings, console),
        Command::Diff(args) => diff::run(&args, surroundings, console),
    };
    finish(code, console)
}

/// Runs what was planned, in a runtime of its own.
fn on(
    planned: Result<again::Planned, Refused>,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    runtime::of_one_thread()?.block_on(again::go(planned?, surroundings, console))
}

/// Runs a command line of a run in the tokio runtime that is there, as tests do that look at the simulators afterwards.
pub async fn run_in<A: Into<OsString> + Clone>(
    args: impl IntoIterator<Item = A>,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> u8 {
    let planned = match parse(args, &surroundings.registry, console) {
        Err(code) => return code,
        Ok(Command::Run(args)) => run::plan(&args, surroundings, console).map(|plan| Box::new((*args, plan))),
        Ok(Command::Resume(args)) => again::resume(&args, surroundings, console),
        Ok(Command::Settle(args)) => again::settle(&args, surroundings, console),
        Ok(Command::Cancel(args)) => again::cancel(&args, surroundings, console),
        Ok(Command::Rerun(args)) => again::rerun(&args, surroundings, console),
        Ok(Command::Fork(args)) => again::fork(&args, surroundings, console),
        Ok(_) => Err(Problem::new("only runs go on in a runtime that is there").into()),
    };
    let code = match planned {
        Ok(planned) => again::go(planned, surroundings, console).await,
        Err(refused) => Err(refused),
    };
    finish(code, console)
}

/// Reads a command line; what clap has to say of it is written already when there is none.
fn parse<A: Into<OsString> + Clone>(
    args: impl IntoIterator<Item = A>,
    registry: &Registry,
    console: &mut Console<'_>,
) -> Result<Command, u8> {
    let color = |color| if color { ColorChoice::Always } else { ColorChoice::Never };
    let command = simulators::with_options(Cli::command(), registry)
        .term_width(console.out_look.width.min(112))
        .color(color(console.out_look.color && console.err_look.color));
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    // Clap would take it for the flow to run, and find fault with what follows.
    let word = if args.first().is_some_and(|word| word == "help") { args.get(1) } else { args.first() };
    if let Some(problem) = word.and_then(|word| mistyped(Path::new(word))) {
        console.refuse(&problem);
        return Err(WRONG);
    }
    let args = iter::once(OsString::from("flowrun")).chain(args);
    let cli = command.try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches));
    match cli {
        Ok(Cli { command: Some(command), .. }) => Ok(command),
        Ok(Cli { command: None, run }) => match run.file.as_deref().and_then(mistyped) {
            None => Ok(Command::Run(Box::new(run))),
            Some(problem) => {
                console.refuse(&problem);
                Err(WRONG)
            }
        },
        Err(mut error) => {
            // That `--` would make a value of an option nobody wants to know.
            if error.kind() == ErrorKind::UnknownArgument {
                error.remove(ContextKind::Suggested);
            }
            let text = error.render();
            let text = if console.out_look.color { text.ansi().to_string() } else { text.to_string() };
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            if asked {
                // That nobody reads the help isn't a failure.
                let _ = console.print(&text);
                return Err(DONE);
            }
            console.note(&text);
            Err(WRONG)
        }
    }
}

/// A word in the place of a command that is neither one nor a file is more likely a command.
fn mistyped(word: &Path) -> Option<Problem> {
    if word.exists() {
        return None;
    }
    let word = word.to_str().filter(|word| !word.is_empty() && !word.contains(['/', '\\', '.', '-']))?;
    let mut commands: Vec<String> =
        Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    commands.push("help".to_owned());
    if commands.iter().any(|command| command == word) {
        return None;
    }
    let problem = Problem::new(format!("there is no command and no file `{word}`"));
    let near = closest(word, commands.iter().map(String::as_str)).map(|near| format!("flowrun {near}"));
    Some(problem.meant(near.as_deref()).or_help(|| format!("the commands are {}", commands.join(", "))))
}
