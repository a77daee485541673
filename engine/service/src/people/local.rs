//! Signing in without a provider: a link that is printed where the service is started, and works once.

use std::sync::{Mutex, PoisonError};

use flowrun_kit::clock::Clock;

use super::secrets;

/// How long a link works.
const LASTS_MS: i64 = 15 * 60_000;

/// The link there is now, if there is one.
pub(super) struct Links {
    clock: Clock,
    current: Mutex<Option<Link>>,
}

struct Link {
    hash: String,
    until_ms: i64,
}

impl Links {
    pub(super) fn new(clock: Clock) -> Links {
        Links { clock, current: Mutex::default() }
    }

    /// Makes a link's code; the one before it works no more.
    pub(super) fn make(&self) -> String {
        let code = secrets::fresh();
        let link = Link { hash: secrets::hash(&code), until_ms: self.clock.now_ms() + LASTS_MS };
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(link);
        code
    }

    /// Whether a code is that of the link. Then it has worked.
    pub(super) fn redeem(&self, code: &str) -> bool {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now_ms();
        let hash = secrets::hash(code);
        if current.as_ref().is_some_and(|link| now < link.until_ms && secrets::are_same(&link.hash, &hash)) {
            *current = None;
            return true;
        }
        false
    }
}
