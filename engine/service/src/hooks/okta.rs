//! Okta's event hooks: what Okta asks of a receiver, and what it takes for an answer.
//!
//! A delivery is repeated once, after a time-out or a 5xx, and never after that: what can't be read is lost and told loudly; 503 is
//! for what could be taken in a moment later.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use flowrun_core::value::{Record, Text, Value, parse_json};
use serde_json::json;

use super::{Hooks, MOST_BYTES, again, delivered, open_headers, unaccepted};
use crate::events::okta::{Envelope, read};
use crate::events::{Happened, Source};

const CHALLENGE: &str = "x-okta-verification-challenge";

/// A challenge may have so many bytes; Okta's have far fewer.
const LONGEST_CHALLENGE: usize = 1_024;

/// A delivery may hold so many events; Okta sends a hundred at most.
const MOST_EVENTS: usize = 1_000;

/// Answers Okta's question whether the hook is there; only to who knows the secret.
pub(super) async fn verify(
    State(hooks): State<Arc<Hooks>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !hooks.knows(&name, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let challenge = headers.get(CHALLENGE).and_then(|value| value.to_str().ok());
    match challenge.filter(|text| text.len() <= LONGEST_CHALLENGE) {
        Some(challenge) => Json(json!({ "verification": challenge })).into_response(),
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Takes a delivery in.
pub(super) async fn deliver(
    State(hooks): State<Arc<Hooks>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if !hooks.knows(&name, &parts.headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let told = match told(body).await {
        Ok(told) => told,
        Err((status, why)) => {
            hooks.of(&name).iter().for_each(|room| room.complain(&name, &why));
            return status.into_response();
        }
    };
    let headers = open_headers(&parts.headers, &[&hooks.header(&name), CHALLENGE]);
    let (envelope, happened, left_out) = opened(&told, headers);
    for room in hooks.of(&name) {
        if left_out > 0 {
            let why = format!(
                "{left_out} of the events of a delivery have no `uuid` or no `eventType`: they are lost"
            );
            room.complain(&name, &why);
        }
        let now_us = room.hosted.runs.now_us();
        let id = envelope.id.as_deref().unwrap_or("-");
        let had = envelope.id.iter().map(|id| again::had(&name, id, &happened, now_us));
        let notes = std::iter::once(delivered(&name, id, happened.len(), now_us)).chain(had).collect();
        if let Err(why) = room.take(&happened, Source::Hook, &name, notes).await {
            return unaccepted(&why);
        }
    }
    StatusCode::NO_CONTENT.into_response()
}

/// What a delivery says; else why it can't be read.
async fn told(body: Body) -> Result<Arc<Record>, (StatusCode, String)> {
    let bytes = to_bytes(body, MOST_BYTES).await.map_err(|_| {
        let most = MOST_BYTES >> 20;
        let why = format!("a delivery of more than {most} MB, or one that did not come in time, was refused: its events are lost");
        (StatusCode::PAYLOAD_TOO_LARGE, why)
    })?;
    let unreadable = |why: &str| {
        (StatusCode::BAD_REQUEST, format!("a delivery can't be read, and its events are lost: {why}"))
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| unreadable(&error.to_string()))?;
    let told = parse_json(text).map_err(|error| unreadable(&error.to_string()))?;
    let Value::Object(told) = told else { return Err(unreadable("it is no object")) };
    match events(&told) {
        None => Err(unreadable("it has no list `data.events`")),
        Some(events) if events.len() > MOST_EVENTS => {
            let why = format!("a delivery of {} events was refused: they are lost", events.len());
            Err((StatusCode::PAYLOAD_TOO_LARGE, why))
        }
        Some(_) => Ok(told),
    }
}

fn events(told: &Record) -> Option<&[Value]> {
    told.get("data").and_then(Value::as_object)?.get("events").and_then(Value::as_list)
}

/// The events of a delivery in the order in which they happened, and how many say too little of themselves.
fn opened(told: &Record, headers: Record) -> (Envelope, Vec<Happened>, usize) {
    let text = |name: &str| told.get(name).and_then(Value::as_text).filter(|text| !text.is_empty()).cloned();
    let envelope: Envelope =
        Envelope { id: text("eventId").map(short), time: text("eventTime"), source: text("source"), headers };
    let all = events(told).unwrap_or_default();
    let event = |event: &Value| event.as_object().and_then(|event| read(event, &envelope));
    let mut happened: Vec<Happened> = all.iter().filter_map(event).collect();
    let left_out = all.len() - happened.len();
    happened.sort_by_key(|one| one.at_ms);
    (envelope, happened, left_out)
}

/// An ID that is no longer than IDs are.
fn short(id: Text) -> Text {
    match id.char_indices().nth(256) {
        Some((end, _)) => Text::from(&id[..end]),
        None => id,
    }
}
