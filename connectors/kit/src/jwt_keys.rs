//! What signs and verifies JWTs by one algorithm: a secret that both sides share, or a pair of keys.

use flowrun_core::fault::Result;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::algorithm::{Algorithm, Family};
use crate::jwk::{PublicKey, member, wrong};
use crate::pem;
use crate::signing_key::{ALGORITHMS_OF_KEYS, SigningKey};

/// Signs by one algorithm; it never shows its key.
#[derive(Debug)]
pub struct Signer(Signing);

#[derive(Debug)]
enum Signing {
    Shared(Algorithm, hmac::Key),
    Private(SigningKey),
}

impl Signer {
    /// Reads the key that `algorithm` takes: for HS256, HS384 and HS512 the shared secret, as it is or as a JWK of type `oct`,
    /// for the others what [`SigningKey::read`] takes.
    pub fn read(key: &SecretString, algorithm: Algorithm) -> Result<Signer> {
        Ok(Signer(match shared(algorithm) {
            Some(hash) => Signing::Shared(algorithm, secret(key.expose_secret(), algorithm, hash)?),
            None => Signing::Private(SigningKey::read(key)?.by(algorithm)?),
        }))
    }

    /// The algorithm that it signs by.
    pub fn algorithm(&self) -> Algorithm {
        match &self.0 {
            Signing::Shared(algorithm, _) => *algorithm,
            Signing::Private(key) => key.algorithm(),
        }
    }

    /// The signature of `message`, as a JWT has it before it is written.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        match &self.0 {
            Signing::Shared(_, key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
            Signing::Private(key) => key.sign(message),
        }
    }
}

/// Verifies by one algorithm, whatever a token says of itself.
#[derive(Debug)]
pub struct Verifier(Verifying);

#[derive(Debug)]
enum Verifying {
    Shared(hmac::Key),
    Public(Algorithm, PublicKey),
}

impl Verifier {
    /// Reads the key that `algorithm` takes: the shared secret as [`Signer::read`] does, or what [`PublicKey::read`] takes.
    pub fn read(key: &SecretString, algorithm: Algorithm) -> Result<Verifier> {
        if let Some(hash) = shared(algorithm) {
            return secret(key.expose_secret(), algorithm, hash).map(|key| Verifier(Verifying::Shared(key)));
        }
        let key = PublicKey::read(key.expose_secret())?;
        if !key.fits(algorithm) {
            let message = format!("the public key does not fit {}", algorithm.name());
            return Err(wrong(message).help(ALGORITHMS_OF_KEYS));
        }
        Ok(Verifier(Verifying::Public(algorithm, key)))
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Verifying::Shared(key) => hmac::verify(key, message, signature).is_ok(),
            Verifying::Public(algorithm, key) => key.verifies(*algorithm, message, signature),
        }
    }
}

/// The hash function of an algorithm whose key is shared.
fn shared(algorithm: Algorithm) -> Option<hmac::Algorithm> {
    (algorithm.family() == Family::Shared).then_some(match algorithm {
        Algorithm::Hs384 => hmac::HMAC_SHA384,
        Algorithm::Hs512 => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    })
}

fn secret(text: &str, algorithm: Algorithm, hash: hmac::Algorithm) -> Result<hmac::Key> {
    let name = algorithm.name();
    if text.trim().is_empty() {
        return Err(wrong("the key is blank"));
    }
    // A public key taken for a shared secret would let everyone sign who has seen it.
    if text.contains(pem::BEGIN) {
        return Err(wrong(format!("{name} takes a secret that both sides share, not a key in PEM"))
            .help("ask for RS256 or ES256, if that is how the token is signed"));
    }
    let jwk: Option<Value> = serde_json::from_str(text).ok().filter(|jwk: &Value| jwk.get("kty").is_some());
    match jwk {
        None => Ok(hmac::Key::new(hash, text.as_bytes())),
        Some(jwk) if jwk["kty"] == "oct" => Ok(hmac::Key::new(hash, &member(&jwk, "k")?)),
        Some(_) => {
            Err(wrong(format!("{name} takes a secret that both sides share: a JWK whose `kty` is oct")))
        }
    }
}
