//! v1's attendances, absences, their types and what belongs to them, made up like the employees: every weekday of who is at work,
//! and two weeks of holidays a year. They can be read; making and changing them is not simulated.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use flowrun_core::chance::mix;
use flowrun_kit::sim::{Endpoint, get};
use flowrun_kit::simulator::Source;
use serde_json::{Value, json};

use super::employee::{Employee, Moment, Status, at_midnight, index_of};
use super::pairs::{Pairs, read_pairs};
use super::person::uuid;
use super::{PersonioSim, refuse};

const DAY_S: i64 = 86_400;

/// The page size without `limit` (specification), and the largest (a guess).
const PAGE: u64 = 200;
const MAX_PAGE: u64 = 200;

/// The longest time that attendances are listed of: a year (a guess).
const MOST_DAYS: i64 = 366;

/// The year of the holidays.
const YEAR: i64 = 20_454;

/// The kinds of absence: ID, name, category.
const TYPES: [(u64, &str, &str); 3] = [
    (54_321, "Paid vacation", "paid_vacation"),
    (54_322, "Sick days", "sick_leave"),
    (54_323, "Home office", "offsite_work"),
];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> [Endpoint<PersonioSim>; 10] {
    [
        get("/v1/company/attendances", attendances).takes("start_date end_date updated_from updated_to includePending employees[] limit offset"),
        get("/v1/company/attendances/projects", projects),
        get("/v1/company/time-offs", time_offs).takes("start_date end_date updated_from updated_to employees[] limit offset"),
        get("/v1/company/time-offs/{id}", time_off),
        get("/v1/company/time-off-types", types).takes("limit offset"),
        get("/v1/company/absence-periods", periods).takes("start_date end_date updated_from updated_to employees[] absence_types[] absence_periods[] limit offset"),
        get("/v1/company/document-categories", categories),
        get("/v1/company/employees/{id}/absences/balance", balance),
        get("/v1/company/employees/{id}/profile-picture/{width}", picture),
        // Where v2's persons say that the picture is.
        get("/v1/company/employees/{id}/profile-picture", |sim, Path(id)| picture(sim, Path((id, "50".to_owned())))).beyond(Source::Guess),
    ]
}

/// An answer that says no.
type Refusal = Box<Response>;

fn wrong(message: &str) -> Refusal {
    Box::new(refuse(StatusCode::UNPROCESSABLE_ENTITY, 422, message))
}

/// What a list is asked for.
struct Asked {
    pairs: Pairs,
    limit: u64,
    offset: u64,
}

impl Asked {
    fn read(query: Option<String>) -> Result<Asked, Refusal> {
        let pairs = read_pairs(&query.unwrap_or_default()).ok_or_else(|| wrong("The query is not valid."))?;
        let number = |name: &str, otherwise: u64| match pairs.iter().find(|(key, _)| key == name) {
            None => Ok(otherwise),
            Some((_, text)) => text.parse().map_err(|_| wrong(&format!("The {name} must be an integer."))),
        };
        let (limit, offset) = (number("limit", PAGE)?, number("offset", 0)?);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(wrong(&format!("The limit must be between 1 and {MAX_PAGE}.")));
        }
        Ok(Asked { limit, offset, pairs })
    }

    /// A day, in days since 1970; a time counts as its day.
    fn day(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some((_, text)) = self.pairs.iter().find(|(key, _)| key == name) else { return Ok(None) };
        // Midnight in Berlin is at most two hours before that of UTC.
        let day = text.get(..10).and_then(Moment::parse).map(|at| (at.0 + 7_200).div_euclid(DAY_S));
        day.map(Some).ok_or_else(|| wrong(&format!("The {name} does not match the format Y-m-d.")))
    }

    /// The values of a list in the query.
    fn all(&self, name: &str) -> Vec<&str> {
        let known =
            self.pairs.iter().filter(|(key, _)| key.split('[').next() == Some(name) && key.contains('['));
        known.map(|(_, value)| value.as_str()).collect()
    }

    /// The employees who are wanted, in their order.
    fn employees<'s>(&self, sim: &'s PersonioSim) -> Box<dyn Iterator<Item = Employee> + 's> {
        let wanted: Vec<u64> = self.all("employees").iter().filter_map(|id| id.parse().ok()).collect();
        if wanted.is_empty() && self.all("employees").is_empty() {
            return Box::new(sim.employees());
        }
        let places = wanted.into_iter().filter_map(|id| index_of(sim.seed(), id));
        let places: Vec<u64> = places.filter(|place| *place < sim.employee_count()).collect();
        Box::new(places.into_iter().map(|place| sim.employee(place)))
    }
}

/// A page of a list, of which only what is on it is written; `offset` counts things, or pages, from 1 on, as each path has it.
fn page<B: FnOnce() -> Value>(
    asked: &Asked,
    all: impl Iterator<Item = B>,
    skipped: u64,
    current: u64,
) -> Response {
    let mut total = 0;
    let mut data = Vec::new();
    for body in all {
        if (skipped..skipped.saturating_add(asked.limit)).contains(&total) {
            data.push(body());
        }
        total += 1;
    }
    let metadata = json!({
        "total_elements": total, "current_page": current, "total_pages": total.div_ceil(asked.limit),
    });
    Json(json!({
        "success": true, "metadata": metadata, "offset": asked.offset, "limit": asked.limit, "data": data,
    }))
    .into_response()
}

/// An employee within something else.
fn short(e: &Employee) -> Value {
    let field = |label: &str, key: &str, kind: &str, value: Value| json!({ "label": label, "value": value, "type": kind, "universal_id": key });
    json!({ "type": "Employee", "attributes": {
        "id": field("ID", "id", "integer", json!(e.id)),
        "first_name": field("First name", "first_name", "standard", json!(e.first_name)),
        "last_name": field("Last name", "last_name", "standard", json!(e.last_name)),
        "email": field("Email", "email", "standard", json!(e.address())),
    } })
}

/// Whether somebody works on a day: on weekdays, between the first day and the last.
fn works(e: &Employee, day: i64) -> bool {
    // 1 January 1970 was a Thursday.
    let weekday = (day + 3).rem_euclid(7);
    let ended = e.termination.is_some_and(|end| end.at.0 < day * DAY_S);
    weekday < 5 && e.status != Status::Onboarding && e.hired.0 <= day * DAY_S && !ended
}

async fn attendances(State(sim): State<PersonioSim>, RawQuery(query): RawQuery) -> Response {
    let asked = match Asked::read(query) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let days = [("start_date", true), ("end_date", true), ("updated_from", false), ("updated_to", false)]
        .map(|(name, required)| match asked.day(name) {
            Ok(None) if required => Err(wrong(&format!("The {name} field is required."))),
            day => day,
        });
    let [Ok(start), Ok(end), Ok(from), Ok(to)] = days else {
        return *days.into_iter().find_map(Result::err).unwrap_or_else(|| wrong("The query is not valid."));
    };
    let (start, end) = (start.unwrap_or_default(), end.unwrap_or_default());
    if end - start >= MOST_DAYS {
        return *wrong("The period is longer than a year.");
    }
    // They are entered on the evening of their day.
    let (start, end) = (start.max(from.unwrap_or(start)), end.min(to.unwrap_or(end)));
    let everybody = asked.employees(&sim);
    let all = everybody.flat_map(move |e| {
        let days: Vec<i64> = (start..=end).filter(|day| works(&e, *day)).collect();
        days.into_iter().map(move |day| {
            let e = e.clone();
            move || attendance(&e, day)
        })
    });
    page(&asked, all, asked.offset, asked.offset / asked.limit)
}

fn attendance(e: &Employee, day: i64) -> Value {
    let late = mix(e.id ^ day.unsigned_abs()) % 2;
    json!({
        "id": e.index * 100_000 + day.unsigned_abs(),
        "type": "AttendancePeriod",
        "attributes": {
            "employee": e.id,
            "date": Moment(day * DAY_S).to_day(),
            "start_time": if late == 0 { "08:00" } else { "09:00" },
            "end_time": if late == 0 { "16:45" } else { "17:45" },
            "break": 45,
            "comment": null,
            "updated_at": Moment(day * DAY_S + 64_800).to_iso(),
            "status": "confirmed",
            "is_holiday": false,
            "is_on_time_off": false,
            "project": null,
        },
    })
}

async fn projects() -> Response {
    Json(json!({ "success": true, "data": [] })).into_response()
}

/// Two weeks of holidays of an employee: from a Monday to the Friday of the next week.
fn holidays(e: &Employee) -> (i64, i64) {
    // 5 January 2026 was a Monday.
    let start = YEAR + 4 + 7 * (mix(e.id) % 40) as i64;
    (start, start + 11)
}

/// Whether an employee has holidays that are wanted.
fn has_holidays(e: &Employee, asked: &[Option<i64>; 4]) -> bool {
    let (start, end) = holidays(e);
    let [from, to, updated_from, updated_to] = *asked;
    // They are asked for a month before.
    let changed = start - 30;
    from.is_none_or(|from| end >= from)
        && to.is_none_or(|to| start <= to)
        && updated_from.is_none_or(|day| changed >= day)
        && updated_to.is_none_or(|day| changed <= day)
        && works(e, start)
        && works(e, end)
}

/// The four days that a list of absences may be narrowed by.
fn window(asked: &Asked) -> Result<[Option<i64>; 4], Refusal> {
    Ok([
        asked.day("start_date")?,
        asked.day("end_date")?,
        asked.day("updated_from")?,
        asked.day("updated_to")?,
    ])
}

fn time_off_body(e: &Employee) -> Value {
    let ((start, end), (id, name, category)) = (holidays(e), TYPES[0]);
    let at = |day: i64| at_midnight(day).to_iso();
    json!({ "type": "TimeOffPeriod", "attributes": {
        "id": FIRST_TIME_OFF + e.index,
        "status": "approved",
        "comment": "",
        "start_date": at(start),
        "end_date": at(end),
        "days_count": 10,
        "half_day_start": 0,
        "half_day_end": 0,
        "time_off_type": { "type": "TimeOffType", "attributes": { "id": id, "name": name, "category": category } },
        "employee": short(e),
        "certificate": { "status": "not-required" },
        "created_by": "API",
        "created_at": at(start - 30),
        "updated_at": at(start - 30),
    } })
}

/// The ID of the first employee's absence.
const FIRST_TIME_OFF: u64 = 700_000;

/// Here `offset` is the number of a page, from 1 on (specification: "which page number"; github.com/at-gmbh/personio-py/issues/18); 0 is
/// the first page too (a guess).
async fn time_offs(State(sim): State<PersonioSim>, RawQuery(query): RawQuery) -> Response {
    let found = Asked::read(query).and_then(|asked| Ok((window(&asked)?, asked)));
    let (window, asked) = match found {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    let all = asked.employees(&sim).filter(|e| has_holidays(e, &window)).map(|e| move || time_off_body(&e));
    let current = asked.offset.max(1);
    page(&asked, all, (current - 1).saturating_mul(asked.limit), current)
}

async fn time_off(State(sim): State<PersonioSim>, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<u64>() else {
        return refuse(StatusCode::BAD_REQUEST, 400, "The absence period id is invalid.");
    };
    let index = id.checked_sub(FIRST_TIME_OFF).filter(|index| *index < sim.employee_count());
    let found = index.map(|index| sim.employee(index)).filter(|e| has_holidays(e, &[None; 4]));
    match found {
        Some(e) => Json(json!({ "success": true, "data": time_off_body(&e) })).into_response(),
        None => refuse(StatusCode::NOT_FOUND, 404, "The absence period was not found."),
    }
}

async fn types(RawQuery(query): RawQuery) -> Response {
    let asked = match Asked::read(query) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let all = TYPES.iter().skip(asked.offset as usize).take(asked.limit as usize);
    let data: Vec<Value> = all
        .map(|(id, name, category)| {
            json!({ "type": "TimeOffType", "attributes": {
                "id": id, "name": name, "category": category, "unit": "day", "approval_required": true,
            } })
        })
        .collect();
    Json(json!({ "success": true, "data": data })).into_response()
}

/// Absences in their newer form. Here `offset` counts periods (specification).
async fn periods(State(sim): State<PersonioSim>, RawQuery(query): RawQuery) -> Response {
    let found = Asked::read(query).and_then(|asked| Ok((window(&asked)?, asked)));
    let (window, asked) = match found {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    let wanted = |name: &str, id: &str| asked.all(name).is_empty() || asked.all(name).contains(&id);
    let kind = uuid(TYPES[0].0, 2);
    let all = asked
        .employees(&sim)
        .filter(|e| has_holidays(e, &window) && wanted("absence_types", &kind))
        .filter(|e| wanted("absence_periods", &uuid(e.id, 3)))
        .map(|e| move || period_body(&e));
    page(&asked, all, asked.offset, asked.offset / asked.limit)
}

fn period_body(e: &Employee) -> Value {
    let ((start, end), (time_off_type, name, _)) = (holidays(e), TYPES[0]);
    let kind = uuid(time_off_type, 2);
    let at = |day: i64| at_midnight(day).to_utc();
    json!({ "type": "AbsencePeriod", "attributes": {
        "id": uuid(e.id, 3),
        "measurement_unit": "day",
        "effective_duration": 10,
        "employee": short(e),
        "absence_type": { "type": "AbsenceType", "attributes": { "id": kind, "name": name, "time_off_type_id": time_off_type } },
        "certificate": { "status": "not-required" },
        "start": at(start),
        "end": at(end + 1),
        "half_day_start": false,
        "half_day_end": false,
        "comment": null,
        "origin": "web",
        "status": "approved",
        "created_by": e.id,
        "created_at": at(start - 30),
        "updated_at": at(start - 30),
        "approved_at": at(start - 29),
        "breakdowns": [],
    } })
}

async fn categories() -> Response {
    let category =
        |id: u64, name: &str| json!({ "id": id, "type": "DocumentCategory", "attributes": { "name": name } });
    let all = [category(1, "Certificates of employment"), category(2, "Other documents")];
    Json(json!({ "success": true, "data": all })).into_response()
}

/// The employee whom a path names.
fn find(sim: &PersonioSim, id: &str) -> Result<Employee, Refusal> {
    let place =
        id.parse().ok().and_then(|id| index_of(sim.seed(), id)).filter(|place| *place < sim.employee_count());
    let absent = || Box::new(refuse(StatusCode::NOT_FOUND, 404, "Es ist ein Problem aufgetreten "));
    place.map(|place| sim.employee(place)).ok_or_else(absent)
}

async fn balance(State(sim): State<PersonioSim>, Path(id): Path<String>) -> Response {
    let e = match find(&sim, &id) {
        Ok(e) => e,
        Err(refusal) => return *refusal,
    };
    let taken = if has_holidays(&e, &[None; 4]) { 10 } else { 0 };
    let (id, name, category) = TYPES[0];
    let data = json!([{
        "id": id, "name": name, "category": category, "balance": 30 - taken, "available_balance": 30 - taken,
    }]);
    Json(json!({ "success": true, "data": data })).into_response()
}

/// A picture of one point: everybody has the same.
async fn picture(State(sim): State<PersonioSim>, Path((id, width)): Path<(String, String)>) -> Response {
    const PICTURE: &[u8] = include_bytes!("picture.png");
    match find(&sim, &id) {
        Err(refusal) => *refusal,
        Ok(_) if width.parse::<u16>().is_err() => *wrong("The width must be an integer."),
        Ok(_) => ([(header::CONTENT_TYPE, "image/png")], PICTURE).into_response(),
    }
}
