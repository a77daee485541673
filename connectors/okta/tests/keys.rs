//! Private keys as people have them: what can be read signs, and what can't is told apart.

use flowrun_kit::jwt::{self, Unverified};
use flowrun_kit::signing_key::SigningKey;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

/// The text of a test key.
macro_rules! key {
    ($file:literal) => {
        include_str!(concat!("keys/", $file))
    };
}

fn read(text: &str) -> Result<SigningKey, flowrun_core::fault::Fault> {
    SigningKey::read(&SecretString::from(text.to_owned()))
}

/// A part of the key that must not turn up anywhere.
fn telling(text: &str) -> Vec<&str> {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || "+/-_".contains(letter);
    text.split(|letter| !letters(letter)).filter(|word| word.len() > 30).collect()
}

#[test]
fn every_form_of_a_key_is_read_and_signs() {
    let table = [
        ("RS256", None, key!("rsa-pkcs8.pem")),
        ("RS256", None, key!("rsa-pkcs1.pem")),
        ("RS256", Some("test-rsa"), key!("rsa.jwk.json")),
        ("RS512", Some("test-rsa"), key!("rsa-rs512.jwk.json")),
        ("ES256", None, key!("ec-p-256.pem")),
        ("ES256", None, key!("ec-p-256-sec1.pem")),
        ("ES256", Some("test-p-256"), key!("ec-p-256.jwk.json")),
        ("ES384", None, key!("ec-p-384.pem")),
        ("ES384", None, key!("ec-p-384-sec1.pem")),
        ("ES384", Some("test-p-384"), key!("ec-p-384.jwk.json")),
    ];
    for (algorithm, id, text) in table {
        let key = read(text).unwrap_or_else(|fault| panic!("{algorithm}: {fault}"));
        assert_eq!(key.algorithm().name(), algorithm);
        assert_eq!(key.public().id.as_deref(), id);
        let signed = jwt::sign(&key, &json!({}), &json!({ "sub": "me" })).expect("it signs");
        let jwt = Unverified::parse(signed.expose_secret()).expect("a JWT");
        assert_eq!(jwt.header["alg"], algorithm);
        assert!(jwt.is_signed_by(key.public()), "{algorithm}");
        let shown = format!("{key:?} {signed:?}");
        assert!(telling(text).iter().all(|part| !shown.contains(part)), "{shown}");
    }
}

#[test]
fn the_forms_of_one_key_are_one_key() {
    let thumbprint = |text| read(text).map(|key| key.public().thumbprint()).expect("a key");
    let same = [
        vec![key!("rsa-pkcs8.pem"), key!("rsa-pkcs1.pem"), key!("rsa.jwk.json")],
        vec![key!("ec-p-256.pem"), key!("ec-p-256-sec1.pem"), key!("ec-p-256.jwk.json")],
        vec![key!("ec-p-384.pem"), key!("ec-p-384-sec1.pem"), key!("ec-p-384.jwk.json")],
    ];
    for forms in same {
        assert!(forms.iter().all(|form| thumbprint(form) == thumbprint(forms[0])));
    }
}

#[test]
fn lines_may_be_joined() {
    let text = key!("ec-p-256.pem");
    for joint in ["\\n", " ", "\r\n"] {
        let joined = text.replace('\n', joint);
        assert!(read(&joined).is_ok(), "{joint:?}");
    }
    let certificate_first = format!("{}{text}", key!("certificate.pem"));
    assert!(read(&certificate_first).is_ok());
}

#[test]
fn what_is_no_private_key_says_what_it_is() {
    let pkcs8 = key!("rsa-pkcs8.pem");
    let middle = pkcs8.len() / 2;
    let swapped = format!("{}AAAAAAAAAAAA{}", &pkcs8[..middle], &pkcs8[middle + 12..]);
    let wrong_alg = key!("ec-p-256.jwk.json").replace("\"kty\"", "\"alg\": \"RS256\", \"kty\"");
    let other_point = key!("ec-p-256.jwk.json").replace("\"x\": \"", "\"x\": \"A");
    let table = [
        (key!("rsa-public.pem"), "a public key"),
        (key!("rsa-public.jwk.json"), "a public key"),
        (key!("rsa-encrypted.pem"), "is encrypted"),
        (key!("rsa-encrypted-pkcs1.pem"), "is encrypted"),
        (key!("certificate.pem"), "a certificate"),
        (key!("rsa-1024.pem"), "fewer than 2048 bits"),
        (key!("ec-p-521.pem"), "curve P-521"),
        (key!("ec-p-521-sec1.pem"), "curve P-521"),
        (key!("ec-p-521.jwk.json"), "curve P-521"),
        (key!("ec-secp256k1.pem"), "curve secp256k1"),
        (key!("ed25519.pem"), "neither an RSA key nor an EC key"),
        (key!("set.jwk.json"), "a set of JWKs, with one key"),
        (&pkcs8[..middle], "its PEM has no end"),
        (&pkcs8.replace("BEGIN PRIVATE KEY-----\n", "BEGIN PRIVATE KEY-----\n*"), "isn't base64"),
        (&swapped, "damaged"),
        (&key!("rsa.jwk.json")[..200], "isn't JSON, at line"),
        (r#"{"kty":"EC","crv":"P-256","d":"AA"}"#, "lacks `x`"),
        (r#"{"kty":"RSA","d":"AA","n":"AA","e":"AQAB"}"#, "lacks `p`"),
        (r#"{"kty":"oct","d":"x"}"#, "neither RSA nor EC"),
        (&wrong_alg, "`alg` does not fit"),
        (&other_point, "`x`"),
        ("/etc/okta/key.pem", "neither PEM"),
        ("", "neither PEM"),
    ];
    for (text, expected) in table {
        let fault = read(text).expect_err(expected);
        assert!(fault.message.contains(expected), "expected {expected}, found {fault}");
        let told = format!("{fault} {:?}", fault.help);
        assert!(telling(text).iter().all(|part| !told.contains(part)), "{told}");
    }
}
