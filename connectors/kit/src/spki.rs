//! Public keys as files hold them: in PEM (SPKI, PKCS #1, or inside a certificate) or as a JWK.

use flowrun_core::fault::{Fault, Result};
use serde_json::Value;

use crate::der::{self, INTEGER, Reader, SEQUENCE};
use crate::jwk::{self, Material, PublicKey, wrong};
use crate::pem::{self, Found};

/// What ring verifies by: smaller keys can be broken.
const MIN_RSA_BYTES: usize = 2048 / 8;

impl PublicKey {
    /// Reads a public key from PEM (`PUBLIC KEY`, `RSA PUBLIC KEY`, `CERTIFICATE`) or from a JWK.
    ///
    /// Of a certificate only the key is read: neither who issued it nor whether it has run out is asked.
    pub fn read(text: &str) -> Result<PublicKey> {
        let text = text.trim();
        let key = if text.starts_with('{') { from_jwk(text)? } else { from_pem(text)? };
        match &key.material {
            Material::Rsa { modulus, .. } if modulus.len() < MIN_RSA_BYTES => {
                Err(wrong("the RSA key has fewer than 2048 bits").help("make one of 2048 bits or more"))
            }
            _ => Ok(key),
        }
    }
}

fn from_jwk(text: &str) -> Result<PublicKey> {
    // The parser's own message would quote what it stumbled over.
    let jwk: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        wrong(format!("the public key isn't JSON, at line {line} column {column}"))
            .help("copy the JWK again, whole, from { to }")
    })?;
    jwk::refuse_set(&jwk)?;
    PublicKey::from_jwk(&jwk)
}

fn from_pem(text: &str) -> Result<PublicKey> {
    let found = pem::find(text, &["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"], "the public key")?;
    let Found::Block { label, der } = found else { return Err(no_public_key(text)) };
    let mut der = Reader(&der);
    let material = match label {
        "RSA PUBLIC KEY" => rsa(&mut der).ok_or_else(damaged),
        "CERTIFICATE" => {
            certificate(der).and_then(|mut key| spki(&mut key)).unwrap_or_else(|| Err(damaged()))
        }
        _ => spki(&mut der).unwrap_or_else(|| Err(damaged())),
    }?;
    Ok(PublicKey { id: None, material })
}

fn no_public_key(text: &str) -> Fault {
    if text.contains("PRIVATE KEY-----") {
        return wrong("this is a private key, where the public one belongs")
            .help("verifying needs no more than the public part: openssl pkey -in key.pem -pubout");
    }
    wrong("the public key is neither PEM (-----BEGIN PUBLIC KEY-----) nor a JWK")
        .help("give the key itself, not the name of its file")
}

fn damaged() -> Fault {
    wrong("the public key is damaged, or not complete").help("copy it again, whole")
}

/// An RSA key of PKCS #1: the modulus and the exponent.
fn rsa(der: &mut Reader<'_>) -> Option<Material> {
    let mut key = Reader(der.next(SEQUENCE)?);
    Some(Material::Rsa { modulus: key.number()?.to_vec(), exponent: key.number()?.to_vec() })
}

/// A key behind its kind; nothing if it is cut off, a fault if it is of another kind.
fn spki(der: &mut Reader<'_>) -> Option<Result<Material>> {
    let mut whole = Reader(der.next(SEQUENCE)?);
    let kind = whole.next(SEQUENCE)?;
    let key = whole.bits()?;
    if kind.starts_with(der::RSA) {
        return rsa(&mut Reader(key)).map(Ok);
    }
    if !kind.starts_with(der::EC) {
        return Some(Err(wrong("the public key is neither an RSA key nor an EC key")));
    }
    let curve = match der::curve(kind) {
        Ok(curve) => curve,
        Err(fault) => return Some(Err(fault)),
    };
    if key.first() == Some(&4) && key.len() == 1 + 2 * curve.bytes() {
        return Some(Ok(Material::Ec { curve, point: key.to_vec() }));
    }
    Some(Err(wrong("the EC key's point is compressed or damaged")
        .help("write it out: openssl pkey -pubin -in key.pem -pubout -ec_conv_form uncompressed")))
}

/// The place in a certificate (RFC 5280) where the key stands: behind its number, algorithm, issuer, validity and subject.
fn certificate(mut der: Reader<'_>) -> Option<Reader<'_>> {
    const VERSION: u8 = 0xA0;
    let mut whole = Reader(der.next(SEQUENCE)?);
    let mut signed = Reader(whole.next(SEQUENCE)?);
    // The first version of certificates has none.
    let _version = signed.next(VERSION);
    signed.next(INTEGER)?;
    for _ in 0..4 {
        signed.next(SEQUENCE)?;
    }
    Some(signed)
}
