//! Private keys: read from PEM or a JWK, or made; each signs by one algorithm.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flowrun_core::fault::{Fault, Result};
use flowrun_core::value::REDACTED;
use ring::error::KeyRejected;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use ring::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::algorithm::{Algorithm, Curve};
use crate::chance::no_chance;
use crate::der;
use crate::jwk::{self, Material, PublicKey, wrong};
use crate::pem::{self, Found};

/// A private key that signs JWTs; it never shows itself.
pub struct SigningKey {
    pair: Pair,
    algorithm: Algorithm,
    public: PublicKey,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {REDACTED}", self.algorithm.name())
    }
}

impl SigningKey {
    /// Reads a key from PEM (PKCS #8, PKCS #1 or SEC 1) or from a private JWK.
    ///
    /// The lines of a PEM may be joined, by spaces or by `\n` spelled out, as environments and files of settings do.
    pub fn read(text: &SecretString) -> Result<SigningKey> {
        let text = text.expose_secret().trim();
        if text.starts_with('{') {
            return from_jwk(text);
        }
        from_pem(text)
    }

    /// Makes a new key on P-256, and gives it as PKCS #8 too.
    pub fn generate_with_pem() -> Result<(SigningKey, SecretString)> {
        let made = EcdsaKeyPair::generate_pkcs8(signing(Curve::P256), &SystemRandom::new());
        let made = made.map_err(|_| no_chance())?;
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(made.as_ref())
        );
        Ok((ec_from_pkcs8(Curve::P256, made.as_ref())?, SecretString::from(pem)))
    }

    /// Makes a new key on P-256.
    pub fn generate() -> Result<SigningKey> {
        SigningKey::generate_with_pem().map(|(key, _)| key)
    }

    /// The same key under another ID.
    pub fn named(mut self, id: &str) -> SigningKey {
        self.public.id = Some(id.to_owned());
        self
    }

    /// The same key, signing by `algorithm`, which must be one that takes such a key.
    pub fn by(mut self, algorithm: Algorithm) -> Result<SigningKey> {
        if !self.public.fits(algorithm) {
            let message = format!("the private key does not fit {}", algorithm.name());
            return Err(wrong(message).help(ALGORITHMS_OF_KEYS));
        }
        self.algorithm = algorithm;
        Ok(self)
    }

    /// The algorithm that it signs by.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public part.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message`.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ec(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| no_chance()),
            Pair::Rsa(pair) => {
                let padding: &dyn signature::RsaEncoding = match self.algorithm {
                    Algorithm::Ps256 => &signature::RSA_PSS_SHA256,
                    Algorithm::Ps384 => &signature::RSA_PSS_SHA384,
                    Algorithm::Ps512 => &signature::RSA_PSS_SHA512,
                    Algorithm::Rs384 => &signature::RSA_PKCS1_SHA384,
                    Algorithm::Rs512 => &signature::RSA_PKCS1_SHA512,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &random, message, &mut signature).map_err(|_| no_chance())?;
                Ok(signature)
            }
        }
    }
}

/// Which keys sign by what.
pub(crate) const ALGORITHMS_OF_KEYS: &str = "RSA keys sign by RS256, RS384, RS512, PS256, PS384 or PS512, EC keys on P-256 by ES256, on P-384 by ES384";

fn signing(curve: Curve) -> &'static EcdsaSigningAlgorithm {
    match curve {
        Curve::P256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        Curve::P384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
    }
}

fn rsa(pair: RsaKeyPair) -> SigningKey {
    let parts: PublicKeyComponents<Vec<u8>> = pair.public().into();
    let material = Material::Rsa { modulus: parts.n, exponent: parts.e };
    SigningKey {
        pair: Pair::Rsa(pair),
        algorithm: Algorithm::Rs256,
        public: PublicKey { id: None, material },
    }
}

fn ec(curve: Curve, pair: EcdsaKeyPair) -> SigningKey {
    let material = Material::Ec { curve, point: pair.public_key().as_ref().to_vec() };
    SigningKey {
        pair: Pair::Ec(pair),
        algorithm: curve.algorithm(),
        public: PublicKey { id: None, material },
    }
}

fn ec_from_pkcs8(curve: Curve, der: &[u8]) -> Result<SigningKey> {
    let pair = EcdsaKeyPair::from_pkcs8(signing(curve), der, &SystemRandom::new());
    pair.map(|pair| ec(curve, pair)).map_err(rejected)
}

/// The fault of a key that does not hold together; ring says no more than a word, which holds nothing of the key.
fn rejected(why: KeyRejected) -> Fault {
    if why.to_string() == "TooSmall" {
        return wrong("the RSA key has fewer than 2048 bits").help("make one of 2048 bits or more");
    }
    wrong(format!("the private key is damaged, or not complete ({why})"))
        .help("copy it again, whole; `openssl pkey -check` tells whether the file is good")
}

fn from_pem(text: &str) -> Result<SigningKey> {
    if text.contains("ENCRYPTED") {
        return Err(wrong("the private key is encrypted").help(
            "take the password off, and keep the result as a secret: openssl pkey -in key.pem -out plain.pem",
        ));
    }
    match pem::find(text, &["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"], "the private key")? {
        Found::Block { label, der } => from_der(label, &der),
        Found::Other(label) => Err(no_private_key(label)),
    }
}

fn from_der(label: &str, der: &[u8]) -> Result<SigningKey> {
    match label {
        "RSA PRIVATE KEY" => RsaKeyPair::from_der(der).map(rsa).map_err(rejected),
        "EC PRIVATE KEY" => {
            let curve = der::curve(der)?;
            ec_from_pkcs8(curve, &der::wrap_sec1(curve, der))
        }
        _ if der::is_rsa(der) => RsaKeyPair::from_pkcs8(der).map(rsa).map_err(rejected),
        _ if der::is_ec(der) => ec_from_pkcs8(der::curve(der)?, der),
        _ => Err(wrong("the private key is neither an RSA key nor an EC key, or it is damaged")
            .help("make an RSA key: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048")),
    }
}

/// The fault of a text whose first block is called `label`.
fn no_private_key(label: Option<&str>) -> Fault {
    match label {
        Some("CERTIFICATE") => {
            wrong("this is a certificate, not a private key").help("give the key that belongs to it")
        }
        Some("PUBLIC KEY" | "RSA PUBLIC KEY") => {
            wrong("this is a public key; the private one is needed to sign")
        }
        Some("OPENSSH PRIVATE KEY") => wrong("this is an OpenSSH key, not PEM")
            .help("convert a copy of it: ssh-keygen -p -m PKCS8 -f key"),
        _ => wrong("the private key is neither PEM (-----BEGIN PRIVATE KEY-----) nor a JWK")
            .help("give the key itself, not the name of its file: \"$(cat key.pem)\""),
    }
}

fn from_jwk(text: &str) -> Result<SigningKey> {
    // The parser's own message would quote what it stumbled over.
    let jwk: Value = serde_json::from_str(text).map_err(|error| {
        wrong(format!("the private key isn't JSON, at line {} column {}", error.line(), error.column()))
            .help("copy the JWK again, whole, from { to }")
    })?;
    jwk::refuse_set(&jwk)?;
    if jwk.get("d").is_none() && jwk.get("kty").is_some() {
        return Err(wrong("this JWK is a public key: it lacks `d`; the private one is needed to sign"));
    }
    let mut key = match jwk["kty"].as_str() {
        Some("RSA") => rsa_from_jwk(&jwk)?,
        Some("EC") => ec_from_jwk(&jwk)?,
        _ => return Err(wrong("the JWK's `kty` is neither RSA nor EC")),
    };
    if let Some(name) = jwk["alg"].as_str() {
        let fits = |algorithm: &Algorithm| key.public.fits(*algorithm);
        key.algorithm = Algorithm::named(name)
            .filter(fits)
            .ok_or_else(|| wrong("the JWK's `alg` does not fit the key").help(ALGORITHMS_OF_KEYS))?;
    }
    key.public.id = jwk["kid"].as_str().map(str::to_owned);
    Ok(key)
}

fn rsa_from_jwk(jwk: &Value) -> Result<SigningKey> {
    let [n, e, d, p, q, dp, dq, qi] =
        ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(|name| jwk::member(jwk, name));
    let components = KeyPairComponents {
        public_key: PublicKeyComponents { n: n?, e: e? },
        d: d?,
        p: p?,
        q: q?,
        dP: dp?,
        dQ: dq?,
        qInv: qi?,
    };
    RsaKeyPair::from_components(&components).map(rsa).map_err(rejected)
}

fn ec_from_jwk(jwk: &Value) -> Result<SigningKey> {
    let curve = jwk::curve(jwk)?;
    let private = jwk::padded(&jwk::member(jwk, "d")?, curve.bytes(), "d")?;
    let point = jwk::point(jwk, curve)?;
    let pair =
        EcdsaKeyPair::from_private_key_and_public_key(signing(curve), &private, &point, &SystemRandom::new());
    pair.map(|pair| ec(curve, pair)).map_err(rejected)
}
