//! Which OAuth 2.0 scopes a request needs, by Okta's description of its API.

use super::routes::API;
use axum::extract::MatchedPath;
use axum::http::Method;
use axum::http::request::Parts;

/// The scopes that a request needs, all of them; paths without an operation need none.
pub fn needed(parts: &Parts) -> &'static [&'static str] {
    let Some(path) = parts.extensions.get::<MatchedPath>() else { return &[] };
    let path = match path.as_str().trim_end_matches('/') {
        "/api/v1/users/me" => "/api/v1/users/{user}",
        path => path,
    };
    let method = if parts.method == Method::HEAD { &Method::GET } else { &parts.method };
    API.find(method, path).map_or(&[], |operation| &operation.scopes)
}

/// Whether Okta has such a scope.
pub fn exists(scope: &str) -> bool {
    API.operations().iter().any(|operation| operation.scopes.contains(&scope))
}
