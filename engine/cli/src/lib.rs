//! The command line of flowrun, as a library: the binary hands it its arguments, environment and streams, and so do tests.

pub mod args;
pub mod commands;
pub mod connectors;
pub mod console;
pub mod outcome;
pub mod screen;
pub mod signals;
pub mod simulators;
pub mod site;

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
use clap::parser::ValueSource;
use clap::{ArgMatches, ColorChoice, CommandFactory, FromArgMatches};
use flowrun_core::suggest::closest;
use flowrun_host::runtime;
use flowrun_kit::registry::Registry;
use flowrun_project::Problem;

use args::{Cli, Command};
use commands::{
    again, backup, cards, check, completions, connections, convert, diff, docs, doctor, endpoints, flows,
    fmt, graph, hooks, run, runs, sandbox, schedules, schema, serve, tables, test, token,
};
use console::Console;
use outcome::{DONE, Refused, WRONG, finish};
use site::ServerArgs;

pub use surroundings::{Prompt, Surroundings};

/// Runs a command line (without the program's name) in given surroundings; its exit code.
pub fn main_in<A: Into<OsString> + Clone>(
    args: impl IntoIterator<Item = A>,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> u8 {
    let (command, server) = match parse(args, &surroundings.registry, console) {
        Ok(read) => read,
        Err(code) => return code,
    };
    let surroundings = &match server.address(surroundings, console) {
        Ok(None) => surroundings.clone(),
        Ok(server) if command.asks_a_server() => Surroundings { server, ..surroundings.clone() },
        Ok(Some(_)) => {
            let problem = Problem::new("this command works on this machine alone");
            return finish(Err(problem.help("leave --server out").into()), console);
        }
        Err(problem) => return finish(Err(problem.into()), console),
    };
    let code = match command {
        Command::Run(args) => on(run::start(&args, surroundings, console), surroundings, console),
        Command::Runs(args) => runs::run(&args, surroundings, console),
        Command::Resume(args) => on(again::resume(&args, surroundings, console), surroundings, console),
        Command::Settle(args) => on(again::settle(&args, surroundings, console), surroundings, console),
        Command::Cancel(args) => on(again::cancel(&args, surroundings, console), surroundings, console),
        Command::Rerun(args) => on(again::rerun(&args, surroundings, console), surroundings, console),
        Command::Fork(args) => on(again::fork(&args, surroundings, console), surroundings, console),
        Command::Backup(args) => backup::backup(&args, surroundings, console),
        Command::Restore(args) => backup::restore(&args, surroundings, console),
        Command::Doctor(args) => doctor::run(&args, surroundings, console),
        Command::Flows(args) => flows::run(&args, surroundings, console),
        Command::Schedules(args) => schedules::run(&args, surroundings, console),
        Command::Endpoints(args) => endpoints::run(&args, surroundings, console),
        Command::Token(args) => token::run(&args, surroundings, console),
        Command::Tables(args) => tables::run(&args, surroundings, console),
        Command::Sandbox(args) => runtime::of_one_thread()
            .map_err(Into::into)
            .and_then(|runtime| runtime.block_on(sandbox::run(&args, surroundings, console))),
        Command::Hooks(args) => hooks::run(&args, surroundings, console),
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

/// Runs what was planned, in a runtime of its own, or awaits it where it goes on.
fn on(
    planned: Result<again::Planned, Refused>,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    match planned? {
        again::Planned::Here(planned) => {
            runtime::of_one_thread()?.block_on(again::go(*planned, surroundings, console))
        }
        again::Planned::There(there) => there.go(surroundings, console),
    }
}

/// Runs a command line of a run in the tokio runtime that is there, as tests do that look at the simulators afterwards.
pub async fn run_in<A: Into<OsString> + Clone>(
    args: impl IntoIterator<Item = A>,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> u8 {
    let planned = match parse(args, &surroundings.registry, console) {
        Err(code) => return code,
        Ok((Command::Run(args), _)) => run::start(&args, surroundings, console),
        Ok((Command::Resume(args), _)) => again::resume(&args, surroundings, console),
        Ok((Command::Settle(args), _)) => again::settle(&args, surroundings, console),
        Ok((Command::Cancel(args), _)) => again::cancel(&args, surroundings, console),
        Ok((Command::Rerun(args), _)) => again::rerun(&args, surroundings, console),
        Ok((Command::Fork(args), _)) => again::fork(&args, surroundings, console),
        Ok(_) => Err(Problem::new("only runs go on in a runtime that is there").into()),
    };
    let code = match planned {
        Ok(again::Planned::Here(planned)) => again::go(*planned, surroundings, console).await,
        Ok(again::Planned::There(_)) => {
            Err(Problem::new("only runs of this process go on in a runtime that is there").into())
        }
        Err(refused) => Err(refused),
    };
    finish(code, console)
}

/// Reads a command line; what clap has to say of it is written already when there is none.
fn parse<A: Into<OsString> + Clone>(
    args: impl IntoIterator<Item = A>,
    registry: &Registry,
    console: &mut Console<'_>,
) -> Result<(Command, ServerArgs), u8> {
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
    let cli = command.clone().try_get_matches_from(args).and_then(|matches| {
        alone(command, &matches)?;
        Cli::from_arg_matches(&matches)
    });
    match cli {
        Ok(Cli { command: Some(command), server, .. }) => Ok((command, server)),
        Ok(Cli { command: None, run, server }) => match run.file.as_deref().and_then(mistyped) {
            // At a service flows have paths, not files.
            Some(_) if server.server.is_some() => Ok((Command::Run(Box::new(run)), server)),
            None => Ok((Command::Run(Box::new(run)), server)),
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

/// Refuses what is said of a run before another command; which service is asked may be said of each.
fn alone(mut command: clap::Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let Some(name) = matches.subcommand_name() else { return Ok(()) };
    let given = |id: &&clap::Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
    let of_server = |id: &clap::Id| matches!(id.as_str(), "server" | "token_file" | "ServerArgs");
    let Some(other) = matches.ids().filter(given).find(|id| !of_server(id)) else { return Ok(()) };
    command.build();
    let said = command.get_arguments().find(|argument| argument.get_id() == other).map(ToString::to_string);
    let said = said.unwrap_or_else(|| other.to_string());
    let message = format!("the subcommand '{name}' cannot be used with '{said}'");
    Err(command.error(ErrorKind::ArgumentConflict, message))
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
