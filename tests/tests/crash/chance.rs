//! Chance that follows from a seed, and the life of a process that ends by it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use flowrun_core::chance::mix;
use tokio::sync::Notify;

/// Numbers that follow from a seed.
#[derive(Debug)]
pub struct Chance(Mutex<u64>);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(Mutex::new(mix(seed)))
    }

    /// One of 0 to `below - 1`.
    pub fn below(&self, below: u64) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = mix(*state);
        (*state >> 16) % below
    }

    pub fn one_in(&self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// A process: what it does after its end nobody sees.
#[derive(Debug, Default)]
pub struct Life {
    over: AtomicBool,
    told: Notify,
}

impl Life {
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
        self.told.notify_one();
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Returns when it is over.
    pub async fn ended(&self) {
        self.told.notified().await;
    }
}
