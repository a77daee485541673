//! Keys of JWTs: what may be given as one, and that others' signatures are verified. The tokens in `signed-by-openssl.txt` were
//! signed by OpenSSL, with the private keys of the tests of the Okta connector.

use flowrun_kit::algorithm::Algorithm;
use flowrun_kit::jwk::PublicKey;
use flowrun_kit::jwt::{Unverified, sign_with};
use flowrun_kit::jwt_keys::{Signer, Verifier};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

macro_rules! public {
    ($name:literal) => {
        include_str!(concat!("keys/", $name))
    };
}

macro_rules! private {
    ($name:literal) => {
        include_str!(concat!("../../okta/tests/keys/", $name))
    };
}

fn algorithm(name: &str) -> Algorithm {
    Algorithm::named(name).unwrap()
}

fn verifier(key: &str, name: &str) -> Verifier {
    Verifier::read(&SecretString::from(key), algorithm(name)).unwrap()
}

fn is_signed(token: &str, key: &str, name: &str) -> bool {
    Unverified::parse(token).unwrap().is_signed_for(&verifier(key, name))
}

/// RFC 7515, A.1: the key isn't a text, so that it is given as a JWK.
const RFC_KEY: &str = r#"{ "kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow" }"#;
const RFC_TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// RFC 7515, A.3.
const RFC_EC_KEY: &str = r#"{ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" }"#;
const RFC_EC_TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

#[test]
fn the_tokens_of_the_rfc_verify() {
    assert!(is_signed(RFC_TOKEN, RFC_KEY, "HS256"));
    assert!(!is_signed(RFC_TOKEN, RFC_KEY, "HS512"));
    assert!(!is_signed(RFC_TOKEN, "another key", "HS256"));
    assert!(is_signed(RFC_EC_TOKEN, RFC_EC_KEY, "ES256"));
    // The header is signed too.
    let forged = RFC_EC_TOKEN.replacen("eyJhbGciOiJFUzI1NiJ9", "eyJhbGciOiJub25lIn0", 1);
    assert!(!is_signed(&forged, RFC_EC_KEY, "ES256"));
}

#[test]
fn what_openssl_signed_verifies_by_every_form_of_the_public_key() {
    let tokens: Vec<&str> = public!("signed-by-openssl.txt").lines().collect();
    let rsa = [
        public!("rsa-spki.pem"),
        public!("rsa-pkcs1.pem"),
        public!("rsa-certificate.pem"),
        private!("rsa-public.jwk.json"),
    ];
    let table = [
        ("RS256", &rsa[..]),
        ("PS256", &rsa),
        ("PS512", &rsa),
        ("ES256", &[public!("p-256-certificate.pem")]),
        ("ES384", &[public!("p-384-spki.pem")]),
    ];
    assert_eq!(tokens.len(), table.len());
    for ((name, keys), token) in table.into_iter().zip(tokens) {
        for key in keys {
            assert!(is_signed(token, key, name), "{name}: {key}");
            // A key on one line, as it comes from an environment.
            assert!(is_signed(token, &key.replace('\n', " "), name), "{name}: {key}");
        }
    }
    let token = public!("signed-by-openssl.txt").lines().next().unwrap();
    assert!(!is_signed(token, rsa[0], "PS256"), "signed by RS256");
}

#[test]
fn every_algorithm_signs_what_its_verifier_takes() {
    let (rsa, public) = (private!("rsa-pkcs8.pem"), public!("rsa-spki.pem"));
    let table = [
        ("HS256", "s3cret", "s3cret"),
        ("HS384", RFC_KEY, RFC_KEY),
        ("HS512", "s3cret", "s3cret"),
        ("RS256", rsa, public),
        ("RS384", private!("rsa-pkcs1.pem"), public),
        ("RS512", private!("rsa.jwk.json"), private!("rsa-public.jwk.json")),
        ("PS256", rsa, public),
        ("PS384", rsa, public),
        ("PS512", rsa, public),
        ("ES256", private!("ec-p-256-sec1.pem"), public!("p-256-certificate.pem")),
        ("ES384", private!("ec-p-384.pem"), public!("p-384-spki.pem")),
    ];
    for (name, private, public) in table {
        let signer = Signer::read(&SecretString::from(private), algorithm(name)).unwrap();
        let token = sign_with(&signer, &json!({}), &json!({ "sub": "ada" })).unwrap();
        let read = Unverified::parse(token.expose_secret()).unwrap();
        assert_eq!(read.header, json!({ "alg": name }));
        assert!(read.is_signed_for(&verifier(public, name)), "{name}");
        assert!(!format!("{signer:?}").contains("s3cret"));
    }
}

#[test]
fn what_is_no_key_for_the_algorithm_is_told() {
    let table = [
        ("", "HS256", "the key is blank"),
        (public!("rsa-spki.pem"), "HS256", "a secret that both sides share, not a key in PEM"),
        (RFC_EC_KEY, "HS256", "a JWK whose `kty` is oct"),
        (RFC_KEY, "RS256", "neither RSA nor EC"),
        (public!("rsa-spki.pem"), "ES256", "does not fit ES256"),
        (public!("p-384-spki.pem"), "ES256", "does not fit ES256"),
        (public!("p-521-spki.pem"), "ES384", "curve P-521"),
        (public!("p-256-compressed.pem"), "ES256", "compressed"),
        (public!("ed25519-spki.pem"), "ES256", "neither an RSA key nor an EC key"),
        (public!("rsa-1024-spki.pem"), "RS256", "fewer than 2048 bits"),
        (private!("rsa-pkcs8.pem"), "RS256", "this is a private key"),
        (private!("rsa.jwk.json"), "RS256", "private parts"),
        (private!("set.jwk.json"), "RS256", "a set of JWKs"),
        ("{", "RS256", "isn't JSON"),
        ("key.pem", "RS256", "neither PEM"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA", "RS256", "its PEM has no end"),
        ("-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----", "RS256", "damaged"),
        ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "RS256", "damaged"),
    ];
    for (key, name, expected) in table {
        let fault = Verifier::read(&SecretString::from(key), algorithm(name)).unwrap_err();
        assert!(fault.message.contains(expected), "{name}, {key}: {fault}");
    }
    let key = SecretString::from(private!("ec-p-256.pem"));
    let fault = Signer::read(&key, algorithm("ES384")).unwrap_err();
    assert_eq!(&*fault.message, "the private key does not fit ES384");
}

/// A key that is cut off anywhere, or has any byte changed, is refused or another key, and never a panic.
#[test]
fn damaged_keys_are_told() {
    for pem in [public!("rsa-certificate.pem"), public!("p-384-spki.pem"), public!("rsa-pkcs1.pem")] {
        for place in 0..pem.len() {
            let mut changed = pem.as_bytes().to_vec();
            changed[place] = if changed[place] == b'A' { b'/' } else { b'A' };
            let _ = PublicKey::read(str::from_utf8(&changed).unwrap());
            let (label, _) = pem.split_once("-----\n").unwrap();
            let cut = format!("{}\n-----END", &pem[..place.max(label.len() + 6)]);
            if place < pem.len() - 60 {
                assert!(PublicKey::read(&cut).is_err(), "{cut}");
            }
        }
    }
}
