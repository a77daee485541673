//! The paths of the simulated org, the guard around them, and the handlers of sessions.

use super::error::ApiError;
use super::limits::Bucket;
use super::made_by::{CURRENT, Made};
use super::{
    OktaSim, app_groups, app_users, apps, auth, bulk, group_paths, ids, lifecycle, logs, organization, token,
    user_changes, users,
};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, MatchedPath, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, post, put};
use axum::{Json, Router};
use flowrun_kit::sim::faulty;

type Answer = Result<Response, ApiError>;

/// The whole org behind its guard and its faults.
pub fn router(sim: OktaSim) -> Router {
    let source = "/api/v1/identity-sources/{source}";
    let user =
        get(users::read).post(user_changes::update).put(user_changes::replace).delete(user_changes::delete);
    let group = get(group_paths::read).put(group_paths::replace).delete(group_paths::delete);
    let app_user = get(app_users::read).post(not_simulated).delete(app_users::remove);
    let app_group =
        get(not_simulated).put(app_groups::assign).patch(not_simulated).delete(app_groups::remove);
    let router = Router::new()
        .route(&format!("{source}/sessions"), get(list_sessions).post(create_session))
        .route(&format!("{source}/sessions/{{session}}"), get(read_session).delete(cancel_session))
        .route(&format!("{source}/sessions/{{session}}/bulk-upsert"), post(bulk_upsert))
        .route(&format!("{source}/sessions/{{session}}/bulk-delete"), post(bulk_delete))
        .route(&format!("{source}/sessions/{{session}}/start-import"), post(start_import))
        .route(&format!("{source}/sessions/{{session}}/{{upload}}"), post(other_upload))
        .route(&format!("{source}/users"), any(not_simulated))
        .route(&format!("{source}/users/{{user}}"), any(not_simulated))
        .route(&format!("{source}/groups"), any(not_simulated))
        .route(&format!("{source}/groups/{{*group}}"), any(not_simulated))
        .route("/api/v1/users", get(users::list).post(user_changes::create))
        .route("/api/v1/users/me", get(users::me))
        .route("/api/v1/users/{user}", user)
        .route("/api/v1/users/{user}/lifecycle/{operation}", post(lifecycle::run))
        .route("/api/v1/users/{user}/sessions", delete(user_changes::clear_sessions))
        .route("/api/v1/users/{user}/groups", get(group_paths::of_user))
        .route("/api/v1/users/{user}/{*rest}", any(not_simulated))
        .route("/api/v1/logs", get(logs::list))
        .route("/api/v1/groups", get(group_paths::list).post(group_paths::create))
        .route("/api/v1/groups/{group}", group)
        .route("/api/v1/groups/{group}/users", get(group_paths::members))
        .route("/api/v1/groups/{group}/users/{user}", put(group_paths::add).delete(group_paths::remove))
        .route("/api/v1/groups/{group}/{*rest}", any(not_simulated))
        .route("/api/v1/apps", get(apps::list).post(not_simulated))
        .route("/api/v1/apps/{app}", get(apps::read).put(not_simulated).delete(not_simulated))
        .route("/api/v1/apps/{app}/users", get(app_users::list).post(app_users::assign))
        .route("/api/v1/apps/{app}/users/{user}", app_user)
        .route("/api/v1/apps/{app}/groups", get(app_groups::list))
        .route("/api/v1/apps/{app}/groups/{group}", app_group)
        .route("/api/v1/apps/{app}/{*rest}", any(not_simulated))
        // Not fallbacks: a router with one could not be merged with another vendor's.
        .route("/api/{*path}", any(no_path))
        .route(token::PATH, post(token::issue))
        .route("/oauth2/{*path}", any(no_path))
        .route(organization::PATH, get(organization::describe))
        .method_not_allowed_fallback(no_method)
        .layer(DefaultBodyLimit::max(super::sent::MOST_READ))
        .layer(from_fn_with_state(sim.clone(), guard))
        .with_state(sim.clone());
    faulty(router, sim.clone()).layer(from_fn_with_state(sim, sign))
}

/// Writes what every answer has, whatever became of the request.
async fn sign(State(sim): State<OktaSim>, mut request: Request, next: Next) -> Response {
    if request.extensions().get::<MatchedPath>().is_none() {
        return next.run(request).await;
    }
    let number = sim.next_request();
    request.extensions_mut().insert(RequestNumber(number));
    let mut response = next.run(request).await;
    sim.sign(response.headers_mut(), number);
    response
}

/// The number of a request among all, of which its id is made.
#[derive(Clone, Copy)]
struct RequestNumber(u32);

/// Counts the request against its limit, checks its token, and says what is left of the limit.
async fn guard(State(sim): State<OktaSim>, request: Request, next: Next) -> Response {
    if request.extensions().get::<MatchedPath>().is_none() {
        // Not one of Okta's paths: on a port shared with another vendor this is nobody's.
        return next.run(request).await;
    }
    let bucket = Bucket::of(request.method(), request.uri().path());
    let quota = sim.take(bucket);
    let (parts, body) = request.into_parts();
    let number = parts.extensions.get::<RequestNumber>().map_or(0, |number| number.0);
    let made = Made::by(&sim, &parts, number);
    let response = if !quota.allowed {
        CURRENT.sync_scope(made, || sim.note_violation(bucket, &quota));
        ApiError::too_many().into_response()
    } else if let Err(error) = auth::authorize(&sim, &parts) {
        error.into_response()
    } else {
        CURRENT.scope(made, next.run(Request::from_parts(parts, body))).await
    };
    let mut response = match response.extensions().get::<ApiError>() {
        Some(error) => sim.error(error),
        None => response,
    };
    quota.write_okta_headers(response.headers_mut());
    response
}

async fn no_path() -> ApiError {
    ApiError::no_path()
}

async fn no_method() -> ApiError {
    ApiError::no_method()
}

async fn not_simulated() -> ApiError {
    ApiError::not_simulated()
}

/// Groups, memberships and devices are uploaded like users.
async fn other_upload(Path((_, _, upload)): Path<(String, String, String)>) -> ApiError {
    match upload.as_str() {
        "bulk-groups-upsert"
        | "bulk-groups-delete"
        | "bulk-group-memberships-upsert"
        | "bulk-group-memberships-delete"
        | "bulk-devices-upsert"
        | "bulk-devices-delete" => ApiError::not_simulated(),
        _ => ApiError::no_path(),
    }
}

async fn list_sessions(State(sim): State<OktaSim>, Path(source): Path<String>) -> Answer {
    sim.check_source(&source)?;
    let state = sim.state();
    let active = state.sessions.all().iter().filter(|session| session.status.is_active());
    let bodies: Vec<_> = active.map(|session| session.body(&source)).collect();
    Ok(Json(bodies).into_response())
}

async fn create_session(State(sim): State<OktaSim>, Path(source): Path<String>) -> Answer {
    sim.check_source(&source)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let session = state.sessions.create(now_ms, &mut state.log)?;
    Ok((StatusCode::CREATED, Json(session.body(&source))).into_response())
}

async fn read_session(State(sim): State<OktaSim>, Path((source, session)): Path<(String, String)>) -> Answer {
    sim.check_source(&source)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let session = state.sessions.find(&session, now_ms)?;
    Ok(Json(session.body(&source)).into_response())
}

async fn cancel_session(
    State(sim): State<OktaSim>,
    Path((source, session)): Path<(String, String)>,
) -> Answer {
    sim.check_source(&source)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    state.sessions.cancel(&session, now_ms, &mut state.log)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn bulk_upsert(sim: State<OktaSim>, path: Path<(String, String)>, body: Bytes) -> Answer {
    load(sim, path, &body, false)
}

async fn bulk_delete(sim: State<OktaSim>, path: Path<(String, String)>, body: Bytes) -> Answer {
    load(sim, path, &body, true)
}

fn load(State(sim): State<OktaSim>, Path(path): Path<(String, String)>, body: &[u8], delete: bool) -> Answer {
    let (source, session) = path;
    sim.check_source(&source)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    state.sessions.accepts(&session, now_ms)?;
    let loads = bulk::read(body, delete, &mut state.directory)?;
    state.sessions.load(&session, loads, now_ms, &state.directory, &mut state.log)?;
    Ok(StatusCode::ACCEPTED.into_response())
}

async fn start_import(State(sim): State<OktaSim>, Path((source, session)): Path<(String, String)>) -> Answer {
    sim.check_source(&source)?;
    let now_ms = sim.now_ms();
    let mut state = sim.state();
    let state = &mut *state;
    let session = state.sessions.start(&session, now_ms, &mut state.log)?;
    Ok(Json(session.body(&source)).into_response())
}
