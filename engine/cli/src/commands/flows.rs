//! `flowrun flows`: which flows there are, what starts them, and whether it may.

use clap::{Args, Subcommand};
use flowrun_core::words;

use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::site::{self, FlowShown, ProjectArgs};
use crate::surroundings::Surroundings;

/// What `flows` is told.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  flowrun flows                            the flows of the project in this folder, and what starts them
  flowrun flows off nightly                nothing starts it any more but people and other flows
  flowrun flows on nightly --passed run    it is started again; a service makes up for what passed meanwhile"
)]
pub struct FlowsArgs {
    /// What to do with a flow; they are listed unless said.
    #[command(subcommand)]
    pub command: Option<FlowsCommand>,
    /// Whose flows.
    #[command(flatten)]
    pub place: ProjectArgs,
}

/// What there is to do with a flow.
#[derive(Debug, Subcommand)]
pub enum FlowsCommand {
    /// Let what starts a flow do so again
    On(OnArgs),
    /// Let nothing start a flow but people and other flows
    Off(OffArgs),
}

/// What `flows on` is told.
#[derive(Debug, Args)]
pub struct OnArgs {
    /// The flow, by its path
    #[arg(value_name = "FLOW")]
    pub flow: String,
    /// What becomes of what came while it was off: `run` makes up for it, `drop` drops it [default: times are dropped, events run]
    #[arg(long, value_name = "WHAT", value_parser = ["run", "drop"])]
    pub passed: Option<String>,
    /// Whose it is.
    #[command(flatten)]
    pub place: ProjectArgs,
}

/// What `flows off` is told.
#[derive(Debug, Args)]
pub struct OffArgs {
    /// The flow, by its path
    #[arg(value_name = "FLOW")]
    pub flow: String,
    /// Whose it is.
    #[command(flatten)]
    pub place: ProjectArgs,
}

/// Lists flows, or switches one.
pub fn run(args: &FlowsArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    match &args.command {
        None => list(&site::of_project(&args.place, surroundings)?.flows()?, console),
        Some(FlowsCommand::On(args)) => {
            let passed = args.passed.as_deref().map(|passed| passed == "run");
            let site = site::of_project(&args.place, surroundings)?;
            told(&site.switch(&args.flow, true, passed)?, console)
        }
        Some(FlowsCommand::Off(args)) => {
            let site = site::of_project(&args.place, surroundings)?;
            told(&site.switch(&args.flow, false, None)?, console)
        }
    }
}

fn list(flows: &[FlowShown], console: &mut Console<'_>) -> Result<u8, Refused> {
    let width =
        |of: fn(&FlowShown) -> &str| flows.iter().map(|flow| words::width(of(flow))).max().unwrap_or(0);
    let (paths, starts) = (width(|flow| &flow.flow), width(|flow| &flow.starts));
    let mut text = String::new();
    for flow in flows {
        let (path, start) = (words::pad(&flow.flow, paths), words::pad(&flow.starts, starts));
        let line = format!("{path}  {:3}  {start}  {}", state(flow), flow.title);
        text.push_str(line.trim_end());
        if flow.passed > 0 {
            text.push_str(&format!(" ({} passed meanwhile)", words::count(flow.passed)));
        }
        text.push('\n');
    }
    if text.is_empty() {
        text.push_str("no flows\n");
    }
    console.print(&words::harmless(&text))?;
    Ok(DONE)
}

fn told(flow: &FlowShown, console: &mut Console<'_>) -> Result<u8, Refused> {
    let text = match flow.on {
        None => format!("{}: nothing but people and other flows starts it anyway\n", flow.flow),
        Some(true) => format!("{} is on: {} starts it\n", flow.flow, flow.starts),
        Some(false) => format!("{} is off\n", flow.flow),
    };
    console.print(&words::harmless(&text))?;
    Ok(DONE)
}

/// Whether what starts a flow may.
fn state(flow: &FlowShown) -> &'static str {
    match flow.on {
        None => "",
        Some(true) => "on",
        Some(false) => "off",
    }
}
