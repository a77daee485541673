//! A simulated Personio account, whose employees are made up as they are read.
//!
//! It follows the published v1 specification and changelog; where they are silent, `docs/differences.md` says what
//! it does.

mod attributes;
mod employee;
mod names;
mod routes;

pub use employee::{Employee, Moment, Status, Termination, employee, employee_id, index_of};

use attributes::{ATTRIBUTES, Envelope};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use flowrun_kit::clock::Clock;
use flowrun_kit::sim::{Faults, Traffic, Vendor, Window, lock, mix};
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a simulated account is set up.
#[derive(Clone, Debug)]
pub struct PersonioSimConfig {
    /// The clock it lives by.
    pub clock: Clock,
    /// The client id it accepts.
    pub client_id: String,
    /// The client secret it accepts.
    pub client_secret: String,
    /// How many employees it has.
    pub employees: u64,
    /// What the employees are made from.
    pub seed: u64,
    /// How many employees are listed a second time, at the end of the list.
    pub duplicates: u64,
    /// The attributes released to the credential, by key; `None` for all.
    pub readable: Option<BTreeSet<String>>,
    /// How long a token is good for.
    pub token_lifetime: Duration,
    /// Its rate limits.
    pub limits: RateLimits,
    /// How it misbehaves.
    pub faults: Faults,
}

impl PersonioSimConfig {
    /// An account with 250 employees, on this clock, without faults.
    pub fn new(clock: Clock) -> PersonioSimConfig {
        PersonioSimConfig {
            clock,
            client_id: "papi-simulated-client-id".to_owned(),
            client_secret: "papi-simulated-client-secret".to_owned(),
            employees: 250,
            seed: 1,
            duplicates: 0,
            readable: None,
            token_lifetime: Duration::from_secs(86_400),
            limits: RateLimits::default(),
            faults: Faults::none(),
        }
    }
}

/// How often an account may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Requests to `/v1/company/employees` and below in a minute.
    pub per_minute: u32,
    /// The same in a second.
    pub per_second: u32,
    /// Requests to `/v1/auth` in a minute; beyond that it is shut for a minute.
    pub auth_per_minute: u32,
    /// Requests to all of v1 in a minute.
    pub all_per_minute: u32,
}

impl Default for RateLimits {
    fn default() -> RateLimits {
        RateLimits { per_minute: 300, per_second: 15, auth_per_minute: 60, all_per_minute: 2000 }
    }
}

impl RateLimits {
    /// Limits nobody reaches.
    pub fn off() -> RateLimits {
        let most = u32::MAX;
        RateLimits { per_minute: most, per_second: most, auth_per_minute: most, all_per_minute: most }
    }
}

/// Which limits a request counts against.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guarded {
    Auth,
    Employees,
    Other,
}

struct Meters {
    minute: Window,
    second: Window,
    auth: Window,
    all: Window,
}

/// The token given out last: the same one until it expires.
#[derive(Default)]
struct Issued {
    token: Option<(String, i64)>,
    count: u64,
}

struct Inner {
    config: PersonioSimConfig,
    envelopes: Vec<Envelope>,
    traffic: Traffic,
    meters: Mutex<Meters>,
    issued: Mutex<Issued>,
}

/// A simulated account; clones are the same account.
#[derive(Clone)]
pub struct PersonioSim(Arc<Inner>);

impl fmt::Debug for PersonioSim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonioSim").field("employees", &self.0.config.employees).finish_non_exhaustive()
    }
}

impl PersonioSim {
    /// An account as set up.
    pub fn new(config: PersonioSimConfig) -> PersonioSim {
        let readable = |key: &str| config.readable.as_ref().is_none_or(|readable| readable.contains(key));
        let limits = config.limits;
        let minute = Duration::from_secs(60);
        let meters = Meters {
            minute: Window::new(limits.per_minute, minute),
            second: Window::new(limits.per_second, Duration::from_secs(1)),
            auth: Window::new(limits.auth_per_minute, minute).with_penalty(minute),
            all: Window::new(limits.all_per_minute, minute),
        };
        PersonioSim(Arc::new(Inner {
            envelopes: ATTRIBUTES.iter().filter(|row| readable(row.key)).map(|row| row.envelope()).collect(),
            traffic: Traffic::default(),
            meters: Mutex::new(meters),
            issued: Mutex::new(Issued::default()),
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
        self.0.config.employees
    }

    /// All its employees, each once, in the order in which they are listed.
    pub fn employees(&self) -> impl Iterator<Item = Employee> + '_ {
        (0..self.employee_count()).map(|index| employee(self.seed(), index))
    }

    /// What it was asked.
    pub fn traffic(&self) -> Traffic {
        self.0.traffic.clone()
    }

    /// Makes the token that is out invalid, as its expiry would.
    pub fn expire_token(&self) {
        lock(&self.0.issued).token = None;
    }

    /// The keys of all attributes Personio has here, whether the credential may read them or not.
    pub fn all_attributes() -> impl Iterator<Item = &'static str> {
        ATTRIBUTES.iter().map(|attribute| attribute.key)
    }

    fn seed(&self) -> u64 {
        self.0.config.seed
    }

    fn envelopes(&self) -> &[Envelope] {
        &self.0.envelopes
    }

    /// How long the list is, with those who are in it twice.
    fn listed(&self) -> u64 {
        let Inner { config, .. } = &*self.0;
        if config.employees == 0 { 0 } else { config.employees + config.duplicates }
    }

    /// Who stands at a place in the list: those listed again come from all over it.
    fn at(&self, place: u64) -> u64 {
        let PersonioSimConfig { employees, duplicates, .. } = self.0.config;
        match place.checked_sub(employees) {
            None => place,
            Some(again) => (again * employees.div_ceil(duplicates.max(1))) % employees,
        }
    }

    fn take(&self, guarded: Guarded) -> bool {
        let now_ms = self.0.config.clock.now_ms();
        let mut meters = lock(&self.0.meters);
        meters.all.take(now_ms).allowed
            && match guarded {
                Guarded::Other => true,
                Guarded::Auth => meters.auth.take(now_ms).allowed,
                Guarded::Employees => {
                    meters.second.take(now_ms).allowed && meters.minute.take(now_ms).allowed
                }
            }
    }

    /// The token for these credentials and how many seconds it is still good for.
    fn issue(&self, id: &str, secret: &str) -> Option<(String, i64)> {
        let config = &self.0.config;
        if id != config.client_id || secret != config.client_secret {
            return None;
        }
        let now_ms = config.clock.now_ms();
        let mut issued = lock(&self.0.issued);
        if let Some((token, until_ms)) = issued.token.as_ref().filter(|(_, until_ms)| now_ms < *until_ms) {
            return Some((token.clone(), (until_ms - now_ms) / 1000));
        }
        issued.count += 1;
        let half = |salt: u64| mix(config.seed ^ (issued.count << 8) ^ salt);
        let token = format!("papi-{:016x}{:016x}", half(1), half(2));
        issued.token = Some((token.clone(), now_ms + config.token_lifetime.as_millis() as i64));
        Some((token, config.token_lifetime.as_secs() as i64))
    }

    fn knows(&self, token: &str) -> bool {
        let now_ms = self.0.config.clock.now_ms();
        let issued = lock(&self.0.issued);
        issued.token.as_ref().is_some_and(|(known, until_ms)| known == token && now_ms < *until_ms)
    }
}

/// An error in Personio's form.
fn refuse(status: StatusCode, code: u16, message: &str) -> Response {
    (status, Json(json!({ "success": false, "error": { "code": code, "message": message } }))).into_response()
}

impl Vendor for PersonioSim {
    const NAME: &'static str = "personio";

    fn clock(&self) -> &Clock {
        &self.0.config.clock
    }

    fn faults(&self) -> &Faults {
        &self.0.config.faults
    }

    fn traffic(&self) -> &Traffic {
        &self.0.traffic
    }

    fn rate_limited(&self, _path: &str) -> Response {
        refuse(StatusCode::TOO_MANY_REQUESTS, 429, "Too Many Requests")
    }

    fn expired_token(&self, _path: &str) -> Response {
        self.expire_token();
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
