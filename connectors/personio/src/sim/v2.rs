//! The paths of v2 but for the log-in: persons and employments.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use flowrun_core::chance::mix;
use flowrun_kit::sim::{Endpoint, get};
use serde_json::{Value, json};

use super::PersonioSim;
use super::cursor::Cursors;
use super::employee::{Employee, Moment, index_of};
use super::filter::{FILTERS, Filter};
use super::pairs::{Pairs, given, read_pairs};
use super::person::{Writer, employments};
use super::problem::problem_json;
use super::tokens::Api;

/// The page size without `limit`, and the largest.
const DEFAULT_PAGE: u64 = 10;
const MAX_PAGE: u64 = 50;

/// v2's endpoints but for the log-in.
#[rustfmt::skip]
pub fn endpoints() -> [Endpoint<PersonioSim>; 4] {
    [
        get("/v2/persons", list_persons).takes("limit cursor").takes(FILTERS),
        get("/v2/persons/{id}", read_person),
        get("/v2/persons/{person}/employments", list_employments).takes("limit cursor").takes(EMPLOYMENT_FILTERS),
        get("/v2/persons/{person}/employments/{id}", read_employment),
    ]
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

fn bad_request(sim: &PersonioSim, detail: &str) -> Response {
    problem(sim, StatusCode::BAD_REQUEST, "Bad request", detail, "bad_request")
}

pub fn absent(sim: &PersonioSim) -> Response {
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

pub fn no_method(sim: &PersonioSim) -> Response {
    let detail = "The method is not allowed here.";
    problem(sim, StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", detail, "method_not_allowed")
}

/// Checks the token and the right.
pub async fn guard(sim: &PersonioSim, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|given| given.to_str().ok());
    let token = given.and_then(|given| given.strip_prefix("Bearer "));
    let access = sim.access();
    let may = if request.uri().path().contains("/employments") { access.employments } else { access.persons };
    if !may || !token.is_some_and(|token| sim.knows(Api::V2, token)) {
        return unauthorized(sim);
    }
    next.run(request).await
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
    fn read(sim: &PersonioSim, parts: &Parts, known: &str) -> Result<Asked, String> {
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
        if let Some((unknown, _)) =
            filters.iter().find(|(name, _)| !known.split_whitespace().any(|known| known == name))
        {
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

async fn list_persons(State(sim): State<PersonioSim>, parts: Parts) -> Response {
    let asked = match Asked::read(&sim, &parts, FILTERS) {
        Ok(asked) => asked,
        Err(detail) => return bad_request(&sim, &detail),
    };
    let filters = asked.filters.iter().map(|(name, value)| Filter::read(name, value)).collect();
    let filters: Vec<Filter> = match filters {
        Ok(filters) => filters,
        Err(detail) => return bad_request(&sim, &detail),
    };
    let all = (asked.start..sim.listed()).map(|place| (place, sim.employee(sim.at(place))));
    let mut found = all.filter(|(_, e)| filters.iter().all(|filter| filter.fits(e)));
    let writer = Writer { sim: &sim, origin: &asked.origin };
    let page = found.by_ref().take(asked.limit as usize).map(|(_, e)| writer.person(&e)).collect();
    let next = found.next().map(|(place, _)| place);
    asked.answer(page, next)
}

fn find(sim: &PersonioSim, id: &str) -> Option<Employee> {
    let index = index_of(sim.seed(), id.parse().ok()?).filter(|&index| index < sim.employee_count())?;
    Some(sim.employee(index))
}

async fn read_person(State(sim): State<PersonioSim>, Path(id): Path<String>, parts: Parts) -> Response {
    let Some(e) = find(&sim, &id) else { return absent(&sim) };
    Json(Writer { sim: &sim, origin: &origin(&parts) }.person(&e)).into_response()
}

/// The filters of employments.
const EMPLOYMENT_FILTERS: &str = "id updated_at updated_at.gt updated_at.lt";

async fn read_employment(
    State(sim): State<PersonioSim>,
    Path((person, id)): Path<(String, String)>,
    parts: Parts,
) -> Response {
    let Some(e) = find(&sim, &person) else { return absent(&sim) };
    match employments(&e).iter().find(|employment| employment.id == id) {
        Some(found) => {
            Json(Writer { sim: &sim, origin: &origin(&parts) }.employment(&e, found)).into_response()
        }
        None => absent(&sim),
    }
}

async fn list_employments(State(sim): State<PersonioSim>, Path(id): Path<String>, parts: Parts) -> Response {
    let Some(e) = find(&sim, &id) else { return absent(&sim) };
    let asked = match Asked::read(&sim, &parts, EMPLOYMENT_FILTERS) {
        Ok(asked) => asked,
        Err(detail) => return bad_request(&sim, &detail),
    };
    let wanted = given(&asked.filters, "id");
    let times = asked.filters.iter().filter(|(name, _)| name.starts_with("updated_at"));
    let times: Vec<Filter> = match times.map(|(name, value)| Filter::read(name, value)).collect() {
        Ok(times) => times,
        Err(detail) => return bad_request(&sim, &detail),
    };
    let all = employments(&e);
    let all = all.iter().filter(|employment| {
        wanted.is_none_or(|wanted| wanted.split(',').any(|id| employment.id == id))
            && times.iter().all(|filter| filter.fits_time(employment.modified))
    });
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
