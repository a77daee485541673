//! The bodies of requests that change users, groups and assignments.

use super::error::ApiError;
use serde_json::{Map, Value};

/// The largest body that is read at all; what Okta allows is checked by the routes.
pub const MOST_READ: usize = 16 * 1024 * 1024;

/// Reads a body that must be an object.
pub fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    serde_json::from_slice(body).map_err(|_| ApiError::malformed())
}

/// The object under `name`; an empty one if there is none.
pub fn part(body: &Map<String, Value>, name: &str) -> Result<Map<String, Value>, ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(part)) => Ok(part.clone()),
        Some(_) => Err(ApiError::malformed()),
    }
}

/// What is wrong with a field, in the words Okta has for all of them.
pub fn blank(field: &str) -> ApiError {
    ApiError::invalid(field, format!("{field}: The field cannot be left blank"))
}

/// What is wrong with a name that somebody else has.
pub fn taken(field: &str) -> ApiError {
    let cause = format!("{field}: An object with this field already exists in the current organization");
    ApiError::invalid(field, cause)
}
