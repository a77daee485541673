//! Access tokens (OAuth 2.0): whether somebody who brings one may start a flow, and how a refusal says why (RFC 6750).
//!
//! A server that mints tokens for others publishes its keys, and its tokens are verified here. Tokens of an Okta org are for Okta
//! alone, which says that they may change at any time: the org is asked about each, and they are verified here only for those
//! who want that all the same.

mod claims;
mod client;
mod fetch;
mod introspection;
mod keys;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use flowrun_kit::clock::Clock;
use serde::Deserialize;

use crate::people::Problem;
pub(crate) use claims::{Claims, Flaw};
pub(crate) use client::{Client, secret};
pub use client::{ClientAuth, ClientSettings};
pub use fetch::Fetch;
pub(crate) use fetch::{get, is_private, post};
use introspection::Introspection;
pub(crate) use keys::Keys;

/// Whose tokens count, and how they are verified.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who verifies them.
    pub verify: Verify,
    /// Who makes them: `https://acme.okta.com/oauth2/default`, or the org, `https://acme.okta.com`.
    pub issuer: String,
    /// For whom they must be. Tokens of an org are for the org, which needs no setting.
    #[serde(default)]
    pub audience: Option<String>,
    /// The scope that they must have; Okta's own unless something else stands here.
    #[serde(default = "invoke")]
    pub scope: String,
    /// The IDs of the clients that may come; all, if there is none.
    #[serde(default)]
    pub clients: Vec<String>,
    /// As whom the service asks about tokens, where it asks.
    #[serde(default)]
    pub client: Option<ClientSettings>,
}

/// Who verifies tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// This service, by the published keys of a custom authorization server.
    CustomServer,
    /// The server that made them, which is asked about each at most once a minute.
    Introspection,
    /// This service, although they are those of an org: Okta advises against it.
    OrgTokensLocally,
}

/// The scope of Okta by which flows are called.
pub const INVOKE: &str = "okta.workflows.invoke.manage";

fn invoke() -> String {
    INVOKE.to_owned()
}

/// How far the clocks of two machines may be apart, in seconds.
const SKEW: i64 = 60;

/// Verifies access tokens.
pub struct Bearer {
    settings: Settings,
    clock: Clock,
    way: Way,
}

enum Way {
    Here { keys: Keys, audience: String },
    There(Box<Introspection>),
}

/// Who came with a token that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The ID of the client.
    pub client: String,
    /// Of whom the token speaks, if not of the client itself.
    pub subject: Option<String>,
    /// What it may do.
    pub scopes: Vec<String>,
}

/// Why somebody is not let in; as a response it is the one that RFC 6750 asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nobody has said who they are.
    Missing,
    /// The request can't be understood: it says twice who sends it.
    Request(String),
    /// The token is not good.
    Token(String),
    /// The token is good, but not for this.
    Scope {
        /// Why.
        why: String,
        /// The scope that is needed.
        scope: String,
    },
    /// Nobody can say now whether the token is good.
    Unavailable(String),
}

impl Bearer {
    /// Verifies by some settings; secrets lie in the environment, and what it must ask goes through `fetch`.
    pub fn new(
        settings: Settings,
        env: &BTreeMap<String, String>,
        clock: Clock,
        fetch: Arc<dyn Fetch>,
    ) -> Result<Bearer, String> {
        let issuer = settings.issuer.as_str();
        if !is_private(issuer) || issuer.ends_with('/') {
            return Err(format!(
                "expected the address of an issuer, as in https://acme.okta.com, found {issuer}"
            ));
        }
        let way = match settings.verify {
            Verify::CustomServer => {
                let audience = settings.audience.clone();
                let audience =
                    audience.ok_or("tokens of a custom server need an `audience` for whom they must be")?;
                let keys = Keys::new(fetch, clock.clone(), &format!("{issuer}/v1/keys"));
                Way::Here { keys, audience }
            }
            Verify::OrgTokensLocally => {
                let audience = settings.audience.clone().unwrap_or_else(|| issuer.to_owned());
                let keys = Keys::new(fetch, clock.clone(), &format!("{issuer}/oauth2/v1/keys"));
                Way::Here { keys, audience }
            }
            Verify::Introspection => {
                let client = settings.client.as_ref();
                let client = client.ok_or("introspection needs a `client` as whom the service asks")?;
                let client = Client::new(client, env)?;
                Way::There(Box::new(Introspection::new(fetch, clock.clone(), introspect(issuer), client)))
            }
        };
        Ok(Bearer { settings, clock, way })
    }

    /// Who comes with these headers, if they bring a token that counts.
    pub async fn admit(&self, headers: &HeaderMap) -> Result<Granted, Refused> {
        let token = token(headers)?.ok_or(Refused::Missing)?;
        self.verify(token).await
    }

    /// Who comes with this token, if it counts.
    pub async fn verify(&self, token: &str) -> Result<Granted, Refused> {
        let claims = self.claims(token).await.map_err(|flaw| match flaw {
            Flaw::Bad(why) => Refused::Token(why),
            Flaw::Unknown(why) => Refused::Unavailable(why),
        })?;
        // A token that is bound to a key is worth nothing without a proof, and there is none in a bearer's request (RFC 9449, section 7.1).
        if claims.0.get("cnf").is_some() {
            return Err(Refused::Token(
                "the token is bound to a key, whose proof is not verified here".to_owned(),
            ));
        }
        self.granted(&claims)
    }

    async fn claims(&self, token: &str) -> Result<Claims, Flaw> {
        match &self.way {
            Way::Here { keys, audience } => {
                let claims = keys.genuine(token).await?;
                claims.are_from(&self.settings.issuer)?;
                claims.are_for(audience)?;
                claims.hold_now(self.clock.now_ms().div_euclid(1000), SKEW)?;
                Ok(claims)
            }
            Way::There(introspection) => introspection.claims(token).await,
        }
    }

    /// Whether what a genuine token says is enough.
    fn granted(&self, claims: &Claims) -> Result<Granted, Refused> {
        let scopes = ["scp", "scope"].into_iter().flat_map(|name| claims.words(name));
        let scopes: Vec<String> = scopes.map(str::to_owned).collect();
        let needed = &self.settings.scope;
        let refused = |why: String| Refused::Scope { why, scope: needed.clone() };
        if !scopes.contains(needed) {
            return Err(refused(format!("the token lacks the scope {needed}")));
        }
        let client = claims.text("cid").or_else(|| claims.text("client_id"));
        let Some(client) = client.map(str::to_owned) else {
            return Err(Refused::Token("the token does not name its client".to_owned()));
        };
        if !self.settings.clients.is_empty() && !self.settings.clients.contains(&client) {
            return Err(refused("the client of this token is not among those that may come".to_owned()));
        }
        let subject = claims.text("sub").filter(|subject| *subject != client).map(str::to_owned);
        Ok(Granted { client, subject, scopes })
    }
}

/// Where a server is asked about tokens: an org has its endpoints below `/oauth2`, a custom server below its issuer.
fn introspect(issuer: &str) -> String {
    let custom = issuer.split_once("://").is_some_and(|(_, rest)| rest.contains("/oauth2/"));
    format!("{issuer}{}/v1/introspect", if custom { "" } else { "/oauth2" })
}

/// The token that stands in the headers as a bearer's, if there is one.
pub fn token(headers: &HeaderMap) -> Result<Option<&str>, Refused> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let Some(first) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        return Err(Refused::Request("there are two headers Authorization".to_owned()));
    }
    let unread = || Refused::Request("expected `Bearer` and a token in the header Authorization".to_owned());
    let (scheme, token) = first.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(unread)?;
    let written = |letter: u8| letter.is_ascii_alphanumeric() || b"-._~+/=".contains(&letter);
    let token = token.trim_start_matches(' ');
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || !token.bytes().all(written) {
        return Err(unread());
    }
    Ok(Some(token))
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Missing => f.write_str("no token was given: send one as `Authorization: Bearer`"),
            Refused::Request(why)
            | Refused::Token(why)
            | Refused::Scope { why, .. }
            | Refused::Unavailable(why) => f.write_str(why),
        }
    }
}

impl Refused {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Refused::Missing | Refused::Token(_) => StatusCode::UNAUTHORIZED,
            Refused::Request(_) => StatusCode::BAD_REQUEST,
            Refused::Scope { .. } => StatusCode::FORBIDDEN,
            Refused::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What `WWW-Authenticate` says; a request that brought no token is told nothing of errors (RFC 6750, section 3.1).
    pub fn challenge(&self) -> Option<String> {
        let (error, scope) = match self {
            Refused::Missing => return Some("Bearer".to_owned()),
            Refused::Unavailable(_) => return None,
            Refused::Request(_) => ("invalid_request", String::new()),
            Refused::Token(_) => ("invalid_token", String::new()),
            Refused::Scope { scope, .. } => ("insufficient_scope", format!(", scope=\"{scope}\"")),
        };
        let allowed = |letter: &char| matches!(letter, ' '..='~') && !matches!(letter, '"' | '\\');
        let why: String = self.to_string().chars().filter(allowed).collect();
        Some(format!("Bearer error=\"{error}\", error_description=\"{why}\"{scope}"))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = Problem::new(self.status(), &self.to_string()).into_response();
        if let Some(challenge) = self.challenge().and_then(|text| HeaderValue::try_from(text).ok()) {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}
