//! A simulated account that is asked over its API, without limits unless a test sets some.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use flowrun_kit::clock::Clock;
use flowrun_personio::sim::{PersonioSim, PersonioSimConfig, RateLimits};
use serde_json::Value;
use tower::ServiceExt;

pub fn account(change: impl FnOnce(&mut PersonioSimConfig)) -> PersonioSim {
    let mut config = PersonioSimConfig::new(Clock::starting_at(1_789_000_000_000, 1.0));
    config.limits = RateLimits::off();
    change(&mut config);
    PersonioSim::new(config)
}

/// The status, the headers, and the body; null if that isn't JSON.
pub async fn send(sim: &PersonioSim, request: Request<Body>) -> (u16, HeaderMap, Value) {
    let response = sim.router().oneshot(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, headers, serde_json::from_slice(&body).unwrap_or_default())
}
