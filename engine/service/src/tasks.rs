//! What goes on beside each other, by one clock.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flowrun_kit::clock::Clock;
use tokio::sync::{Notify, watch};

/// How far a service has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// It takes what comes.
    Open,
    /// It begins nothing new.
    Draining,
    /// Nobody waits any more.
    Closing,
}

/// Spawns what goes on by itself, and knows when all of it has ended.
#[derive(Clone, Debug)]
pub struct Tasks {
    clock: Clock,
    count: Arc<AtomicUsize>,
    ended: Arc<Notify>,
    phase: Arc<watch::Sender<Phase>>,
}

impl Tasks {
    /// Tasks that go by a clock.
    pub fn new(clock: Clock) -> Tasks {
        let phase = Arc::new(watch::Sender::new(Phase::Open));
        Tasks { clock, count: Arc::default(), ended: Arc::default(), phase }
    }

    /// Lets something go on by itself.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let guard = Guard(self.clone());
        // Joined before it is spawned, so that a simulated clock waits for it.
        let driven = self.clock.drive(async move {
            work.await;
            drop(guard);
        });
        tokio::spawn(driven);
    }

    /// Tells all that nothing new is to be begun.
    pub fn drain(&self) {
        self.phase.send_replace(Phase::Draining);
    }

    /// Whether what comes is taken.
    pub fn is_open(&self) -> bool {
        *self.phase.borrow() == Phase::Open
    }

    /// Tells those that wait for others to wait no more.
    pub fn close(&self) {
        self.phase.send_replace(Phase::Closing);
    }

    /// Ends when nothing new is to be begun any more.
    pub async fn draining(&self) {
        self.until(Phase::Draining).await;
    }

    /// Ends when nobody is to wait for others any more.
    pub async fn closing(&self) {
        self.until(Phase::Closing).await;
    }

    async fn until(&self, reached: Phase) {
        // It lives as long as this does.
        let _ = self.phase.subscribe().wait_for(|phase| *phase >= reached).await;
    }

    /// How many go on.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Ends when none goes on.
    pub async fn all(&self) {
        loop {
            let ended = self.ended.notified();
            if self.count() == 0 {
                return;
            }
            ended.await;
        }
    }
}

/// Counts a task as long as it lives, however it ends.
struct Guard(Tasks);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
        self.0.ended.notify_waiters();
    }
}
