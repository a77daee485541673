//! Sends requests over the network.

mod refusal;

use std::time::Duration;

use flowrun_core::fault::{Fault, FaultKind};
use flowrun_kit::effect::Pending;
use flowrun_kit::http::{Arriving, Limits, Request, Response, Transport, TransportError};
use futures_util::{StreamExt, TryStreamExt};
use reqwest::redirect::Policy;

use self::refusal::{causes, in_words_of_proxies, refusal};
use crate::network::Network;

/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection pool over TCP and TLS, for all connections of a process.
///
/// It follows no redirects, keeps no cookies, and trusts the authorities of the system (`SSL_CERT_FILE` where there are none)
/// and those that its network adds.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
}

impl HttpTransport {
    /// A pool that reaches its hosts over `network`.
    pub fn new(network: &Network) -> Result<HttpTransport, Fault> {
        // Fails only if the process has a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(Duration::from_secs(50))
            .redirect(Policy::none())
            .referer(false)
            .tls_certs_merge(network.authorities()?)
            .no_proxy();
        for proxy in network.proxies()? {
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|error| Fault::new(FaultKind::Network, explain(&error)))?;
        Ok(HttpTransport { client })
    }

    /// A pool that reaches a socket of this machine, whatever host an address names.
    #[cfg(unix)]
    pub fn to_socket(path: &std::path::Path) -> Result<HttpTransport, Fault> {
        let builder = reqwest::Client::builder().redirect(Policy::none()).referer(false).no_proxy();
        let client = builder.unix_socket(path).build();
        let client = client.map_err(|error| Fault::new(FaultKind::Network, explain(&error)))?;
        Ok(HttpTransport { client })
    }

    async fn exchange(&self, request: Request, limits: Limits) -> Result<Arriving, TransportError> {
        let sent = self
            .client
            .request(request.method, &request.url)
            .headers(request.headers)
            .body(request.body)
            .timeout(limits.timeout)
            .send();
        let mut answer = sent.await.map_err(|error| classify(&error))?;
        let status = answer.status();
        let headers = std::mem::take(answer.headers_mut());
        let body = answer.bytes_stream().map_err(|error| classify(&error)).boxed();
        Ok(Arriving { status, headers, body })
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Result<Response, TransportError>> {
        Box::pin(async move { self.exchange(request, limits).await?.whole(limits).await })
    }

    fn open(&self, request: Request, limits: Limits) -> Pending<'_, Result<Arriving, TransportError>> {
        Box::pin(self.exchange(request, limits))
    }
}

fn classify(error: &reqwest::Error) -> TransportError {
    // A connection that takes too long to make is both: what counts is that nothing was sent.
    if error.is_connect() || error.is_builder() {
        return refusal(error).unwrap_or_else(|| TransportError::Connect(explain(error)));
    }
    if error.is_timeout() {
        return TransportError::Timeout;
    }
    TransportError::Broken(explain(error))
}

/// The causes of an error without its address, which may carry secrets, and without repetitions.
fn explain(error: &reqwest::Error) -> String {
    let mut told: Vec<String> = Vec::new();
    for cause in causes(error) {
        let text = in_words_of_proxies(cause.to_string());
        // The library's own parts: what follows says what went wrong with them.
        let whose = text == "tcp connect error" || text.starts_with("client error (");
        if !whose && !told.iter().any(|known| known.contains(&text)) {
            told.push(text);
        }
    }
    if told.is_empty() { "the request can't be sent".to_owned() } else { told.join(": ") }
}
