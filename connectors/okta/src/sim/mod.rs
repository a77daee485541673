//! A simulated Okta org with one identity source, and with users, groups and an application beside it.
//!
//! It behaves as recorded traffic does where there is any, and as the documentation says where there is none; `behaviours.rs`
//! tells which is which, and what had to be guessed.

// Nobody outside of flowrun builds on it: a comment is written where a name does not say all.
#![allow(missing_docs)]

mod app_changes;
mod app_groups;
mod app_users;
mod applications;
mod apps;
mod assigned;
mod auth;
mod behaviours;
mod bulk;
mod described;
mod devices;
mod directory;
mod dpop;
mod error;
mod event_hooks;
mod expressions;
mod factors;
mod fields;
mod group_paths;
mod groups;
mod iam;
mod ids;
mod inspect;
mod kinds;
mod lifecycle;
mod limits;
mod log;
mod logs;
mod made_by;
mod organization;
mod paging;
mod profile;
mod roles;
mod routes;
mod rule_words;
mod rules;
mod schemas;
mod scopes;
mod sent;
mod service_app;
mod session_paths;
mod sessions;
pub(crate) mod simulated;
mod things;
mod token;
mod tokens;
mod user_changes;
mod users;

pub use bulk::{MAX_BYTES, MAX_ENTITIES};
pub use directory::{Rehire, UserStatus};
pub use inspect::{Operation, SeedUser, SessionRecord, UserRecord};
pub use limits::RateLimits;
pub use log::KEPT as LOG_KEPT;
pub use service_app::{OwnedApp, ServiceApp};
pub use sessions::{MAX_REQUESTS, SessionStatus};
pub use simulated::{SimulatedOkta, URL, by_app, by_token};

use applications::Applications;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use directory::Directory;
use error::ApiError;
use flowrun_kit::clock::Clock;
use flowrun_kit::http::Transport;
use flowrun_kit::sim::{Quota, SimVendor, Traffic, write_date};
use flowrun_kit::simulator::{SimFaults, lock};
use groups::Groups;
use limits::{Bucket, Windows};
use log::Log;
use rules::Rules;
use sessions::Sessions;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use things::Things;
use tokens::Tokens;
use users::Sorted;

/// The header that says what Okta calls a request in its own logs.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-okta-request-id");

/// How a simulated org is set up.
#[derive(Clone, Debug)]
pub struct OktaSimConfig {
    /// The clock it lives by.
    pub clock: Clock,
    /// The API token it accepts.
    pub token: String,
    /// The service apps that may ask for access tokens.
    pub apps: Vec<ServiceApp>,
    /// Whether its answers say what time it is by its clock, as Okta's do.
    pub dated: bool,
    /// The id of its Custom Identity Source app.
    pub identity_source_id: String,
    /// How it misbehaves.
    pub faults: SimFaults,
    /// How long an import takes once its turn has come.
    pub import_duration: Duration,
    /// How long after a trigger no new session may be opened while that import has not ended.
    pub session_cooldown: Duration,
    /// What an import does to a user who is deactivated.
    pub rehire: Rehire,
    /// Its rate limits.
    pub limits: RateLimits,
}

impl OktaSimConfig {
    /// An org as Okta sets it up, on this clock, without faults.
    pub fn new(clock: Clock) -> OktaSimConfig {
        OktaSimConfig {
            clock,
            token: "00simulatedOktaApiToken0000000000000000000".to_owned(),
            apps: Vec::new(),
            dated: false,
            identity_source_id: "0oa1simulatedSrc05d7".to_owned(),
            faults: SimFaults::none(),
            import_duration: Duration::from_secs(20),
            session_cooldown: Duration::from_secs(300),
            rehire: Rehire::default(),
            limits: RateLimits::default(),
        }
    }
}

struct State {
    directory: Directory,
    groups: Groups,
    applications: Applications,
    sessions: Sessions,
    log: Log,
    windows: Windows,
    sorted: Sorted,
    rules: Rules,
    assignments: Things,
    roles: Things,
    resource_sets: Things,
    factors: Things,
    owners: Things,
    devices: devices::Devices,
    schemas: schemas::Schemas,
    hooks: Things,
}

struct Inner {
    config: OktaSimConfig,
    traffic: Traffic,
    started_ms: i64,
    errors: AtomicU32,
    requests: AtomicU32,
    clients: made_by::Clients,
    tokens: Mutex<Tokens>,
    /// By which receivers of hooks are reached.
    receivers: Mutex<Option<Arc<dyn Transport>>>,
    state: Mutex<State>,
}

/// A simulated org; clones are the same org.
#[derive(Clone)]
pub struct OktaSim(Arc<Inner>);

impl fmt::Debug for OktaSim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OktaSim")
            .field("identity_source_id", &self.0.config.identity_source_id)
            .finish_non_exhaustive()
    }
}

impl OktaSim {
    /// An org without users and groups.
    pub fn new(config: OktaSimConfig) -> OktaSim {
        let state = State {
            directory: Directory::default(),
            groups: Groups::new(config.clock.now_ms()),
            applications: Applications::new(config.clock.now_ms()),
            sessions: Sessions::new(config.import_duration, config.session_cooldown, config.rehire),
            log: Log::default(),
            windows: Windows::new(config.limits),
            sorted: Sorted::default(),
            rules: Rules::new(),
            assignments: roles::assignments(),
            roles: iam::roles(),
            resource_sets: iam::resource_sets(),
            factors: factors::factors(),
            owners: assigned::all_owners(),
            devices: devices::Devices::default(),
            schemas: schemas::Schemas::default(),
            hooks: event_hooks::hooks(),
        };
        OktaSim(Arc::new(Inner {
            started_ms: config.clock.now_ms(),
            traffic: Traffic::default(),
            errors: AtomicU32::new(0),
            requests: AtomicU32::new(0),
            clients: made_by::Clients::default(),
            tokens: Mutex::default(),
            receivers: Mutex::default(),
            state: Mutex::new(state),
            config,
        }))
    }

    /// The org's endpoints, with the faults around them. It may be merged with another vendor's router.
    pub fn router(&self) -> Router {
        routes::router(self.clone())
    }

    /// The API token it accepts.
    pub fn token(&self) -> &str {
        &self.0.config.token
    }

    /// The id of its identity source.
    pub fn identity_source_id(&self) -> &str {
        &self.0.config.identity_source_id
    }

    /// What it was asked.
    pub fn traffic(&self) -> Traffic {
        self.0.traffic.clone()
    }

    /// The state, after everything that should have happened by now.
    fn state(&self) -> MutexGuard<'_, State> {
        let now_ms = self.now_ms();
        let mut guard = lock(&self.0.state);
        let state = &mut *guard;
        // What happens by itself is no request's doing, whoever comes by next.
        state.log.by_itself(true);
        let State { sessions, directory, groups, applications, rules, log, .. } = state;
        sessions.advance(now_ms, directory, applications, log);
        rules.apply(directory, groups, log, now_ms);
        state.log.by_itself(false);
        guard
    }

    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        lock(&self.0.tokens)
    }

    /// The app with this client ID.
    fn app(&self, client_id: &str) -> Option<&ServiceApp> {
        self.0.config.apps.iter().find(|app| app.client_id == client_id)
    }

    /// The number of a new request.
    fn next_request(&self) -> u32 {
        self.0.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// Writes what every answer has, faulty ones too.
    fn sign(&self, headers: &mut HeaderMap, request: u32) {
        let id = ids::id("req", request);
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID, id);
        }
        if self.0.config.dated {
            write_date(headers, self.now_ms());
        }
    }

    fn now_ms(&self) -> i64 {
        self.0.config.clock.now_ms()
    }

    fn started_ms(&self) -> i64 {
        self.0.started_ms
    }

    fn take(&self, bucket: Bucket) -> Quota {
        lock(&self.0.state).windows.take(bucket, self.now_ms())
    }

    /// Notes that a limit is exceeded, once while its window lasts (documented for operations: rl-system-log-events; of others a
    /// guess).
    fn note_violation(&self, bucket: Bucket, quota: &Quota) {
        let now_ms = self.now_ms();
        let mut state = self.state();
        if state.windows.first_violation(bucket, quota) {
            let exceeded = log::Exceeded {
                bucket,
                limit: quota.limit,
                seconds: (quota.resets_ms - now_ms + 999) / 1000,
            };
            state.log.note(now_ms, kinds::Kind::LimitViolation, log::About::limit(exceeded));
        }
    }

    fn check_source(&self, source: &str) -> Result<(), ApiError> {
        if source == self.identity_source_id() {
            Ok(())
        } else {
            Err(ApiError::missing(source, "AppInstance"))
        }
    }

    /// The answer that an error makes.
    fn error(&self, error: &ApiError) -> Response {
        let error_id = ids::id("oae", self.0.errors.fetch_add(1, Ordering::Relaxed));
        let mut response = (error.status, Json(error.body(&error_id))).into_response();
        if let Some(challenge) = error.challenge().and_then(|text| HeaderValue::from_str(text).ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(allowed) = error.allowed().and_then(|text| HeaderValue::from_str(text).ok()) {
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        response
    }

    /// An error answer for a fault, with the headers every answer has.
    fn fault(&self, error: &ApiError, quota: impl FnOnce(Quota) -> Quota, path: &str) -> Response {
        let mut response = self.error(error);
        let bucket = Bucket::of(&Method::GET, path);
        let found = lock(&self.0.state).windows.peek(bucket, self.now_ms());
        quota(found).write_okta_headers(response.headers_mut());
        response
    }
}

impl SimVendor for OktaSim {
    const NAME: &'static str = "okta";

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
        self.fault(&ApiError::too_many(), Quota::exhausted, path)
    }

    fn expired_token(&self, path: &str) -> Response {
        self.tokens().end_all();
        self.fault(&ApiError::bad_token(), |quota| quota, path)
    }

    fn server_error(&self, status: StatusCode) -> Response {
        if status == StatusCode::BAD_GATEWAY {
            // What stands in front of Okta does not speak JSON.
            let html = HeaderValue::from_static("text/html");
            let page = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>";
            return (status, [(header::CONTENT_TYPE, html)], page).into_response();
        }
        self.error(&ApiError::internal())
    }
}
