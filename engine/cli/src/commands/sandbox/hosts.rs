//! Under which names the sandbox may be asked, and which its links bear.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::uri::{Authority, Scheme};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

/// How the sandbox is reached.
#[derive(Clone, Debug)]
pub struct Reached {
    /// Whether it speaks TLS itself.
    pub by_tls: bool,
    /// The name of what stands before it.
    pub behind: Option<String>,
}

impl Reached {
    /// Lets only requests through that were meant for this machine, or for what stands before it: a page of the web whose name leads
    /// to 127.0.0.1 must not make a browser ask for it.
    pub fn guard(self, router: Router) -> Router {
        router.layer(from_fn(move |request: Request, next: Next| {
            let reached = self.clone();
            async move {
                match reached.addressed(&request) {
                    Some(uri) => next.run(with_uri(request, uri)).await,
                    None => refusal(),
                }
            }
        }))
    }

    /// The whole address that a request was sent to, as whoever sent it knows it; none if it was meant for somebody else.
    fn addressed(&self, request: &Request) -> Option<Uri> {
        let asked = match request.uri().authority() {
            Some(authority) => authority.clone(),
            None => text(request.headers(), header::HOST.as_str())?.parse::<Authority>().ok()?,
        };
        let own = if self.by_tls { Scheme::HTTPS } else { Scheme::HTTP };
        // First of all whose request it is: a page of the web may write any other header.
        if !is_loopback(asked.host()) && !self.is_before(&asked) {
            return None;
        }
        let (scheme, authority) = self.forwarded(request.headers()).unwrap_or((own, asked));
        let mut parts = request.uri().clone().into_parts();
        parts.scheme = Some(scheme);
        parts.authority = Some(authority);
        parts.path_and_query.get_or_insert_with(|| axum::http::uri::PathAndQuery::from_static("/"));
        Uri::from_parts(parts).ok()
    }

    /// The scheme and the host that a proxy tells; only the one that was named is believed.
    fn forwarded(&self, headers: &HeaderMap) -> Option<(Scheme, Authority)> {
        let first = |name: &str| text(headers, name)?.split(',').next().map(str::trim);
        let host = first("x-forwarded-host").or_else(|| text(headers, header::HOST.as_str()))?;
        let authority: Authority = host.parse().ok()?;
        let scheme = match first("x-forwarded-proto")? {
            "https" => Scheme::HTTPS,
            "http" => Scheme::HTTP,
            _ => return None,
        };
        self.is_before(&authority).then_some((scheme, authority))
    }

    /// Whether this is the name that was given, which may be given with its port.
    fn is_before(&self, asked: &Authority) -> bool {
        let names = [asked.host(), asked.as_str()];
        self.behind
            .as_deref()
            .is_some_and(|behind| names.iter().any(|name| behind.eq_ignore_ascii_case(name)))
    }
}

/// Whether a name always leads to this machine.
fn is_loopback(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "[::1]") || host.eq_ignore_ascii_case("localhost")
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn with_uri(mut request: Request<Body>, uri: Uri) -> Request<Body> {
    *request.uri_mut() = uri;
    request
}

/// 421: the server is not the one that was meant (RFC 9110, 15.5.20).
fn refusal() -> Response {
    let why = "the sandbox answers to localhost, 127.0.0.1 and [::1], and to the host that --behind names\n";
    (StatusCode::MISDIRECTED_REQUEST, why).into_response()
}
