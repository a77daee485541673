//! The page on which somebody answers a pause: a form, and what became of it. It works without scripts.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use flowrun_core::machine::Paused;
use flowrun_core::program::Output;
use flowrun_core::types::Kind;
use flowrun_core::value::Value;
use minijinja::{AutoEscape, Environment, context};

use super::answer::Reply;
use super::problem::Wrong;

const TEMPLATE: &str = include_str!("page.html");

/// A page.
pub(super) struct Page {
    status: StatusCode,
    html: String,
}

impl Page {
    /// As an answer. It may do nothing but send its form back to where it comes from, and its address is nobody else's to know.
    pub fn answer(self) -> Response {
        let mut response = Response::new(Body::from(self.html));
        *response.status_mut() = self.status;
        let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        let all: [(HeaderName, &'static str); 5] = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CONTENT_SECURITY_POLICY, policy),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "no-referrer"),
            (CACHE_CONTROL, "no-store"),
        ];
        for (name, value) in all {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

fn rendered(status: StatusCode, values: minijinja::Value) -> Page {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    // The template is part of the program, and a test renders it.
    let html = environment.render_str(TEMPLATE, values).unwrap_or_default();
    Page { status, html }
}

/// The form of a pause.
pub(super) fn form(status: StatusCode, title: &str, pause: &Paused, mistake: Option<&str>) -> Page {
    let told: Vec<_> = match &pause.told {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
        }
        Value::Null => Vec::new(),
        other => vec![(String::new(), text(other))],
    };
    let wanted: Vec<_> = pause.wanted.iter().map(field).collect();
    let until = crate::when(pause.until_us);
    rendered(status, context! { title, told, wanted, until, mistake })
}

fn field(output: &Output) -> minijinja::Value {
    let kind = match (output.ty.list, output.ty.kind) {
        (true, _) | (_, Kind::Object) => "json",
        (_, Kind::Bool) => "yes",
        (_, Kind::Number) => "number",
        (_, Kind::Date) => "date",
        (_, Kind::Secret) => "secret",
        _ => "text",
    };
    context! { name => &*output.name, kind }
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        other => other.to_json(),
    }
}

fn message_page(status: u16, title: &str, message: &str) -> Page {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    rendered(status, context! { title, message })
}

/// Somebody has answered.
pub(super) fn thanks() -> Page {
    message_page(200, "Thank you", "Your answer was taken; you may close this page.")
}

/// Nobody has made such a link, or its run is gone.
pub(super) fn unknown() -> Page {
    message_page(404, "Nothing here", "This link is not one of ours, or what it was for is gone.")
}

/// The time of the link is over.
pub(super) fn over() -> Page {
    message_page(410, "Too late", "The time for the answer is over.")
}

/// Somebody has sent too much.
pub(super) fn too_large() -> Page {
    message_page(413, "Too much", "The answer is too long, or did not come in time.")
}

/// What is wrong, for people.
pub(super) fn told(wrong: &Wrong) -> Page {
    of_reply(&wrong.clone().into_reply())
}

/// The same of an answer to programs.
pub(super) fn of_reply(reply: &Reply) -> Page {
    let title = match reply.status {
        409 => "Answered already",
        410 => "Too late",
        _ => "This does not work now",
    };
    message_page(reply.status, title, &message(reply))
}

/// The words of an answer to programs.
pub(super) fn message(reply: &Reply) -> String {
    let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap_or_default();
    body["error"]["message"].as_str().unwrap_or_default().to_owned()
}
