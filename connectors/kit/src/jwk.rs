//! Public keys as JSON Web Keys (RFC 7517): how they are written, and what they verify.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flowrun_core::fault::{Fault, FaultKind, Result};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use serde_json::{Value, json};

use crate::algorithm::{Algorithm, Curve, Family};

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The point as `04`, x, y.
    Ec {
        curve: Curve,
        point: Vec<u8>,
    },
}

/// A public key, with the name it goes by.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The key's ID, `kid`.
    pub id: Option<String>,
    pub(crate) material: Material,
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.jwk())
    }
}

impl PublicKey {
    /// Reads a public JWK; one with private parts is refused.
    pub fn from_jwk(jwk: &Value) -> Result<PublicKey> {
        if jwk.get("d").is_some() {
            return Err(wrong("the JWK has private parts, where only a public key belongs"));
        }
        let material = match jwk["kty"].as_str() {
            Some("RSA") => Material::Rsa { modulus: member(jwk, "n")?, exponent: member(jwk, "e")? },
            Some("EC") => {
                let curve = curve(jwk)?;
                Material::Ec { curve, point: point(jwk, curve)? }
            }
            _ => return Err(wrong("the JWK's `kty` is neither RSA nor EC")),
        };
        Ok(PublicKey { id: jwk["kid"].as_str().map(str::to_owned), material })
    }

    /// The key as a JWK: the members that it must have, in the order of their names.
    pub fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.material {
            Material::Rsa { modulus, exponent } => {
                json!({ "e": text(exponent), "kty": "RSA", "n": text(modulus) })
            }
            Material::Ec { curve, point } => {
                let (x, y) = point[1..].split_at(curve.bytes());
                json!({ "crv": curve.name(), "kty": "EC", "x": text(x), "y": text(y) })
            }
        }
    }

    /// What identifies the key whatever its ID: the SHA-256 of its JWK (RFC 7638).
    pub fn thumbprint(&self) -> String {
        let hash = ring::digest::digest(&ring::digest::SHA256, self.jwk().to_string().as_bytes());
        URL_SAFE_NO_PAD.encode(hash)
    }

    /// Whether the key is of the kind that `algorithm` takes.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        algorithm.family() == self.family()
    }

    pub(crate) fn family(&self) -> Family {
        match self.material {
            Material::Rsa { .. } => Family::Rsa,
            Material::Ec { curve, .. } => Family::Ec(curve),
        }
    }

    /// Whether `signature` is this key's over `message`, by an algorithm that fits the key.
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (&self.material, algorithm) {
            (Material::Rsa { modulus, exponent }, _) => {
                let parameters = match algorithm {
                    Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                    Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                    Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
                    Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
                    Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
                    _ => return false,
                };
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(parameters, message, signature).is_ok()
            }
            (Material::Ec { curve, point }, _) if algorithm == curve.algorithm() => {
                let parameters: &dyn VerificationAlgorithm = match curve {
                    Curve::P256 => &signature::ECDSA_P256_SHA256_FIXED,
                    Curve::P384 => &signature::ECDSA_P384_SHA384_FIXED,
                };
                UnparsedPublicKey::new(parameters, point).verify(message, signature).is_ok()
            }
            (Material::Ec { .. }, _) => false,
        }
    }
}

/// Refuses a set of keys where one key belongs.
pub(crate) fn refuse_set(jwk: &Value) -> Result<()> {
    let Some(keys) = jwk["keys"].as_array() else { return Ok(()) };
    let many = if keys.len() == 1 { "one key".to_owned() } else { format!("{} keys", keys.len()) };
    Err(wrong(format!("this is a set of JWKs, with {many}"))
        .help("give one key of it: the object inside `keys`, from { to }"))
}

/// The curve of an EC key.
pub(crate) fn curve(jwk: &Value) -> Result<Curve> {
    let name = jwk["crv"].as_str().unwrap_or_default();
    Curve::named(name).ok_or_else(|| wrong_curve(if name.is_empty() { "without a name" } else { name }))
}

/// The fault of a key on a curve that is not used here.
pub(crate) fn wrong_curve(name: &str) -> Fault {
    wrong(format!("the EC key is on the curve {}, not on P-256 or P-384", clean(name)))
        .help("make an RSA key of 2048 bits or more, or an EC key on P-256, and register its public part")
}

/// The point of an EC key.
pub(crate) fn point(jwk: &Value, curve: Curve) -> Result<Vec<u8>> {
    let mut point = vec![4];
    for name in ["x", "y"] {
        point.extend(padded(&member(jwk, name)?, curve.bytes(), name)?);
    }
    Ok(point)
}

/// A number of so many bytes; some tools leave out zeros at the front.
pub(crate) fn padded(bytes: &[u8], length: usize, name: &str) -> Result<Vec<u8>> {
    let missing = length
        .checked_sub(bytes.len())
        .ok_or_else(|| wrong(format!("the JWK's `{name}` is longer than its curve allows")))?;
    Ok([&vec![0; missing], bytes].concat())
}

/// A member that holds bytes.
pub(crate) fn member(jwk: &Value, name: &str) -> Result<Vec<u8>> {
    let text = jwk[name].as_str().ok_or_else(|| wrong(format!("the JWK lacks `{name}`")))?;
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
    bytes
        .ok()
        .filter(|bytes| !bytes.is_empty())
        .ok_or_else(|| wrong(format!("the JWK's `{name}` is damaged: it isn't base64url")))
}

/// The fault of a key that can't be used.
pub(crate) fn wrong(message: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Connection, message.into())
}

/// What a message may show of a name that a key gives.
fn clean(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_that_of_the_rfc() {
        let jwk = json!({
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        });
        let key = PublicKey::from_jwk(&jwk).unwrap();
        assert_eq!(key.id.as_deref(), Some("2011-04-29"));
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn what_is_no_public_key_is_told() {
        let table = [
            (json!({ "kty": "oct", "k": "AAAA" }), "neither RSA nor EC"),
            (json!({ "kty": "RSA", "e": "AQAB" }), "lacks `n`"),
            (json!({ "kty": "RSA", "n": "?", "e": "AQAB" }), "`n` is damaged"),
            (json!({ "kty": "EC", "crv": "P-521", "x": "AA", "y": "AA" }), "curve P-521"),
            (json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA" }), "private parts"),
        ];
        for (jwk, expected) in table {
            let fault = PublicKey::from_jwk(&jwk).unwrap_err();
            assert!(fault.message.contains(expected), "{jwk}: {fault}");
        }
    }
}
