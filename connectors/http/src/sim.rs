//! A simulated API, for the examples and tests of the API Connector: it tells what it was sent.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use flowrun_kit::connector::Settings;
use flowrun_kit::simulator::{Simulated, Simulator};
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value, json};

/// Where it is in this process.
pub const URL: &str = "https://echo.sim";

/// How an API is simulated.
pub(crate) fn simulated() -> Simulated {
    Simulated { options: Vec::new(), make: Arc::new(|_| Arc::new(Echo)), manual: None }
}

struct Echo;

impl Simulator for Echo {
    fn address(&self) -> &str {
        URL
    }

    fn router(&self) -> Router {
        router()
    }

    fn settings(&self, url: &str) -> Settings {
        reached_at(url)
    }

    fn about(&self) -> String {
        "an echo".to_owned()
    }
}

/// The settings of a connection to it, reached at `base_url`.
pub fn reached_at(base_url: &str) -> Settings {
    Settings::new().with("base_url", base_url)
}

/// The service: `/echo` tells the request, `/reverse` gives the body backwards, `/form` tells the parts of a form, `/bytes?hex=…&type=…` is answered with these bytes, `/status/{code}` fails as asked, `/moved`
/// leads to `/echo`, `/away` to another host; `/files/{size}/{name}` is a file of so many bytes, which come in pieces.
pub fn router() -> Router {
    Router::new()
        .route("/echo", any(echo))
        .route("/reverse", post(reverse))
        .route("/form", post(form).put(form))
        .route("/status/{code}", any(status))
        .route("/files/{size}/{name}", get(file))
        .route("/bytes", get(bytes))
        .route("/moved", any(|| async { Redirect::temporary("/echo") }))
        .route("/away", get(|| async { Redirect::temporary("https://elsewhere.example.com/") }))
        .fallback(|| async {
            let message =
                "the simulator has only /echo, /reverse, /form, /bytes, /status/CODE, /files/SIZE/NAME, /moved and /away";
            (StatusCode::NOT_FOUND, Json(json!({ "message": message })))
        })
}

async fn echo(
    method: Method,
    uri: Uri,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Bytes,
) -> Json<Value> {
    let texts =
        |pairs: Vec<(String, String)>| pairs.into_iter().map(|(name, value)| (name, Value::from(value)));
    let headers =
        headers.iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    Json(json!({
        "method": method.as_str(),
        "path": uri.path(),
        "query": pairs(query),
        "headers": texts(headers.collect()).collect::<Map<_, _>>(),
        "text": String::from_utf8_lossy(&body),
        "json": serde_json::from_slice::<Value>(&body).unwrap_or_default(),
    }))
}

/// The query; a key that is there twice has the list of its values.
fn pairs(query: Vec<(String, String)>) -> Map<String, Value> {
    let mut pairs = Map::new();
    for (name, value) in query {
        let value = Value::from(value);
        match pairs.get_mut(&name) {
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = json!([first.take(), value]),
            None => {
                pairs.insert(name, value);
            }
        }
    }
    pairs
}

async fn reverse(body: String) -> String {
    body.chars().rev().collect()
}

/// The parts of a form (RFC 7578); a part that is a file has a `filename`.
async fn form(headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let Some((_, boundary)) = kind.split_once("multipart/form-data; boundary=") else {
        let message = json!({ "message": "expected multipart/form-data" });
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, Json(message)).into_response();
    };
    let (text, between) = (String::from_utf8_lossy(&body), format!("--{boundary}"));
    let parts = text.split(between.as_str()).filter_map(|part| {
        let (head, content) = part.split_once("\r\n\r\n")?;
        let said = |name: &str| {
            let (_, rest) = head.split_once(&format!("; {name}=\""))?;
            Some(rest.split('"').next().unwrap_or_default())
        };
        let mut told = Map::new();
        told.extend(
            ["name", "filename"].iter().filter_map(|name| Some(((*name).into(), said(name)?.into()))),
        );
        told.insert("text".to_owned(), content.trim_end_matches("\r\n").into());
        Some(Value::from(told))
    });
    Json(json!({ "parts": parts.collect::<Vec<_>>() })).into_response()
}

async fn bytes(Query(wanted): Query<BTreeMap<String, String>>) -> Response {
    let said = |name| wanted.get(name).map(String::as_str).unwrap_or_default();
    let hex = said("hex");
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    match (0..hex.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>() {
        Some(bytes) => ([(CONTENT_TYPE, said("type").to_owned())], bytes).into_response(),
        None => (StatusCode::BAD_REQUEST, Json(json!({ "message": "expected pairs of hexadecimal digits" })))
            .into_response(),
    }
}

async fn status(Path(code): Path<u16>) -> Response {
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST);
    (code, Json(json!({ "message": "as you asked for" }))).into_response()
}

/// The most bytes of a file that come at once.
const PIECE: u64 = 16 * 1024;

async fn file(Path((size, name)): Path<(u64, String)>) -> Response {
    let pieces = stream::iter((0..size).step_by(PIECE as usize)).map(move |start| {
        let letters = (start..size.min(start + PIECE)).map(|place| b'a' + (place % 26) as u8);
        Ok::<Bytes, Infallible>(letters.collect())
    });
    let name = format!("attachment; filename=\"{name}\"");
    ([(CONTENT_DISPOSITION, name)], Body::from_stream(pieces)).into_response()
}
