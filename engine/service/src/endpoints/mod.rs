//! Flows that are called by HTTP, as Okta's API endpoints are: `/api/flo/ALIAS/invoke` and what belongs to it.

mod admit;
pub mod answer;
mod calls;
pub mod directory;
pub(crate) mod idempotency;
mod inputs;
mod links;
mod okta;
mod openapi;
mod page;
mod problem;
mod rate;
mod request;
mod resume;
mod retry;
pub mod tokens;
mod verify;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::Method;
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use flowrun_core::program::{self, Security};
use flowrun_host::session::durable::history;
use flowrun_project::Problem;
use flowrun_store::{Run, RunId};

use crate::changes::What;
use crate::{Hosted, Service};
use answer::Reply;
use calls::Call;
use directory::{Directory, Endpoint};
use idempotency::{Entered, Underway};
pub use links::link_beside;
use okta::Sent;
use problem::Wrong;
use rate::Rates;
use request::Asked;
use tokens::{Token, Tokens};
pub use verify::Verify;

/// The flows of a service that can be called.
pub struct Endpoints {
    service: Arc<Service>,
    verify: Option<Arc<dyn Verify>>,
    /// How clients know the service: `https://flows.example.com`.
    base: String,
    directory: Mutex<Arc<Directory>>,
    /// The tokens of each project, in their order.
    tokens: Vec<Tokens>,
    rates: Rates,
    underway: Arc<Underway>,
    /// The pauses that somebody is answering.
    answering: Arc<Mutex<BTreeSet<RunId>>>,
}

/// A flow that can be called, as its owner is told.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its project.
    pub project: String,
    /// Its path.
    pub flow: String,
    /// What its author calls it.
    pub title: String,
    /// The method that it takes, where it takes one alone.
    pub method: Option<&'static str>,
    /// Who may call it: `public`, `token` or `oauth`.
    pub security: &'static str,
    /// Where it is called.
    pub url: String,
    /// The tokens with which it may be called.
    pub tokens: Vec<Token>,
    /// Whether it is on.
    pub on: bool,
}

impl Endpoints {
    /// The flows that can be called, each with a token if it needs one. Made before the service runs: who called before it was
    /// ended is answered by what their runs come to. `base` is how clients know the service, `https://flows.example.com`; without it
    /// addresses begin with `/`.
    pub async fn new(
        service: Arc<Service>,
        base: Option<String>,
        verify: Option<Arc<dyn Verify>>,
    ) -> Result<Arc<Endpoints>, Problem> {
        let directory = Directory::of(&service);
        if let Some(wrong) = directory.wrong.first() {
            return Err(wrong.clone());
        }
        let tokens = service.projects.iter().map(|_| Tokens::default()).collect();
        let endpoints = Arc::new(Endpoints {
            verify,
            base: base.unwrap_or_default().trim_end_matches('/').to_owned(),
            directory: Mutex::new(Arc::new(directory)),
            tokens,
            rates: Rates::default(),
            underway: Arc::default(),
            answering: Arc::default(),
            service,
        });
        endpoints.make_tokens(&endpoints.directory())?;
        for project in &endpoints.service.projects {
            calls::settled(&endpoints.service.clock, project).await.map_err(|_| {
                Problem::new("the client tokens of the project can't be written").help("see `flowrun doctor`")
            })?;
            endpoints.recover(project).await;
            links::note_base(project, &endpoints.base);
        }
        Ok(endpoints)
    }

    /// What answers for them.
    pub fn router(self: &Arc<Endpoints>) -> Router {
        Router::new()
            .route("/api/flo/{alias}/invoke", any(invoke))
            .route("/api/flo/{alias}/resume/{execution}", any(resume))
            .route("/api/flo/{alias}/retry/{execution}", any(retry))
            .route("/api/flo/{alias}/status/{execution}", any(status))
            .route("/api/flo/{alias}/openapi", any(describe))
            .route("/r/{token}", get(links::show).post(links::take))
            .with_state(self.clone())
    }

    /// All flows that can be called, with their tokens: for whoever may see those.
    pub fn list(&self) -> Result<Vec<Listed>, Problem> {
        let listed = |endpoint: &Arc<Endpoint>| {
            let tokens = match endpoint.security {
                Security::Token => self.tokens_of(endpoint)?.to_vec(),
                Security::Public | Security::Oauth => Vec::new(),
            };
            Ok(Listed {
                project: endpoint.project.runs.served.name.to_string(),
                flow: endpoint.flow.to_string(),
                title: endpoint.title.to_string(),
                method: endpoint.method.map(method),
                security: word(endpoint.security),
                url: self.url(endpoint),
                tokens,
                on: endpoint.project.switches.is_on(&endpoint.flow),
            })
        };
        self.directory().all().iter().map(listed).collect()
    }

    /// Gives a flow a new token beside those that it has; that one counts once this returns.
    pub async fn rotate(&self, project: &Hosted, flow: &str) -> Result<Token, Problem> {
        let runs = &project.runs;
        let made = tokens::make(&runs.served.home, flow, runs.now_us()).await;
        self.known_tokens(project).inspect(|tokens| tokens.forget(flow));
        made
    }

    /// Takes a token of a flow away; tells whether there was one. It lets nobody in once this returns.
    pub async fn revoke(&self, project: &Hosted, flow: &str, id: &str) -> Result<bool, Problem> {
        let was = tokens::revoke(&project.runs.served.home, flow, id).await;
        self.known_tokens(project).inspect(|tokens| tokens.forget(flow));
        was
    }

    fn known_tokens(&self, project: &Hosted) -> Option<&Tokens> {
        let place = |one: &Arc<Hosted>| std::ptr::eq(&**one, project);
        self.tokens.get(self.service.projects.iter().position(place)?)
    }

    fn tokens_of(&self, endpoint: &Endpoint) -> Result<Arc<[Token]>, Problem> {
        let home = &endpoint.project.runs.served.home;
        let known = self.known_tokens(&endpoint.project);
        known.map_or_else(|| Ok(Arc::default()), |tokens| tokens.of(home, &endpoint.flow))
    }

    fn make_tokens(&self, directory: &Directory) -> Result<(), Problem> {
        for endpoint in directory.all().iter().filter(|endpoint| endpoint.security == Security::Token) {
            let runs = &endpoint.project.runs;
            tokens::make_first(&runs.served.home, &endpoint.flow, runs.now_us())?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Directory>> {
        self.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The flows that can be called now.
    fn directory(&self) -> Arc<Directory> {
        let mut directory = self.lock();
        if directory.is_current(&self.service) {
            return directory.clone();
        }
        *directory = Arc::new(Directory::of(&self.service));
        let found = directory.clone();
        drop(directory);
        let (about, kind) = (Arc::from("endpoints"), Arc::from("endpoint"));
        let made = self.make_tokens(&found).err();
        for wrong in found.wrong.iter().chain(&made) {
            let trouble = |what: What| self.service.projects.first().map(|project| project.runs.tell(what));
            let (about, kind): (Arc<str>, Arc<str>) = (Arc::clone(&about), Arc::clone(&kind));
            trouble(What::Trouble { kind, about, why: Arc::from(&*wrong.message) });
        }
        found
    }

    fn url(&self, endpoint: &Endpoint) -> String {
        format!("{}/api/flo/{}/invoke", self.base, endpoint.alias)
    }

    /// The run of this ID, if it is one of the flow's.
    fn run_of(&self, endpoint: &Endpoint, execution: &str) -> Result<Run, Wrong> {
        // The store takes the beginning of an ID for it; a stranger has to know all of it.
        let run = endpoint.project.runs.store().run(execution).map_err(|_| Wrong::unknown())?;
        let fits = *run.about.id == *execution && *run.about.flow == *endpoint.flow;
        if fits { Ok(run) } else { Err(Wrong::unknown()) }
    }

    async fn invoke(self: &Arc<Self>, alias: &str, parts: &Parts, body: Body) -> Result<Reply, Wrong> {
        let (endpoint, who) = self.admit(alias, parts, true).await?;
        if let Some(reply) = admit::challenged(parts)? {
            return Ok(reply);
        }
        Endpoints::takes(&endpoint, parts)?;
        self.paced(&endpoint)?;
        let asked = Asked::read(parts, body, endpoint.body, &self.service.clock).await?;
        let inputs = inputs::of(&endpoint, &endpoint.project.runs.served.version(), &asked)?;
        let sent = Sent::of(&asked);
        let delivery = match &sent {
            Some(Sent::Delivery(id)) if endpoint.event_hooks => Some(id.as_deref()),
            _ => None,
        };
        let later = admit::later(parts) || delivery.is_some();
        let key = idempotency::key(&parts.headers)?.or(delivery.flatten());
        let once = match key {
            None => None,
            Some(key) => match self.enter(&endpoint, key, &asked).await {
                Ok(Entered::New(once)) => Some(once),
                Ok(Entered::Again(reply)) if delivery.is_some() => return Ok(okta::taken(reply)),
                Ok(Entered::Again(reply)) => return Ok(reply),
                // It came again while its run goes on.
                Err(wrong) if delivery.is_some() && wrong.status() == 409 => {
                    return Ok(okta::taken(wrong.into_reply()));
                }
                Err(wrong) => return Err(wrong),
            },
        };
        if let Some(doubt) = &asked.doubt {
            let (kind, about) = (Arc::from("endpoint"), Arc::from(&*endpoint.flow));
            let why = Arc::from(format!("a caller's request was passed on without fields: {doubt}"));
            endpoint.project.runs.tell(What::Trouble { kind, about, why });
        }
        let begun_ms = self.service.clock.now_ms();
        let traceparent = calls::traceparent(parts);
        let call = Call { endpoint: endpoint.clone(), inputs, cause: "endpoint", who, traceparent };
        let answered = self.begin(call, once, later).await;
        match sent {
            Some(Sent::Asks(kind)) => {
                let took_ms = self.service.clock.now_ms().saturating_sub(begun_ms);
                kind.judge(&endpoint, &answered, Duration::from_millis(took_ms.unsigned_abs()));
                answered
            }
            Some(Sent::Delivery(_)) if delivery.is_some() => answered.map(okta::taken),
            _ => answered,
        }
    }

    async fn status(&self, alias: &str, execution: &str, parts: &Parts) -> Result<Reply, Wrong> {
        let (endpoint, _) = self.admit(alias, parts, false).await?;
        let run = self.run_of(&endpoint, execution)?;
        let body = serde_json::json!({
            "execution_id": &*run.about.id,
            "status": run.state.status().name(),
            "started": history::moment(run.about.started_us),
            "ended": run.ended_us.map(history::moment),
        });
        Ok(Reply::json(200, &body).about(execution))
    }

    /// The answer to who does not want to wait.
    fn accepted(&self, endpoint: &Endpoint, run: &str) -> Reply {
        let url = format!("{}/api/flo/{}/status/{run}", self.base, endpoint.alias);
        let body = serde_json::json!({ "execution_id": run, "status_url": url });
        let mut reply = Reply::json(202, &body).about(run);
        reply.headers.push((LOCATION.to_string(), url));
        reply.headers.push(("preference-applied".to_owned(), "respond-async".to_owned()));
        reply
    }
}

/// A level of security, as flow files have it.
pub(super) fn word(security: Security) -> &'static str {
    match security {
        Security::Public => "public",
        Security::Token => "token",
        Security::Oauth => "oauth",
    }
}

/// The method that a flow is called by, where it takes one alone, and who may call it; nothing where it is not called.
pub fn said(flow: &program::Flow) -> Option<(Option<&'static str>, &'static str)> {
    let program::Trigger::Endpoint { method: taken, security, .. } = &flow.trigger else { return None };
    // What nobody has said is not open to everybody.
    Some((taken.map(method), word(security.unwrap_or(Security::Token))))
}

fn method(method: program::Method) -> &'static str {
    match method {
        program::Method::Get => "GET",
        program::Method::Post => "POST",
    }
}

type Shared = State<Arc<Endpoints>>;

async fn invoke(State(all): Shared, Path(alias): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Some(answer) = all.preflight(&alias, &parts) {
        return answer;
    }
    let answered = all.invoke(&alias, &parts, body).await;
    all.answered(&alias, &parts, answered)
}

async fn resume(
    State(all): Shared,
    Path((alias, execution)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if let Some(answer) = all.preflight(&alias, &parts) {
        return answer;
    }
    let answered = all.resume(&alias, &execution, &parts, body).await;
    all.answered(&alias, &parts, answered)
}

async fn retry(
    State(all): Shared,
    Path((alias, execution)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let answered = match parts.method {
        Method::POST => all.retry(&alias, &execution, &parts).await,
        _ => Err(Wrong::method("POST")),
    };
    answered.into_response()
}

async fn status(
    State(all): Shared,
    Path((alias, execution)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let answered = match parts.method {
        Method::GET => all.status(&alias, &execution, &parts).await,
        _ => Err(Wrong::method("GET")),
    };
    answered.into_response()
}

async fn describe(State(all): Shared, Path(alias): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let answered = match parts.method {
        Method::GET => all.describe(&alias, &parts).await,
        _ => Err(Wrong::method("GET")),
    };
    answered.into_response()
}
