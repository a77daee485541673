//! Keeps a connection within its vendor's rate limits, so that no 429 comes that could be foreseen.
//!
//! What shares a limit is a bucket. A bucket learns from the headers of its answers, or has fixed limits, or both.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use flowrun_core::fault::{Fault, FaultKind, Result};
use tokio::sync::Notify;

use crate::activity::{Activity, Waiting};
use crate::clock::Clock;

/// At most so many requests in any stretch of time so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many requests.
    pub count: u32,
    /// In which time.
    pub per: Duration,
}

/// What an answer said of its bucket's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many requests a window holds.
    pub limit: u32,
    /// How many more it holds now.
    pub remaining: u32,
    /// When the next window opens, in milliseconds since 1970 on the connection's clock.
    pub resets_ms: i64,
}

/// Okta's windows are a minute long; a reset further off than this is a clock that can't be trusted.
const LONGEST_WINDOW_MS: i64 = 61_000;

impl Quota {
    /// Reads `X-Rate-Limit-Limit`, `-Remaining` and `-Reset` (epoch seconds).
    ///
    /// The server's clock counts, not ours: `Date` tells it. A simulator in this process has our clock and sends no `Date`.
    pub fn read(headers: &HeaderMap, now_ms: i64) -> Option<Quota> {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
        let limit = number("x-rate-limit-limit")?;
        let remaining = number("x-rate-limit-remaining")?;
        let reset_ms = number("x-rate-limit-reset")?.saturating_mul(1000);
        let near = |left_ms: &i64| (0..=LONGEST_WINDOW_MS).contains(left_ms);
        let by_date = date_ms(headers).map(|date_ms| reset_ms.saturating_sub(date_ms)).filter(near);
        let left_ms =
            by_date.or(Some(reset_ms.saturating_sub(now_ms)).filter(near)).unwrap_or(LONGEST_WINDOW_MS);
        let count = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
        Some(Quota { limit: count(limit), remaining: count(remaining), resets_ms: now_ms + left_ms })
    }
}

/// The `Date` header, in milliseconds since 1970.
pub fn date_ms(headers: &HeaderMap) -> Option<i64> {
    let date = httpdate::parse_http_date(headers.get("date")?.to_str().ok()?).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// What is known of a bucket.
#[derive(Debug, Default)]
enum Known {
    /// Nothing: one request goes ahead to find out.
    #[default]
    Nothing,
    /// The vendor tells no limit here.
    Unlimited,
    /// The least that any answer in this window left.
    Window(Quota),
}

#[derive(Debug, Default)]
struct State {
    known: Known,
    in_flight: u32,
    /// The vendor said 429: nobody sends before this.
    held_until_ms: i64,
    /// When the latest requests were sent, as far back as the fixed limits look.
    sent_ms: VecDeque<i64>,
}

#[derive(Debug, Default)]
struct Bucket {
    state: Mutex<State>,
    /// Answered requests make room.
    answered: Notify,
    /// First come, first served.
    queue: tokio::sync::Mutex<()>,
}

/// When a request may go: now, at a time, or when another one has been answered.
#[derive(Debug, PartialEq)]
enum Turn {
    Now,
    At(i64),
    AfterAnother,
}

impl Bucket {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes a place for a request if there is one.
    fn take(&mut self, now_ms: i64, rates: &[Rate]) -> Turn {
        if now_ms < self.held_until_ms {
            return Turn::At(self.held_until_ms);
        }
        if let Some(at_ms) = self.next_by_rates(now_ms, rates) {
            return Turn::At(at_ms);
        }
        match &mut self.known {
            Known::Nothing if self.in_flight > 0 => return Turn::AfterAnother,
            Known::Nothing | Known::Unlimited => {}
            Known::Window(quota) => {
                if now_ms >= quota.resets_ms {
                    quota.remaining = quota.limit;
                }
                // What is in flight may or may not be counted in what is left.
                if quota.remaining <= self.in_flight {
                    let open = quota.remaining > 0 || now_ms >= quota.resets_ms;
                    return if open && self.in_flight > 0 {
                        Turn::AfterAnother
                    } else {
                        Turn::At(quota.resets_ms)
                    };
                }
            }
        }
        self.in_flight += 1;
        if !rates.is_empty() {
            self.sent_ms.push_back(now_ms);
        }
        Turn::Now
    }

    /// When the fixed limits let another request go, if not now.
    fn next_by_rates(&mut self, now_ms: i64, rates: &[Rate]) -> Option<i64> {
        let most = rates.iter().map(|rate| rate.count as usize).max().unwrap_or(0);
        while self.sent_ms.len() > most {
            self.sent_ms.pop_front();
        }
        let free = rates.iter().filter_map(|rate| {
            let oldest = self.sent_ms.len().checked_sub(rate.count as usize)?;
            let per_ms = i64::try_from(rate.per.as_millis()).unwrap_or(i64::MAX);
            self.sent_ms.get(oldest)?.checked_add(per_ms)
        });
        free.max().filter(|&at_ms| at_ms > now_ms)
    }

    fn learn(&mut self, quota: Option<Quota>, now_ms: i64) {
        match (quota, &mut self.known) {
            // Limit 0 is Okta's answer to too many requests at once, not a window.
            (Some(quota), _) if quota.limit == 0 => {}
            (Some(quota), Known::Window(old))
                if now_ms < old.resets_ms && quota.resets_ms <= old.resets_ms + 1000 =>
            {
                // The same window: answers overtake each other, so only the least counts.
                old.limit = quota.limit;
                old.remaining = old.remaining.min(quota.remaining);
            }
            (Some(quota), known) => *known = Known::Window(quota),
            (None, known @ Known::Nothing) => *known = Known::Unlimited,
            (None, _) => {}
        }
    }
}

/// What is known of a vendor's limits and how far they are used up; clones are the same. Lines to one account share it.
#[derive(Clone, Debug, Default)]
pub struct Pace(Arc<Mutex<BTreeMap<&'static str, Arc<Bucket>>>>);

/// The limits of one connection, shared by all its cards and all their runs.
#[derive(Debug)]
pub struct Pacer {
    vendor: &'static str,
    clock: Clock,
    pace: Pace,
}

impl Pacer {
    /// A pacer that goes by what is known in `pace`.
    pub fn new(vendor: &'static str, clock: Clock, pace: Pace) -> Pacer {
        Pacer { vendor, clock, pace }
    }

    fn bucket(&self, name: &'static str) -> Arc<Bucket> {
        let mut buckets = self.pace.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(buckets.entry(name).or_default())
    }

    /// Waits for a request's turn, which `activity` shows; fails at once if that is after `deadline_ms`.
    pub async fn turn(
        &self,
        name: &'static str,
        rates: &[Rate],
        deadline_ms: i64,
        activity: &Activity,
    ) -> Result<Permit> {
        let bucket = self.bucket(name);
        let queued = bucket.queue.lock().await;
        loop {
            // Asked for before looking, so that an answer in between is not missed.
            let answered = bucket.answered.notified();
            let now_ms = self.clock.now_ms();
            let turn = bucket.state().take(now_ms, rates);
            match turn {
                Turn::Now => break,
                Turn::AfterAnother => answered.await,
                Turn::At(at_ms) if at_ms > deadline_ms => {
                    let seconds = (at_ms - now_ms + 999) / 1000;
                    let message = format!(
                        "{}'s rate limit asks to wait {seconds} s, longer than this card waits",
                        self.vendor
                    );
                    let help = "run again later, or with fewer requests at the same time";
                    return Err(Fault::new(FaultKind::RateLimit, message).code(429).help(help));
                }
                Turn::At(at_ms) => {
                    let reason = format!("{}'s rate limit for {name}", self.vendor).into();
                    let paced = bucket.state().next_by_rates(now_ms, rates) == Some(at_ms);
                    let kind = if paced { "pace" } else { "rate_limit" };
                    let _shown = activity.wait(Waiting { reason, until_ms: at_ms }, kind, now_ms);
                    self.clock.sleep_until(at_ms).await;
                }
            }
        }
        drop(queued);
        Ok(Permit { bucket, done: false })
    }

    /// The vendor asked this bucket to wait.
    pub fn hold(&self, name: &'static str, until_ms: i64) {
        let bucket = self.bucket(name);
        let mut state = bucket.state();
        state.held_until_ms = state.held_until_ms.max(until_ms);
    }
}

/// A request's place in its bucket, until it is answered or given up.
#[derive(Debug)]
pub struct Permit {
    bucket: Arc<Bucket>,
    done: bool,
}

impl Permit {
    /// Gives the place back with what the answer said.
    pub fn answered(mut self, quota: Option<Quota>, now_ms: i64) {
        self.done = true;
        let mut state = self.bucket.state();
        state.in_flight -= 1;
        state.learn(quota, now_ms);
        drop(state);
        self.bucket.answered.notify_one();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        // No answer: the vendor may have counted it all the same.
        let mut state = self.bucket.state();
        state.in_flight -= 1;
        if let Known::Window(quota) = &mut state.known {
            quota.remaining = quota.remaining.saturating_sub(1);
        }
        drop(state);
        self.bucket.answered.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(reset: i64, date: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-rate-limit-limit", HeaderValue::from(15));
        headers.insert("x-rate-limit-remaining", HeaderValue::from(0));
        headers.insert("x-rate-limit-reset", HeaderValue::from(reset));
        date.map(|date| headers.insert("date", HeaderValue::from_static(date)));
        headers
    }

    #[test]
    fn the_reset_is_read_by_the_servers_clock() {
        let at = 784_111_777; // Sun, 06 Nov 1994 08:49:37 GMT
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let left =
            |headers: HeaderMap, now_ms: i64| Quota::read(&headers, now_ms).unwrap().resets_ms - now_ms;
        assert_eq!(left(headers(at + 20, date), 5_000), 20_000, "our clock is wrong by decades");
        assert_eq!(left(headers(at + 20, None), at * 1000), 20_000, "no date: a simulator with our clock");
        assert_eq!(left(headers(at, None), 5_000), LONGEST_WINDOW_MS, "no date, and clocks that disagree");
        assert!(Quota::read(&HeaderMap::new(), 0).is_none());
    }

    #[test]
    fn a_window_is_never_overdrawn() {
        let mut state = State::default();
        assert_eq!(state.take(0, &[]), Turn::Now);
        assert_eq!(state.take(0, &[]), Turn::AfterAnother, "the first request finds out");
        state.in_flight -= 1;
        state.learn(Some(Quota { limit: 3, remaining: 2, resets_ms: 60_000 }), 10);
        assert_eq!((state.take(10, &[]), state.take(10, &[])), (Turn::Now, Turn::Now));
        assert_eq!(state.take(10, &[]), Turn::AfterAnother);
        state.in_flight -= 2;
        // Answers overtake each other.
        state.learn(Some(Quota { limit: 3, remaining: 0, resets_ms: 60_000 }), 20);
        state.learn(Some(Quota { limit: 3, remaining: 1, resets_ms: 60_000 }), 21);
        assert_eq!(state.take(30, &[]), Turn::At(60_000));
        let afterwards: Vec<Turn> = (0..4).map(|_| state.take(60_000, &[])).collect();
        assert_eq!(afterwards, [Turn::Now, Turn::Now, Turn::Now, Turn::AfterAnother]);
    }

    #[test]
    fn fixed_rates_hold_in_every_stretch() {
        let rates =
            [Rate { count: 2, per: Duration::from_secs(1) }, Rate { count: 3, per: Duration::from_secs(60) }];
        let mut state = State { known: Known::Unlimited, ..State::default() };
        assert_eq!((state.take(0, &rates), state.take(100, &rates)), (Turn::Now, Turn::Now));
        assert_eq!(state.take(200, &rates), Turn::At(1000));
        assert_eq!(state.take(1000, &rates), Turn::Now);
        assert_eq!(state.take(2000, &rates), Turn::At(60_000));
        assert_eq!(state.take(60_000, &rates), Turn::Now);
    }
}
