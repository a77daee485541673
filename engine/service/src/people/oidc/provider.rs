//! A provider, as it describes itself (OpenID Connect Discovery 1.0).

use std::sync::{Arc, Mutex, PoisonError};

use flowrun_kit::clock::Clock;
use serde_json::Value;

use crate::bearer::{Fetch, Keys, get, is_private};

/// Where a provider is asked for what.
pub(super) struct Described {
    pub(super) authorization: String,
    pub(super) token: String,
    pub(super) userinfo: Option<String>,
    pub(super) end_session: Option<String>,
    /// Whether it says on the way back who it is (RFC 9207).
    pub(super) names_itself: bool,
    pub(super) keys: Keys,
    keys_url: String,
}

/// A provider, asked when somebody first signs in and once a day from then on.
pub(super) struct Provider {
    pub(super) issuer: String,
    pub(super) fetch: Arc<dyn Fetch>,
    clock: Clock,
    known: Mutex<Option<(i64, Arc<Described>)>>,
}

const DAY_MS: i64 = 86_400_000;

impl Provider {
    pub(super) fn new(issuer: &str, fetch: Arc<dyn Fetch>, clock: Clock) -> Provider {
        Provider { issuer: issuer.to_owned(), fetch, clock, known: Mutex::default() }
    }

    /// Where it is asked for what. While it can't be reached, what it said last goes on counting.
    pub(super) async fn described(&self) -> Result<Arc<Described>, String> {
        let known = self.last();
        let now = self.clock.now_ms();
        if let Some((at, described)) = &known
            && now - at < DAY_MS
        {
            return Ok(described.clone());
        }
        match self.ask().await {
            Ok(described) => {
                // Its keys need not be asked for again where they lie as before.
                let described = match known {
                    Some((_, before)) if before.is_like(&described) => before,
                    _ => Arc::new(described),
                };
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, described.clone()));
                Ok(described)
            }
            Err(why) => known.map(|(_, described)| described).ok_or(why),
        }
    }

    /// What it said last, if it was asked.
    pub(super) fn last(&self) -> Option<(i64, Arc<Described>)> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn ask(&self) -> Result<Described, String> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let told = async { get(&*self.fetch, &url, None).await?.good() };
        let told = told.await.map_err(|why| format!("{url}: {why}"))?;
        let issuer = told["issuer"].as_str().unwrap_or_default();
        if issuer != self.issuer {
            return Err(format!(
                "{url} speaks for {issuer}, not for {}: set `issuer` to the letter",
                self.issuer
            ));
        }
        let keys_url = needed(&told, "jwks_uri")?;
        Ok(Described {
            authorization: needed(&told, "authorization_endpoint")?,
            token: needed(&told, "token_endpoint")?,
            userinfo: address(&told, "userinfo_endpoint")?,
            end_session: address(&told, "end_session_endpoint")?,
            names_itself: told["authorization_response_iss_parameter_supported"] == true,
            keys: Keys::new(self.fetch.clone(), self.clock.clone(), &keys_url),
            keys_url,
        })
    }
}

impl Described {
    fn is_like(&self, other: &Described) -> bool {
        let all = |one: &Described| {
            let Described { authorization, token, userinfo, end_session, names_itself, keys: _, keys_url } =
                one;
            let texts =
                [Some(authorization), Some(token), userinfo.as_ref(), end_session.as_ref(), Some(keys_url)];
            (texts.map(|text| text.cloned()), *names_itself)
        };
        all(self) == all(other)
    }
}

fn needed(told: &Value, name: &str) -> Result<String, String> {
    address(told, name)?.ok_or_else(|| format!("the provider does not say its `{name}`"))
}

fn address(told: &Value, name: &str) -> Result<Option<String>, String> {
    match told[name].as_str() {
        None => Ok(None),
        Some(url) if is_private(url) => Ok(Some(url.to_owned())),
        Some(_) => Err(format!("the provider's `{name}` is not encrypted")),
    }
}
