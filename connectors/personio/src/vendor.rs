//! What the clients of Personio's two APIs must know of them: limits, forms of errors, remedies.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use flowrun_core::value::Value;
use flowrun_kit::http::Response;
use flowrun_kit::line::Vendor;

/// The limit of v1's employees.
pub const EMPLOYEES: &str = "employees";
/// The limit of v2's persons.
pub const PERSONS: &str = "persons";
/// The limit of v2's employments.
pub const EMPLOYMENTS: &str = "employments";
const LOGIN: &str = "logins";

/// The first API.
pub const V1: Vendor = Vendor {
    name: "Personio",
    bucket: |_: &Method, path: &str| if path.ends_with("/v1/auth") { LOGIN } else { EMPLOYEES },
    throttle,
    explain: explain_v1,
    // Documented for tokens that are no longer good, beside 401.
    token_refused: |response: &Response| {
        let text = String::from_utf8_lossy(&response.body);
        response.status == StatusCode::FORBIDDEN && text.contains("authorization is not valid")
    },
    refused: "check PERSONIO_CLIENT_ID and PERSONIO_CLIENT_SECRET, and that the API credential is not revoked",
    forbidden: |_| {
        "the API credential lacks this right: in Personio, open Settings, API credentials, and let it read employees".into()
    },
    absent: |_| None,
    unreachable: "check the network, and PERSONIO_BASE_URL if it is set",
    request_id: "x-request-id",
};

/// The second API.
pub const V2: Vendor = Vendor {
    bucket: bucket_v2,
    explain: explain_v2,
    token_refused: |_| false,
    refused: "in Personio, open Settings, API credentials, and let the credential read persons and employments; if it may, \
              check PERSONIO_CLIENT_ID and PERSONIO_CLIENT_SECRET",
    forbidden: |_| {
        "the API credential lacks this right: in Personio, open Settings, API credentials, and let it read persons and employments"
            .into()
    },
    ..V1
};

fn bucket_v2(_: &Method, path: &str) -> &'static str {
    if path.ends_with("/v2/auth/token") {
        LOGIN
    } else if path.ends_with("/employments") {
        EMPLOYMENTS
    } else {
        PERSONS
    }
}

/// A log-in too many shuts the door for a minute; elsewhere a second is enough.
fn throttle(bucket: &'static str) -> Duration {
    if bucket == LOGIN { Duration::from_secs(60) } else { Duration::from_secs(1) }
}

/// `{"success": false, "error": {"code", "message", "detailed_message"}}`
fn explain_v1(body: &Value) -> Option<String> {
    let error = body.as_object()?.get("error")?.as_object()?;
    let message = error.get("message")?.as_text()?.trim();
    let details = error.get("detailed_message").and_then(Value::as_list).unwrap_or_default();
    let details: Vec<String> = details.iter().map(ToString::to_string).collect();
    let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join("; ")) };
    Some(format!(": {message}{details}"))
}

/// `{"errors": [{"title", "detail"}]}`
fn explain_v2(body: &Value) -> Option<String> {
    let errors = body.as_object()?.get("errors")?.as_list()?;
    let told = errors.iter().filter_map(|error| {
        let text = |name: &str| Some(error.as_object()?.get(name)?.as_text()?.trim().to_owned());
        match (text("title"), text("detail")) {
            (Some(title), Some(detail)) => Some(format!("{title} ({detail})")),
            (title, detail) => title.or(detail),
        }
    });
    let told = told.collect::<Vec<_>>().join("; ");
    if told.is_empty() { None } else { Some(format!(": {told}")) }
}
