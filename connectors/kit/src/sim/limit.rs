//! Rate-limit windows, as vendors count them.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;

/// A rate limit: so many requests in a window, which opens with the first request after the last one closed.
#[derive(Clone, Debug)]
pub struct Window {
    limit: u32,
    length_ms: i64,
    penalty_ms: i64,
    closes_ms: i64,
    used: u32,
    punished: bool,
}

/// What a rate limit says to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Whether the request may go ahead.
    pub allowed: bool,
    /// How many requests a window holds.
    pub limit: u32,
    /// How many more it holds now.
    pub remaining: u32,
    /// When it closes, in milliseconds since 1970.
    pub resets_ms: i64,
}

impl Window {
    /// A limit of so many requests per so long.
    pub fn new(limit: u32, length: Duration) -> Window {
        let length_ms = length.as_millis() as i64;
        Window { limit, length_ms, penalty_ms: 0, closes_ms: i64::MIN, used: 0, punished: false }
    }

    /// The same limit, shut for so long once it is exceeded.
    pub fn with_penalty(self, penalty: Duration) -> Window {
        Window { penalty_ms: penalty.as_millis() as i64, ..self }
    }

    /// Counts a request.
    pub fn take(&mut self, now_ms: i64) -> Quota {
        if now_ms >= self.closes_ms {
            self.closes_ms = now_ms + self.length_ms;
            self.used = 0;
            self.punished = false;
        }
        let allowed = self.used < self.limit;
        if allowed {
            self.used += 1;
        } else if self.penalty_ms > 0 && !self.punished {
            // Once only: whoever keeps asking must not be shut out for good.
            self.punished = true;
            self.closes_ms = now_ms + self.penalty_ms;
        }
        Quota { allowed, ..self.peek(now_ms) }
    }

    /// What a request would find now, without counting one.
    pub fn peek(&self, now_ms: i64) -> Quota {
        let open = now_ms < self.closes_ms;
        let remaining = if open { self.limit - self.used } else { self.limit };
        let resets_ms = if open { self.closes_ms } else { now_ms + self.length_ms };
        Quota { allowed: remaining > 0, limit: self.limit, remaining, resets_ms }
    }
}

impl Quota {
    /// The same window with nothing left in it.
    pub fn exhausted(self) -> Quota {
        Quota { allowed: false, remaining: 0, ..self }
    }

    /// Writes Okta's three headers; Reset is in whole seconds, rounded up, so that waiting until then is enough.
    pub fn write_okta_headers(&self, headers: &mut HeaderMap) {
        let reset = self.resets_ms.div_euclid(1000) + i64::from(self.resets_ms.rem_euclid(1000) > 0);
        headers.insert(HeaderName::from_static("x-rate-limit-limit"), HeaderValue::from(self.limit));
        headers.insert(HeaderName::from_static("x-rate-limit-remaining"), HeaderValue::from(self.remaining));
        headers.insert(HeaderName::from_static("x-rate-limit-reset"), HeaderValue::from(reset));
    }
}
