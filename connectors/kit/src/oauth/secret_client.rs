//! Logging in as an OAuth 2.0 client that has a secret, or none that it could keep: client credentials (RFC 6749, section 4.4), the
//! code that a person brings back from the browser (4.1), and refresh tokens (6).

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

/// What a token is asked for by.
#[derive(Clone, Copy)]
pub enum Grant<'a> {
    /// What the client is by itself.
    ClientCredentials,
    /// What a person brought back from the browser.
    Code {
        /// The code.
        code: &'a SecretString,
        /// The address to which they were sent back.
        redirect_uri: &'a str,
        /// What only the client knows that sent them (RFC 7636).
        verifier: &'a SecretString,
    },
    /// What an earlier answer left for this.
    Refresh(&'a SecretString),
}

/// A client that proves itself by a secret, or not at all.
pub struct SecretClient {
    authorization: Option<Credential>,
    url: String,
    /// Sent in each body: who it is, and what else the server wants to know.
    parameters: Vec<(String, SecretString)>,
}

impl fmt::Debug for SecretClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl SecretClient {
    /// A client that gets its tokens at `url`, with `parameters` (such as `scope`) besides those that say who it is. One without a
    /// secret only says its ID.
    pub fn new(
        id: &str,
        secret: Option<&SecretString>,
        auth: ClientAuth,
        url: &str,
        parameters: &[(&str, &str)],
    ) -> Result<SecretClient> {
        let own = |name: &str, value: &str| (name.to_owned(), SecretString::from(value));
        let mut body: Vec<_> = parameters.iter().map(|(name, value)| own(name, value)).collect();
        let authorization = match (secret, auth) {
            (Some(secret), ClientAuth::Basic) => Some(basic(id, secret)?),
            (Some(secret), ClientAuth::Body) => {
                body.extend([own("client_id", id), own("client_secret", secret.expose_secret())]);
                None
            }
            (None, _) => {
                body.push(own("client_id", id));
                None
            }
        };
        Ok(SecretClient { authorization, url: url.to_owned(), parameters: body })
    }

    /// Asks for a token over `client`, which is one of the token endpoint's host.
    pub async fn ask(&self, grant: Grant<'_>, client: &Client) -> Result<Granted, Denial> {
        let asked_ms = client.clock().now_ms();
        match client.read(self.call(grant), |reply: &Reply| said(client, reply)).await? {
            Said::Yes(answer) => Ok(granted(answer, asked_ms, None)?),
            Said::No(refusal) => Err(Denial::Refused(refusal)),
        }
    }

    fn form(&self, grant: Grant<'_>) -> String {
        let mut form = match grant {
            Grant::ClientCredentials => vec![("grant_type", "client_credentials")],
            Grant::Code { code, redirect_uri, verifier } => vec![
                ("grant_type", "authorization_code"),
                ("code", code.expose_secret()),
                ("redirect_uri", redirect_uri),
                ("code_verifier", verifier.expose_secret()),
            ],
            Grant::Refresh(token) => {
                vec![("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())]
            }
        };
        form.extend(self.parameters.iter().map(|(name, value)| (&**name, value.expose_secret())));
        address::query(form)
    }

    fn call(&self, grant: Grant<'_>) -> Call {
        let call = Call::post(&self.url)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .body(Bytes::from(self.form(grant)))
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
