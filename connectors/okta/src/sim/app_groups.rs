//! `/api/v1/apps/{app}/groups`: the groups that are assigned to an application.

use super::applications::Grant;
use super::apps::Which;
use super::error::ApiError;
use super::groups::group_id;
use super::ids::{iso_seconds, number};
use super::kinds::Kind;
use super::log::About;
use super::paging::{Asked, origin};
use super::sent::{object, part};
use super::{OktaSim, State as Org};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

type Answer = Result<Response, ApiError>;

/// The largest page, and the usual one.
const MAX_PAGE: usize = 200;
const PAGE: usize = 20;

fn body(group: u32, grant: &Grant, origin: &str, app: &str) -> Value {
    let id = group_id(group);
    json!({
        "id": id,
        "lastUpdated": iso_seconds(grant.updated_ms),
        "priority": grant.priority,
        "profile": grant.profile,
        "_links": {
            "app": { "href": format!("{origin}/api/v1/apps/{app}") },
            "self": { "href": format!("{origin}/api/v1/apps/{app}/groups/{id}") },
            "group": { "href": format!("{origin}/api/v1/groups/{id}") },
        },
    })
}

/// The number of an application that groups can be assigned to.
fn numbered(sim: &OktaSim, state: &Org, app: &str) -> Result<u32, ApiError> {
    match sim.application(state, app)? {
        Which::Numbered(number) => Ok(number),
        Which::Source => Err(ApiError::not_simulated("assigning to an identity source")),
    }
}

/// A page of them.
pub async fn list(State(sim): State<OktaSim>, Path(app): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let asked = Asked::read(&parts)?;
    let limit = asked.limit(1, PAGE, MAX_PAGE)?;
    let from = match asked.get("after") {
        None => 0,
        Some(cursor) => number("00g", cursor).ok_or_else(ApiError::bad_paging)? + 1,
    };
    let state = sim.state();
    let application = state.applications.get(numbered(&sim, &state, &app)?).ok_or_else(ApiError::internal)?;
    // By the beginning of the group's name (OpenAPI, `q`).
    let start = asked.get("q").map(str::to_lowercase);
    let wanted = |(group, _): &(&u32, &Grant)| {
        let named = |start: &String| {
            state.groups.get(**group).is_some_and(|it| it.text("name").to_lowercase().starts_with(start))
        };
        start.as_ref().is_none_or(named)
    };
    let mut page: Vec<(&u32, &Grant)> =
        application.groups.range(from..).filter(wanted).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|(group, _)| group_id(**group));
    let bodies: Vec<Value> =
        page.into_iter().map(|(group, grant)| body(*group, grant, asked.origin(), &app)).collect();
    Ok((asked.links(limit, next.as_deref()), Json(bodies)).into_response())
}

/// One group of an application.
pub async fn read(
    State(sim): State<OktaSim>,
    Path((app, group)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let application = state.applications.get(numbered(&sim, &state, &app)?).ok_or_else(ApiError::internal)?;
    let number = state.groups.find(&group)?;
    let grant = application
        .groups
        .get(&number)
        .ok_or_else(|| ApiError::missing(&group, "ApplicationGroupAssignment"))?;
    Ok(Json(body(number, grant, &origin(&parts), &app)).into_response())
}

/// Assigns a group, with all that are in it now or later.
pub async fn assign(
    State(sim): State<OktaSim>,
    Path((app, group)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let (parts, sent) = request.into_parts();
    let sent: Bytes =
        axum::body::to_bytes(sent, super::sent::MOST_READ).await.map_err(|_| ApiError::malformed())?;
    let sent = if sent.trim_ascii().is_empty() { Default::default() } else { object(&sent)? };
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let place = numbered(&sim, state, &app)?;
    let number = state.groups.find(&group)?;
    let application = state.applications.get_mut(place).ok_or_else(ApiError::internal)?;
    let priority = application.groups.get(&number).map_or(application.groups.len() as u64, |it| it.priority);
    let grant = Grant {
        created_ms: now_ms,
        updated_ms: now_ms,
        priority: sent.get("priority").and_then(Value::as_u64).unwrap_or(priority),
        profile: part(&sent, "profile")?,
        ..Grant::default()
    };
    let shown = body(number, &grant, &origin(&parts), &app);
    application.groups.insert(number, grant);
    let about = About { group: Some(number), application: Some(place), ..About::default() };
    state.log.note(now_ms, Kind::AppGroupAdd, about);
    Ok(Json(shown).into_response())
}

/// Takes a group away from an application.
pub async fn remove(State(sim): State<OktaSim>, Path((app, group)): Path<(String, String)>) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let place = numbered(&sim, state, &app)?;
    let number = state.groups.find(&group)?;
    let application = state.applications.get_mut(place).ok_or_else(ApiError::internal)?;
    if application.groups.remove(&number).is_none() {
        return Err(ApiError::missing(&group, "ApplicationGroupAssignment"));
    }
    let about = About { group: Some(number), application: Some(place), ..About::default() };
    state.log.note(now_ms, Kind::AppGroupRemove, about);
    Ok(StatusCode::NO_CONTENT.into_response())
}
