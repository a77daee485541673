//! Failed sign-ins: who has had too many is not heard for a while.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use flowrun_kit::clock::Clock;

/// So many failures are borne…
const MOST: u32 = 10;

/// …within so long.
const WINDOW_MS: i64 = 5 * 60_000;

/// How many addresses are remembered.
const MOST_ADDRESSES: usize = 10_000;

/// Counts what failed, by the address from which it came.
pub(super) struct Attempts {
    clock: Clock,
    failed: Mutex<BTreeMap<IpAddr, Failed>>,
}

struct Failed {
    since_ms: i64,
    count: u32,
}

impl Attempts {
    pub(super) fn new(clock: Clock) -> Attempts {
        Attempts { clock, failed: Mutex::default() }
    }

    /// After how many seconds an address is heard again, if it has failed too often.
    pub(super) fn barred(&self, address: Option<IpAddr>) -> Option<u64> {
        let now = self.clock.now_ms();
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = failed.get(&site(address))?;
        let left = failed.since_ms + WINDOW_MS - now;
        (failed.count >= MOST && left > 0).then(|| left.unsigned_abs().div_ceil(1000))
    }

    /// Something from an address failed.
    pub(super) fn fail(&self, address: Option<IpAddr>) {
        let now = self.clock.now_ms();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= MOST_ADDRESSES {
            failed.retain(|_, failed| now - failed.since_ms < WINDOW_MS);
        }
        if failed.len() >= MOST_ADDRESSES && !failed.contains_key(&site(address)) {
            return;
        }
        let own = failed.entry(site(address)).or_insert(Failed { since_ms: now, count: 0 });
        if now - own.since_ms >= WINDOW_MS {
            *own = Failed { since_ms: now, count: 0 };
        }
        own.count += 1;
    }
}

/// What counts as one address: in IPv6 everybody has 2^64 of them. Those of nobody known are one.
fn site(address: Option<IpAddr>) -> IpAddr {
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V6(address)) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        Some(address) => address,
        None => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_bar_for_five_minutes() {
        let clock = Clock::simulated(0);
        let attempts = Attempts::new(clock.clone());
        let at = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        for _ in 0..9 {
            attempts.fail(at("2001:db8::1"));
        }
        assert_eq!(attempts.barred(at("2001:db8::1")), None);
        attempts.fail(at("2001:db8::ffff"));
        assert_eq!(attempts.barred(at("2001:db8::2")), Some(300), "the same network");
        assert_eq!(attempts.barred(at("2001:db8:0:1::1")), None);
        assert_eq!(attempts.barred(None), None);
        (0..10).for_each(|_| attempts.fail(at("::ffff:192.0.2.1")));
        assert_eq!(attempts.barred(at("192.0.2.1")), Some(300), "the same address");
    }
}
