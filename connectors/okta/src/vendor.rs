//! What the client must know of Okta: limits, errors, and what to do about a refusal, by the way of logging in.

use std::time::Duration;

use axum::http::Method;
use flowrun_core::value::{Text, Value, get};
use flowrun_kit::challenge::parameter;
use flowrun_kit::http::Response;
use flowrun_kit::line::Vendor;

/// Okta, as those see it who come with an API token.
pub(crate) const API_TOKEN: Vendor = Vendor {
    name: "Okta",
    bucket,
    throttle: |_| Duration::from_secs(2),
    explain,
    token_refused: |_| false,
    refused: "check OKTA_API_TOKEN: it may be revoked, unused for 30 days, or of another org than OKTA_ORG_URL",
    forbidden: |_| {
        "the administrator who made OKTA_API_TOKEN lacks this right; identity sources need the permission to manage \
         them, and the org the Identity Source Apps feature"
            .into()
    },
    absent,
    unreachable: "check the network and OKTA_ORG_URL",
    request_id: "x-okta-request-id",
};

/// Okta, as a service app sees it.
pub(crate) const SERVICE_APP: Vendor = Vendor {
    refused: "Okta does not accept the access token it gave: look whether the service app is still active",
    forbidden: service_app_lacks,
    ..API_TOKEN
};

/// Where scopes are granted.
pub(crate) const GRANT: &str = "in the Admin Console, Applications > the app > Okta API Scopes";

/// What a service app lacks: Okta checks the scope first and names it, then the admin role.
fn service_app_lacks(response: &Response) -> Text {
    if parameter(&response.headers, "error").as_deref() != Some("insufficient_scope") {
        return "the service app lacks an admin role that allows this: in the Admin Console, Applications > the app > \
                Admin roles; identity sources need the permission to manage them, and the org the Identity Source Apps \
                feature"
            .into();
    }
    let scope = parameter(&response.headers, "scope").unwrap_or_default();
    format!("the token lacks the scope {scope}: grant it {GRANT}, and name it in OKTA_SCOPES if no card does")
        .into()
}

/// An identity source that isn't there is the app that it belongs to, in Okta's words.
fn absent(body: &Value) -> Option<&'static str> {
    let summary = get(body, "errorSummary");
    let app = summary.as_text().is_some_and(|summary| summary.contains("(AppInstance)"));
    app.then_some("check `application_id`, or OKTA_IDENTITY_SOURCE_ID: it is the ID of the Custom Identity Source app, 0oa…")
}

/// Which of Okta's limits a request shares, as far as is known; each bucket learns its own limit from the answers.
fn bucket(method: &Method, path: &str) -> &'static str {
    if path.starts_with("/oauth2/") {
        return "logins";
    }
    let mut parts = path.strip_prefix("/api/v1/").unwrap_or_default().split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
        // Recorded: one bucket for all methods, 15 a minute. Whether uploads share it is not known.
        (Some("identity-sources"), _, Some("sessions"), _, None) => "import sessions",
        (Some("identity-sources"), _, Some("sessions"), _, Some(_)) => "uploads",
        (Some("users"), None, ..) if method == Method::GET => "lists of users",
        (Some("users"), ..) => "users",
        (Some("groups"), None, ..) => "lists of groups",
        (Some("groups"), ..) => "groups",
        (Some("apps"), None, ..) => "lists of apps",
        (Some("apps"), ..) => "apps",
        (Some("logs"), ..) => "the System Log",
        _ => "other requests",
    }
}

/// `{"errorCode", "errorSummary", "errorCauses": [{"errorSummary"}]}`
fn explain(body: &Value) -> Option<String> {
    let error = body.as_object()?;
    let text = |name: &str| error.get(name).and_then(Value::as_text);
    let summary = text("errorSummary")?;
    let causes = error.get("errorCauses").and_then(Value::as_list).unwrap_or_default();
    let causes = causes.iter().filter_map(|cause| cause.as_object()?.get("errorSummary")?.as_text());
    let causes: Vec<&str> = causes.map(|cause| &**cause).collect();
    let causes = if causes.is_empty() { String::new() } else { format!(" ({})", causes.join("; ")) };
    let code = text("errorCode").map(|code| format!(" {code}")).unwrap_or_default();
    Some(format!("{code}: {summary}{causes}"))
}
