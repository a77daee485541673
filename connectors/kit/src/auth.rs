//! How a connection proves who it is. Secrets never leave this module but in a header marked sensitive.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderName, HeaderValue};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::REDACTED;
use secrecy::{ExposeSecret, SecretString};

use crate::client::Client;
use crate::clock::Clock;
use crate::effect::Pending;

/// A header that carries a credential.
#[derive(Clone)]
pub struct Credential {
    name: HeaderName,
    value: HeaderValue,
}

impl Credential {
    /// `Authorization: SCHEME SECRET`, such as Okta's `SSWS`, or `Bearer`.
    pub fn scheme(scheme: &str, secret: &SecretString) -> Result<Credential> {
        Credential::header(AUTHORIZATION, &SecretString::from(format!("{scheme} {}", secret.expose_secret())))
    }

    /// HTTP Basic.
    pub fn basic(user: &str, password: &SecretString) -> Result<Credential> {
        let pair = base64(format!("{user}:{}", password.expose_secret()).as_bytes());
        Credential::scheme("Basic", &SecretString::from(pair))
    }

    /// A header of any name.
    pub fn header(name: HeaderName, secret: &SecretString) -> Result<Credential> {
        let Ok(mut value) = HeaderValue::from_str(secret.expose_secret()) else {
            let message = "the credential has characters that no header may carry, such as a line break";
            return Err(
                Fault::new(FaultKind::Connection, message).help("copy it again, without spaces around it")
            );
        };
        value.set_sensitive(true);
        Ok(Credential { name, value })
    }

    /// The header's name.
    pub fn name(&self) -> &HeaderName {
        &self.name
    }

    /// The header's value, marked sensitive.
    pub(crate) fn value(&self) -> HeaderValue {
        self.value.clone()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {REDACTED}", self.name)
    }
}

/// How a client proves who it is.
#[derive(Debug, Default)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// By the same header in every request: an API token, Basic, a header of one's own.
    Fixed(Credential),
    /// By a token that is fetched, kept and renewed. OAuth 2.0 is another [`Login`].
    Fetched(TokenCache),
}

/// Fetches a token.
pub trait Login: Send + Sync {
    /// Fetches one, by anonymous calls over `client`.
    fn login<'a>(&'a self, client: &'a Client) -> Pending<'a, Result<Token>>;
}

/// A token that was fetched.
pub struct Token {
    /// Sent as `Authorization: Bearer`.
    pub secret: SecretString,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: i64,
}

#[derive(Clone)]
struct Held {
    credential: Credential,
    secret: SecretString,
    expires_ms: i64,
    number: u64,
}

/// Keeps a token for all requests of a connection; one request renews it while the others wait.
pub struct TokenCache {
    login: Box<dyn Login>,
    held: Mutex<Option<Arc<Held>>>,
    renewing: tokio::sync::Mutex<u64>,
}

/// A token is renewed this long before it ends, so that no request outlives it.
const MARGIN_MS: i64 = 60_000;

impl TokenCache {
    /// A cache that holds no token yet.
    pub fn new(login: impl Login + 'static) -> TokenCache {
        TokenCache { login: Box::new(login), held: Mutex::default(), renewing: tokio::sync::Mutex::default() }
    }

    fn held(&self) -> Option<Arc<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn get(&self, client: &Client, clock: &Clock) -> Result<Arc<Held>> {
        let valid = |held: &Arc<Held>| clock.now_ms() < held.expires_ms - MARGIN_MS;
        if let Some(held) = self.held().filter(valid) {
            return Ok(held);
        }
        let mut number = self.renewing.lock().await;
        // Another request may have renewed it meanwhile.
        if let Some(held) = self.held().filter(valid) {
            return Ok(held);
        }
        let token = self.login.login(client).await?;
        *number += 1;
        let credential = Credential::scheme("Bearer", &token.secret)?;
        let held = Held { credential, secret: token.secret, expires_ms: token.expires_ms, number: *number };
        let held = Arc::new(held);
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&held));
        Ok(held)
    }

    /// Drops the token with this number; a newer one stays.
    fn forget(&self, number: u64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_some_and(|held| held.number == number) {
            *held = None;
        }
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Auth {
    /// The credential for a request, and the number of the token it was made of.
    pub(crate) async fn credential(
        &self,
        client: &Client,
        clock: &Clock,
    ) -> Result<Option<(Credential, u64)>> {
        match self {
            Auth::None => Ok(None),
            Auth::Fixed(credential) => Ok(Some((credential.clone(), 0))),
            Auth::Fetched(cache) => {
                cache.get(client, clock).await.map(|held| Some((held.credential.clone(), held.number)))
            }
        }
    }

    /// Makes the next request fetch a new token, if tokens are fetched and this one was.
    pub(crate) fn renew(&self, number: u64) -> bool {
        if let Auth::Fetched(cache) = self {
            cache.forget(number);
            return true;
        }
        false
    }

    /// The header that this connection sends by itself.
    pub(crate) fn header(&self) -> Option<HeaderName> {
        match self {
            Auth::None => None,
            Auth::Fixed(credential) => Some(credential.name.clone()),
            Auth::Fetched(_) => Some(AUTHORIZATION),
        }
    }

    /// Puts dots in place of the credentials that `text` quotes.
    pub(crate) fn redact(&self, text: &mut String, more: &[SecretString]) {
        let mut hide = |secret: &str| {
            // A short one would take half the text with it, and is no secret worth the name.
            if secret.len() >= 6 && text.contains(secret) {
                *text = text.replace(secret, REDACTED);
            }
        };
        more.iter().for_each(|secret| hide(secret.expose_secret()));
        match self {
            Auth::None => {}
            Auth::Fixed(credential) => {
                let whole = credential.value.to_str().unwrap_or_default();
                hide(whole);
                hide(whole.split_once(' ').map_or(whole, |(_, secret)| secret));
            }
            Auth::Fetched(cache) => {
                if let Some(held) = cache.held() {
                    hide(held.secret.expose_secret());
                }
            }
        }
    }
}

/// Base64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads() {
        let table = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, encoded) in table {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        let secret = SecretString::from("hunter2secret");
        let auth = Auth::Fixed(Credential::basic("jane", &secret).unwrap());
        assert!(!format!("{auth:?}").contains("amFuZ"));
        let mut echoed = "you sent Basic amFuZTpodW50ZXIyc2VjcmV0 and hunter2secret".to_owned();
        auth.redact(&mut echoed, &[secret]);
        assert_eq!(echoed, format!("you sent {REDACTED} and {REDACTED}"));
        assert!(Credential::scheme("SSWS", &SecretString::from("a\nb")).is_err());
    }
}
