//! A simulated Personio account, whose employees are made up as they are read.
//!
//! It follows the published specifications of v1 and v2 and the changelog; `behaviours.rs` tells what is known from where.

// Nobody outside of flowrun builds on it: a comment is written where a name does not say all.
#![allow(missing_docs)]

mod attributes;
mod behaviours;
mod config;
mod cursor;
mod employee;
mod filter;
mod meters;
mod names;
mod oauth;
mod pairs;
mod person;
mod problem;
mod routes;
pub(crate) mod simulated;
mod times;
mod tokens;
mod v2;

pub use config::{Access, PersonioSimConfig, RateLimits};
pub use employee::{Employee, Given, Moment, Staff, Status, Termination, employee, employee_id, index_of};

pub use simulated::{EMPLOYEES, URL, by_client};

use attributes::{ATTRIBUTES, Envelope};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use flowrun_kit::clock::Clock;
use flowrun_kit::sim::{SimVendor, Traffic};
use flowrun_kit::simulator::{SimFaults, lock};
use meters::{Guarded, Meters};
use serde_json::json;
use std::fmt;
use std::sync::{Arc, Mutex};
use tokens::{Api, Tokens};

struct Inner {
    config: PersonioSimConfig,
    /// Who is there, and how many.
    staff: Mutex<(Staff, u64)>,
    envelopes: Vec<Envelope>,
    traffic: Traffic,
    meters: Mutex<Meters>,
    tokens: Mutex<Tokens>,
}

/// A simulated account; clones are the same account.
#[derive(Clone)]
pub struct PersonioSim(Arc<Inner>);

impl fmt::Debug for PersonioSim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonioSim").field("employees", &self.employee_count()).finish_non_exhaustive()
    }
}

impl PersonioSim {
    /// An account as set up.
    pub fn new(config: PersonioSimConfig) -> PersonioSim {
        let readable = |key: &str| config.readable.as_ref().is_none_or(|readable| readable.contains(key));
        PersonioSim(Arc::new(Inner {
            envelopes: ATTRIBUTES.iter().filter(|row| readable(row.key)).map(|row| row.envelope()).collect(),
            traffic: Traffic::default(),
            meters: Mutex::new(Meters::new(config.limits)),
            tokens: Mutex::new(Tokens::default()),
            staff: Mutex::new((
                Staff { seed: config.seed, given: config.given.as_slice().into() },
                config.employees,
            )),
            config,
        }))
    }

    /// The account's endpoints, with the faults around them. It may be merged with another vendor's router.
    pub fn router(&self) -> Router {
        routes::router(self.clone())
    }

    /// The client id it accepts.
    pub fn client_id(&self) -> &str {
        &self.0.config.client_id
    }

    /// The client secret it accepts.
    pub fn client_secret(&self) -> &str {
        &self.0.config.client_secret
    }

    /// How many employees it has.
    pub fn employee_count(&self) -> u64 {
        lock(&self.0.staff).1
    }

    /// From now on it has these employees and no others. Who has been there keeps the place in the list, and so the ID.
    pub fn staffed(&self, given: Vec<Given>) {
        let mut staff = lock(&self.0.staff);
        (staff.1, staff.0.given) = (given.len() as u64, given.into());
    }

    /// All its employees, each once, in the order in which they are listed.
    pub fn employees(&self) -> impl Iterator<Item = Employee> + '_ {
        (0..self.employee_count()).map(|index| self.employee(index))
    }

    /// What it was asked.
    pub fn traffic(&self) -> Traffic {
        self.0.traffic.clone()
    }

    /// Makes the tokens that are out invalid, as their expiry would.
    pub fn expire_token(&self) {
        let mut tokens = lock(&self.0.tokens);
        [Api::V1, Api::V2].into_iter().for_each(|api| tokens.forget(api));
    }

    /// The keys of all attributes Personio has here, whether the credential may read them or not.
    pub fn all_attributes() -> impl Iterator<Item = &'static str> {
        ATTRIBUTES.iter().map(|attribute| attribute.key)
    }

    /// The employee at a place in the list.
    fn employee(&self, index: u64) -> Employee {
        let staff = lock(&self.0.staff).0.clone();
        staff.employee(index)
    }

    /// The place in the list of the employee with a mail address.
    fn index_of_email(&self, email: &str) -> Option<u64> {
        lock(&self.0.staff).0.index_of_email(email)
    }

    fn seed(&self) -> u64 {
        self.0.config.seed
    }

    fn access(&self) -> Access {
        self.0.config.access
    }

    fn envelopes(&self) -> &[Envelope] {
        &self.0.envelopes
    }

    /// Whether an attribute is released to the credential.
    fn releases(&self, key: &str) -> bool {
        self.0.envelopes.iter().any(|envelope| envelope.attribute.key == key)
    }

    /// How long the list is, with those who are in it twice.
    fn listed(&self) -> u64 {
        match self.employee_count() {
            0 => 0,
            employees => employees + self.0.config.duplicates,
        }
    }

    /// Who stands at a place in the list: those listed again come from all over it.
    fn at(&self, place: u64) -> u64 {
        let (employees, duplicates) = (self.employee_count(), self.0.config.duplicates);
        match place.checked_sub(employees) {
            None => place,
            Some(again) => (again * employees.div_ceil(duplicates.max(1))) % employees,
        }
    }

    /// Counts a request: whether it may go ahead, and the headers that tell of the limit.
    fn take(&self, guarded: Guarded) -> (bool, HeaderMap) {
        lock(&self.0.meters).take(guarded, self.now_ms())
    }

    fn is_dated(&self) -> bool {
        self.0.config.dated
    }

    fn now_ms(&self) -> i64 {
        self.0.config.clock.now_ms()
    }

    fn accepts(&self, id: &str, secret: &str) -> bool {
        id == self.0.config.client_id && secret == self.0.config.client_secret
    }

    /// A token and how many seconds it is still good for.
    fn issue(&self, api: Api) -> (String, i64) {
        let lifetime_ms = self.0.config.token_lifetime.as_millis() as i64;
        lock(&self.0.tokens).issue(api, self.seed(), self.now_ms(), lifetime_ms)
    }

    fn knows(&self, api: Api, token: &str) -> bool {
        lock(&self.0.tokens).knows(api, token, self.now_ms())
    }

    fn revoke(&self, token: &str) {
        lock(&self.0.tokens).revoke(token);
    }
}

/// An error in v1's form.
fn refuse(status: StatusCode, code: u16, message: &str) -> Response {
    (status, Json(json!({ "success": false, "error": { "code": code, "message": message } }))).into_response()
}

fn too_many() -> Response {
    refuse(StatusCode::TOO_MANY_REQUESTS, 429, "Too Many Requests")
}

impl SimVendor for PersonioSim {
    const NAME: &'static str = "personio";

    fn clock(&self) -> &Clock {
        &self.0.config.clock
    }

    fn faults(&self) -> &SimFaults {
        &self.0.config.faults
    }

    fn traffic(&self) -> &Traffic {
        &self.0.traffic
    }

    fn rate_limited(&self, path: &str) -> Response {
        if path.starts_with("/v2/") { v2::too_many(HeaderMap::new()) } else { too_many() }
    }

    fn expired_token(&self, path: &str) -> Response {
        if path.starts_with("/v2/") {
            lock(&self.0.tokens).forget(Api::V2);
            return v2::unauthorized(self);
        }
        lock(&self.0.tokens).forget(Api::V1);
        refuse(StatusCode::UNAUTHORIZED, 401, "Provided authorization is not valid")
    }

    fn server_error(&self, status: StatusCode) -> Response {
        if status == StatusCode::BAD_GATEWAY {
            // What stands in front of Personio does not speak JSON.
            let html = HeaderValue::from_static("text/html");
            let page = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>";
            return (status, [(header::CONTENT_TYPE, html)], page).into_response();
        }
        refuse(status, 0, "Server error")
    }
}
