//! Proofs that a token is in the hands it was given to (DPoP, RFC 9449).

use std::fmt;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use flowrun_core::fault::Result;
use flowrun_core::value::REDACTED;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::challenge;
use crate::chance::{no_chance, unique};
use crate::http::Response;
use crate::jwt;
use crate::signing_key::SigningKey;

/// The header that carries a proof.
pub const HEADER: HeaderName = HeaderName::from_static("dpop");
/// The header by which an answer gives the nonce for later proofs.
pub const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Where a proof is shown; each has nonces of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where tokens are issued.
    Login,
    /// Where they are used.
    Api,
}

/// Makes the proofs of one connection, by a key that never leaves it.
pub struct Prover {
    key: SigningKey,
    nonces: Mutex<[Option<String>; 2]>,
}

impl fmt::Debug for Prover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Prover {
    /// A prover with a new key.
    pub fn new() -> Result<Prover> {
        Ok(Prover { key: SigningKey::generate()?, nonces: Mutex::default() })
    }

    /// A proof for one request to `url`, which nobody can use again; with `token` if the request carries one.
    pub fn proof(
        &self,
        method: &Method,
        url: &str,
        now_ms: i64,
        token: Option<&SecretString>,
    ) -> Result<HeaderValue> {
        let mut claims = json!({
            "htm": method.as_str(),
            "htu": url.split(['?', '#']).next(),
            "iat": now_ms.div_euclid(1000),
            "jti": unique()?,
        });
        if let Some(token) = token {
            claims["ath"] = jwt::hash(token.expose_secret()).into();
        }
        let side = if token.is_some() { Side::Api } else { Side::Login };
        if let Some(nonce) = &self.nonces.lock().unwrap_or_else(PoisonError::into_inner)[side as usize] {
            claims["nonce"] = nonce.as_str().into();
        }
        let header = json!({ "typ": "dpop+jwt", "jwk": self.key.public().jwk() });
        let proof = jwt::sign(&self.key, &header, &claims)?;
        let mut value = HeaderValue::from_str(proof.expose_secret()).map_err(|_| no_chance())?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Keeps the nonce that an answer gives, if it gives one; whether it did.
    pub fn hear(&self, side: Side, headers: &HeaderMap) -> bool {
        let Some(nonce) = headers.get(NONCE).and_then(|value| value.to_str().ok()) else { return false };
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner)[side as usize] = Some(nonce.to_owned());
        true
    }
}

/// What an API has against a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Complaint {
    /// It lacks the nonce, which the answer gives (RFC 9449, section 9).
    Nonce,
    /// It isn't one, or not for this request, this time or this token; or it was used before.
    Proof,
}

/// What an answer has against the proof of its request, if that is why it refuses: with 401 as RFC 9449 has it (section 7.1),
/// or with 400 as Okta does.
pub(crate) fn complaint(response: &Response) -> Option<Complaint> {
    if !matches!(response.status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED) {
        return None;
    }
    match challenge::parameter(&response.headers, "error")?.as_str() {
        "use_dpop_nonce" if response.headers.contains_key(NONCE) => Some(Complaint::Nonce),
        "invalid_dpop_proof" => Some(Complaint::Proof),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwk::PublicKey;
    use crate::jwt::Unverified;
    use serde_json::Value;

    fn read(proof: &HeaderValue) -> (Value, Value) {
        let jwt = Unverified::parse(proof.to_str().unwrap()).unwrap();
        assert!(jwt.is_signed_by(&PublicKey::from_jwk(&jwt.header["jwk"]).unwrap()));
        (jwt.header, jwt.claims)
    }

    #[test]
    fn each_proof_is_for_one_request() {
        let prover = Prover::new().unwrap();
        let url = "https://acme.okta.com/api/v1/users?limit=1#top";
        let token = SecretString::from("abc");
        let proof = || prover.proof(&Method::GET, url, 5_500, Some(&token)).unwrap();
        let (header, first) = read(&proof());
        assert_eq!(header["typ"], "dpop+jwt");
        assert_eq!((&first["htm"], &first["iat"]), (&json!("GET"), &json!(5)));
        assert_eq!(first["htu"], "https://acme.okta.com/api/v1/users");
        assert_eq!(first["ath"], "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        assert_ne!(first["jti"], read(&proof()).1["jti"]);
        assert!(proof().is_sensitive());
        assert!(!format!("{prover:?}").contains("eyJ"));
    }

    #[test]
    fn nonces_stay_on_their_side() {
        let prover = Prover::new().unwrap();
        let given = |nonce: &'static str| HeaderMap::from_iter([(NONCE, HeaderValue::from_static(nonce))]);
        assert!(!prover.hear(Side::Login, &HeaderMap::new()));
        prover.hear(Side::Login, &given("old"));
        prover.hear(Side::Login, &given("new"));
        let nonce =
            |token| read(&prover.proof(&Method::POST, "https://a.b/", 0, token).unwrap()).1["nonce"].clone();
        let token = SecretString::from("abc");
        assert_eq!((nonce(None), nonce(Some(&token))), (json!("new"), Value::Null));
        prover.hear(Side::Api, &given("api"));
        assert_eq!((nonce(None), nonce(Some(&token))), (json!("new"), json!("api")));
    }
}
