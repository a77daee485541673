//! Secrets that the service gives away: shown once, and kept as their hashes alone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::hmac;

use crate::names::{chance, hex};

/// A text of 256 bits of chance.
pub(super) fn fresh() -> String {
    URL_SAFE_NO_PAD.encode(chance::<32>())
}

/// The SHA-256 of a secret, as it is written in the store.
///
/// Secrets are looked up by it. How long that takes tells at most how a hash begins, and nobody finds a secret to a hash: so no
/// secret itself is ever compared letter by letter. A slow hash is for passwords; these have 256 bits of chance.
pub(super) fn hash(secret: &str) -> String {
    hex(digest(&SHA256, secret.as_bytes()).as_ref())
}

/// What proves that somebody knows `secret` in the matter of `purpose`, without showing it.
pub(super) fn proof(secret: &str, purpose: &str) -> String {
    URL_SAFE_NO_PAD
        .encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), purpose.as_bytes()))
}

/// Whether `given` is that proof; it takes the same time wherever they differ.
pub(super) fn proves(given: &str, secret: &str, purpose: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    URL_SAFE_NO_PAD.decode(given).is_ok_and(|tag| hmac::verify(&key, purpose.as_bytes(), &tag).is_ok())
}

/// Whether two secrets are the same; it takes the same time wherever they differ.
pub(crate) fn are_same(one: &str, other: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &chance::<32>());
    hmac::verify(&key, one.as_bytes(), hmac::sign(&key, other.as_bytes()).as_ref()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_and_proofs_are_the_standards() {
        // FIPS 180-2, appendix B.1; RFC 4231, test case 2 (as base64url of its bytes).
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let tag = proof("Jefe", "what do ya want for nothing?");
        assert_eq!(tag, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM");
        assert!(proves(&tag, "Jefe", "what do ya want for nothing?"));
        assert!(!proves(&tag, "Jefe", "else") && !proves("", "Jefe", "else") && !proves("!", "Jefe", "else"));
    }

    #[test]
    fn secrets_differ_and_are_compared_whole() {
        let (one, other) = (fresh(), fresh());
        assert_eq!(one.len(), 43);
        assert!(one != other && are_same(&one, &one) && !are_same(&one, &other));
        assert!(!are_same(&one, &one[..42]) && !are_same("", &one) && are_same("", ""));
    }
}
