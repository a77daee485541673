//! Asks a service over HTTP: one request, one answer within its limits; and streams.

use std::path::Path;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use flowrun_host::http::HttpTransport;
use flowrun_host::network::Network;
use flowrun_host::runtime;
use flowrun_kit::http::{Limits, Request, Transport, TransportError};
use flowrun_project::Problem;
use futures_util::StreamExt;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::runtime::Runtime;
use url::form_urlencoded::Serializer;

use super::address::{Address, TOKEN};
use crate::surroundings::Surroundings;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How large it may be: a report with all its values.
const MOST: usize = 256 << 20;

/// How long a stream may go on before it is asked for anew.
const STREAMS: Duration = Duration::from_secs(3_600);

/// How large one event of a stream may be.
const MOST_EVENT: usize = 1 << 20;

/// A service that is asked.
pub struct Client {
    runtime: Runtime,
    transport: HttpTransport,
    url: String,
    token: Option<SecretString>,
    /// What it is called in messages.
    pub name: String,
}

/// Why there is no answer that helps.
pub enum Failed {
    /// The service says so, with this status.
    Said(StatusCode, Problem),
    /// It was not reached, or answered nothing that it should.
    Broken(Problem),
}

impl From<Failed> for Problem {
    fn from(failed: Failed) -> Problem {
        match failed {
            Failed::Said(_, problem) | Failed::Broken(problem) => problem,
        }
    }
}

/// An event of a stream.
#[derive(Debug, Default)]
pub struct Event {
    /// Its ID, if it has one.
    pub id: Option<String>,
    /// What kind of event it is.
    pub kind: String,
    /// What it says.
    pub data: Value,
}

impl Client {
    /// One at an address.
    pub fn new(address: &Address, surroundings: &Surroundings) -> Result<Client, Problem> {
        let transport = HttpTransport::new(&Network::from_env(&surroundings.env))
            .map_err(|fault| Problem::new(fault.message.to_string()))?;
        let runtime = runtime::of_one_thread()?;
        let (url, token) = (address.url.clone(), address.token.clone());
        Ok(Client { runtime, transport, name: url.clone(), url, token })
    }

    /// One at the socket of a service of this machine.
    #[cfg(unix)]
    pub fn at_socket(socket: &Path, name: String) -> Result<Client, Problem> {
        let transport = HttpTransport::to_socket(socket);
        let transport = transport.map_err(|fault| Problem::new(fault.message.to_string()))?;
        let runtime = runtime::of_one_thread()?;
        Ok(Client { runtime, transport, url: "http://localhost".to_owned(), token: None, name })
    }

    /// What is at an address of the interface.
    pub fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failed> {
        self.ask(Method::GET, &with(path, query), None)
    }

    /// Changes something; with nothing to say where the body is null.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, Failed> {
        self.ask(Method::POST, path, Some(body).filter(|body| !body.is_null()))
    }

    /// Takes something away.
    pub fn delete(&self, path: &str) -> Result<Value, Failed> {
        self.ask(Method::DELETE, path, None)
    }

    fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failed> {
        let body = body.map(|body| ("application/json", Bytes::from(body.to_string())));
        let answered = self.exchange(method, path, body)?;
        if answered.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answered).map_err(|error| self.strange(&format!("no JSON: {error}")))
    }

    /// Sends what is no JSON, or asks for it.
    pub fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, Bytes)>,
    ) -> Result<Bytes, Failed> {
        let limits = Limits { timeout: PATIENCE, answer_bytes: MOST, ..Limits::default() };
        let (mime, body) = body.map_or((None, Bytes::new()), |(mime, body)| (Some(mime), body));
        let mut headers = self.headers("application/json, */*")?;
        if let Some(mime) = mime {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
        }
        let request = Request { method, url: format!("{}{path}", self.url), headers, body };
        let answer = self.runtime.block_on(self.transport.send(request, limits));
        let answer = answer.map_err(|error| self.unreached(&error))?;
        if answer.status.is_success() {
            return Ok(answer.body);
        }
        Err(self.refused(answer.status, &answer.headers, &answer.body))
    }

    /// Hears a stream until `hear` has heard enough; one that breaks off is asked for anew from where it was.
    pub fn listen<E: From<Problem>>(
        &self,
        path: &str,
        mut hear: impl FnMut(Event) -> Result<bool, E>,
    ) -> Result<(), E> {
        let mut last: Option<String> = None;
        loop {
            let limits = Limits { timeout: STREAMS, answer_bytes: MOST, ..Limits::default() };
            let mut headers = self.headers("text/event-stream").map_err(Problem::from)?;
            if let Some(last) = last.as_deref().and_then(|last| HeaderValue::from_str(last).ok()) {
                headers.insert(HeaderName::from_static("last-event-id"), last);
            }
            let url = format!("{}{path}", self.url);
            let request = Request { method: Method::GET, url, headers, body: Bytes::new() };
            let opened = self.runtime.block_on(self.transport.open(request, limits));
            let mut arriving = opened.map_err(|error| Problem::from(self.unreached(&error)))?;
            if !arriving.status.is_success() {
                let (status, headers) = (arriving.status, arriving.headers.clone());
                let body = self.runtime.block_on(arriving.whole(limits)).map(|answer| answer.body);
                let failed = self.refused(status, &headers, &body.unwrap_or_default());
                return Err(Problem::from(failed).into());
            }
            let (mut events, mut heard) = (Events::default(), false);
            while let Some(Ok(piece)) = self.runtime.block_on(arriving.body.next()) {
                heard = true;
                events.take(&piece).map_err(|why| Problem::from(self.strange(why)))?;
                while let Some(event) = events.next() {
                    last = event.id.clone().or(last);
                    if hear(event)? {
                        return Ok(());
                    }
                }
            }
            if !heard {
                let problem = Problem::new(format!("{} tells nothing more", self.name));
                return Err(problem.help("it may have ended, or have taken your token back").into());
            }
        }
    }

    fn headers(&self, accepts: &'static str) -> Result<HeaderMap, Failed> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accepts));
        if let Some(token) = &self.token {
            let bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
            let mut bearer = bearer
                .map_err(|_| Failed::Broken(Problem::new("the token holds letters that no token has")))?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        Ok(headers)
    }

    fn unreached(&self, error: &TransportError) -> Failed {
        let problem = Problem::new(format!("{} can't be asked: {error}", self.name));
        Failed::Broken(match error {
            TransportError::Refused { help, .. } => problem.help(help.clone()),
            TransportError::Connect(_) => problem.help("look whether `flowrun serve` runs there"),
            _ => problem,
        })
    }

    fn strange(&self, why: &str) -> Failed {
        let problem = Problem::new(format!("{} does not answer as flowrun does: {why}", self.name));
        Failed::Broken(problem.help("look whether the address is that of `flowrun serve`"))
    }

    /// What an answer that is no success comes to. Nothing is followed: a token is for the host that was named.
    fn refused(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failed {
        if status.is_redirection() {
            let to = headers.get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("somewhere else");
            let problem = Problem::new(format!("{} sends on to {to}", self.name));
            return Failed::Broken(problem.help("give that address to --server, if it is the service's"));
        }
        let told: Option<Value> = serde_json::from_slice(body).ok();
        let detail = told.as_ref().and_then(|told| told["detail"].as_str().or(told["title"].as_str()));
        let Some(detail) = detail else {
            return self.strange(&format!("it says {status}"));
        };
        let problem = Problem::new(detail);
        Failed::Said(
            status,
            match status {
                StatusCode::UNAUTHORIZED if self.token.is_none() => problem.help(format!(
                    "give a token: {TOKEN}, or --token-file; `flowrun token create` makes one"
                )),
                StatusCode::UNAUTHORIZED => problem.help("`flowrun token create` makes a new one"),
                _ => problem,
            },
        )
    }
}

/// A path with what is asked.
fn with(path: &str, query: &[(&str, &str)]) -> String {
    if query.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", Serializer::new(String::new()).extend_pairs(query).finish())
}

/// A part of a path, whatever it holds.
pub fn part(text: &str) -> String {
    let mut written = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            written.push(char::from(byte));
        } else {
            written.push_str(&format!("%{byte:02X}"));
        }
    }
    written
}

/// Reads events as they come in pieces, as HTML's standard has them (section 9.2.6).
#[derive(Default)]
struct Events {
    rest: Vec<u8>,
}

impl Events {
    fn take(&mut self, piece: &[u8]) -> Result<(), &'static str> {
        self.rest.extend_from_slice(piece);
        let open = self.rest.windows(2).rposition(|pair| pair == b"\n\n").map_or(0, |end| end + 2);
        if self.rest.len() - open > MOST_EVENT { Err("an event is too large") } else { Ok(()) }
    }

    fn next(&mut self) -> Option<Event> {
        loop {
            let end = self.rest.windows(2).position(|pair| pair == b"\n\n")?;
            let text: Vec<u8> = self.rest.drain(..end + 2).collect();
            let mut event = Event::default();
            let mut data = String::new();
            for line in String::from_utf8_lossy(&text).lines() {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                let value = value.strip_prefix(' ').unwrap_or(value);
                match name {
                    "id" => event.id = Some(value.to_owned()),
                    "event" => event.kind = value.to_owned(),
                    "data" => data.push_str(value),
                    _ => {}
                }
            }
            // Without a kind it only says that the stream lives.
            if !event.kind.is_empty() {
                event.data = serde_json::from_str(&data).unwrap_or_default();
                return Some(event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_they_are_cut() {
        let text =
            b": here\n\nid: 4\nevent: entry\ndata: {\"what\":\"a\"}\n\nevent: stands\ndata: {}\n\nevent: cut";
        for size in 1..text.len() {
            let mut events = Events::default();
            let mut heard = Vec::new();
            for piece in text.chunks(size) {
                events.take(piece).unwrap();
                while let Some(event) = events.next() {
                    heard.push((event.id, event.kind, event.data["what"].as_str().map(str::to_owned)));
                }
            }
            let entry = (Some("4".to_owned()), "entry".to_owned(), Some("a".to_owned()));
            assert_eq!(heard, [entry, (None, "stands".to_owned(), None)]);
        }
        assert_eq!(part("hr/new hire#1"), "hr%2Fnew%20hire%231");
        assert!(Events::default().take(&vec![b'x'; MOST_EVENT + 1]).is_err());
    }
}
