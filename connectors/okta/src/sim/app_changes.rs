//! Applications that clients make, change, turn off and delete (OpenAPI, tag Application).

use super::applications::Made;
use super::apps::Which;
use super::error::ApiError;
use super::kinds::Kind;
use super::log::About;
use super::paging::{Asked, origin};
use super::things::{Thing, required, text};
use super::user_changes::read as read_body;
use super::{OktaSim, State as Org};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use flowrun_kit::sim::{Endpoint, delete, post, put};
use serde_json::Value;

type Answer = Result<Response, ApiError>;

/// How one signs on to applications (OpenAPI, ApplicationSignOnMode).
const MODES: [&str; 9] = [
    "AUTO_LOGIN",
    "BASIC_AUTH",
    "BOOKMARK",
    "BROWSER_PLUGIN",
    "OPENID_CONNECT",
    "SAML_1_1",
    "SAML_2_0",
    "SECURE_PASSWORD_STORE",
    "WS_FEDERATION",
];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> [Endpoint<OktaSim>; 5] {
    [
        post("/api/v1/apps", create).takes("activate"),
        put("/api/v1/apps/{app}", replace),
        delete("/api/v1/apps/{app}", remove),
        post("/api/v1/apps/{app}/lifecycle/activate", |sim, path| turn(sim, path, true)),
        post("/api/v1/apps/{app}/lifecycle/deactivate", |sim, path| turn(sim, path, false)),
    ]
}

fn read(sent: &Thing) -> Result<(String, Made), ApiError> {
    let label = required(sent, "label")?;
    let mode = text(sent, "signOnMode");
    if !MODES.contains(&mode) {
        return Err(ApiError::invalid(
            "signOnMode",
            "signOnMode: The field is not one of those that there are.",
        ));
    }
    let name = sent.get("name").and_then(Value::as_str).map(str::to_owned);
    let settings = sent.get("settings").filter(|settings| settings.is_object()).cloned();
    Ok((label, Made { mode: mode.to_owned(), name, settings, inactive: false, deleted: false }))
}

fn answer(sim: &OktaSim, state: &Org, place: u32, parts: &Parts) -> Answer {
    Ok(Json(sim.application_body(state, &Which::Numbered(place), &origin(parts))?).into_response())
}

/// Which application a path means; the identity source stays as it is.
fn numbered(sim: &OktaSim, state: &Org, app: &str) -> Result<u32, ApiError> {
    match sim.application(state, app)? {
        Which::Numbered(place) => Ok(place),
        Which::Source => Err(ApiError::not_simulated("changing the identity source")),
    }
}

async fn create(State(sim): State<OktaSim>, request: Request) -> Answer {
    let (parts, sent) = read_body(request).await?;
    let asked = Asked::read(&parts)?;
    let (label, mut made) = read(&sent)?;
    made.inactive = asked.get("activate") == Some("false");
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let place = state.applications.make(&label, made, now_ms)?;
    let about = About { application: Some(place), ..About::default() };
    state.log.note(now_ms, Kind::AppCreate, about);
    answer(&sim, state, place, &parts)
}

async fn replace(State(sim): State<OktaSim>, Path(app): Path<String>, request: Request) -> Answer {
    let (parts, sent) = read_body(request).await?;
    let (label, newer) = read(&sent)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let place = numbered(&sim, state, &app)?;
    let application = state.applications.get_mut(place).ok_or_else(ApiError::internal)?;
    let inactive = application.made.inactive;
    (application.label, application.made) = (label, Made { inactive, ..newer });
    state.log.note(now_ms, Kind::AppUpdate, About { application: Some(place), ..About::default() });
    answer(&sim, state, place, &parts)
}

/// Only an inactive application can be deleted.
async fn remove(State(sim): State<OktaSim>, Path(app): Path<String>) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let place = numbered(&sim, state, &app)?;
    let application = state.applications.get_mut(place).ok_or_else(ApiError::internal)?;
    if !application.made.inactive {
        return Err(ApiError::active_app());
    }
    state.log.note(now_ms, Kind::AppDelete, About { application: Some(place), ..About::default() });
    application.made.deleted = true;
    application.users.clear();
    application.groups.clear();
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn turn(State(sim): State<OktaSim>, Path(app): Path<String>, on: bool) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let place = numbered(&sim, state, &app)?;
    let application = state.applications.get_mut(place).ok_or_else(ApiError::internal)?;
    application.made.inactive = !on;
    let kind = if on { Kind::AppActivate } else { Kind::AppDeactivate };
    state.log.note(now_ms, kind, About { application: Some(place), ..About::default() });
    Ok(StatusCode::OK.into_response())
}
