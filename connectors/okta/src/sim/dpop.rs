//! Looks at DPoP proofs (RFC 9449), as the token endpoint and the APIs do; refusals are in the words of Okta's oauth2-error-codes.json.

use super::OktaSim;
use super::paging::origin;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use flowrun_core::chance::mix;
use flowrun_kit::jwk::PublicKey;
use flowrun_kit::jwt::{self, Unverified};

/// How old a proof may be.
const WINDOW_MS: i64 = 300_000;

/// How far the client's clock may be ahead.
const AHEAD_MS: i64 = 60_000;

/// A new nonce is given out every day,
const DAY_MS: i64 = 86_400_000;

/// and counts for so many more.
const DAYS: i64 = 3;

/// What assertions and proofs may be signed by. Okta takes ES512 too, which no crate here checks.
const ALGORITHMS: [&str; 5] = ["RS256", "RS384", "RS512", "ES256", "ES384"];

/// Whether Okta takes what the JWT says that it is signed by.
pub(super) fn has_known_algorithm(jwt: &Unverified<'_>) -> bool {
    jwt.algorithm().is_some_and(|algorithm| ALGORITHMS.contains(&algorithm.name()))
}

/// Why a proof isn't one.
#[derive(Debug, PartialEq, Eq)]
pub enum Unproven {
    /// There is no proof.
    Missing,
    /// It is a good one, but for the nonce.
    Nonce,
    /// What is wrong with it.
    Wrong(&'static str),
}

/// The nonce that the token endpoint gives out at this time.
pub fn nonce(now_ms: i64) -> String {
    nonce_of(now_ms.div_euclid(DAY_MS))
}

fn nonce_of(day: i64) -> String {
    format!("{:016x}", mix(day.unsigned_abs()))
}

/// Checks the proof of a request: one with `token`, or one for a token. Gives the thumbprint of its key.
pub fn check(sim: &OktaSim, parts: &Parts, token: Option<&str>) -> Result<String, Unproven> {
    use Unproven::Wrong;
    let proof = header(&parts.headers)?;
    let jwt = Unverified::parse(proof).ok_or(Wrong("The DPoP proof JWT cannot be parsed."))?;
    if jwt.header["typ"] != "dpop+jwt" {
        return Err(Wrong("'typ' must be 'dpop+jwt' in the DPoP proof JWT."));
    }
    if !has_known_algorithm(&jwt) {
        return Err(Wrong("The DPoP proof JWT signature algorithm is invalid."));
    }
    let key = PublicKey::from_jwk(&jwt.header["jwk"]).map_err(|_| Wrong("The DPoP proof JWT is invalid."))?;
    if !jwt.is_signed_by(&key) {
        return Err(Wrong("The DPoP proof JWT signature is invalid."));
    }
    let claims = &jwt.claims;
    if claims["htm"] != parts.method.as_str() {
        return Err(Wrong("'htm' claim in the DPoP proof JWT is invalid."));
    }
    if claims["htu"] != format!("{}{}", origin(parts), parts.uri.path()) {
        return Err(Wrong("'htu' claim in the DPoP proof JWT is invalid."));
    }
    let now_ms = sim.now_ms();
    let made_ms = claims["iat"].as_i64().map(|seconds| seconds.saturating_mul(1000));
    let made_ms = made_ms.ok_or(Wrong("'iat' claim in the DPoP proof JWT is invalid."))?;
    if made_ms < now_ms - WINDOW_MS {
        return Err(Wrong("The DPoP proof JWT is issued more than five minutes in the past."));
    }
    if made_ms > now_ms + AHEAD_MS {
        return Err(Wrong("The DPoP proof JWT is issued in the future."));
    }
    let id = claims["jti"].as_str().filter(|id| !id.is_empty());
    let id = id.ok_or(Wrong("'jti' claim in the DPoP proof JWT is invalid."))?;
    match token {
        Some(token) if claims["ath"] != jwt::hash(token) => {
            return Err(Wrong("'ath' claim in the DPoP proof does not match the presented access_token."));
        }
        Some(_) => {}
        None => {
            let today = now_ms.div_euclid(DAY_MS);
            if !(today - DAYS..=today).any(|day| claims["nonce"] == nonce_of(day)) {
                return Err(Unproven::Nonce);
            }
        }
    }
    if !sim.tokens().first_use(format!("proof {id}"), made_ms + WINDOW_MS + 1, now_ms) {
        return Err(Wrong("The DPoP proof JWT has already been used."));
    }
    Ok(key.thumbprint())
}

/// The one proof of a request.
fn header(headers: &HeaderMap) -> Result<&str, Unproven> {
    let mut proofs = headers.get_all("dpop").iter();
    let proof = proofs.next().ok_or(Unproven::Missing)?;
    if proofs.next().is_some() {
        return Err(Unproven::Wrong("Multiple DPoP proof JWT headers are not allowed."));
    }
    proof.to_str().map_err(|_| Unproven::Wrong("The DPoP proof JWT cannot be parsed."))
}
