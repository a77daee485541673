//! Custom roles and resource sets: `/api/v1/iam` (OpenAPI, tags RoleECustom, RoleECustomPermission, RoleCResourceSet and its parts).

use super::error::ApiError;
use super::kinds::Kind;
use super::log::About;
use super::paging::origin;
use super::things::{Thing, Things, required, text};
use super::user_changes::read as read_body;
use super::{OktaSim, State as Org};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use flowrun_kit::sim::{Endpoint, delete, get, patch, post, put};
use serde_json::{Value, json};

type Answer = Result<Response, ApiError>;

/// The most resources of a set, and permissions of a role.
const MOST: usize = 1_000;

/// The endpoints of custom roles and resource sets.
#[rustfmt::skip]
pub fn endpoints() -> [Endpoint<OktaSim>; 20] {
    [
        get("/api/v1/iam/roles", |sim, request| list(sim, Family::Role, request)),
        post("/api/v1/iam/roles", |sim, request| create(sim, Family::Role, request)),
        get("/api/v1/iam/roles/{roleIdOrLabel}", |sim, path, request| read(sim, path, Family::Role, request)),
        put("/api/v1/iam/roles/{roleIdOrLabel}", |sim, path, request| replace(sim, path, Family::Role, request)),
        delete("/api/v1/iam/roles/{roleIdOrLabel}", |sim, path| remove(sim, path, Family::Role)),
        get("/api/v1/iam/roles/{roleIdOrLabel}/permissions", permissions),
        get("/api/v1/iam/roles/{roleIdOrLabel}/permissions/{permissionType}", permission),
        post("/api/v1/iam/roles/{roleIdOrLabel}/permissions/{permissionType}", |sim, path| set_permission(sim, path, true)),
        delete("/api/v1/iam/roles/{roleIdOrLabel}/permissions/{permissionType}", |sim, path| set_permission(sim, path, false)),
        get("/api/v1/iam/resource-sets", |sim, request| list(sim, Family::Set, request)),
        post("/api/v1/iam/resource-sets", |sim, request| create(sim, Family::Set, request)),
        get("/api/v1/iam/resource-sets/{resourceSetIdOrLabel}", |sim, path, request| read(sim, path, Family::Set, request)),
        put("/api/v1/iam/resource-sets/{resourceSetIdOrLabel}", |sim, path, request| replace(sim, path, Family::Set, request)),
        delete("/api/v1/iam/resource-sets/{resourceSetIdOrLabel}", |sim, path| remove(sim, path, Family::Set)),
        get("/api/v1/iam/resource-sets/{resourceSetIdOrLabel}/resources", resources).takes("after limit"),
        patch("/api/v1/iam/resource-sets/{resourceSetIdOrLabel}/resources", add_resources),
        delete("/api/v1/iam/resource-sets/{resourceSetIdOrLabel}/resources/{resourceId}", remove_resource),
        get("/api/v1/iam/resource-sets/{resourceSetIdOrLabel}/bindings", bindings),
        get("/api/v1/iam/resource-sets/{resourceSetIdOrLabel}/bindings/{roleIdOrLabel}", binding),
        get("/api/v1/iam/resource-sets/{resourceSetIdOrLabel}/bindings/{roleIdOrLabel}/members", members),
    ]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Role,
    Set,
}

impl Family {
    fn of(self, state: &Org) -> &Things {
        if self == Family::Role { &state.roles } else { &state.resource_sets }
    }

    fn of_mut(self, state: &mut Org) -> &mut Things {
        if self == Family::Role { &mut state.roles } else { &mut state.resource_sets }
    }

    fn folder(self) -> &'static str {
        if self == Family::Role { "roles" } else { "resource-sets" }
    }

    /// What a thing holds that is listed under an address of its own.
    fn inner(self) -> &'static str {
        if self == Family::Role { "permissions" } else { "resources" }
    }

    fn kinds(self) -> [Kind; 3] {
        match self {
            Family::Role => [Kind::RoleCreate, Kind::RoleUpdate, Kind::RoleDelete],
            Family::Set => [Kind::ResourceSetCreate, Kind::ResourceSetUpdate, Kind::ResourceSetDelete],
        }
    }
}

/// The custom roles of an org.
pub fn roles() -> Things {
    Things::new("cr0", "Role")
}

/// Its resource sets.
pub fn resource_sets() -> Things {
    Things::new("iam", "ResourceSet")
}

/// A role or a set without what is listed elsewhere.
fn shown(thing: &Thing, family: Family, origin: &str) -> Value {
    let mut shown = thing.clone();
    shown.remove(family.inner());
    let here = format!("{origin}/api/v1/iam/{}/{}", family.folder(), text(thing, "id"));
    let mut links = json!({ "self": { "href": here } });
    links[family.inner()] = json!({ "href": format!("{here}/{}", family.inner()) });
    if family == Family::Set {
        links["bindings"] = json!({ "href": format!("{here}/bindings") });
    }
    shown.insert("_links".to_owned(), links);
    Value::Object(shown)
}

async fn list(State(sim): State<OktaSim>, family: Family, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let all: Vec<Value> = family.of(&state).all().map(|it| shown(it, family, &origin(&parts))).collect();
    let mut answer = json!({ "_links": {} });
    answer[family.folder()] = json!(all);
    Ok(Json(answer).into_response())
}

/// The list of texts under a name, each once.
fn texts(sent: &Thing, name: &str) -> Result<Vec<String>, ApiError> {
    let list = sent.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut texts: Vec<String> = Vec::new();
    for item in list {
        let text = item.as_str().ok_or_else(ApiError::malformed)?.to_owned();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    if texts.len() > MOST {
        return Err(ApiError::invalid(name, format!("{name}: There may be {MOST}.")));
    }
    Ok(texts)
}

async fn create(State(sim): State<OktaSim>, family: Family, request: Request) -> Answer {
    let (parts, sent) = read_body(request).await?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let label = required(&sent, "label")?;
    let description = required(&sent, "description")?;
    let inner = texts(&sent, family.inner())?;
    if inner.is_empty() {
        return Err(super::sent::blank(family.inner()));
    }
    if family.of(state).all().any(|other| text(other, "label") == label) {
        return Err(super::sent::taken("label"));
    }
    let mut thing = Thing::new();
    thing.insert("label".to_owned(), json!(label));
    thing.insert("description".to_owned(), json!(description));
    thing.insert(family.inner().to_owned(), json!(inner));
    let id = family.of_mut(state).add(thing, now_ms)?;
    state.log.note(now_ms, family.kinds()[0], About::default());
    Ok(Json(shown(family.of(state).find(&id)?, family, &origin(&parts))).into_response())
}

async fn read(
    State(sim): State<OktaSim>,
    Path(id): Path<String>,
    family: Family,
    request: Request,
) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let id = family.of(&state).named(&id)?;
    Ok(Json(shown(family.of(&state).find(&id)?, family, &origin(&parts))).into_response())
}

async fn replace(
    State(sim): State<OktaSim>,
    Path(id): Path<String>,
    family: Family,
    request: Request,
) -> Answer {
    let (parts, sent) = read_body(request).await?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let id = family.of(state).named(&id)?;
    let (label, description) = (required(&sent, "label")?, required(&sent, "description")?);
    let thing = family.of_mut(state).change(&id, now_ms)?;
    thing.insert("label".to_owned(), json!(label));
    thing.insert("description".to_owned(), json!(description));
    state.log.note(now_ms, family.kinds()[1], About::default());
    Ok(Json(shown(family.of(state).find(&id)?, family, &origin(&parts))).into_response())
}

/// Deletes a role or a set, with the assignments that name it.
async fn remove(State(sim): State<OktaSim>, Path(id): Path<String>, family: Family) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let id = family.of(state).named(&id)?;
    family.of_mut(state).remove(&id)?;
    let name = if family == Family::Role { "role" } else { "resource-set" };
    state.assignments.retain(|assignment| text(assignment, name) != id);
    state.log.note(now_ms, family.kinds()[2], About::default());
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The texts that a role or a set holds.
fn inner<'t>(thing: &'t Thing, family: Family) -> impl Iterator<Item = &'t str> + use<'t> {
    thing.get(family.inner()).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn permission_body(role: &Thing, label: &str, origin: &str) -> Value {
    let href = format!("{origin}/api/v1/iam/roles/{}", text(role, "id"));
    json!({
        "label": label, "created": role["created"], "lastUpdated": role["lastUpdated"], "conditions": null,
        "_links": { "role": { "href": href }, "self": { "href": format!("{href}/permissions/{label}") } },
    })
}

async fn permissions(State(sim): State<OktaSim>, Path(role): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let role = state.roles.find(&state.roles.named(&role)?)?;
    let all: Vec<Value> =
        inner(role, Family::Role).map(|label| permission_body(role, label, &origin(&parts))).collect();
    Ok(Json(json!({ "permissions": all })).into_response())
}

async fn permission(
    State(sim): State<OktaSim>,
    Path((role, label)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let role = state.roles.find(&state.roles.named(&role)?)?;
    if !inner(role, Family::Role).any(|known| known == label) {
        return Err(ApiError::missing(&label, "Permission"));
    }
    Ok(Json(permission_body(role, &label, &origin(&parts))).into_response())
}

async fn set_permission(
    State(sim): State<OktaSim>,
    Path((role, label)): Path<(String, String)>,
    has: bool,
) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let role = state.roles.named(&role)?;
    let role = state.roles.change(&role, now_ms)?;
    let mut labels: Vec<String> =
        inner(role, Family::Role).filter(|known| *known != label).map(str::to_owned).collect();
    if has {
        labels.push(label);
    }
    role.insert("permissions".to_owned(), json!(labels));
    let kind = if has { Kind::PermissionsAdd } else { Kind::PermissionsDelete };
    state.log.note(now_ms, kind, About::default());
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A resource of a set: its id is its place among those that the set holds, in Okta's form.
fn resource(set: &Thing, place: usize, address: &str) -> Value {
    json!({
        "id": super::ids::id("ire", place as u32), "orn": Value::Null,
        "created": set["created"], "lastUpdated": set["lastUpdated"],
        "_links": { "self": { "href": address } },
    })
}

async fn resources(State(sim): State<OktaSim>, Path(set): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let set = state.resource_sets.find(&state.resource_sets.named(&set)?)?;
    let all: Vec<Value> =
        inner(set, Family::Set).enumerate().map(|(place, address)| resource(set, place, address)).collect();
    let href = format!("{}/api/v1/iam/resource-sets/{}", origin(&parts), text(set, "id"));
    Ok(Json(json!({ "resources": all, "_links": { "resource-set": { "href": href } } })).into_response())
}

async fn add_resources(State(sim): State<OktaSim>, Path(set): Path<String>, request: Request) -> Answer {
    let (parts, sent) = read_body(request).await?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let id = state.resource_sets.named(&set)?;
    let additions = texts(&sent, "additions")?;
    let set = state.resource_sets.change(&id, now_ms)?;
    let mut all: Vec<String> = inner(set, Family::Set).map(str::to_owned).collect();
    let new: Vec<String> = additions.into_iter().filter(|address| !all.contains(address)).collect();
    all.extend(new);
    if all.len() > MOST {
        return Err(ApiError::invalid("additions", format!("additions: A set may have {MOST} resources.")));
    }
    set.insert("resources".to_owned(), json!(all));
    state.log.note(now_ms, Kind::ResourcesAdd, About::default());
    Ok(Json(shown(state.resource_sets.find(&id)?, Family::Set, &origin(&parts))).into_response())
}

async fn remove_resource(
    State(sim): State<OktaSim>,
    Path((set, resource)): Path<(String, String)>,
) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let id = state.resource_sets.named(&set)?;
    let set = state.resource_sets.change(&id, now_ms)?;
    let mut all: Vec<String> = inner(set, Family::Set).map(str::to_owned).collect();
    let place =
        super::ids::number("ire", &resource).map(|place| place as usize).filter(|place| *place < all.len());
    all.remove(place.ok_or_else(|| ApiError::missing(&resource, "Resource"))?);
    set.insert("resources".to_owned(), json!(all));
    state.log.note(now_ms, Kind::ResourcesDelete, About::default());
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The assignments of a set.
fn bound<'s>(state: &'s Org, set: &'s str) -> impl Iterator<Item = &'s Thing> {
    state.assignments.all().filter(move |assignment| text(assignment, "resource-set") == set)
}

async fn bindings(State(sim): State<OktaSim>, Path(set): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let set = state.resource_sets.named(&set)?;
    let mut roles: Vec<&str> = bound(&state, &set).map(|assignment| text(assignment, "role")).collect();
    roles.sort_unstable();
    roles.dedup();
    let href = format!("{}/api/v1/iam/resource-sets/{set}", origin(&parts));
    let roles: Vec<Value> = roles
        .into_iter()
        .map(|role| {
            let here = format!("{href}/bindings/{role}");
            json!({ "id": role, "_links": { "self": { "href": here }, "members": { "href": format!("{here}/members") } } })
        })
        .collect();
    Ok(Json(json!({ "roles": roles, "_links": { "resource-set": { "href": href } } })).into_response())
}

/// The set and the role that a path names, which must be bound to each other.
fn find_binding(state: &Org, set: &str, role: &str) -> Result<(String, String), ApiError> {
    let (set, role) = (state.resource_sets.named(set)?, state.roles.named(role)?);
    let is_bound = bound(state, &set).any(|assignment| text(assignment, "role") == role);
    if is_bound { Ok((set, role)) } else { Err(ApiError::missing(&role, "Binding")) }
}

async fn binding(
    State(sim): State<OktaSim>,
    Path((set, role)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let (set, role) = find_binding(&state, &set, &role)?;
    let href = format!("{}/api/v1/iam/resource-sets/{set}", origin(&parts));
    let here = format!("{href}/bindings/{role}");
    Ok(Json(json!({ "id": role, "_links": {
        "self": { "href": here }, "bindings": { "href": format!("{href}/bindings") },
        "resource-set": { "href": href },
    } }))
    .into_response())
}

async fn members(
    State(sim): State<OktaSim>,
    Path((set, role)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let (set, role) = find_binding(&state, &set, &role)?;
    let origin = origin(&parts);
    let members: Vec<Value> = bound(&state, &set)
        .filter(|assignment| text(assignment, "role") == role)
        .map(|assignment| {
            let folder = if text(assignment, "assignmentType") == "USER" { "users" } else { "groups" };
            let href = format!("{origin}/api/v1/{folder}/{}", text(assignment, "assignee"));
            json!({
                "id": text(assignment, "id"), "created": assignment["created"], "lastUpdated": assignment["lastUpdated"],
                "_links": { "self": { "href": href } },
            })
        })
        .collect();
    let href = format!("{origin}/api/v1/iam/resource-sets/{set}/bindings/{role}");
    Ok(Json(json!({ "members": members, "_links": { "binding": { "href": href } } })).into_response())
}
