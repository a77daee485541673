//! A simulated API, for the examples and tests of the API Connector: it tells what it was sent.

use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json};

/// The service: `/echo` tells the request, `/reverse` gives the body backwards, `/status/{code}` fails as asked, `/moved`
/// leads to `/echo`, `/away` to another host.
pub fn router() -> Router {
    Router::new()
        .route("/echo", any(echo))
        .route("/reverse", post(reverse))
        .route("/status/{code}", any(status))
        .route("/moved", any(|| async { Redirect::temporary("/echo") }))
        .route("/away", get(|| async { Redirect::temporary("https://elsewhere.example.com/") }))
        .fallback(|| async {
            let message = "the simulator has only /echo, /reverse, /status/CODE, /moved and /away";
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
        "query": texts(query).collect::<Map<_, _>>(),
        "headers": texts(headers.collect()).collect::<Map<_, _>>(),
        "text": String::from_utf8_lossy(&body),
        "json": serde_json::from_slice::<Value>(&body).unwrap_or_default(),
    }))
}

async fn reverse(body: String) -> String {
    body.chars().rev().collect()
}

async fn status(Path(code): Path<u16>) -> Response {
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST);
    (code, Json(json!({ "message": "as you asked for" }))).into_response()
}
