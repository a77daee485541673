//! Who may call, how often, and from where.

use std::sync::{Arc, LazyLock};

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY, WWW_AUTHENTICATE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use flowrun_core::program::{self, Security};
use serde_json::json;

use super::Endpoints;
use super::answer::Reply;
use super::directory::Endpoint;
use super::problem::Wrong;
use super::request::token_of;
use super::tokens::{Token, holds};
use crate::bearer::Refused;
use crate::names::{chance, hex};

/// The header by which Okta asks whether a hook's receiver is the right one.
const CHALLENGE: &str = "x-okta-verification-challenge";

/// How long what is given back of it may be, in bytes.
const LONGEST_CHALLENGE: usize = 1024;

/// A token that nobody has: so that an unknown alias takes as long as a wrong token.
static NOBODYS: LazyLock<[Token; 1]> =
    LazyLock::new(|| [Token { id: String::new(), made_us: 0, secret: hex(&chance::<32>()) }]);

impl Endpoints {
    /// The flow of an alias, if whoever asks may call it, and who they are where that is known. `starts` where a run is to begin, which
    /// a flow that is off does not do.
    pub(super) async fn admit(
        &self,
        alias: &str,
        parts: &Parts,
        starts: bool,
    ) -> Result<(Arc<Endpoint>, Option<String>), Wrong> {
        if parts.method != Method::GET && parts.method != Method::POST {
            return Err(Wrong::method("GET, POST"));
        }
        let Some(endpoint) = self.directory().get(alias).cloned() else {
            holds(&*NOBODYS, &token_of(parts).unwrap_or_default());
            return Err(Wrong::unknown());
        };
        let is_on = !starts || endpoint.project.switches.is_on(&endpoint.flow);
        let who = match (self.entered(&endpoint, parts).await, is_on) {
            (Ok(who), true) => who,
            (Ok(_), false) if endpoint.security != Security::Public => {
                return Err(Wrong::new(409, "not_active", "the flow is turned off"));
            }
            // Strangers learn nothing of flows that are off.
            (_, false) => return Err(Wrong::unknown()),
            (Err(wrong), true) => return Err(wrong),
        };
        match endpoint.method {
            Some(program::Method::Get) if starts && parts.method != Method::GET => Err(Wrong::method("GET")),
            Some(program::Method::Post) if starts && parts.method != Method::POST && !asks(parts) => {
                Err(Wrong::method("POST"))
            }
            _ => Ok((endpoint, who)),
        }
    }

    async fn entered(&self, endpoint: &Endpoint, parts: &Parts) -> Result<Option<String>, Wrong> {
        match endpoint.security {
            Security::Public => Ok(None),
            Security::Token => {
                let given = token_of(parts).unwrap_or_default();
                let tokens = self.tokens_of(endpoint);
                let tokens = tokens.map_err(|_| Wrong::here("the client tokens can't be read"))?;
                if holds(&tokens, &given) { Ok(None) } else { Err(Wrong::nobody()) }
            }
            Security::Oauth => {
                let Some(verify) = &self.verify else {
                    let message = "the flow asks for OAuth, and nothing says whose access tokens count: \
                                   set `oauth` for the service";
                    return Err(Wrong::new(503, "oauth_not_set_up", message));
                };
                let granted = verify.admit(&endpoint.project.runs.served.name, &parts.headers).await;
                granted.map(|granted| Some(granted.client)).map_err(|refused| wrong(&refused))
            }
        }
    }

    /// Takes one of the calls that the flow takes in a second.
    pub(super) fn paced(&self, endpoint: &Endpoint) -> Result<(), Wrong> {
        let now_ms = self.service.clock.now_ms();
        let taken = self.rates.take(&endpoint.alias, endpoint.rate, endpoint.burst, now_ms);
        taken.map_err(|seconds| {
            let message = format!("the flow takes {} calls a second", endpoint.rate);
            Wrong::too_many(seconds, &message)
        })
    }

    /// The answer to a browser that asks whether a page may call: none where pages may not, or where nobody asks.
    pub(super) fn preflight(&self, alias: &str, parts: &Parts) -> Option<Response> {
        if parts.method != Method::OPTIONS {
            return None;
        }
        let origin = self.origin(alias, parts)?;
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        let allowed = "authorization, content-type, idempotency-key, prefer, x-api-client-token";
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        headers.insert(VARY, HeaderValue::from_static("Origin"));
        Some(response)
    }

    /// An answer, with what a browser must know if a page has called.
    pub(super) fn answered(&self, alias: &str, parts: &Parts, answer: Result<Reply, Wrong>) -> Response {
        let mut response = answer.unwrap_or_else(Wrong::into_reply).into_response();
        if let Some(origin) = self.origin(alias, parts) {
            expose(response.headers_mut(), origin);
        }
        response
    }

    /// From where a page may call the flow that asks: never with cookies.
    fn origin(&self, alias: &str, parts: &Parts) -> Option<HeaderValue> {
        let origin = parts.headers.get(ORIGIN)?;
        let directory = self.directory();
        let cors = &directory.get(alias)?.cors;
        if cors.iter().any(|allowed| **allowed == *"*") {
            return Some(HeaderValue::from_static("*"));
        }
        cors.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()).then(|| origin.clone())
    }
}

fn expose(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let exposed = "execution-id, location, retry-after, x-okta-workflows-execution-id";
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
    headers.append(VARY, HeaderValue::from_static("Origin"));
}

fn wrong(refused: &Refused) -> Wrong {
    let wrong = match refused {
        Refused::Unavailable(why) => return Wrong::here(why),
        _ => Wrong::new(refused.status().as_u16(), "unauthorized", &refused.to_string()),
    };
    match refused.challenge() {
        Some(challenge) => wrong.with(WWW_AUTHENTICATE, &challenge),
        None => wrong,
    }
}

fn asks(parts: &Parts) -> bool {
    parts.method == Method::GET && parts.headers.contains_key(CHALLENGE)
}

/// The answer to Okta where it asks whether an event hook's receiver is the right one: no run begins.
pub(super) fn challenged(parts: &Parts) -> Result<Option<Reply>, Wrong> {
    if !asks(parts) {
        return Ok(None);
    }
    let challenge = parts.headers.get(CHALLENGE).and_then(|value| value.to_str().ok());
    match challenge.filter(|challenge| challenge.len() <= LONGEST_CHALLENGE) {
        Some(challenge) => Ok(Some(Reply::json(200, &json!({ "verification": challenge })))),
        None => Err(Wrong::new(400, "invalid_challenge", "the challenge is no text of up to 1,024 bytes")),
    }
}

/// Whether whoever asks does not want to wait (RFC 7240).
pub(super) fn later(parts: &Parts) -> bool {
    let given = parts.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    given
        .flat_map(|value| value.split(','))
        .map(|preference| preference.split(';').next().unwrap_or_default().trim())
        .any(|preference| preference.eq_ignore_ascii_case("respond-async"))
}
