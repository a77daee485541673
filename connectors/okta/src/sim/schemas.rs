//! Profile schemas and user types: `/api/v1/meta` (OpenAPI, tags Schema and UserType).

use super::error::ApiError;
use super::ids::iso_seconds;
use super::kinds::Kind;
use super::log::About;
use super::paging::origin;
use super::things::Thing;
use super::user_changes::read as read_body;
use super::users::USER_TYPE;
use super::{OktaSim, State as Org};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use flowrun_kit::sim::{Endpoint, get, post};
use serde_json::{Value, json};

type Answer = Result<Response, ApiError>;

/// The most custom attributes.
const MOST: usize = 1_000;

/// The endpoints of schemas and types.
#[rustfmt::skip]
pub fn endpoints() -> [Endpoint<OktaSim>; 7] {
    [
        get("/api/v1/meta/schemas/user/{schemaId}", user),
        post("/api/v1/meta/schemas/user/{schemaId}", change_user),
        get("/api/v1/meta/schemas/group/default", group),
        post("/api/v1/meta/schemas/group/default", change_group),
        get("/api/v1/meta/schemas/apps/{appId}/default", app),
        get("/api/v1/meta/types/user", types),
        get("/api/v1/meta/types/user/{typeId}", read_type),
    ]
}

/// The custom attributes of users and of groups.
#[derive(Default)]
pub struct Schemas {
    user: Thing,
    group: Thing,
    changed_ms: Option<i64>,
}

/// The base attributes of users: name, title, least and most letters, whether required (OpenAPI, UserSchemaBaseProperties; lengths as
/// in developer.okta.com/docs/api, "Default profile properties").
const USER: [(&str, &str, u32, u32, bool); 31] = [
    ("login", "Username", 5, 100, true),
    ("email", "Primary email", 5, 100, true),
    ("secondEmail", "Secondary email", 5, 100, false),
    ("firstName", "First name", 1, 50, true),
    ("lastName", "Last name", 1, 50, true),
    ("middleName", "Middle name", 0, 0, false),
    ("honorificPrefix", "Honorific prefix", 0, 0, false),
    ("honorificSuffix", "Honorific suffix", 0, 0, false),
    ("title", "Title", 0, 0, false),
    ("displayName", "Display name", 0, 0, false),
    ("nickName", "Nickname", 0, 0, false),
    ("profileUrl", "Profile Url", 0, 0, false),
    ("primaryPhone", "Primary phone", 0, 100, false),
    ("mobilePhone", "Mobile phone", 0, 100, false),
    ("streetAddress", "Street address", 0, 0, false),
    ("city", "City", 0, 0, false),
    ("state", "State", 0, 0, false),
    ("zipCode", "Zip code", 0, 0, false),
    ("countryCode", "Country code", 0, 0, false),
    ("postalAddress", "Postal Address", 0, 0, false),
    ("preferredLanguage", "Preferred language", 0, 0, false),
    ("locale", "Locale", 0, 0, false),
    ("timezone", "Time zone", 0, 0, false),
    ("userType", "User type", 0, 0, false),
    ("employeeNumber", "Employee number", 0, 0, false),
    ("costCenter", "Cost center", 0, 0, false),
    ("organization", "Organization", 0, 0, false),
    ("division", "Division", 0, 0, false),
    ("department", "Department", 0, 0, false),
    ("managerId", "ManagerId", 0, 0, false),
    ("manager", "Manager", 0, 0, false),
];

fn attribute(title: &str, least: u32, most: u32, required: bool) -> Value {
    let mut attribute = json!({
        "title": title, "type": "string", "mutability": "READ_WRITE", "scope": "NONE",
        "permissions": [{ "principal": "SELF", "action": "READ_ONLY" }], "master": { "type": "PROFILE_MASTER" },
    });
    if required {
        attribute["required"] = json!(true);
    }
    if least > 0 {
        attribute["minLength"] = json!(least);
    }
    if most > 0 {
        attribute["maxLength"] = json!(most);
    }
    attribute
}

/// A schema of base and custom attributes.
fn schema(
    state: &Org,
    sim: &OktaSim,
    href: &str,
    name: &str,
    title: &str,
    base: Value,
    custom: Value,
) -> Value {
    let required: Vec<String> = base
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, attribute)| attribute["required"] == true)
        .map(|(name, _)| name.clone())
        .collect();
    json!({
        "id": href,
        "$schema": "http://json-schema.org/draft-04/schema#",
        "name": name,
        "title": title,
        "type": "object",
        "created": iso_seconds(sim.started_ms()),
        "lastUpdated": iso_seconds(state.schemas.changed_ms.unwrap_or(sim.started_ms())),
        "definitions": {
            "custom": { "id": "#custom", "type": "object", "properties": custom, "required": [] },
            "base": { "id": "#base", "type": "object", "properties": base, "required": required },
        },
        "properties": { "profile": { "allOf": [{ "$ref": "#/definitions/custom" }, { "$ref": "#/definitions/base" }] } },
        "_links": { "self": { "href": href, "method": "GET", "rel": "self" } },
    })
}

fn user_schema(sim: &OktaSim, state: &Org, origin: &str) -> Value {
    let base: Thing = USER
        .iter()
        .map(|(name, title, least, most, required)| {
            ((*name).to_owned(), attribute(title, *least, *most, *required))
        })
        .collect();
    let href = format!("{origin}/api/v1/meta/schemas/user/{SCHEMA}");
    schema(state, sim, &href, "user", "User", json!(base), json!(state.schemas.user))
}

/// The id of the schema of the one user type.
const SCHEMA: &str = "osc1simulated0sch05d7";

fn is_known(id: &str) -> Result<(), ApiError> {
    if matches!(id, "default" | SCHEMA) { Ok(()) } else { Err(ApiError::missing(id, "Schema")) }
}

async fn user(State(sim): State<OktaSim>, Path(id): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    is_known(&id)?;
    Ok(Json(user_schema(&sim, &sim.state(), &origin(&parts))).into_response())
}

/// Adds, changes or, by null, removes custom attributes.
fn change(custom: &mut Thing, base: &[&str], sent: &Thing) -> Result<(), ApiError> {
    let sent = Value::Object(sent.clone());
    let properties = sent["definitions"]["custom"]["properties"].as_object().cloned().unwrap_or_default();
    let mut changed = custom.clone();
    for (name, attribute) in properties {
        if base.contains(&name.as_str()) {
            return Err(super::sent::taken(&name));
        }
        if attribute.is_null() {
            changed.remove(&name);
            continue;
        }
        let mut attribute = attribute.as_object().cloned().ok_or_else(ApiError::malformed)?;
        let kind = attribute.get("type").and_then(Value::as_str).unwrap_or_default();
        if !matches!(kind, "string" | "boolean" | "number" | "integer" | "array") {
            return Err(ApiError::invalid(&name, format!("{name}: The type is not supported: '{kind}'.")));
        }
        for (key, value) in [("mutability", json!("READ_WRITE")), ("scope", json!("NONE"))] {
            attribute.entry(key).or_insert(value);
        }
        changed.insert(name, Value::Object(attribute));
    }
    if changed.len() > MOST {
        return Err(ApiError::invalid("definitions", format!("There may be {MOST} custom attributes.")));
    }
    *custom = changed;
    Ok(())
}

async fn change_user(State(sim): State<OktaSim>, Path(id): Path<String>, request: Request) -> Answer {
    let (parts, sent) = read_body(request).await?;
    is_known(&id)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    change(&mut state.schemas.user, &USER.map(|(name, ..)| name), &sent)?;
    state.schemas.changed_ms = Some(now_ms);
    state.log.note(now_ms, Kind::SchemaUpdate, About::default());
    Ok(Json(user_schema(&sim, state, &origin(&parts))).into_response())
}

fn group_schema(sim: &OktaSim, state: &Org, origin: &str) -> Value {
    let base = json!({
        "name": attribute("Name", 0, 255, true), "description": attribute("Description", 0, 1024, false),
    });
    let href = format!("{origin}/api/v1/meta/schemas/group/default");
    schema(state, sim, &href, "group", "Okta group", base, json!(state.schemas.group))
}

async fn group(State(sim): State<OktaSim>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    Ok(Json(group_schema(&sim, &sim.state(), &origin(&parts))).into_response())
}

async fn change_group(State(sim): State<OktaSim>, request: Request) -> Answer {
    let (parts, sent) = read_body(request).await?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    change(&mut state.schemas.group, &["name", "description"], &sent)?;
    state.schemas.changed_ms = Some(now_ms);
    Ok(Json(group_schema(&sim, state, &origin(&parts))).into_response())
}

/// An application's users have a name there.
async fn app(State(sim): State<OktaSim>, Path(app): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    sim.application(&state, &app)?;
    let base = json!({ "userName": attribute("Username", 5, 100, true) });
    let href = format!("{}/api/v1/meta/schemas/apps/{app}/default", origin(&parts));
    Ok(Json(schema(&state, &sim, &href, "app_user", "App User", base, json!({}))).into_response())
}

fn user_type(sim: &OktaSim, origin: &str) -> Value {
    let at = iso_seconds(sim.started_ms());
    let by = super::ids::id("00u", u32::MAX);
    json!({
        "id": USER_TYPE, "name": "user", "displayName": "User", "description": "Okta user profile template with default permission settings",
        "default": true, "created": at, "lastUpdated": at, "createdBy": by, "lastUpdatedBy": by,
        "_links": {
            "self": { "href": format!("{origin}/api/v1/meta/types/user/{USER_TYPE}"), "rel": "self", "method": "GET" },
            "schema": { "href": format!("{origin}/api/v1/meta/schemas/user/{SCHEMA}"), "rel": "schema", "method": "GET" },
        },
    })
}

async fn types(State(sim): State<OktaSim>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    Ok(Json(vec![user_type(&sim, &origin(&parts))]).into_response())
}

async fn read_type(State(sim): State<OktaSim>, Path(id): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    if !matches!(id.as_str(), "default" | USER_TYPE) {
        return Err(ApiError::missing(&id, "UserType"));
    }
    Ok(Json(user_type(&sim, &origin(&parts))).into_response())
}
