//! Asking `/api/v1`, as whoever looks at a page.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Extensions, Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

/// No answer is longer than this many bytes.
const MOST: usize = 16 << 20;

/// Asks as somebody.
#[derive(Clone)]
pub struct Ask {
    api: Router,
    /// Who, as the guard has found out.
    as_whom: Extensions,
}

/// What was answered instead of what was asked for.
#[derive(Debug)]
pub struct Wrong {
    /// The status.
    pub status: StatusCode,
    /// Why, in words.
    pub detail: String,
}

impl Ask {
    /// Asks as whoever sent a request with these extensions.
    pub fn new(api: Router, as_whom: Extensions) -> Ask {
        Ask { api, as_whom }
    }

    /// What there is at an address.
    pub async fn get(&self, path: &str) -> Result<Value, Wrong> {
        self.send(Method::GET, path, None).await
    }

    /// Does something.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Wrong> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// A text, such as a picture, as it is answered.
    pub async fn text(&self, path: &str) -> Result<String, Wrong> {
        let bytes = self.bytes(Method::GET, path, None).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Wrong> {
        let bytes = self.bytes(method, path, body).await?;
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn bytes(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Vec<u8>, Wrong> {
        let text = body.map(Value::to_string).unwrap_or_default();
        let mut request = Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let strange = |why: &dyn ToString| Wrong { status: StatusCode::BAD_REQUEST, detail: why.to_string() };
        let mut request = request.body(Body::from(text)).map_err(|error| strange(&error))?;
        *request.extensions_mut() = self.as_whom.clone();
        let response = match self.api.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let bytes = to_bytes(response.into_body(), MOST).await.map_err(|error| strange(&error))?;
        if status.is_success() {
            return Ok(bytes.to_vec());
        }
        let problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let detail = problem["detail"].as_str().unwrap_or("nothing more is known").to_owned();
        Err(Wrong { status, detail })
    }
}

/// A part of an address, so that nothing in it ends the part.
pub fn part(text: &str) -> String {
    let mut parts = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => parts.push(byte.into()),
            byte => {
                parts.push('%');
                parts.extend(
                    [byte >> 4, byte & 15].map(|half| char::from(b"0123456789ABCDEF"[usize::from(half)])),
                );
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn a_part_stays_a_part() {
        assert_eq!(part("utilities/load_session"), "utilities%2Fload_session");
        assert_eq!(part("ä?#&"), "%C3%A4%3F%23%26");
    }
}
