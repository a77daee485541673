//! A request as a flow sees it: its query, its headers, its body, and the fields of each.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use flowrun_core::value::{Record, Text, Value, parse_json};
use flowrun_kit::clock::Clock;
use std::time::Duration;
use url::form_urlencoded;

use super::problem::Wrong;

/// Where a client token stands in a request, in Okta's words.
pub const IN_QUERY: &str = "clientToken";

/// The header in which it may stand.
pub const IN_HEADER: &str = "x-api-client-token";

/// What Okta keeps for itself in a query.
const RESERVED: &str = "x-okta-workflows";

/// How long a client may take to send a body.
const SLOWEST: Duration = Duration::from_secs(30);

/// A request as a flow sees it.
#[derive(Debug)]
pub struct Asked {
    /// GET or POST.
    pub method: Method,
    /// What stands after `?`, without a client token.
    pub query: String,
    /// The headers, by their names in lower case; those of the same name in one, as HTTP joins them.
    pub headers: Record,
    /// The body, as text.
    pub body: String,
    /// What its type says that it is, without parameters and in lower case.
    pub kind: Option<String>,
    /// The fields of the body, each with all that it has.
    fields: Vec<(Text, Value)>,
    /// What is wrong with the body: it is not what its type says.
    pub doubt: Option<String>,
}

impl Asked {
    /// Reads a request whose body has no more bytes than that.
    pub async fn read(parts: &Parts, body: Body, most: usize, clock: &Clock) -> Result<Asked, Wrong> {
        let has_body = parts.method == Method::POST;
        let bytes = if has_body { read(&parts.headers, body, most, clock).await? } else { Bytes::new() };
        let kind = kind(&parts.headers);
        let mut asked = Asked {
            method: parts.method.clone(),
            query: without_token(parts.uri.query().unwrap_or_default()),
            headers: headers(&parts.headers),
            body: String::from_utf8_lossy(&bytes).into_owned(),
            kind,
            fields: Vec::new(),
            doubt: None,
        };
        if has_body {
            asked.take_apart();
        }
        Ok(asked)
    }

    /// Finds the fields of the body, if its type has any.
    fn take_apart(&mut self) {
        match self.kind.as_deref() {
            Some("application/x-www-form-urlencoded") => self.fields = pairs(&self.body),
            Some(kind) if is_json(kind) => {
                if let Err(doubt) = self.take_json() {
                    self.doubt = Some(doubt);
                }
            }
            // What has no type is JSON if it can be read as such.
            None => drop(self.take_json()),
            Some(_) => {}
        }
    }

    fn take_json(&mut self) -> Result<(), String> {
        if self.body.trim().is_empty() {
            return Ok(());
        }
        match parse_json(&self.body) {
            Ok(Value::Object(members)) => {
                self.fields = members.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                Ok(())
            }
            Ok(other) => Err(format!("the body is {}, and only an object has fields", other.kind())),
            Err(error) => Err(format!("the body is not JSON: {error}")),
        }
    }

    /// The body as one object; as text, if it has no fields.
    pub fn whole(&self) -> Option<Value> {
        if self.body.trim().is_empty() {
            return None;
        }
        match self.fields.is_empty() {
            true => Some(Value::from(&*self.body)),
            false => Some(Value::from(self.fields.iter().cloned().collect::<Record>())),
        }
    }

    /// A header, whatever its letters.
    pub fn header(&self, name: &str) -> Option<&Value> {
        self.headers.get(&name.to_ascii_lowercase())
    }

    /// A field of the query: the first of its name, or all of them in a list.
    pub fn in_query(&self, name: &str, list: bool) -> Option<Value> {
        if name.starts_with(RESERVED) {
            return None;
        }
        let found = pairs(&self.query).into_iter().filter(|(key, _)| **key == *name).map(|(_, value)| value);
        one_or_all(found.collect(), list, |found| found.into_iter().next())
    }

    /// A field of the body: the last of its name, or all of them in a list.
    pub fn in_body(&self, name: &str, list: bool) -> Option<Value> {
        let found: Vec<Value> =
            self.fields.iter().filter(|(key, _)| **key == *name).map(|(_, value)| value.clone()).collect();
        match (&*found, list) {
            ([Value::List(_)], true) => found.into_iter().next(),
            _ => one_or_all(found, list, |found| found.into_iter().next_back()),
        }
    }
}

fn one_or_all(found: Vec<Value>, list: bool, one: impl Fn(Vec<Value>) -> Option<Value>) -> Option<Value> {
    match (found.is_empty(), list) {
        (true, _) => None,
        (false, true) => Some(Value::list(found)),
        (false, false) => one(found),
    }
}

async fn read(headers: &HeaderMap, body: Body, most: usize, clock: &Clock) -> Result<Bytes, Wrong> {
    let encoded = headers.get_all(CONTENT_ENCODING).iter();
    if encoded.into_iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Wrong::new(415, "encoded_body", "send the body as it is, without a Content-Encoding"));
    }
    let too_large = || {
        let message = format!("the body may have {} bytes", flowrun_core::words::count(most as u64));
        Wrong::new(413, "body_too_large", &message)
    };
    let said = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|said| said > most as u64) {
        return Err(too_large());
    }
    match clock.timeout(SLOWEST, to_bytes(body, most)).await {
        Some(Ok(bytes)) => Ok(bytes),
        Some(Err(_)) => Err(too_large()),
        None => Err(Wrong::new(408, "body_too_slow", "the body did not come in time")),
    }
}

fn kind(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Some(kind).filter(|kind| !kind.is_empty())
}

fn is_json(kind: &str) -> bool {
    kind == "application/json" || kind == "text/json" || kind.ends_with("+json")
}

/// The headers as flows get them: not those with which somebody came in.
fn headers(all: &HeaderMap) -> Record {
    let mut headers = Record::default();
    for name in all.keys().filter(|name| *name != IN_HEADER) {
        let values = all.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let joined = values.collect::<Vec<_>>().join(", ");
        headers.insert(Text::from(name.as_str()), Value::from(joined));
    }
    headers
}

/// The client token of a request.
pub fn token_of(parts: &Parts) -> Option<String> {
    let in_header = parts.headers.get(IN_HEADER).and_then(|token| token.to_str().ok());
    let in_query = || {
        let query = parts.uri.query()?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == IN_QUERY).map(|(_, token)| token.into_owned())
    };
    in_header.map(str::to_owned).or_else(in_query)
}

/// A query without its client token, else letter by letter as it was.
fn without_token(query: &str) -> String {
    let is_token = |piece: &&str| {
        form_urlencoded::parse(piece.as_bytes()).next().is_some_and(|(key, _)| key == IN_QUERY)
    };
    query.split('&').filter(|piece| !is_token(piece)).collect::<Vec<_>>().join("&")
}

fn pairs(text: &str) -> Vec<(Text, Value)> {
    let pairs = form_urlencoded::parse(text.as_bytes());
    pairs.map(|(name, value)| (Text::from(&*name), Value::from(&*value))).collect()
}
