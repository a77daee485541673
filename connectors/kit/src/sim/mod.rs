//! The harness under the simulators: faults on request, rate-limit windows, and a record of the traffic.
//!
//! A simulator is an axum router behind [`faulty`]. It keeps its time by the run's [`Clock`] and needs no task of its
//! own: what should have happened by now is caught up with when the next request arrives.

mod api;
mod endpoint;
mod limit;
mod traffic;

pub use api::{Api, Operation, Unserved};
pub use endpoint::{Endpoint, Refuse, delete, get, patch, post, put, routes};
pub use limit::{Quota, Window};
pub use traffic::{Seen, Traffic};

use crate::clock::Clock;
use crate::simulator::{Dropped, SimFaultKind, SimFaults};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use std::io;
use std::time::{Duration, UNIX_EPOCH};

/// What a simulated vendor says when it fails, and what the harness needs of it.
pub trait SimVendor: Clone + Send + Sync + 'static {
    /// The name under which faults can be aimed at this vendor.
    const NAME: &'static str;

    /// The clock that `slow` answers wait on.
    fn clock(&self) -> &Clock;

    /// The faults asked for.
    fn faults(&self) -> &SimFaults;

    /// Where requests are counted.
    fn traffic(&self) -> &Traffic;

    /// The vendor's 429 for a request to `path`.
    fn rate_limited(&self, path: &str) -> Response;

    /// The vendor's 401; a vendor whose tokens can be renewed also forgets the one it gave out.
    fn expired_token(&self, path: &str) -> Response;

    /// The vendor's 500, or what stands in front of it for a 502.
    fn server_error(&self, status: StatusCode) -> Response;
}

/// The router with the vendor's faults and traffic record around every route.
pub fn faulty<V: SimVendor>(router: Router, vendor: V) -> Router {
    router.layer(from_fn_with_state(vendor, answer::<V>))
}

/// Writes what time it is, as servers do. Over TCP an answer without it would get the real time, whatever the simulator's is.
pub fn write_date(headers: &mut HeaderMap, now_ms: i64) {
    let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms).unwrap_or(0));
    if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(now)) {
        headers.insert(header::DATE, date);
    }
}

async fn answer<V: SimVendor>(State(vendor): State<V>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let target =
        request.uri().path_and_query().map_or_else(|| request.uri().path().to_owned(), ToString::to_string);
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let at_ms = vendor.clock().now_ms();

    let fault = vendor.faults().next(V::NAME, method.as_str(), &target);
    let response = match fault {
        None => next.run(request).await,
        Some(SimFaultKind::RateLimit) => vendor.rate_limited(&path),
        Some(SimFaultKind::ServerError) => vendor.server_error(StatusCode::INTERNAL_SERVER_ERROR),
        Some(SimFaultKind::BadGateway) => vendor.server_error(StatusCode::BAD_GATEWAY),
        Some(SimFaultKind::ExpiredToken) => vendor.expired_token(&path),
        Some(SimFaultKind::DropBefore) => dropped(Response::default()),
        Some(SimFaultKind::Drop) => dropped(next.run(request).await),
        Some(SimFaultKind::Truncate) => truncated(next.run(request).await).await,
        Some(SimFaultKind::Slow) => next.run(request).await,
    };
    let status = response.status().as_u16();
    vendor.traffic().record(Seen { at_ms, method: method.to_string(), route, target, status, fault });
    if fault == Some(SimFaultKind::Slow) {
        vendor.clock().sleep(crate::simulator::SLOW).await;
    }
    response
}

/// The answer of a connection that breaks before a byte of it leaves.
fn dropped(mut response: Response) -> Response {
    let lost = io::Error::new(io::ErrorKind::ConnectionReset, "the simulator dropped the connection");
    let broken = futures_util::stream::iter([Err::<Bytes, _>(lost)]);
    *response.body_mut() = Body::from_stream(broken);
    // A server sends no body after a 204, so the error in it would go unnoticed.
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.extensions_mut().insert(Dropped);
    response
}

/// The first half of the answer, with a length that matches: whole to HTTP, broken to JSON. An empty one stays.
async fn truncated(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    if head.headers.contains_key(header::CONTENT_LENGTH) {
        head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(half.len()));
    }
    Response::from_parts(head, Body::from(half))
}
