//! The command line: commands, options, and their help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use flowrun_kit::files::{Bounds, MB};
use flowrun_kit::sim::Fault;

use crate::graph::Theme;

/// How many employees the simulated Personio has unless something else is asked for.
pub const EMPLOYEES: u64 = 250;

const EXAMPLES: &str = "\
Examples:
  flowrun flows/import.yaml                      run a flow; without credentials, over simulators
  flowrun flows/import.yaml --employees 25000    the same with more employees
  flowrun flows/greet.yaml --input name=Ada      give a flow its inputs
  flowrun check flows                            find every mistake before a run
  flowrun cards list.for_each                    what a card takes, gives, and does
  flowrun sandbox                                the simulators on a port, for any client

Exit codes: 0 done, 1 the run failed, 2 the flow or the command line is wrong, 130 interrupted.";

/// Runs flows of cards, as Okta Workflows has them, from YAML files.
#[derive(Debug, Parser)]
#[command(
    name = "flowrun",
    version,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    override_usage = "flowrun FILE [OPTIONS]\n       flowrun COMMAND",
    subcommand_value_name = "COMMAND"
)]
pub struct Cli {
    /// What to do; `run` unless said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What to run.
    #[command(flatten)]
    pub run: RunArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a flow (`flowrun FILE` is short for it)
    Run(Box<RunArgs>),
    /// Find every mistake in a project without running it
    Check(CheckArgs),
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
    /// Serve the simulators of Okta and Personio on a port of this machine
    Sandbox(SandboxArgs),
}

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
    /// Which flow of an export to run: its title, or its name as `check` shows it
    #[arg(long, value_name = "FLOW", help_heading = "The flow")]
    pub flow: Option<String>,
    /// Fill a table from a CSV file, whose first line names columns, before the flow starts
    #[arg(long = "table", value_name = "NAME=FILE", value_parser = pair, help_heading = "The flow")]
    pub tables: Vec<(String, String)>,
    /// Answer in place of external cards as this file says
    #[arg(long, value_name = "FILE", help_heading = "The flow")]
    pub mock: Option<PathBuf>,
    /// Print the report as JSON, and nothing else
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// Show the inputs and outputs of every card, and the items of loops
    #[arg(long, help_heading = "Output")]
    pub trace: bool,
    /// Save the files among the flow's outputs here; nothing that is there is overwritten
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    pub files: Option<PathBuf>,
    /// Refuse to run unless every connection that the flow reaches is real
    #[arg(long, help_heading = "Connections")]
    pub live: bool,
    /// Where the settings of connections stand
    #[arg(long, value_name = "FILE", help_heading = "Connections")]
    pub connections: Option<PathBuf>,
    /// Let time pass this many times as fast, where connections are real
    #[arg(long, value_name = "X", value_parser = scale, help_heading = "Connections")]
    pub time_scale: Option<f64>,
    /// Trust the certificate authorities in this PEM file too
    #[arg(long, value_name = "FILE", help_heading = "Connections")]
    pub ca_file: Option<PathBuf>,
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
    /// Where tables with `kept: true` stand [default: for real connections, a folder below ~/.local/state/flowrun]
    #[arg(long, value_name = "FOLDER", help_heading = "Safety")]
    pub state: Option<PathBuf>,
    /// How large one file may get, in megabytes [default: 256]
    #[arg(long, value_name = "MB", value_parser = megabytes(), help_heading = "Safety")]
    pub max_file_mb: Option<u64>,
    /// How large all files of the run may get together, in megabytes [default: 1000]
    #[arg(long, value_name = "MB", value_parser = megabytes(), help_heading = "Safety")]
    pub max_files_mb: Option<u64>,
    /// How the simulators are set up.
    #[command(flatten)]
    pub simulators: SimulatorArgs,
}

/// Up to a terabyte.
fn megabytes() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=1_000_000)
}

impl RunArgs {
    /// The bounds that the run's files have. One file may always fill all the room that there is.
    pub fn bounds(&self) -> Bounds {
        let usual = Bounds::default();
        let one = self.max_file_mb.map_or(usual.one, |mb| mb * MB);
        let all = self.max_files_mb.map_or(usual.all.max(one), |mb| mb * MB);
        Bounds { one, all }
    }
}

/// How simulators are set up.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Simulators")]
pub struct SimulatorArgs {
    /// How many employees the simulated Personio has [default: 250]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=5_000_000))]
    pub employees: Option<u64>,
    /// What the employees are made up from [default: 1]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// How one logs in to the simulated Okta: api-token, oauth or dpop [default: api-token]
    // Explained one by one they would give every help the long layout.
    #[arg(long, value_enum, value_name = "WAY", hide_possible_values = true)]
    pub okta_auth: Option<OktaAuth>,
    /// The ID of the identity source in the simulated Okta, for flows in which one is written down
    #[arg(long, value_name = "ID")]
    pub identity_source: Option<String>,
    /// Let a simulator misbehave; see `flowrun run --help`
    #[arg(long = "fault", value_name = "SPEC")]
    pub faults: Vec<Fault>,
}

/// How one logs in to a simulated Okta.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OktaAuth {
    /// By an API token (SSWS)
    #[default]
    ApiToken,
    /// As an OAuth 2.0 service app, by a private key
    Oauth,
    /// The same, with tokens that are bound to a key (DPoP)
    Dpop,
}

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
}

/// Whose connections.
#[derive(Debug, Args)]
pub struct ConnectionsOf {
    /// A flow or a folder; the project it belongs to
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Where the settings of connections stand
    #[arg(long, value_name = "FILE")]
    pub connections: Option<PathBuf>,
}

/// What `connections test` is told.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Which connections.
    #[command(flatten)]
    pub of: ConnectionsOf,
    /// Only this connection
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Trust the certificate authorities in this PEM file too
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

/// What `connections add` is told.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// The connection's name, as in flowrun.yaml
    pub name: String,
    /// Its settings; what is missing is asked for on a terminal. `-` reads a value from standard input
    #[arg(value_name = "SETTING=VALUE", value_parser = pair)]
    pub settings: Vec<(String, String)>,
    /// Its connector, if its name does not say it
    #[arg(long, value_name = "NAME")]
    pub connector: Option<String>,
    /// Replace the connection of that name
    #[arg(long)]
    pub replace: bool,
    /// The connections file [default: ~/.config/flowrun/connections.yaml]
    #[arg(long, value_name = "FILE")]
    pub connections: Option<PathBuf>,
    /// The project that it is for
    #[arg(long, value_name = "PATH", default_value = ".")]
    pub project: PathBuf,
}

/// What `check` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun check                    the project that this folder belongs to
  flowrun check flows/import.yaml  the project that the file belongs to
  flowrun check flows --json       for editors and CI

Exit codes: 0 no errors (there may be warnings), 2 there are errors.")]
pub struct CheckArgs {
    /// A flow or a folder; the whole project it belongs to is checked
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Print the mistakes as JSON
    #[arg(long)]
    pub json: bool,
}

/// What `cards` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun cards                  all cards, by category
  flowrun cards text.split       one card: inputs, outputs, examples
  flowrun cards --search date    the cards that have to do with dates
  flowrun cards --json           everything that is known of all cards")]
pub struct CardsArgs {
    /// A card: its ID, or its name in Okta's console
    pub name: Option<String>,
    /// Only cards that have this word in their name or description
    #[arg(long, value_name = "WORD", conflicts_with = "name")]
    pub search: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Write the manual's pages into a folder
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["name", "search", "json"])]
    pub markdown: Option<PathBuf>,
}

/// What `graph` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun graph flows/import.yaml -o import.svg
  flowrun graph flows/import.yaml --format mermaid
  flowrun graph Onboarding.folder --flow \"Create User\" -o create.svg   a flow of an export
  flowrun graph Onboarding.folder --html -o onboarding.html             all its flows on one page")]
pub struct GraphArgs {
    /// The flow to draw, or an export of Okta Workflows; with --html also a folder
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which flow of an export to draw: its title, or its name as `check` shows it
    #[arg(long, value_name = "FLOW")]
    pub flow: Option<String>,
    /// Where to write it; to the terminal if not given
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What to write; by the ending of the output file, else SVG
    #[arg(long, value_enum)]
    pub format: Option<GraphFormat>,
    /// Write one page with all flows of the project, to look at in a browser
    #[arg(long, conflicts_with_all = ["flow", "format"])]
    pub html: bool,
    /// The colors of a picture: auto, light or dark
    #[arg(long, value_name = "THEME", default_value = "auto")]
    pub theme: Theme,
}

/// What `docs` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun docs flows -o target/docs
  flowrun docs Onboarding.folder -o onboarding")]
pub struct DocsArgs {
    /// A flow or a folder, whose project is described; or an export of Okta Workflows
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// The folder to write the pages to
    #[arg(long, short, value_name = "FOLDER")]
    pub output: PathBuf,
    /// Write over files that are there
    #[arg(long)]
    pub force: bool,
}

/// What `convert` is told.
#[derive(Clone, Debug, Args)]
pub struct ConvertArgs {
    /// The export: a .flopack, .folder or .flow file
    #[arg(value_name = "EXPORT")]
    pub export: PathBuf,
    /// The folder to write the project to
    #[arg(long, short, value_name = "FOLDER")]
    pub output: PathBuf,
    /// Write over files that are there
    #[arg(long)]
    pub force: bool,
}

/// What `diff` is told.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Flows and cards are compared, not texts: the order of keys, places on the canvas, times and generated names of
cards count nothing. A wire has changed if it reads something else. Secrets are not shown.

Examples:
  flowrun diff old.flopack new.flopack                     what somebody has changed in Okta's console
  flowrun diff exports/monday exports/tuesday              two folders of exports, file by file
  flowrun diff new.flopack flows                           an export and the project that was made from it
  flowrun diff old/import.yaml new/import.yaml             one flow
  flowrun diff old new --format markdown > comment.md      for a pull request

Exit codes: 0 nothing differs, 1 something differs, 2 one of the two can't be read.")]
pub struct DiffArgs {
    /// How it was: an export, a folder of exports, a project, or the file of a flow
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// How it is
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// How to tell it: text, json or markdown [default: text]
    // Explained one by one they would give the help the long layout.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, hide_possible_values = true)]
    #[arg(hide_default_value = true)]
    pub format: DiffFormat,
}

/// How differences are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// Lines for a terminal
    #[default]
    Text,
    /// Everything, for other programs
    Json,
    /// A comment on a pull request
    Markdown,
}

/// What `schema` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun schema > flow.schema.json                   then, as the first line of a flow:
                                                      # yaml-language-server: $schema=flow.schema.json
  flowrun schema --manifest > flowrun.schema.json     for flowrun.yaml")]
pub struct SchemaArgs {
    /// That of flowrun.yaml instead
    #[arg(long)]
    pub manifest: bool,
}

/// How a flow is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A picture
    Svg,
    /// Text for Markdown
    Mermaid,
}

/// What `sandbox` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
First prints the environment variables that lead to it, then serves until Ctrl-C. Its Okta holds yesterday's
import: four of five employees are there as active users, among them those who have left since.

Examples:
  flowrun sandbox > sandbox.env &            then: . ./sandbox.env && flowrun flows/import.yaml
  flowrun sandbox --port 0                   on any free port
  flowrun sandbox --employees 0              an account without employees
  flowrun sandbox --fault slow@okta:every=5  every fifth answer of Okta is late")]
pub struct SandboxArgs {
    /// The port on 127.0.0.1; 0 for any that is free
    #[arg(long, default_value_t = 8787)]
    pub port: u16,
    /// Let the simulators' time pass this many times as fast
    #[arg(long, value_name = "X", value_parser = scale)]
    pub time_scale: Option<f64>,
    /// How the simulators are set up.
    #[command(flatten)]
    pub simulators: SimulatorArgs,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

fn scale(text: &str) -> Result<f64, String> {
    let scale: f64 = text.parse().map_err(|_| "expected a number, such as 60".to_owned())?;
    if (0.001..=1_000_000.0).contains(&scale) {
        Ok(scale)
    } else {
        Err("expected 0.001 to 1000000".to_owned())
    }
}
