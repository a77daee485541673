//! Signed links, by which people answer a pause without a token: each is for one pause of one run, and is worth nothing after it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use flowrun_core::effect::EffectId;
use flowrun_core::machine::Paused;
use flowrun_core::types::Kind;
use flowrun_core::value::{Record, Value, parse_json};
use flowrun_host::session::durable::home::Home;
use flowrun_project::Problem;
use flowrun_store::{Batch, Note, NoteChange, Notes, Run};
use ring::hmac;
use url::form_urlencoded;

use super::Endpoints;
use super::page::{self, Page};
use super::problem::Wrong;
use super::resume::Asking;
use crate::Hosted;

/// How much may be answered on a page, in bytes.
const LARGEST: usize = 64 << 10;

/// How long whoever has answered waits to be told what that came to.
const WAITS: Duration = Duration::from_secs(10);

/// What a link says.
struct Link {
    project: Arc<Hosted>,
    run: String,
    /// The pause, by the effect that its answer completes.
    pause: String,
    until_us: i64,
}

/// The space of notes on the service itself: what others than its process have to know of it.
const SPACE: &str = "service";

/// How those who answer pauses know the service.
const BASE: &str = "base";

/// Notes how clients know the service, for those who look at the project's store beside it.
pub(super) fn note_base(project: &Hosted, base: &str) {
    let (space, key) = (Arc::from(SPACE), Arc::from(BASE));
    let body = base.as_bytes().to_vec();
    let note = Note { space, key, at_us: project.runs.now_us(), due_us: None, body };
    project.runs.store().append(Batch::default().note(NoteChange::Put(note)));
}

/// The link by which a pause can be answered, for whoever has a project's store and its key; none where nobody has served it.
pub fn link_beside(home: &Home, project: &str, run: &str, pause: &Paused) -> Option<String> {
    let base = home.store.notes(&Notes::of(SPACE)).ok()?.into_iter().find(|note| &*note.key == BASE)?;
    let base = String::from_utf8(base.body).ok()?;
    home.sealing.0.as_ref()?;
    Some(format!("{base}/r/{}", sign(home, project, run, &pause.id.to_string(), pause.until_us)))
}

impl Endpoints {
    /// The link by which a pause can be answered: for nobody but those who may.
    pub fn link_to(&self, project: &str, run: &str, pause: EffectId, until_us: i64) -> Option<String> {
        let home = &self.service.project(project)?.runs.served.home;
        let token = sign(home, project, run, &pause.to_string(), until_us);
        Some(format!("{}/r/{token}", self.base))
    }

    /// The link by which the pause of a run can be answered: for nobody but those who may.
    pub async fn link(&self, project: &str, run: &str) -> Result<String, Problem> {
        let missing = || Problem::new(format!("there is no run {run}"));
        let project = self.service.project(project).ok_or_else(missing)?.clone();
        let stored = project.runs.store().run(run).map_err(|_| missing())?;
        let look = self.look(&project, &stored, |_, asking| Ok(asking.pause));
        let none = || Problem::new(format!("the run {run} waits for no answer"));
        let pause = look.await.map_err(|_| none())?;
        let (name, id) = (&project.runs.served.name, &stored.about.id);
        self.link_to(name, id, pause.id, pause.until_us).ok_or_else(none)
    }

    /// What a link stands for, if it is one that this service has made.
    fn open(&self, token: &str) -> Option<Link> {
        let (said, tag) = token.split_once('.')?;
        let text = String::from_utf8(BASE64.decode(said).ok()?).ok()?;
        let [project, run, pause, until_us] = text.split('\n').collect::<Vec<_>>().try_into().ok()?;
        let project = self.service.project(project)?.clone();
        hmac::verify(&key(&project.runs.served.home), said.as_bytes(), &BASE64.decode(tag).ok()?).ok()?;
        let until_us = until_us.parse().ok()?;
        Some(Link { project, run: run.to_owned(), pause: pause.to_owned(), until_us })
    }
}

/// What stands in a link: what it is for, and that it was made by whoever has the project's key.
fn sign(home: &Home, project: &str, run: &str, pause: &str, until_us: i64) -> String {
    let said = BASE64.encode(format!("{project}\n{run}\n{pause}\n{until_us}"));
    let tag = hmac::sign(&key(home), said.as_bytes());
    format!("{said}.{}", BASE64.encode(tag))
}

impl Link {
    /// The run, as long as the link is good.
    fn run(&self) -> Result<Run, Page> {
        if self.until_us <= self.project.runs.now_us() {
            return Err(page::over());
        }
        self.project.runs.store().run(&self.run).map_err(|_| page::unknown())
    }

    /// Refuses to answer another pause than the one it was made for.
    fn is_for(&self, asking: &Asking) -> Result<(), Wrong> {
        if asking.pause.id.to_string() == self.pause {
            return Ok(());
        }
        Err(Wrong::new(409, "answered", "this was answered already"))
    }
}

/// The key with which links of a project are signed.
fn key(home: &Home) -> hmac::Key {
    let made = home.sealing.0.as_ref().map(|key| key.made_for("links to pauses"));
    // Without a key there is nothing to sign with, so that no link of another process is good here.
    hmac::Key::new(hmac::HMAC_SHA256, &made.unwrap_or_else(crate::names::chance))
}

/// The page of a link.
pub(super) async fn show(State(all): State<Arc<Endpoints>>, Path(token): Path<String>) -> Response {
    let Some(link) = all.open(&token) else { return page::unknown().answer() };
    shown(&all, &Arc::new(link), None).await.unwrap_or_else(|page| page).answer()
}

async fn shown(all: &Endpoints, link: &Arc<Link>, mistake: Option<String>) -> Result<Page, Page> {
    let run = link.run()?;
    let (of, title) = (link.clone(), run.about.title.clone());
    let look = move |_: &_, asking: Asking| {
        of.is_for(&asking)?;
        let status = if mistake.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        Ok(page::form(status, &title, &asking.pause, mistake.as_deref()))
    };
    all.look(&link.project, &run, look).await.map_err(|wrong| page::told(&wrong))
}

/// Takes what somebody has said on the page of a link.
pub(super) async fn take(
    State(all): State<Arc<Endpoints>>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let Some(link) = all.open(&token) else { return page::unknown().answer() };
    taken(&all, &Arc::new(link), request.into_body()).await.unwrap_or_else(|page| page).answer()
}

async fn taken(all: &Arc<Endpoints>, link: &Arc<Link>, body: Body) -> Result<Page, Page> {
    let run = link.run()?;
    let slow = Duration::from_secs(30);
    let bytes = all.service.clock.timeout(slow, to_bytes(body, LARGEST)).await;
    let Some(Ok(bytes)) = bytes else { return Err(page::too_large()) };
    let said: Vec<(String, String)> = form_urlencoded::parse(&bytes).into_owned().collect();
    let of = link.clone();
    let give = move |asking: &Asking| {
        of.is_for(asking)?;
        read(asking, &said)
    };
    match all.give(&link.project, &run, WAITS, give).await {
        // Whatever the run comes to: the answer has been taken.
        Ok(_) => Ok(page::thanks()),
        Err(wrong) => match wrong.into_reply() {
            reply if reply.status == 504 => Ok(page::thanks()),
            reply if reply.status == 400 => shown(all, link, Some(page::message(&reply))).await,
            reply => Err(page::of_reply(&reply)),
        },
    }
}

/// What was said on the page, as the pause wants it; what was left blank is nothing.
fn read(asking: &Asking, said: &[(String, String)]) -> Result<Record, Wrong> {
    let mut given = Record::default();
    for output in &asking.pause.wanted {
        let Some((_, text)) = said.iter().find(|(name, _)| **name == *output.name) else { continue };
        let structured = output.ty.list || matches!(output.ty.kind, Kind::Object);
        let value = match structured {
            _ if text.trim().is_empty() => continue,
            true => parse_json(text).map_err(|error| {
                Wrong::new(400, "invalid_input", &format!("`{}` is not JSON: {error}", output.name))
            })?,
            false => Value::from(text.replace("\r\n", "\n")),
        };
        given.insert(output.name.clone(), value);
    }
    Ok(given)
}
