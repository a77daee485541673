//! One call of a vendor's API, and its answer.

use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{REDACTED, Text, Value, parse_json, read_json};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::address;
use crate::audit::Subject;
use crate::form::Form;
use crate::link;

/// Makes the headers and the body of one sending.
type Make = dyn Fn() -> Result<(HeaderMap, Bytes)> + Send + Sync;

/// What differs from one sending of a call to the next.
#[derive(Clone)]
pub(crate) struct Fresh(Arc<Make>);

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// A call to make: a request without host and credentials, which the client adds.
#[derive(Clone, Debug)]
pub struct Call {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) does: Does,
    pub(crate) login: bool,
    pub(crate) expected: Vec<StatusCode>,
    pub(crate) fresh: Option<Fresh>,
    pub(crate) subjects: Vec<Subject>,
}

impl Call {
    /// A call of `target`: a path with or without a query, or an absolute address of the connection's host.
    ///
    /// What it does follows from the method, as HTTP has it; see [`Call::repeat`] and [`Call::login`].
    pub fn new(method: Method, target: impl Into<String>) -> Call {
        Call {
            does: Does::by_method(method.as_str()),
            method,
            target: target.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            login: false,
            expected: Vec::new(),
            fresh: None,
            subjects: Vec::new(),
        }
    }

    /// A GET.
    pub fn get(target: impl Into<String>) -> Call {
        Call::new(Method::GET, target)
    }

    /// A POST; it is not repeated unless it certainly had no effect.
    pub fn post(target: impl Into<String>) -> Call {
        Call::new(Method::POST, target)
    }

    /// Adds parameters to the query.
    pub fn query<K: AsRef<str>, V: AsRef<str>>(self, pairs: impl IntoIterator<Item = (K, V)>) -> Call {
        self.raw_query(&address::query(pairs))
    }

    /// Adds a query that is written already; what may not stand in an address is escaped.
    pub fn raw_query(mut self, query: &str) -> Call {
        if !query.is_empty() {
            self.target.push(if self.target.contains('?') { '&' } else { '?' });
            self.target.push_str(query);
        }
        self
    }

    /// Sends JSON.
    pub fn json(mut self, body: &impl Serialize) -> Result<Call> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Fault::new(FaultKind::InvalidInput, format!("the body isn't JSON: {error}")))?;
        self.headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        self.body = body.into();
        Ok(self)
    }

    /// Sends bytes as they are.
    pub fn body(mut self, body: impl Into<Bytes>) -> Call {
        self.body = body.into();
        self
    }

    /// Sends a header, in place of an earlier one of that name.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Call {
        self.headers.insert(name, value);
        self
    }

    /// Says whether what it changes may be changed twice.
    pub fn repeat(mut self, repeat: Repeat) -> Call {
        self.does = Does::Changes(repeat);
        self
    }

    /// Fetches a credential, which changes nothing: it is sent without one, and its answer is not quoted in messages.
    pub fn login(mut self) -> Call {
        self.does = Does::Reads;
        self.login = true;
        self
    }

    /// Takes this status for an answer too, though it isn't a success; the reply has it.
    pub fn expect(mut self, status: StatusCode) -> Call {
        self.expected.push(status);
        self
    }

    /// Makes headers and body anew for each sending, in place of those it has: for what may not be sent twice, such as a
    /// signed assertion.
    pub fn fresh(mut self, make: impl Fn() -> Result<(HeaderMap, Bytes)> + Send + Sync + 'static) -> Call {
        self.fresh = Some(Fresh(Arc::new(make)));
        self
    }

    /// The headers and the body to send now.
    pub(crate) fn content(&self) -> Result<(HeaderMap, Bytes)> {
        let mut headers = self.headers.clone();
        let Some(Fresh(make)) = &self.fresh else { return Ok((headers, self.body.clone())) };
        let (more, body) = make()?;
        for (name, value) in &more {
            headers.insert(name, value.clone());
        }
        Ok((headers, body))
    }

    /// Says whom or what it changes, for the record.
    pub fn about(mut self, subjects: Vec<Subject>) -> Call {
        self.subjects = subjects;
        self
    }

    /// What it does to the vendor's data.
    pub fn does(&self) -> Does {
        self.does
    }

    /// Whether it sends this header already.
    pub fn has_header(&self, name: &HeaderName) -> bool {
        self.headers.contains_key(name)
    }

    /// The form that its `Content-Type` asks for.
    pub(crate) fn form(&self) -> Option<Form> {
        Form::of(self.headers.get(CONTENT_TYPE)?.to_str().ok()?)
    }

    /// How many bytes the body has.
    pub fn body_len(&self) -> usize {
        self.body.len()
    }

    /// Method and path, as messages name the call.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.target.split(['?', '#']).next().unwrap_or_default())
    }
}

/// A vendor's answer with a status of success.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status: 200 to 299.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    pub(crate) call: String,
    /// The address that was asked, after redirects.
    pub(crate) address: String,
    pub(crate) quoted: bool,
}

impl Reply {
    /// Reads the body as JSON; an empty body is nothing.
    pub fn value(&self) -> Result<Value> {
        if self.body.trim_ascii().is_empty() { Ok(Value::Null) } else { self.json() }
    }

    /// Reads the body as JSON of a certain form.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        self.json_by(|json| serde_json::from_slice(json))
    }

    /// Reads the body as JSON by `read`.
    pub fn json_by<T>(&self, read: impl Fn(&[u8]) -> serde_json::Result<T>) -> Result<T> {
        read_json(&self.body, read).map_err(|error| self.unreadable(&error))
    }

    /// Fails over a body that is neither blank nor JSON: a page of something that answers in the vendor's place, with a
    /// status that would pass for success.
    pub fn is_of_the_api(&self) -> Result<()> {
        self.value().map(|_| ())
    }

    /// The body as text, without a byte order mark.
    pub fn text(&self) -> Result<&str> {
        let text = std::str::from_utf8(&self.body).map_err(|error| {
            let place = error.valid_up_to() + 1;
            let message = format!(
                "{} was answered with bytes that aren't text in UTF-8: byte {place} can't be there",
                self.call
            );
            Fault::new(FaultKind::Parse, message).code(self.status).help(
                "the answer doesn't say its encoding, or a wrong one: fetch it with `file.download` and read it with the `encoding` of \
                 `file.read_text`",
            )
        })?;
        Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
    }

    /// Whether the body is no text in UTF-8 and would be none if it went on: the same answer would come again.
    pub(crate) fn is_no_text(&self) -> bool {
        std::str::from_utf8(&self.body).is_err_and(|error| error.error_len().is_some())
    }

    /// The address of the next page, absolute, if a `Link` header names one.
    pub fn next_link(&self) -> Result<Option<Text>> {
        let next = link::next(&self.headers, &self.address).map_err(|fault| fault.code(self.status))?;
        Ok(next.map(Text::from))
    }

    /// The fault of a body that `error` says is not what it should be: what was read, and where.
    pub fn unreadable(&self, error: &serde_json::Error) -> Fault {
        let text = self.body.trim_ascii();
        let (what, help) = if text.is_empty() {
            ("an empty body, where JSON is expected".to_owned(), STRANGER.to_owned())
        } else if text.starts_with(b"<") {
            ("a page in HTML, where JSON is expected".to_owned(), STRANGER.to_owned())
        } else {
            let size = self.body.len();
            let help =
                format!("{size} bytes arrived; the answer was cut off, or the vendor has changed its form");
            // What a login answers is a secret, and the reader's own words quote it.
            let why = if self.quoted { in_words_of_json(error) } else { place_of(error) };
            (format!("a body that can't be read: {why}"), help)
        };
        let message = format!("{} was answered {} with {what}", self.call, self.status);
        let fault = Fault::new(FaultKind::Parse, message).code(self.status).help(help);
        if self.quoted { fault.body(Value::from(self.excerpt(error))) } else { fault }
    }

    /// The text just before the place where reading failed.
    fn excerpt(&self, error: &serde_json::Error) -> String {
        const LENGTH: usize = 160;
        let mut lines = self.body.split_inclusive(|&byte| byte == b'\n');
        let before: usize = lines.by_ref().take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
        let end = (before + error.column()).min(self.body.len());
        let start = end.saturating_sub(LENGTH);
        let dots = if start > 0 { "…" } else { "" };
        format!("{dots}{}", String::from_utf8_lossy(&self.body[start..end]))
    }
}

/// Where reading failed, and how, without what stands there.
fn place_of(error: &serde_json::Error) -> String {
    let text = in_words_of_json(error);
    if text.starts_with("missing field") {
        return text;
    }
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("something else than {expected}"),
        None if error.is_eof() => format!("cut off at line {} column {}", error.line(), error.column()),
        None => format!("no JSON at line {} column {}", error.line(), error.column()),
    }
}

/// Who may have answered what no API answers.
const STRANGER: &str = "something between here and the vendor may have answered in its place, such as a proxy or a log-in \
                        page; or the address is not that of the API";

/// What is wrong with a text, in the words of JSON rather than of the program that reads it.
fn in_words_of_json(error: &serde_json::Error) -> String {
    const WORDS: [(&str, &str); 6] = [
        ("type: map", "type: object"),
        ("type: sequence", "type: list"),
        ("expected a sequence", "expected a list"),
        ("expected a map", "expected an object"),
        ("expected u64", "expected a whole number"),
        ("expected i64", "expected a whole number"),
    ];
    let text = error.to_string();
    let mut text = match text.split_once("expected struct ") {
        None => text,
        Some((before, after)) => {
            let rest = after.find(' ').map_or("", |end| &after[end..]);
            format!("{before}expected an object{rest}")
        }
    };
    for (theirs, ours) in WORDS {
        text = text.replace(theirs, ours);
    }
    text
}

/// JSON if the text is some, else the text.
pub(crate) fn lenient(text: &str) -> Value {
    parse_json(text).unwrap_or_else(|_| Value::from(text))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    fn reply(body: &'static str) -> Reply {
        let body = Bytes::from_static(body.as_bytes());
        Reply {
            status: 200,
            headers: HeaderMap::new(),
            body,
            call: "GET /x".to_owned(),
            address: String::new(),
            quoted: true,
        }
    }

    #[test]
    fn what_is_no_json_at_all_is_told_as_what_it_is() {
        let told = |body| {
            let fault = reply(body).json::<Vec<Value>>().unwrap_err();
            format!("{}; {}", fault.message, fault.help.as_deref().unwrap_or_default())
        };
        assert!(told(" \n").contains("answered 200 with an empty body, where JSON is expected; something"));
        assert!(told("<!DOCTYPE html>").contains("answered 200 with a page in HTML, where JSON is expected"));
        assert!(told("{}").contains("can't be read: invalid type: object, expected a list at line 1"));
        #[derive(Debug, Deserialize)]
        #[expect(dead_code)]
        struct Login {
            token: String,
        }
        let fault = reply("7").json::<Login>().unwrap_err();
        assert!(fault.message.contains("integer `7`, expected an object at line 1"), "{fault}");
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        let fault = reply("{\"id\":1,\n \"name\":\"An").value().unwrap_err();
        assert_eq!(fault.kind, FaultKind::Parse);
        assert!(fault.message.contains("GET /x was answered 200"), "{fault}");
        assert!(fault.message.contains("line 2 column 11"), "{fault}");
        assert_eq!(fault.body, Value::from("{\"id\":1,\n \"name\":\"An"));
    }
}
