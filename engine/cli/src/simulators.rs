//! The options that set up simulators: those that the connectors declare, and faults.

use std::collections::BTreeMap;
use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap::error::Error;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};
use flowrun_host::session::simulators::Setup;
use flowrun_kit::registry::Registry;
use flowrun_kit::simulator::{SimFault, SimOption, Takes};
use flowrun_project::bounded;

use crate::values::whole;

const HEADING: &str = "Simulators";

/// What the IDs of the connectors' options begin with, so that none meets one of a command's own.
const PREFIX: &str = "simulator:";

/// How simulators are set up.
#[derive(Clone, Debug, Default)]
pub struct SimulatorArgs {
    options: BTreeMap<String, String>,
    faults: Vec<SimFault>,
}

impl SimulatorArgs {
    /// The simulators that were asked for.
    pub fn setup(&self) -> Setup {
        Setup { options: self.options.clone(), faults: self.faults.clone(), dated: false }
    }

    /// Whether more was asked for than a run over real connections can take notice of.
    pub fn are_asked_for(&self) -> bool {
        !self.options.is_empty() || !self.faults.is_empty()
    }

    /// The options that were given: `--employees and --fault are`.
    pub fn said(&self) -> String {
        let faults = (!self.faults.is_empty()).then_some("fault");
        let names = self.options.keys().map(String::as_str).chain(faults);
        let names: Vec<String> = names.map(|name| format!("--{name}")).collect();
        format!("{} {}", names.join(" and "), if names.len() == 1 { "is" } else { "are" })
    }
}

/// The command with the options of all simulators; `command` takes [`SimulatorArgs`], or a command below it does.
pub fn with_options(command: Command, registry: &Registry) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    let command = names
        .into_iter()
        .fold(command, |command, name| command.mut_subcommand(name, |below| with_options(below, registry)));
    if command.get_arguments().all(|arg| arg.get_id() != "faults") {
        return command;
    }
    let simulated = registry.connectors().iter().filter_map(|connector| connector.sim.as_ref());
    command.args(simulated.flat_map(|simulated| &simulated.options).map(argument))
}

fn argument(option: &SimOption) -> Arg {
    let argument = Arg::new(format!("{PREFIX}{}", option.name))
        .long(option.name.to_string())
        .value_name(option.value.to_string())
        .help(option.docs.to_string())
        .help_heading(HEADING);
    match option.takes {
        Takes::Text => argument,
        Takes::Number(most) => argument.value_parser(whole(0, most)).allow_negative_numbers(true),
        Takes::File(check) => argument.value_parser(move |path: &str| content(path, check)),
        // Explained one by one they would give every help the long layout.
        Takes::OneOf(values) => argument
            .value_parser(PossibleValuesParser::new(values.iter().copied()))
            .hide_possible_values(true),
    }
}

/// The text of a file that an option names.
#[derive(Clone, Debug)]
struct Content(String);

/// The most bytes that such a file may have.
const MOST_BYTES: u64 = 64 << 20;

fn content(path: &str, check: fn(&str) -> Result<(), String>) -> Result<Content, String> {
    let text = bounded::read_text(Path::new(path), MOST_BYTES).map_err(|error| error.to_string())?;
    let text = text.ok_or_else(|| format!("it has more than {} MiB", MOST_BYTES >> 20))?;
    check(&text)?;
    Ok(Content(text))
}

impl Args for SimulatorArgs {
    fn augment_args(command: Command) -> Command {
        command.arg(
            Arg::new("faults")
                .long("fault")
                .value_name("SPEC")
                .value_parser(value_parser!(SimFault))
                .action(clap::ArgAction::Append)
                .help("Let a simulator misbehave; see `flowrun run --help`")
                .help_heading(HEADING)
                .display_order(1000),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        SimulatorArgs::augment_args(command)
    }
}

impl FromArgMatches for SimulatorArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<SimulatorArgs, Error> {
        let given = matches.ids().filter_map(|id| Some((id.as_str(), id.as_str().strip_prefix(PREFIX)?)));
        let options = given.filter_map(|(id, name)| {
            let value = match matches.try_get_one::<Content>(id) {
                Ok(content) => content?.0.clone(),
                Err(_) => matches.get_raw(id)?.next()?.to_str()?.to_owned(),
            };
            Some((name.to_owned(), value))
        });
        let faults = matches.get_many::<SimFault>("faults").into_iter().flatten().cloned();
        Ok(SimulatorArgs { options: options.collect(), faults: faults.collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = SimulatorArgs::from_arg_matches(matches)?;
        Ok(())
    }
}
