//! What a run exchanges with vendors, recorded: without secrets, and if asked without people. It stands at the transport, so that it holds
//! for the cards of every connector.

mod form;
mod people;
mod pseudonyms;
mod replay;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use flowrun_core::effect::{Act, Effect};
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Connector, Settings};
use flowrun_kit::effect::Pending;
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};
use flowrun_project::project::is_recording;
use flowrun_project::{Problem, unwritable};

pub use self::form::{Ends, Exchange, Recorded, Recording};
pub use self::replay::{Replay, Replayed};
use crate::exchange::address;
use crate::perform::{Perform, Performing};

/// A recording holds no more than this many bytes of bodies.
const MOST_BYTES: usize = 64 << 20;

/// How a run is recorded.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    /// The file.
    pub file: PathBuf,
    /// Whether people are replaced.
    pub pseudonyms: bool,
    /// The names of members, headers and keys of queries that may hold what looks like a secret.
    pub allow: Vec<String>,
}

/// What is recorded of a run besides its exchanges.
#[derive(Debug)]
pub(crate) struct Head {
    pub flow: Text,
    pub program: String,
    pub run: Text,
    pub started_ms: i64,
    pub inputs: Record,
    pub vars: Record,
    /// What people are replaced by; none where they are not.
    pub key: Option<[u8; 32]>,
}

/// Records what a run exchanges.
pub struct Recorder {
    tape: Tape,
    clock: Clock,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    head: Option<Head>,
    connections: Vec<Recorded>,
    secrets: BTreeSet<String>,
    taken: Vec<Taken>,
    bytes: usize,
}

/// An exchange as it was.
struct Taken {
    connection: String,
    asked_ms: i64,
    took_ms: i64,
    /// Whether a token was asked for.
    login: bool,
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
    /// None where whoever asked did not wait for the end.
    ended: Option<Result<(StatusCode, HeaderMap, Bytes), TransportError>>,
}

impl Recorder {
    /// Records onto this tape, with the times of this clock.
    pub(crate) fn new(tape: Tape, clock: Clock) -> Result<Recorder, Problem> {
        let name = tape.file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if !is_recording(&name) {
            let problem = Problem::new(format!("{} is no name of a recording", tape.file.display()));
            return Err(problem.help("let it end in .rec.yaml, so that it is taken for no flow"));
        }
        let folder = tape.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(Problem::new(format!("there is no folder {} to record in", folder.display())));
        }
        Ok(Recorder { tape, clock, kept: Mutex::default() })
    }

    /// Says what is recorded.
    pub(crate) fn begin(&self, head: Head) {
        let mut kept = self.kept();
        head.inputs.values().chain(head.vars.values()).for_each(|value| hide(value, &mut kept.secrets));
        kept.head = Some(head);
    }

    /// What goes over a connection with these settings, recorded; its credentials are kept out.
    pub(crate) fn over(
        self: &Arc<Self>,
        (name, connector, settings): (&str, &Connector, &Settings),
        transport: Arc<dyn Transport>,
    ) -> Arc<dyn Transport> {
        let settings = connector.completed(settings);
        let given =
            connector.settings.iter().filter_map(|setting| Some((setting, settings.get(&setting.name)?)));
        let (mut addresses, mut secrets) = (BTreeMap::new(), Vec::new());
        for (setting, value) in given {
            if setting.secret {
                secrets.push(value.to_owned());
            } else if setting.is_address() {
                addresses.insert(setting.name.to_string(), value.to_owned());
            }
        }
        let mut kept = self.kept();
        kept.secrets.extend(secrets);
        let (name, connector) = (name.to_owned(), connector.name.to_string());
        kept.connections.push(Recorded { name: name.clone(), connector, addresses });
        Arc::new(Over { recorder: self.clone(), connection: name, transport })
    }

    /// Writes what was recorded; refuses where something in it looks like a secret.
    pub fn write(&self) -> Result<&PathBuf, Problem> {
        let kept = self.kept();
        let Some(head) = &kept.head else { return Err(Problem::new("nothing was recorded")) };
        if kept.bytes > MOST_BYTES {
            let most = MOST_BYTES >> 20;
            let message = format!("the run exchanged more than the {most} MiB that a recording holds");
            return Err(Problem::new(message).help("record a run with fewer records"));
        }
        let recording = secrets::without(head, &kept.connections, &kept.taken, &kept.secrets);
        let recording = match &head.key {
            Some(key) => pseudonyms::replaced(recording, key),
            None => recording,
        };
        let left = secrets::left(&recording, &self.tape.allow);
        if !left.is_empty() {
            const SHOWN: usize = 8;
            let mut lines: Vec<String> = left.iter().take(SHOWN).cloned().collect();
            if left.len() > SHOWN {
                lines.push(format!("and {} more", left.len() - SHOWN));
            }
            let message = format!("the recording is not written: {}", lines.join("\n    "));
            return Err(Problem::new(message).help(
                "look what it is; if it is no secret, allow it by the name that stands last in its place: --allow NAME",
            ));
        }
        let file = &self.tape.file;
        crate::session::state::replace(file, &recording.write()).map_err(|error| unwritable(file, &error))?;
        Ok(file)
    }

    fn asked(&self, connection: &str, request: &Request) -> usize {
        let (_, path, query) = address(&request.url);
        let mut kept = self.kept();
        secrets::of_request(request, &mut kept.secrets);
        kept.bytes += request.body.len();
        // What is too much is not kept, and not written in the end.
        let body = if kept.bytes > MOST_BYTES { Bytes::new() } else { request.body.clone() };
        kept.taken.push(Taken {
            connection: connection.to_owned(),
            asked_ms: self.clock.now_ms(),
            took_ms: 0,
            login: secrets::is_login(request),
            method: request.method.to_string(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: request.headers.clone(),
            body,
            ended: None,
        });
        kept.taken.len() - 1
    }

    fn answered(&self, place: usize, answer: &Result<Response, TransportError>) {
        let now_ms = self.clock.now_ms();
        let kept = &mut *self.kept();
        let Some(taken) = kept.taken.get_mut(place) else { return };
        taken.took_ms = now_ms - taken.asked_ms;
        let ended = answer.clone().map(|response| {
            let response = response.in_utf8();
            kept.bytes += response.body.len();
            let body = if kept.bytes > MOST_BYTES { Bytes::new() } else { response.body };
            (response.status, response.headers, body)
        });
        if let Ok((_, headers, body)) = &ended {
            secrets::of_answer(headers, body, &mut kept.secrets);
        }
        taken.ended = Some(ended);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Collects the secrets in a value.
fn hide(value: &Value, secrets: &mut BTreeSet<String>) {
    match value {
        Value::Secret(secret) => {
            secrets.insert(secret.expose().to_owned());
        }
        Value::List(items) => items.iter().for_each(|item| hide(item, secrets)),
        Value::Object(members) => members.values().for_each(|member| hide(member, secrets)),
        _ => {}
    }
}

struct Over {
    recorder: Arc<Recorder>,
    connection: String,
    transport: Arc<dyn Transport>,
}

impl Transport for Over {
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let place = self.recorder.asked(&self.connection, &request);
            let answer = self.transport.send(request, limits).await;
            self.recorder.answered(place, &answer);
            answer
        })
    }
}

/// Tells a recorder the secrets that cards are given, if there is one.
pub(crate) struct Overheard<P>(pub P, pub Option<Arc<Recorder>>);

impl<P: Perform> Perform for Overheard<P> {
    fn perform(&self, effect: Effect) -> Performing {
        if let (Some(recorder), Act::Card(card)) = (&self.1, &effect.act) {
            let mut kept = recorder.kept();
            card.args.iter().for_each(|value| hide(value, &mut kept.secrets));
        }
        self.0.perform(effect)
    }

    fn behind(&self) -> Option<&dyn Perform> {
        Some(&self.0)
    }
}
