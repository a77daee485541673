//! The endpoints of the simulated org, and the guard around them.

use super::error::ApiError;
use super::limits::Bucket;
use super::made_by::{CURRENT, Made};
use super::{
    OktaSim, app_changes, app_groups, app_users, apps, assigned, auth, devices, event_hooks, factors,
    group_paths, iam, lifecycle, logs, organization, roles, rules, schemas, session_paths, token,
    user_changes, users,
};
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use flowrun_kit::sim::{Api, Endpoint, Unserved, delete, faulty, get, post, put, routes};
use flowrun_kit::simulator::Source;
use std::sync::LazyLock;

/// Okta's own description of its API.
pub static API: LazyLock<Api> = LazyLock::new(|| Api::read(include_str!("api.txt")));

/// Where Okta says that `me` stands for the user whose token it is.
const ME: Source =
    Source::Documented("https://developer.okta.com/docs/reference/api/users/#get-current-user");

/// All that the org serves.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint<OktaSim>> {
    let mut all = vec![
        get("/api/v1/identity-sources/{source}/sessions", session_paths::list),
        post("/api/v1/identity-sources/{source}/sessions", session_paths::create),
        get("/api/v1/identity-sources/{source}/sessions/{session}", session_paths::read),
        delete("/api/v1/identity-sources/{source}/sessions/{session}", session_paths::cancel),
        post("/api/v1/identity-sources/{source}/sessions/{session}/bulk-upsert", session_paths::bulk_upsert),
        post("/api/v1/identity-sources/{source}/sessions/{session}/bulk-delete", session_paths::bulk_delete),
        post("/api/v1/identity-sources/{source}/sessions/{session}/start-import", session_paths::start),

        get("/api/v1/users", users::list).takes("search filter q after limit sortBy sortOrder fields"),
        post("/api/v1/users", user_changes::create).takes("activate"),
        get("/api/v1/users/me", users::me).beyond(ME),
        get("/api/v1/users/{user}", users::read),
        post("/api/v1/users/{user}", user_changes::update).takes("@If-Match"),
        put("/api/v1/users/{user}", user_changes::replace).takes("@If-Match"),
        delete("/api/v1/users/{user}", user_changes::delete).takes("sendEmail"),
        delete("/api/v1/users/{user}/sessions", user_changes::clear_sessions).takes("oauthTokens"),
        get("/api/v1/users/{user}/groups", group_paths::of_user),

        get("/api/v1/groups", group_paths::list).takes("search filter q after limit expand sortBy sortOrder"),
        post("/api/v1/groups", group_paths::create),
        get("/api/v1/groups/{group}", group_paths::read),
        put("/api/v1/groups/{group}", group_paths::replace),
        delete("/api/v1/groups/{group}", group_paths::delete),
        get("/api/v1/groups/{group}/users", group_paths::members).takes("after limit"),
        put("/api/v1/groups/{group}/users/{user}", group_paths::add),
        delete("/api/v1/groups/{group}/users/{user}", group_paths::remove),

        get("/api/v1/apps", apps::list)
            .takes("q after limit filter useOptimization alwaysIncludeVpnSettings includeNonDeleted"),
        get("/api/v1/apps/{app}", apps::read),
        get("/api/v1/apps/{app}/users", app_users::list).takes("q after limit expand"),
        post("/api/v1/apps/{app}/users", app_users::assign),
        get("/api/v1/apps/{app}/users/{user}", app_users::read).takes("expand"),
        post("/api/v1/apps/{app}/users/{user}", app_users::update),
        delete("/api/v1/apps/{app}/users/{user}", app_users::remove).takes("sendEmail"),
        get("/api/v1/apps/{app}/groups", app_groups::list).takes("q after limit"),
        get("/api/v1/apps/{app}/groups/{group}", app_groups::read),
        put("/api/v1/apps/{app}/groups/{group}", app_groups::assign),
        delete("/api/v1/apps/{app}/groups/{group}", app_groups::remove),

        get("/api/v1/logs", logs::list).takes("since until after filter q limit sortOrder"),

        post(token::PATH, token::issue),
        get(organization::PATH, organization::describe),
    ];
    all.extend(lifecycle::endpoints());
    all.extend(rules::endpoints());
    all.extend(roles::endpoints());
    all.extend(iam::endpoints());
    all.extend(factors::endpoints());
    all.extend(devices::endpoints());
    all.extend(schemas::endpoints());
    all.extend(app_changes::endpoints());
    all.extend(assigned::endpoints());
    all.extend(event_hooks::endpoints());
    all
}

/// The whole org behind its guard and its faults.
pub fn router(sim: OktaSim) -> Router {
    let refuse = |what: &str| ApiError::not_simulated(what).into_response();
    let mut router = routes(&API, endpoints(), refuse);
    // Not a fallback: a router with one could not be merged with another vendor's.
    for root in API.roots() {
        router = router.route(&format!("/{root}/{{*path}}"), any(unserved));
    }
    let router = router
        .method_not_allowed_fallback(unserved)
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
    } else if !speaks_json(&parts) {
        ApiError::not_json().into_response()
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

/// Whether a request to the API says that it is JSON, if it says anything: a GET too (okta-sdk-python/issues/431), and whatever has
/// a body must say it. Without a body, `application/octet-stream` says nothing: so PyPI okta 3.4 suspends users.
fn speaks_json(parts: &Parts) -> bool {
    if !parts.uri.path().starts_with("/api/") {
        return true;
    }
    let kind = parts.headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
    let sized = parts.headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    kind.map_or(!sized, |kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/json")
            || !sized && kind.eq_ignore_ascii_case("application/octet-stream")
    })
}

/// Says why nothing answers here: that nothing would at Okta, or that the simulator lacks it.
async fn unserved(request: Request) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    match API.unserved(method, path) {
        Unserved::NotSimulated => ApiError::not_simulated(&format!("{method} {path}")).into_response(),
        Unserved::NoMethod => ApiError::no_method().allowing(API.allows(path)).into_response(),
        Unserved::NoPath => ApiError::no_path().into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table_is_read() {
        let lines = include_str!("api.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(API.operations().len(), lines);
    }
}
