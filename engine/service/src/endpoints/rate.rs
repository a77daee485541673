//! How often flows may be called.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A bucket for each flow, which fills at its rate up to its burst; each call takes one.
#[derive(Debug, Default)]
pub struct Rates(Mutex<BTreeMap<Arc<str>, Bucket>>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    calls: f64,
    at_ms: i64,
}

impl Rates {
    /// Takes a call; else tells after how many seconds one will be taken.
    pub fn take(&self, alias: &Arc<str>, rate: u32, burst: u32, now_ms: i64) -> Result<(), u64> {
        let (rate, burst) = (f64::from(rate), f64::from(burst));
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = all.entry(alias.clone()).or_insert(Bucket { calls: burst, at_ms: now_ms });
        let passed_ms = (now_ms - bucket.at_ms).max(0) as f64;
        *bucket = Bucket { calls: (bucket.calls + passed_ms * rate / 1000.0).min(burst), at_ms: now_ms };
        if bucket.calls < 1.0 {
            return Err(((1.0 - bucket.calls) / rate).ceil().max(1.0) as u64);
        }
        bucket.calls -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_at_its_rate_up_to_its_burst() {
        let (rates, alias) = (Rates::default(), Arc::from("a"));
        // Ten a second, twenty at once: by hand.
        let taken = |at_ms| (0..100).take_while(|_| rates.take(&alias, 10, 20, at_ms).is_ok()).count();
        assert_eq!((taken(0), taken(99), taken(100), taken(650), taken(60_000)), (20, 0, 1, 5, 20));
        assert_eq!(rates.take(&alias, 10, 20, 60_000), Err(1));
        // A clock that goes back gives nothing.
        assert_eq!(taken(0), 0);
    }
}
