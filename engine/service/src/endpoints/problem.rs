//! Requests that are not carried out: in the form in which a flow's own errors are told.

use axum::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::answer::Reply;

/// A request that is not carried out, and why.
#[derive(Clone, Debug)]
pub struct Wrong(Reply);

impl Wrong {
    /// A status, a word for programs, and for people what is wrong and what to do about it.
    pub fn new(status: u16, code: &str, message: &str) -> Wrong {
        Wrong(Reply::json(status, &json!({ "error": { "code": code, "message": message } })))
    }

    /// Nobody is known by this name, or what is there is none of the caller's business.
    pub fn unknown() -> Wrong {
        Wrong::new(404, "not_found", "there is nothing here by this name")
    }

    /// The caller has not said who they are.
    pub fn nobody() -> Wrong {
        let message =
            "send the client token of the flow as ?clientToken= or in the header x-api-client-token";
        Wrong::new(401, "unauthorized", message).with(WWW_AUTHENTICATE, "Bearer")
    }

    /// The method is not one of these.
    pub fn method(allowed: &'static str) -> Wrong {
        Wrong::new(405, "method_not_allowed", &format!("send one of {allowed}")).with(ALLOW, allowed)
    }

    /// Too many calls.
    pub fn too_many(seconds: u64, message: &str) -> Wrong {
        Wrong::new(429, "too_many_requests", message).with(RETRY_AFTER, &seconds.to_string())
    }

    /// Something is wrong here, and not with the request.
    pub fn here(message: &str) -> Wrong {
        Wrong::new(503, "unavailable", message).with(RETRY_AFTER, "5")
    }

    /// The same with a header.
    pub fn with(mut self, name: HeaderName, value: &str) -> Wrong {
        self.0.headers.push((name.to_string(), value.to_owned()));
        self
    }

    /// The same about a run.
    pub fn about(self, run: &str) -> Wrong {
        Wrong(self.0.about(run))
    }

    /// Its status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// As an answer.
    pub fn into_reply(self) -> Reply {
        self.0
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

/// A header's value; what can't stand in one is left out.
pub(super) fn header(value: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(value).ok()
}
