//! Logging in as an OAuth 2.0 client: by a secret ([`SecretClient`]), or by a key that signs who it is: client credentials
//! with `private_key_jwt` (RFC 7523), and with DPoP where the server asks for it.

mod secret_client;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::REDACTED;
use secrecy::{ExposeSecret, SecretString};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::address;
use crate::auth::Token;
use crate::call::{Call, Reply};
use crate::client::Client;
use crate::clock::Clock;
use crate::dpop::{self, Prover, Side};
use crate::jwt;
use crate::redact;
use crate::signing_key::SigningKey;

pub use secret_client::{ClientAuth, Grant, SecretClient};

/// What `client_assertion_type` says of a signed assertion.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long an assertion is good for, in seconds.
const ASSERTED: i64 = 300;

/// How long a token is good for whose answer doesn't say, in seconds.
const LIFETIME: i64 = 3600;

/// Without and with a proof, and once more with a nonce.
const MOST_ASKED: u32 = 3;

/// A client that proves itself by a key.
pub struct KeyClient {
    signer: Arc<Signer>,
    path: &'static str,
    prover: Arc<Prover>,
    /// Whether the server has asked for proofs.
    proves: AtomicBool,
}

struct Signer {
    client_id: String,
    key: SigningKey,
}

impl fmt::Debug for KeyClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// A token, and what it is good for.
pub struct Granted {
    /// The token.
    pub token: Token,
    /// Its scopes, if the server said.
    pub scopes: Option<Vec<String>>,
    /// What gets the next one, if the server gave it.
    pub refresh: Option<SecretString>,
}

/// Why there is no token.
#[derive(Debug)]
pub enum Denial {
    /// The server says no.
    Refused(Refusal),
    /// The server could not be asked, or its answer not be understood.
    Failed(Fault),
}

/// An error in OAuth's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of the answer.
    pub status: u16,
    /// Its name, such as `invalid_client`.
    pub error: String,
    /// What the server says about it; no credentials are in it.
    pub description: String,
}

impl From<Fault> for Denial {
    fn from(fault: Fault) -> Denial {
        Denial::Failed(fault)
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<i64>,
    scope: Option<String>,
    refresh_token: Option<String>,
}

/// A number, as RFC 6749 has it, or a text with one, as many servers send it.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Seconds {
        Number(i64),
        Text(String),
    }
    match Option::<Seconds>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Seconds::Number(seconds)) => Ok(Some(seconds)),
        Some(Seconds::Text(text)) => text.trim().parse().map(Some).map_err(D::Error::custom),
    }
}

/// An error as OAuth has it, or in the vendor's own form.
#[derive(Deserialize)]
struct Answered {
    #[serde(alias = "errorCode")]
    error: String,
    #[serde(alias = "errorSummary")]
    error_description: Option<String>,
}

impl KeyClient {
    /// A client that gets its tokens at `path` of the connection's host.
    pub fn new(client_id: &str, key: SigningKey, path: &'static str) -> Result<KeyClient> {
        Ok(KeyClient {
            signer: Arc::new(Signer { client_id: client_id.to_owned(), key }),
            path,
            prover: Arc::new(Prover::new()?),
            proves: AtomicBool::new(false),
        })
    }

    /// Asks for a token with these scopes.
    pub async fn ask(&self, client: &Client, scopes: &[&str]) -> Result<Granted, Denial> {
        let url = client.address(self.path)?;
        let mut asked = 1;
        loop {
            let proves = self.proves.load(Ordering::Relaxed);
            let asked_ms = client.clock().now_ms();
            let call = self.call(&url, scopes, proves, client.clock().clone());
            let read =
                |reply: &Reply| Ok((self.prover.hear(Side::Login, &reply.headers), said(client, reply)?));
            let answered = client.read(call, read).await.map_err(Denial::Failed)?;
            let (has_nonce, refusal) = match answered {
                (_, Said::Yes(answer)) => return Ok(granted(answer, asked_ms, Some(&self.prover))?),
                (has_nonce, Said::No(refusal)) => (has_nonce, refusal),
            };
            let wants_proof = match refusal.error.as_str() {
                "invalid_dpop_proof" => !proves,
                "use_dpop_nonce" => !proves || has_nonce,
                _ => false,
            };
            if !wants_proof || asked == MOST_ASKED {
                return Err(Denial::Refused(refusal));
            }
            self.proves.store(true, Ordering::Relaxed);
            asked += 1;
        }
    }

    /// One request, signed anew whenever it is sent.
    fn call(&self, url: &str, scopes: &[&str], proves: bool, clock: Clock) -> Call {
        let (signer, prover) = (Arc::clone(&self.signer), Arc::clone(&self.prover));
        let (audience, scope) = (url.to_owned(), scopes.join(" "));
        let make = move || {
            let now_ms = clock.now_ms();
            let assertion = signer.assertion(&audience, now_ms)?;
            let form = address::query([
                ("grant_type", "client_credentials"),
                ("scope", &scope),
                ("client_assertion_type", ASSERTION_TYPE),
                ("client_assertion", assertion.expose_secret()),
            ]);
            let mut headers = HeaderMap::new();
            if proves {
                headers.insert(dpop::HEADER, prover.proof(&Method::POST, &audience, now_ms, None)?);
            }
            Ok((headers, Bytes::from(form)))
        };
        Call::post(self.path)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
            .login()
            .expect(StatusCode::BAD_REQUEST)
            .expect(StatusCode::UNAUTHORIZED)
            .expect(StatusCode::FORBIDDEN)
            .fresh(make)
    }
}

impl Signer {
    fn assertion(&self, audience: &str, now_ms: i64) -> Result<SecretString> {
        assertion(&self.client_id, &self.key, audience, now_ms)
    }
}

/// Says who asks whom, for a few minutes: what a client proves itself by that has a key.
pub fn assertion(client_id: &str, key: &SigningKey, audience: &str, now_ms: i64) -> Result<SecretString> {
    let now = now_ms.div_euclid(1000);
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": now,
        "exp": now + ASSERTED,
        "jti": crate::chance::unique()?,
    });
    let id = key.public().id.as_deref();
    jwt::sign(key, &id.map_or(json!({}), |id| json!({ "kid": id })), &claims)
}

/// The token of an answer, which may be bound to the key of `prover` if that was shown.
fn granted(answer: Answer, asked_ms: i64, prover: Option<&Arc<Prover>>) -> Result<Granted> {
    let bound = prover.filter(|_| answer.token_type.eq_ignore_ascii_case("DPoP"));
    if bound.is_none() && !answer.token_type.eq_ignore_ascii_case("Bearer") {
        let kinds = if prover.is_some() { "neither a Bearer nor a DPoP token" } else { "no Bearer token" };
        let kind: String = answer.token_type.chars().filter(char::is_ascii_graphic).take(20).collect();
        let message = format!("the token is {kinds}, but \"{kind}\"");
        return Err(Fault::new(FaultKind::Connection, message));
    }
    let lifetime_ms = answer.expires_in.unwrap_or(LIFETIME).saturating_mul(1000);
    let expires_ms = asked_ms.saturating_add(lifetime_ms);
    let token =
        Token { secret: SecretString::from(answer.access_token), expires_ms, bound: bound.map(Arc::clone) };
    let scopes = answer.scope.map(|scope| scope.split_whitespace().map(str::to_owned).collect());
    Ok(Granted { token, scopes, refresh: answer.refresh_token.map(SecretString::from) })
}

/// What the server said.
enum Said {
    Yes(Answer),
    No(Refusal),
}

/// Reads an answer; an error that isn't one of OAuth's comes from something in between.
fn said(client: &Client, reply: &Reply) -> Result<Said> {
    if reply.status < 300 {
        return reply.json().map(Said::Yes);
    }
    let answered: Answered = reply.json().map_err(|_| {
        let message = format!("the login was answered {} without a reason", reply.status);
        Fault::new(FaultKind::Connection, message)
            .code(reply.status)
            .help("look whether the address is right, and whether a proxy is in between")
    })?;
    let clean = |text: String| redact::words(&client.redact(text));
    Ok(Said::No(Refusal {
        status: reply.status,
        error: clean(answered.error),
        description: clean(answered.error_description.unwrap_or_default()),
    }))
}
