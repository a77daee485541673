//! The service as a client of another server: how it proves itself (RFC 6749, section 2.3; RFC 7523).

use std::collections::BTreeMap;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flowrun_kit::address::component;
use flowrun_kit::algorithm::Algorithm;
use flowrun_kit::oauth::{ASSERTION_TYPE, assertion};
use flowrun_kit::signing_key::SigningKey;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// A client, as settings name it; its secret is in the environment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// Its ID.
    pub id: String,
    /// How it proves itself.
    #[serde(default)]
    pub auth: ClientAuth,
    /// The variable of the environment that holds its secret, or its private key (PEM or JWK).
    pub secret_env: String,
    /// The ID of the key, if the server knows it by one.
    #[serde(default)]
    pub key_id: Option<String>,
}

/// How a client proves itself; the names are those of OpenID Connect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// By its secret, in the header.
    #[default]
    ClientSecretBasic,
    /// By its secret, in the form.
    ClientSecretPost,
    /// By a key that signs who it is.
    PrivateKeyJwt,
}

/// A client with its secret; it never shows it.
pub(crate) struct Client {
    pub(crate) id: String,
    proof: Proof,
}

/// Fields of a form.
pub(crate) type Form = Vec<(&'static str, String)>;

enum Proof {
    Basic(SecretString),
    Post(SecretString),
    Key(Box<SigningKey>),
}

impl Client {
    /// The client of some settings, with the secret that lies in the environment.
    pub(crate) fn new(settings: &ClientSettings, env: &BTreeMap<String, String>) -> Result<Client, String> {
        let secret = secret(env, &settings.secret_env)?;
        let proof = match settings.auth {
            ClientAuth::ClientSecretBasic => Proof::Basic(secret),
            ClientAuth::ClientSecretPost => Proof::Post(secret),
            ClientAuth::PrivateKeyJwt => {
                let key = SigningKey::read(&secret)
                    .map_err(|fault| format!("the key in {}: {}", settings.secret_env, fault.message))?;
                // RSA keys sign by RS256, whatever else they could: it is what every server takes.
                let key =
                    if key.public().fits(Algorithm::Rs256) { key.by(Algorithm::Rs256) } else { Ok(key) };
                let key = key.map_err(|fault| fault.message.to_string())?;
                Proof::Key(Box::new(match &settings.key_id {
                    Some(id) => key.named(id),
                    None => key,
                }))
            }
        };
        Ok(Client { id: settings.id.clone(), proof })
    }

    /// What goes with a request to `url` to say who asks: headers, and fields of the form.
    pub(crate) fn prove(&self, url: &str, now_ms: i64) -> Result<(HeaderMap, Form), String> {
        let mut headers = HeaderMap::new();
        let mut form = Vec::new();
        match &self.proof {
            Proof::Basic(secret) => {
                // Both parts are written as in a form before they are joined (RFC 6749, section 2.3.1).
                let pair = format!("{}:{}", component(&self.id), component(secret.expose_secret()));
                let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
                    .map_err(|_| "the client's secret is no header".to_owned())?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
            }
            Proof::Post(secret) => {
                form.push(("client_id", self.id.clone()));
                form.push(("client_secret", secret.expose_secret().to_owned()));
            }
            Proof::Key(key) => {
                let signed =
                    assertion(&self.id, key, url, now_ms).map_err(|fault| fault.message.to_string())?;
                form.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
                form.push(("client_assertion", signed.expose_secret().to_owned()));
            }
        }
        Ok((headers, form))
    }
}

/// A secret of the environment.
pub(crate) fn secret(env: &BTreeMap<String, String>, name: &str) -> Result<SecretString, String> {
    match env.get(name).map(|text| text.trim()).filter(|text| !text.is_empty()) {
        Some(text) => Ok(SecretString::from(text)),
        None => Err(format!("the variable {name} is not set: it is to hold a secret that the settings name")),
    }
}
