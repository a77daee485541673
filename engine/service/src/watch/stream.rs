//! Execution log streaming: a record of each thing that happens to a run, sent to a collector, in the fields that Okta's have.
//!
//! The fields are those of Okta's Execution Log Streaming as far as they are documented, so that rules written for Okta go on
//! working. What Okta has not documented is a choice of ours: the names of events other than `FLOW_START` and `FLOW_COMPLETE`,
//! and that of a failed run `error_type` and `error_message` are sent. No record has a value of a card.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use flowrun_core::template::Template;
use flowrun_core::value::{Value, parse_json};
use flowrun_project::Problem;
use flowrun_store::State;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::sending::{Lost, Outside, Way};
use super::settings::{Env, Flows, Org, StreamSettings, address, headers, value};
use crate::changes::{Change, What};
use crate::when;

/// So many records wait at most until the collector takes them.
pub const MOST_WAITING: u64 = 10_000;

/// A record is offered for so long.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// Records are sent side by side in so many lanes; those of one run take the same, so that their order stays.
const LANES: usize = 8;

/// A kind of record, as settings name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A run has begun.
    Started,
    /// It ended well.
    Completed,
    /// It ended badly.
    Failed,
    /// It was ended.
    Canceled,
    /// It waits for somebody, because its author wanted that or because nobody knows how to go on.
    Paused,
}

impl Event {
    /// What kind of record a change makes, if any.
    pub fn of(what: &What) -> Option<Event> {
        match what {
            What::Began(_) => Some(Event::Started),
            What::Moved(moved) => match moved.state {
                State::Done => Some(Event::Completed),
                State::Failed => Some(Event::Failed),
                State::Cancelled => Some(Event::Canceled),
                State::Paused { .. } | State::Held { .. } => Some(Event::Paused),
                State::Running | State::Waiting { .. } => None,
            },
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Event::Started => "FLOW_START",
            Event::Completed => "FLOW_COMPLETE",
            Event::Failed => "FLOW_FAIL",
            Event::Canceled => "FLOW_CANCEL",
            Event::Paused => "FLOW_PAUSE",
        }
    }
}

/// A record as it is sent.
#[derive(Debug, Serialize)]
struct Record<'c> {
    event_type: &'static str,
    execution_id: &'c str,
    timestamp: String,
    flow_id: &'c str,
    flow_name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_id: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_name: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_hostname: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_email: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    folder_name: &'c str,
    cause: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_type: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'c str>,
}

/// The record of a change, as JSON.
fn record(event: Event, change: &Change, org: &Org) -> Option<String> {
    let common = |run, flow, title, cause| Record {
        event_type: event.name(),
        execution_id: run,
        timestamp: when(change.at_us),
        flow_id: flow,
        flow_name: title,
        org_id: org.id.as_deref(),
        org_name: org.name.as_deref(),
        org_hostname: org.hostname.as_deref(),
        user_email: None,
        folder_name: &change.project,
        cause,
        duration: None,
        step_count: None,
        error_type: None,
        error_message: None,
    };
    let record = match &change.what {
        What::Began(begun) => Record {
            user_email: begun.who.as_deref().map(hashed),
            ..common(&*begun.run, &*begun.flow, &*begun.title, &*begun.cause)
        },
        What::Moved(moved) => Record {
            duration: Some(moved.took_us / 1000),
            step_count: Some(moved.cards),
            error_type: moved.error_kind.as_deref(),
            error_message: moved.error.as_deref(),
            ..common(&*moved.run, &*moved.flow, &*moved.title, &*moved.cause)
        },
        _ => return None,
    };
    serde_json::to_string(&record).ok()
}

/// Who somebody is, for those who know the address: its SHA-256, in lower case.
fn hashed(email: &str) -> String {
    let hash = Sha256::digest(email.trim().to_lowercase());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where records go in, on their way to a collector.
#[derive(Debug)]
pub struct Stream {
    events: Vec<Event>,
    flows: Flows,
    org: Org,
    body: Option<Template>,
    lanes: Vec<mpsc::UnboundedSender<Waiting>>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    way: Way,
    url: String,
    headers: HeaderMap,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    since_ms: i64,
    body: String,
}

impl Stream {
    /// A stream, and the work that has to go on for it: it ends when the stream is dropped and all is sent.
    pub fn new(
        settings: &StreamSettings,
        outside: &Outside,
        env: &Env,
    ) -> Result<(Stream, impl Future<Output = ()> + Send + use<>), Problem> {
        let url = address("log_streams.url", &value("log_streams.url", &settings.url, env)?)?;
        let shared = Arc::new(Shared {
            way: Way::new(outside, "log stream", MOST_WAITING),
            url: url.into(),
            headers: headers("log_streams.headers", &settings.headers, env)?,
        });
        let body = settings.body.as_deref().map(template).transpose()?;
        let (lanes, workers): (Vec<_>, Vec<_>) = (0..LANES).map(|_| mpsc::unbounded_channel()).unzip();
        let workers = workers.into_iter().map(|lane| shared.clone().work(lane)).collect::<Vec<_>>();
        let stream = Stream {
            events: settings.events.clone(),
            flows: Flows { flows: settings.flows.clone(), except: settings.except.clone() },
            org: settings.org.clone(),
            body,
            lanes,
            shared,
        };
        Ok((stream, async { drop(join_all(workers).await) }))
    }

    /// Takes what happened; nobody is waited for.
    pub fn hear(&self, change: &Change) {
        let Some((event, run, flow)) = self.concerned(&change.what) else { return };
        if !self.flows.include(Some(flow)) || !self.events.is_empty() && !self.events.contains(&event) {
            return;
        }
        let Some(record) = record(event, change, &self.org) else { return };
        if !self.shared.way.begin() {
            return;
        }
        let body = match &self.body {
            None => record,
            Some(template) => match render(template, &record) {
                Ok(body) => body,
                Err(why) => return self.shared.way.end(Err(Lost { reason: "template", why })),
            },
        };
        let mut hasher = DefaultHasher::new();
        run.hash(&mut hasher);
        let lane = &self.lanes[hasher.finish() as usize % LANES];
        let since_ms = self.shared.way.outside().clock.now_ms();
        // Nobody takes it any more only when the service ends; the way counts it then.
        let _ = lane.send(Waiting { number: change.number, since_ms, body });
    }

    fn concerned<'c>(&self, what: &'c What) -> Option<(Event, &'c str, &'c str)> {
        let event = Event::of(what)?;
        match what {
            What::Began(begun) => Some((event, &begun.run, &begun.flow)),
            What::Moved(moved) => Some((event, &moved.run, &moved.flow)),
            _ => None,
        }
    }
}

impl Shared {
    async fn work(self: Arc<Self>, mut lane: mpsc::UnboundedReceiver<Waiting>) {
        while let Some(Waiting { number, since_ms, body }) = lane.recv().await {
            let outside = self.way.outside();
            let once = || outside.post(&self.url, &self.headers, body.clone().into_bytes());
            self.way.end(outside.until(since_ms, PATIENCE, number, once).await);
        }
    }
}

/// A template that reads nothing but the record.
fn template(source: &str) -> Result<Template, Problem> {
    let broken = |why: &str| Problem::new(format!("`log_streams.body` isn't a template: {why}"));
    let template = Template::compile(source).map_err(|error| {
        let problem = broken(&error.message);
        match error.help {
            Some(help) => problem.help(help),
            None => problem,
        }
    })?;
    match template.uses().iter().find(|used| *used.path[0] != *"record") {
        Some(used) => Err(broken(&format!("it reads `{}`", used.path[0])).help("the record is `record`")),
        None => Ok(template),
    }
}

fn render(template: &Template, record: &str) -> Result<String, String> {
    let record = parse_json(record).map_err(|error| error.to_string())?;
    let one = |name: Option<&flowrun_core::value::Text>| match (name, &record) {
        (None, record) => record.clone(),
        (Some(name), Value::Object(members)) => members.get(name).cloned().unwrap_or(Value::Null),
        (Some(_), _) => Value::Null,
    };
    let values = template.uses().iter().map(|used| one(used.path.get(1))).collect();
    match template.render(values).map_err(|fault| fault.message.to_string())? {
        Value::Text(text) => Ok(text.to_string()),
        other => Ok(other.to_json()),
    }
}
