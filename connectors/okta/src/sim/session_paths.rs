//! The paths of import sessions.

use super::error::ApiError;
use super::{OktaSim, bulk};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

type Answer = Result<Response, ApiError>;

pub async fn list(State(sim): State<OktaSim>, Path(source): Path<String>) -> Answer {
    sim.check_source(&source)?;
    let state = sim.state();
    let active = state.sessions.all().iter().filter(|session| session.status.is_active());
    let bodies: Vec<_> = active.map(|session| session.body(&source)).collect();
    Ok(Json(bodies).into_response())
}

pub async fn create(State(sim): State<OktaSim>, Path(source): Path<String>) -> Answer {
    sim.check_source(&source)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let session = state.sessions.create(now_ms, &mut state.log)?;
    Ok((StatusCode::CREATED, Json(session.body(&source))).into_response())
}

pub async fn read(State(sim): State<OktaSim>, Path((source, session)): Path<(String, String)>) -> Answer {
    sim.check_source(&source)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let session = state.sessions.find(&session, now_ms)?;
    Ok(Json(session.body(&source)).into_response())
}

pub async fn cancel(State(sim): State<OktaSim>, Path((source, session)): Path<(String, String)>) -> Answer {
    sim.check_source(&source)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    state.sessions.cancel(&session, now_ms, &mut state.log)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub async fn bulk_upsert(sim: State<OktaSim>, path: Path<(String, String)>, body: Bytes) -> Answer {
    load(sim, path, &body, false)
}

pub async fn bulk_delete(sim: State<OktaSim>, path: Path<(String, String)>, body: Bytes) -> Answer {
    load(sim, path, &body, true)
}

fn load(State(sim): State<OktaSim>, Path(path): Path<(String, String)>, body: &[u8], delete: bool) -> Answer {
    let (source, session) = path;
    sim.check_source(&source)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    state.sessions.accepts(&session, now_ms)?;
    let loads = bulk::read(body, delete, &mut state.directory)?;
    state.sessions.load(&session, loads, now_ms, &state.directory, &mut state.log)?;
    Ok(StatusCode::ACCEPTED.into_response())
}

pub async fn start(State(sim): State<OktaSim>, Path((source, session)): Path<(String, String)>) -> Answer {
    sim.check_source(&source)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let session = state.sessions.start(&session, now_ms, &mut state.log)?;
    Ok(Json(session.body(&source)).into_response())
}
