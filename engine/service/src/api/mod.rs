//! `/api/v1`: what a service knows, and what can be done with it, for programs and for the console.
//!
//! What there is stands in one table for each subject: the router, the description in OpenAPI's words and what a caller needs are all made of it.

mod activity;
mod connections;
mod events;
mod flows;
mod follow;
mod hooks;
mod openapi;
mod overview;
mod page;
mod people;
mod redeliver;
mod route;
mod runs;
mod see;
mod start;
mod tables;
mod taking;
mod versions;

use std::sync::Arc;

use axum::Router;

use crate::Service;
use crate::activity::Activity;
use crate::endpoints::Endpoints;
use crate::hooks::Hooks;
use crate::people::People;
use route::Route;
pub(crate) use route::{Deed, Reply};

/// What the interface stands on.
#[derive(Clone)]
pub struct Api {
    /// What is served.
    pub service: Arc<Service>,
    /// Who may do what.
    pub people: People,
    /// The flows that can be called.
    pub endpoints: Arc<Endpoints>,
    /// The doors for those who tell what happened.
    pub hooks: Arc<Hooks>,
    /// Who did what.
    pub activity: Activity,
}

/// All that can be asked, in the order in which the description has it.
fn routes() -> Vec<&'static Route> {
    let all: [&'static [Route]; 14] = [
        openapi::ROUTES,
        flows::ROUTES,
        runs::ROUTES,
        follow::ROUTES,
        taking::ROUTES,
        overview::ROUTES,
        tables::ROUTES,
        connections::ROUTES,
        versions::ROUTES,
        hooks::ROUTES,
        redeliver::ROUTES,
        people::ROUTES,
        activity::ROUTES,
        events::ROUTES,
    ];
    all.into_iter().flatten().collect()
}

/// The interface. The guard of `People` must stand before it.
pub fn router(api: Api) -> Router {
    route::router(&routes(), api)
}

/// The description of the interface, as OpenAPI 3.1 has it.
pub fn description() -> serde_json::Value {
    openapi::document(&routes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_changed_that_is_not_written_down() {
        // Of tokens and sessions `People` tells.
        let told = |route: &&Route| !matches!(route.path, "/api/v1/tokens" | "/api/v1/tokens/{token}");
        let silent =
            |route: &&Route| route.method != "GET" && !matches!(route.records, Some(Deed::Changes(_)));
        let silent: Vec<&str> =
            routes().into_iter().filter(told).filter(silent).map(|route| route.path).collect();
        assert!(silent.is_empty(), "{silent:?}");
    }
}
