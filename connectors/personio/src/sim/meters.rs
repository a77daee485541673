//! The account's rate limits: windows in v1, token buckets in v2.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use flowrun_kit::sim::Window;

use super::config::RateLimits;

/// Which limits a request counts against.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Guarded {
    /// v1's log-in.
    Auth,
    /// v1's employees.
    Employees,
    /// The rest of v1.
    Other,
    /// v2's log-in.
    TokenV2,
    /// v2's persons.
    Persons,
    /// v2's employments.
    Employments,
    /// The rest of v2.
    OtherV2,
}

impl Guarded {
    /// What a request to `path` counts against.
    pub fn of(path: &str) -> Guarded {
        match path {
            "/v1/auth" => Guarded::Auth,
            "/v2/auth/token" => Guarded::TokenV2,
            _ if path.starts_with("/v1/company/employees") => Guarded::Employees,
            _ if path.starts_with("/v2/persons") && path.contains("/employments") => Guarded::Employments,
            _ if path.starts_with("/v2/persons") => Guarded::Persons,
            _ if path.starts_with("/v2/") => Guarded::OtherV2,
            _ => Guarded::Other,
        }
    }
}

/// All limits of an account.
pub struct Meters {
    minute: Window,
    second: Window,
    auth: Window,
    all: Window,
    token_v2: Window,
    persons: Bucket,
    employments: Bucket,
}

impl Meters {
    /// Limits that nothing has been counted against.
    pub fn new(limits: RateLimits) -> Meters {
        let minute = Duration::from_secs(60);
        let auth = Window::new(limits.auth_per_minute, minute).with_penalty(minute);
        Meters {
            minute: Window::new(limits.per_minute, minute),
            second: Window::new(limits.per_second, Duration::from_secs(1)),
            token_v2: auth.clone(),
            auth,
            all: Window::new(limits.all_per_minute, minute),
            persons: Bucket::new(limits.v2_per_second),
            employments: Bucket::new(limits.v2_per_second),
        }
    }

    /// Counts a request: whether it may go ahead, and the headers that tell of the limit.
    pub fn take(&mut self, guarded: Guarded, now_ms: i64) -> (bool, HeaderMap) {
        let allowed = match guarded {
            Guarded::Persons => return self.persons.take(now_ms),
            Guarded::Employments => return self.employments.take(now_ms),
            Guarded::OtherV2 => true,
            Guarded::TokenV2 => self.token_v2.take(now_ms).allowed,
            Guarded::Other => self.all.take(now_ms).allowed,
            Guarded::Auth => self.all.take(now_ms).allowed && self.auth.take(now_ms).allowed,
            Guarded::Employees => {
                self.all.take(now_ms).allowed
                    && self.second.take(now_ms).allowed
                    && self.minute.take(now_ms).allowed
            }
        };
        (allowed, HeaderMap::new())
    }
}

/// A bucket that fills with a token at a time, up to what a second brings; each request takes one.
struct Bucket {
    per_second: u32,
    /// In thousandths of a token, which is what a millisecond brings for each token a second.
    level: i64,
    filled_ms: i64,
}

impl Bucket {
    fn new(per_second: u32) -> Bucket {
        Bucket { per_second, level: i64::from(per_second) * 1000, filled_ms: 0 }
    }

    fn take(&mut self, now_ms: i64) -> (bool, HeaderMap) {
        let rate = i64::from(self.per_second);
        let passed_ms = (now_ms - self.filled_ms).clamp(0, 1000);
        self.level = (self.level + passed_ms * rate).min(rate * 1000);
        self.filled_ms = now_ms;
        let allowed = self.level >= 1000;
        if allowed {
            self.level -= 1000;
        }
        let told = [
            ("x-ratelimit-replenish-rate", rate),
            ("x-ratelimit-burst-capacity", rate),
            ("x-ratelimit-requested-tokens", 1),
            ("x-ratelimit-remaining", self.level / 1000),
        ];
        let headers = told.map(|(name, number)| (HeaderName::from_static(name), HeaderValue::from(number)));
        (allowed, headers.into_iter().collect())
    }
}
