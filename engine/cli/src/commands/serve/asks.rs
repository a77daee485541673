//! How a service asks other servers: those who know people, and those who know tokens.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response};
use flowrun_host::http::HttpTransport;
use flowrun_host::network::Network;
use flowrun_kit::effect::Pending;
use flowrun_kit::http::{Limits, Transport};
use flowrun_project::Problem;
use flowrun_service::bearer::Fetch;
use flowrun_service::people::Outside;

use crate::surroundings::Surroundings;

/// Asks over the network.
struct OverNetwork(HttpTransport);

/// A person or a caller waits meanwhile.
fn limits() -> Limits {
    Limits { timeout: Duration::from_secs(10), answer_bytes: 1 << 20, ..Limits::default() }
}

impl Fetch for OverNetwork {
    fn fetch(&self, request: Request<Bytes>) -> Pending<'_, Result<Response<Bytes>, String>> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let request = flowrun_kit::http::Request {
                method: parts.method,
                url: parts.uri.to_string(),
                headers: parts.headers,
                body,
            };
            let answer = self.0.send(request, limits()).await.map_err(|error| error.to_string())?;
            let mut response = Response::new(answer.body);
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            Ok(response)
        })
    }
}

/// What those who may come need of the world.
pub fn outside(surroundings: &Surroundings) -> Result<Outside, Problem> {
    let fetch = std::sync::Arc::new(OverNetwork(transport(surroundings)?));
    Ok(Outside { env: surroundings.env.clone(), fetch, listener: None })
}

/// The network, as the environment describes it.
pub fn transport(surroundings: &Surroundings) -> Result<HttpTransport, Problem> {
    HttpTransport::new(&Network::from_env(&surroundings.env))
        .map_err(|fault| Problem::new(fault.message.to_string()))
}
