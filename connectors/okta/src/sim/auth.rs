//! Who may call the simulated org.

use super::error::ApiError;
use axum::http::{HeaderMap, header};

/// Lets a request pass that carries the org's API token.
///
/// This is the one place that looks at credentials: OAuth access tokens (`Bearer`, `DPoP`) and their scopes will be
/// checked here, and `/oauth2/v1/token` will issue them.
pub fn authorize(headers: &HeaderMap, token: &str) -> Result<(), ApiError> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, credentials) =
        given.and_then(|given| given.split_once(' ')).ok_or_else(ApiError::bad_token)?;
    match scheme {
        "SSWS" if credentials.trim() == token => Ok(()),
        _ => Err(ApiError::bad_token()),
    }
}
