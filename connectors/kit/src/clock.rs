//! The one clock of a run: real, scaled, or simulated.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::timeline::{Hold, Member, Timeline};

/// Tells the time and waits. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock {
    epoch_ms: i64,
    time: Time,
}

#[derive(Clone, Debug)]
enum Time {
    Real { started: Instant, scale: f64 },
    Simulated(Timeline),
}

impl Clock {
    /// A clock that reads `epoch_ms` (milliseconds since 1970, UTC) now and passes `scale` times as fast as real time.
    pub fn starting_at(epoch_ms: i64, scale: f64) -> Clock {
        Clock { epoch_ms, time: Time::Real { started: Instant::now(), scale } }
    }

    /// A clock that reads `epoch_ms` and jumps to where the next wait ends as soon as nothing that it [drives](Clock::drive)
    /// can go on.
    pub fn simulated(epoch_ms: i64) -> Clock {
        Clock { epoch_ms, time: Time::Simulated(Timeline::default()) }
    }

    /// Whether it jumps.
    pub fn is_simulated(&self) -> bool {
        matches!(self.time, Time::Simulated(_))
    }

    /// Milliseconds since 1970, UTC.
    pub fn now_ms(&self) -> i64 {
        self.epoch_ms + self.elapsed().as_millis() as i64
    }

    /// The time since this clock was made, as this clock counts it.
    pub fn elapsed(&self) -> Duration {
        match &self.time {
            Time::Real { started, scale } => started.elapsed().mul_f64(*scale),
            Time::Simulated(timeline) => Duration::from_millis(timeline.now_ms().unsigned_abs()),
        }
    }

    /// Returns once `wait` has passed on this clock. On a simulated clock that is only within what it drives.
    pub async fn sleep(&self, wait: Duration) {
        match &self.time {
            Time::Real { scale, .. } => tokio::time::sleep(wait.div_f64(*scale)).await,
            Time::Simulated(timeline) => {
                // A wait never ends before its time.
                let wait_ms = i64::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(i64::MAX);
                timeline.sleep_until(timeline.now_ms().saturating_add(wait_ms)).await;
            }
        }
    }

    /// Returns once this clock reads `at_ms` or later.
    pub async fn sleep_until(&self, at_ms: i64) {
        let wait = at_ms - self.now_ms();
        if wait > 0 {
            self.sleep(Duration::from_millis(wait as u64)).await;
        }
    }

    /// What `work` gives, or nothing if it does not end within `limit`.
    pub async fn timeout<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        let work = pin!(work);
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.sleep(limit) => None,
        }
    }

    /// Lets `work` go by this clock: a simulated one jumps when all that it drives waits.
    pub fn drive<F: Future>(&self, work: F) -> Driven<F> {
        match &self.time {
            Time::Real { .. } => Driven::Really(Box::pin(work)),
            Time::Simulated(timeline) => Driven::Simulated(timeline.join(work)),
        }
    }

    /// Keeps a simulated clock from jumping as long as it lives: something happens that the clock can't see, such as work of
    /// another thread.
    pub fn hold(&self) -> Option<Hold> {
        match &self.time {
            Time::Real { .. } => None,
            Time::Simulated(timeline) => Some(timeline.hold()),
        }
    }
}

/// What a clock drives.
#[derive(Debug)]
pub enum Driven<F> {
    /// By real time.
    Really(Pin<Box<F>>),
    /// By a timeline.
    Simulated(Member<F>),
}

impl<F: Future> Future for Driven<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.get_mut() {
            Driven::Really(work) => work.as_mut().poll(cx),
            Driven::Simulated(member) => Pin::new(member).poll(cx),
        }
    }
}
