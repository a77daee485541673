//! What every request goes through: for whom it is, from whom it comes, and whether they meant it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use super::caller::{Caller, Person};
use super::cookies::Cookie;
use super::problem::Problem;
use super::proxy::{self, only};
use super::tokens::PREFIX;
use super::{People, secrets};

/// The field of a form that says so, too.
const FIELD: &str = "csrf";

const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What a browser is told of every answer, unless the answer says something else of its own.
const SECURITY: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

/// For a year; only where all of it is encrypted.
const HSTS: (&str, &str) = ("strict-transport-security", "max-age=31536000");

/// Puts the guard before all routes of a router.
pub(super) fn before<S: Clone + Send + Sync + 'static>(people: &People, router: Router<S>) -> Router<S> {
    router
        .layer(DefaultBodyLimit::max(people.settings().body_bytes))
        .layer(from_fn_with_state(people.clone(), guard))
}

async fn guard(State(people): State<People>, request: Request, next: Next) -> Response {
    let admitted = match of_form(&people, request).await {
        Ok(request) => admit(&people, request),
        Err(problem) => Err(problem),
    };
    let mut response = match admitted {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let encrypted = people.settings().is_encrypted();
    for (name, value) in SECURITY.iter().chain(encrypted.then_some(&HSTS)) {
        let own = HeaderName::from_static(name);
        response.headers_mut().entry(own).or_insert(HeaderValue::from_static(value));
    }
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A form carries in a field of its own what programs send in a header, because a browser without scripts sends no headers of its own.
async fn of_form(people: &People, request: Request) -> Result<Request, Problem> {
    let is_form = only(request.headers(), &CONTENT_TYPE)
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    if request.method() != Method::POST || !is_form || request.headers().contains_key(CSRF) {
        return Ok(request);
    }
    check_size(people, &request)?;
    let (mut head, body) = request.into_parts();
    let bytes = to_bytes(body, people.settings().body_bytes).await;
    let bytes = bytes.map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the form is too large"))?;
    let given = url::form_urlencoded::parse(&bytes).find(|(name, _)| name == FIELD);
    if let Some(value) = given.and_then(|(_, value)| HeaderValue::from_str(&value).ok()) {
        head.headers.insert(CSRF, value);
    }
    Ok(Request::from_parts(head, Body::from(bytes)))
}

/// The request with who sends it, if it may go on.
fn admit(people: &People, mut request: Request) -> Result<Request, Problem> {
    let host = check_host(people, &request)?;
    check_size(people, &request)?;
    let known = identify(people, &request)?;
    if known.by_browser && changes(request.method()) {
        check_meant(people, &request, &known.caller, &host)?;
    }
    request.extensions_mut().insert(known.caller);
    Ok(request)
}

/// A name by which this service is reached: else a page of another name could be made to point here (DNS rebinding).
fn check_host(people: &People, request: &Request) -> Result<Authority, Problem> {
    let given = only(request.headers(), &HOST).or_else(|| {
        let named = request.headers().contains_key(HOST);
        request.uri().authority().filter(|_| !named).map(Authority::as_str)
    });
    let given = given.and_then(|text| text.parse::<Authority>().ok());
    let given = given.ok_or_else(|| Problem::request("expected one header Host"))?;
    let alike = |other: &Authority| other.as_str().eq_ignore_ascii_case(given.as_str());
    // An address in the first line counts before the header (RFC 9112, section 3.2.2), so both must say the same.
    let same = request.uri().authority().is_none_or(alike);
    let named = !given.as_str().contains('@');
    if same && named && (is_loopback_name(&given) || people.settings().serves(&given)) {
        return Ok(given);
    }
    let detail = "this service has another name: give this one as `origin` or under `hosts` in its settings";
    Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail))
}

/// Whether it is a name of this very machine. Whoever can make a browser ask it can't make another name of it.
pub(super) fn is_loopback_name(name: &Authority) -> bool {
    let host = name.host();
    let v4 = host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    v4 || host == "[::1]" || host.eq_ignore_ascii_case("localhost")
}

fn check_size(people: &People, request: &Request) -> Result<(), Problem> {
    let most = people.settings().body_bytes as u64;
    // What says beforehand that it is too large is not read at all; the rest is cut where it gets too large.
    if request.body().size_hint().lower() > most {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, &format!("a request may have {most} bytes")));
    }
    Ok(())
}

/// Who sends a request.
struct Known {
    caller: Caller,
    /// Whether a browser says so by itself, whatever page has it send the request.
    by_browser: bool,
}

/// Finds out who sends a request. Whoever sends a header `Authorization` is who that says, or nobody: never who a cookie says.
fn identify(people: &People, request: &Request) -> Result<Known, Problem> {
    let headers = request.headers();
    if headers.contains_key(AUTHORIZATION) {
        return by_token(people, request).map(|caller| Known { caller, by_browser: false });
    }
    let caller = by_proxy(people, request).or_else(|| by_session(people, headers));
    Ok(match caller {
        Some(person) => Known { caller: Caller::Person(Arc::new(person)), by_browser: true },
        None => Known { caller: Caller::Anonymous, by_browser: false },
    })
}

/// Tokens that are not of this service are for those who look at them: of the service they make nobody.
fn by_token(people: &People, request: &Request) -> Result<Caller, Problem> {
    let Ok(Some(token)) = crate::bearer::token(request.headers()) else { return Ok(Caller::Anonymous) };
    if !token.starts_with(PREFIX) {
        return Ok(Caller::Anonymous);
    }
    if let Some(token) = people.inner.tokens.find(token) {
        return Ok(Caller::Token(Arc::new(token)));
    }
    let address = address(people, request);
    if let Some(seconds) = people.inner.attempts.barred(address) {
        return Err(too_many(seconds));
    }
    people.inner.attempts.fail(address);
    Err(Problem::new(
        StatusCode::UNAUTHORIZED,
        "this token does not hold: it was taken back, has ended, or never was",
    ))
}

fn by_proxy(people: &People, request: &Request) -> Option<Person> {
    let named = people.inner.proxy.as_ref()?.names(peer(request), request.headers())?;
    Some(Person {
        by: proxy::BY.to_owned(),
        name: named.id.clone(),
        email: None,
        standing: people.settings().standing(&named.id, &named.groups),
        csrf: secrets::proof(&people.inner.key, &named.id),
        id: named.id,
        ends_ms: None,
        session: None,
    })
}

fn by_session(people: &People, headers: &HeaderMap) -> Option<Person> {
    let secret = Cookie::Session.read(headers, people.settings().is_encrypted())?;
    let (key, session) = people.inner.sessions.find(secret)?;
    Some(Person {
        standing: people.standing(&session.by, &session.id, &session.groups),
        csrf: secrets::proof(secret, "csrf"),
        ends_ms: Some(session.ends_ms()),
        by: session.by,
        id: session.id,
        name: session.name,
        email: session.email,
        session: Some(key),
    })
}

/// Whether a request may change something by its method.
fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether the person meant it: that a page of this service sends it, and one of this session.
fn check_meant(people: &People, request: &Request, caller: &Caller, host: &Authority) -> Result<(), Problem> {
    let headers = request.headers();
    if !is_from_here(people, headers, host) {
        return Err(Problem::forbidden(
            "a page of another site has sent this: use the pages of this service, or a token",
        ));
    }
    let Caller::Person(person) = caller else { return Ok(()) };
    let given = only(headers, &CSRF).unwrap_or_default();
    let secret = Cookie::Session.read(headers, people.settings().is_encrypted());
    let good = match (&person.session, secret) {
        (Some(_), Some(secret)) => secrets::proves(given, secret, "csrf"),
        (Some(_), None) => false,
        (None, _) => secrets::proves(given, &people.inner.key, &person.id),
    };
    if good {
        return Ok(());
    }
    Err(Problem::forbidden("the header x-csrf-token is not that of this session: load the page again"))
}

/// Whether a browser says that a page of this service sends it. One that says nothing is not believed.
fn is_from_here(people: &People, headers: &HeaderMap, host: &Authority) -> bool {
    if headers.contains_key(FETCH_SITE) {
        return only(headers, &FETCH_SITE) == Some("same-origin");
    }
    let scheme = if people.settings().is_encrypted() { "https" } else { "http" };
    only(headers, &ORIGIN).is_some_and(|origin| origin.eq_ignore_ascii_case(&format!("{scheme}://{host}")))
}

/// Who is at the other end of the connection.
fn peer(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical())
}

/// From where a request comes: what a proxy says counts only if it is one of those that stand before the service.
pub(super) fn address(people: &People, request: &Request) -> Option<IpAddr> {
    let peer = peer(request)?;
    let ours = |address: IpAddr| people.settings().behind.iter().any(|net| net.contains(address));
    if !ours(peer) {
        return Some(peer);
    }
    let headers = request.headers().get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let mut said: Vec<&str> = headers.flat_map(|text| text.split(',')).map(str::trim).collect();
    // Each proxy adds to the end: what stands before the first that is none of them anybody may have written.
    while let Some(address) = said.pop().and_then(|text| text.parse().ok()) {
        if !ours(address) {
            return Some(address);
        }
    }
    Some(peer)
}

/// Whether whoever sends a request sits at this machine: no proxy has passed it on.
pub(super) fn is_here(request: &Request) -> bool {
    let passed_on = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];
    let named = only(request.headers(), &HOST).and_then(|host| host.parse().ok());
    peer(request).is_some_and(|peer| peer.is_loopback())
        && named.is_some_and(|host| is_loopback_name(&host))
        && !passed_on.iter().any(|name| request.headers().contains_key(*name))
}

/// Too much has failed from an address.
pub(super) fn too_many(seconds: u64) -> Problem {
    let detail = "too many sign-ins have failed from your address: wait a few minutes";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).again_after(seconds)
}
