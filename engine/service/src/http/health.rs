//! Whether the process lives, and whether it can do its work.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::Service;

/// `/livez` and `/readyz`: everybody may ask, and learns nothing else.
pub fn router(service: Arc<Service>) -> Router {
    Router::new().route("/livez", get(|| async { "ok\n" })).route("/readyz", get(ready)).with_state(service)
}

async fn ready(State(service): State<Arc<Service>>) -> Response {
    let broken = service.projects.iter().any(|project| project.runs.store().broken().is_some());
    let status = match (service.is_ready(), broken) {
        _ if service.is_ending() => (StatusCode::SERVICE_UNAVAILABLE, "it is being ended"),
        (_, true) => (StatusCode::SERVICE_UNAVAILABLE, "a store can't be written"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "runs of before are being read"),
        (true, false) => (StatusCode::OK, "ready"),
    };
    (status.0, Json(json!({ "status": status.1 }))).into_response()
}
