//! `/api/v1/apps/{app}/users`: the users of an application. For an identity source these are the users that it imported.

use super::applications::{Application, Grant};
use super::apps::Which;
use super::directory::{Directory, User, UserStatus};
use super::error::ApiError;
use super::ids::{id, iso_seconds, number};
use super::kinds::Kind;
use super::log::About;
use super::paging::{Asked, origin};
use super::profile::Profile;
use super::sent::{blank, part};
use super::user_changes::read as read_body;
use super::users::{after_user, body as user_body, find};
use super::{OktaSim, State as Org};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

type Answer = Result<Response, ApiError>;

/// The largest page, and the usual one.
const MAX_PAGE: usize = 500;
const PAGE: usize = 50;

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct AppUser<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    created: String,
    last_updated: String,
    scope: &'static str,
    status: &'static str,
    status_changed: String,
    password_changed: Option<String>,
    sync_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<Value>,
    profile: Attributes<'a>,
    #[serde(rename = "_links")]
    links: Value,
    #[serde(rename = "_embedded", skip_serializing_if = "Option::is_none")]
    embedded: Option<Value>,
}

impl AppUser<'_> {
    /// Whether one of four attributes begins so (OpenAPI, `q` of an application's users). Case doesn't count (a guess).
    fn begins(&self, start: &str) -> bool {
        let begins = |text: &str| text.to_lowercase().starts_with(start);
        let named = self.credentials.as_ref().and_then(|it| it["userName"].as_str()).is_some_and(begins);
        named
            || ["userName", "firstName", "lastName", "email"].iter().any(|name| {
                match &self.profile {
                    Attributes::Uploaded(profile) => profile.get(name),
                    Attributes::Granted(profile) => profile.get(*name).and_then(Value::as_str),
                }
                .is_some_and(begins)
            })
    }

    /// Shows the user beside it.
    fn embed(&mut self, directory: &Directory, origin: &str, now_ms: i64) {
        let found = number("00u", &self.id).and_then(|number| Some((number, directory.get(number)?)));
        let user = found.map(|(number, user)| user_body(number, user, origin, now_ms));
        self.embedded = user.map(|user| json!({ "user": user }));
    }
}

/// The application's own attributes of a user.
enum Attributes<'a> {
    /// Under the identity source's names.
    Uploaded(&'a Profile),
    /// As they were assigned.
    Granted(&'a Map<String, Value>),
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let profile = match self {
            Attributes::Granted(profile) => return profile.serialize(serializer),
            Attributes::Uploaded(profile) => profile,
        };
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in profile.attributes() {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

/// What a user is to the app; one who is deactivated is nothing there (help.okta.com, usgp-deactivate-user-account: assignments are
/// deleted).
fn status(user: &User) -> &'static str {
    match user.status {
        UserStatus::Suspended => "SUSPENDED",
        UserStatus::Staged => "STAGED",
        _ => "ACTIVE",
    }
}

fn links(origin: &str, app: &str, id: &str) -> Value {
    json!({
        "app": { "href": format!("{origin}/api/v1/apps/{app}") },
        "user": { "href": format!("{origin}/api/v1/users/{id}") },
    })
}

/// A user whom the identity source imported.
fn imported<'a>(
    directory: &'a Directory,
    number: u32,
    user: &'a User,
    origin: &str,
    app: &str,
) -> Option<AppUser<'a>> {
    let id = id("00u", number);
    if !user.sourced {
        return None;
    }
    Some(AppUser {
        external_id: Some(directory.external_id(user.external?)),
        created: iso_seconds(user.created_ms),
        last_updated: iso_seconds(user.updated_ms),
        scope: "USER",
        status: status(user),
        status_changed: iso_seconds(user.changed_ms),
        password_changed: None,
        sync_state: "SYNCHRONIZED",
        credentials: None,
        profile: Attributes::Uploaded(&user.profile),
        embedded: None,
        links: links(origin, app, &id),
        id,
    })
}

/// A user who is assigned, by themselves or through a group.
fn assigned<'a>(
    state: &'a Org,
    application: &'a Application,
    number: u32,
    origin: &str,
    app: &str,
) -> Option<AppUser<'a>> {
    let user = state.directory.get(number).filter(|user| user.status != UserStatus::Deprovisioned)?;
    let (grant, through) = application.grant(number, &state.groups)?;
    let id = id("00u", number);
    let name = grant.user_name.as_deref().or_else(|| user.profile.get("userName"));
    let mut credentials = json!({ "userName": name });
    if grant.password_ms.is_some() {
        credentials["password"] = json!({});
    }
    Some(AppUser {
        external_id: None,
        created: iso_seconds(grant.created_ms),
        last_updated: iso_seconds(grant.updated_ms),
        scope: if through.is_some() { "GROUP" } else { "USER" },
        status: status(user),
        status_changed: iso_seconds(grant.created_ms.max(user.changed_ms)),
        password_changed: grant.password_ms.map(iso_seconds),
        sync_state: "DISABLED",
        credentials: Some(credentials),
        profile: Attributes::Granted(&grant.profile),
        embedded: None,
        links: links(origin, app, &id),
        id,
    })
}

/// A page of an application's users.
pub async fn list(State(sim): State<OktaSim>, Path(app): Path<String>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let which = sim.application(&state, &app)?;
    let asked = Asked::read(&parts)?;
    let limit = asked.limit(1, PAGE, MAX_PAGE)?;
    let from = asked.get("after").map_or(Ok(0), after_user)?;
    let now_ms = sim.now_ms();
    let embeds = embeds(&asked)?;
    let (directory, origin) = (&state.directory, asked.origin());
    let start = asked.get("q").map(str::to_lowercase);
    let wanted = |user: &AppUser<'_>| start.as_ref().is_none_or(|start| user.begins(start));
    let mut page: Vec<AppUser<'_>> = match which {
        Which::Source => {
            let users = directory.users(from);
            let shown = users.filter_map(|(number, user)| imported(directory, number, user, origin, &app));
            shown.filter(wanted).take(limit + 1).collect()
        }
        Which::Numbered(number) => {
            let application = state.applications.get(number).ok_or_else(ApiError::internal)?;
            let users = application.everybody(&state.groups, directory, from);
            users
                .filter_map(|user| assigned(&state, application, user, origin, &app))
                .filter(wanted)
                .take(limit + 1)
                .collect()
        }
    };
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|user| user.id.clone());
    if embeds {
        page.iter_mut().for_each(|user| user.embed(directory, origin, now_ms));
    }
    let text = serde_json::to_vec(&page).map_err(|_| ApiError::internal())?;
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((asked.links(limit, next.as_deref()), json, text).into_response())
}

/// One user of an application.
pub async fn read(
    State(sim): State<OktaSim>,
    Path((app, user)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let (parts, _) = request.into_parts();
    let state = sim.state();
    let which = sim.application(&state, &app)?;
    let missing = || ApiError::missing(&user, "AppUser");
    let number = state.directory.find(&user).ok_or_else(missing)?;
    let origin = origin(&parts);
    let embeds = embeds(&Asked::read(&parts)?)?;
    let now_ms = sim.now_ms();
    let found = match which {
        Which::Source => state
            .directory
            .get(number)
            .and_then(|user| imported(&state.directory, number, user, &origin, &app)),
        Which::Numbered(place) => state
            .applications
            .get(place)
            .and_then(|application| assigned(&state, application, number, &origin, &app)),
    };
    let mut found = found.ok_or_else(missing)?;
    if embeds {
        found.embed(&state.directory, &origin, now_ms);
    }
    Ok(Json(found).into_response())
}

/// Whether the users themselves are asked for: `expand=user`, the one value that OpenAPI has.
fn embeds(asked: &Asked) -> Result<bool, ApiError> {
    match asked.get("expand") {
        None => Ok(false),
        Some("user") => Ok(true),
        Some(other) => Err(ApiError::not_simulated(&format!("expand={other}"))),
    }
}

/// Assigns a user; one who is assigned already is assigned again.
pub async fn assign(State(sim): State<OktaSim>, Path(app): Path<String>, request: Request) -> Answer {
    let (parts, sent) = read_body(request).await?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let Which::Numbered(place) = sim.application(state, &app)? else {
        return Err(ApiError::not_simulated("assigning to an identity source"));
    };
    let Some(user) = sent.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) else {
        return Err(blank("id"));
    };
    let (number, found) = find(&state.directory, user)?;
    if found.status == UserStatus::Deprovisioned {
        return Err(ApiError::not_now());
    }
    let credentials = part(&sent, "credentials")?;
    let has_password = credentials.get("password").is_some_and(|password| !password.is_null());
    let grant = Grant {
        created_ms: now_ms,
        updated_ms: now_ms,
        priority: 0,
        user_name: credentials.get("userName").and_then(Value::as_str).map(str::to_owned),
        password_ms: has_password.then_some(now_ms),
        profile: part(&sent, "profile")?,
    };
    let application = state.applications.get_mut(place).ok_or_else(ApiError::internal)?;
    application.users.insert(number, grant);
    let about = About { user: Some(number), application: Some(place), ..About::default() };
    state.log.note(now_ms, Kind::AppUserAdd, about);
    let application = state.applications.get(place).ok_or_else(ApiError::internal)?;
    let shown = assigned(state, application, number, &origin(&parts), &app);
    Ok(Json(shown.ok_or_else(ApiError::internal)?).into_response())
}

/// Changes the profile or the credentials of a user's own assignment; what isn't told stays as it is. Of one that comes through a group a
/// profile makes it the user's own (a guess: OpenAPI says nothing of it).
pub async fn update(
    State(sim): State<OktaSim>,
    Path((app, user)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let (parts, sent) = read_body(request).await?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let Which::Numbered(place) = sim.application(state, &app)? else {
        return Err(ApiError::not_simulated("changing an identity source's users"));
    };
    let number = state.directory.find(&user).ok_or_else(|| ApiError::missing(&user, "AppUser"))?;
    let (profile, credentials) = (part(&sent, "profile")?, part(&sent, "credentials")?);
    let application = state.applications.get_mut(place).ok_or_else(ApiError::internal)?;
    let found = application.grant(number, &state.groups).map(|(grant, _)| grant.clone());
    let mut grant = found.ok_or_else(|| ApiError::missing(&user, "AppUser"))?;
    grant.profile.extend(profile);
    if let Some(name) = credentials.get("userName").and_then(Value::as_str) {
        grant.user_name = Some(name.to_owned());
    }
    if credentials.get("password").is_some_and(|password| !password.is_null()) {
        grant.password_ms = Some(now_ms);
    }
    grant.updated_ms = now_ms;
    application.users.insert(number, grant);
    let about = About { user: Some(number), application: Some(place), ..About::default() };
    state.log.note(now_ms, Kind::AppUserUpdate, about);
    let application = state.applications.get(place).ok_or_else(ApiError::internal)?;
    let shown = assigned(state, application, number, &origin(&parts), &app);
    Ok(Json(shown.ok_or_else(ApiError::internal)?).into_response())
}

/// Removes a user's own assignment; one that comes through a group can't be removed here.
pub async fn remove(State(sim): State<OktaSim>, Path((app, user)): Path<(String, String)>) -> Answer {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let Which::Numbered(place) = sim.application(state, &app)? else {
        return Err(ApiError::not_simulated("assigning to an identity source"));
    };
    let missing = || ApiError::missing(&user, "AppUser");
    let number = state.directory.find(&user).ok_or_else(missing)?;
    let application = state.applications.get_mut(place).ok_or_else(ApiError::internal)?;
    if application.users.remove(&number).is_none() {
        let through = application.grant(number, &state.groups).is_some();
        return Err(if through { ApiError::forbidden() } else { missing() });
    }
    let about = About { user: Some(number), application: Some(place), ..About::default() };
    state.log.note(now_ms, Kind::AppUserRemove, about);
    Ok(StatusCode::NO_CONTENT.into_response())
}
