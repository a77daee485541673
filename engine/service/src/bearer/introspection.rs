//! Asking the server that made a token about it (RFC 7662).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_kit::clock::Clock;
use ring::digest::{SHA256, digest};

use super::claims::{Claims, Flaw};
use super::client::Client;
use super::fetch::{self, Fetch};
use super::keys::LONGEST_TOKEN;

/// Asks about tokens, about each at most once a minute: so long may a revoked one go on counting.
pub(crate) struct Introspection {
    fetch: Arc<dyn Fetch>,
    clock: Clock,
    url: String,
    client: Client,
    heard: Mutex<Heard>,
}

/// Answers by the SHA-256 of their tokens: tokens themselves are kept nowhere.
type Heard = BTreeMap<[u8; 32], Kept>;

struct Kept {
    until_ms: i64,
    claims: Result<Claims, Flaw>,
}

const MINUTE_MS: i64 = 60_000;

/// How many answers are kept: who sends garbage must not fill the memory.
const MOST_KEPT: usize = 10_000;

impl Introspection {
    pub(crate) fn new(fetch: Arc<dyn Fetch>, clock: Clock, url: String, client: Client) -> Introspection {
        Introspection { fetch, clock, url, client, heard: Mutex::default() }
    }

    /// What the server says of a token that it knows as active.
    pub(crate) async fn claims(&self, token: &str) -> Result<Claims, Flaw> {
        if token.len() > LONGEST_TOKEN {
            return Err(Flaw::bad("the token is too long to be one"));
        }
        let hash = hash(token);
        let now = self.clock.now_ms();
        if let Some(kept) = self.heard().get(&hash).filter(|kept| now < kept.until_ms) {
            return kept.claims.clone();
        }
        let claims = self.ask(token, now).await;
        if !matches!(claims, Err(Flaw::Unknown(_))) {
            self.keep(hash, now, &claims);
        }
        claims
    }

    async fn ask(&self, token: &str, now: i64) -> Result<Claims, Flaw> {
        let unknown =
            |why: String| Flaw::Unknown(format!("the token's issuer can't be asked about it: {why}"));
        let (headers, mut form) = self.client.prove(&self.url, now).map_err(unknown)?;
        form.push(("token", token.to_owned()));
        form.push(("token_type_hint", "access_token".to_owned()));
        let answer = fetch::post(&*self.fetch, &self.url, headers, &form).await.map_err(unknown)?;
        let claims = Claims(answer.good().map_err(unknown)?);
        if claims.0["active"] != true {
            return Err(Flaw::bad("the token's issuer says that it does not hold"));
        }
        // A refresh token may be active too.
        if claims.text("token_type").is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(Flaw::bad("this is no token for a bearer"));
        }
        claims.hold_now(now.div_euclid(1000), super::SKEW)?;
        Ok(claims)
    }

    /// Keeps an answer for a minute, or until the token ends.
    fn keep(&self, hash: [u8; 32], now: i64, claims: &Result<Claims, Flaw>) {
        let ends = claims.as_ref().ok().and_then(|claims| claims.seconds("exp").ok().flatten());
        let ends = ends.map_or(i64::MAX, |ends| ends.saturating_mul(1000));
        let until_ms = (now + MINUTE_MS).min(ends);
        let mut heard = self.heard();
        if heard.len() >= MOST_KEPT {
            heard.retain(|_, kept| now < kept.until_ms);
        }
        if heard.len() < MOST_KEPT {
            heard.insert(hash, Kept { until_ms, claims: claims.clone() });
        }
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(token: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    bytes
}
