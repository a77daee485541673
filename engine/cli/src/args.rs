//! The command line: its commands, and how their values are read.

use clap::{Parser, Subcommand};

use crate::commands::again::{CancelArgs, ForkArgs, RerunArgs, ResumeArgs, SettleArgs};
use crate::commands::backup::{BackupArgs, RestoreArgs};
use crate::commands::cards::CardsArgs;
use crate::commands::check::CheckArgs;
use crate::commands::completions::CompletionsArgs;
use crate::commands::connections::ConnectionsArgs;
use crate::commands::convert::ConvertArgs;
use crate::commands::diff::DiffArgs;
use crate::commands::docs::DocsArgs;
use crate::commands::doctor::DoctorArgs;
use crate::commands::endpoints::EndpointsArgs;
use crate::commands::flows::FlowsArgs;
use crate::commands::fmt::FmtArgs;
use crate::commands::graph::GraphArgs;
use crate::commands::hooks::HooksArgs;
use crate::commands::run::RunArgs;
use crate::commands::runs::RunsArgs;
use crate::commands::sandbox::SandboxArgs;
use crate::commands::schedules::SchedulesArgs;
use crate::commands::schema::SchemaArgs;
use crate::commands::serve::ServeArgs;
use crate::commands::tables::TablesArgs;
use crate::commands::test::TestArgs;
use crate::commands::token::TokenArgs;
use crate::site::ServerArgs;

const EXAMPLES: &str = "\
Examples:
  flowrun flows/import.yaml                      run a flow; without credentials, over simulators
  flowrun flows/import.yaml --employees 25000    the same with more employees
  flowrun docs/examples/greet.yaml -i name=Ada   give a flow its inputs
  flowrun runs                                   which runs there were, and how they stand
  flowrun --server https://flows.example.com runs   the same of a service, by the token in FLOWRUN_TOKEN
  flowrun check flows                            find every mistake before a run
  flowrun fmt                                    bring the flows in this folder into one form
  flowrun cards list.for_each                    what a card takes, gives, and does
  flowrun sandbox                                the simulators on a port, for any client

Exit codes: 0 done, 1 the run failed, 2 the flow or the command line is wrong, 3 the run is held or paused, 130 interrupted.";

/// Runs flows of cards, as Okta Workflows has them, from YAML files.
#[derive(Debug, Parser)]
#[command(
    name = "flowrun",
    version,
    after_help = EXAMPLES,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    override_usage = "flowrun FILE [OPTIONS]\n       flowrun COMMAND\n       flowrun --server URL COMMAND",
    subcommand_value_name = "COMMAND"
)]
pub struct Cli {
    /// What to do; `run` unless said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Whom to ask.
    #[command(flatten)]
    pub server: ServerArgs,
    /// What to run.
    #[command(flatten)]
    pub run: RunArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a flow (`flowrun FILE` is short for it)
    Run(Box<RunArgs>),
    /// List runs, or look at one
    Runs(RunsArgs),
    /// Go on with a run: after a crash, or with the answer that it waits for
    Resume(ResumeArgs),
    /// Say what became of a request, of which nobody knows after a crash; the run goes on
    Settle(SettleArgs),
    /// End a run that has not ended
    Cancel(CancelArgs),
    /// Run anew what was run, with the same inputs
    Rerun(RerunArgs),
    /// Run what was run from one card on, with all that came before as it was
    Fork(ForkArgs),
    /// Copy what is kept of a project into a folder, while runs go on
    Backup(BackupArgs),
    /// Put a backup in the place of what is kept
    Restore(RestoreArgs),
    /// Look whether what is kept is whole, to the last byte
    Doctor(DoctorArgs),
    /// Look at kept tables, fill and clear them
    Tables(TablesArgs),
    /// List flows and what starts them, turn them on and off
    Flows(FlowsArgs),
    /// List scheduled flows, each with the next times at which it comes
    Schedules(SchedulesArgs),
    /// List the flows that are called over HTTP, give and take their client tokens
    Endpoints(EndpointsArgs),
    /// Give people and programs tokens for a service, and take them back
    Token(TokenArgs),
    /// Find every mistake in a project without running it
    Check(CheckArgs),
    /// Run the tests that stand beside flows, in which nothing real is reached
    Test(TestArgs),
    /// Bring flow files into one form, comments and all, and mend what can be mended without asking
    Fmt(FmtArgs),
    /// List the cards, or show one
    Cards(CardsArgs),
    /// Draw a flow as SVG or Mermaid
    Graph(GraphArgs),
    /// Describe all flows of a project or an export, in Markdown with pictures
    Docs(DocsArgs),
    /// Write an export of Okta Workflows as a project of flow files
    Convert(ConvertArgs),
    /// Tell what differs between two exports, projects or flows
    Diff(DiffArgs),
    /// Print the JSON Schema of flow files, for editors
    Schema(SchemaArgs),
    /// List the connections of a project, try them, or add one
    Connections(ConnectionsArgs),
    /// Make event hooks at Okta for a service, verify them, look at them, have events delivered again
    Hooks(HooksArgs),
    /// Serve the simulators of Okta and Personio on a port of this machine
    Sandbox(SandboxArgs),
    /// Start flows by the clock, by requests and by events, and answer for what ran
    Serve(Box<ServeArgs>),
    /// Print the completions of commands and options for a shell
    Completions(CompletionsArgs),
}

impl Command {
    /// Whether it is there at a service too.
    pub fn asks_a_server(&self) -> bool {
        matches!(
            self,
            Command::Run(_)
                | Command::Runs(_)
                | Command::Resume(_)
                | Command::Settle(_)
                | Command::Cancel(_)
                | Command::Rerun(_)
                | Command::Fork(_)
                | Command::Tables(_)
                | Command::Flows(_)
                | Command::Schedules(_)
                | Command::Endpoints(_)
                | Command::Token(_)
        )
    }
}
