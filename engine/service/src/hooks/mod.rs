//! The doors by which others tell what happened: Okta's event hooks, webhooks, and Okta's System Log, which is asked.

pub mod again;
mod doors;
pub mod inline;
pub mod log;
mod okta;
pub mod org;
pub mod registered;
pub mod signature;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flowrun_core::value::{Record, Text, Value};
use flowrun_host::driver::Stop;
use flowrun_kit::clock::Clock;
use flowrun_project::Problem;
use flowrun_store::{Note, NoteChange};
use serde::Deserialize;

use crate::changes::What;
use crate::events::{Happened, Listeners, Source, Unwanted};
use crate::inbox::{DELIVERIES, Item, Taken, Unaccepted};
use crate::people::secrets::are_same;
use crate::service::Hosted;
use crate::tasks::Tasks;
pub use doors::{Door, deliveries};

/// A body may have so many bytes. Okta says nothing of it; a hundred events have a few hundred thousand.
const MOST_BYTES: usize = 4 << 20;

/// So many events in a row that only the log tells mean that the hook is silent.
const SILENT: u32 = 5;

/// Where the secrets of hooks are; the secrets themselves never stand in files.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// By the hooks' names.
    pub hooks: BTreeMap<String, HookSettings>,
}

/// A hook of Okta's.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HookSettings {
    /// The environment variable that holds its secret; `FLOWRUN_HOOK_` and the name in capital letters where nothing is said.
    pub secret_env: Option<String>,
    /// The header in which Okta sends the secret: `Authorization` where nothing is said.
    pub header: Option<String>,
}

impl HookSettings {
    /// The variable that holds the secret of the hook of this name.
    pub fn variable(&self, name: &str) -> String {
        self.secret_env.clone().unwrap_or_else(|| usual_variable(name))
    }

    /// The header in which Okta sends the secret.
    pub fn header(&self) -> &str {
        self.header.as_deref().unwrap_or("authorization")
    }
}

/// The doors of a service.
pub struct Hooks {
    rooms: Vec<Room>,
    env: BTreeMap<String, String>,
}

/// A project behind the doors.
struct Room {
    hosted: Arc<Hosted>,
    settings: Settings,
    /// Since when it is there.
    since_us: i64,
    heard: Mutex<Heard>,
}

/// What is known of a project's events.
#[derive(Default)]
struct Heard {
    listeners: Option<Arc<Listeners>>,
    /// What the log has told and the hook should tell too.
    expected: BTreeMap<Text, Expected>,
    /// How many events in a row only the log has told.
    silent: u32,
}

/// What a hook should tell.
struct Expected {
    /// The moment until which it may.
    until_us: i64,
    /// The log that has told it.
    log: Arc<str>,
    /// Whether the hook could: while nobody served, it had nobody to tell.
    could: bool,
}

impl Hooks {
    /// The doors to some projects. Secrets are taken from this environment.
    pub fn new(
        projects: impl IntoIterator<Item = (Arc<Hosted>, Settings)>,
        env: BTreeMap<String, String>,
    ) -> Hooks {
        let room = |(hosted, settings): (Arc<Hosted>, Settings)| Room {
            since_us: hosted.runs.now_us(),
            hosted,
            settings,
            heard: Mutex::default(),
        };
        Hooks { rooms: projects.into_iter().map(room).collect(), env }
    }

    /// What is served at `/hooks/…`.
    pub fn routes(self: &Arc<Hooks>) -> Router {
        Router::new()
            .route("/hooks/okta/{name}", get(okta::verify).post(okta::deliver))
            .route("/hooks/{name}", axum::routing::post(webhook::deliver))
            .with_state(self.clone())
    }

    /// Reads the logs of the projects' orgs until it is told to stop.
    pub fn read_logs(self: &Arc<Hooks>, tasks: &Tasks, clock: &Clock, stop: &Stop) {
        for place in 0..self.rooms.len() {
            tasks.spawn(log::follow(self.clone(), place, clock.clone(), stop.clone()));
        }
    }

    /// The hooks that are set up and whose secrets are missing, with the variables that lack them: nobody gets in there.
    pub fn without_secrets(&self) -> BTreeMap<String, String> {
        let names = self.rooms.iter().flat_map(|room| room.settings.hooks.keys());
        let variable = |name: &String| (name.clone(), self.variable(name));
        names.map(variable).filter(|(_, variable)| self.secret(variable).is_none()).collect()
    }

    /// The types of events that the flows behind a hook want of it.
    pub fn wanted(&self, name: &str) -> BTreeSet<Text> {
        self.of(name)
            .iter()
            .flat_map(|room| room.listeners().by_hook().cloned().collect::<Vec<_>>())
            .collect()
    }

    /// Has a project's log read again from a moment on: what is not known yet of it starts its runs. For what neither a hook nor the
    /// log's last place would bring.
    pub async fn redeliver(&self, project: &str, since_ms: i64) -> Result<(), Problem> {
        let room =
            self.room(project).ok_or_else(|| Problem::new(format!("there is no project `{project}`")))?;
        log::go_back(room, since_ms).await
    }

    /// The variable that holds a hook's secret.
    fn variable(&self, name: &str) -> String {
        self.said(name).variable(name)
    }

    /// What is set for a hook.
    fn said(&self, name: &str) -> HookSettings {
        self.rooms.iter().find_map(|room| room.settings.hooks.get(name)).cloned().unwrap_or_default()
    }

    fn secret(&self, variable: &str) -> Option<&str> {
        self.env.get(variable).map(String::as_str).filter(|secret| !secret.is_empty())
    }

    /// Whether a request knows the secret of one of Okta's hooks. One without a secret lets nobody in.
    fn knows(&self, name: &str, headers: &HeaderMap) -> bool {
        let given = headers.get(self.header(name)).and_then(|value| value.to_str().ok());
        // Compared also where there is none, so that nobody learns by the clock which hooks there are.
        let secret = self.secret(&self.variable(name));
        are_same(given.unwrap_or_default(), secret.unwrap_or("none")) && secret.is_some() && given.is_some()
    }

    fn header(&self, name: &str) -> String {
        self.said(name).header().to_owned()
    }

    /// The projects that a hook belongs to: those that name it, or else all.
    fn of(&self, name: &str) -> Vec<&Room> {
        let naming: Vec<&Room> =
            self.rooms.iter().filter(|room| room.settings.hooks.contains_key(name)).collect();
        if naming.is_empty() { self.rooms.iter().collect() } else { naming }
    }

    fn room(&self, project: &str) -> Option<&Room> {
        self.rooms.iter().find(|room| *room.hosted.runs.served.name == *project)
    }
}

impl Room {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who listens in the version that counts now.
    fn listeners(&self) -> Arc<Listeners> {
        let served = &self.hosted.runs.served;
        let version = served.version();
        let mut heard = self.heard();
        match &heard.listeners {
            Some(listeners) if listeners.version() == version.number => listeners.clone(),
            _ => {
                let listeners = Arc::new(Listeners::of(version, served.surroundings.registry.vocabulary()));
                heard.listeners.insert(listeners).clone()
            }
        }
    }

    /// Takes in what happened, all of it in one commit with `notes`.
    async fn take(
        &self,
        happened: &[Happened],
        source: Source<'_>,
        from: &str,
        notes: Vec<NoteChange>,
    ) -> Result<Taken, Unaccepted> {
        let (runs, listeners) = (&self.hosted.runs, self.listeners());
        let now_us = runs.now_us();
        let mut items = Vec::new();
        let mut expected = BTreeMap::new();
        for one in happened {
            let after_us = one.at_ms.map_or(now_us, |at_ms| at_ms.saturating_mul(1000)) + log::GRACE_US;
            let (found, unwanted) = listeners.items(one, source, after_us);
            if found.iter().any(|item| item.after_us.is_some()) {
                let could = after_us - log::GRACE_US >= self.since_us;
                expected.insert(one.id.clone(), Expected { until_us: after_us, log: from.into(), could });
            }
            items.extend(found);
            self.tell_unwanted(unwanted);
        }
        let taken = self.hosted.inbox.take(&items, notes).await?;
        expected.retain(|id, _| taken.ids.contains(id));
        self.note_silence(happened, source, expected);
        if !happened.is_empty() {
            runs.tell(What::Received { source: from.into(), new: taken.new, again: taken.again });
        }
        Ok(taken)
    }

    fn tell_unwanted(&self, unwanted: Vec<Unwanted>) {
        for one in unwanted {
            let (flow, cause) = (Arc::from(&*one.flow), Arc::from(&*one.event));
            self.hosted.runs.tell(What::Skipped { flow, cause, why: one.why.into() });
        }
    }

    /// Keeps count of what the log alone tells.
    fn note_silence(&self, happened: &[Happened], source: Source<'_>, expected: BTreeMap<Text, Expected>) {
        let mut heard = self.heard();
        match source {
            Source::Hook if !happened.is_empty() => {
                heard.silent = 0;
                heard.expected.retain(|id, _| !happened.iter().any(|one| one.id == *id));
            }
            Source::Log(_) => heard.expected.extend(expected),
            _ => {}
        }
    }

    /// Tells what no hook has told in time, and once that a hook is silent: the log has told much, and the hook nothing of it.
    fn miss(&self, now_us: i64) {
        let mut heard = self.heard();
        let before = heard.silent;
        let mut late: BTreeMap<Arc<str>, u64> = BTreeMap::new();
        let mut silent = 0;
        heard.expected.retain(|_, expected| {
            if expected.until_us > now_us {
                return true;
            }
            *late.entry(expected.log.clone()).or_default() += 1;
            silent += u32::from(expected.could);
            false
        });
        heard.silent += silent;
        for (source, events) in late {
            self.hosted.runs.tell(What::Reconciled { source, events });
        }
        if before < SILENT && heard.silent >= SILENT {
            let why = format!(
                "the last {} events are known from the System Log alone: look whether the hook is active and verified, \
                 and whether Okta reaches this service",
                heard.silent
            );
            drop(heard);
            let (kind, about) = (Arc::from("hook"), Arc::from("okta"));
            self.hosted.runs.tell(What::Trouble { kind, about, why: why.into() });
        }
    }

    /// Tells that something that came can't be made use of.
    fn complain(&self, name: &str, why: &str) {
        let (kind, about, why) = (Arc::from("hook"), Arc::from(name), Arc::from(why));
        self.hosted.runs.tell(What::Trouble { kind, about, why });
    }

    async fn take_items(&self, items: &[Item], from: &str) -> Result<Taken, Unaccepted> {
        let id = items.first().map(|item| &*item.id).unwrap_or_default();
        let notes = vec![delivered(from, id, 1, self.hosted.runs.now_us())];
        let taken = self.hosted.inbox.take(items, notes).await?;
        let (source, runs) = (Arc::from(from), &self.hosted.runs);
        runs.tell(What::Received { source, new: taken.new, again: taken.again });
        Ok(taken)
    }
}

/// That a delivery came by a hook, and how many events it had.
fn delivered(hook: &str, id: &str, events: usize, at_us: i64) -> NoteChange {
    let (space, key) = (Arc::from(DELIVERIES), Arc::from(format!("{hook}/{at_us:016} {id}")));
    NoteChange::Add(Note { space, key, at_us, due_us: None, body: events.to_string().into_bytes() })
}

/// The variable that holds a hook's secret where nothing else is said.
fn usual_variable(name: &str) -> String {
    let letter =
        |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    format!("FLOWRUN_HOOK_{}", name.chars().map(letter).collect::<String>())
}

/// The headers of a request, as flows may see them: none that proves who somebody is.
fn open_headers(headers: &HeaderMap, secret: &[&str]) -> Record {
    const CLOSED: &[&str] = &["authorization", "proxy-authorization", "cookie"];
    let is_open = |name: &str| {
        !CLOSED.contains(&name) && !secret.iter().any(|secret| secret.eq_ignore_ascii_case(name))
    };
    let open = headers.iter().filter(|(name, _)| is_open(name.as_str()));
    open.filter_map(|(name, value)| Some((Text::from(name.as_str()), Value::from(value.to_str().ok()?))))
        .collect()
}

/// What a sender is answered whose request is not taken in: that it should come again.
fn unaccepted(unaccepted: &Unaccepted) -> Response {
    let seconds = match unaccepted {
        Unaccepted::Full => "30",
        Unaccepted::Problem(_) => "5",
    };
    (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", seconds)]).into_response()
}
