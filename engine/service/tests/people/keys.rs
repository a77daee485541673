//! Keys for tests, and tokens signed by them.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;

/// The public keys of all of them, as PyJWT writes them.
const JWKS: &str = include_str!("keys/jwks.json");

/// A public key as a file has it.
pub const PUBLIC: &str = include_str!("keys/one.public.pem");

/// The public key of the service as a client.
pub const CLIENT_PUBLIC: &str = include_str!("keys/client.public.pem");

/// A private key by its name.
pub fn private(name: &str) -> &'static str {
    match name {
        "one" => include_str!("keys/one.pem"),
        "two" => include_str!("keys/two.pem"),
        "client" => include_str!("keys/client.pem"),
        _ => include_str!("keys/stranger.pem"),
    }
}

/// The JWK of a name.
pub fn jwk(name: &str) -> Value {
    let all: Value = serde_json::from_str(JWKS).unwrap();
    all["keys"].as_array().unwrap().iter().find(|key| key["kid"] == name).cloned().unwrap()
}

/// Claims signed by RS256 with the key of a name, under a name that the token says.
pub fn signed(claims: &Value, key: &str, kid: &str) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::RS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_rsa_pem(private(key).as_bytes()).unwrap())
        .unwrap()
}

/// Claims "signed" by HS256 with what everybody knows: the public key.
pub fn signed_by_public_key(claims: &Value, kid: &str) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(PUBLIC.as_bytes())).unwrap()
}
