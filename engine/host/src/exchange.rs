//! What is exchanged with vendors, as values that people read and patterns are held against.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use flowrun_core::value::{Record, Text, Value, parse_json};
use flowrun_kit::http::Request;
use url::form_urlencoded;

/// The members of a query or a form: of a name that is there more often, the last value.
pub fn pairs(query: &str) -> Value {
    let pairs = form_urlencoded::parse(query.as_bytes());
    Value::from(pairs.map(|(key, value)| (Text::from(&*key), Value::from(&*value))).collect::<Record>())
}

/// A body: JSON or a form as an object, any other text as it is, none as nothing.
pub fn body(headers: &HeaderMap, bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    let text = String::from_utf8_lossy(bytes);
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        return pairs(&text);
    }
    parse_json(&text).unwrap_or_else(|_| Value::from(&*text))
}

/// The host, the path and the query of an absolute address.
pub fn address(url: &str) -> (&str, &str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (whole, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = whole.find('/').map_or((whole, "/"), |at| whole.split_at(at));
    (host, path, query)
}

/// A request by its parts: `method`, `path`, `query`, `headers`, `body`.
pub fn parts(request: &Request) -> Record {
    let (_, path, query) = address(&request.url);
    let headers = request.headers.iter().map(|(name, value)| {
        (Text::from(name.as_str()), Value::from(&*String::from_utf8_lossy(value.as_bytes())))
    });
    let parts = [
        ("method", Value::from(request.method.as_str())),
        ("path", Value::from(path)),
        ("query", pairs(query)),
        ("headers", Value::from(headers.collect::<Record>())),
        ("body", body(&request.headers, &request.body)),
    ];
    parts.into_iter().map(|(name, value)| (Text::from(name), value)).collect()
}
