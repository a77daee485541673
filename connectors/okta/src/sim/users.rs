//! `GET /api/v1/users` and `GET /api/v1/users/{idOrLogin}`.

use super::OktaSim;
use super::directory::{Directory, User, UserStatus};
use super::error::ApiError;
use super::expressions::{Expr, Field, USERS_FILTER, USERS_SEARCH};
use super::fields::Fields;
use super::ids::{id, iso_seconds, number};
use super::paging::{Asked, origin};
use super::profile::InDirectory;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::cmp::Reverse;

/// The id of the one user type there is.
pub const USER_TYPE: &str = "oty1simulated0type05d7";

/// The largest page.
const MAX_PAGE: usize = 200;

/// The last list that was sorted, so that its further pages need not sort again.
#[derive(Default)]
pub struct Sorted {
    query: String,
    version: u64,
    order: Vec<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserBody<'a> {
    id: String,
    status: &'static str,
    created: String,
    activated: Option<String>,
    status_changed: String,
    last_login: Option<String>,
    last_updated: String,
    password_changed: Option<String>,
    r#type: UserType,
    profile: InDirectory<'a>,
    credentials: Credentials<'a>,
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Serialize)]
struct UserType {
    id: &'static str,
}

#[derive(Serialize)]
struct Credentials<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<Password>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_question: Option<Question<'a>>,
    provider: Provider<'a>,
}

/// What is asked when a password is forgotten; the answer is told to nobody.
#[derive(Serialize)]
struct Question<'a> {
    question: &'a str,
}

/// That there is a password; nobody is told which.
#[derive(Serialize)]
struct Password {}

#[derive(Serialize)]
struct Provider<'a> {
    r#type: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct Links {
    #[serde(rename = "self")]
    this: Link,
}

#[derive(Serialize)]
struct Link {
    href: String,
}

/// A user as Okta shows one.
pub fn body<'a>(number: u32, user: &'a User, origin: &str, now_ms: i64) -> UserBody<'a> {
    let id = id("00u", number);
    let told = user.told.as_deref();
    let usual = if user.external.is_some() { "IMPORT" } else { "OKTA" };
    let (kind, name) = match told.and_then(|told| told.provider.as_ref()) {
        Some((kind, name)) => (kind.as_str(), name.as_deref().unwrap_or(kind)),
        None => (usual, usual),
    };
    UserBody {
        status: user.status.as_str(),
        created: iso_seconds(user.created_ms),
        activated: user.activated_ms.map(iso_seconds),
        status_changed: iso_seconds(user.changed_ms),
        last_login: last_login_ms(number, user, now_ms).map(iso_seconds),
        last_updated: iso_seconds(user.updated_ms),
        password_changed: user.password_ms.map(iso_seconds),
        r#type: UserType { id: USER_TYPE },
        profile: InDirectory(&user.profile),
        credentials: Credentials {
            password: user.password_ms.map(|_| Password {}),
            recovery_question: told
                .and_then(|told| told.question.as_deref())
                .map(|question| Question { question }),
            provider: Provider { r#type: kind, name },
        },
        links: Links { this: Link { href: format!("{origin}/api/v1/users/{id}") } },
        id,
    }
}

/// When a user last logged in: whoever is in use for a day has, but one in ten. The simulator's own, for what reads it.
fn last_login_ms(number: u32, user: &User, now_ms: i64) -> Option<i64> {
    const DAY_MS: i64 = 24 * 3_600_000;
    if user.login_ms.is_some() {
        return user.login_ms;
    }
    let since_ms = user.activated_ms.unwrap_or(user.created_ms).max(user.created_ms);
    let chance = flowrun_core::chance::mix(u64::from(number));
    let has = user.status == UserStatus::Active && since_ms + DAY_MS <= now_ms && !chance.is_multiple_of(10);
    has.then(|| since_ms + (chance >> 8) as i64 % DAY_MS)
}

fn field<'a>(number: u32, user: &'a User, name: &str) -> Field<'a> {
    match name {
        "id" => Field::Text(Cow::Owned(id("00u", number))),
        "status" => Field::Text(Cow::Borrowed(user.status.as_str())),
        "type.id" => Field::Text(Cow::Borrowed(USER_TYPE)),
        "created" => Field::seconds(user.created_ms),
        "activated" => user.activated_ms.map_or(Field::Absent, Field::seconds),
        "lastUpdated" => Field::seconds(user.updated_ms),
        "statusChanged" => Field::seconds(user.changed_ms),
        _ => {
            let Some(name) = name.strip_prefix("profile.") else { return Field::Absent };
            let text = user.profile.get_in_directory(name).map(Cow::Borrowed);
            let typed = || user.profile.typed(name).map_or(Field::Absent, typed_field);
            text.map_or_else(typed, Field::Text)
        }
    }
}

/// An attribute that isn't a text. Of a list each element counts (OpenAPI, `search` of users).
pub fn typed_field<'a>(value: &Value) -> Field<'a> {
    match value {
        Value::Null => Field::Absent,
        Value::Bool(truth) => Field::Truth(*truth),
        Value::Number(number) => number.as_f64().map_or(Field::Absent, Field::Number),
        Value::String(text) => Field::Text(Cow::Owned(text.clone())),
        Value::Array(list) => Field::Texts(
            list.iter().map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned)).collect(),
        ),
        Value::Object(_) => Field::Text(Cow::Owned(value.to_string())),
    }
}

/// Which users a request wants.
enum Wanted {
    All,
    Matching(Expr),
    Starting(String),
}

impl Wanted {
    fn read(asked: &Asked) -> Result<Wanted, ApiError> {
        match (asked.get("search"), asked.get("filter"), asked.get("q")) {
            (None, None, None) => Ok(Wanted::All),
            (Some(search), None, None) => Expr::parse(search, &USERS_SEARCH).map(Wanted::Matching),
            (None, Some(filter), None) => Expr::parse(filter, &USERS_FILTER).map(Wanted::Matching),
            (None, None, Some(q)) => Ok(Wanted::Starting(q.to_lowercase())),
            _ => Err(ApiError::two_criteria()),
        }
    }

    /// Only expressions find users who were deactivated.
    fn includes(&self, number: u32, user: &User) -> bool {
        match self {
            Wanted::Matching(expr) => expr.matches(&|name| field(number, user, name)),
            _ if user.status == UserStatus::Deprovisioned => false,
            Wanted::All => true,
            Wanted::Starting(start) => ["firstName", "lastName", "email"]
                .iter()
                .filter_map(|name| user.profile.get(name))
                .any(|text| text.to_lowercase().starts_with(start)),
        }
    }
}

/// A page of users, with the cursor of the next one.
pub async fn list(State(sim): State<OktaSim>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let asked = Asked::read(&parts)?;
    let wanted = Wanted::read(&asked)?;
    let fields = asked.get("fields").map(Fields::read).transpose()?;
    let now_ms = sim.now_ms();
    let limit = asked.limit(1, if asked.get("q").is_some() { 10 } else { MAX_PAGE }, MAX_PAGE)?;
    let mut state = sim.state();
    let state = &mut *state;

    // Okta sorts the results of a search only.
    let (page, next) = match asked.get("sortBy").filter(|_| asked.get("search").is_some()) {
        Some(sort_by) => {
            let descending = asked.get("sortOrder").is_some_and(|order| order.eq_ignore_ascii_case("desc"));
            let query = asked.without_page();
            let directory = &state.directory;
            if state.sorted.query != query || state.sorted.version != directory.version() {
                let order = sort(directory, &wanted, sort_by, descending)?;
                state.sorted = Sorted { query, version: directory.version(), order };
            }
            sorted_page(&state.sorted.order, asked.get("after"), limit)?
        }
        None => page(&state.directory, &wanted, asked.get("after"), limit)?,
    };
    let next = next.filter(|_| !matches!(wanted, Wanted::Starting(_)));
    let origin = asked.origin();
    let users: Vec<UserBody<'_>> = page
        .into_iter()
        .filter_map(|number| Some(body(number, state.directory.get(number)?, origin, now_ms)))
        .collect();
    // Not by `Json`, whose buffer takes every piece of a page one by one at twice the cost.
    let text = match fields {
        None => serde_json::to_vec(&users),
        Some(fields) => serde_json::to_value(&users).and_then(|users| {
            let users = users.as_array().cloned().unwrap_or_default();
            serde_json::to_vec(&users.into_iter().map(|user| fields.of(user)).collect::<Vec<_>>())
        }),
    };
    let text = text.map_err(|_| ApiError::internal())?;
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((asked.links(limit, next.as_deref()), json, text).into_response())
}

/// The users after the cursor, which is the id of the last one seen: no earlier user is looked at again.
fn page(
    directory: &Directory,
    wanted: &Wanted,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<u32>, Option<String>), ApiError> {
    let from = match after {
        None => 0,
        Some(cursor) => after_user(cursor)?,
    };
    let found = directory.users(from).filter(|(number, user)| wanted.includes(*number, user));
    let mut page: Vec<u32> = found.map(|(number, _)| number).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|&last| id("00u", last));
    Ok((page, next))
}

/// Where the page begins whose cursor is the id of the last user seen.
pub fn after_user(cursor: &str) -> Result<u32, ApiError> {
    Ok(number("00u", cursor).ok_or_else(ApiError::bad_paging)? + 1)
}

fn sorted_page(
    order: &[u32],
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<u32>, Option<String>), ApiError> {
    let start: usize = after.map_or(Ok(0), str::parse).map_err(|_| ApiError::bad_paging())?;
    let end = (start.saturating_add(limit)).min(order.len());
    let page = order.get(start..end).unwrap_or_default().to_vec();
    Ok((page, (end < order.len()).then(|| end.to_string())))
}

fn sort(directory: &Directory, wanted: &Wanted, by: &str, descending: bool) -> Result<Vec<u32>, ApiError> {
    let known = ["id", "status", "created", "activated", "lastUpdated", "statusChanged"];
    if !known.contains(&by) && !by.starts_with("profile.") {
        return Err(ApiError::bad_criteria(format!("users cannot be sorted by {by}")));
    }
    let found = directory.users(0).filter(|(number, user)| wanted.includes(*number, user));
    let mut keyed: Vec<((i64, String), u32)> = found
        .map(|(number, user)| match field(number, user, by) {
            Field::Time(at_ms) => ((at_ms, String::new()), number),
            Field::Text(text) => ((0, text.to_lowercase()), number),
            _ => ((0, String::new()), number),
        })
        .collect();
    if descending {
        keyed.sort_by_cached_key(|(key, _)| Reverse(key.clone()));
    } else {
        keyed.sort();
    }
    Ok(keyed.into_iter().map(|(_, number)| number).collect())
}

/// The user with this id or login.
pub fn find<'d>(directory: &'d Directory, user: &str) -> Result<(u32, &'d User), ApiError> {
    let found = directory.find(user).and_then(|number| Some((number, directory.get(number)?)));
    found.ok_or_else(|| ApiError::missing(user, "User"))
}

/// One user, by id or login.
pub async fn read(
    State(sim): State<OktaSim>,
    Path(user): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let now_ms = sim.now_ms();
    let state = sim.state();
    let (number, user) = find(&state.directory, &user)?;
    let tag = [(header::ETAG, etag(number, user))];
    Ok((tag, Json(body(number, user, &origin(&parts), now_ms))).into_response())
}

/// Which version of a user this is (OpenAPI, getUser: header `Etag`; its form is that of the file's example).
pub fn etag(number: u32, user: &User) -> String {
    let version = format!("{number} {} {} {:?}", user.updated_ms, user.changed_ms, user.status);
    let profile = serde_json::to_string(&InDirectory(&user.profile)).unwrap_or_default();
    format!("W/\"{:016x}\"", flowrun_core::chance::mix(fnv(version.bytes().chain(profile.bytes()))))
}

/// FNV-1a: the same in every run.
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The owner of the API token: an administrator who is not among the listed users.
pub async fn me(State(sim): State<OktaSim>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let at = iso_seconds(sim.started_ms());
    let id = id("00u", u32::MAX);
    Json(json!({
        "id": id,
        "status": UserStatus::Active.as_str(),
        "created": at,
        "activated": at,
        "statusChanged": at,
        "lastLogin": null,
        "lastUpdated": at,
        "passwordChanged": null,
        "type": { "id": USER_TYPE },
        "profile": {
            "login": "api.client@example.com",
            "email": "api.client@example.com",
            "firstName": "API",
            "lastName": "Client",
            "secondEmail": null,
            "mobilePhone": null,
        },
        "credentials": { "provider": { "type": "OKTA", "name": "OKTA" } },
        "_links": { "self": { "href": format!("{}/api/v1/users/{id}", origin(&parts)) } },
    }))
    .into_response()
}
