//! Runs that somebody starts: once for each `Idempotency-Key`.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::flows::unable;
use super::route::{Call, Reply};
use crate::Hosted;
use crate::endpoints::idempotency::{self, Named};
use crate::people::Problem;
use crate::runs::Beginning;

/// Something that may block its thread, as reading a store does.
pub async fn reading<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let broken = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "what was asked for can't be read");
    tokio::task::spawn_blocking(read).await.map_err(broken)?
}

/// The run that a request is to start: named, where it has a key.
pub async fn named(call: &Call, hosted: &Arc<Hosted>) -> Result<Option<Named>, Problem> {
    let Some(key) = idempotency::key(&call.headers)? else { return Ok(None) };
    let asked: String =
        call.path.values().map(String::as_str).chain([call.route]).collect::<Vec<_>>().join(" ");
    let body = Value::Object(call.body.clone()).to_string();
    Ok(Some(call.api.endpoints.name(hosted, &[&call.caller.name(), key], &[&asked, &body]).await?))
}

/// What is answered where the run is there already.
pub fn again(named: Option<&Named>) -> Option<Reply> {
    let named = named.filter(|named| named.is_there)?;
    Some(Reply::Again(StatusCode::CREATED, json!({ "run": named.run })))
}

/// Begins a run and tells its name.
pub async fn begin(
    call: &Call,
    hosted: &Arc<Hosted>,
    named: Option<Named>,
    beginning: Beginning,
) -> Result<Reply, Problem> {
    let beginning = Beginning {
        who: beginning.who.or_else(|| Some(call.caller.name())),
        due_us: hosted.runs.now_us(),
        name: named.as_ref().map(|named| named.run.clone()),
        ..beginning
    };
    let run = hosted.runs.begin(beginning).await.map_err(unable)?;
    let store = hosted.runs.store();
    // Whoever is told of a run finds it.
    store.durable(store.newest()).await?;
    drop(named);
    Ok(Reply::Status(StatusCode::CREATED, json!({ "run": &*run })))
}
