//! JSON Web Tokens in their compact form (RFC 7515): made of claims, and taken apart.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flowrun_core::fault::Result;
use flowrun_core::value::REDACTED;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::algorithm::Algorithm;
use crate::jwk::PublicKey;
use crate::jwt_keys::{Signer, Verifier};
use crate::signing_key::SigningKey;

/// Signs `claims`. The header says the algorithm, and what `header` adds to it.
pub fn sign(key: &SigningKey, header: &Value, claims: &Value) -> Result<SecretString> {
    compose(key.algorithm(), header, claims, |message| key.sign(message))
}

/// Signs `claims` by `signer`; `header` is as for [`sign`].
pub fn sign_with(signer: &Signer, header: &Value, claims: &Value) -> Result<SecretString> {
    compose(signer.algorithm(), header, claims, |message| signer.sign(message))
}

fn compose(
    algorithm: Algorithm,
    header: &Value,
    claims: &Value,
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>>,
) -> Result<SecretString> {
    let mut whole = json!({ "alg": algorithm.name() });
    if let (Some(whole), Some(more)) = (whole.as_object_mut(), header.as_object()) {
        whole.extend(more.clone());
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&whole), part(claims));
    let signature = sign(signed.as_bytes())?;
    Ok(SecretString::from(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
}

/// The SHA-256 of `text`, as DPoP proofs quote a token.
pub fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()))
}

/// `text` with dots in place of whatever looks like a JWT: tokens, assertions and proofs are secrets, wherever they turn up.
pub fn hidden(text: &str) -> String {
    // Every JWT starts like this: it is `{"` in base64.
    const START: &str = "eyJ";
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(START) {
        let found = &rest[at..];
        let inside = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let end = found.find(|letter| !inside(letter)).unwrap_or(found.len());
        shown.push_str(&rest[..at]);
        shown.push_str(if found[..end].contains('.') { REDACTED } else { &found[..end] });
        rest = &found[end..];
    }
    shown.push_str(rest);
    shown
}

/// A JWT taken apart; nothing says yet that it is genuine.
pub struct Unverified<'a> {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

impl Unverified<'_> {
    /// Takes a compact JWT apart, if it is one.
    pub fn parse(text: &str) -> Option<Unverified<'_>> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let object = |part: &str| {
            let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
            value.is_object().then_some(value)
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Unverified { header: object(header)?, claims: object(claims)?, signed, signature })
    }

    /// The algorithm that it says it is signed by, if that is one that counts; `none` does not.
    pub fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::named(self.header["alg"].as_str()?)
    }

    /// Whether `key` signed it.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let verified = |algorithm| key.verifies(algorithm, self.signed.as_bytes(), &self.signature);
        self.algorithm().is_some_and(verified)
    }

    /// Whether what `verifier` was made of signed it, by the verifier's algorithm; what the token says of itself is not asked.
    pub fn is_signed_for(&self, verifier: &Verifier) -> bool {
        verifier.verifies(self.signed.as_bytes(), &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn what_is_signed_verifies_and_nothing_else_does() {
        let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let jwt = sign(&key, &json!({ "typ": "JWT" }), &json!({ "sub": "me" })).unwrap();
        let text = jwt.expose_secret();
        let read = Unverified::parse(text).unwrap();
        assert_eq!(read.header, json!({ "alg": "ES256", "typ": "JWT" }));
        assert_eq!(read.claims, json!({ "sub": "me" }));
        assert!(read.is_signed_by(key.public()));
        assert!(!read.is_signed_by(other.public()));

        let forged = URL_SAFE_NO_PAD.encode(r#"{"sub":"you"}"#);
        let parts: Vec<&str> = text.split('.').collect();
        let forged = [parts[0], &forged, parts[2]].join(".");
        assert!(!Unverified::parse(&forged).unwrap().is_signed_by(key.public()));
        let none = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), parts[1]);
        assert!(!Unverified::parse(&none).unwrap().is_signed_by(key.public()));
        for broken in ["", "a.b", "a.b.c", &text[1..], &text[..text.len() - 1]] {
            let genuine = Unverified::parse(broken).is_some_and(|jwt| jwt.is_signed_by(key.public()));
            assert!(!genuine, "{broken}");
        }
    }

    #[test]
    fn what_looks_like_one_is_hidden() {
        let text = "no eyJhbGciOi.eyJzdWIi.c2ln, no eyJhbGciOi.eyJzdWIi. but eyJ and keyJ";
        assert_eq!(hidden(text), format!("no {REDACTED}, no {REDACTED} but eyJ and keyJ"));
    }

    #[test]
    fn a_hash_is_the_sha_256_in_base64url() {
        assert_eq!(hash("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }
}
