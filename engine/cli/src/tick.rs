//! Tells a watcher when it is time to look, from a thread of its own: between two times the watcher costs the run no more than
//! to read a flag.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use flowrun_kit::effect::Pending;
use tokio::sync::Notify;

/// Ticks until it is dropped.
pub struct Tick(Arc<Shared>);

#[derive(Default)]
struct Shared {
    due: AtomicBool,
    over: AtomicBool,
    wake: Notify,
}

impl Tick {
    /// Ticks this often.
    pub fn every(interval: Duration) -> Tick {
        let shared = Arc::new(Shared::default());
        let ticking = shared.clone();
        // Without the thread nothing is told, and the run goes on all the same.
        let _ = thread::Builder::new().name("display".to_owned()).spawn(move || {
            while !ticking.over.load(Ordering::Relaxed) {
                thread::sleep(interval);
                ticking.due.store(true, Ordering::Relaxed);
                ticking.wake.notify_one();
            }
        });
        Tick(shared)
    }

    /// Whether it is time; if so, it is not again before the next tick.
    pub fn is_due(&self) -> bool {
        self.0.due.load(Ordering::Relaxed) && self.0.due.swap(false, Ordering::Relaxed)
    }

    /// Ends with the next tick.
    pub fn next(&self) -> Pending<'_, ()> {
        Box::pin(self.0.wake.notified())
    }
}

impl Drop for Tick {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}
