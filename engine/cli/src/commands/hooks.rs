//! `flowrun hooks`: the event hooks by which Okta tells a service what happened.

use std::collections::BTreeSet;
use std::path::PathBuf;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method};
use clap::{Args, Subcommand};
use flowrun_core::value::{REDACTED, Text};
use flowrun_core::words;
use flowrun_host::runtime;
use flowrun_host::session::Job;
use flowrun_host::session::durable::history::moment;
use flowrun_host::session::durable::home::{self, Home, problem};
use flowrun_kit::clock::Clock;
use flowrun_kit::http::{Limits, Request, Transport};
use flowrun_project::Problem;
use flowrun_service::events::Listeners;
use flowrun_service::hooks::org::{self, HOOK_SCOPES, Org};
use flowrun_service::hooks::registered::{self, New, Registered, deliverable};
use flowrun_service::hooks::{HookSettings, again};
use flowrun_store::Notes;
use flowrun_views::look::Paint;
use secrecy::ExposeSecret;

use super::run::refusal;
use super::serve::asks;
use super::serve::settings::Settings;
use crate::console::Console;
use crate::outcome::{DONE, FAILED, Refused};
use crate::site::{Address, ServerArgs, TOKEN};
use crate::surroundings::Surroundings;

/// So many deliveries are shown, of so many that are looked through.
const SHOWN: usize = 5;
const LOOKED_AT: usize = 10_000;

/// What `hooks` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
A hook delivers what happens in an Okta org to https://YOUR-SERVICE/hooks/okta/NAME. Its secret is in
FLOWRUN_HOOK_NAME, exactly as Okta is to send it. Okta is asked by the project's connection; a service app
needs okta.eventHooks.manage.

Examples:
  flowrun hooks create people flows --url https://flows.example.com
  flowrun hooks verify people flows                 once the service runs and can be reached
  flowrun hooks status people flows                 exit code 1 if anything is amiss
  flowrun hooks redeliver people 0c8f6a2e-5f0b-4f5e-9d58-2a0f6b7c1d11 --server https://flows.example.com
  flowrun hooks redeliver --project flows --since 2026-03-01T08:00:00Z --server https://flows.example.com")]
pub struct HooksArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: HooksCommand,
}

/// What can be done with hooks.
#[derive(Debug, Subcommand)]
pub enum HooksCommand {
    /// Make the hook at Okta for what the flows listen to; one that is there is brought up to that
    Create(CreateArgs),
    /// Have Okta ask the service whether it is there
    Verify(HookArgs),
    /// Show the hook as Okta has it, what it lacks, and what came last
    Status(HookArgs),
    /// Have a service start flows once more for a delivery or an event; or have it look for what it missed
    Redeliver(RedeliverArgs),
}

/// Which hook, and who listens.
#[derive(Debug, Args)]
pub struct HookArgs {
    /// The name of the hook: the last part of /hooks/okta/NAME
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The folders of the projects that are served
    #[arg(value_name = "FOLDER", required = true)]
    pub folders: Vec<PathBuf>,
    /// The connection to Okta, where the projects have several
    #[arg(long, value_name = "NAME")]
    pub connection: Option<String>,
    /// The environment of the projects that is served
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// The settings of the service
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// Where the settings of connections are
    #[arg(long, value_name = "FILE")]
    pub connections: Option<PathBuf>,
    /// Trust the certificate authorities in this PEM file too
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Where the service keeps what outlives runs, if it was told so
    #[arg(long, value_name = "FOLDER")]
    pub state: Option<PathBuf>,
}

/// What `hooks create` is told.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Which hook.
    #[command(flatten)]
    pub hook: HookArgs,
    /// The address at which Okta reaches the service
    #[arg(long, value_name = "URL")]
    pub url: String,
}

/// What `hooks redeliver` is told.
#[derive(Debug, Args)]
pub struct RedeliverArgs {
    /// The name of the hook
    #[arg(value_name = "NAME", required_unless_present = "since", requires = "id")]
    pub name: Option<String>,
    /// The ID of a delivery, or the UUID of an event
    #[arg(value_name = "ID")]
    pub id: Option<String>,
    /// Look through the System Log from this moment on for what is not known yet
    #[arg(long, value_name = "DATE", requires = "project", conflicts_with = "name")]
    pub since: Option<String>,
    /// The project that looks
    #[arg(long, value_name = "NAME", requires = "since")]
    pub project: Option<String>,
    /// The address of the service; its token is in FLOWRUN_TOKEN
    #[arg(long, value_name = "URL")]
    pub server: String,
}

/// Does what it is told.
pub fn run(args: &HooksArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let clock = surroundings.simulators.as_ref().map(|simulators| simulators.clock.clone());
    let work = async {
        match &args.command {
            HooksCommand::Create(args) => create(args, surroundings, console).await,
            HooksCommand::Verify(args) => verify(args, surroundings, console).await,
            HooksCommand::Status(args) => status(args, surroundings, console).await,
            HooksCommand::Redeliver(args) => redeliver(args, surroundings, console).await,
        }
    };
    driven(clock, work)
}

fn driven(clock: Option<Clock>, work: impl Future<Output = Result<u8, Refused>>) -> Result<u8, Refused> {
    let runtime = runtime::of_one_thread()?;
    match clock {
        Some(clock) => runtime.block_on(clock.drive(work)),
        None => runtime.block_on(work),
    }
}

/// A hook with those who listen.
struct Hook<'a> {
    args: &'a HookArgs,
    settings: HookSettings,
    listeners: Vec<Listeners>,
    org: Org,
}

impl<'a> Hook<'a> {
    fn open(
        args: &'a HookArgs,
        surroundings: &Surroundings,
        console: &mut Console<'_>,
    ) -> Result<Hook<'a>, Refused> {
        let settings = Settings::read(args.settings.as_deref())?.hooks.remove(&args.name).unwrap_or_default();
        let session = surroundings.session();
        let mut listeners = Vec::new();
        for folder in &args.folders {
            listeners.push(refusal(Listeners::read(folder, args.env.as_deref(), &session), console)?);
        }
        let all = listeners
            .iter()
            .flat_map(|some| org::connections(some.project()).map(move |name| (some.project(), name)));
        let asked = |name: &Text| args.connection.as_deref().is_none_or(|asked| *asked == **name);
        let found: Vec<_> = all.filter(|(_, name)| asked(name)).collect();
        let names: BTreeSet<&str> = found.iter().map(|(_, name)| &***name).collect();
        let Some((project, name)) = found.first().filter(|_| names.len() == 1) else {
            return Err(unclear(args, &names).into());
        };
        let job =
            Job { connections: args.connections.clone(), ca_file: args.ca_file.clone(), ..Job::default() };
        let org = Org::open(project, &job, &session, name, HOOK_SCOPES)?;
        Ok(Hook { args, settings, listeners, org })
    }

    /// The types of events that flows want by hooks.
    fn wanted(&self) -> BTreeSet<Text> {
        self.listeners.iter().flat_map(|some| some.by_hook().cloned()).collect()
    }

    fn path(&self) -> String {
        format!("/hooks/okta/{}", self.args.name)
    }

    /// The hooks of the org that deliver here, whatever the service is called.
    async fn registered(&self) -> Result<Vec<Registered>, Problem> {
        let all = registered::all(&self.org).await.map_err(Problem::new)?;
        Ok(all.into_iter().filter(|hook| hook.uri.ends_with(&self.path())).collect())
    }
}

/// Why nobody knows which org is meant.
fn unclear(args: &HookArgs, names: &BTreeSet<&str>) -> Problem {
    match (names.is_empty(), &args.connection) {
        (true, Some(name)) => Problem::new(format!("the projects have no connection `{name}` to Okta")),
        (true, None) => Problem::new("the projects have no connection to Okta")
            .help("define one in flowrun.yaml: `connections: { okta: okta }`"),
        (false, _) => {
            let names: Vec<&str> = names.iter().copied().collect();
            Problem::new("the projects have several connections to Okta")
                .help(format!("say which one, with --connection: {}", names.join(", ")))
        }
    }
}

async fn create(
    args: &CreateArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let hook = Hook::open(&args.hook, surroundings, console)?;
    let variable = hook.settings.variable(&args.hook.name);
    let secret = surroundings.env.get(&variable).filter(|secret| !secret.is_empty());
    let secret = secret.ok_or_else(|| {
        Problem::new(format!("the secret of the hook is missing: {variable} is not set"))
            .help("set it to a long secret, exactly as Okta is to send it; the service needs the same")
    })?;
    let (uri, wanted) = (format!("{}{}", args.url.trim_end_matches('/'), hook.path()), hook.wanted());
    let (kinds, never) = deliverable(&wanted);
    if kinds.is_empty() {
        let problem = Problem::new("no flow of the projects listens to events that a hook delivers");
        return Err(problem
            .help("a flow listens by `trigger: { event: { event: okta.user_created } }`")
            .into());
    }
    if !never.is_empty() {
        console.warn(&format!("no hook delivers {}: they come by the log alone", listed(&never)));
    }
    let name = format!("flowrun {}", args.hook.name);
    let new = New { name: &name, uri: &uri, header: hook.settings.header(), secret, kinds: &kinds };
    let there = hook.registered().await?.into_iter().find(|there| there.uri == uri);
    let (made, what) = match &there {
        Some(there) => (registered::replace(&hook.org, &there.id, new).await, "changed"),
        None => (registered::create(&hook.org, new).await, "made"),
    };
    // Whatever Okta says of it, the secret is not to be seen.
    let made = made.map_err(|why| Problem::new(why.replace(secret.as_str(), REDACTED)))?;
    let paint = Paint(console.out_look.color);
    let next = match made.is_verified {
        true => String::new(),
        false => format!("verify it once the service runs: flowrun hooks verify {} FOLDER\n", args.hook.name),
    };
    console.print(&words::harmless(&format!(
        "{} {} at {} for {}: {}\n  {uri}\n{next}",
        paint.green(what),
        made.id,
        hook.org.host(),
        words::many(made.kinds.len() as u64, "type"),
        listed(&made.kinds),
    )))?;
    Ok(DONE)
}

async fn verify(
    args: &HookArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let hook = Hook::open(args, surroundings, console)?;
    let there = some(&hook, hook.registered().await?)?;
    for registered in there {
        registered::verify(&hook.org, &registered.id)
            .await
            .map_err(|why| Problem::new(format!("{} was not verified: {why}", registered.uri)))?;
        let paint = Paint(console.out_look.color);
        console.print(&words::harmless(&format!(
            "{} {} at {}\n  {}\nit may take some minutes until it delivers\n",
            paint.green("verified"),
            registered.id,
            hook.org.host(),
            registered.uri
        )))?;
    }
    Ok(DONE)
}

fn some(hook: &Hook<'_>, there: Vec<Registered>) -> Result<Vec<Registered>, Problem> {
    if there.is_empty() {
        let message = format!("{} has no event hook that delivers to {}", hook.org.host(), hook.path());
        let help = format!("make it with `flowrun hooks create {} FOLDER --url URL`", hook.args.name);
        return Err(Problem::new(message).help(help));
    }
    Ok(there)
}

async fn status(
    args: &HookArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let hook = Hook::open(args, surroundings, console)?;
    let (wanted, there) = (hook.wanted(), hook.registered().await?);
    let there = some(&hook, there)?;
    let paint = Paint(console.out_look.color);
    let (mut text, mut code) = (String::new(), DONE);
    for registered in &there {
        let states = [
            if registered.is_active { "active" } else { "inactive" },
            if registered.is_verified { "verified" } else { "not verified" },
        ];
        text += &format!("{} at {}: {}\n", paint.bold(&registered.id), hook.org.host(), states.join(", "));
        text += &format!("  {}\n  delivers {}\n", registered.uri, listed(&registered.kinds));
        for amiss in registered.amiss(&wanted) {
            code = FAILED;
            text += &format!("  {}\n", paint.red(&amiss));
        }
        let (wanted, _) = deliverable(&wanted);
        let idle: BTreeSet<Text> = registered.kinds.difference(&wanted).cloned().collect();
        if !idle.is_empty() {
            text += &format!("  no flow listens to {}\n", listed(&idle));
        }
    }
    let kinds: BTreeSet<Text> = hook.listeners.iter().flat_map(|some| some.kinds().cloned()).collect();
    let (by_hook, _) = deliverable(&wanted);
    let by_log: BTreeSet<Text> = kinds.difference(&by_hook).cloned().collect();
    if !by_log.is_empty() {
        text += &format!("by the System Log alone: {}\n", listed(&by_log));
    }
    text += &deliveries(&hook, surroundings)?;
    console.print(&words::harmless(&text))?;
    Ok(code)
}

/// What came last, as far as this machine keeps it.
fn deliveries(hook: &Hook<'_>, surroundings: &Surroundings) -> Result<String, Problem> {
    let mut all = Vec::new();
    for some in &hook.listeners {
        let usual = || home::folder(&some.project().root, hook.args.env.as_deref(), &surroundings.env);
        let Some(folder) = hook.args.state.clone().or_else(usual) else { continue };
        let Some(home) = Home::look(&folder, &surroundings.env)? else { continue };
        let asked = Notes { prefix: format!("{} ", hook.args.name).into(), ..Notes::of(again::SPACE) };
        let notes = home.store.notes(&asked.at_most(LOOKED_AT)).map_err(|error| problem(&error))?;
        all.extend(notes.iter().map(|note| (note.at_us, note.key.to_string(), again::count(note))));
    }
    all.sort();
    all.dedup();
    let mut text = match all.last() {
        None => "nothing was delivered in the last 7 days that is kept here\n".to_owned(),
        Some(_) => "last deliveries\n".to_owned(),
    };
    for (at_us, key, count) in all.iter().rev().take(SHOWN) {
        let id = key.split_once(' ').map_or("", |(_, id)| id);
        text += &format!("  {}  {}  {id}\n", moment(*at_us), words::many(*count as u64, "event"));
    }
    Ok(text)
}

async fn redeliver(
    args: &RedeliverArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let asked = ServerArgs { server: Some(args.server.clone()), ..ServerArgs::default() };
    let address = asked.address(surroundings, console)?;
    let Some(Address { url: server, token: Some(token) }) = address else {
        return Err(Problem::new(format!("{TOKEN} is not set")).into());
    };
    let part = |text: &str| flowrun_kit::address::segment(text).to_string();
    let (path, body) = match (&args.name, &args.id, &args.since, &args.project) {
        (_, _, Some(since), Some(project)) => (
            format!("/api/v1/projects/{}/log/redeliver", part(project)),
            serde_json::json!({ "since": since }),
        ),
        (Some(name), Some(id), ..) => {
            (format!("/api/v1/hooks/{}/deliveries/{}/redeliver", part(name), part(id)), serde_json::json!({}))
        }
        _ => return Err(Problem::new("say which delivery, or since when").into()),
    };
    let mut headers = HeaderMap::new();
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
        .map_err(|_| Problem::new(format!("{TOKEN} is no token")))?;
    bearer.set_sensitive(true);
    headers.insert(AUTHORIZATION, bearer);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let url = format!("{server}{path}");
    let request = Request { method: Method::POST, url, headers, body: body.to_string().into() };
    let answer = asks::transport(surroundings)?.send(request, Limits::default()).await;
    let answer = answer.map_err(|error| Problem::new(format!("{server} does not answer: {error}")))?;
    let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if !answer.status.is_success() {
        let why = told["detail"].as_str().or(told["title"].as_str()).unwrap_or("no reason is given");
        return Err(Problem::new(format!("{server} answers {}: {why}", answer.status.as_u16())).into());
    }
    let count = |name: &str| told[name].as_u64().unwrap_or_default();
    let text = match &args.since {
        Some(since) => {
            format!("the System Log is read again from {since} on: what is not known yet starts its runs\n")
        }
        None => format!(
            "{} of {} are in the System Log; they start {}\n",
            count("found"),
            words::many(count("events"), "event"),
            words::many(count("runs"), "run")
        ),
    };
    console.print(&words::harmless(&text))?;
    Ok(DONE)
}

fn listed(kinds: &BTreeSet<Text>) -> String {
    kinds.iter().map(|kind| &**kind).collect::<Vec<_>>().join(", ")
}
