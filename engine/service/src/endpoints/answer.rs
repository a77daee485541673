//! What a caller is answered: what the flow gave, in HTTP's form.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, DATE, SET_COOKIE, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use flowrun_core::machine;
use flowrun_core::value::{Record, Text, Value, parse_json};
use serde_json::json;

use super::problem::{Wrong, header};
use crate::runs::{Answer, Failed};

/// The header in which Okta's reserved prefix suggests the ID of the execution.
pub const EXECUTION: &str = "x-okta-workflows-execution-id";

/// The same for everybody else.
pub const EXECUTION_PLAIN: &str = "execution-id";

const JSON: &str = "application/json; charset=utf-8";

/// An answer that can be given again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

impl Reply {
    /// An answer of JSON.
    pub fn json(status: u16, body: &serde_json::Value) -> Reply {
        let headers = vec![(CONTENT_TYPE.to_string(), JSON.to_owned())];
        Reply { status, headers, body: body.to_string() }
    }

    /// What a run is answered with.
    pub fn to(answer: Answer, run: &str) -> Reply {
        let reply = match answer {
            Answer::Response(response) => Reply::said(response),
            Answer::Done(outputs) => Reply::given(200, &outputs),
            // A flow that gives nothing is no error: Okta's hooks take the usual way then.
            Answer::Stopped => Reply::given(200, &Value::Null),
            Answer::Failed(failed) => Reply::failed(&failed),
            Answer::Cancelled => wrong(500, "cancelled", "somebody has ended the run"),
            Answer::Held => {
                wrong(504, "held", "the run waits for somebody to say how it goes on: ask by its ID")
            }
            Answer::Broken(_) => Wrong::here("what the run does can't be kept any more").into_reply(),
        };
        reply.about(run)
    }

    /// The same, which names its run.
    pub fn about(mut self, run: &str) -> Reply {
        self.headers.push((EXECUTION.to_owned(), run.to_owned()));
        self.headers.push((EXECUTION_PLAIN.to_owned(), run.to_owned()));
        self
    }

    fn given(status: u16, value: &Value) -> Reply {
        let body = if value.is_null() { "{}".to_owned() } else { value.to_json() };
        Reply { status, headers: vec![(CONTENT_TYPE.to_string(), JSON.to_owned())], body }
    }

    /// What Close, Return Raw or a pause said.
    fn said(response: machine::Response) -> Reply {
        let body = match response.body {
            Value::Text(text) => text.to_string(),
            Value::Null if response.pauses => "{}".to_owned(),
            Value::Null => String::new(),
            body => body.to_json(),
        };
        let mut headers = of_flow(&response.headers);
        if !body.is_empty() && !headers.iter().any(|(name, _)| *name == *CONTENT_TYPE.as_str()) {
            let kind = if parse_json(&body).is_ok() { JSON } else { "text/plain; charset=utf-8" };
            headers.push((CONTENT_TYPE.to_string(), kind.to_owned()));
        }
        Reply { status: response.status, headers, body }
    }

    fn failed(failed: &Failed) -> Reply {
        // What a card of a vendor said is for those who may see data; what the author wrote is for the caller.
        if !failed.raised {
            return wrong(500, "failed", "the flow failed: its run tells why, to those who may see it");
        }
        let status = if (400..=599).contains(&failed.code) { failed.code } else { 500 };
        wrong(status, "returned_error", &failed.message)
    }
}

fn wrong(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": { "code": code, "message": message } }))
}

/// The headers of a flow's own that may be sent.
fn of_flow(headers: &Record) -> Vec<(String, String)> {
    let mut sent = Vec::new();
    for (name, value) in headers.iter() {
        let Ok(name) = HeaderName::from_bytes(name.trim().as_bytes()) else { continue };
        if !is_own(&name) {
            continue;
        }
        match value {
            Value::Null => {}
            Value::List(values) => {
                sent.extend(values.iter().map(|value| (name.to_string(), text(value).to_string())));
            }
            value => sent.push((name.to_string(), text(value).to_string())),
        }
    }
    sent
}

fn text(value: &Value) -> Text {
    match value {
        Value::Text(text) => text.clone(),
        value => Text::from(value.to_json()),
    }
}

/// Whether a header is the flow's to say: not those of the connection, nor those by which browsers know what a page may do here.
fn is_own(name: &HeaderName) -> bool {
    let of_connection = [CONNECTION, CONTENT_LENGTH, DATE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
    let of_service = [CONTENT_SECURITY_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS];
    let begins = ["proxy-", "access-control-", "x-okta-workflows"];
    !of_connection.contains(name)
        && !of_service.contains(name)
        && !begins.iter().any(|begin| name.as_str().starts_with(begin))
        && !["keep-alive", EXECUTION_PLAIN].contains(&name.as_str())
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        for (name, value) in &self.headers {
            if let (Ok(name), Some(value)) = (HeaderName::from_bytes(name.as_bytes()), header(value)) {
                headers.append(name, value);
            }
        }
        guarded(headers);
        response
    }
}

/// What a flow gives is a stranger's page to a browser, although it comes from where the console is.
fn guarded(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
