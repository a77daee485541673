//! `flowrun token`: tokens by which people and programs ask a service.

use clap::{Args, Subcommand};
use flowrun_core::value::Date;
use flowrun_core::words;
use flowrun_host::session::durable::history::moment;
use flowrun_project::Problem;
use flowrun_service::people::{Grant, NewToken, Right, Role, Standing, TokenInfo, Within};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::site::{self, ProjectArgs};
use crate::surroundings::Surroundings;

/// What `token` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  flowrun token create watcher --may see_flows --ends 2027-01-01
  flowrun token create help-desk --role 'Folder Runner' --folder hr
  flowrun token create nightly --may see_flows,run --of hr/import
  flowrun token list
  flowrun token revoke 4f1c2a9b7d3e5f60

Roles are Okta's: Super Administrator, Workflows Administrator, Workflows Auditor, Connection Manager,
Connector Builder, Folder Manager, Folder Editor, Folder Runner, Folder Reader, Integration Builder. None
brings `see_data`, the right to see the values in runs and rows.")]
pub struct TokenArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: TokenCommand,
}

/// What there is to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token, and print it this once
    Create(CreateArgs),
    /// List the tokens there are, without their secrets
    List(ListArgs),
    /// Take a token back: it does not hold from now on
    Revoke(RevokeArgs),
}

/// What `token create` is told.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// What it is for
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What it may do: see_flows, run, steer_runs, see_data and so on, with commas
    #[arg(long, value_name = "RIGHTS", value_delimiter = ',', required_unless_present = "role")]
    pub may: Vec<String>,
    /// A role, by Okta's name; more than once for several
    #[arg(long, value_name = "ROLE")]
    pub role: Vec<String>,
    /// Only in this folder: PROJECT, or PROJECT/FOLDER
    #[arg(long, value_name = "FOLDER", conflicts_with = "of")]
    pub folder: Option<String>,
    /// Only for this flow: PROJECT/FLOW
    #[arg(long, value_name = "FLOW")]
    pub of: Option<String>,
    /// When it ends to hold [default: when it is taken back]
    #[arg(long, value_name = "DATE")]
    pub ends: Option<String>,
    /// For which service of this machine.
    #[command(flatten)]
    pub place: ProjectArgs,
}

/// What `token list` is told.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print them as JSON
    #[arg(long)]
    pub json: bool,
    /// Of which service of this machine.
    #[command(flatten)]
    pub place: ProjectArgs,
}

/// What `token revoke` is told.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// The token's ID, as `flowrun token list` has it
    #[arg(value_name = "ID")]
    pub id: String,
    /// Of which service of this machine.
    #[command(flatten)]
    pub place: ProjectArgs,
}

/// Makes, lists or takes back tokens.
pub fn run(args: &TokenArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    match &args.command {
        TokenCommand::Create(args) => {
            let (token, info) = site::of_project(&args.place, surroundings)?.make_token(new(args)?)?;
            console.print(&format!("{token}\n"))?;
            console.note(&format!("the token {}, which is shown this once: {}\n", info.id, told(&info)));
        }
        TokenCommand::List(args) => {
            let tokens = site::of_project(&args.place, surroundings)?.tokens()?;
            if args.json {
                let tokens = serde_json::to_value(&tokens).map_err(std::io::Error::other)?;
                console.print(&format!("{tokens:#}\n"))?;
                return Ok(DONE);
            }
            let lines = tokens.iter().map(|info| format!("{}  {}\n", info.id, told(info)));
            let text: String = lines.collect();
            console.print(if text.is_empty() { "no tokens\n" } else { &text })?;
        }
        TokenCommand::Revoke(args) => {
            site::of_project(&args.place, surroundings)?.revoke_token(&args.id)?;
            console.print(&format!("the token {} is gone\n", args.id))?;
        }
    }
    Ok(DONE)
}

/// The token that is wanted.
fn new(args: &CreateArgs) -> Result<NewToken, Problem> {
    let mut rights: Vec<Right> = Vec::new();
    for name in &args.may {
        let right = named::<Right>(name).ok_or_else(|| {
            let known: Vec<String> = Right::ALL.iter().map(|right| word(*right)).collect();
            Problem::new(format!("there is no right `{name}`"))
                .help(format!("there are {}", known.join(", ")))
        })?;
        rights.push(right);
    }
    for name in &args.role {
        let role = named::<Role>(name).ok_or_else(|| {
            Problem::new(format!("there is no role `{name}`")).help("`flowrun token --help` has them all")
        })?;
        rights.extend(role.rights());
    }
    rights.sort();
    rights.dedup();
    let within = match (&args.folder, &args.of) {
        (Some(folder), _) => Within::Folder(folder.clone()),
        (_, Some(flow)) => Within::Flow(flow.clone()),
        _ => Within::Everywhere,
    };
    let ends_ms = args.ends.as_deref().map(|ends| {
        let date = Date::parse_iso(ends).map(|date| date.millis());
        date.ok_or_else(|| {
            Problem::new(format!("--ends: expected a date such as 2027-01-01, found `{ends}`"))
        })
    });
    let may = Standing(vec![Grant { rights, within }]);
    Ok(NewToken { name: args.name.clone(), may, ends_ms: ends_ms.transpose()? })
}

/// What has this name in settings.
fn named<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(Value::from(name)).ok()
}

fn word(right: Right) -> String {
    json!(right).as_str().unwrap_or_default().to_owned()
}

/// A token in a line, without its ID.
fn told(info: &TokenInfo) -> String {
    let grant = |grant: &Grant| {
        let rights: Vec<String> = grant.rights.iter().map(|right| word(*right)).collect();
        match &grant.within {
            Within::Everywhere => rights.join(", "),
            Within::Folder(path) => format!("{} in {path}", rights.join(", ")),
            Within::Flow(path) => format!("{} of {path}", rights.join(", ")),
        }
    };
    let may: Vec<String> = info.may.0.iter().map(grant).collect();
    let at = |ms: i64| moment(ms.saturating_mul(1000));
    let ends = info.ends_ms.map_or("for ever".to_owned(), |ends| format!("until {}", at(ends)));
    let used = info.used_ms.map_or("never used".to_owned(), |used| format!("last used {}", at(used)));
    let line = format!("{}: {}; {ends}; made by {}, {used}", info.name, may.join("; "), info.made_by);
    words::harmless(&line).into_owned()
}
