//! `flowrun endpoints`: the flows that are called over HTTP, and by whom.

use clap::{Args, Subcommand};
use flowrun_core::words;

use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::site::{self, EndpointShown, ProjectArgs};
use crate::surroundings::Surroundings;

/// What `endpoints` is told.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  flowrun endpoints                          which flows are called, where, by whom
  flowrun endpoints token greet              another client token, beside those that the flow has
  flowrun endpoints revoke greet 6ec1f06b    takes one away: nobody comes in by it any more"
)]
pub struct EndpointsArgs {
    /// What to do; they are listed unless said.
    #[command(subcommand)]
    pub command: Option<EndpointsCommand>,
    /// Whose flows.
    #[command(flatten)]
    pub place: ProjectArgs,
}

/// What there is to do with the client tokens of a flow.
#[derive(Debug, Subcommand)]
pub enum EndpointsCommand {
    /// Make another client token of a flow, and print it
    Token(MakeArgs),
    /// Take a client token of a flow away
    Revoke(RevokeArgs),
}

/// What `endpoints token` is told.
#[derive(Debug, Args)]
pub struct MakeArgs {
    /// The flow, by its path
    #[arg(value_name = "FLOW")]
    pub flow: String,
    /// Whose it is.
    #[command(flatten)]
    pub place: ProjectArgs,
}

/// What `endpoints revoke` is told.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// The flow, by its path
    #[arg(value_name = "FLOW")]
    pub flow: String,
    /// The token's ID, as `flowrun endpoints` lists it
    #[arg(value_name = "ID")]
    pub id: String,
    /// Whose it is.
    #[command(flatten)]
    pub place: ProjectArgs,
}

/// Lists the flows that are called, or changes a flow's client tokens.
pub fn run(
    args: &EndpointsArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    match &args.command {
        None => list(&site::of_project(&args.place, surroundings)?.endpoints()?, console),
        Some(EndpointsCommand::Token(args)) => {
            let (id, token) = site::of_project(&args.place, surroundings)?.client_token(&args.flow)?;
            console.print(&format!("{token}\n"))?;
            let flow = &args.flow;
            console.note(&format!(
                "the client token {id} of {flow}; `flowrun endpoints revoke {flow} ID` takes an old one away\n"
            ));
            Ok(DONE)
        }
        Some(EndpointsCommand::Revoke(args)) => {
            site::of_project(&args.place, surroundings)?.revoke_client_token(&args.flow, &args.id)?;
            console.print(&format!("the client token {} of {} is gone\n", args.id, args.flow))?;
            Ok(DONE)
        }
    }
}

fn list(endpoints: &[EndpointShown], console: &mut Console<'_>) -> Result<u8, Refused> {
    let mut text = String::new();
    for endpoint in endpoints {
        let method = endpoint.method.as_deref().unwrap_or("any method");
        let off = if endpoint.on { "" } else { " (off)" };
        let url = endpoint.url.as_deref().unwrap_or("its address is told when it is served");
        text.push_str(&format!("{}{off}: {method}, {url}\n  {}\n", endpoint.flow, who(endpoint)));
    }
    if text.is_empty() {
        text.push_str("no flow is called over HTTP\n");
    }
    console.print(&words::harmless(&text))?;
    Ok(DONE)
}

/// Who may call a flow.
fn who(endpoint: &EndpointShown) -> String {
    match (&*endpoint.security, &endpoint.tokens) {
        ("public", _) => "anybody may call it".to_owned(),
        ("oauth", _) => "whoever has an access token may call it".to_owned(),
        (_, None) => "whoever has a client token may call it".to_owned(),
        (_, Some(tokens)) if tokens.is_empty() => {
            "whoever has a client token may call it; it has none yet".to_owned()
        }
        (_, Some(tokens)) => {
            format!("whoever has a client token may call it; it has {}", tokens.join(", "))
        }
    }
}
