//! The client that a card's requests go through: over the line of its connection, on the errand of its performance.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::header::{ACCEPT, LINK, LOCATION, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Secret, Value};
use secrecy::ExposeSecret;

use crate::activity::{Activity, Waiting};
use crate::audit::{Entry, Sending};
use crate::auth::Pass;
use crate::call::{Call, Reply};
use crate::clock::Clock;
use crate::download;
use crate::dpop;
use crate::errand::Errand;
use crate::files::{Draft, Files};
use crate::http::{Limits, Request, Response, TransportError};
use crate::line::Line;
use crate::pacing::{Quota, date_ms};
use crate::redact::Redactor;
use crate::retry::retry_after;
use crate::skew;

/// How many redirects are followed.
const MOST_REDIRECTS: u32 = 5;

/// A client; clones send on the same errand.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) line: Arc<Line>,
    pub(crate) errand: Arc<Errand>,
    /// When the errand's time is over.
    deadline_ms: i64,
}

impl Client {
    pub(crate) fn looking(line: Arc<Line>) -> Client {
        Client { line, errand: Arc::new(Errand::looking()), deadline_ms: i64::MAX }
    }

    /// A client of the same line on an errand whose time begins now.
    pub fn on(&self, errand: &Arc<Errand>) -> Client {
        let limit_ms = i64::try_from(errand.limit.as_millis()).unwrap_or(i64::MAX);
        let deadline_ms = self.clock().now_ms().saturating_add(limit_ms);
        Client { line: self.line.clone(), errand: errand.clone(), deadline_ms }
    }

    /// A client that logs in, for all who use the line: no single errand bounds it.
    fn for_login(&self) -> Client {
        let activity = self.errand.activity.clone();
        let errand = Errand { cleans_up: true, activity, ..Errand::looking() };
        Client { line: self.line.clone(), errand: Arc::new(errand), deadline_ms: i64::MAX }
    }

    /// A client of another client's line on this one's errand: for a login at a host of its own.
    pub fn over(&self, other: &Client) -> Client {
        Client { line: other.line.clone(), ..self.clone() }
    }

    /// What the run is doing over the connection.
    pub fn activity(&self) -> &Activity {
        self.errand.activity.as_ref().unwrap_or(&self.line.activity)
    }

    /// The connection's clock.
    pub fn clock(&self) -> &Clock {
        &self.line.clock
    }

    /// The run's files.
    pub fn files(&self) -> &Files {
        &self.errand.run.files
    }

    /// Whether what it changes is recorded, so that calls should say whom they are about.
    pub fn is_audited(&self) -> bool {
        self.errand.run.audit.as_ref().is_some_and(|ledger| ledger.tells())
    }

    /// How far the vendor's clock was ahead of ours when it answered last, in milliseconds, if it said what time it is.
    pub fn skew_ms(&self) -> Option<i64> {
        Some(self.line.skew_ms.load(Ordering::Relaxed)).filter(|&skew_ms| skew_ms != i64::MIN)
    }

    /// What time it is for the vendor, as far as its answers told, in milliseconds since 1970: proofs are good for a short time.
    fn vendor_ms(&self) -> i64 {
        let skew_ms = self.skew_ms().filter(|skew_ms| skew_ms.abs() > skew::NEGLIGIBLE_MS);
        self.clock().now_ms() + skew_ms.unwrap_or(0)
    }

    /// How far this machine's clock is off the vendor's, in words, if that is more than a minute.
    pub fn skew_told(&self) -> Option<String> {
        skew::told(self.line.vendor.name, self.skew_ms()?)
    }

    /// The absolute address that `target` means, if it is one of the connection's host.
    pub fn address(&self, target: &str) -> Result<String> {
        self.line.base.resolve(target)
    }

    /// Fetches a token unless a good one is held, and tells by which scheme it is sent: `Bearer`, `DPoP`. Nothing where
    /// none is fetched.
    pub async fn log_in(&self) -> Result<Option<&'static str>> {
        let pass = self.pass().await?;
        Ok(pass.and_then(|pass| pass.scheme()))
    }

    /// The connection's host, with the port if it has one of its own.
    pub fn host(&self) -> String {
        self.line.base.origin().authority()
    }

    /// The header that the client sends by itself to prove who it is.
    pub fn auth_header(&self) -> Option<HeaderName> {
        self.line.auth.header()
    }

    /// How many bytes a body may have.
    pub(crate) fn largest_body(&self) -> usize {
        self.line.limits.request_bytes
    }

    /// Puts dots in place of the credentials that `text` quotes.
    pub fn redact(&self, text: String) -> String {
        self.line.auth.without_tokens(self.redactor().text(text))
    }

    fn redactor(&self) -> Arc<Redactor> {
        self.line.auth.redactor(&self.line.redactor, &self.line.secrets)
    }

    /// The answer with dots in place of the secrets that it quotes: the connection's, the card's, and the `proof` that was sent. Here
    /// and nowhere else, before anything reads it.
    fn cleaned(&self, call: &Call, mut response: Response, proof: Option<&HeaderValue>) -> Response {
        let secrets = self.errand.secrets.iter().map(Secret::expose);
        let proof = proof.and_then(|proof| proof.to_str().ok());
        let own = Redactor::new(secrets.chain(proof));
        // Where the next page or the thing itself is may well be told with what was asked for.
        own.headers(&mut response.headers, &[LINK, LOCATION]);
        let connection = if call.login {
            // The token that it brings may be the one that is held.
            Arc::new(Redactor::new(self.line.secrets.iter().map(ExposeSecret::expose_secret)))
        } else {
            self.redactor()
        };
        connection.headers(&mut response.headers, &[]);
        for redactor in [&own, &*connection] {
            if let Some(cleaned) = redactor.clean(&response.body) {
                response.body = cleaned.into();
            }
        }
        response
    }

    /// Makes a call, repeated where that is safe, and gives the answer if it is one of success.
    pub async fn send(&self, call: Call) -> Result<Reply> {
        let mut course = self.start(&call)?;
        self.answer(&call, &mut course).await
    }

    /// Makes a call and reads its answer; an answer that can't be read is asked for again where that is safe.
    pub async fn read<T>(&self, call: Call, read: impl Fn(&Reply) -> Result<T> + Send + Sync) -> Result<T> {
        let mut course = self.start(&call)?;
        loop {
            let reply = self.answer(&call, &mut course).await?;
            let fault = match read(&reply) {
                Ok(value) => return Ok(value),
                Err(fault) => fault,
            };
            let safe = call.does.may_be_repeated();
            // What is cut off may come whole the next time; what is written in another encoding won't.
            let fleeting = fault.kind == FaultKind::Parse && !reply.is_no_text();
            if !safe || !fleeting || course.tries >= self.line.policy.tries {
                return Err(fault.lost(!safe));
            }
            let pause = self.pause_before(&course, None);
            self.recover(&course, pause).await?;
        }
    }

    /// Makes a call and writes the body of its answer into one of the run's files while it arrives; the reply has none. A body
    /// that breaks off is asked for again from its start, where that is safe.
    pub async fn download(&self, call: Call) -> Result<(Reply, Draft)> {
        let files = self.files();
        let mut course = Course { into: Some(files.draft()), ..self.start(&call)? };
        let reply = self.answer(&call, &mut course).await?;
        Ok((reply, course.into.unwrap_or_else(|| files.draft())))
    }

    fn start(&self, call: &Call) -> Result<Course> {
        let url = self.line.base.resolve(&call.target)?;
        let most = self.line.limits.request_bytes;
        if call.body.len() > most {
            let message =
                format!("the body has {} bytes, more than the {most} that are sent", call.body.len());
            return Err(Fault::new(FaultKind::InvalidInput, message));
        }
        let path = url.strip_prefix(&self.line.base.origin().to_string()).unwrap_or("/");
        let path = path.split('?').next().unwrap_or("/");
        self.may_send(call, path)?;
        let now_ms = self.clock().now_ms();
        let budget_ms = i64::try_from(self.line.policy.budget.as_millis()).unwrap_or(i64::MAX);
        Ok(Course {
            bucket: (self.line.vendor.bucket)(&call.method, path),
            url,
            started_ms: now_ms,
            deadline_ms: now_ms.saturating_add(budget_ms).min(self.deadline_ms),
            number: self.line.calls.fetch_add(1, Ordering::Relaxed),
            tries: 0,
            sent: 0,
            again: None,
            throttled: 0,
            redirects: 0,
            renewed: 0,
            entry: None,
            status: None,
            request_id: None,
            uncertain: false,
            into: None,
        })
    }

    /// Refuses what the errand does not allow.
    fn may_send(&self, call: &Call, path: &str) -> Result<()> {
        let planning = &self.errand.run.planning;
        if !call.does.changes() {
            if self.errand.run.rehearsal && planning.knows(&call.target) {
                let message =
                    format!("{} {path} was not sent: it asks for what a dry run has made up", call.method);
                return Err(Fault::new(FaultKind::Rehearsal, message));
            }
            return Ok(());
        }
        if !self.errand.does.changes() {
            return Err(Fault::undeclared(&format!("{} {path}", call.method)));
        }
        if self.errand.run.rehearsal {
            self.activity().withhold(planning.next(), || self.planned(call, path));
            let message = format!("{} {path} was not sent: a dry run changes nothing", call.method);
            return Err(Fault::new(FaultKind::Rehearsal, message).help("leave out --dry-run to do it"));
        }
        Ok(())
    }

    /// What would have been sent: method, path, query and the beginning of the body, without secrets.
    fn planned(&self, call: &Call, path: &str) -> String {
        const SHOWN: usize = 160;
        let query = call.target.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
        let body: String = String::from_utf8_lossy(&call.body).into_owned();
        let whole = format!(
            "{} {path}{query} {}",
            call.method,
            body.split_whitespace().collect::<Vec<_>>().join(" ")
        );
        let own = Redactor::new(self.errand.secrets.iter().map(Secret::expose));
        let mut shown = own.text(self.redact(whole.trim_end().to_owned()));
        if let Some((cut, _)) = shown.char_indices().nth(SHOWN) {
            shown.truncate(cut);
            shown.push('…');
        }
        shown
    }

    /// Gets an answer of success, and puts into the record how a request that changes something ended.
    async fn answer(&self, call: &Call, course: &mut Course) -> Result<Reply> {
        let answered = self.pursue(call, course).await;
        self.record(call, course, answered.is_ok());
        let response = answered?;
        Ok(Reply {
            status: response.status.as_u16(),
            headers: response.headers,
            body: response.body,
            call: call.name(),
            address: course.url.clone(),
            quoted: !call.login,
        })
    }

    /// Sends the request until there is an answer of success or nothing more to be done.
    async fn pursue(&self, call: &Call, course: &mut Course) -> Result<Response> {
        let safe = call.does.may_be_repeated();
        course.tries += 1;
        loop {
            let (response, pass) = match self.exchange(call, course).await? {
                Ok(answered) => answered,
                Err(error) => {
                    let never_sent =
                        matches!(error, TransportError::Connect(_) | TransportError::Refused { .. });
                    let hopeless = matches!(
                        error,
                        TransportError::TooLarge(_)
                            | TransportError::Memory(_)
                            | TransportError::Refused { .. }
                    );
                    if !never_sent {
                        self.may_have_changed(call, course);
                    }
                    let pause = self.pause_before(course, None);
                    if (safe || never_sent) && !hopeless && self.is_worth_another_try(course, pause) {
                        course.again = Some("no_answer");
                        self.recover(course, pause).await?;
                        course.tries += 1;
                        continue;
                    }
                    return Err(self.unanswered(call, course, &error, !safe && !never_sent));
                }
            };
            let status = response.status;
            if status.is_success() || call.expected.contains(&status) {
                return Ok(response);
            }
            if let Some(location) = redirect(call, &response) {
                course.redirects += 1;
                course.url = self.follow(location, course.redirects)?;
                continue;
            }
            let refused = status == StatusCode::UNAUTHORIZED || (self.line.vendor.token_refused)(&response);
            let renews = |pass: Pass| self.line.auth.renew(&pass, &response, refused, course.renewed);
            if pass.is_some_and(renews) {
                course.renewed += 1;
                course.again = Some("token");
                continue;
            }
            if status == StatusCode::TOO_MANY_REQUESTS && self.throttle(course, &response) {
                course.again = Some("rate_limit");
                continue;
            }
            if status.is_server_error() {
                course.uncertain |= call.does.changes();
                if !safe || status != StatusCode::SERVICE_UNAVAILABLE {
                    self.may_have_changed(call, course);
                }
                let asked = retry_after(&response.headers, self.clock().now_ms());
                let pause = self.pause_before(course, asked);
                if safe && self.is_worth_another_try(course, pause) {
                    course.again = Some("server_error");
                    self.recover(course, pause).await?;
                    course.tries += 1;
                    continue;
                }
            }
            return Err(self.refusal(call, course, &response, status.is_server_error() && !safe));
        }
    }

    /// Sends the request once, at its turn.
    async fn exchange(
        &self,
        call: &Call,
        course: &mut Course,
    ) -> Result<Result<(Response, Option<Pass>), TransportError>> {
        let pass = if call.login { None } else { self.pass().await? };
        let rates = self.line.rates_of(course.bucket);
        let turn = self.line.pacer.turn(course.bucket, rates, course.deadline_ms, self.activity());
        let permit = self.wait_for(call, turn).await??;
        self.announce(call, course).await?;
        course.sent += 1;
        self.activity().sent(course.sent > 1);
        if let Some(reason) = course.again.take() {
            self.errand.repeats(self.activity(), reason);
        }
        // Only now, after the wait for its turn: what is signed says when, and is good for a short time.
        let (mut headers, body) = call.content()?;
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("flowrun/", env!("CARGO_PKG_VERSION"))));
        if let Some(pass) = &pass {
            pass.write(&mut headers, &call.method, &course.url, self.vendor_ms())?;
        }
        let proof = headers.get(dpop::HEADER).cloned();
        let request = Request { method: call.method.clone(), url: course.url.clone(), headers, body };
        let response = match self.carry(call, request, course).await? {
            Ok(response) => self.cleaned(call, response.in_utf8(), proof.as_ref()),
            Err(error) => return Ok(Err(error)),
        };
        let now_ms = self.clock().now_ms();
        if let Some(date_ms) = date_ms(&response.headers) {
            // A whole second is as exact as the header is.
            self.line.skew_ms.store(date_ms + 500 - now_ms, Ordering::Relaxed);
        }
        let quota = Quota::read(&response.headers, now_ms);
        if let Some(quota) = quota.filter(|quota| quota.limit > 0) {
            self.activity().count(|meter, connection| {
                meter.allows(connection, course.bucket, quota.remaining);
            });
        }
        permit.answered(quota, now_ms);
        if let Some(pass) = &pass {
            pass.hear(&response.headers);
        }
        course.status = Some(response.status.as_u16());
        let request_id = response.headers.get(self.line.vendor.request_id);
        course.request_id = request_id.and_then(|id| id.to_str().ok()).map(str::to_owned);
        Ok(Ok((response, pass)))
    }

    /// Hands a request to the transport and waits for the answer, as long as the errand has time.
    async fn carry(
        &self,
        call: &Call,
        request: Request,
        course: &mut Course,
    ) -> Result<Result<Response, TransportError>> {
        let limits = Limits { memory: self.errand.memory(), ..self.line.limits };
        limits.memory.check()?;
        let transport = &*self.line.transport;
        let answer = async {
            match &mut course.into {
                None => Ok(transport.send(request, limits).await),
                Some(draft) => download::receive(transport, self.clock(), request, limits, draft).await,
            }
        };
        tokio::select! {
            biased;
            answer = answer => answer,
            // What only reads can be left at any time.
            () = self.errand.stopped(), if !call.does.changes() => Err(Fault::cancelled()),
            () = self.time_is_over() => Ok(Err(TransportError::Timeout)),
        }
    }

    /// What lets the next request pass: a token is fetched for all who wait for it.
    async fn pass(&self) -> Result<Option<Pass>> {
        if let Some(pass) = self.line.auth.at_hand(self.clock()) {
            return Ok(pass);
        }
        let login = self.for_login();
        self.until_stopped(self.line.auth.fetch(&login), || "the login was answered".to_owned()).await?
    }

    /// Waits for what stands before a request: not beyond the errand's time, nor the stop of its run.
    async fn wait_for<T>(&self, call: &Call, what: impl Future<Output = T>) -> Result<T> {
        self.until_stopped(what, || format!("{} was sent", call.name())).await
    }

    async fn until_stopped<T>(
        &self,
        what: impl Future<Output = T>,
        before: impl Fn() -> String,
    ) -> Result<T> {
        let too_late = || {
            let seconds = self.errand.limit.as_secs_f64();
            Err(Fault::timed_out(format!("the card's {seconds} s were over before {}", before())))
        };
        if self.errand.is_stopped() {
            return Err(Fault::cancelled());
        }
        if self.is_out_of_time() {
            return too_late();
        }
        tokio::select! {
            biased;
            done = what => Ok(done),
            () = self.errand.stopped() => Err(Fault::cancelled()),
            () = self.time_is_over() => too_late(),
        }
    }

    /// Ends when the errand's time is over.
    async fn time_is_over(&self) {
        match self.deadline_ms {
            i64::MAX => std::future::pending().await,
            deadline_ms => self.clock().sleep_until(deadline_ms).await,
        }
    }

    /// Whether the errand's time is over.
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.clock().now_ms() >= self.deadline_ms
    }

    /// The request may have had its effect, so that the errand is brought to its end whatever comes.
    fn may_have_changed(&self, call: &Call, course: &mut Course) {
        if call.does.changes() {
            course.uncertain = true;
            self.errand.begin();
        }
    }

    /// Writes into the record that a request that changes something is about to be sent.
    async fn announce(&self, call: &Call, course: &mut Course) -> Result<()> {
        let ledger = self.errand.run.audit.as_ref().filter(|_| call.does.changes() && course.entry.is_none());
        if let Some(ledger) = ledger {
            let host = self.host();
            // The disk takes no simulated time.
            let _hold = self.clock().hold();
            course.entry = Some(ledger.sending(&self.sending(call, course, &host)).await?);
        }
        Ok(())
    }

    /// What the record says of a request from its beginning.
    fn sending<'a>(&self, call: &'a Call, course: &Course, host: &'a str) -> Sending<'a> {
        Sending {
            effect: self.errand.effect,
            repeatable: self.errand.does.may_be_repeated(),
            at_ms: course.started_ms,
            host,
            method: call.method.as_str(),
            path: call.target.split(['?', '#']).next().unwrap_or_default(),
            subjects: &call.subjects,
        }
    }

    /// Puts into the record how a request ended that was written down before it was sent.
    fn record(&self, call: &Call, course: &Course, succeeded: bool) {
        if succeeded && call.does.changes() {
            self.errand.begin();
        }
        let (Some(ledger), Some(number)) = (self.errand.run.audit.as_ref(), course.entry) else { return };
        ledger.record(&Entry {
            number,
            sent: &self.sending(call, course, &self.host()),
            ended_ms: self.clock().now_ms(),
            status: course.status,
            tries: course.sent,
            request_id: course.request_id.as_deref(),
            lost: course.uncertain && !succeeded,
        });
    }

    /// Holds the bucket as a 429 asks; false if that is longer than the call may take.
    fn throttle(&self, course: &mut Course, response: &Response) -> bool {
        self.activity().throttled();
        let now_ms = self.clock().now_ms();
        let quota =
            Quota::read(&response.headers, now_ms).filter(|quota| quota.limit > 0 && quota.remaining == 0);
        let asked = retry_after(&response.headers, now_ms).or_else(|| {
            quota.map(|quota| Duration::from_millis(u64::try_from(quota.resets_ms - now_ms).unwrap_or(0)))
        });
        let guess =
            || (self.line.vendor.throttle)(course.bucket).saturating_mul(1 << course.throttled.min(6));
        // Never at once, and ever later: a vendor that asks for no wait would otherwise be asked without end.
        let least = Duration::from_millis(500);
        let wait = match asked {
            Some(asked) if asked < least => least.saturating_mul(1 << course.throttled.min(8)),
            asked => asked.unwrap_or_else(guess).max(least),
        };
        let until_ms = now_ms.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        if until_ms > course.deadline_ms {
            return false;
        }
        course.throttled += 1;
        self.line.pacer.hold(course.bucket, until_ms);
        true
    }

    /// Until when to wait before the next try.
    fn pause_before(&self, course: &Course, asked: Option<Duration>) -> i64 {
        let wait = self.line.policy.pause(course.tries, course.number).max(asked.unwrap_or_default());
        self.clock().now_ms().saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
    }

    /// Whether there are tries left, and time for another one: what a vendor wants to be asked only after the card's time is up
    /// fails at once.
    fn is_worth_another_try(&self, course: &Course, until_ms: i64) -> bool {
        course.tries < self.line.policy.tries && until_ms < course.deadline_ms
    }

    /// Gives the vendor time to recover.
    async fn recover(&self, course: &Course, until_ms: i64) -> Result<()> {
        let (vendor, tries) = (self.line.vendor.name, self.line.policy.tries);
        let reason = format!("{vendor} to recover (try {} of {tries})", course.tries + 1);
        let now_ms = self.clock().now_ms();
        let _shown = self.activity().wait(Waiting { reason: reason.into(), until_ms }, "retry", now_ms);
        self.until_stopped(self.clock().sleep_until(until_ms), || format!("{vendor} had recovered")).await
    }

    fn follow(&self, location: &str, redirects: u32) -> Result<String> {
        if redirects > MOST_REDIRECTS {
            let message = format!("{} redirects the request in circles", self.line.vendor.name);
            return Err(Fault::new(FaultKind::Url, message));
        }
        if location.starts_with('/') && !location.starts_with("//") {
            return self.line.base.resolve(&format!("{}{location}", self.line.base.origin()));
        }
        self.line.base.resolve(location)
    }
}

/// How far a call has come.
pub(crate) struct Course {
    bucket: &'static str,
    url: String,
    started_ms: i64,
    deadline_ms: i64,
    number: u64,
    pub(crate) tries: u32,
    sent: u32,
    /// Why it is to be sent once more.
    again: Option<&'static str>,
    throttled: u32,
    redirects: u32,
    renewed: u32,
    /// Its number in the audit record.
    entry: Option<u64>,
    /// What the last answer said.
    status: Option<u16>,
    request_id: Option<String>,
    /// Whether something may have been changed although no answer of success came.
    uncertain: bool,
    /// Takes the body of an answer of success, where that is not to be held in memory.
    pub(crate) into: Option<Draft>,
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
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        (name.as_str(), values.collect::<Vec<_>>().join(", "))
    });
    Value::object(joined)
}
