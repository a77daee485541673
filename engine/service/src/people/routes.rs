//! The addresses by which people come and go: `/auth/…`.

use std::net::IpAddr;

use axum::extract::{Query, Request, State};
use axum::http::header::{ACCEPT, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Caller;
use super::cookies::Cookie;
use super::events::Event;
use super::guard::{address, is_here, too_many};
use super::oidc::{self, Back};
use super::problem::Problem;
use super::rights::Standing;
use super::sessions::{LASTS_MS, Newcomer};
use super::{LOCAL, OWNER, People, return_to};

/// All of them.
pub(super) fn router<S: Clone + Send + Sync + 'static>(people: &People) -> Router<S> {
    Router::new()
        .route("/auth/sign-in", get(sign_in).head(only_get))
        .route("/auth/callback", get(callback).head(only_get))
        .route("/auth/local", get(local).head(only_get))
        .route("/auth/sign-out", post(sign_out))
        .route("/auth/front-channel-logout", get(front_channel_logout))
        .route("/auth/signed-out", get(signed_out))
        .route("/auth/me", get(me))
        .with_state(people.clone())
}

/// What works once must not be used up by something that only looks whether there is an answer.
async fn only_get() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this address is for browsers: ask it by GET")
}

#[derive(Deserialize)]
struct To {
    return_to: Option<String>,
}

/// Sends somebody to where they sign in.
async fn sign_in(State(people): State<People>, Query(to): Query<To>, request: Request) -> Response {
    let there = return_to::local(to.return_to.as_deref());
    let begun = match &people.inner.oidc {
        Some(oidc) => barred(&people, address(&people, &request)).map(|()| oidc),
        None => Err(elsewhere(&people)),
    };
    let begun = match begun {
        Ok(oidc) => oidc.begin(there).await,
        Err(problem) => Err(problem),
    };
    match begun {
        Ok(begun) => {
            let mut response = see_other(&begun.url);
            people.set(&mut response, Cookie::SignIn, &begun.cookie, oidc::LASTS);
            response
        }
        Err(problem) => told(request.headers(), problem),
    }
}

/// How people sign in where there is no provider.
fn elsewhere(people: &People) -> Problem {
    let detail = match (&people.inner.proxy, people.settings().local) {
        (Some(_), _) => "you sign in at the proxy before this service: reach the service through it",
        (None, true) => {
            "you sign in by the link that is printed where the service was started; start it again for a new one"
        }
        (None, false) => {
            "nobody can sign in here: set up `oidc`, `proxy` or `local` in the service's settings"
        }
    };
    Problem::new(StatusCode::NOT_FOUND, detail)
}

/// Takes somebody in who comes back from the provider.
async fn callback(State(people): State<People>, Query(back): Query<Back>, request: Request) -> Response {
    let (from, headers) = (address(&people, &request), request.headers().clone());
    drop(request);
    let signed_in = finish(&people, from, &headers, back).await;
    let mut response = match signed_in {
        Ok((secret, there)) => {
            let mut response = see_other(&there);
            people.set(&mut response, Cookie::Session, &secret, LASTS_MS / 1000);
            response
        }
        Err(problem) => told(&headers, problem),
    };
    people.set(&mut response, Cookie::SignIn, "", 0);
    response
}

async fn finish(
    people: &People,
    from: Option<IpAddr>,
    headers: &HeaderMap,
    back: Back,
) -> Result<(String, String), Problem> {
    barred(people, from)?;
    let oidc = people.inner.oidc.as_ref().ok_or_else(|| elsewhere(people))?;
    let cookie = Cookie::SignIn.read(headers, people.settings().is_encrypted());
    let signed_in = match oidc.finish(cookie, back).await {
        Ok(signed_in) => signed_in,
        Err(problem) => return Err(failed(people, from, problem)),
    };
    let secret = enter(people, from, headers, signed_in.newcomer).await?;
    Ok((secret, signed_in.return_to))
}

#[derive(Deserialize)]
struct Link {
    code: String,
}

/// Takes somebody in who has the link that was printed.
async fn local(State(people): State<People>, Query(link): Query<Link>, request: Request) -> Response {
    let (from, here, headers) = (address(&people, &request), is_here(&request), request.headers().clone());
    drop(request);
    match enter_locally(&people, from, here, &headers, &link.code).await {
        Ok(secret) => {
            let mut response = see_other("/");
            people.set(&mut response, Cookie::Session, &secret, LASTS_MS / 1000);
            response
        }
        Err(problem) => told(&headers, problem),
    }
}

async fn enter_locally(
    people: &People,
    from: Option<IpAddr>,
    here: bool,
    headers: &HeaderMap,
    code: &str,
) -> Result<String, Problem> {
    if !people.settings().local {
        return Err(elsewhere(people));
    }
    barred(people, from)?;
    // Whoever is not at this machine must not even use the link up.
    if !here {
        return Err(failed(
            people,
            from,
            Problem::forbidden("this link works at the machine of the service alone"),
        ));
    }
    if !people.inner.links.redeem(code) {
        let detail =
            "this link has been used or is older than 15 minutes: start the service again for a new one";
        return Err(failed(people, from, Problem::forbidden(detail)));
    }
    let (by, id, name) = (LOCAL.to_owned(), LOCAL.to_owned(), OWNER.to_owned());
    enter(people, from, headers, Newcomer { by, id, name, ..Newcomer::default() }).await
}

/// Begins a session, always a new one: what the browser had before counts no more.
async fn enter(
    people: &People,
    from: Option<IpAddr>,
    headers: &HeaderMap,
    mut newcomer: Newcomer,
) -> Result<String, Problem> {
    if people.standing(&newcomer.by, &newcomer.id, &newcomer.groups).is_empty() {
        let detail = format!(
            "you are {}, but have no right here: rights are given under `access` in the service's settings, to groups or to your ID, {}",
            newcomer.name, newcomer.id
        );
        return Err(failed(people, from, Problem::forbidden(&detail)));
    }
    newcomer.groups = people.settings().known(newcomer.groups);
    let before = Cookie::Session.read(headers, people.settings().is_encrypted());
    if let Some((key, _)) = before.and_then(|secret| people.inner.sessions.find(secret)) {
        people.inner.sessions.end(&key).await?;
    }
    people.inner.note(&newcomer).await?;
    let event = Event::SignedIn {
        by: newcomer.by.clone(),
        id: newcomer.id.clone(),
        name: newcomer.name.clone(),
        from,
    };
    let secret = people.inner.sessions.begin(newcomer).await?;
    people.hear(event);
    Ok(secret)
}

fn barred(people: &People, from: Option<IpAddr>) -> Result<(), Problem> {
    people.inner.attempts.barred(from).map_or(Ok(()), |seconds| Err(too_many(seconds)))
}

/// Counts a sign-in that failed, unless that is nobody's fault who signs in.
fn failed(people: &People, from: Option<IpAddr>, problem: Problem) -> Problem {
    if problem.status.is_client_error() {
        people.inner.attempts.fail(from);
    }
    people.hear(Event::Refused { why: problem.detail.clone(), from });
    problem
}

#[derive(Deserialize)]
struct SignOut {
    #[serde(default)]
    everywhere: bool,
}

/// Ends this session, or all of this person, and says where the browser goes next: perhaps to the provider, to end the one there.
async fn sign_out(
    State(people): State<People>,
    caller: Caller,
    Query(how): Query<SignOut>,
) -> Result<Response, Problem> {
    let Caller::Person(person) = &caller else { return Err(Problem::nobody()) };
    let Some(key) = &person.session else {
        return Err(Problem::request("you have signed in at the proxy before this service: sign out there"));
    };
    let id_token = people.inner.sessions.end(key).await?;
    if how.everywhere {
        people.inner.sessions.end_all(&person.by, &person.id).await?;
    }
    people.hear(Event::SignedOut { name: caller.name(), everywhere: how.everywhere });
    let next = people.inner.oidc.as_ref().and_then(|oidc| oidc.sign_out(id_token.as_deref()));
    let mut response =
        Json(json!({ "next": next.unwrap_or_else(|| "/auth/signed-out".to_owned()) })).into_response();
    people.set(&mut response, Cookie::Session, "", 0);
    Ok(response)
}

#[derive(Deserialize)]
struct Ended {
    iss: Option<String>,
    sid: Option<String>,
}

/// The provider says, in a frame of a page of its own, that a session there has ended (OpenID Connect Front-Channel Logout 1.0).
///
/// No cookie comes with it, and none is needed: nobody else knows the name that the provider gave the session.
async fn front_channel_logout(
    State(people): State<People>,
    Query(ended): Query<Ended>,
) -> Result<Response, Problem> {
    let oidc = people.inner.oidc.as_ref().ok_or_else(|| elsewhere(&people))?;
    let (Some(issuer), Some(sid)) = (ended.iss, ended.sid.filter(|sid| !sid.is_empty())) else {
        return Err(Problem::request("expected `iss` and `sid`: have the provider send the session's ID"));
    };
    if issuer != oidc.issuer() {
        return Err(Problem::request("this issuer is not the one at which people sign in here"));
    }
    if people.inner.sessions.end_at_provider(&issuer, &sid).await? > 0 {
        people.hear(Event::EndedByProvider { sid });
    }
    let mut response = page("Signed out", "The session here has ended too.");
    let origin =
        flowrun_kit::address::Origin::parse(&issuer).map(|origin| origin.to_string()).unwrap_or_default();
    let policy = HeaderValue::try_from(format!("default-src 'none'; frame-ancestors {origin}"));
    if let Ok(policy) = policy {
        response.headers_mut().insert(HeaderName::from_static("content-security-policy"), policy);
    }
    Ok(response)
}

async fn signed_out() -> Response {
    page("Signed out", "You have signed out.")
}

/// Who somebody is, and what they may do.
async fn me(caller: Caller) -> Json<Value> {
    let rights = |standing: &Standing| serde_json::to_value(standing).unwrap_or_default();
    Json(match &caller {
        Caller::Anonymous => json!({ "kind": "anonymous" }),
        Caller::Person(person) => json!({
            "kind": "person", "id": person.id, "name": person.name, "email": person.email, "by": person.by,
            "may": rights(&person.standing), "csrf": person.csrf, "ends_ms": person.ends_ms,
        }),
        Caller::Token(token) => json!({
            "kind": "token", "id": token.id, "name": token.name, "may": rights(&token.may), "ends_ms": token.ends_ms,
        }),
    })
}

fn see_other(url: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(url) = HeaderValue::try_from(url) {
        response.headers_mut().insert(LOCATION, url);
    }
    response
}

/// A problem, to a person as a page.
fn told(headers: &HeaderMap, problem: Problem) -> Response {
    let wants_page = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    if !wants_page.is_some_and(|accept| accept.contains("text/html")) {
        return problem.into_response();
    }
    let title = problem.status.canonical_reason().unwrap_or("Problem");
    let page = page(title, &problem.detail);
    let mut response = problem.into_response();
    let (parts, body) = page.into_parts();
    response.headers_mut().extend(parts.headers);
    *response.body_mut() = body;
    response
}

fn page(title: &str, text: &str) -> Response {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let (title, text) = (escaped(title), escaped(text));
    Html(format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\n<h1>{title}</h1>\n<p>{text}</p>\n<p><a href=\"/\">Back</a></p>\n"
    ))
    .into_response()
}
