//! Answers that say what went wrong (RFC 9457).

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use flowrun_store::StoreError;
use serde_json::json;

/// A request that is not carried out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    /// Why, and what can be done about it.
    pub detail: String,
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem with its status; `detail` says why, and what can be done about it.
    pub fn new(status: StatusCode, detail: &str) -> Problem {
        Problem { status, detail: detail.to_owned(), retry_after: None }
    }

    /// Nobody has said who they are.
    pub fn nobody() -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "sign in, or send a token as `Authorization: Bearer`")
    }

    /// Whoever asks may not.
    pub fn forbidden(detail: &str) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, detail)
    }

    /// The request makes no sense.
    pub fn request(detail: &str) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, detail)
    }

    /// The same, and after how many seconds another try makes sense.
    pub fn again_after(self, seconds: u64) -> Problem {
        Problem { retry_after: Some(seconds), ..self }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        let help = error.help.map(|help| format!(": {help}")).unwrap_or_default();
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, &format!("{}{help}", error.message)).again_after(5)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or_default();
        let body = json!({ "type": "about:blank", "title": title, "status": self.status.as_u16(), "detail": self.detail });
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
