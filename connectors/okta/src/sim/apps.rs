//! `GET /api/v1/apps/{app}/users`: whom the identity source brought into the org.

use super::OktaSim;
use super::directory::{User, UserStatus};
use super::error::ApiError;
use super::ids::{id, iso_seconds, number};
use super::paging::Asked;
use super::profile::Profile;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

/// The largest page, and the usual one.
const MAX_PAGE: usize = 500;
const PAGE: usize = 50;

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct AppUser<'a> {
    id: String,
    external_id: &'a str,
    created: String,
    last_updated: String,
    scope: &'static str,
    status: &'static str,
    status_changed: String,
    password_changed: Option<()>,
    sync_state: &'static str,
    profile: AsUploaded<'a>,
    #[serde(rename = "_links")]
    links: Value,
}

/// A profile under the identity source's own names.
struct AsUploaded<'a>(&'a Profile);

impl Serialize for AsUploaded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.0.attributes() {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

/// What a user is to the app: what a deactivated one is there is not documented, and a guess here.
fn status(user: &User) -> &'static str {
    match user.status {
        UserStatus::Deprovisioned => "DEPROVISIONED",
        UserStatus::Suspended => "SUSPENDED",
        UserStatus::Staged => "STAGED",
        _ => "ACTIVE",
    }
}

pub async fn users(
    State(sim): State<OktaSim>,
    Path(app): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    sim.check_source(&app)?;
    let (parts, _) = request.into_parts();
    let asked = Asked::read(&parts)?;
    let limit = asked.limit(1, PAGE, MAX_PAGE)?;
    let from = match asked.get("after") {
        None => 0,
        Some(cursor) => number("00u", cursor).ok_or_else(ApiError::bad_paging)? + 1,
    };
    let state = sim.state();
    let directory = &state.directory;
    let mut page: Vec<(u32, &User)> = directory.users(from).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|(number, _)| id("00u", *number));
    let origin = asked.origin();
    let users = page.into_iter().map(|(number, user)| {
        let id = id("00u", number);
        AppUser {
            external_id: directory.external_id(user.external),
            created: iso_seconds(user.created_ms),
            last_updated: iso_seconds(user.updated_ms),
            scope: "USER",
            status: status(user),
            status_changed: iso_seconds(user.changed_ms),
            password_changed: None,
            sync_state: "SYNCHRONIZED",
            profile: AsUploaded(&user.profile),
            links: json!({
                "app": { "href": format!("{origin}/api/v1/apps/{app}") },
                "user": { "href": format!("{origin}/api/v1/users/{id}") },
            }),
            id,
        }
    });
    let text = serde_json::to_vec(&users.collect::<Vec<_>>()).map_err(|_| ApiError::internal())?;
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((asked.links(limit, next.as_deref()), json, text).into_response())
}
