//! Logging in as an OAuth 2.0 client that has a secret: client credentials (RFC 6749, section 4.4).

use std::fmt;

use axum::body::Bytes;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use flowrun_core::fault::Result;
use flowrun_core::value::REDACTED;
use secrecy::{ExposeSecret, SecretString};

use super::{Denial, Granted, Said, granted, said};
use crate::address;
use crate::auth::Credential;
use crate::call::{Call, Reply};
use crate::client::Client;

/// How a client says who it is at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// In the header: what every server must take.
    Basic,
    /// As `client_id` and `client_secret` in the body.
    Body,
}

/// A client that proves itself by a secret.
pub struct SecretClient {
    authorization: Option<Credential>,
    url: String,
    form: SecretString,
}

impl fmt::Debug for SecretClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl SecretClient {
    /// A client that gets its tokens at `url`, with `parameters` (such as `scope`) besides those that say who it is.
    pub fn new(
        id: &str,
        secret: &SecretString,
        auth: ClientAuth,
        url: &str,
        parameters: &[(&str, &str)],
    ) -> Result<SecretClient> {
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(parameters);
        let authorization = match auth {
            ClientAuth::Basic => Some(basic(id, secret)?),
            ClientAuth::Body => {
                form.extend([("client_id", id), ("client_secret", secret.expose_secret())]);
                None
            }
        };
        let form = SecretString::from(address::query(form));
        Ok(SecretClient { authorization, url: url.to_owned(), form })
    }

    /// Asks for a token over `client`, which is one of the token endpoint's host.
    pub async fn ask(&self, client: &Client) -> Result<Granted, Denial> {
        let asked_ms = client.clock().now_ms();
        match client.read(self.call(), |reply: &Reply| said(client, reply)).await? {
            Said::Yes(answer) => Ok(granted(answer, asked_ms, None)?),
            Said::No(refusal) => Err(Denial::Refused(refusal)),
        }
    }

    fn call(&self) -> Call {
        let call = Call::post(&self.url)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .body(Bytes::from(self.form.expose_secret().to_owned()))
            .login()
            .expect(StatusCode::BAD_REQUEST)
            .expect(StatusCode::UNAUTHORIZED)
            .expect(StatusCode::FORBIDDEN);
        match &self.authorization {
            Some(credential) => call.header(AUTHORIZATION, credential.value()),
            None => call,
        }
    }
}

/// Both are escaped before they are joined, so that either may hold a colon (RFC 6749, section 2.3.1).
fn basic(id: &str, secret: &SecretString) -> Result<Credential> {
    let secret = SecretString::from(address::component(secret.expose_secret()));
    Credential::basic(&address::component(id), &secret)
}
