//! How the service asks other servers: those who know people, and those who know tokens.

use axum::body::Bytes;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use flowrun_kit::address;
use flowrun_kit::effect::Pending;
use serde_json::Value;

/// Asks servers over HTTP.
///
/// It follows no redirects, and gives up on what takes longer than ten seconds or is larger than a MiB: those who ask
/// have a person or a caller waiting.
pub trait Fetch: Send + Sync {
    /// What a server answers, or why there is no answer.
    fn fetch(&self, request: Request<Bytes>) -> Pending<'_, Result<Response<Bytes>, String>>;
}

/// How large an answer may be.
const MOST_BYTES: usize = 1 << 20;

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Its body, if that is JSON.
    pub(crate) body: Option<Value>,
    /// For how many seconds it says that it holds.
    pub(crate) max_age: Option<i64>,
}

impl Answer {
    /// The body of an answer that went well.
    pub(crate) fn good(self) -> Result<Value, String> {
        if !self.status.is_success() {
            return Err(format!("it was answered {}", self.status.as_u16()));
        }
        self.body.ok_or_else(|| "the answer isn't JSON".to_owned())
    }
}

/// Asks for what lies at an address; `authorization` is the whole header.
pub(crate) async fn get(fetch: &dyn Fetch, url: &str, authorization: Option<&str>) -> Result<Answer, String> {
    let mut request = asked(Method::GET, url);
    if let Some(authorization) = authorization {
        request = request.header(axum::http::header::AUTHORIZATION, authorization);
    }
    send(fetch, request, Bytes::new()).await
}

/// Sends a form.
pub(crate) async fn post(
    fetch: &dyn Fetch,
    url: &str,
    headers: HeaderMap,
    form: &[(&str, String)],
) -> Result<Answer, String> {
    let mut request = asked(Method::POST, url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(own) = request.headers_mut() {
        own.extend(headers);
    }
    send(fetch, request, Bytes::from(address::query(form.iter().map(|(name, value)| (name, value))))).await
}

fn asked(method: Method, url: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(url).header(ACCEPT, "application/json")
}

async fn send(
    fetch: &dyn Fetch,
    request: axum::http::request::Builder,
    body: Bytes,
) -> Result<Answer, String> {
    let request = request.body(body).map_err(|_| "this isn't an address".to_owned())?;
    let answer = fetch.fetch(request).await?;
    if answer.body().len() > MOST_BYTES {
        return Err("the answer is larger than a MiB".to_owned());
    }
    Ok(Answer {
        status: answer.status(),
        max_age: max_age(answer.headers()),
        body: serde_json::from_slice(answer.body()).ok(),
    })
}

fn max_age(headers: &HeaderMap) -> Option<i64> {
    let said = headers.get(CACHE_CONTROL)?.to_str().ok()?;
    said.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok())
}

/// Whether what is sent to an address can't be read on the way: it is encrypted, or doesn't leave this machine.
pub(crate) fn is_private(url: &str) -> bool {
    flowrun_kit::address::Origin::parse(url).is_ok_and(|origin| origin.is_private())
}
