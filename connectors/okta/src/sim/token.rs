//! The org's token endpoint: client credentials for service apps, which prove themselves by a signed assertion.

use super::dpop::{self, Unproven, has_known_algorithm};
use super::paging::origin;
use super::scopes::exists;
use super::service_app::ServiceApp;
use super::tokens::Issued;
use super::{OktaSim, ids};
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use flowrun_kit::dpop::NONCE;
use flowrun_kit::jwt::Unverified;
use flowrun_kit::oauth::ASSERTION_TYPE;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// Where it is.
pub const PATH: &str = "/oauth2/v1/token";

/// In the words of Okta's oauth2-error-codes.json, as all texts below that have no other source.
const NO_GRANT_TYPE: &str =
    "The token request must specify a 'grant_type'. Valid values: [client_credentials]";

/// Every access token is good for an hour.
const LIFETIME_S: i64 = 3600;

/// How far ahead an assertion may say that it ends.
const LONGEST_S: i64 = 3600;

/// How far the client's clock may be ahead.
const AHEAD_S: i64 = 60;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    grant_type: String,
    scope: String,
    client_assertion_type: String,
    client_assertion: String,
}

/// Why no token is issued.
struct Denied {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
    /// Whether it comes in the form of Okta's other APIs.
    as_api: bool,
}

impl Denied {
    fn invalid_client(description: &'static str) -> Denied {
        Denied { status: StatusCode::UNAUTHORIZED, error: "invalid_client", description, as_api: false }
    }

    fn bad_request(error: &'static str, description: &'static str) -> Denied {
        Denied { status: StatusCode::BAD_REQUEST, error, description, as_api: false }
    }

    /// Seen in this form, and with this status.
    fn unknown_client() -> Denied {
        let why = "Invalid value for 'client_id' parameter.";
        Denied { as_api: true, ..Denied::bad_request("invalid_client", why) }
    }

    fn no_form(why: FormRejection) -> Denied {
        let why = match why {
            FormRejection::InvalidFormContentType(_) => {
                "The content type of the request must be 'application/x-www-form-urlencoded'."
            }
            _ => "The request body is not a form.",
        };
        Denied::bad_request("invalid_request", why)
    }

    fn body(&self, sim: &OktaSim) -> Value {
        let Denied { error, description, .. } = self;
        if !self.as_api {
            return json!({ "error": error, "error_description": description });
        }
        let id = ids::id("oae", sim.0.errors.fetch_add(1, Ordering::Relaxed));
        json!({
            "errorCode": error, "errorSummary": description, "errorLink": error, "errorId": id, "errorCauses": [],
        })
    }
}

/// Issues a token, or says why not.
pub async fn issue(State(sim): State<OktaSim>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let form = Form::<Asked>::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let (status, answer) =
        match form.map_err(Denied::no_form).and_then(|Form(asked)| answer(&sim, &parts, &asked)) {
            Ok(granted) => (StatusCode::OK, granted),
            Err(denied) => (denied.status, denied.body(&sim)),
        };
    let mut response =
        (status, [(header::CACHE_CONTROL, "no-cache, no-store")], Json(&answer)).into_response();
    if (answer["token_type"] == "DPoP" || answer["error"] == "use_dpop_nonce")
        && let Ok(nonce) = HeaderValue::from_str(&dpop::nonce(sim.now_ms()))
    {
        response.headers_mut().insert(NONCE, nonce);
    }
    response
}

fn answer(sim: &OktaSim, parts: &Parts, asked: &Asked) -> Result<Value, Denied> {
    if asked.grant_type.is_empty() {
        return Err(Denied::bad_request("invalid_request", NO_GRANT_TYPE));
    }
    if asked.grant_type != "client_credentials" {
        let why = "The authorization grant type is not supported by the authorization server. Configured grant types: [client_credentials].";
        return Err(Denied::bad_request("unsupported_grant_type", why));
    }
    let app = authenticate(sim, parts, asked)?;
    let scopes = grant(app, &asked.scope)?;
    let bound_to = prove(sim, parts, app)?;
    let token = flowrun_kit::chance::unique()
        .map_err(|_| Denied::bad_request("server_error", "There is no chance left."))?;
    let kind = if bound_to.is_some() { "DPoP" } else { "Bearer" };
    let answer = json!({
        "token_type": kind, "expires_in": LIFETIME_S, "access_token": token, "scope": scopes.join(" "),
    });
    let expires_ms = sim.now_ms() + LIFETIME_S * 1000;
    sim.tokens().issue(token, Issued { client_id: app.client_id.clone(), scopes, expires_ms, bound_to });
    Ok(answer)
}

/// Who asks: the app whose key signed the assertion.
fn authenticate<'a>(sim: &'a OktaSim, parts: &Parts, asked: &Asked) -> Result<&'a ServiceApp, Denied> {
    if asked.client_assertion.is_empty() {
        return Err(Denied::invalid_client("No client credentials found."));
    }
    if asked.client_assertion_type != ASSERTION_TYPE {
        return Err(Denied::bad_request("invalid_request", "The client_assertion_type is invalid."));
    }
    let jwt = Unverified::parse(&asked.client_assertion)
        .ok_or_else(|| Denied::invalid_client("The parsing of the client_assertion failed."))?;
    let claims = &jwt.claims;
    let app = claims["iss"].as_str().and_then(|issuer| sim.app(issuer)).ok_or_else(Denied::unknown_client)?;
    if claims["sub"] != claims["iss"] {
        return Err(Denied::invalid_client(
            "The subject claim for client_assertion is not a valid client_id.",
        ));
    }
    if !has_known_algorithm(&jwt) {
        return Err(Denied::invalid_client("The client_assertion JWT signature algorithm is invalid."));
    }
    let id = jwt.header["kid"].as_str();
    // Whoever has several keys must say which one.
    let mut keys = app.keys.iter().filter(|key| id.is_none() || key.id.as_deref() == id);
    let key = keys.next().filter(|_| id.is_some() || keys.next().is_none());
    let key = key.ok_or_else(|| Denied::invalid_client("The client_assertion JWT kid is invalid."))?;
    if !jwt.is_signed_by(key) {
        return Err(Denied::invalid_client("The client_assertion signature is invalid."));
    }
    if claims["aud"] != format!("{}{PATH}", origin(parts)) {
        let why = "The audience claim for client_assertion must be the endpoint invoked for the request.";
        return Err(Denied::invalid_client(why));
    }
    check_times(sim, claims)?;
    Ok(app)
}

fn check_times(sim: &OktaSim, claims: &Value) -> Result<(), Denied> {
    let now = sim.now_ms().div_euclid(1000);
    let ends = claims["exp"].as_i64().ok_or_else(|| {
        Denied::invalid_client("The client_assertion must contain the 'exp' claim as seconds since epoch.")
    })?;
    if ends <= now {
        return Err(Denied::invalid_client("The client_assertion token is expired."));
    }
    if ends > now + LONGEST_S {
        return Err(Denied::invalid_client(
            "The client_assertion token has an expiration too far into the future.",
        ));
    }
    if claims["iat"].as_i64().is_some_and(|made| made > now + AHEAD_S) {
        return Err(Denied::invalid_client(
            "The client_assertion token must be issued before the current time.",
        ));
    }
    let Some(id) = claims["jti"].as_str() else { return Ok(()) };
    if sim.tokens().first_use(format!("assertion {id}"), ends * 1000, sim.now_ms()) {
        return Ok(());
    }
    Err(Denied::invalid_client("The client_assertion token has already been used."))
}

/// What of the scopes asked for is granted: all or nothing.
fn grant(app: &ServiceApp, asked: &str) -> Result<Vec<String>, Denied> {
    let asked: Vec<&str> = asked.split_whitespace().collect();
    if asked.is_empty() {
        return Err(Denied::bad_request("invalid_scope", "No scopes were requested."));
    }
    if !asked.iter().all(|scope| exists(scope)) {
        let why = "One or more scopes are not configured for the authorization server resource.";
        return Err(Denied::bad_request("invalid_scope", why));
    }
    let granted = asked.iter().filter(|asked| app.scopes.iter().any(|has| has == *asked)).count();
    if granted == 0 {
        return Err(Denied::bad_request(
            "consent_required",
            "You are not allowed any of the requested scopes.",
        ));
    }
    if granted < asked.len() {
        return Err(Denied::bad_request(
            "invalid_scope",
            "One or more of the requested scopes are not granted.",
        ));
    }
    Ok(asked.into_iter().map(str::to_owned).collect())
}

/// The key that the token will be bound to, of an app that must prove one. Others' proofs count for nothing: okta-sdk-nodejs 8 sends
/// one with every request for a token, and then uses the token as a Bearer token.
fn prove(sim: &OktaSim, parts: &Parts, app: &ServiceApp) -> Result<Option<String>, Denied> {
    if !app.dpop_required {
        return Ok(None);
    }
    match dpop::check(sim, parts, None) {
        Ok(thumbprint) => Ok(Some(thumbprint)),
        Err(Unproven::Missing) => {
            Err(Denied::bad_request("invalid_dpop_proof", "The DPoP proof JWT header is missing."))
        }
        Err(Unproven::Nonce) => {
            let why = "Authorization server requires nonce in DPoP proof.";
            Err(Denied::bad_request("use_dpop_nonce", why))
        }
        Err(Unproven::Wrong(why)) => Err(Denied::bad_request("invalid_dpop_proof", why)),
    }
}
