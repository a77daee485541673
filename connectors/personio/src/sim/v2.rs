//! The paths of v2: tokens, persons, employments.

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use flowrun_core::value::Date;
use flowrun_kit::sim::mix;
use serde_json::{Value, json};

use super::PersonioSim;
use super::cursor::Cursors;
use super::employee::{Employee, Moment, employee, index_of};
use super::person::{Writer, employments, person_status};
use super::routes::{Pairs, read_pairs};
use super::tokens::Api;

/// The page size without `limit`, and the largest.
const DEFAULT_PAGE: u64 = 10;
const MAX_PAGE: u64 = 50;

/// v2's paths.
pub fn router(sim: &PersonioSim) -> Router<PersonioSim> {
    let guarded = Router::new()
        .route("/v2/persons", get(list_persons))
        .route("/v2/persons/{id}", get(read_person))
        .route("/v2/persons/{id}/employments", get(list_employments))
        .method_not_allowed_fallback(no_method)
        .route_layer(from_fn_with_state(sim.clone(), guard));
    Router::new()
        .route("/v2/auth/token", post(token))
        .route("/v2/auth/revoke", post(revoke))
        .method_not_allowed_fallback(no_method)
        .merge(guarded)
        .route("/v2/{*path}", any(no_path))
}

/// An error in v2's form.
fn problem(sim: &PersonioSim, status: StatusCode, title: &str, detail: &str, kind: &str) -> Response {
    let now = Moment(sim.now_ms() / 1000).to_utc();
    let body = json!({
        "personio_trace_id": format!("{:016x}", mix(sim.now_ms() as u64)),
        "timestamp": now,
        "errors": [{
            "title": title,
            "detail": detail,
            "type": format!("https://developer.personio.de/reference/errors#common.{kind}"),
        }],
    });
    problem_json(status, &body)
}

fn problem_json(status: StatusCode, body: &Value) -> Response {
    let kind = HeaderValue::from_static("application/problem+json");
    (status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
}

fn bad_request(sim: &PersonioSim, detail: &str) -> Response {
    problem(sim, StatusCode::BAD_REQUEST, "Bad request", detail, "bad_request")
}

fn absent(sim: &PersonioSim) -> Response {
    let detail = "There is no resource for the specified id.";
    problem(sim, StatusCode::NOT_FOUND, "Resource not found", detail, "resource_not_found")
}

/// v2's 401, for a bad token and for a right that is missing.
pub fn unauthorized(sim: &PersonioSim) -> Response {
    let detail = "The request is not authorized.";
    problem(sim, StatusCode::UNAUTHORIZED, "Unauthorized", detail, "unauthorized")
}

/// v2's 429: it comes from what stands in front of Personio, and has no body and no Retry-After.
pub fn too_many(told: HeaderMap) -> Response {
    (StatusCode::TOO_MANY_REQUESTS, told).into_response()
}

async fn no_path(State(sim): State<PersonioSim>) -> Response {
    absent(&sim)
}

async fn no_method(State(sim): State<PersonioSim>) -> Response {
    let detail = "The method is not allowed here.";
    problem(&sim, StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", detail, "method_not_allowed")
}

/// Checks the token and the right.
async fn guard(State(sim): State<PersonioSim>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|given| given.to_str().ok());
    let token = given.and_then(|given| given.strip_prefix("Bearer "));
    let access = sim.access();
    let may =
        if request.uri().path().ends_with("/employments") { access.employments } else { access.persons };
    if !may || !token.is_some_and(|token| sim.knows(Api::V2, token)) {
        return unauthorized(&sim);
    }
    next.run(request).await
}

/// The log-in's own form of error.
fn no_token(sim: &PersonioSim, error: &str, description: Option<&str>, meta: Value) -> Response {
    let body = json!({
        "timestamp": Moment(sim.now_ms() / 1000).to_utc(),
        "trace_id": format!("{:016x}", mix(sim.now_ms() as u64)),
        "error": error,
        "error_description": description,
        "error_uri": format!("https://developer.personio.de/reference/errors#credentials.oauth2.{error}"),
        "meta": meta,
    });
    problem_json(StatusCode::BAD_REQUEST, &body)
}

/// The parameters of a form; `None` if the body is none.
fn form(headers: &HeaderMap, body: &[u8]) -> Option<Pairs> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let is_form = kind.starts_with("application/x-www-form-urlencoded");
    is_form.then(|| read_pairs(&String::from_utf8_lossy(body))).flatten()
}

fn given<'p>(pairs: &'p Pairs, name: &str) -> Option<&'p str> {
    let found = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    found.filter(|value| !value.is_empty())
}

async fn token(State(sim): State<PersonioSim>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(pairs) = form(&headers, &body) else {
        return no_token(&sim, "invalid_request", Some("The request is not form-encoded."), json!({}));
    };
    let needed = ["grant_type", "client_id", "client_secret"];
    let missing: Vec<&str> = needed.into_iter().filter(|name| given(&pairs, name).is_none()).collect();
    if !missing.is_empty() {
        let meta = json!({ "missing_parameters": missing });
        let description = "The request has missing or invalid required parameters.";
        return no_token(&sim, "invalid_request", Some(description), meta);
    }
    let value = |name: &str| given(&pairs, name).unwrap_or_default();
    if value("grant_type") != "client_credentials" {
        let meta = json!({ "grant_type": value("grant_type") });
        return no_token(&sim, "unsupported_grant_type", None, meta);
    }
    if !sim.accepts(value("client_id"), value("client_secret")) {
        return no_token(&sim, "invalid_client", None, json!({}));
    }
    let access = sim.access();
    if !access.v2 {
        return no_token(&sim, "unauthorized_client", None, json!({}));
    }
    let rights =
        [(access.persons, "personio:persons:read"), (access.employments, "personio:employments:read")];
    let scopes: Vec<&str> = rights.into_iter().filter(|(may, _)| *may).map(|(_, scope)| scope).collect();
    if value("scope").split_whitespace().any(|scope| !scopes.contains(&scope)) {
        return no_token(&sim, "invalid_scope", None, json!({}));
    }
    let (token, expires_in) = sim.issue(Api::V2);
    let scope = scopes.join(" ");
    let answer =
        json!({ "access_token": token, "token_type": "Bearer", "expires_in": expires_in, "scope": scope });
    Json(answer).into_response()
}

async fn revoke(State(sim): State<PersonioSim>, headers: HeaderMap, body: Bytes) -> Response {
    let pairs = form(&headers, &body).unwrap_or_default();
    let Some(token) = given(&pairs, "token") else {
        let meta = json!({ "missing_parameters": ["token"] });
        return no_token(&sim, "invalid_request", None, meta);
    };
    sim.revoke(token);
    StatusCode::OK.into_response()
}

/// What a list of v2 is asked for.
struct Asked {
    limit: u64,
    start: u64,
    /// The parameters that say who is listed, written alike for every page.
    filters: Pairs,
    cursors: Cursors,
    origin: String,
    path: String,
}

impl Asked {
    /// Reads a query that may have these filters besides `limit` and `cursor`.
    fn read(sim: &PersonioSim, parts: &Parts, known: &[&str]) -> Result<Asked, String> {
        let pairs = read_pairs(parts.uri.query().unwrap_or_default()).ok_or("The query is not valid.")?;
        let path = parts.uri.path().to_owned();
        let limit = match given(&pairs, "limit") {
            None => DEFAULT_PAGE,
            Some(text) => {
                let limit = text.parse().ok().filter(|limit| (1..=MAX_PAGE).contains(limit));
                limit.ok_or_else(|| format!("limit must be between 1 and {MAX_PAGE}."))?
            }
        };
        let cursor = given(&pairs, "cursor").map(str::to_owned);
        let mut filters: Pairs =
            pairs.into_iter().filter(|(name, _)| !matches!(&**name, "limit" | "cursor")).collect();
        if let Some((unknown, _)) = filters.iter().find(|(name, _)| !known.contains(&&**name)) {
            return Err(format!("There is no parameter {unknown}."));
        }
        filters.sort();
        let cursors = Cursors::new(sim.seed(), &format!("{path}{filters:?}"));
        let start = match cursor {
            None => 0,
            Some(cursor) => cursors.read(&cursor).ok_or("The cursor is not valid.")?,
        };
        Ok(Asked { limit, start, filters, cursors, origin: origin(parts), path })
    }

    /// An answer with this page and the links to itself and to the next one.
    fn answer(&self, page: Vec<Value>, next: Option<u64>) -> Response {
        let here = format!("{}{}", self.origin, self.path);
        let mut links = json!({ "self": { "href": here } });
        if let Some(place) = next {
            let mut pairs = vec![
                ("cursor".to_owned(), self.cursors.write(place)),
                ("limit".to_owned(), self.limit.to_string()),
            ];
            pairs.extend(self.filters.iter().cloned());
            links["next"] = json!({ "href": format!("{here}?{}", flowrun_kit::address::query(pairs)) });
        }
        Json(json!({ "_data": page, "_meta": { "links": links } })).into_response()
    }
}

/// The scheme and host that the client used.
fn origin(parts: &Parts) -> String {
    if let (Some(scheme), Some(authority)) = (parts.uri.scheme_str(), parts.uri.authority()) {
        return format!("{scheme}://{authority}");
    }
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}")
}

const FILTERS: [&str; 12] = [
    "id",
    "email",
    "first_name",
    "last_name",
    "preferred_name",
    "created_at",
    "created_at.gt",
    "created_at.lt",
    "updated_at",
    "updated_at.gt",
    "updated_at.lt",
    "status",
];

/// A filter of v2, read.
enum Filter {
    Status(String),
    Text(&'static str, Vec<String>),
    Time { created: bool, order: std::cmp::Ordering, at_ms: i64 },
}

impl Filter {
    fn read(name: &str, value: &str) -> Result<Filter, String> {
        let (field, order) = match name.split_once('.') {
            Some((field, "gt")) => (field, std::cmp::Ordering::Greater),
            Some((field, _)) => (field, std::cmp::Ordering::Less),
            None => (name, std::cmp::Ordering::Equal),
        };
        let one = || vec![value.to_owned()];
        let list = || value.split(',').map(|item| item.trim().to_lowercase()).collect();
        Ok(match field {
            "status" if matches!(value, "ACTIVE" | "INACTIVE") => Filter::Status(value.to_owned()),
            "status" => return Err("status must be ACTIVE or INACTIVE.".to_owned()),
            "id" => Filter::Text("id", list()),
            "email" => Filter::Text("email", list()),
            "first_name" => Filter::Text("first_name", one()),
            "last_name" => Filter::Text("last_name", one()),
            "preferred_name" => Filter::Text("preferred_name", one()),
            _ => {
                let date = Date::parse_iso(value).filter(|_| value.contains('T'));
                let at_ms = date.ok_or_else(|| format!("{name} must be a date and time."))?.millis();
                Filter::Time { created: field == "created_at", order, at_ms }
            }
        })
    }

    fn fits(&self, e: &Employee) -> bool {
        match self {
            Filter::Status(status) => person_status(e) == status,
            Filter::Text(field, wanted) => {
                let found = match *field {
                    "id" => Some(e.id.to_string()),
                    "email" => Some(e.email.to_lowercase()),
                    "first_name" => Some(e.first_name.to_owned()),
                    "last_name" => Some(e.last_name.to_string()),
                    _ => e.preferred_name.clone(),
                };
                found.is_some_and(|found| wanted.contains(&found))
            }
            Filter::Time { created, order, at_ms } => {
                fits_time(if *created { e.created } else { e.modified }, *order, *at_ms)
            }
        }
    }
}

fn fits_time(moment: Moment, order: std::cmp::Ordering, at_ms: i64) -> bool {
    (moment.0 * 1000).cmp(&at_ms) == order
}

async fn list_persons(State(sim): State<PersonioSim>, parts: Parts) -> Response {
    let asked = match Asked::read(&sim, &parts, &FILTERS) {
        Ok(asked) => asked,
        Err(detail) => return bad_request(&sim, &detail),
    };
    let filters = asked.filters.iter().map(|(name, value)| Filter::read(name, value)).collect();
    let filters: Vec<Filter> = match filters {
        Ok(filters) => filters,
        Err(detail) => return bad_request(&sim, &detail),
    };
    let all = (asked.start..sim.listed()).map(|place| (place, employee(sim.seed(), sim.at(place))));
    let mut found = all.filter(|(_, e)| filters.iter().all(|filter| filter.fits(e)));
    let writer = Writer { sim: &sim, origin: &asked.origin };
    let page = found.by_ref().take(asked.limit as usize).map(|(_, e)| writer.person(&e)).collect();
    let next = found.next().map(|(place, _)| place);
    asked.answer(page, next)
}

fn find(sim: &PersonioSim, id: &str) -> Option<Employee> {
    let index = index_of(sim.seed(), id.parse().ok()?).filter(|&index| index < sim.employee_count())?;
    Some(employee(sim.seed(), index))
}

async fn read_person(State(sim): State<PersonioSim>, Path(id): Path<String>, parts: Parts) -> Response {
    let Some(e) = find(&sim, &id) else { return absent(&sim) };
    Json(Writer { sim: &sim, origin: &origin(&parts) }.person(&e)).into_response()
}

async fn list_employments(State(sim): State<PersonioSim>, Path(id): Path<String>, parts: Parts) -> Response {
    let Some(e) = find(&sim, &id) else { return absent(&sim) };
    let asked = match Asked::read(&sim, &parts, &["id"]) {
        Ok(asked) => asked,
        Err(detail) => return bad_request(&sim, &detail),
    };
    let wanted = given(&asked.filters, "id");
    let all = employments(&e);
    let all = all.iter().filter(|employment| wanted.is_none_or(|wanted| employment.id == wanted));
    let writer = Writer { sim: &sim, origin: &asked.origin };
    let mut rest = all.skip(asked.start as usize);
    let page: Vec<Value> = rest
        .by_ref()
        .take(asked.limit as usize)
        .map(|employment| writer.employment(&e, employment))
        .collect();
    let next = rest.next().map(|_| asked.start + page.len() as u64);
    asked.answer(page, next)
}
