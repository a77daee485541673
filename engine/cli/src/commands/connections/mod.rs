//! `flowrun connections`: the connections of a project: listed, tried, added.

pub mod add;
mod list;
mod login;
mod test;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use flowrun_host::runtime;
use flowrun_kit::registry::Registry;
use flowrun_project::{Problem, Project};

use crate::console::Console;
use crate::outcome::Refused;
use crate::surroundings::Surroundings;
use add::AddArgs;
use test::TestArgs;

/// What `connections` is told.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Where a setting can come from, in this order:
  OKTA_API_TOKEN=…           the environment
  OKTA_API_TOKEN_FILE=PATH   a file that the environment names
  $CREDENTIALS_DIRECTORY     a credential of systemd, called OKTA_API_TOKEN
  connections.yaml           a file outside the project, in which a value is the value itself, or
                             \"!op read op://vault/okta/token\" what a command prints, \"@/run/secrets/okta\"
                             a file, \"$VARIABLE\", or \"credential:NAME\"

Examples:
  flowrun connections flows                 what the project needs, and what is given
  flowrun connections test flows            try each connection; nothing is changed
  flowrun connections add okta              ask for what is needed and write it down
  flowrun connections add okta org_url=https://acme.okta.com api_token='!op read op://it/okta/token'"
)]
pub struct ConnectionsArgs {
    /// What to do; list them unless said.
    #[command(subcommand)]
    pub command: Option<ConnectionsCommand>,
    /// Which to list.
    #[command(flatten)]
    pub of: ConnectionsOf,
}

/// What can be done with connections.
#[derive(Debug, Subcommand)]
pub enum ConnectionsCommand {
    /// Try each connection by harmless requests, and say what is wrong
    Test(TestArgs),
    /// Write a connection into the connections file
    Add(AddArgs),
    /// Log in again, in the browser, for a connection that is written down
    Login(Written),
}

/// Whose connections.
#[derive(Debug, Args)]
pub struct ConnectionsOf {
    /// A flow or a folder; the project it belongs to
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// In which environment of the project
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Where the settings of connections are
    #[arg(long, value_name = "FILE")]
    pub connections: Option<PathBuf>,
}

/// A connection of a connections file, and the file.
#[derive(Debug, Args)]
pub struct Written {
    /// The connection's name, as in flowrun.yaml
    pub name: String,
    /// Its connector, if its name does not say it
    #[arg(long, value_name = "NAME")]
    pub connector: Option<String>,
    /// The environment of the project that it is for
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// The connections file [default: ~/.config/flowrun/connections.yaml]
    #[arg(long, value_name = "FILE")]
    pub connections: Option<PathBuf>,
    /// The project that it is for
    #[arg(long, value_name = "PATH", default_value = ".")]
    pub project: PathBuf,
    /// For a login in the browser: trust the certificate authorities in this PEM file too
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

impl Written {
    /// The name under which it stands in the connections file: an environment that names the connection has an account of its own.
    fn account(&self, registry: &Registry) -> Result<String, Problem> {
        let (name, Some(environment)) = (&self.name, self.env.as_deref()) else {
            return Ok(self.name.clone());
        };
        let project = Project::read_in(&self.project, Some(environment), registry.vocabulary())?;
        let account = project.model.manifest.account(name);
        if account != *name {
            return Ok(account);
        }
        let problem =
            Problem::new(format!("the environment `{environment}` has no connection `{name}` of its own"));
        Err(problem.help(format!(
            "name it in flowrun.yaml, as in `environments: {{ {environment}: {{ connections: {{ {name}: {{}} }} }} }}`; \
             without --env it is written for all that share it"
        )))
    }
}

/// Lists, tries or adds connections.
pub fn run(
    args: &ConnectionsArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    match &args.command {
        None => list::list(&args.of, surroundings, console),
        Some(ConnectionsCommand::Test(args)) => {
            runtime::of_one_thread()?.block_on(test::test(args, surroundings, console))
        }
        Some(ConnectionsCommand::Add(args)) => add::add(args, surroundings, console),
        Some(ConnectionsCommand::Login(args)) => login::login(args, surroundings, console),
    }
}
