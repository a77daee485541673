//! A recording played back: it answers what was recorded as it was answered then, and refuses everything else.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use flowrun_core::value::{REDACTED, Record, Text, Value};
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};

use super::form::{Body, Ends, Exchange, Recording};
use super::secrets;
use crate::exchange::{address, body, pairs};
use crate::mocked::Unanswered;

/// What stands for a token that a login brought: it goes into a header, and is none.
const TOKEN: &str = "removed";

/// A recording, and what was asked of it.
#[derive(Debug)]
pub struct Replay {
    recording: Arc<Recording>,
    /// What each request is, as it is compared.
    keys: Vec<Key>,
    asked: Mutex<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    used: Vec<bool>,
    unexpected: Vec<Unanswered>,
    /// Whether a process of the run has died: another may ask again.
    again: bool,
}

/// What two requests have in common that are the same.
#[derive(Debug)]
struct Key {
    path: String,
    query: Value,
    body: Value,
}

impl Key {
    fn of(path: &str, query: &str, headers: &HeaderMap, bytes: &[u8]) -> Key {
        Key { path: path.to_owned(), query: pairs(query), body: body(headers, bytes) }
    }

    fn is_alike(&self, asked: &Key) -> bool {
        is_text(&self.path, &asked.path)
            && is_alike(&self.query, &asked.query)
            && is_alike(&self.body, &asked.body)
    }
}

/// An exchange of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Its number, counted from 1.
    pub number: usize,
    /// Its method and path.
    pub name: String,
}

impl Replay {
    /// A recording of which nothing was asked.
    pub fn new(recording: Arc<Recording>) -> Replay {
        let key = |exchange: &Exchange| {
            let headers = headers(&exchange.headers);
            Key::of(&exchange.path, &exchange.query, &headers, &exchange.body.bytes())
        };
        let keys = recording.exchanges.iter().map(key).collect();
        let used = vec![false; recording.exchanges.len()];
        Replay { recording, keys, asked: Mutex::new(Asked { used, ..Asked::default() }) }
    }

    /// What is played back.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    pub(crate) fn process_died(&self) {
        self.asked().again = true;
    }

    /// What answers for a connection.
    pub(crate) fn over(self: &Arc<Self>, connection: &str, clock: Clock) -> Arc<dyn Transport> {
        Arc::new(Line { replay: self.clone(), connection: connection.to_owned(), clock })
    }

    /// The exchanges that nothing asked for, but for logins.
    pub fn unasked(&self) -> Vec<Replayed> {
        let asked = self.asked();
        let all = self.recording.exchanges.iter().enumerate().zip(&asked.used);
        let unasked = all.filter(|((_, exchange), used)| !**used && !exchange.login);
        unasked
            .map(|((place, exchange), _)| Replayed {
                number: place + 1,
                name: format!("{} {}", exchange.method, exchange.path),
            })
            .collect()
    }

    /// The requests that were not recorded.
    pub fn unexpected(&self) -> Vec<Unanswered> {
        self.asked().unexpected.clone()
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The exchange of a request, which is used then: of several the first.
    fn find(&self, connection: &str, request: &Request) -> Result<&Exchange, TransportError> {
        let (_, path, query) = address(&request.url);
        let method = request.method.as_str();
        let login = secrets::is_login(request);
        let key = Key::of(path, query, &request.headers, &request.body);
        let mut asked = self.asked();
        let is_meant = |place: usize| {
            let exchange = &self.recording.exchanges[place];
            exchange.connection == connection
                && exchange.method == method
                && exchange.login == login
                // Of a login only its place is the same: what proves who asks never is.
                && if login { is_text(&self.keys[place].path, path) } else { self.keys[place].is_alike(&key) }
        };
        let mut places = (0..self.keys.len()).filter(|place| !asked.used[*place] && is_meant(*place));
        // How often one logs in depends on when.
        let place = places
            .next()
            .or_else(|| (0..self.keys.len()).rfind(|place| (login || asked.again) && is_meant(*place)));
        if let Some(place) = place {
            asked.used[place] = true;
            return Ok(&self.recording.exchanges[place]);
        }
        let unexpected = self.unlike(connection, method, &key, &asked.used);
        let refused = TransportError::Refused {
            why: format!("the recording has no such request: {method} {path}"),
            help: unexpected.help.clone().into(),
        };
        asked.unexpected.push(unexpected);
        Err(refused)
    }

    /// What is told of a request that was not recorded: the nearest that was, and what differs.
    fn unlike(&self, connection: &str, method: &str, key: &Key, used: &[bool]) -> Unanswered {
        let differences = |place: &usize| {
            let (exchange, recorded) = (&self.recording.exchanges[*place], &self.keys[*place]);
            let mut found = Vec::new();
            if exchange.method != method {
                found.push(format!("method: {} was recorded, {method} asked", exchange.method));
            }
            for (name, recorded, asked) in [
                ("path", &Value::from(&*recorded.path), &Value::from(&*key.path)),
                ("query", &recorded.query, &key.query),
                ("body", &recorded.body, &key.body),
            ] {
                differ(name, recorded, asked, &mut found);
            }
            found
        };
        let theirs = (0..self.keys.len()).filter(|place| {
            let exchange = &self.recording.exchanges[*place];
            exchange.connection == connection && !exchange.login
        });
        // One that is used up comes after all that wait for their request, if it is not the very same.
        let near = theirs.min_by_key(|place| {
            let found = differences(place);
            let elsewhere =
                self.keys[*place].path != key.path || self.recording.exchanges[*place].method != method;
            (elsewhere, found.len().min(1), used[*place], found.len())
        });
        const SHOWN: usize = 5;
        let help = match near {
            None => format!("nothing was recorded of `{connection}`"),
            Some(place) => {
                let exchange = &self.recording.exchanges[place];
                let name = format!("exchange {}, {} {}", place + 1, exchange.method, exchange.path);
                let found = differences(&place);
                if found.is_empty() {
                    format!("it was asked as often as it was recorded: {name}")
                } else {
                    let more = found.len().saturating_sub(SHOWN);
                    let mut lines: Vec<String> = found.into_iter().take(SHOWN).collect();
                    if more > 0 {
                        lines.push(format!("and {more} more differences"));
                    }
                    format!("the nearest is {name}\n{}", lines.join("\n"))
                }
            }
        };
        let is_told = |value: &Value| !value.as_object().is_some_and(|members| members.is_empty());
        let parts = [
            ("method", Value::from(method)),
            ("path", Value::from(&*key.path)),
            ("query", key.query.clone()),
            ("body", key.body.clone()),
        ];
        let parts = parts.into_iter().filter(|(_, value)| !value.is_null() && is_told(value));
        Unanswered {
            message: format!("the recording has no such request of `{connection}`"),
            fields: parts.map(|(name, value)| (Text::from(name), value)).collect::<Record>(),
            help,
        }
    }
}

struct Line {
    replay: Arc<Replay>,
    connection: String,
    clock: Clock,
}

impl Transport for Line {
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let exchange = self.replay.find(&self.connection, &request)?;
            let takes = Duration::from_millis(u64::try_from(exchange.took_ms).unwrap_or(0));
            let answer = match &exchange.ends {
                Ends::Answer { status, headers: told, body } => Ok(Response {
                    status: StatusCode::from_u16(*status).unwrap_or(StatusCode::OK),
                    headers: headers(told),
                    body: match body {
                        Body::Text(text) if exchange.login => text.replace(REDACTED, TOKEN).into(),
                        body => body.bytes().into(),
                    },
                }),
                Ends::Failed { kind, why } => Err(match &**kind {
                    "connect" => TransportError::Connect(why.clone()),
                    "refused" => {
                        TransportError::Refused { why: why.clone(), help: "so it was recorded".into() }
                    }
                    "timeout" => TransportError::Timeout,
                    _ => TransportError::Broken(why.clone()),
                }),
            };
            let takes = match answer {
                Err(TransportError::Timeout) if takes.is_zero() => limits.timeout,
                _ => takes.min(limits.timeout),
            };
            if !takes.is_zero() {
                self.clock.sleep(takes).await;
            }
            answer
        })
    }
}

fn headers(headers: &[(String, String)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let pair = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes()));
        if let (Ok(name), Ok(value)) = pair {
            map.append(name, value);
        }
    }
    map
}

/// Whether a text is the one that was recorded, in which any may have stood where dots stand now.
fn is_text(recorded: &str, asked: &str) -> bool {
    let Some((first, mut rest)) = recorded.split_once(REDACTED) else { return recorded == asked };
    let Some(mut left) = asked.strip_prefix(first) else { return false };
    while let Some((part, more)) = rest.split_once(REDACTED) {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
        rest = more;
    }
    left.ends_with(rest)
}

fn is_alike(recorded: &Value, asked: &Value) -> bool {
    let mut found = Vec::new();
    differ("", recorded, asked, &mut found);
    found.is_empty()
}

/// What differs, each with its place.
fn differ(place: &str, recorded: &Value, asked: &Value, into: &mut Vec<String>) {
    match (recorded, asked) {
        (Value::Object(recorded), Value::Object(asked)) => {
            for (name, value) in recorded.iter() {
                differ(&format!("{place}.{name}"), value, asked.get(name).unwrap_or(&Value::Null), into);
            }
            for (name, value) in asked.iter().filter(|(name, _)| !recorded.contains_key(name)) {
                differ(&format!("{place}.{name}"), &Value::Null, value, into);
            }
        }
        (Value::List(recorded), Value::List(asked)) => {
            for at in 0..recorded.len().max(asked.len()) {
                let item = |list: &[Value]| list.get(at).cloned().unwrap_or_default();
                differ(&format!("{place}[{at}]"), &item(recorded), &item(asked), into);
            }
        }
        (Value::Text(recorded), Value::Text(asked)) if is_text(recorded, asked) => {}
        (recorded, asked) if recorded == asked => {}
        (recorded, asked) => {
            let shown = |value: &Value| match value {
                Value::Null => "nothing".to_owned(),
                value => {
                    let json = value.to_json();
                    match json.char_indices().nth(80) {
                        Some((cut, _)) => format!("{}…", &json[..cut]),
                        None => json,
                    }
                }
            };
            into.push(format!("{place}: {} was recorded, {} asked", shown(recorded), shown(asked)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_stand_for_what_was_taken_away() {
        for (recorded, asked, is) in [
            ("abc", "abc", true),
            ("abc", "abd", false),
            ("a••••••c", "a secret c", true),
            ("a••••••c", "a secret", false),
            ("••••••-••••••.", "x-y.", true),
            ("••••••", "", true),
        ] {
            assert_eq!(is_text(recorded, asked), is, "{recorded} {asked}");
        }
    }

    #[test]
    fn what_differs_is_told_with_its_place() {
        let value = |text: &str| flowrun_core::value::parse_json(text).unwrap();
        let mut found = Vec::new();
        differ(
            "body",
            &value(r#"{"a":[1,{"b":"x"}],"c":1}"#),
            &value(r#"{"a":[1,{"b":"y"}],"d":2}"#),
            &mut found,
        );
        assert_eq!(
            found,
            [
                "body.a[1].b: \"x\" was recorded, \"y\" asked",
                "body.c: 1 was recorded, nothing asked",
                "body.d: nothing was recorded, 2 asked"
            ]
        );
    }
}
