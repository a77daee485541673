//! The endpoints of the simulated org, and the guard around them.

use super::error::ApiError;
use super::limits::Bucket;
use super::paging::Asked;
use super::search::{Dialect, Expr};
use super::{
    OktaSim, app_groups, app_users, apps, auth, group_paths, ids, lifecycle, log, organization,
    session_paths, token, user_changes, users,
};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use flowrun_kit::sim::{Api, Endpoint, Unserved, delete, faulty, get, post, put, routes};
use flowrun_kit::simulator::Source;
use std::sync::LazyLock;

type Answer = Result<Response, ApiError>;

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

        get("/api/v1/users", users::list).takes("search filter q after limit sortBy sortOrder"),
        post("/api/v1/users", user_changes::create).takes("activate"),
        get("/api/v1/users/me", users::me).beyond(ME),
        get("/api/v1/users/{user}", users::read),
        post("/api/v1/users/{user}", user_changes::update),
        put("/api/v1/users/{user}", user_changes::replace),
        delete("/api/v1/users/{user}", user_changes::delete).takes("sendEmail"),
        delete("/api/v1/users/{user}/sessions", user_changes::clear_sessions).takes("oauthTokens"),
        get("/api/v1/users/{user}/groups", group_paths::of_user),

        get("/api/v1/groups", group_paths::list).takes("search filter q after limit"),
        post("/api/v1/groups", group_paths::create),
        get("/api/v1/groups/{group}", group_paths::read),
        put("/api/v1/groups/{group}", group_paths::replace),
        delete("/api/v1/groups/{group}", group_paths::delete),
        get("/api/v1/groups/{group}/users", group_paths::members).takes("after limit"),
        put("/api/v1/groups/{group}/users/{user}", group_paths::add),
        delete("/api/v1/groups/{group}/users/{user}", group_paths::remove),

        get("/api/v1/apps", apps::list).takes("q after limit filter"),
        get("/api/v1/apps/{app}", apps::read),
        get("/api/v1/apps/{app}/users", app_users::list).takes("after limit"),
        post("/api/v1/apps/{app}/users", app_users::assign),
        get("/api/v1/apps/{app}/users/{user}", app_users::read),
        delete("/api/v1/apps/{app}/users/{user}", app_users::remove).takes("sendEmail"),
        get("/api/v1/apps/{app}/groups", app_groups::list).takes("after limit"),
        put("/api/v1/apps/{app}/groups/{group}", app_groups::assign),
        delete("/api/v1/apps/{app}/groups/{group}", app_groups::remove),

        get("/api/v1/logs", list_logs).takes("since until after filter q limit sortOrder"),

        post(token::PATH, token::issue),
        get(organization::PATH, organization::describe),
    ];
    all.extend(lifecycle::endpoints());
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
async fn sign(State(sim): State<OktaSim>, request: Request, next: Next) -> Response {
    let ours = request.extensions().get::<MatchedPath>().is_some();
    let mut response = next.run(request).await;
    if ours {
        sim.sign(response.headers_mut());
    }
    response
}

/// Counts the request against its limit, checks its token, and says what is left of the limit.
async fn guard(State(sim): State<OktaSim>, request: Request, next: Next) -> Response {
    if request.extensions().get::<MatchedPath>().is_none() {
        // Not one of Okta's paths: on a port shared with another vendor this is nobody's.
        return next.run(request).await;
    }
    let bucket = Bucket::of(request.method(), request.uri().path());
    let quota = sim.take(bucket);
    let (parts, body) = request.into_parts();
    let response = if !quota.allowed {
        ApiError::too_many().into_response()
    } else if let Err(error) = auth::authorize(&sim, &parts) {
        error.into_response()
    } else {
        next.run(Request::from_parts(parts, body)).await
    };
    let mut response = match response.extensions().get::<ApiError>() {
        Some(error) => sim.error(error),
        None => response,
    };
    quota.write_okta_headers(response.headers_mut());
    response
}

/// Says why nothing answers here: that nothing would at Okta, or that the simulator lacks it.
async fn unserved(request: Request) -> ApiError {
    let (method, path) = (request.method(), request.uri().path());
    match API.unserved(method, path) {
        Unserved::NotSimulated => ApiError::not_simulated(&format!("{method} {path}")),
        Unserved::NoMethod => ApiError::no_method(),
        Unserved::NoPath => ApiError::no_path(),
    }
}

async fn list_logs(State(sim): State<OktaSim>, request: Request) -> Answer {
    const WEEK_MS: i64 = 7 * 24 * 3_600_000;
    let (parts, _) = request.into_parts();
    let asked = Asked::read(&parts)?;
    let limit = asked.limit(0, 100, 1000)?;
    let time = |name: &str| {
        asked.get(name).map(|text| ids::parse_time(text).ok_or_else(ApiError::bad_date)).transpose()
    };
    let (since, until) = (time("since")?, time("until")?);
    let until_ms = until.unwrap_or(i64::MAX);
    let since_ms = since.unwrap_or_else(|| until_ms.min(sim.now_ms()) - WEEK_MS);
    let parse = |text: &str| Expr::parse(text, Dialect::Log).map_err(ApiError::bad_criteria);
    let filter = asked.get("filter").map(parse).transpose()?;
    let keywords: Vec<String> =
        asked.get("q").unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
    let descending = asked.get("sortOrder").is_some_and(|order| order.eq_ignore_ascii_case("DESCENDING"));
    let cursor: Option<u64> =
        asked.get("after").map(|text| text.parse().map_err(|_| ApiError::bad_paging())).transpose()?;

    let state = sim.state();
    let wanted = |event: &&log::Event| {
        (since_ms..until_ms).contains(&event.at_ms)
            && event.matches(filter.as_ref(), &keywords, log::Known::of(&state))
    };
    // The cursor is the number of the first event of the next page; going down, of the last one seen.
    let mut page: Vec<log::Event> = if descending {
        let below = cursor.unwrap_or(u64::MAX);
        let events = state.log.since(0).rev().filter(|event| event.number < below);
        events.filter(wanted).take(limit + 1).copied().collect()
    } else {
        state.log.since(cursor.unwrap_or(0)).filter(wanted).take(limit + 1).copied().collect()
    };
    let more = page.len() > limit;
    page.truncate(limit);
    // A query without an end polls: it always has a next page, which waits for what is still to happen.
    let polls = until.is_none() && !descending;
    let next = match page.last() {
        Some(last) if more && descending => Some(last.number),
        Some(last) if more => Some(last.number + 1),
        _ if polls => Some(if more { cursor.unwrap_or(0) } else { state.log.next() }),
        _ => None,
    };
    let events: Vec<_> = page.iter().map(|event| event.body(log::Known::of(&state))).collect();
    let next = next.map(|number| number.to_string());
    Ok((asked.links(limit, next.as_deref()), Json(events)).into_response())
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
