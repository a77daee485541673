//! Sends requests to simulators in this process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::http;
use futures_util::{StreamExt, TryStreamExt};
use tower::ServiceExt;

use crate::address::Origin;
use crate::clock::Clock;
use crate::effect::Pending;
use crate::http::{Arriving, Limits, Request, Response, Transport, TransportError};
use crate::simulator::Dropped;

/// A network whose hosts are axum routers.
#[derive(Clone)]
pub struct SimTransport {
    clock: Clock,
    hosts: HashMap<Origin, Host>,
}

/// A router, made when the first request comes: most runs reach few simulators.
#[derive(Clone)]
struct Host {
    make: Arc<dyn Fn() -> Router + Send + Sync>,
    made: Arc<OnceLock<Router>>,
}

impl SimTransport {
    /// A network without hosts; how long an answer may take goes by `clock`.
    pub fn new(clock: &Clock) -> SimTransport {
        SimTransport { clock: clock.clone(), hosts: HashMap::new() }
    }

    /// Lets `router` answer for an address such as `https://acme.okta.sim`; what isn't an address is left out.
    pub fn host(self, address: &str, router: Router) -> SimTransport {
        self.host_made_by(address, move || router.clone())
    }

    /// The same with a router that is made when the first request comes.
    pub fn host_made_by(
        mut self,
        address: &str,
        make: impl Fn() -> Router + Send + Sync + 'static,
    ) -> SimTransport {
        if let Ok(origin) = Origin::parse(address) {
            self.hosts.insert(origin, Host { make: Arc::new(make), made: Arc::default() });
        }
        self
    }

    async fn deliver(&self, request: Request) -> Result<Arriving, TransportError> {
        let origin = Origin::parse(&request.url)
            .map_err(|fault| TransportError::Connect(fault.message.to_string()))?;
        let Some(host) = self.hosts.get(&origin) else {
            return Err(TransportError::Connect(format!("no simulator answers for {origin}")));
        };
        let mut builder = http::Request::builder().method(request.method).uri(&request.url);
        if let Some(headers) = builder.headers_mut() {
            *headers = request.headers;
        }
        let built = builder.body(Body::from(request.body));
        let built = built.map_err(|error| TransportError::Connect(error.to_string()))?;
        let answer = match host.made.get_or_init(|| (host.make)()).clone().oneshot(built).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        let (head, body) = answer.into_parts();
        if head.extensions.get::<Dropped>().is_some() {
            return Err(TransportError::Broken("connection closed before message completed".to_owned()));
        }
        let body = body.into_data_stream();
        let body = body.map_err(|error| TransportError::Broken(error.to_string())).boxed();
        Ok(Arriving { status: head.status, headers: head.headers, body })
    }
}

impl fmt::Debug for SimTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.hosts.keys()).finish()
    }
}

impl Transport for SimTransport {
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let whole = async { self.deliver(request).await?.whole(limits).await };
            let answer = self.clock.timeout(limits.timeout, whole).await;
            answer.unwrap_or(Err(TransportError::Timeout))
        })
    }

    fn open(&self, request: Request, limits: Limits) -> Pending<'_, Result<Arriving, TransportError>> {
        Box::pin(async move {
            let answer = self.clock.timeout(limits.timeout, self.deliver(request)).await;
            answer.unwrap_or(Err(TransportError::Timeout))
        })
    }
}
