//! `flowrun connections login`: a person logs in, in the browser, and what comes of it is written down.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Query;
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Html;
use axum::routing::get;
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_host::runtime;
use flowrun_host::session::connections::{Purpose, open_network};
use flowrun_host::session::origin::{Origin, settle};
use flowrun_host::session::simulators::{Front, Simulators};
use flowrun_host::session::{clock, vault};
use flowrun_kit::connector::{Connector, Means, Settings};
use flowrun_kit::effect::Pending;
use flowrun_kit::sign_in::{Browser, SignIn};
use flowrun_project::Problem;
use flowrun_project::connections::ConnectionsFile;
use flowrun_project::source::Source;
use flowrun_views::look::Paint;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;

use super::Written;
use super::add::connector_of;
use crate::console::Console;
use crate::outcome::{DONE, Refused};
use crate::surroundings::Surroundings;

/// How long a person may take to log in.
const PATIENCE: Duration = Duration::from_secs(300);

/// How long a browser may take to get its page.
const SLOW: Duration = Duration::from_secs(5);

/// Logs in for a connection of the connections file.
pub fn login(of: &Written, surroundings: &Surroundings, console: &mut Console<'_>) -> Result<u8, Refused> {
    let connector = connector_of(of, &surroundings.registry)?;
    let account = of.account(&surroundings.registry)?;
    let path = ConnectionsFile::find(of.connections.as_deref(), &surroundings.env).ok_or_else(|| {
        Problem::new("there is no connections file")
            .help(format!("write the connection down first: flowrun connections add {}", of.name))
    })?;
    let file = ConnectionsFile::read(&path, &of.project)
        .map_err(|error| Problem::new(error.to_string()).help(error.help()))?;
    // Nobody logs in for what can't be written down then.
    if file.settings(&account).next().is_none() {
        let problem = Problem::new(format!("{} has no connection `{account}`", path.display()));
        return Err(problem.help(format!("write it down first: flowrun connections add {}", of.name)).into());
    }
    let origin = settle(connector, &of.name, &[], &surroundings.env, Some((&file, &account)), false);
    let sources: BTreeMap<&str, Source> = match &origin {
        Origin::Given(given) => given.sources().map(|(name, source)| (name, source.clone())).collect(),
        _ => {
            let problem = Problem::new(format!("the settings of `{}` are not complete", of.name));
            return Err(problem.help("`flowrun connections` lists what is missing").into());
        }
    };
    let kept = sign_in(connector, &account, sources, of.ca_file.clone(), surroundings, console)?;
    if kept.is_empty() {
        let problem =
            Problem::new(format!("`{}` logs in by itself; there is nothing to do in a browser", of.name));
        return Err(problem.help("try it: flowrun connections test").into());
    }
    let unkept = |why: String| Problem::new(format!("the login can't be written down: {why}"));
    let _lock = vault::lock(&path).map_err(|error| unkept(format!("{}: {error}", path.display())))?;
    for (setting, secret) in &kept {
        vault::keep(&path, &account, setting, secret).map_err(unkept)?;
    }
    let wrote = Paint(console.out_look.color).green("wrote");
    console.print(&format!("{wrote} the login of {account} in {}\n", path.display()))?;
    Ok(DONE)
}

/// Has a person log in if a connection of these settings wants it; gives what is to be kept.
pub(super) fn sign_in(
    connector: &Connector,
    name: &str,
    sources: BTreeMap<&str, Source>,
    ca_file: Option<PathBuf>,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Vec<(&'static str, SecretString)>, Refused> {
    let Some(SignIn { wanted, visit }) = &connector.sign_in else { return Ok(Vec::new()) };
    // Nothing is fetched for a connection that logs in by itself.
    let at_hand =
        sources.iter().filter(|(_, source)| matches!(source, Source::Plain(_) | Source::Variable(_)));
    if !wanted(&fetched(at_hand, surroundings)?) {
        return Ok(Vec::new());
    }
    let settings = connector.completed(&fetched(sources.iter(), surroundings)?);
    let simulators = Simulators::of(clock(1.0), Front::default(), []);
    let purpose = Purpose { ca_file, ..Purpose::new(&simulators, &surroundings.env) };
    let means = Means::new(Arc::new(open_network(&purpose)?), simulators.clock.clone());
    let outcome = runtime::of_one_thread()?.block_on(async {
        let (loopback, mut addresses) = Loopback::open().await?;
        let mut login = visit(&settings, means, &loopback);
        let outcome = loop {
            tokio::select! {
                // The address is printed by whoever has the console.
                Some(address) = addresses.recv() => {
                    console.note(&format!("to allow `{name}` what it needs, log in within 5 minutes:\n  {address}\n"));
                    surroundings.open.iter().for_each(|open| open(&address));
                }
                outcome = &mut login => break outcome,
            }
        };
        drop(login);
        loopback.close().await;
        outcome
    });
    outcome.map_err(|fault| {
        let fault = fault.reworded(|text| connector.said_of(name, text));
        let problem = Problem::new(format!("the login of `{name}` failed: {}", fault.message));
        Problem { help: fault.help.as_ref().map(ToString::to_string), ..problem }.into()
    })
}

/// A server on this machine to which the vendor sends the browser back (RFC 8252, section 7.3).
struct Loopback {
    back: String,
    /// Takes the addresses to be opened.
    addresses: UnboundedSender<String>,
    /// What browsers came back with.
    answers: Mutex<UnboundedReceiver<Vec<(String, String)>>>,
    ended: Arc<Notify>,
    server: JoinHandle<()>,
}

impl Loopback {
    async fn open() -> Result<(Loopback, UnboundedReceiver<String>), Fault> {
        let unheard = |error: std::io::Error| {
            Fault::new(FaultKind::Connection, format!("nothing can be listened to on 127.0.0.1: {error}"))
        };
        // Any port: the vendor must take each (RFC 8252, section 7.3).
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(unheard)?;
        let host = listener.local_addr().map_err(unheard)?.to_string();
        let back = format!("http://{host}/");
        let (answered, answers) = unbounded_channel();
        let come_back = move |headers: HeaderMap, Query(answer): Query<Vec<(String, String)>>| async move {
            // A page elsewhere may have given this machine a name of its own.
            let here = headers.get(HOST).is_some_and(|given| *given == *host);
            if !here || answered.send(answer).is_err() {
                return (StatusCode::NOT_FOUND, Html(""));
            }
            (StatusCode::OK, Html(PAGE))
        };
        let ended = Arc::new(Notify::new());
        let (router, end) = (Router::new().route("/", get(come_back)), ended.clone());
        let server = tokio::spawn(async move {
            let served =
                axum::serve(listener, router).with_graceful_shutdown(async move { end.notified().await });
            let _ = served.await;
        });
        let (addresses, asked) = unbounded_channel();
        Ok((Loopback { back, addresses, answers: Mutex::new(answers), ended, server }, asked))
    }

    /// Ends when the browser has its page.
    async fn close(self) {
        self.ended.notify_one();
        let _ = tokio::time::timeout(SLOW, self.server).await;
    }
}

/// What the browser shows in the end.
const PAGE: &str = "<!doctype html><meta charset=utf-8><title>flowrun</title><p>You can close this page: flowrun goes on in the terminal.";

impl Browser for Loopback {
    fn back(&self) -> &str {
        &self.back
    }

    fn visit<'a>(&'a self, url: &'a str) -> Pending<'a, Result<Vec<(String, String)>, Fault>> {
        Box::pin(async move {
            let _ = self.addresses.send(url.to_owned());
            let mut answers = self.answers.lock().await;
            let answer = tokio::time::timeout(PATIENCE, answers.recv()).await;
            answer.ok().flatten().ok_or_else(|| {
                Fault::new(FaultKind::Connection, "nobody logged in within 5 minutes")
                    .help("start the login again")
            })
        })
    }
}

/// The settings of these sources.
fn fetched<'s>(
    sources: impl Iterator<Item = (&'s &'s str, &'s Source)>,
    surroundings: &Surroundings,
) -> Result<Settings, Problem> {
    let mut settings = Settings::new();
    for (name, source) in sources {
        let value = source.fetch(&surroundings.env);
        let value = value.map_err(|why| Problem::new(format!("the setting `{name}` can't be had: {why}")))?;
        settings = settings.with(name, value.expose_secret());
    }
    Ok(settings)
}
