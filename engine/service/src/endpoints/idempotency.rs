//! Calls that are made once, however often they are sent: by the header `Idempotency-Key`.
//!
//! The key is written down in the commit in which its run begins, so that neither is there without the other. The answer follows in a
//! commit of its own before anybody is told it. What dies between the two is made up for when the service is back: the run goes on, or
//! has ended, and what it is answered with follows from its journal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use flowrun_core::machine::Limits;
use flowrun_core::stored::{Seal, decode, encode};
use flowrun_core::value::{Record, Secret, Value};
use flowrun_host::session::durable::home::problem;
use flowrun_host::session::durable::recall::{Recalled, Sight};
use flowrun_kit::clock::Clock;
use flowrun_project::Problem;
use flowrun_store::{Batch, Note, NoteChange, Notes, RunId, Status};
use ring::digest::{SHA256, digest};
use tokio::sync::oneshot;

use super::Endpoints;
use super::answer::Reply;
use super::calls::Way;
use super::directory::Endpoint;
use super::problem::Wrong;
use super::request::Asked;
use crate::Hosted;
use crate::names::hex;
use crate::runs::answer_of;

/// Notes of keys: due as long as their run has not answered.
pub const SPACE: &str = "idempotency";

/// Where a key is written down: the project's name and the note's.
type Place = (Arc<str>, Arc<str>);

/// The fingerprints of the calls that are under way.
#[derive(Debug, Default)]
pub struct Underway(Mutex<BTreeMap<Place, String>>);

/// A call that is made now, and by nobody else as long as this lives.
pub struct Once {
    project: Arc<Hosted>,
    key: Arc<str>,
    print: String,
    underway: Arc<Underway>,
}

/// What becomes of a call with a key.
pub enum Entered {
    /// It is made.
    New(Once),
    /// It was made before, and answered like this.
    Again(Reply),
}

/// What is written under a key.
struct Kept {
    run: String,
    print: String,
    reply: Option<Reply>,
}

/// Why a request with a key is not carried out.
#[derive(Debug)]
pub enum Clash {
    /// The key is none.
    NoKey,
    /// The first request with it has not been answered yet.
    Underway(Option<String>),
    /// It was sent with another request.
    Another,
    /// What was written under it can't be read.
    Unreadable,
}

impl Clash {
    fn told(&self) -> (u16, &'static str, &'static str) {
        match self {
            Clash::NoKey => {
                (400, "invalid_idempotency_key", "an Idempotency-Key is one text of up to 255 characters")
            }
            Clash::Underway(_) => {
                (409, "under_way", "the first call with this Idempotency-Key has not been answered yet")
            }
            Clash::Another => (422, "another_request", "this Idempotency-Key was sent with another request"),
            Clash::Unreadable => (503, "unavailable", "the store can't be read"),
        }
    }
}

impl From<Clash> for Wrong {
    fn from(clash: Clash) -> Wrong {
        if let Clash::Unreadable = clash {
            return Wrong::here(clash.told().2);
        }
        let (status, code, message) = clash.told();
        let wrong = Wrong::new(status, code, message);
        match &clash {
            Clash::Underway(Some(run)) => wrong.about(run),
            _ => wrong,
        }
    }
}

impl From<Clash> for crate::people::Problem {
    fn from(clash: Clash) -> crate::people::Problem {
        let (status, _, message) = clash.told();
        let status = axum::http::StatusCode::from_u16(status).unwrap_or_default();
        let problem = crate::people::Problem::new(status, message);
        if let Clash::Unreadable = clash { problem.again_after(5) } else { problem }
    }
}

/// The key of a request, if it has one.
pub fn key(headers: &HeaderMap) -> Result<Option<&str>, Clash> {
    let mut given = headers.get_all("idempotency-key").iter();
    let Some(key) = given.next() else { return Ok(None) };
    let fits =
        |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let key = key.to_str().ok().filter(fits).filter(|_| given.next().is_none());
    key.map(Some).ok_or(Clash::NoKey)
}

/// The name of the run that a request is to start, under its key.
pub struct Named {
    /// The name.
    pub run: String,
    /// Whether the run is there already.
    pub is_there: bool,
    /// Nobody else starts it meanwhile.
    _once: Once,
}

impl Endpoints {
    /// Lets a call be made, or answers it as it was answered before.
    pub(super) async fn enter(
        &self,
        endpoint: &Endpoint,
        key: &str,
        asked: &Asked,
    ) -> Result<Entered, Wrong> {
        let project = endpoint.project.clone();
        let key: Arc<str> = Arc::from(format!("{} {}", endpoint.flow, hash(&[key])));
        let print = print(asked);
        let taken = Once::take(&project, &key, &print, &self.underway);
        let once =
            taken.map_err(|other| if other == print { Clash::Underway(None) } else { Clash::Another })?;
        let note = project.runs.store().note(SPACE, &key);
        let Some(note) = note.map_err(|_| Clash::Unreadable)? else {
            return Ok(Entered::New(once));
        };
        let kept = Kept::read(&project, &note.body).ok_or(Clash::Unreadable)?;
        if kept.print != print {
            return Err(Clash::Another.into());
        }
        let mut reply = match kept.reply {
            Some(reply) => reply,
            // Somebody else may have brought the run to its end meanwhile.
            None if goes_on(&project, &kept.run) => return Err(Clash::Underway(Some(kept.run)).into()),
            None => once.make_up(&self.service.clock, &kept.run).await,
        };
        reply.headers.push(("idempotent-replayed".to_owned(), "true".to_owned()));
        Ok(Entered::Again(reply))
    }

    /// The name of the run that a request is to start: the same one for whoever sends it again with this key, also after a crash. It is
    /// written down before the run begins, and no two runs have one name.
    pub async fn name(&self, project: &Arc<Hosted>, key: &[&str], asked: &[&str]) -> Result<Named, Clash> {
        let (key, print): (Arc<str>, _) = (Arc::from(format!("api {}", hash(key))), hash(asked));
        let taken = Once::take(project, &key, &print, &self.underway);
        let once =
            taken.map_err(|other| if other == print { Clash::Underway(None) } else { Clash::Another })?;
        let store = project.runs.store();
        if let Some(note) = store.note(SPACE, &key).map_err(|_| Clash::Unreadable)? {
            let kept = Kept::read(project, &note.body).ok_or(Clash::Unreadable)?;
            if kept.print != print {
                return Err(Clash::Another);
            }
            let is_there = store.run(&kept.run).is_ok_and(|run| *run.about.id == *kept.run);
            return Ok(Named { run: kept.run, is_there, _once: once });
        }
        let at_us = project.runs.now_us();
        let kept = Kept { run: crate::names::run(at_us), print, reply: None };
        let (space, body) = (Arc::from(SPACE), kept.write(project));
        let note = NoteChange::New(Note { space, key, at_us, due_us: None, body });
        // The disk takes no simulated time.
        let _hold = self.service.clock.hold();
        let written = store.durable(store.append(Batch::default().note(note))).await;
        written.map_err(|_| Clash::Unreadable)?;
        Ok(Named { run: kept.run, is_there: false, _once: once })
    }

    /// Takes up the calls of before that have not been answered, before their runs go on.
    pub(super) async fn recover(&self, project: &Arc<Hosted>) {
        // What can't be read now is told by whatever reads it next.
        let notes = project.runs.store().notes(&Notes::of(SPACE).due(i64::MAX)).unwrap_or_default();
        for note in notes {
            let Some(kept) = Kept::read(project, &note.body) else { continue };
            let Ok(once) = Once::take(project, &note.key, &kept.print, &self.underway) else { continue };
            if !goes_on(project, &kept.run) {
                once.make_up(&self.service.clock, &kept.run).await;
                continue;
            }
            let run = RunId::from(kept.run.as_str());
            let (answer, service) = (project.runs.answer_to(&run), self.service.clone());
            let way = Way { project: project.clone(), run: kept.run, answer, once: Some(once) };
            // Nobody waits; the answer is for whoever asks again.
            let (nobody, _) = oneshot::channel();
            self.service.tasks.spawn(async move { way.through(&service, nobody).await });
        }
    }
}

/// Whether a run has yet to come to an answer.
fn goes_on(project: &Hosted, run: &str) -> bool {
    let run = project.runs.store().run(run);
    run.is_ok_and(|run| matches!(run.state.status(), Status::Running | Status::Waiting | Status::Held))
}

/// What a run of before is answered with, by its journal.
async fn from_journal(clock: &Clock, project: &Arc<Hosted>, run: &str) -> Option<Reply> {
    let (served, run) = (project.runs.served.clone(), run.to_owned());
    let replay = move || {
        let vocabulary = served.surroundings.registry.vocabulary();
        let recalled = Recalled::read(&served.home, &run, vocabulary, Sight::Blind, None).ok()?;
        let machine = recalled.look(Limits::default()).ok()?.machine;
        let answer = answer_of(&recalled.run.state, machine.response().cloned(), &machine.report(), None)?;
        Some(Reply::to(answer, &run))
    };
    let _hold = clock.hold();
    tokio::task::spawn_blocking(replay).await.ok().flatten()
}

impl Once {
    /// Keeps everybody else from making the same call; else tells what the other call's fingerprint is.
    fn take(
        project: &Arc<Hosted>,
        key: &Arc<str>,
        print: &str,
        underway: &Arc<Underway>,
    ) -> Result<Once, String> {
        let place = (project.runs.served.name.clone(), key.clone());
        let mut all = underway.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = all.get(&place) {
            return Err(other.clone());
        }
        all.insert(place, print.to_owned());
        let (project, key) = (project.clone(), key.clone());
        Ok(Once { project, key, print: print.to_owned(), underway: underway.clone() })
    }

    /// What is written with the run's beginning.
    pub fn begins(&self, run: &str, now_us: i64) -> NoteChange {
        let kept = Kept { run: run.to_owned(), print: self.print.clone(), reply: None };
        NoteChange::New(Note {
            space: Arc::from(SPACE),
            key: self.key.clone(),
            at_us: now_us,
            due_us: Some(now_us),
            body: kept.write(&self.project),
        })
    }

    /// Answers by what the run has come to, and writes that down.
    async fn make_up(&self, clock: &Clock, run: &str) -> Reply {
        let gone = || {
            let message = "the run of this key has ended, and its values are gone: look at it by its ID";
            Wrong::new(409, "answer_gone", message).about(run).into_reply()
        };
        let Some(reply) = from_journal(clock, &self.project, run).await else { return gone() };
        // What can't be written now is made up for again.
        let _ = self.answered(clock, run, &reply).await;
        reply
    }

    /// Writes the answer down; once this returns the same call is answered like this.
    pub async fn answered(&self, clock: &Clock, run: &str, reply: &Reply) -> Result<(), Problem> {
        let reply = Some(reply.clone());
        let kept = Kept { run: run.to_owned(), print: self.print.clone(), reply };
        let (space, key, body) = (Arc::from(SPACE), self.key.clone(), kept.write(&self.project));
        let store = self.project.runs.store();
        let ticket = store.append(Batch::default().note(NoteChange::Claim { space, key, body }));
        // The disk takes no simulated time.
        let _hold = clock.hold();
        store.durable(ticket).await.map_err(|error| problem(&error))
    }
}

impl Drop for Once {
    fn drop(&mut self) {
        let place = (self.project.runs.served.name.clone(), self.key.clone());
        self.underway.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&place);
    }
}

impl Kept {
    /// An answer is sealed whole: it is kept longer than the values of a flow that does not save its data.
    fn write(&self, project: &Hosted) -> Vec<u8> {
        let text = |text: &str| Value::from(text);
        let headers = |reply: &Reply| {
            let pair = |(name, value): &(String, String)| Value::list(vec![text(name), text(value)]);
            Value::list(reply.headers.iter().map(pair).collect())
        };
        let reply = self.reply.as_ref().map(|reply| {
            Value::object([
                ("status", Value::from(usize::from(reply.status))),
                ("headers", headers(reply)),
                ("body", text(&reply.body)),
            ])
        });
        let reply = reply.map(|reply| Value::Secret(Secret::new(reply.to_json())));
        let kept = Value::object([
            ("run", text(&self.run)),
            ("print", text(&self.print)),
            ("reply", reply.unwrap_or_default()),
        ]);
        encode(&kept, &project.runs.served.home.sealing)
    }

    fn read(project: &Hosted, body: &[u8]) -> Option<Kept> {
        let sealing: &dyn Seal = &project.runs.served.home.sealing;
        let Value::Object(kept) = decode(body, sealing).ok()? else { return None };
        let text = |name: &str| Some(kept.get(name)?.as_text()?.to_string());
        let reply = match kept.get("reply") {
            Some(Value::Secret(reply)) => Some(read_reply(reply.expose())?),
            _ => None,
        };
        Some(Kept { run: text("run")?, print: text("print")?, reply })
    }
}

fn read_reply(json: &str) -> Option<Reply> {
    let value = flowrun_core::value::parse_json(json).ok()?;
    let reply: &Record = value.as_object()?;
    let text = |value: &Value| value.as_text().map(ToString::to_string);
    let pair = |pair: &Value| {
        let [name, value] = pair.as_list()? else { return None };
        Some((text(name)?, text(value)?))
    };
    Some(Reply {
        status: reply.get("status")?.as_number()? as u16,
        headers: reply.get("headers")?.as_list()?.iter().map(pair).collect::<Option<_>>()?,
        body: text(reply.get("body")?)?,
    })
}

/// By what a request is known again.
fn print(asked: &Asked) -> String {
    let kind = asked.kind.as_deref().unwrap_or_default();
    hash(&[asked.method.as_str(), &asked.query, kind, &asked.body])
}

fn hash(parts: &[&str]) -> String {
    let all: String = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
    hex(digest(&SHA256, all.as_bytes()).as_ref())
}
