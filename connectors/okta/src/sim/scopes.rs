//! Which OAuth 2.0 scope a request needs.

use axum::http::Method;

/// The things that there are scopes for.
const KINDS: [&str; 5] = ["identitySources", "users", "groups", "apps", "logs"];

/// The scope that a request needs, by the first part of its path; paths that aren't Okta's need none.
pub fn needed(method: &Method, path: &str) -> Option<String> {
    let first = path.strip_prefix("/api/v1/")?.split('/').next()?;
    let kind = if first == "identity-sources" { "identitySources" } else { first };
    let reads = matches!(*method, Method::GET | Method::HEAD);
    KINDS.contains(&kind).then(|| format!("okta.{kind}.{}", if reads { "read" } else { "manage" }))
}

/// Whether Okta has such a scope, as far as the simulator knows.
pub fn exists(scope: &str) -> bool {
    let parts: Vec<&str> = scope.split('.').collect();
    matches!(parts[..], ["okta", kind, "read" | "manage"] if KINDS.contains(&kind))
}
