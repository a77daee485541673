//! Secrets in what was exchanged: which there are, their removal, and the search for what is left of them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flowrun_core::value::{REDACTED, Record, Value};
use flowrun_kit::http::{Request, TransportError};
use flowrun_kit::jwt;
use flowrun_kit::redact::Redactor;
use regex::Regex;
use serde_json::Value as Json;
use url::form_urlencoded;

use super::form::{Body, Ends, Exchange, Recorded, Recording};
use super::{Head, Taken};
use crate::exchange::address;

/// Members that hold secrets, whatever host has them; without case and signs.
const SECRET: &[&str] = &[
    "accesstoken",
    "activationtoken",
    "apikey",
    "apitoken",
    "assertion",
    "authorization",
    "clientassertion",
    "clientsecret",
    "codeverifier",
    "devicesecret",
    "idtoken",
    "newpassword",
    "oldpassword",
    "onetimetoken",
    "passcode",
    "passwd",
    "password",
    "privatekey",
    "recoverytoken",
    "refreshtoken",
    "secret",
    "sessiontoken",
    "statetoken",
    "token",
];

/// What a request says that asks for a token: RFC 6749, and those who speak something like it.
const ASKS_FOR_TOKENS: &[&str] = &["granttype", "clientsecret", "clientassertion"];

/// Headers of answers that say nothing of what was asked for: of the connection, of the server, of the very request.
const OF_NO_MATTER: &[&str] = &[
    "accept-ranges",
    "age",
    "alt-svc",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-security-policy-report-only",
    "cross-origin-resource-policy",
    "date",
    "dpop-nonce",
    "expect-ct",
    "expires",
    "keep-alive",
    "nel",
    "p3p",
    "permissions-policy",
    "pragma",
    "referrer-policy",
    "report-to",
    "server",
    "server-timing",
    "set-cookie",
    "strict-transport-security",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "vary",
    "via",
    "x-content-type-options",
    "x-frame-options",
    "x-xss-protection",
];

/// Headers of requests that flowrun sends by itself, or that carry credentials.
const OF_FLOWRUN: &[&str] =
    &["accept", "authorization", "cookie", "dpop", "proxy-authorization", "traceparent", "user-agent"];

/// What the tokens of well-known services look like, as these document them: GitHub, Slack, AWS, Stripe, GitLab, Google, Okta; keys in PEM
/// form; and `Bearer X`, `SSWS X`, `Basic X`.
static SHAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let shapes = [
        r"gh[pousr]_[A-Za-z0-9]{36,}",
        r"github_pat_[A-Za-z0-9_]{22,}",
        r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
        r"(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        r"[rs]k_(?:live|test)_[A-Za-z0-9]{10,}",
        r"glpat-[A-Za-z0-9_-]{20,}",
        r"AIza[A-Za-z0-9_-]{35}",
        r"\b00[A-Za-z0-9_-]{40}\b",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
        r"\b(?:Bearer|SSWS|Basic|DPoP) [A-Za-z0-9._~+/=-]{20,}",
    ];
    Regex::new(&shapes.join("|")).ok()
});

/// Long words of letters and digits, as secrets are made of them.
static LONG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[A-Za-z0-9+_-]{24,}").ok());

/// A name without case and signs.
pub(super) fn bare(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The members of what is sent: of a query, a form or a JSON body.
fn members(headers: &HeaderMap, query: &str, body: &[u8]) -> Vec<(String, Json)> {
    let pairs = |text: &[u8]| {
        let pairs = form_urlencoded::parse(text);
        pairs.map(|(name, value)| (name.into_owned(), Json::from(value.into_owned()))).collect::<Vec<_>>()
    };
    let mut members = pairs(query.as_bytes());
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        members.extend(pairs(body));
    } else if let Ok(json) = serde_json::from_slice::<Json>(body) {
        flat(&json, &mut members);
    }
    members
}

fn flat(json: &Json, into: &mut Vec<(String, Json)>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| flat(item, into)),
        Json::Object(own) => {
            for (name, value) in own {
                into.push((name.clone(), value.clone()));
                flat(value, into);
            }
        }
        _ => {}
    }
}

fn named(members: &[(String, Json)], secrets: &mut BTreeSet<String>) {
    let is_secret = |name: &str| SECRET.contains(&&*bare(name));
    let texts = members.iter().filter(|(name, _)| is_secret(name)).filter_map(|(_, value)| value.as_str());
    secrets.extend(texts.map(str::to_owned));
}

/// Whether a request asks for a token.
pub(super) fn is_login(request: &Request) -> bool {
    let (_, _, query) = address(&request.url);
    let members = members(&request.headers, query, &request.body);
    members.iter().any(|(name, _)| ASKS_FOR_TOKENS.contains(&&*bare(name)))
}

/// Collects the secrets of a request: its credentials, its cookies, and what is called like a secret.
pub(super) fn of_request(request: &Request, secrets: &mut BTreeSet<String>) {
    let carries =
        |name: &HeaderName| *name == AUTHORIZATION || *name == PROXY_AUTHORIZATION || name == "dpop";
    for (name, value) in &request.headers {
        let Ok(text) = value.to_str() else { continue };
        if carries(name) {
            secrets.insert(text.split_once(' ').map_or(text, |(_, secret)| secret).to_owned());
        } else if *name == COOKIE {
            secrets.extend(text.split(';').filter_map(cookie));
        } else if value.is_sensitive() {
            secrets.insert(text.to_owned());
        }
    }
    let (_, _, query) = address(&request.url);
    named(&members(&request.headers, query, &request.body), secrets);
}

/// The same of an answer.
pub(super) fn of_answer(headers: &HeaderMap, body: &[u8], secrets: &mut BTreeSet<String>) {
    let cookies = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    secrets.extend(cookies.filter_map(|text| cookie(text.split(';').next()?)));
    // Personio hands the next token over in a header.
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    secrets.extend(token.map(|text| text.split_once(' ').map_or(text, |(_, secret)| secret).to_owned()));
    named(&members(headers, "", body), secrets);
}

fn cookie(text: &str) -> Option<String> {
    text.split_once('=').map(|(_, value)| value.trim().trim_matches('"').to_owned())
}

/// What was exchanged, without these secrets.
pub(super) fn without(
    head: &Head,
    connections: &[Recorded],
    taken: &[Taken],
    secrets: &BTreeSet<String>,
) -> Recording {
    let cleaner = Cleaner { redactor: Redactor::new(secrets.iter().map(String::as_str)) };
    Recording {
        flow: head.flow.clone(),
        program: head.program.clone(),
        run: head.run.clone(),
        started_ms: head.started_ms,
        inputs: cleaner.record(&head.inputs),
        vars: cleaner.record(&head.vars),
        connections: connections.to_vec(),
        exchanges: taken.iter().map(|taken| cleaner.exchange(taken, head.started_ms)).collect(),
    }
}

struct Cleaner {
    redactor: Redactor,
}

impl Cleaner {
    fn text(&self, text: &str) -> String {
        let text = jwt::hidden(&self.redactor.text(text.to_owned()));
        match &*SHAPES {
            Some(shapes) => shapes.replace_all(&text, REDACTED).into_owned(),
            None => text,
        }
    }

    fn exchange(&self, taken: &Taken, started_ms: i64) -> Exchange {
        let sent = taken.headers.iter().filter(|(name, value)| {
            !OF_FLOWRUN.contains(&name.as_str()) && !value.is_sensitive() && *name != "content-length"
        });
        let ends = match &taken.ended {
            Some(Ok((status, headers, body))) => {
                let told = headers.iter().filter(|(name, _)| {
                    let name = name.as_str();
                    !OF_NO_MATTER.contains(&name) && !name.ends_with("request-id")
                });
                Ends::Answer { status: status.as_u16(), headers: self.headers(told), body: self.body(body) }
            }
            Some(Err(error)) => self.failed(error),
            None => Ends::Failed { kind: "timeout".to_owned(), why: String::new() },
        };
        Exchange {
            connection: taken.connection.clone(),
            at_ms: taken.asked_ms - started_ms,
            took_ms: taken.took_ms,
            login: taken.login,
            method: taken.method.clone(),
            path: self.text(&taken.path),
            // What asks for a token is secret from one end to the other.
            query: if taken.login { String::new() } else { self.text(&taken.query) },
            headers: self.headers(sent),
            body: if taken.login { Body::None } else { self.body(&taken.body) },
            ends,
        }
    }

    fn failed(&self, error: &TransportError) -> Ends {
        let (kind, why) = match error {
            TransportError::Connect(why) => ("connect", why.clone()),
            TransportError::Refused { why, .. } => ("refused", why.clone()),
            TransportError::Timeout => ("timeout", String::new()),
            TransportError::Broken(why) => ("broken", why.clone()),
            other @ (TransportError::TooLarge(_) | TransportError::Memory(_)) => {
                ("broken", other.to_string())
            }
        };
        Ends::Failed { kind: kind.to_owned(), why: self.text(&why) }
    }

    fn headers<'h>(
        &self,
        headers: impl Iterator<Item = (&'h HeaderName, &'h axum::http::HeaderValue)>,
    ) -> Vec<(String, String)> {
        let text = |value: &axum::http::HeaderValue| self.text(&String::from_utf8_lossy(value.as_bytes()));
        headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
    }

    fn body(&self, bytes: &[u8]) -> Body {
        if bytes.is_empty() {
            return Body::None;
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            let bytes = self.redactor.clean(bytes).unwrap_or_else(|| bytes.to_vec());
            return Body::Base64(STANDARD.encode(bytes));
        };
        // A short secret is found by its name alone.
        if let Ok(mut json) = serde_json::from_str::<Json>(text)
            && short(&mut json)
        {
            return Body::Text(self.text(&json.to_string()));
        }
        Body::Text(self.text(text))
    }

    fn record(&self, record: &Record) -> Record {
        record.iter().filter_map(|(name, value)| Some((name.clone(), self.value(name, value)?))).collect()
    }

    /// A value, if it can be written down: secrets and files can't.
    fn value(&self, name: &str, value: &Value) -> Option<Value> {
        Some(match value {
            Value::Secret(_) | Value::File(_) => return None,
            Value::Text(_) if SECRET.contains(&&*bare(name)) => REDACTED.into(),
            Value::Text(text) => Value::from(self.text(text)),
            Value::List(items) => {
                Value::list(items.iter().filter_map(|item| self.value(name, item)).collect())
            }
            Value::Object(members) => Value::from(self.record(members)),
            other => other.clone(),
        })
    }
}

/// Takes secrets away that are too short to be searched for; whether there were any.
fn short(json: &mut Json) -> bool {
    const SHORTEST: usize = 6;
    match json {
        Json::Array(items) => items.iter_mut().map(short).filter(|found| *found).count() > 0,
        Json::Object(members) => members.iter_mut().fold(false, |found, (name, value)| {
            if SECRET.contains(&&*bare(name))
                && value.as_str().is_some_and(|text| !text.is_empty() && text.len() < SHORTEST)
            {
                *value = Json::from(REDACTED);
                return true;
            }
            short(value) || found
        }),
        _ => false,
    }
}

/// Where something is left that looks like a secret, but for the names that may hold such.
pub(super) fn left(recording: &Recording, allowed: &[String]) -> Vec<String> {
    let mut left = Left { allowed, found: Vec::new() };
    for (part, values) in [("inputs", &recording.inputs), ("vars", &recording.vars)] {
        for (name, value) in values {
            if let Ok(json) = serde_json::from_str(&value.to_json()) {
                left.json(&format!("{part}.{name}"), name, &json);
            }
        }
    }
    for (place, exchange) in recording.exchanges.iter().enumerate() {
        let whole = format!("exchange {} ({} {})", place + 1, exchange.method, exchange.path);
        for part in exchange.path.split('/') {
            left.text(&format!("{whole}: path"), "path", part);
        }
        for (name, value) in form_urlencoded::parse(exchange.query.as_bytes()) {
            left.text(&format!("{whole}: query.{name}"), &name, &value);
        }
        left.sent(&whole, "request", &exchange.headers, &exchange.body);
        if let Ends::Answer { headers, body, .. } = &exchange.ends {
            left.sent(&whole, "answer", headers, body);
        }
    }
    left.found
}

struct Left<'l> {
    allowed: &'l [String],
    found: Vec<String>,
}

impl Left<'_> {
    fn sent(&mut self, whole: &str, part: &str, headers: &[(String, String)], body: &Body) {
        for (name, value) in headers {
            self.text(&format!("{whole}: {part} headers.{name}"), name, value);
        }
        let Body::Text(text) = body else { return };
        let place = format!("{whole}: {part} body");
        match serde_json::from_str::<Json>(text) {
            Ok(json) => self.json(&place, "body", &json),
            Err(_) => self.text(&place, "body", text),
        }
    }

    fn json(&mut self, place: &str, name: &str, json: &Json) {
        match json {
            Json::String(text) => self.text(place, name, text),
            Json::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(at, item)| self.json(&format!("{place}[{at}]"), name, item));
            }
            Json::Object(members) => {
                members.iter().for_each(|(name, value)| self.json(&format!("{place}.{name}"), name, value));
            }
            _ => {}
        }
    }

    fn text(&mut self, place: &str, name: &str, text: &str) {
        if self.allowed.iter().any(|allowed| allowed == name) {
            return;
        }
        let Some(long) = &*LONG else { return };
        if long.find_iter(text).any(|word| looks_secret(word.as_str())) {
            self.found.push(format!("{place} looks like a secret"));
        }
    }
}

/// Whether a word looks as if chance had made it: hexadecimal digits without hyphens, or letters of both cases and digits that differ as
/// much as those of a random text do (4 bits a letter; words of a language have less).
fn looks_secret(word: &str) -> bool {
    let has = |is: fn(&char) -> bool| word.chars().any(|letter| is(&letter));
    let digits = has(char::is_ascii_digit);
    if word.len() >= 32 && word.chars().all(|letter| letter.is_ascii_hexdigit()) {
        return digits && has(char::is_ascii_alphabetic) && entropy(word) > 3.0;
    }
    digits && has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && entropy(word) > 4.0
}

/// The entropy of a word's letters, in bits a letter.
fn entropy(word: &str) -> f64 {
    let mut counts = [0_u32; 128];
    word.bytes().filter(u8::is_ascii).for_each(|byte| counts[usize::from(byte)] += 1);
    let all = word.len() as f64;
    let share = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / all);
    share.map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl rand -base64 24`, `openssl rand -hex 16`, `uuidgen`; IDs as Okta's documentation has them.
    #[test]
    fn what_chance_made_looks_like_a_secret() {
        for (word, is) in [
            ("kX8mPq2vLr7TzN4bYw1cJd9fHs6gUa3e", true),
            ("9f86d081884c7d659a2feaa0c55ad015", true),
            ("00ub0oNGTSWTBKOLGLNR", false),
            ("550e8400-e29b-41d4-a716-446655440000", false),
            ("a-long-name-of-a-group-in-Berlin-2024", false),
            ("12345678901234567890123456789012", false),
        ] {
            let found = LONG.as_ref().unwrap().find_iter(word).any(|word| looks_secret(word.as_str()));
            assert_eq!(found, is, "{word}");
        }
    }

    #[test]
    fn known_shapes_go() {
        let cleaner = Cleaner { redactor: Redactor::new([]) };
        for text in [
            format!("ghp_{}", "a1".repeat(18)),
            "xoxb-123456789012-abcdef".to_owned(),
            "AKIAIOSFODNN7EXAMPLE".to_owned(),
            "Bearer abcdefgh1234abcdefgh".to_owned(),
            format!("00{}", "aB3_".repeat(10)),
            "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----".to_owned(),
            "eyJhbGciOi.eyJzdWIi.c2ln".to_owned(),
        ] {
            assert_eq!(cleaner.text(&text), REDACTED, "{text}");
        }
        assert_eq!(cleaner.text("Basic authentication"), "Basic authentication");
        let mut json = serde_json::json!({ "a": [{ "Pass-Word": "abc" }], "token": 1 });
        assert!(short(&mut json));
        assert_eq!(json, serde_json::json!({ "a": [{ "Pass-Word": REDACTED }], "token": 1 }));
    }
}
