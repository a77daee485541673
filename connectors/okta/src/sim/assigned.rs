//! What is assigned to whom, seen from the other side: the applications of a user and of a group, and the owners of groups.

use super::OktaSim;
use super::applications::application_id;
use super::apps::Which;
use super::error::ApiError;
use super::groups::group_id;
use super::ids::{id, iso_seconds};
use super::paging::{Asked, origin};
use super::things::{Thing, Things, required, text};
use super::user_changes::read as read_body;
use super::users::find as find_user;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flowrun_kit::sim::{Endpoint, delete, get, post};
use serde_json::{Value, json};

type Answer = Result<Response, ApiError>;

/// The largest page of a group's applications, and the usual one (OpenAPI).
const MAX_PAGE: usize = 200;
const PAGE: usize = 20;

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> [Endpoint<OktaSim>; 5] {
    [
        get("/api/v1/users/{user}/appLinks", links_of_user),
        get("/api/v1/groups/{group}/apps", of_group).takes("after limit"),
        get("/api/v1/groups/{group}/owners", owners),
        post("/api/v1/groups/{group}/owners", add_owner),
        delete("/api/v1/groups/{group}/owners/{ownerId}", remove_owner),
    ]
}

/// The owners of groups; each keeps its group under `group`, which is not shown.
pub fn all_owners() -> Things {
    Things::new("own", "GroupOwner")
}

/// The applications that a user may open.
async fn links_of_user(State(sim): State<OktaSim>, Path(user): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let (number, _) = find_user(&state.directory, &user)?;
    let origin = origin(&parts);
    let mine = state.applications.all().filter(|(_, app)| app.grant(number, &state.groups).is_some());
    let links: Vec<Value> = mine
        .enumerate()
        .map(|(order, (place, app))| {
            let app_id = application_id(place);
            json!({
                "id": id("alk", place), "label": app.label, "linkUrl": format!("{origin}/home/{}/{app_id}", app.name),
                "logoUrl": format!("{origin}/assets/img/logos/default.png"), "appName": app.name, "appInstanceId": app_id,
                "appAssignmentId": id("0ua", number), "credentialsSetup": false, "hidden": false, "sortOrder": order,
            })
        })
        .collect();
    Ok(Json(links).into_response())
}

/// The applications that a group is assigned to.
async fn of_group(State(sim): State<OktaSim>, Path(group): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let asked = Asked::read(&parts)?;
    let limit = asked.limit(1, PAGE, MAX_PAGE)?;
    let from: usize = asked.get("after").map_or(Ok(0), str::parse).map_err(|_| ApiError::bad_paging())?;
    let state = sim.state();
    let number = state.groups.find(&group)?;
    let assigned = state.applications.all().filter(|(_, app)| app.groups.contains_key(&number));
    let mut page: Vec<u32> = assigned.map(|(place, _)| place).skip(from).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = more.then(|| (from + limit).to_string());
    let bodies: Vec<Value> = page
        .into_iter()
        .map(|place| sim.application_body(&state, &Which::Numbered(place), asked.origin()))
        .collect::<Result<_, _>>()?;
    Ok((asked.links(limit, next.as_deref()), Json(bodies)).into_response())
}

fn shown(owner: &Thing) -> Value {
    let mut shown = owner.clone();
    shown.retain(|name, _| !matches!(name.as_str(), "group" | "owner" | "created"));
    shown.insert("id".to_owned(), owner.get("owner").cloned().unwrap_or_default());
    Value::Object(shown)
}

async fn owners(State(sim): State<OktaSim>, Path(group): Path<String>) -> Answer {
    let state = sim.state();
    let group = group_id(state.groups.find(&group)?);
    let all: Vec<Value> =
        state.owners.all().filter(|owner| text(owner, "group") == group).map(shown).collect();
    Ok(Json(all).into_response())
}

async fn add_owner(State(sim): State<OktaSim>, Path(group): Path<String>, request: Request) -> Answer {
    let (_, sent) = read_body(request).await?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let group = group_id(state.groups.find(&group)?);
    let (owner, kind) = (required(&sent, "id")?, required(&sent, "type")?);
    let name = match kind.as_str() {
        "USER" => {
            let (_, user) = find_user(&state.directory, &owner)?;
            let names = ["firstName", "lastName"].map(|name| user.profile.get(name).unwrap_or_default());
            names.join(" ")
        }
        "GROUP" => {
            let number = state.groups.find(&owner)?;
            state.groups.get(number).map(|group| group.text("name").to_owned()).unwrap_or_default()
        }
        _ => return Err(ApiError::invalid("type", "type: The field must be USER or GROUP.")),
    };
    if state.owners.all().any(|known| text(known, "group") == group && text(known, "owner") == owner) {
        return Err(ApiError::invalid("id", "Provided owner is already assigned to this group"));
    }
    let made = json!({
        "type": kind, "displayName": name, "originId": null, "originType": "OKTA_DIRECTORY", "resolved": true,
        "group": group, "owner": owner, "lastUpdated": iso_seconds(now_ms),
    });
    let Value::Object(made) = made else { return Err(ApiError::internal()) };
    let id = state.owners.add(made, now_ms)?;
    Ok((StatusCode::CREATED, Json(shown(state.owners.find(&id)?))).into_response())
}

async fn remove_owner(State(sim): State<OktaSim>, Path((group, owner)): Path<(String, String)>) -> Answer {
    let mut state = sim.state();
    let state = &mut *state;
    let group = group_id(state.groups.find(&group)?);
    let is_it = |known: &Thing| text(known, "group") == group && text(known, "owner") == owner;
    if !state.owners.all().any(is_it) {
        return Err(ApiError::missing(&owner, "GroupOwner"));
    }
    state.owners.retain(|known| !is_it(known));
    Ok(StatusCode::NO_CONTENT.into_response())
}
