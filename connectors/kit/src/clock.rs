//! The one clock of a run: real, scaled, or simulated.

use std::time::Duration;
use tokio::time::Instant;

/// Tells the time and waits, by tokio's clock.
///
/// Under a paused tokio runtime the time is simulated: it jumps to the next timer as soon as nothing else can run.
/// Otherwise it is real, and passes `scale` times as fast.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    epoch_ms: i64,
    scale: f64,
}

impl Clock {
    /// A clock that reads `epoch_ms` (milliseconds since 1970, UTC) now and passes `scale` times as fast as tokio's.
    pub fn starting_at(epoch_ms: i64, scale: f64) -> Clock {
        Clock { started: Instant::now(), epoch_ms, scale }
    }

    /// Milliseconds since 1970, UTC.
    pub fn now_ms(&self) -> i64 {
        self.epoch_ms + self.elapsed().as_millis() as i64
    }

    /// The time since this clock was made, as this clock counts it.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed().mul_f64(self.scale)
    }

    /// Returns once `wait` has passed on this clock.
    pub async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait.div_f64(self.scale)).await;
    }

    /// Returns once this clock reads `at_ms` or later.
    pub async fn sleep_until(&self, at_ms: i64) {
        let wait = at_ms - self.now_ms();
        if wait > 0 {
            self.sleep(Duration::from_millis(wait as u64)).await;
        }
    }
}
