//! Sends something until it is accepted, refused, or too old.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use flowrun_kit::clock::Clock;
use flowrun_kit::http::{Limits, Request, Transport, TransportError};
use flowrun_kit::retry::{Policy, retry_after};

use super::logs::{Level, Log};
use super::metrics::{LOST, Metrics, SENT};

/// What whoever sends something needs; clones are the same.
#[derive(Clone)]
pub struct Outside {
    /// Sends requests.
    pub transport: Arc<dyn Transport>,
    /// Tells the time.
    pub clock: Clock,
    /// Counts what was sent and what was lost.
    pub metrics: Metrics,
    /// Says what was lost.
    pub log: Log,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").finish_non_exhaustive()
    }
}

/// What came of one try.
#[derive(Debug, PartialEq)]
pub enum Try {
    /// It was accepted.
    Accepted,
    /// It may be tried again, perhaps not before some time.
    Again(String, Option<Duration>),
    /// It will never be accepted.
    Never(String),
}

/// Why something was never delivered.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    /// In a word, for metrics: `refused`, `too old`, `queue full`, `stopped`.
    pub reason: &'static str,
    /// In words.
    pub why: String,
}

fn limits() -> Limits {
    Limits { timeout: Duration::from_secs(10), answer_bytes: 64 << 10, ..Limits::default() }
}

const POLICY: Policy = Policy {
    tries: u32::MAX,
    pause: Duration::from_secs(1),
    longest: Duration::from_secs(300),
    budget: Duration::MAX,
    seed: 0,
};

impl Outside {
    /// Sends a request once.
    pub async fn post(&self, url: &str, headers: &HeaderMap, body: Vec<u8>) -> Try {
        let mut headers = headers.clone();
        let json = HeaderValue::from_static("application/json");
        headers.entry(header::CONTENT_TYPE).or_insert(json);
        let request = Request { method: Method::POST, url: url.to_owned(), headers, body: body.into() };
        match self.transport.send(request, limits()).await {
            Ok(answer) if answer.status.is_success() => Try::Accepted,
            Ok(answer) => {
                let code = answer.status.as_u16();
                let why = format!("the answer was {code}");
                if code == 408 || code == 429 || answer.status.is_server_error() {
                    Try::Again(why, retry_after(&answer.headers, self.clock.now_ms()))
                } else {
                    Try::Never(why)
                }
            }
            // It was heard: what else is said nobody reads.
            Err(TransportError::TooLarge(_)) => Try::Accepted,
            Err(error) => Try::Again(error.to_string(), None),
        }
    }

    /// Tries again and again, ever more rarely, until `patience` has passed since `since_ms`.
    pub async fn until<F: Future<Output = Try>>(
        &self,
        since_ms: i64,
        patience: Duration,
        call: u64,
        once: impl Fn() -> F,
    ) -> Result<(), Lost> {
        let patience_ms = i64::try_from(patience.as_millis()).unwrap_or(i64::MAX);
        let end_ms = since_ms.saturating_add(patience_ms);
        for attempt in 1.. {
            let (why, asked) = match once().await {
                Try::Accepted => return Ok(()),
                Try::Never(why) => return Err(Lost { reason: "refused", why }),
                Try::Again(why, asked) => (why, asked),
            };
            let pause = POLICY.pause(attempt, call).max(asked.unwrap_or_default());
            let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
            if self.clock.now_ms().saturating_add(pause_ms) > end_ms {
                return Err(Lost { reason: "too old", why });
            }
            self.clock.sleep(pause).await;
        }
        Ok(())
    }
}

/// What is on its way to somebody. It counts what arrives and what does not; what is still on its way when the last of those
/// who hold it is gone never arrives.
#[derive(Debug)]
pub struct Way {
    outside: Outside,
    to: &'static str,
    most: u64,
    waiting: AtomicU64,
    lost: Mutex<u64>,
}

impl Way {
    /// A way to somebody, on which so many messages have room. `to` names it in metrics and in the log.
    pub fn new(outside: &Outside, to: &'static str, most: u64) -> Way {
        Way { outside: outside.clone(), to, most, waiting: AtomicU64::new(0), lost: Mutex::new(0) }
    }

    /// Sends by this.
    pub fn outside(&self) -> &Outside {
        &self.outside
    }

    /// Whether one more has room. If so it is on its way until [`Way::end`]; if not it is lost.
    pub fn begin(&self) -> bool {
        let room = |waiting| (waiting < self.most).then_some(waiting + 1);
        let begun = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_ok();
        if !begun {
            let why = format!("{} are on their way already", self.most);
            self.lose(&Lost { reason: "queue full", why }, 1);
        }
        begun
    }

    /// Counts what came of one.
    pub fn end(&self, sent: Result<(), Lost>) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        match sent {
            Ok(()) => self.outside.metrics.add(&SENT, &[self.to], 1),
            Err(lost) => self.lose(&lost, 1),
        }
    }

    /// Counts what was lost, and says so in the log: the first time, the second, the fourth, and so on.
    pub fn lose(&self, lost: &Lost, how_many: u64) {
        let Lost { reason, why } = lost;
        self.outside.metrics.add(&LOST, &[self.to, reason], how_many);
        let mut so_far = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        let told = so_far.checked_ilog2();
        *so_far += how_many;
        if told != so_far.checked_ilog2() {
            let words =
                format!("{so_far} messages to the {} are lost; of the last one: {why} ({reason})", self.to);
            self.outside.log.say(self.outside.clock.now_ms() * 1000, Level::Error, "watch.lost", &words);
        }
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        let waiting = *self.waiting.get_mut();
        if waiting > 0 {
            self.lose(&Lost { reason: "stopped", why: "the service ended before".to_owned() }, waiting);
        }
    }
}
