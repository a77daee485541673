//! The keys by which a server signs its tokens (RFC 7517), as it publishes them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_kit::algorithm::Algorithm;
use flowrun_kit::clock::Clock;
use flowrun_kit::jwk::PublicKey;
use flowrun_kit::jwt::Unverified;
use serde_json::Value;

use super::claims::{Claims, Flaw};
use super::fetch::{self, Fetch};

/// Published keys, asked for when they are needed and kept for as long as their server says.
///
/// A key that is not among them is looked for again, but at most once a minute, whoever asks. While the server can't be
/// reached, the keys that it had go on counting for a day.
pub(crate) struct Keys {
    fetch: Arc<dyn Fetch>,
    clock: Clock,
    url: String,
    known: Mutex<Known>,
    /// One asks; those who come meanwhile wait for what it hears.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct Known {
    keys: Arc<[PublicKey]>,
    asked_ms: Option<i64>,
    heard_ms: Option<i64>,
    fresh_until_ms: i64,
}

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// How soon a server that did not answer is asked again, when there are no keys at all.
const AGAIN_MS: i64 = 5_000;

/// How long keys count whose server does not say: an hour.
const MAX_AGE: i64 = 3_600;

/// More keys than this no server has.
const MOST_KEYS: usize = 100;

/// The longest token that is looked at: headers of HTTP are not longer.
pub(crate) const LONGEST_TOKEN: usize = 16_384;

impl Keys {
    pub(crate) fn new(fetch: Arc<dyn Fetch>, clock: Clock, url: &str) -> Keys {
        Keys {
            fetch,
            clock,
            url: url.to_owned(),
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// The claims of a JWT that one of the keys has signed, by RS256. What else must be true of them the caller asks.
    pub(crate) async fn genuine(&self, token: &str) -> Result<Claims, Flaw> {
        let unread = || Flaw::bad("this isn't a JWT");
        if token.len() > LONGEST_TOKEN {
            return Err(unread());
        }
        let jwt = Unverified::parse(token).ok_or_else(unread)?;
        // By what a token is signed is the server's decision, never the token's.
        if jwt.algorithm() != Some(Algorithm::Rs256) {
            return Err(Flaw::bad("the token is not signed by RS256"));
        }
        if jwt.header.get("crit").is_some() {
            return Err(Flaw::bad(
                "the token's header demands an extension, under `crit`, that is not known here",
            ));
        }
        let id = jwt.header["kid"].as_str().ok_or_else(|| Flaw::bad("the token does not name its key"))?;
        let keys = self.named(id).await?;
        if !keys.iter().any(|key| jwt.is_signed_by(key)) {
            return Err(Flaw::bad("the token's signature is not that of its issuer"));
        }
        Ok(Claims(jwt.claims))
    }

    /// The keys of this name: more than one, where a server is careless with names.
    async fn named(&self, id: &str) -> Result<Vec<PublicKey>, Flaw> {
        if let Some(found) = self.found(id) {
            return Ok(found);
        }
        let turn = self.asking.lock().await;
        let found = match self.found(id) {
            // Somebody else has asked meanwhile.
            Some(found) => Ok(found),
            None => self.asked(id).await,
        };
        drop(turn);
        found
    }

    /// The keys of this name among those that are known to hold.
    fn found(&self, id: &str) -> Option<Vec<PublicKey>> {
        let known = self.known();
        let fresh = self.clock.now_ms() < known.fresh_until_ms;
        let found = named(&known.keys, id);
        (fresh && !found.is_empty()).then_some(found)
    }

    async fn asked(&self, id: &str) -> Result<Vec<PublicKey>, Flaw> {
        let unknown = || Flaw::bad("the token is signed by a key that its issuer does not have");
        let now = self.clock.now_ms();
        let before = self.known().clone();
        let since = |at: Option<i64>| at.map_or(i64::MAX, |at| now - at);
        let kept = since(before.heard_ms) < DAY_MS;
        let pause = if kept { MINUTE_MS } else { AGAIN_MS };
        if since(before.asked_ms) < pause {
            return match named(&before.keys, id) {
                found if kept && !found.is_empty() => Ok(found),
                _ if kept => Err(unknown()),
                _ => Err(Flaw::Unknown(
                    "the keys of the issuer could not be asked for a moment ago".to_owned(),
                )),
            };
        }
        self.known().asked_ms = Some(now);
        match self.ask().await {
            Ok((keys, max_age)) => {
                let found = named(&keys, id);
                let heard = self.clock.now_ms();
                let mut known = self.known();
                known.keys = keys.into();
                known.heard_ms = Some(heard);
                known.fresh_until_ms = heard + max_age.clamp(60, 86_400) * 1000;
                drop(known);
                if found.is_empty() { Err(unknown()) } else { Ok(found) }
            }
            Err(why) => match named(&before.keys, id) {
                found if kept && !found.is_empty() => Ok(found),
                _ => Err(Flaw::Unknown(format!("the keys of the issuer, {}, can't be had: {why}", self.url))),
            },
        }
    }

    /// Asks for the keys; gives them and for how many seconds they hold.
    async fn ask(&self) -> Result<(Vec<PublicKey>, i64), String> {
        let answer = fetch::get(&*self.fetch, &self.url, None).await?;
        let max_age = answer.max_age.unwrap_or(MAX_AGE);
        let body = answer.good()?;
        let keys = body["keys"].as_array().ok_or("the answer has no `keys`")?;
        let keys: Vec<PublicKey> = keys.iter().take(MOST_KEYS).filter_map(signs).collect();
        if keys.is_empty() {
            return Err("none of the keys signs by RS256".to_owned());
        }
        Ok((keys, max_age))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn named(keys: &[PublicKey], id: &str) -> Vec<PublicKey> {
    keys.iter().filter(|key| key.id.as_deref() == Some(id)).cloned().collect()
}

/// A key, if it is one that signs by RS256: others may stand beside it.
fn signs(jwk: &Value) -> Option<PublicKey> {
    let is = |member: &str, wanted: &str| jwk.get(member).is_none_or(|value| value == wanted);
    let key = PublicKey::from_jwk(jwk).ok()?;
    (is("use", "sig") && is("alg", "RS256") && key.fits(Algorithm::Rs256)).then_some(key)
}
