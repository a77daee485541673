//! How a connection logs in to Personio's two APIs: the same credentials, a token for each.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::Text;
use flowrun_kit::address;
use flowrun_kit::auth::{Login, Token};
use flowrun_kit::call::Call;
use flowrun_kit::client::Client;
use flowrun_kit::effect::Pending;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::vendor;

/// An API credential.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The client id.
    pub id: SecretString,
    /// The client secret.
    pub secret: SecretString,
}

/// Logs in to v1.
pub struct LoginV1(pub Credentials);

/// Logs in to v2.
pub struct LoginV2(pub Credentials);

/// What Personio documents as a token's life, in seconds.
const LIFETIME: i64 = 86_400;

#[derive(Deserialize)]
struct AnswerV1 {
    data: Issued,
}

#[derive(Deserialize)]
struct Issued {
    token: String,
    expires_in: Option<i64>,
}

impl Login for LoginV1 {
    fn login<'a>(&'a self, client: &'a Client) -> Pending<'a, Result<Token>> {
        Box::pin(async move {
            let Credentials { id, secret } = &self.0;
            let body = json!({ "client_id": id.expose_secret(), "client_secret": secret.expose_secret() });
            let call = Call::post("/v1/auth").json(&body)?.login();
            let asked_ms = client.clock().now_ms();
            let answer: AnswerV1 = client.read(call, |reply| reply.json()).await.map_err(refused)?;
            Ok(token(answer.data.token, answer.data.expires_in, asked_ms))
        })
    }
}

#[derive(Deserialize)]
struct AnswerV2 {
    access_token: Option<String>,
    expires_in: Option<i64>,
    error: Option<Text>,
    error_description: Option<Text>,
}

impl Login for LoginV2 {
    fn login<'a>(&'a self, client: &'a Client) -> Pending<'a, Result<Token>> {
        Box::pin(async move {
            let Credentials { id, secret } = &self.0;
            let form = address::query([
                ("grant_type", "client_credentials"),
                ("client_id", id.expose_secret()),
                ("client_secret", secret.expose_secret()),
            ]);
            let call = Call::post("/v2/auth/token")
                .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
                .body(form)
                .login()
                .expect(StatusCode::BAD_REQUEST);
            let asked_ms = client.clock().now_ms();
            let answer: AnswerV2 = client.read(call, |reply| reply.json()).await.map_err(refused)?;
            match answer.access_token {
                Some(text) => Ok(token(text, answer.expires_in, asked_ms)),
                None => Err(no_token(client, answer)),
            }
        })
    }
}

fn token(text: String, lifetime: Option<i64>, asked_ms: i64) -> Token {
    let lifetime_ms = lifetime.unwrap_or(LIFETIME).saturating_mul(1000);
    Token { secret: SecretString::from(text), expires_ms: asked_ms.saturating_add(lifetime_ms), bound: None }
}

/// Both statuses mean the same at the log-in: these are no credentials.
fn refused(fault: Fault) -> Fault {
    if matches!(fault.code, Some(401 | 403)) {
        fault.of_kind(FaultKind::Connection).help(vendor::V1.refused)
    } else {
        fault
    }
}

/// The fault of an answer that has an error of OAuth's instead of a token.
fn no_token(client: &Client, answer: AnswerV2) -> Fault {
    let error = answer.error.unwrap_or_else(|| "no token".into());
    let description = answer.error_description.map(|text| format!(" ({})", text.trim())).unwrap_or_default();
    let said = flowrun_kit::redact::words(&client.redact(format!("{error}{description}")));
    let message = format!("Personio did not log in to v2: {said}");
    let help = match &*error {
        "invalid_client" | "invalid_grant" => vendor::V1.refused,
        "unauthorized_client" | "access_denied" | "invalid_scope" => {
            "the API credential may not use v2: in Personio, open Settings, API credentials, and let it read persons and \
             employments, or use `api: v1`"
        }
        _ => "run again later; if it stays so, the vendor has changed its log-in",
    };
    Fault::new(FaultKind::Connection, message).code(400).help(help)
}
