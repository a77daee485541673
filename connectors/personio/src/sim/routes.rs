//! The endpoints of the simulated account, the guard around them, and the handlers of v1.

use super::attributes::{Envelope, write_employee};
use super::employee::{Moment, index_of, last_changed};
use super::pairs::{Pairs, read_pairs};
use super::tokens::Api as Version;
use super::{Guarded, PersonioSim, oauth, refuse, times, too_many, v2};
use axum::body::Bytes;
use axum::extract::{Path, Query, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use flowrun_kit::sim::{Api, Endpoint, Unserved, faulty, get, post, routes, write_date};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// The page size without `limit`, and the largest.
const DEFAULT_PAGE: u64 = 50;
const MAX_PAGE: u64 = 100;

/// About how long an attribute is, so that a page is written without growing its buffer.
const BYTES_EACH: usize = 144;

/// Personio's own descriptions of its API.
pub static API: LazyLock<Api> = LazyLock::new(|| Api::read(include_str!("api.txt")));

/// All that the account serves.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint<PersonioSim>> {
    let mut all = vec![
        post("/v1/auth", auth),
        get("/v1/company/employees", list).takes("limit offset email attributes[] updated_since"),
        get("/v1/company/employees/attributes", attributes),
        get("/v1/company/employees/custom-attributes", attributes),
        get("/v1/company/employees/{id}", read),
    ];
    all.extend(oauth::endpoints());
    all.extend(v2::endpoints());
    all.extend(times::endpoints());
    all
}

/// The whole account behind its limits and its faults.
pub fn router(sim: PersonioSim) -> Router {
    let refuse = |what: &str| not_simulated(what);
    let router = routes(&API, endpoints(), refuse)
        // Not fallbacks: a router with one could not be merged with another vendor's.
        .route("/v1/{*path}", any(unserved))
        .route("/v2/{*path}", any(unserved))
        .method_not_allowed_fallback(unserved)
        .layer(from_fn_with_state(sim.clone(), guard))
        .layer(from_fn_with_state(sim.clone(), meter))
        .with_state(sim.clone());
    faulty(router, sim.clone()).layer(from_fn_with_state(sim, date))
}

fn is_v2(path: &str) -> bool {
    path.starts_with("/v2/")
}

/// Says what time it is, in faulty answers too.
async fn date(State(sim): State<PersonioSim>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if sim.is_dated() {
        write_date(response.headers_mut(), sim.now_ms());
    }
    response
}

/// Counts the request against the limits.
async fn meter(State(sim): State<PersonioSim>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let by_v2 = is_v2(path);
    let (allowed, told) = sim.take(Guarded::of(path));
    if !allowed {
        return if by_v2 { v2::too_many(told) } else { too_many() };
    }
    let mut response = next.run(request).await;
    response.headers_mut().extend(told);
    response
}

/// Lets those pass who log in, and those who have.
async fn guard(State(sim): State<PersonioSim>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    match API.unserved(request.method(), path) {
        // Nobody needs a right to what is not there.
        Unserved::NoPath | Unserved::NoMethod => next.run(request).await,
        Unserved::NotSimulated if path.starts_with("/v1/auth") || path.starts_with("/v2/auth/") => {
            next.run(request).await
        }
        Unserved::NotSimulated if is_v2(path) => v2::guard(&sim, request, next).await,
        Unserved::NotSimulated => guard_v1(&sim, request, next).await,
    }
}

/// Checks the token, and repeats it in the answer, for clients from the time when it changed with every answer.
async fn guard_v1(sim: &PersonioSim, request: Request, next: Next) -> Response {
    let Some(given) = request.headers().get(header::AUTHORIZATION).cloned() else {
        return refuse(StatusCode::UNAUTHORIZED, 401, "Authorization is not provided");
    };
    let token = given.to_str().ok().and_then(|given| given.strip_prefix("Bearer "));
    if !token.is_some_and(|token| sim.knows(Version::V1, token)) {
        return refuse(StatusCode::UNAUTHORIZED, 401, "Provided authorization is not valid");
    }
    if !sim.access().employees {
        return refuse(StatusCode::FORBIDDEN, 0, "personio.core.api.exceptions.api.forbidden.http.exception");
    }
    let mut response = next.run(request).await;
    if response.status().is_success() {
        response.headers_mut().insert(header::AUTHORIZATION, given);
    }
    response
}

/// Personio has something that the simulator lacks.
fn not_simulated(what: &str) -> Response {
    let message = format!("Personio has it, the simulator lacks it: {what}");
    refuse(StatusCode::NOT_IMPLEMENTED, 501, &message)
}

/// Says why nothing answers here.
async fn unserved(State(sim): State<PersonioSim>, request: Request) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    let mut response = match (API.unserved(method, path), is_v2(path)) {
        (Unserved::NotSimulated, _) => not_simulated(&format!("{method} {path}")),
        (Unserved::NoMethod, true) => v2::no_method(&sim),
        (Unserved::NoMethod, false) => refuse(StatusCode::METHOD_NOT_ALLOWED, 405, "Method Not Allowed"),
        (Unserved::NoPath, true) => v2::absent(&sim),
        (Unserved::NoPath, false) => refuse(StatusCode::NOT_FOUND, 404, "Not Found"),
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED
        && let Ok(methods) = HeaderValue::from_str(&API.allows(path))
    {
        response.headers_mut().insert(header::ALLOW, methods);
    }
    response
}

async fn auth(State(sim): State<PersonioSim>, headers: HeaderMap, uri: Uri, body: Bytes) -> Response {
    let given = credentials(&headers, &uri, &body);
    let Some((id, secret)) = given else {
        return refuse(StatusCode::UNAUTHORIZED, 401, "Authorization is not provided");
    };
    if !sim.accepts(&id, &secret) || !sim.access().v1 {
        return refuse(StatusCode::FORBIDDEN, 403, "Provided authorization is not valid");
    }
    let (token, expires_in) = sim.issue(Version::V1);
    let data = json!({ "token": token, "expires_in": expires_in, "scope": "employees:read absences:read" });
    let mut response = Json(json!({ "success": true, "data": data })).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}")) {
        response.headers_mut().insert(header::AUTHORIZATION, value);
    }
    response
}

/// The client's id and secret from a JSON body, a form, or the query.
fn credentials(headers: &HeaderMap, uri: &Uri, body: &[u8]) -> Option<(String, String)> {
    let Query(mut pairs) = Query::<Pairs>::try_from_uri(uri).unwrap_or_default();
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content_type.starts_with("application/x-www-form-urlencoded") {
        pairs.extend(read_pairs(&String::from_utf8_lossy(body))?);
    } else if let Ok(Value::Object(object)) = serde_json::from_slice(body) {
        pairs.extend(object.into_iter().filter_map(|(key, value)| Some((key, value.as_str()?.to_owned()))));
    }
    let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    Some((get("client_id")?, get("client_secret")?))
}

/// What a list is asked for.
struct Asked {
    limit: u64,
    offset: u64,
    email: Option<String>,
    since: Option<Moment>,
    attributes: Vec<String>,
}

impl Asked {
    fn read(query: &str) -> Result<Asked, String> {
        let mut asked =
            Asked { limit: DEFAULT_PAGE, offset: 0, email: None, since: None, attributes: Vec::new() };
        for (key, value) in read_pairs(query).ok_or("The query is not valid.")? {
            match key.as_str() {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=MAX_PAGE).contains(limit));
                    asked.limit =
                        limit.ok_or_else(|| format!("The limit must be between 1 and {MAX_PAGE}."))?;
                }
                "offset" => {
                    asked.offset = value.parse().map_err(|_| "The offset must be at least 0.".to_owned())?
                }
                "email" if !value.is_empty() => asked.email = Some(value),
                "updated_since" => {
                    let since = Moment::parse(&value);
                    asked.since =
                        Some(since.ok_or("The updated since does not match the format Y-m-d\\TH:i:s.")?);
                }
                _ if key.starts_with("attributes[") => asked.attributes.push(value),
                _ => {}
            }
        }
        Ok(asked)
    }
}

async fn list(State(sim): State<PersonioSim>, RawQuery(query): RawQuery) -> Response {
    let asked = match Asked::read(query.as_deref().unwrap_or_default()) {
        Ok(asked) => asked,
        Err(message) => return refuse(StatusCode::UNPROCESSABLE_ENTITY, 422, &message),
    };
    let seed = sim.seed();
    // As documented, `updated_since` makes Personio forget the other parameters but `attributes[]`, of which one must
    // have changed.
    let (places, total, offset, limit): (Vec<u64>, u64, u64, u64) = if let Some(since) = asked.since {
        let all = (0..sim.listed()).map(|place| sim.at(place));
        let changed = |&index: &u64| {
            sim.employee(index).modified > since
                && (asked.attributes.is_empty()
                    || asked.attributes.iter().any(|key| key == last_changed(seed, index)))
        };
        let places: Vec<u64> = all.filter(changed).collect();
        let total = places.len() as u64;
        (places, total, 0, total.max(1))
    } else if let Some(email) = &asked.email {
        let found = sim.index_of_email(email).filter(|&index| index < sim.employee_count());
        (
            found.into_iter().skip(asked.offset as usize).collect(),
            u64::from(found.is_some()),
            asked.offset,
            asked.limit,
        )
    } else {
        let total = sim.listed();
        let end = asked.offset.saturating_add(asked.limit).min(total);
        ((asked.offset..end).map(|place| sim.at(place)).collect(), total, asked.offset, asked.limit)
    };

    let envelopes: Vec<&Envelope> = sim
        .envelopes()
        .iter()
        .filter(|envelope| {
            let key = envelope.attribute.key;
            asked.attributes.is_empty() || key == "id" || asked.attributes.iter().any(|asked| asked == key)
        })
        .collect();
    let mut out = Vec::with_capacity(256 + places.len() * envelopes.len() * BYTES_EACH);
    let metadata = json!({
        "total_elements": total,
        "current_page": offset / limit,
        "total_pages": total.div_ceil(limit),
    });
    let head =
        format!(r#"{{"success":true,"metadata":{metadata},"offset":{offset},"limit":{limit},"data":["#);
    out.extend_from_slice(head.as_bytes());
    for (nth, index) in places.into_iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        write_employee(&mut out, &sim.employee(index), seed, &envelopes);
    }
    out.extend_from_slice(b"]}");
    json_text(out)
}

async fn read(State(sim): State<PersonioSim>, Path(id): Path<String>) -> Response {
    let index = id.parse().ok().and_then(|id| index_of(sim.seed(), id));
    let Some(index) = index.filter(|&index| index < sim.employee_count()) else {
        return refuse(StatusCode::NOT_FOUND, 404, "Es ist ein Problem aufgetreten ");
    };
    let envelopes: Vec<&Envelope> = sim.envelopes().iter().collect();
    let mut out = br#"{"success":true,"data":"#.to_vec();
    write_employee(&mut out, &sim.employee(index), sim.seed(), &envelopes);
    out.push(b'}');
    json_text(out)
}

async fn attributes(State(sim): State<PersonioSim>) -> Response {
    let rows = sim.envelopes().iter().map(|envelope| {
        let attribute = envelope.attribute;
        json!({
            "key": attribute.key,
            "label": attribute.label,
            "type": attribute.kind,
            "universal_id": attribute.universal_id,
            "options": attribute.options,
        })
    });
    Json(json!({ "success": true, "data": rows.collect::<Vec<_>>() })).into_response()
}

fn json_text(out: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], out).into_response()
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
