//! v2's log-in: tokens for client credentials, as OAuth 2.0 has it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flowrun_core::chance::mix;
use flowrun_kit::sim::{Endpoint, post};
use serde_json::{Value, json};

use super::PersonioSim;
use super::employee::Moment;
use super::pairs::{Pairs, given, read_pairs};
use super::problem::problem_json;
use super::tokens::Api;

/// The endpoints that give out tokens and take them back.
pub fn endpoints() -> [Endpoint<PersonioSim>; 2] {
    [post("/v2/auth/token", token), post("/v2/auth/revoke", revoke)]
}

/// The log-in's own form of error.
fn no_token(sim: &PersonioSim, error: &str, description: Option<&str>, meta: Value) -> Response {
    let body = json!({
        "timestamp": Moment(sim.now_ms() / 1000).to_utc(),
        "trace_id": format!("{:016x}", mix(sim.now_ms() as u64)),
        "error": error,
        "error_description": description,
        "error_uri": format!("https://developer.personio.de/reference/errors#credentials.oauth2.{error}"),
        "meta": meta,
    });
    problem_json(StatusCode::BAD_REQUEST, &body)
}

/// The parameters of a form; `None` if the body isn't one.
fn form(headers: &HeaderMap, body: &[u8]) -> Option<Pairs> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let is_form = kind.starts_with("application/x-www-form-urlencoded");
    is_form.then(|| read_pairs(&String::from_utf8_lossy(body))).flatten()
}

async fn token(State(sim): State<PersonioSim>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(pairs) = form(&headers, &body) else {
        return no_token(&sim, "invalid_request", Some("The request is not form-encoded."), json!({}));
    };
    let needed = ["grant_type", "client_id", "client_secret"];
    let missing: Vec<&str> = needed.into_iter().filter(|name| given(&pairs, name).is_none()).collect();
    if !missing.is_empty() {
        let meta = json!({ "missing_parameters": missing });
        let description = "The request has missing or invalid required parameters.";
        return no_token(&sim, "invalid_request", Some(description), meta);
    }
    let value = |name: &str| given(&pairs, name).unwrap_or_default();
    if value("grant_type") != "client_credentials" {
        let meta = json!({ "grant_type": value("grant_type") });
        return no_token(&sim, "unsupported_grant_type", None, meta);
    }
    if !sim.accepts(value("client_id"), value("client_secret")) {
        return no_token(&sim, "invalid_client", None, json!({}));
    }
    let access = sim.access();
    if !access.v2 {
        return no_token(&sim, "unauthorized_client", None, json!({}));
    }
    let rights =
        [(access.persons, "personio:persons:read"), (access.employments, "personio:employments:read")];
    let scopes: Vec<&str> = rights.into_iter().filter(|(may, _)| *may).map(|(_, scope)| scope).collect();
    if value("scope").split_whitespace().any(|scope| !scopes.contains(&scope)) {
        return no_token(&sim, "invalid_scope", None, json!({}));
    }
    let (token, expires_in) = sim.issue(Api::V2);
    let scope = scopes.join(" ");
    let answer =
        json!({ "access_token": token, "token_type": "Bearer", "expires_in": expires_in, "scope": scope });
    Json(answer).into_response()
}

async fn revoke(State(sim): State<PersonioSim>, headers: HeaderMap, body: Bytes) -> Response {
    let pairs = form(&headers, &body).unwrap_or_default();
    let Some(token) = given(&pairs, "token") else {
        let meta = json!({ "missing_parameters": ["token"] });
        return no_token(&sim, "invalid_request", None, meta);
    };
    sim.revoke(token);
    StatusCode::OK.into_response()
}
