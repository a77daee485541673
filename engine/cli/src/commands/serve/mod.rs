//! `flowrun serve`: starts flows by the clock, by requests and by events, and answers for what ran.

pub mod asks;
mod doors;
pub mod settings;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use clap::Args;
use flowrun_core::machine::Limits;
use flowrun_core::memory::Memory;
use flowrun_core::words;
use flowrun_host::driver::Stop;
use flowrun_host::runtime;
use flowrun_host::session::durable::home::problem;
use flowrun_host::session::simulators::Simulators;
use flowrun_host::session::{Job, clock};
use flowrun_kit::files::MB;
use flowrun_project::Problem;
use flowrun_service::activity::Activity;
use flowrun_service::api::{self, Api};
use flowrun_service::bearer::Bearer;
use flowrun_service::endpoints::{Endpoints, Verify};
use flowrun_service::gate::Bounds;
use flowrun_service::hooks::{self, Hooks};
use flowrun_service::http::{self, Encryption};
use flowrun_service::people::{Outside, People};
use flowrun_service::watch::logs::{Form, Level, Log};
use flowrun_service::watch::metrics::Metrics;
use flowrun_service::watch::{self, Watchtower};
use flowrun_service::{Service, Setup, follow};

use self::doors::Door;
use self::settings::{Settings, Switch};
use super::over::{Over, Real};
use super::run::refusal;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::signals;
use crate::simulators::SimulatorArgs;
use crate::surroundings::Surroundings;
use crate::values::whole;

/// What `serve` is told.
#[derive(Debug, Args)]
#[command(after_help = "\
Starts the scheduled flows of the folders at their times, goes on with what was under way, and answers under
/api/v1; Ctrl-C or SIGTERM lets runs come to an end for a while and keeps what has not. A changed file is
read at once, if it has no mistakes; SIGHUP has all read.

Without settings only this machine reaches it, and whoever starts it signs in by the link that it prints.

Examples:
  flowrun serve flows                                 connections without credentials are simulated
  flowrun serve flows --live                          every connection must be real
  flowrun serve hr it --settings serve.yaml --port 8443 --tls-cert cert.pem --tls-key key.pem --listen 0.0.0.0")]
pub struct ServeArgs {
    /// The folders of the projects
    #[arg(value_name = "FOLDER", required = true)]
    pub folders: Vec<PathBuf>,
    /// Serve this environment of each flowrun.yaml, with its connections, variables and store
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// The port; 0 for any that is free
    #[arg(long, default_value_t = 8080, value_parser = super::sandbox::port(), allow_negative_numbers = true, help_heading = "Network")]
    pub port: u16,
    /// The address of this machine at which it listens
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS", help_heading = "Network")]
    pub listen: std::net::IpAddr,
    /// Listen here too, for endpoints, hooks and the links of pauses only: 0.0.0.0:8443
    #[arg(long, value_name = "ADDRESS", help_heading = "Network")]
    pub public: Option<SocketAddr>,
    /// Who may come and how they sign in, hooks, notices: a YAML file without secrets
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub settings: Option<PathBuf>,
    /// Speak TLS by this certificate, with those that vouch for it, in PEM form
    #[arg(long, value_name = "FILE", requires = "tls_key", help_heading = "Network")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key, in PEM form
    #[arg(long, value_name = "FILE", requires = "tls_cert", help_heading = "Network")]
    pub tls_key: Option<PathBuf>,
    /// Whether they are real.
    #[command(flatten)]
    pub real: Real,
    /// Over which connections.
    #[command(flatten)]
    pub over: Over,
    /// Keep what outlives runs here; of several projects each in a folder of its own below
    #[arg(long, value_name = "FOLDER", help_heading = "Safety")]
    pub state: Option<PathBuf>,
    /// How what happens is told on the standard error
    #[arg(long, default_value = "text", value_name = "FORM", value_parser = ["text", "json", "off"], help_heading = "Output")]
    pub log: String,
    /// How many runs may go on at once
    #[arg(long, default_value_t = 256, value_parser = whole(1, 10_000), allow_negative_numbers = true, help_heading = "Safety")]
    pub at_once: u64,
    /// How many seconds runs are given to come to an end when it is told to stop
    #[arg(long, default_value_t = 30, value_parser = whole(0, 3_600), allow_negative_numbers = true, help_heading = "Safety")]
    pub grace: u64,
    /// How simulators are set up.
    #[command(flatten)]
    pub simulators: SimulatorArgs,
}

/// Serves until it is told to stop.
pub fn run(args: &ServeArgs, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    runtime::of_many_threads()?.block_on(serve(args, surroundings, console))
}

async fn serve(
    args: &ServeArgs,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<u8, Refused> {
    let (settings, encryption) = (Settings::read(args.settings.as_deref())?, encryption(args)?);
    settings.may_listen(args.listen, encryption.is_some())?;
    if let Some(public) = args.public {
        settings.may_listen_to_strangers(public.ip(), encryption.is_some())?;
    }
    let metrics = Metrics::default();
    let service = refusal(service(args, surroundings, &metrics), console)?;
    let service = Arc::new(service);
    let help = "take another port with --port, or any that is free with --port 0";
    let door = Door::open(SocketAddr::from((args.listen, args.port)), encryption.clone(), help).await?;
    let help = "take another address with --public";
    let public = match args.public {
        Some(at) => Some(Door::open(at, encryption, help).await?),
        None => None,
    };
    let people = settings.people(&door.address);
    let first = service.projects.first().ok_or_else(|| Problem::new("there is no project to serve"))?;
    let store = first.runs.store().clone();
    let activity = Activity::open(store.clone(), service.clock.clone(), settings.audit_reads == Switch::On);
    let activity = activity.map_err(|error| problem(&error))?;
    let outside = Outside { listener: Some(activity.listener()), ..asks::outside(surroundings)? };
    let people = People::new(store, service.clock.clone(), people, outside);
    let people = people.map_err(|why| Problem::new(format!("the settings of those who may come: {why}")))?;
    // Who calls a flow or answers a pause comes by the door for strangers, if there is one.
    let outside = public.as_ref().map(|public| settings.public.origin(&public.address));
    let base = outside.unwrap_or(people.origin()).to_owned();
    let endpoints = endpoints(&service, base, &settings, surroundings).await?;
    #[cfg(unix)]
    let sockets = sockets(&service, console);
    welcome(&service, &endpoints, &people, &door.address, console);
    if let Some(public) = &public {
        console.note(&format!(
            "listening for endpoints, hooks and links of pauses alone at {}\n",
            public.address
        ));
    }

    let (switch, stop) = Stop::new();
    if surroundings.signals {
        signals::listen(switch.clone(), None);
        reloads(&service);
        tokio::spawn(follow::follow(service.clone(), stop.clone()));
    }
    let stop = surroundings.stop.clone().unwrap_or(stop);
    http::metrics::measure(&service, &metrics);
    let form = Form::named(&args.log).unwrap_or_default();
    let log = Log::new(form, Level::Info, std::io::stderr());
    let transport = Arc::new(asks::transport(surroundings)?);
    let hooks = hooks(&service, &settings, surroundings, console);
    hooks.read_logs(&service.tasks, &service.clock, &stop);
    let tower = Watchtower::new(watch::Setup {
        changes: &service.changes,
        clock: service.clock.clone(),
        settings: &settings.tell,
        log,
        metrics: metrics.clone(),
        transport,
        env: &surroundings.env,
        reports: Some(service.clone()),
        links: Some(endpoints.clone()),
    })?;
    let api = Api { service: service.clone(), people, endpoints, hooks, activity };
    // It answers until nothing goes on any more: that it is not ready, for one thing.
    let (close, closed) = Stop::new();
    #[cfg(unix)]
    for socket in sockets {
        let inside = api.people.open(api::router(api.clone()));
        tokio::spawn(http::serve(socket, None, inside, http::Limits::default(), closed.clone()));
    }
    let outside = api.endpoints.router().merge(api.hooks.routes());
    let inside = inside(api, &metrics).merge(outside.clone());
    let running = async {
        let ran = service.run(stop.clone(), Duration::from_secs(args.grace)).await;
        close.send_replace(true);
        ran
    };
    let strangers = async {
        if let Some(public) = public {
            public.serve(settings.public.only(outside), &metrics, closed.clone()).await;
        }
    };
    let listening = door.serve(inside, &metrics, closed.clone());
    let ((), (), ran, ()) = tokio::join!(listening, strangers, running, tower.run(closed.clone()));
    ran?;
    drop(switch);
    let left: usize = service.projects.iter().map(|project| project.runs.unended()).sum();
    if left > 0 {
        let left = words::many(left as u64, "run");
        console.note(&format!("{left} had not ended: the next start goes on with what is on the disk\n"));
    }
    Ok(DONE)
}

/// What is answered besides strangers.
fn inside(api: Api, metrics: &Metrics) -> Router {
    let people = api.people.clone();
    let health = http::health::router(api.service.clone());
    let interface = api::router(api).merge(people.router());
    let console = flowrun_console::router(interface.clone());
    let inside = interface.merge(http::metrics::router(metrics.clone())).merge(console);
    health.merge(people.layer(inside))
}

/// Where the commands of whoever started it are answered: a socket in the folder of each project's store.
#[cfg(unix)]
fn sockets(service: &Service, console: &mut Console<'_>) -> Vec<http::socket::Socket> {
    let mut sockets = Vec::new();
    for project in &service.projects {
        let folder = &project.runs.served.home.folder;
        match http::socket::Socket::bind(folder) {
            Ok(socket) => sockets.push(socket),
            Err(error) => console.warn(&format!(
                "commands of this machine can't be answered in {}: {error}",
                folder.display()
            )),
        }
    }
    sockets
}

fn service(
    args: &ServeArgs,
    surroundings: &Surroundings,
    metrics: &Metrics,
) -> Result<Service, flowrun_project::Refused> {
    let clock = match &surroundings.simulators {
        Some(simulators) => simulators.clock.clone(),
        None => clock(args.over.time_scale.unwrap_or(1.0)),
    };
    let simulators = match &surroundings.simulators {
        Some(simulators) => simulators.clone(),
        None => Simulators::new(&surroundings.registry, clock.clone(), &args.simulators.setup()),
    };
    let job = Job {
        environment: args.env.clone(),
        live: args.real.live,
        simulate: args.real.simulate,
        connections: args.over.connections.clone(),
        ca_file: args.over.ca_file.clone(),
        state: args.state.clone(),
        limits: Limits { memory: Memory::new(2_000 * MB, surroundings.memory_used), ..Limits::default() },
        ..Job::default()
    };
    let mut around = surroundings.session();
    around.simulators = Some(simulators);
    around.meter = Some(Arc::new(metrics.clone()));
    // The clock goes on by itself.
    around.instant = true;
    let bounds = Bounds { at_once: args.at_once as usize, ..Bounds::default() };
    Service::new(Setup { folders: args.folders.clone(), job, surroundings: around, clock, bounds })
}

/// The flows that can be called.
async fn endpoints(
    service: &Arc<Service>,
    base: String,
    settings: &Settings,
    surroundings: &Surroundings,
) -> Result<Arc<Endpoints>, Problem> {
    let verify = settings.oauth.clone().map(|oauth| {
        let fetch = asks::outside(surroundings)?.fetch;
        let bearer = Bearer::new(oauth, &surroundings.env, service.clock.clone(), fetch);
        let bearer = bearer.map_err(|why| Problem::new(format!("the settings of `oauth`: {why}")))?;
        Ok::<Arc<dyn Verify>, Problem>(Arc::new(bearer))
    });
    Endpoints::new(service.clone(), Some(base), verify.transpose()?).await
}

/// The doors for those who tell what happened.
fn hooks(
    service: &Arc<Service>,
    settings: &Settings,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Arc<Hooks> {
    let all = hooks::Settings { hooks: settings.hooks.clone() };
    let projects = service.projects.iter().map(|project| (project.clone(), all.clone()));
    let hooks = Hooks::new(projects, surroundings.env.clone());
    for (name, variable) in hooks.without_secrets() {
        console.warn(&format!("nobody gets in by the hook `{name}`: {variable} is not set"));
    }
    Arc::new(hooks)
}

fn encryption(args: &ServeArgs) -> Result<Option<Encryption>, Problem> {
    let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) else { return Ok(None) };
    http::certificate(certificate, key)
        .map(|config| Some(Encryption::new(config)))
        .map_err(|why| Problem::new(format!("TLS by {}: {why}", certificate.display())))
}

fn welcome(
    service: &Service,
    endpoints: &Endpoints,
    people: &People,
    address: &str,
    console: &mut Console<'_>,
) {
    for project in &service.projects {
        let served = &project.runs.served;
        let version = served.version();
        let triggered = version.triggered().count() as u64;
        console.note(&format!(
            "serving {} from {}: {}, {} that something starts; kept in {}\n",
            served.name,
            served.folder.display(),
            words::many(version.program.flows.len() as u64, "flow"),
            words::count(triggered),
            served.home.folder.display(),
        ));
        for shown in project.schedules.shown(1) {
            let next =
                shown.next_us.first().map_or("never again".to_owned(), |next| flowrun_service::when(*next));
            console.note(&format!("  {}: {}, next {next}\n", shown.flow, shown.schedule));
        }
    }
    for listed in endpoints.list().unwrap_or_default() {
        console.note(&format!("  {}: {} ({})\n", listed.flow, listed.url, listed.security));
    }
    console.note(&format!("listening at {address}\n"));
    if let Some(link) = people.local_link() {
        console.note(&format!("sign in within 15 minutes, once: {link}\n"));
    }
}

/// Reads the projects again at each SIGHUP.
#[cfg(unix)]
fn reloads(service: &Arc<Service>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangups) = signal(SignalKind::hangup()) else { return };
    let service = service.clone();
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            service.reload();
        }
    });
}

#[cfg(not(unix))]
fn reloads(_: &Arc<Service>) {}
