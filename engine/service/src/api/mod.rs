//! `/api/v1`: what a service knows, and what can be done with it, for programs and for the console.
//!
//! What there is stands in one table for each subject: the router, the description in OpenAPI's words and what a caller needs are all made of it.

mod events;
mod flows;
mod follow;
mod openapi;
mod page;
mod people;
mod route;
mod runs;
mod see;
mod tables;
mod taking;

use std::sync::Arc;

use axum::Router;

use crate::Service;
use crate::endpoints::Endpoints;
use crate::people::People;
use route::Route;

/// What the interface stands on.
#[derive(Clone)]
pub struct Api {
    /// What is served.
    pub service: Arc<Service>,
    /// Who may do what.
    pub people: People,
    /// The flows that can be called.
    pub endpoints: Arc<Endpoints>,
}

/// All that can be asked, in the order in which the description has it.
fn routes() -> Vec<&'static Route> {
    [
        openapi::ROUTES,
        flows::ROUTES,
        runs::ROUTES,
        follow::ROUTES,
        taking::ROUTES,
        tables::ROUTES,
        people::ROUTES,
        events::ROUTES,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The interface. The guard of `People` must stand before it.
pub fn router(api: Api) -> Router {
    route::router(&routes(), api)
}

/// The description of the interface, as OpenAPI 3.1 has it.
pub fn description() -> serde_json::Value {
    openapi::document(&routes())
}
