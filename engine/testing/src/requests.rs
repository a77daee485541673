//! The requests that a run sends to simulators, as they arrive there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use flowrun_core::value::Value;
use flowrun_host::exchange;
use flowrun_host::mocked::Exchanged;
use flowrun_host::session::simulators::Front;

/// No more of a body than this is looked at.
const MOST_BYTES: usize = 16 << 20;

/// A run sends no more requests than this that are kept.
const MOST: usize = 100_000;

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The host that it went to.
    pub host: String,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Its query: of a key that is there more often, the last value.
    pub query: Value,
    /// Its body: JSON or a form as an object, any other text as it is.
    pub body: Value,
    /// The status that was answered; none where the connection broke.
    pub status: Option<u16>,
}

impl From<Exchanged> for Sent {
    fn from(Exchanged { host, request, status, .. }: Exchanged) -> Sent {
        let part = |name: &str| request.get(name).cloned().unwrap_or_default();
        let (method, path) = (part("method").to_string(), part("path").to_string());
        Sent { host, method, path, query: part("query"), body: part("body"), status }
    }
}

impl Sent {
    fn is_same(&self, other: &Sent) -> bool {
        let all = |sent: &Sent| (sent.host.clone(), sent.method.clone(), sent.path.clone());
        all(self) == all(other) && self.query == other.query && self.body == other.body
    }

    /// Whether it changes something, as its method says.
    pub fn changes(&self) -> bool {
        !matches!(&*self.method, "GET" | "HEAD" | "OPTIONS")
    }
}

/// What arrives, in its order.
#[derive(Clone, Debug, Default)]
pub struct Requests(Arc<Mutex<Vec<Sent>>>);

impl Requests {
    /// What stands before simulators and keeps what arrives.
    pub fn front(&self) -> Front {
        let requests = self.clone();
        Front::new(move |router| {
            let requests = requests.clone();
            router.layer(middleware::from_fn(move |request: Request, next: Next| {
                let requests = requests.clone();
                async move { requests.pass(request, next).await }
            }))
        })
    }

    /// Everything that has arrived.
    pub fn all(&self) -> Vec<Sent> {
        self.lock().clone()
    }

    /// Everything that has arrived, and what mocked hosts got.
    pub fn with(&self, hosts: Vec<Exchanged>) -> Vec<Sent> {
        self.all().into_iter().chain(hosts.into_iter().map(Sent::from)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Sent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn pass(&self, request: Request, next: Next) -> Response {
        let (head, body) = request.into_parts();
        let Ok(bytes) = to_bytes(body, MOST_BYTES).await else {
            return axum::http::StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let sent = Sent {
            host: head.uri.host().unwrap_or_default().to_owned(),
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: exchange::pairs(head.uri.query().unwrap_or_default()),
            body: exchange::body(&head.headers, &bytes),
            status: None,
        };
        let place = {
            let mut all = self.lock();
            if all.len() < MOST {
                all.push(sent);
            }
            all.len() - 1
        };
        let response = next.run(Request::from_parts(head, Body::from(bytes))).await;
        if let Some(sent) = self.lock().get_mut(place) {
            sent.status = Some(response.status().as_u16());
        }
        response
    }
}

/// What was sent, without what a process asked for again that went on after a crash: a request that changes nothing, and where `changes`
/// says so one that may be repeated, is sent once more than in the `whole` run.
pub(crate) fn without_repeats(sent: Vec<Sent>, whole: &[Sent], changes: bool) -> Vec<Sent> {
    let mut kept: Vec<Sent> = Vec::new();
    for one in sent {
        let times = |sent: &[Sent]| sent.iter().filter(|other| other.is_same(&one)).count();
        let repeated = (changes || !one.changes()) && times(&kept) == times(whole) && times(whole) > 0;
        if !repeated {
            kept.push(one);
        }
    }
    kept
}
