//! The client that all cards of a connection share: one host, one set of credentials, one pace.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use axum::http::header::{ACCEPT, LOCATION, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Text, Value};
use secrecy::SecretString;

use crate::activity::{Activity, Waiting};
use crate::address::Base;
use crate::audit::{Entry, Ledger};
use crate::auth::{Auth, Pass};
use crate::call::{Call, Reply, lenient};
use crate::challenge;
use crate::clock::Clock;
use crate::connector::Means;
use crate::download;
use crate::files::{Draft, Files};
use crate::http::{Limits, Request, Response, Transport, TransportError};
use crate::pacing::{Pacer, Quota, Rate, date_ms};
use crate::retry::{Policy, Repeat, retry_after};
use crate::skew;

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

/// A call that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Why.
    pub fault: Fault,
    /// Whether it may have had its effect all the same: the answer is lost, not the request.
    pub lost: bool,
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Fault {
        failure.fault
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure { fault, lost: false }
    }
}

/// How many redirects are followed.
const MOST_REDIRECTS: u32 = 5;

/// The client of one connection.
pub struct Client {
    vendor: Vendor,
    base: Base,
    transport: Arc<dyn Transport>,
    clock: Clock,
    audit: Option<Arc<dyn Ledger>>,
    rehearsal: bool,
    auth: Auth,
    secrets: Vec<SecretString>,
    limits: Limits,
    policy: Policy,
    rates: Vec<(&'static str, Vec<Rate>)>,
    pacer: Pacer,
    activity: Activity,
    calls: AtomicU64,
    skew_ms: AtomicI64,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base).field("auth", &self.auth).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of `base` without credentials.
    pub fn new(vendor: Vendor, base: Base, means: &Means) -> Client {
        let activity = Activity::default();
        Client {
            pacer: Pacer::new(vendor.name, means.clock.clone(), activity.clone()),
            vendor,
            base,
            transport: means.transport.clone(),
            clock: means.clock.clone(),
            audit: means.audit.clone(),
            rehearsal: means.rehearsal,
            auth: Auth::None,
            secrets: Vec::new(),
            limits: Limits::default(),
            policy: Policy::default(),
            rates: Vec::new(),
            activity,
            calls: AtomicU64::new(0),
            skew_ms: AtomicI64::new(i64::MIN),
        }
    }

    /// Counts and shows what it does together with another client's.
    pub fn report_to(self, activity: &Activity) -> Client {
        let pacer = Pacer::new(self.vendor.name, self.clock.clone(), activity.clone());
        Client { activity: activity.clone(), pacer, ..self }
    }

    /// Sends these credentials.
    pub fn auth(self, auth: Auth) -> Client {
        Client { auth, ..self }
    }

    /// Keeps these texts out of messages, besides the credentials it sends.
    pub fn hide(self, secrets: Vec<SecretString>) -> Client {
        Client { secrets, ..self }
    }

    /// Goes no further than this with one request.
    pub fn limits(self, limits: Limits) -> Client {
        Client { limits, ..self }
    }

    /// Repeats requests by this policy.
    pub fn policy(self, policy: Policy) -> Client {
        Client { policy, ..self }
    }

    /// Sends no more requests of this bucket than these rates allow.
    pub fn rates(mut self, bucket: &'static str, rates: Vec<Rate>) -> Client {
        self.rates.push((bucket, rates));
        self
    }

    /// What the connection is doing.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// The connection's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether what it changes is recorded, so that calls should say whom they are about.
    pub fn is_audited(&self) -> bool {
        self.audit.is_some()
    }

    /// How far the vendor's clock was ahead of ours when it answered last, in milliseconds, if it said what time it is.
    pub fn skew_ms(&self) -> Option<i64> {
        Some(self.skew_ms.load(Ordering::Relaxed)).filter(|&skew_ms| skew_ms != i64::MIN)
    }

    /// How far this machine's clock is off the vendor's, in words, if that is more than a minute.
    pub fn skew_told(&self) -> Option<String> {
        skew::told(self.vendor.name, self.skew_ms()?)
    }

    /// The absolute address that `target` means, if it is one of the connection's host.
    pub fn address(&self, target: &str) -> Result<String> {
        self.base.resolve(target)
    }

    /// Fetches a token unless a good one is held, and tells by which scheme it is sent: `Bearer`, `DPoP`. Nothing where
    /// none is fetched.
    pub async fn log_in(&self) -> Result<Option<&'static str>> {
        let pass = self.auth.pass(self, &self.clock).await?;
        Ok(pass.and_then(|pass| pass.scheme()))
    }

    /// The connection's host, with the port if it has one of its own.
    pub fn host(&self) -> String {
        self.base.origin().authority()
    }

    /// The header that the client sends by itself to prove who it is.
    pub fn auth_header(&self) -> Option<HeaderName> {
        self.auth.header()
    }

    /// Puts dots in place of the credentials that `text` quotes.
    pub fn redact(&self, mut text: String) -> String {
        self.auth.redact(&mut text, &self.secrets);
        text
    }

    /// Makes a call, repeated where that is safe, and gives the answer if it is one of success.
    pub async fn send(&self, call: Call) -> Result<Reply, Failure> {
        let mut course = self.start(&call)?;
        self.answer(&call, &mut course).await
    }

    /// Makes a call and reads its answer; an answer that can't be read is asked for again where that is safe.
    pub async fn read<T>(
        &self,
        call: Call,
        read: impl Fn(&Reply) -> Result<T> + Send + Sync,
    ) -> Result<T, Failure> {
        let mut course = self.start(&call)?;
        loop {
            let reply = self.answer(&call, &mut course).await?;
            let fault = match read(&reply) {
                Ok(value) => return Ok(value),
                Err(fault) => fault,
            };
            let safe = call.repeat == Repeat::Safe;
            if !safe || fault.kind != FaultKind::Parse || course.tries >= self.policy.tries {
                return Err(Failure { fault, lost: !safe });
            }
            self.pause(&course, None).await;
        }
    }

    /// Makes a call and writes the body of its answer into one of `files` while it arrives; the reply has none. A body
    /// that breaks off is asked for again from its start, where that is safe.
    pub async fn download(&self, call: Call, files: &Files) -> Result<(Reply, Draft), Failure> {
        let mut course = Course { into: Some(files.draft()), ..self.start(&call)? };
        let reply = self.answer(&call, &mut course).await?;
        Ok((reply, course.into.unwrap_or_else(|| files.draft())))
    }

    fn start(&self, call: &Call) -> Result<Course> {
        let url = self.base.resolve(&call.target)?;
        let most = self.limits.request_bytes;
        if call.body.len() > most {
            let message =
                format!("the body has {} bytes, more than the {most} that are sent", call.body.len());
            return Err(Fault::new(FaultKind::InvalidInput, message));
        }
        let path = url.strip_prefix(&self.base.origin().to_string()).unwrap_or("/");
        let path = path.split('?').next().unwrap_or("/");
        if self.rehearsal && call.changes() {
            self.activity.withhold(format!("{} {path}", call.method));
            let message = format!("{} {path} was not sent: a dry run changes nothing", call.method);
            return Err(Fault::new(FaultKind::Rehearsal, message).help("leave out --dry-run to do it"));
        }
        let budget_ms = i64::try_from(self.policy.budget.as_millis()).unwrap_or(i64::MAX / 2);
        Ok(Course {
            bucket: (self.vendor.bucket)(&call.method, path),
            url,
            started_ms: self.clock.now_ms(),
            deadline_ms: self.clock.now_ms() + budget_ms,
            number: self.calls.fetch_add(1, Ordering::Relaxed),
            tries: 0,
            sent: 0,
            throttled: 0,
            redirects: 0,
            renewed: false,
            into: None,
        })
    }

    /// Sends the request until there is an answer of success or nothing more to be done.
    async fn answer(&self, call: &Call, course: &mut Course) -> Result<Reply, Failure> {
        let safe = call.repeat == Repeat::Safe;
        course.tries += 1;
        loop {
            let (response, pass) = match self.exchange(call, course).await? {
                Ok(answered) => answered,
                Err(error) => {
                    let never_sent =
                        matches!(error, TransportError::Connect(_) | TransportError::Refused { .. });
                    let hopeless =
                        matches!(error, TransportError::TooLarge(_) | TransportError::Refused { .. });
                    if (safe || never_sent) && !hopeless && course.tries < self.policy.tries {
                        self.pause(course, None).await;
                        course.tries += 1;
                        continue;
                    }
                    let lost = !safe && !never_sent;
                    self.record(call, course, None, !never_sent);
                    return Err(Failure { fault: self.unanswered(call, course, &error, lost), lost });
                }
            };
            let status = response.status;
            if status.is_success() || call.expected.contains(&status) {
                self.record(call, course, Some(&response), false);
                return Ok(Reply {
                    status: status.as_u16(),
                    headers: response.headers,
                    body: response.body,
                    call: call.name(),
                    quoted: !call.login,
                });
            }
            if let Some(location) = redirect(call, &response) {
                course.redirects += 1;
                course.url = self.follow(location, course.redirects)?;
                continue;
            }
            let refused = status == StatusCode::UNAUTHORIZED || (self.vendor.token_refused)(&response);
            if refused && !course.renewed && pass.is_some_and(|pass| self.auth.renew(&pass, &response)) {
                course.renewed = true;
                continue;
            }
            if status == StatusCode::TOO_MANY_REQUESTS && self.throttle(course, &response) {
                continue;
            }
            if status.is_server_error() && safe && course.tries < self.policy.tries {
                self.pause(course, retry_after(&response.headers, self.clock.now_ms())).await;
                course.tries += 1;
                continue;
            }
            let lost = status.is_server_error() && !safe;
            self.record(call, course, Some(&response), status.is_server_error());
            return Err(Failure { fault: self.refusal(call, course, &response, lost), lost });
        }
    }

    /// Sends the request once, at its turn.
    async fn exchange(
        &self,
        call: &Call,
        course: &mut Course,
    ) -> Result<Result<(Response, Option<Pass>), TransportError>, Failure> {
        let pass = if call.login { None } else { self.auth.pass(self, &self.clock).await? };
        let rates = self.rates.iter().find(|(bucket, _)| *bucket == course.bucket);
        let rates = rates.map_or(&[][..], |(_, rates)| rates);
        let permit = self.pacer.turn(course.bucket, rates, course.deadline_ms).await?;
        course.sent += 1;
        self.activity.sent(course.sent > 1);
        // Only now, after the wait for its turn: what is signed says when, and is good for a short time.
        let (mut headers, body) = call.content()?;
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("flowrun/", env!("CARGO_PKG_VERSION"))));
        if let Some(pass) = &pass {
            pass.write(&mut headers, &call.method, &course.url, self.clock.now_ms())?;
        }
        let request = Request { method: call.method.clone(), url: course.url.clone(), headers, body };
        let answer = match &mut course.into {
            None => self.transport.send(request, self.limits).await,
            Some(draft) => {
                download::receive(&*self.transport, &self.clock, request, self.limits, draft).await?
            }
        };
        match answer {
            Ok(response) => {
                let now_ms = self.clock.now_ms();
                if let Some(date_ms) = date_ms(&response.headers) {
                    // A whole second is as exact as the header is.
                    self.skew_ms.store(date_ms + 500 - now_ms, Ordering::Relaxed);
                }
                permit.answered(Quota::read(&response.headers, now_ms), now_ms);
                if let Some(pass) = &pass {
                    pass.hear(&response.headers);
                }
                Ok(Ok((response, pass)))
            }
            Err(error) => Ok(Err(error)),
        }
    }

    /// Puts a request that changes something into the record, now that it is known how it ended.
    fn record(&self, call: &Call, course: &Course, response: Option<&Response>, lost: bool) {
        let Some(ledger) = self.audit.as_ref().filter(|_| call.changes()) else { return };
        let path = call.target.split(['?', '#']).next().unwrap_or_default();
        let request_id = response.and_then(|response| response.headers.get(self.vendor.request_id));
        ledger.record(&Entry {
            sent_ms: course.started_ms,
            ended_ms: self.clock.now_ms(),
            host: &self.host(),
            method: call.method.as_str(),
            path,
            status: response.map(|response| response.status.as_u16()),
            tries: course.sent,
            request_id: request_id.and_then(|id| id.to_str().ok()),
            lost,
            subjects: &call.subjects,
        });
    }

    /// Holds the bucket as a 429 asks; false if that is longer than the call may take.
    fn throttle(&self, course: &mut Course, response: &Response) -> bool {
        self.activity.throttled();
        let now_ms = self.clock.now_ms();
        let quota =
            Quota::read(&response.headers, now_ms).filter(|quota| quota.limit > 0 && quota.remaining == 0);
        let asked = retry_after(&response.headers, now_ms).or_else(|| {
            quota.map(|quota| Duration::from_millis(u64::try_from(quota.resets_ms - now_ms).unwrap_or(0)))
        });
        let guess = || (self.vendor.throttle)(course.bucket).saturating_mul(1 << course.throttled.min(6));
        // Never at once: a vendor that asks for no wait would otherwise be asked without end.
        let wait = asked.unwrap_or_else(guess).max(Duration::from_millis(500));
        let until_ms = now_ms.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        if until_ms > course.deadline_ms {
            return false;
        }
        course.throttled += 1;
        self.pacer.hold(course.bucket, until_ms);
        true
    }

    async fn pause(&self, course: &Course, asked: Option<Duration>) {
        let wait = self.policy.pause(course.tries, course.number).max(asked.unwrap_or_default());
        let now_ms = self.clock.now_ms();
        let until_ms = now_ms.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        let until_ms = until_ms.min(course.deadline_ms);
        let reason =
            format!("{} to recover (try {} of {})", self.vendor.name, course.tries + 1, self.policy.tries);
        let _shown = self.activity.wait(Waiting { reason: reason.into(), until_ms }, now_ms);
        self.clock.sleep_until(until_ms).await;
    }

    fn follow(&self, location: &str, redirects: u32) -> Result<String> {
        if redirects > MOST_REDIRECTS {
            let message = format!("{} redirects the request in circles", self.vendor.name);
            return Err(Fault::new(FaultKind::Url, message));
        }
        if location.starts_with('/') && !location.starts_with("//") {
            return self.base.resolve(&format!("{}{location}", self.base.origin()));
        }
        self.base.resolve(location)
    }

    /// The fault of a request without an answer.
    fn unanswered(&self, call: &Call, course: &Course, error: &TransportError, lost: bool) -> Fault {
        let (vendor, name) = (self.vendor.name, call.name());
        let (kind, message) = match error {
            TransportError::Timeout => {
                let longest = if course.into.is_some() { download::LONGEST } else { self.limits.timeout };
                let seconds = longest.as_secs();
                (FaultKind::Timeout, format!("{vendor} did not answer {name} within {seconds} s"))
            }
            TransportError::TooLarge(most) => {
                (FaultKind::Network, format!("{vendor} answered {name} with more than {most} bytes"))
            }
            TransportError::Connect(why) => (FaultKind::Network, format!("{vendor} can't be reached: {why}")),
            TransportError::Refused { .. } => {
                (FaultKind::Network, format!("no connection to {} for {vendor}: {error}", self.host()))
            }
            TransportError::Broken(_) => {
                (FaultKind::Network, format!("{vendor} did not answer {name}: {error}"))
            }
        };
        let tries = if course.tries > 1 { format!(" ({} tries)", course.tries) } else { String::new() };
        let fault = Fault::new(kind, format!("{message}{tries}{}", unknown(lost)));
        match error {
            TransportError::Connect(_) => fault.help(self.vendor.unreachable),
            TransportError::Refused { help, .. } => fault.help(*help),
            _ => fault,
        }
    }

    /// What to do when credentials are refused. Tokens and proofs are good for a time, which clocks must agree about.
    fn refused(&self, response: &Response) -> Text {
        let usual = self.vendor.refused;
        if !matches!(self.auth, Auth::Fetched(_)) {
            return usual.into();
        }
        if let Some(skew) = self.skew_told() {
            return format!("{skew}: set it right; else {usual}").into();
        }
        match challenge::parameter(&response.headers, "error_description") {
            Some(why) => format!("{usual}; it says \"{}\"", self.redact(why)).into(),
            None => usual.into(),
        }
    }

    /// The fault of an answer that is none of success.
    fn refusal(&self, call: &Call, course: &Course, response: &Response, lost: bool) -> Fault {
        let status = response.status;
        let text = self.redact(String::from_utf8_lossy(&response.body).into_owned());
        let body = if text.trim().is_empty() { Value::Null } else { lenient(&text) };
        let said = (self.vendor.explain)(&body);
        let said = said
            .or_else(|| status.canonical_reason().map(|reason| format!(": {reason}")))
            .unwrap_or_default();
        let tries = if course.tries > 1 { format!(" ({} tries)", course.tries) } else { String::new() };
        let message =
            format!("{} answered {}{said}{tries}{}", self.vendor.name, status.as_u16(), unknown(lost));
        let (kind, help) = match status {
            StatusCode::UNAUTHORIZED => (FaultKind::Connection, Some(self.refused(response))),
            StatusCode::FORBIDDEN => (FaultKind::Forbidden, Some((self.vendor.forbidden)(response))),
            StatusCode::NOT_FOUND => (FaultKind::NotFound, (self.vendor.absent)(&body).map(Text::from)),
            StatusCode::TOO_MANY_REQUESTS => (
                FaultKind::RateLimit,
                Some("run again later: the vendor asks to wait longer than this card waits".into()),
            ),
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => (FaultKind::Timeout, None),
            _ => (FaultKind::HttpRequest, None),
        };
        let fault = Fault::new(kind, message).code(status.as_u16()).body(body);
        if let Some(help) = help {
            fault.help(help)
        } else {
            fault.help(format!("the request was {}", call.name()))
        }
    }
}

/// How far a call has come.
struct Course {
    bucket: &'static str,
    url: String,
    started_ms: i64,
    deadline_ms: i64,
    number: u64,
    tries: u32,
    sent: u32,
    throttled: u32,
    redirects: u32,
    renewed: bool,
    /// Takes the body of an answer of success, where that is not to be held in memory.
    into: Option<Draft>,
}

fn unknown(lost: bool) -> &'static str {
    if lost { "; it is not known whether it took effect" } else { "" }
}

/// Where to look instead; only reading goes elsewhere, for what is written must not arrive twice or as a GET.
fn redirect<'r>(call: &Call, response: &'r Response) -> Option<&'r str> {
    let moved = matches!(response.status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let reading = matches!(call.method, Method::GET | Method::HEAD);
    if moved && reading { response.headers.get(LOCATION)?.to_str().ok() } else { None }
}

/// The headers as an object, their names in lower case; values of one name are joined by commas.
pub fn headers_value(headers: &HeaderMap) -> Value {
    let joined = headers.keys().map(|name| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        (name.as_str(), values.collect::<Vec<_>>().join(", "))
    });
    Value::object(joined)
}
