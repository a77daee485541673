//! Hosts that mocks answer for: the cards' own code runs, and only what would go over the network is replaced.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use flowrun_core::fault::FaultKind;
use flowrun_core::mocks::{Failure, Mock, Responding, Target, Then};
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};

use super::{Mocking, Unanswered};
use crate::exchange::{address, parts};

/// A request that a mocked host got.
#[derive(Clone, Debug)]
pub struct Exchanged {
    /// The host.
    pub host: String,
    /// The request by its parts, as [`parts`] has them.
    pub request: Record,
    /// The status that was answered; none where the exchange failed.
    pub status: Option<u16>,
    /// The answer that was given, by its place.
    answer: Option<usize>,
}

/// What mocked hosts answer; whatever has no answer is refused, and nothing is sent anywhere.
pub struct Hosts {
    mocking: Arc<Mocking>,
    clock: Clock,
}

impl Hosts {
    /// The hosts of these mocks.
    pub fn new(mocking: Arc<Mocking>, clock: Clock) -> Hosts {
        Hosts { mocking, clock }
    }
}

impl Transport for Hosts {
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Result<Response, TransportError>> {
        let (answer, after_ms) = self.mocking.respond(&request);
        Box::pin(async move {
            let takes = Duration::from_millis(after_ms);
            if takes > Duration::ZERO {
                self.clock.sleep(takes.min(limits.timeout)).await;
            }
            if takes > limits.timeout { Err(TransportError::Timeout) } else { answer }
        })
    }
}

impl Mocking {
    /// What the requests were that mocked hosts got, in their order.
    pub fn exchanged(&self) -> Vec<Exchanged> {
        self.asked().exchanged.clone()
    }

    /// What a host answers to a request, and after how many milliseconds.
    fn respond(&self, request: &Request) -> (Result<Response, TransportError>, u64) {
        let (host, ..) = address(&request.url);
        let is_theirs = |mock: &Mock| matches!(&mock.target.it, Target::Host(own) if is_same(own, host));
        let place = self.mocks.0.iter().position(is_theirs);
        let parts = parts(request);
        let mut asked = self.asked();
        let fits = place.and_then(|place| {
            let (mock, counted) = (&self.mocks.0[place], asked.counts.get_mut(place)?);
            let fits = mock.fits_request(&parts, &mut counted.seen, &counted.given)?;
            counted.given[fits] += 1;
            Some(fits)
        });
        // What a process had asked that died is answered as it was then.
        let before = || {
            let same = |one: &&Exchanged| one.request == parts && is_same(&one.host, host);
            asked.exchanged.iter().rev().find(same).and_then(|one| one.answer)
        };
        let given = fits.or_else(|| if asked.again { before() } else { None });
        let answer = place.zip(given).and_then(|(place, given)| self.mocks.0[place].answers.get(given));
        let (answered, after_ms) = match answer {
            None => {
                let target = place.map(|place| self.mocks.0[place].named());
                let unanswered = unanswered(host, target.as_deref(), &parts);
                let refused = unanswered.refused(place.is_some());
                asked.unanswered.push(unanswered);
                (Err(refused), 0)
            }
            Some(answer) => match &answer.then {
                Then::Responds(responding) => (Ok(response(responding)), answer.after_ms),
                Then::Fails(failure) => (Err(broken(failure)), answer.after_ms),
                Then::Gives(_) | Then::Pages(_) => {
                    (Err(TransportError::Broken("a mock for a card".to_owned())), 0)
                }
            },
        };
        let status = answered.as_ref().ok().map(|response| response.status.as_u16());
        asked.exchanged.push(Exchanged { host: host.to_owned(), request: parts, status, answer: given });
        (answered, after_ms)
    }
}

/// Whether two names are those of one host: the usual port need not be written.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let bare = |host: &str| {
        let host = host.to_ascii_lowercase();
        host.strip_suffix(":443").map(str::to_owned).unwrap_or(host)
    };
    bare(one) == bare(other)
}

fn unanswered(host: &str, target: Option<&str>, parts: &Record) -> Unanswered {
    let target = target.map_or_else(|| format!("http:{}", host.to_ascii_lowercase()), str::to_owned);
    let text = |name: &str| parts.get(name).map(ToString::to_string).unwrap_or_default();
    let remedy = format!(
        "{target}: {{ request: {{ method: {}, path: {} }}, response: {{ body: {{ … }} }} }}",
        text("method").to_ascii_lowercase(),
        text("path")
    );
    let is_told = |name: &str, value: &Value| {
        let is_empty = value.is_null() || value.as_object().is_some_and(|members| members.is_empty());
        name != "headers" && !is_empty
    };
    let fields = parts.iter().filter(|(name, value)| is_told(name, value));
    let fields = fields.map(|(name, value)| (name.clone(), value.clone())).collect();
    Unanswered::new(&target, fields, &remedy)
}

impl Unanswered {
    fn refused(&self, has_answers: bool) -> TransportError {
        let text = |name: &str| self.fields.get(name).map(ToString::to_string).unwrap_or_default();
        let why = if has_answers { "none of its mocks fits" } else { "nothing answers for it" };
        TransportError::Refused {
            why: format!("{why}: {} {}", text("method"), text("path")),
            help: self.help.clone().into(),
        }
    }
}

fn broken(failure: &Failure) -> TransportError {
    match failure.kind {
        FaultKind::Timeout => TransportError::Timeout,
        _ => TransportError::Broken(failure.message.to_string()),
    }
}

fn response(responding: &Responding) -> Response {
    let mut headers = HeaderMap::new();
    for (name, value) in &responding.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    let body = match &responding.body {
        Value::Null => Text::default(),
        Value::Text(text) => text.clone(),
        other => {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
            other.to_json().into()
        }
    };
    let status = StatusCode::from_u16(responding.status).unwrap_or(StatusCode::OK);
    Response { status, headers, body: body.as_bytes().to_vec().into() }
}
