//! The line to a vendor: what belongs to a connection and is made once, however many runs use it. One host, one set of
//! credentials, one login, one pace.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Duration;

use axum::http::Method;
use flowrun_core::value::{Text, Value};
use secrecy::SecretString;

use crate::activity::Activity;
use crate::address::Base;
use crate::auth::Auth;
use crate::client::Client;
use crate::clock::Clock;
use crate::connector::Means;
use crate::http::{Limits, Response, Transport};
use crate::pacing::{Pacer, Rate};
use crate::redact::Kept;
use crate::retry::Policy;

/// What the client must know of a vendor.
#[derive(Clone, Copy, Debug)]
pub struct Vendor {
    /// Its name, for messages: `Okta`.
    pub name: &'static str,
    /// Which limit a request with this method and path shares, in words that follow "rate limit for".
    pub bucket: fn(&Method, &str) -> &'static str,
    /// How long to wait after a 429 that doesn't say; doubled from one to the next.
    pub throttle: fn(&'static str) -> Duration,
    /// What an error's body says, in one line that follows the status: ` E0000007: Not found`.
    pub explain: fn(&Value) -> Option<String>,
    /// Whether an answer other than 401 means that a fetched token is no longer good.
    pub token_refused: fn(&Response) -> bool,
    /// What to do when credentials are refused: which settings to check.
    pub refused: &'static str,
    /// What to do when the credentials don't allow it, judged by the answer.
    pub forbidden: fn(&Response) -> Text,
    /// What to do when what was asked for does not exist, judged by the error's body.
    pub absent: fn(&Value) -> Option<&'static str>,
    /// What to do when the host can't be reached.
    pub unreachable: &'static str,
    /// The header in which an answer says what the vendor calls the request in its own logs.
    pub request_id: &'static str,
}

/// The line of one connection.
pub struct Line {
    pub(crate) vendor: Vendor,
    pub(crate) base: Base,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Clock,
    pub(crate) auth: Auth,
    pub(crate) secrets: Vec<SecretString>,
    pub(crate) redactor: Kept,
    pub(crate) limits: Limits,
    pub(crate) policy: Policy,
    rates: Vec<(&'static str, Vec<Rate>)>,
    pub(crate) pacer: Pacer,
    pub(crate) activity: Activity,
    pub(crate) calls: AtomicU64,
    pub(crate) skew_ms: AtomicI64,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("base", &self.base).field("auth", &self.auth).finish_non_exhaustive()
    }
}

impl Line {
    /// A line to `base` without credentials.
    pub fn new(vendor: Vendor, base: Base, means: &Means) -> Line {
        Line {
            pacer: Pacer::new(vendor.name, means.clock.clone(), means.pace.clone()),
            vendor,
            base,
            transport: means.transport.clone(),
            clock: means.clock.clone(),
            auth: Auth::None,
            secrets: Vec::new(),
            redactor: Kept::default(),
            limits: Limits::default(),
            policy: Policy::default(),
            rates: Vec::new(),
            activity: Activity::default(),
            calls: AtomicU64::new(0),
            skew_ms: AtomicI64::new(i64::MIN),
        }
    }

    /// Counts and shows what it does together with another line's.
    pub fn report_to(self, activity: &Activity) -> Line {
        Line { activity: activity.clone(), ..self }
    }

    /// Sends these credentials.
    pub fn auth(self, auth: Auth) -> Line {
        Line { auth, ..self }
    }

    /// Keeps these texts out of messages, besides the credentials it sends.
    pub fn hide(self, secrets: Vec<SecretString>) -> Line {
        Line { secrets, ..self }
    }

    /// Goes no further than this with one request.
    pub fn limits(self, limits: Limits) -> Line {
        Line { limits, ..self }
    }

    /// Repeats requests by this policy.
    pub fn policy(self, policy: Policy) -> Line {
        Line { policy, ..self }
    }

    /// Sends no more requests of this bucket than these rates allow.
    pub fn rates(mut self, bucket: &'static str, rates: Vec<Rate>) -> Line {
        self.rates.push((bucket, rates));
        self
    }

    /// A client that looks; for each errand it is given, another one is made of it.
    pub fn open(self) -> Client {
        Client::looking(Arc::new(self))
    }

    /// The rates of a bucket.
    pub(crate) fn rates_of(&self, bucket: &'static str) -> &[Rate] {
        let rates = self.rates.iter().find(|(name, _)| *name == bucket);
        rates.map_or(&[], |(_, rates)| rates)
    }
}
