//! The service apps of a simulated org.

use flowrun_core::fault::Result;
use flowrun_kit::jwk::PublicKey;
use flowrun_kit::signing_key::SigningKey;
use secrecy::SecretString;

/// An API Services app: who may ask for access tokens, and for which.
#[derive(Clone, Debug)]
pub struct ServiceApp {
    pub client_id: String,
    /// The public keys that it signs by.
    pub keys: Vec<PublicKey>,
    /// The scopes that it is granted.
    pub scopes: Vec<String>,
    /// Whether its tokens must be bound to a key, by DPoP.
    pub dpop_required: bool,
    /// Whether it has the admin role that its requests need.
    pub admin: bool,
}

/// A service app with the private key that only its owner has.
#[derive(Clone, Debug)]
pub struct OwnedApp {
    /// What the org knows.
    pub app: ServiceApp,
    /// The key, as PEM.
    pub private_key: SecretString,
}

impl ServiceApp {
    /// An app with an admin role and a new key on P-256, that may use Bearer tokens with these scopes.
    pub fn generate(client_id: &str, scopes: &[&str]) -> Result<OwnedApp> {
        let (key, private_key) = SigningKey::generate_with_pem()?;
        Ok(ServiceApp::owned(client_id, scopes, &key, private_key))
    }

    /// The same with an RSA key, which is always this one: to make one takes long, and everybody may know it.
    pub fn with_rsa_key(client_id: &str, scopes: &[&str]) -> Result<OwnedApp> {
        let private_key = SecretString::from(include_str!("rsa.pem"));
        let key = SigningKey::read(&private_key)?;
        Ok(ServiceApp::owned(client_id, scopes, &key, private_key))
    }

    fn owned(client_id: &str, scopes: &[&str], key: &SigningKey, private_key: SecretString) -> OwnedApp {
        let app = ServiceApp {
            client_id: client_id.to_owned(),
            keys: vec![key.public().clone()],
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            dpop_required: false,
            admin: true,
        };
        OwnedApp { app, private_key }
    }
}
