//! Devices: `/api/v1/devices` (OpenAPI, tag Device). Nobody can enroll one by the API; one in four users has a phone, as soon as
//! somebody looks.

use super::error::ApiError;
use super::expressions::{DEVICES_SEARCH, Expr, Field};
use super::ids::{id, iso_seconds, number, parse_time};
use super::kinds::Kind;
use super::log::About;
use super::paging::{Asked, origin};
use super::users::{body as user_body, find as find_user};
use super::{OktaSim, State as Org};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flowrun_kit::sim::{Endpoint, delete, get, post};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

type Answer = Result<Response, ApiError>;

/// The largest page, and the usual one (OpenAPI).
const MAX_PAGE: usize = 200;
const PAGE: usize = 20;

/// One user of so many has a phone.
const EACH: u32 = 4;

/// The endpoints of devices.
#[rustfmt::skip]
pub fn endpoints() -> [Endpoint<OktaSim>; 9] {
    [
        get("/api/v1/devices", list).takes("after limit search"),
        get("/api/v1/devices/{deviceId}", read),
        delete("/api/v1/devices/{deviceId}", remove),
        get("/api/v1/devices/{deviceId}/users", users),
        post("/api/v1/devices/{deviceId}/lifecycle/activate", |sim, path| turn(sim, path, Step::Activate)),
        post("/api/v1/devices/{deviceId}/lifecycle/deactivate", |sim, path| turn(sim, path, Step::Deactivate)),
        post("/api/v1/devices/{deviceId}/lifecycle/suspend", |sim, path| turn(sim, path, Step::Suspend)),
        post("/api/v1/devices/{deviceId}/lifecycle/unsuspend", |sim, path| turn(sim, path, Step::Unsuspend)),
        get("/api/v1/users/{user}/devices", of_user),
    ]
}

/// What became of devices that are no longer as they came, by the number of their user.
#[derive(Default)]
pub struct Devices(BTreeMap<u32, (Status, i64)>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Active,
    Suspended,
    Deactivated,
    Deleted,
}

#[derive(Clone, Copy)]
enum Step {
    Activate,
    Deactivate,
    Suspend,
    Unsuspend,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Status::Active => "ACTIVE",
            Status::Suspended => "SUSPENDED",
            Status::Deactivated | Status::Deleted => "DEACTIVATED",
        }
    }
}

impl Step {
    /// From which status to which (OpenAPI, the descriptions of the four operations).
    fn next(self, from: Status) -> Option<(Status, Kind)> {
        match (self, from) {
            (Step::Activate, Status::Deactivated) => Some((Status::Active, Kind::DeviceActivate)),
            (Step::Deactivate, Status::Active | Status::Suspended) => {
                Some((Status::Deactivated, Kind::DeviceDeactivate))
            }
            (Step::Suspend, Status::Active) => Some((Status::Suspended, Kind::DeviceSuspend)),
            (Step::Unsuspend, Status::Suspended) => Some((Status::Active, Kind::DeviceUnsuspend)),
            _ => None,
        }
    }
}

/// Whether a user has a device, and since when it is as it is.
fn device(state: &Org, owner: u32) -> Option<(Status, i64)> {
    let user = state.directory.get(owner).filter(|_| owner % EACH == EACH - 1)?;
    let known = state.devices.0.get(&owner).copied().unwrap_or((Status::Active, user.created_ms));
    Some(known).filter(|(status, _)| *status != Status::Deleted)
}

fn body(state: &Org, owner: u32, origin: &str) -> Option<Value> {
    let (status, changed_ms) = device(state, owner)?;
    let user = state.directory.get(owner)?;
    let id = id("guo", owner);
    let here = format!("{origin}/api/v1/devices/{id}");
    let name = format!("{}'s phone", user.profile.get("firstName").unwrap_or("Somebody"));
    Some(json!({
        "id": id,
        "status": status.name(),
        "created": iso_seconds(user.created_ms),
        "lastUpdated": iso_seconds(changed_ms),
        "profile": {
            "displayName": name, "platform": if owner.is_multiple_of(2) { "IOS" } else { "ANDROID" }, "manufacturer": "Example",
            "model": "Phone 1", "osVersion": "17.4", "serialNumber": format!("SN{owner:08}"), "registered": true,
            "secureHardwarePresent": true,
        },
        "resourceType": "UDDevice",
        "resourceDisplayName": { "value": name, "sensitive": false },
        "resourceAlternateId": null,
        "resourceId": id,
        "_links": { "self": { "href": here }, "users": { "href": format!("{here}/users") } },
    }))
}

fn find(state: &Org, device_id: &str) -> Result<u32, ApiError> {
    let owner = number("guo", device_id).filter(|owner| device(state, *owner).is_some());
    owner.ok_or_else(|| ApiError::missing(device_id, "Device"))
}

fn field<'b>(body: &'b Value, name: &str) -> Field<'b> {
    let found = body.pointer(&format!("/{}", name.replace('.', "/")));
    match found {
        Some(Value::String(text)) if matches!(name, "created" | "lastUpdated") => {
            parse_time(text).map_or(Field::Absent, Field::Time)
        }
        Some(Value::String(text)) => Field::Text(Cow::Borrowed(text)),
        Some(Value::Bool(truth)) => Field::Truth(*truth),
        _ => Field::Absent,
    }
}

async fn list(State(sim): State<OktaSim>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let asked = Asked::read(&parts)?;
    let search = asked.get("search").map(|text| Expr::parse(text, &DEVICES_SEARCH)).transpose()?;
    let limit = asked.limit(1, PAGE, MAX_PAGE)?;
    let from = match asked.get("after") {
        None => 0,
        Some(cursor) => number("guo", cursor).ok_or_else(ApiError::bad_paging)? + 1,
    };
    let state = sim.state();
    let wanted = |body: &Value| search.as_ref().is_none_or(|expr| expr.matches(&|name| field(body, name)));
    let bodies = state.directory.users(from).filter_map(|(owner, _)| body(&state, owner, asked.origin()));
    let mut page: Vec<Value> = bodies.filter(wanted).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).and_then(|last| last["id"].as_str()).map(str::to_owned);
    Ok((asked.links(limit, next.as_deref()), Json(page)).into_response())
}

async fn read(State(sim): State<OktaSim>, Path(id): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let owner = find(&state, &id)?;
    Ok(Json(body(&state, owner, &origin(&parts))).into_response())
}

/// Only a deactivated device can be deleted (OpenAPI).
async fn remove(State(sim): State<OktaSim>, Path(id): Path<String>) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let owner = find(state, &id)?;
    if device(state, owner).is_some_and(|(status, _)| status != Status::Deactivated) {
        return Err(wrong_status());
    }
    state.devices.0.insert(owner, (Status::Deleted, now_ms));
    state.log.note(now_ms, Kind::DeviceDelete, About::default());
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// In words that are a guess.
fn wrong_status() -> ApiError {
    ApiError::invalid("device", "This operation is not allowed in the device's current status.")
}

async fn turn(State(sim): State<OktaSim>, Path(id): Path<String>, step: Step) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let owner = find(state, &id)?;
    let (status, _) = device(state, owner).ok_or_else(ApiError::internal)?;
    let (next, kind) = step.next(status).ok_or_else(wrong_status)?;
    state.devices.0.insert(owner, (next, now_ms));
    state.log.note(now_ms, kind, About::default());
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn users(State(sim): State<OktaSim>, Path(id): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let now_ms = sim.now_ms();
    let state = sim.state();
    let owner = find(&state, &id)?;
    let user = state.directory.get(owner).ok_or_else(ApiError::internal)?;
    let shown = json!({
        "created": iso_seconds(user.created_ms), "managementStatus": "NOT_MANAGED", "screenLockType": "BIOMETRIC",
        "user": user_body(owner, user, &origin(&parts), now_ms),
    });
    Ok(Json(vec![shown]).into_response())
}

async fn of_user(State(sim): State<OktaSim>, Path(user): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let (owner, user) = find_user(&state.directory, &user)?;
    let shown = body(&state, owner, &origin(&parts)).map(|device| {
        json!({ "created": iso_seconds(user.created_ms), "deviceUserId": id("dus", owner), "device": device })
    });
    Ok(Json(shown.into_iter().collect::<Vec<_>>()).into_response())
}
