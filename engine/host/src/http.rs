//! Sends requests over the network.

use std::error::Error;
use std::time::Duration;

use flowrun_kit::effect::Pending;
use flowrun_kit::http::{Limits, Request, Response, Transport, TransportError};
use reqwest::redirect::Policy;

/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection pool over TCP and TLS, for all connections of a process.
///
/// It uses no proxy unless it is given one, follows no redirects, keeps no cookies, and trusts the system's certificates
/// (`SSL_CERT_FILE` where there are none).
#[derive(Clone, Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
}

impl HttpTransport {
    /// A pool that goes straight to its hosts, or through `proxy`, an address such as `http://proxy.example.com:3128`.
    pub fn new(proxy: Option<&str>) -> Result<HttpTransport, String> {
        // Fails only if the process has a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(Duration::from_secs(50))
            .redirect(Policy::none())
            .referer(false)
            .no_proxy();
        if let Some(proxy) = proxy {
            let proxy = reqwest::Proxy::all(proxy).map_err(|error| explain(&error))?;
            builder =
                builder.proxy(proxy.no_proxy(reqwest::NoProxy::from_string("localhost,127.0.0.0/8,::1")));
        }
        let client = builder.build().map_err(|error| explain(&error))?;
        Ok(HttpTransport { client })
    }

    async fn exchange(&self, request: Request, limits: Limits) -> Result<Response, TransportError> {
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
        if answer.content_length().is_some_and(|length| length > limits.answer_bytes as u64) {
            return Err(TransportError::TooLarge(limits.answer_bytes));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| classify(&error))? {
            if body.len() + chunk.len() > limits.answer_bytes {
                return Err(TransportError::TooLarge(limits.answer_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body: body.into() })
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request, limits: Limits) -> Pending<'_, Result<Response, TransportError>> {
        Box::pin(self.exchange(request, limits))
    }
}

fn classify(error: &reqwest::Error) -> TransportError {
    // A connection that takes too long to make is both: what counts is that nothing was sent.
    if error.is_connect() || error.is_builder() {
        return TransportError::Connect(explain(error));
    }
    if error.is_timeout() {
        return TransportError::Timeout;
    }
    TransportError::Broken(explain(error))
}

/// The causes of an error without its address, which may carry secrets, and without repetitions.
fn explain(error: &reqwest::Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !causes.iter().any(|known| known.contains(&text)) {
            causes.push(text);
        }
        cause = error.source();
    }
    if causes.is_empty() { "the request can't be built".to_owned() } else { causes.join(": ") }
}
