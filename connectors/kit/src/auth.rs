//! How a connection proves who it is. Secrets never leave this module but in a header marked sensitive.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, mem};

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::REDACTED;
use secrecy::{ExposeSecret, SecretString};

use crate::client::Client;
use crate::clock::Clock;
use crate::dpop::{self, Complaint, Prover, Side};
use crate::effect::Pending;
use crate::http::Response;
use crate::jwt;
use crate::redact::{Kept, Redactor};

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
        let pair = STANDARD.encode(format!("{user}:{}", password.expose_secret()));
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
    /// Sent in the header `Authorization`.
    pub secret: SecretString,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: i64,
    /// What it is bound to: then it is sent as `DPoP`, with a proof; otherwise as `Bearer`.
    pub bound: Option<Arc<Prover>>,
}

/// A token, ready to be sent.
pub(crate) struct Held {
    credential: Credential,
    token: Token,
    number: u64,
}

/// Keeps a token for all requests of a connection; one request renews it while the others wait.
pub struct TokenCache {
    login: Box<dyn Login>,
    held: Mutex<Option<Arc<Held>>>,
    /// The one before: requests that carry it may still be on their way, and their answers may quote it.
    last: Mutex<Option<Arc<Held>>>,
    renewing: tokio::sync::Mutex<Renewals>,
    /// How many logins have ended.
    ended: AtomicU64,
}

#[derive(Default)]
struct Renewals {
    fetched: u64,
    /// Why the last login failed, if it did.
    failed: Option<Fault>,
}

/// A token is renewed this long before it ends, so that no request outlives it.
const MARGIN_MS: i64 = 60_000;

impl TokenCache {
    /// A cache that holds no token yet.
    pub fn new(login: impl Login + 'static) -> TokenCache {
        TokenCache {
            login: Box::new(login),
            held: Mutex::default(),
            last: Mutex::default(),
            renewing: tokio::sync::Mutex::default(),
            ended: AtomicU64::new(0),
        }
    }

    fn held(&self) -> Option<Arc<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts this token in place of the one that is held.
    fn hold(&self, held: Option<Arc<Held>>) {
        let old = mem::replace(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner), held);
        if old.is_some() {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = old;
        }
    }

    /// The token, as long as it is good.
    fn valid(&self, clock: &Clock) -> Option<Arc<Held>> {
        self.held().filter(|held| clock.now_ms() < held.token.expires_ms - MARGIN_MS)
    }

    async fn get(&self, client: &Client) -> Result<Arc<Held>> {
        let ended = self.ended.load(Ordering::Acquire);
        let mut renewals = self.renewing.lock().await;
        // Another request may have renewed it meanwhile, or have been refused as this one would be.
        if let Some(held) = self.valid(client.clock()) {
            return Ok(held);
        }
        if let Some(fault) = renewals.failed.clone().filter(|_| self.ended.load(Ordering::Acquire) > ended) {
            return Err(fault);
        }
        let fetched = self.login.login(client).await;
        self.ended.fetch_add(1, Ordering::AcqRel);
        renewals.failed = fetched.as_ref().err().cloned();
        let token = fetched?;
        renewals.fetched += 1;
        let scheme = if token.bound.is_some() { DPOP } else { BEARER };
        let credential = Credential::scheme(scheme, &token.secret)?;
        let held = Arc::new(Held { credential, token, number: renewals.fetched });
        self.hold(Some(Arc::clone(&held)));
        Ok(held)
    }

    /// Drops the token with this number; a newer one stays.
    fn forget(&self, number: u64) {
        if self.held().is_some_and(|held| held.number == number) {
            self.hold(None);
        }
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

const BEARER: &str = "Bearer";
const DPOP: &str = "DPoP";

/// What lets one request pass.
#[derive(Clone)]
pub(crate) enum Pass {
    /// A header that is always the same.
    Fixed(Credential),
    /// A token.
    Token(Arc<Held>),
}

impl Pass {
    /// How a token is sent.
    pub(crate) fn scheme(&self) -> Option<&'static str> {
        match self {
            Pass::Fixed(_) => None,
            Pass::Token(held) => Some(if held.token.bound.is_some() { DPOP } else { BEARER }),
        }
    }

    /// Writes the headers for one request to `url`.
    pub(crate) fn write(
        &self,
        headers: &mut HeaderMap,
        method: &Method,
        url: &str,
        now_ms: i64,
    ) -> Result<()> {
        let credential = match self {
            Pass::Fixed(credential) => credential,
            Pass::Token(held) => {
                if let Some(prover) = &held.token.bound {
                    headers
                        .insert(dpop::HEADER, prover.proof(method, url, now_ms, Some(&held.token.secret))?);
                }
                &held.credential
            }
        };
        headers.insert(credential.name(), credential.value());
        Ok(())
    }

    /// Takes from an answer what the next request needs.
    pub(crate) fn hear(&self, headers: &HeaderMap) {
        if let Pass::Token(held) = self
            && let Some(prover) = &held.token.bound
        {
            prover.hear(Side::Api, headers);
        }
    }
}

impl Auth {
    /// What lets a request pass, if that is at hand: nothing where nothing is needed.
    pub(crate) fn at_hand(&self, clock: &Clock) -> Option<Option<Pass>> {
        match self {
            Auth::None => Some(None),
            Auth::Fixed(credential) => Some(Some(Pass::Fixed(credential.clone()))),
            Auth::Fetched(cache) => Some(Some(Pass::Token(cache.valid(clock)?))),
        }
    }

    /// Fetches what lets a request pass, by calls over `client`.
    pub(crate) async fn fetch(&self, client: &Client) -> Result<Option<Pass>> {
        match self {
            Auth::Fetched(cache) => Ok(Some(Pass::Token(cache.get(client).await?))),
            Auth::None | Auth::Fixed(_) => Ok(self.at_hand(client.clock()).flatten()),
        }
    }

    /// Whether a request that was refused may be sent again with something better than `pass`: a new proof, or a new token.
    /// `renewed` says how many times it has been; `refused`, whether the answer refuses the token.
    pub(crate) fn renew(&self, pass: &Pass, response: &Response, refused: bool, renewed: u32) -> bool {
        let (Auth::Fetched(cache), Pass::Token(held)) = (self, pass) else { return false };
        let complaint = held.token.bound.as_ref().and_then(|_| dpop::complaint(response));
        match (complaint, renewed) {
            // The next proof has the nonce, another ID, and says the time as the vendor does.
            (Some(_), 0) => true,
            // A token whose proofs are not taken may be bound to another key by now.
            (Some(Complaint::Proof), 1) | (None, 0) if refused || complaint.is_some() => {
                cache.forget(held.number);
                true
            }
            _ => false,
        }
    }

    /// The header that this connection sends by itself.
    pub(crate) fn header(&self) -> Option<HeaderName> {
        match self {
            Auth::None => None,
            Auth::Fixed(credential) => Some(credential.name.clone()),
            Auth::Fetched(_) => Some(AUTHORIZATION),
        }
    }

    /// What finds the credentials that answers may quote, and `more`.
    pub(crate) fn redactor(&self, kept: &Kept, more: &[SecretString]) -> Arc<Redactor> {
        let more = || more.iter().map(ExposeSecret::expose_secret);
        match self {
            Auth::None => kept.of([0; 2], || Redactor::new(more())),
            Auth::Fixed(credential) => kept.of([0; 2], || {
                // `Basic`, `Bearer`, `SSWS` stand before it, or nothing.
                let whole = credential.value.to_str().unwrap_or_default();
                let secret = whole.split_once(' ').map_or(whole, |(_, secret)| secret);
                Redactor::new(more().chain([secret]))
            }),
            Auth::Fetched(cache) => {
                let last = cache.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let tokens = [cache.held(), last];
                let number = |held: &Option<Arc<Held>>| held.as_ref().map_or(0, |held| held.number);
                kept.of([number(&tokens[0]), number(&tokens[1])], || {
                    let tokens = tokens.iter().flatten().map(|held| held.token.secret.expose_secret());
                    Redactor::new(more().chain(tokens))
                })
            }
        }
    }

    /// The text without what looks like a token, where tokens are fetched: one that nobody holds any more may be quoted.
    pub(crate) fn without_tokens(&self, text: String) -> String {
        if matches!(self, Auth::Fetched(_)) { jwt::hidden(&text) } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_shown() {
        let secret = SecretString::from("hunter2secret");
        let auth = Auth::Fixed(Credential::basic("jane", &secret).unwrap());
        assert!(!format!("{auth:?}").contains("amFuZ"));
        let echoed = "you sent Basic amFuZTpodW50ZXIyc2VjcmV0 and hunter2secret".to_owned();
        let echoed = auth.redactor(&Kept::default(), &[secret]).text(echoed);
        assert_eq!(echoed, format!("you sent Basic {REDACTED} and {REDACTED}"));
        assert!(Credential::scheme("SSWS", &SecretString::from("a\nb")).is_err());
    }
}
