//! What an org tells about itself to anybody.

use super::paging::origin;
use super::{OktaSim, ids};
use axum::Json;
use axum::extract::{Request, State};
use serde_json::{Value, json};

/// Where it tells it.
pub const PATH: &str = "/.well-known/okta-organization";

/// The org's ID, engine and address.
pub async fn describe(State(_): State<OktaSim>, request: Request) -> Json<Value> {
    let (parts, _) = request.into_parts();
    Json(json!({
        "id": ids::id("00o", 1),
        "pipeline": "idx",
        "_links": { "organization": { "href": origin(&parts) } },
        "settings": { "analyticsCollectionEnabled": false, "bugReportingEnabled": true, "omEnabled": true },
    }))
}
