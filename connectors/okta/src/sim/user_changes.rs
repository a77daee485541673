//! `POST /api/v1/users`, and the changes of a user's profile and credentials.

use super::OktaSim;
use super::directory::{Told, UserStatus};
use super::error::ApiError;
use super::kinds::Kind;
use super::log::About;
use super::paging::{Asked, origin};
use super::profile::Profile;
use super::sent::{blank, object, part, taken};
use super::users::{body, etag, find};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

/// The shortest password; what else a policy may demand is not simulated.
const SHORTEST: usize = 8;
/// What Okta's own schema demands of a user, by the directory's names and by an identity source's.
const REQUIRED: [(&str, &str); 4] =
    [("login", "userName"), ("email", "email"), ("firstName", "firstName"), ("lastName", "lastName")];

/// Creates a user, in groups if they are named.
pub async fn create(State(sim): State<OktaSim>, request: Request) -> Result<Response, ApiError> {
    let (parts, sent) = read(request).await?;
    let asked = Asked::read(&parts)?;
    let activate = asked.get("activate") != Some("false");
    let profile = Profile::of_directory(&part(&sent, "profile")?);
    let (password, told) = (password(&sent)?, told(&sent)?);
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    check(&profile)?;
    if state.directory.find_login(profile.get("userName").unwrap_or_default()).is_some() {
        return Err(taken("login"));
    }
    let ids = sent.get("groupIds").and_then(Value::as_array).into_iter().flatten();
    let groups =
        ids.map(|id| state.groups.find(id.as_str().unwrap_or_default())).collect::<Result<Vec<_>, _>>()?;
    let status = match (activate, password) {
        (false, _) => UserStatus::Staged,
        (true, true) => UserStatus::Active,
        (true, false) => UserStatus::Provisioned,
    };
    let number = state.directory.create(profile, status, password, now_ms);
    state.directory.set_told(number, told);
    let about = About { user: Some(number), ..About::default() };
    state.log.note(now_ms, Kind::UserCreate, about);
    if activate {
        state.log.note(now_ms, Kind::UserActivate, about);
    }
    for group in groups {
        if let Some(found) = state.groups.get_mut(group) {
            found.members.insert(number);
            found.members_ms = now_ms;
            state.log.note(now_ms, Kind::MemberAdd, About { group: Some(group), ..about });
        }
    }
    answer(state, number, &parts, now_ms)
}

/// Changes what is mentioned.
pub async fn update(
    State(sim): State<OktaSim>,
    Path(user): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    change(&sim, &user, request, false).await
}

/// Replaces the whole profile: what is not mentioned is emptied.
pub async fn replace(
    State(sim): State<OktaSim>,
    Path(user): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    change(&sim, &user, request, true).await
}

async fn change(sim: &OktaSim, user: &str, request: Request, whole: bool) -> Result<Response, ApiError> {
    let (parts, sent) = read(request).await?;
    let newer = Profile::of_directory(&part(&sent, "profile")?);
    let password = password(&sent)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let (number, found) = find(&state.directory, user)?;
    let expected = parts.headers.get(header::IF_MATCH).map(|tag| tag.to_str().unwrap_or_default());
    if expected.is_some_and(|tag| tag != "*" && tag != etag(number, found)) {
        return Err(ApiError::changed());
    }
    if found.status == UserStatus::Deprovisioned {
        return Err(ApiError::not_now());
    }
    if found.sourced && sent.contains_key("profile") {
        return Err(ApiError::mastered());
    }
    let profile = if whole { newer } else { found.profile.updated_by(&newer) };
    check(&profile)?;
    let login = profile.get("userName").unwrap_or_default();
    if state.directory.find_login(login).is_some_and(|other| other != number) {
        return Err(taken("login"));
    }
    state.directory.set_profile(number, profile, now_ms);
    let about = About { user: Some(number), ..About::default() };
    state.log.note(now_ms, Kind::UserUpdate, about);
    if password {
        state.directory.set_password(number, now_ms);
        state.log.note(now_ms, Kind::PasswordUpdate, about);
    }
    answer(state, number, &parts, now_ms)
}

/// Deactivates a user, or deletes one who is deactivated.
pub async fn delete(State(sim): State<OktaSim>, Path(user): Path<String>) -> Result<Response, ApiError> {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let (number, found) = find(&state.directory, &user)?;
    let about = About { user: Some(number), ..About::default() };
    if found.status == UserStatus::Deprovisioned {
        state.directory.delete(number);
        state.groups.forget(number);
        state.applications.forget_user(number);
        state.log.note(now_ms, Kind::UserDelete, about);
    } else {
        state.directory.set_status(number, UserStatus::Deprovisioned, now_ms);
        state.applications.forget_user(number);
        state.log.note(now_ms, Kind::UserDeactivate, about);
    }
    Ok(axum::http::StatusCode::NO_CONTENT.into_response())
}

/// Ends all sessions of a user; there are none in a simulated org, so that only the log tells.
pub async fn clear_sessions(
    State(sim): State<OktaSim>,
    Path(user): Path<String>,
) -> Result<Response, ApiError> {
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let (number, _) = find(&state.directory, &user)?;
    state.log.note(now_ms, Kind::SessionsClear, About { user: Some(number), ..About::default() });
    Ok(axum::http::StatusCode::NO_CONTENT.into_response())
}

fn answer(state: &super::State, number: u32, parts: &Parts, now_ms: i64) -> Result<Response, ApiError> {
    let user = state.directory.get(number).ok_or_else(ApiError::internal)?;
    Ok(Json(body(number, user, &origin(parts), now_ms)).into_response())
}

/// The parts of a request, and its body.
pub async fn read(request: Request) -> Result<(Parts, Map<String, Value>), ApiError> {
    let (parts, body) = request.into_parts();
    let body: Bytes =
        axum::body::to_bytes(body, super::sent::MOST_READ).await.map_err(|_| ApiError::malformed())?;
    let sent = object(&body)?;
    Ok((parts, sent))
}

/// Whether a password is sent that may be one.
fn password(sent: &Map<String, Value>) -> Result<bool, ApiError> {
    let credentials = part(sent, "credentials")?;
    let given = match credentials.get("password") {
        None | Some(Value::Null) => return Ok(false),
        Some(Value::String(text)) => Some(text.as_str()),
        Some(other) => other.get("value").and_then(Value::as_str),
    };
    match given {
        Some(text) if text.chars().count() >= SHORTEST => Ok(true),
        _ => {
            let cause = format!(
                "password: Password requirements were not met. Password requirements: at least {SHORTEST} characters."
            );
            Err(ApiError::invalid("password", cause))
        }
    }
}

/// The recovery question, which needs an answer, and the provider (OpenAPI, UserCredentialsWritable). How Okta words refusals is a guess.
fn told(sent: &Map<String, Value>) -> Result<Option<Told>, ApiError> {
    let credentials = Value::Object(part(sent, "credentials")?);
    let (asked, provider) = (&credentials["recovery_question"], &credentials["provider"]);
    if asked.is_null() && provider.is_null() {
        return Ok(None);
    }
    let text = |of: &Value, key: &str| of[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let question = text(asked, "question");
    if !asked.is_null() && (question.is_none() || text(asked, "answer").is_none()) {
        let cause = "recovery_question: A question and its answer must be given";
        return Err(ApiError::invalid("recovery_question", cause));
    }
    let provider = text(provider, "type").map(|kind| (kind, text(provider, "name")));
    Ok(Some(Told { question, provider }))
}

/// What Okta's own schema has against a profile.
fn check(profile: &Profile) -> Result<(), ApiError> {
    for (field, name) in REQUIRED {
        if profile.get(name).is_none_or(|text| text.trim().is_empty()) {
            return Err(blank(field));
        }
    }
    if !profile.get("userName").unwrap_or_default().contains('@') {
        return Err(ApiError::invalid("login", "login: Username must be in the form of an email address"));
    }
    match profile.violation() {
        Some(violation) => {
            let field = violation.split(':').next().unwrap_or_default().replace("userName", "login");
            Err(ApiError::invalid(&field, violation.replace("userName", "login")))
        }
        None => Ok(()),
    }
}
