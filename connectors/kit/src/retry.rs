//! When and how long after a failure a request is sent again.

use std::time::Duration;

use axum::http::HeaderMap;
use flowrun_core::chance::mix;

use crate::pacing::date_ms;

/// How stubborn a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How often a request is sent at most, limits aside.
    pub tries: u32,
    /// The pause before the second try; it doubles from try to try.
    pub pause: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// How long one call may take, waits for limits included.
    pub budget: Duration,
    /// Makes the pauses of different connections differ, and those of one the same on every run.
    pub seed: u64,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            tries: 4,
            pause: Duration::from_millis(500),
            longest: Duration::from_secs(20),
            budget: Duration::from_secs(25 * 60),
            seed: 0,
        }
    }
}

impl Policy {
    /// The pause before try number `attempt + 1`: half of it certain, half of it chance.
    pub fn pause(&self, attempt: u32, call: u64) -> Duration {
        let whole = self.pause.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(self.longest);
        let chance = mix(self.seed ^ mix(call) ^ u64::from(attempt)) >> 11;
        whole.mul_f64(0.5 + chance as f64 / (1u64 << 54) as f64)
    }
}

/// How long `Retry-After` asks to wait: in seconds, or until a date.
pub fn retry_after(headers: &HeaderMap, now_ms: i64) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let at_ms = i64::try_from(date.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis()).ok()?;
    let left_ms = at_ms - date_ms(headers).unwrap_or(now_ms);
    Some(Duration::from_millis(u64::try_from(left_ms).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn pauses_grow_and_differ() {
        let policy = Policy::default();
        for (attempt, most) in [(1, 500), (2, 1000), (3, 2000), (40, 20_000)] {
            let pause = policy.pause(attempt, 7).as_millis();
            assert!((most / 2..=most).contains(&pause), "{attempt}: {pause}");
        }
        assert_eq!(policy.pause(1, 7), policy.pause(1, 7));
        assert_ne!(policy.pause(1, 7), policy.pause(1, 8));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let read = |text: &'static str, date: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", HeaderValue::from_static(text));
            date.map(|date| headers.insert("date", HeaderValue::from_static(date)));
            retry_after(&headers, 784_111_770_000).map(|wait| wait.as_secs())
        };
        assert_eq!(read("120", None), Some(120));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT", None), Some(7));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT", Some("Sun, 06 Nov 1994 08:49:07 GMT")), Some(30));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:00 GMT", None), Some(0));
        assert_eq!(read("soon", None), None);
    }
}
