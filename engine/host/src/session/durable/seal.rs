//! Secrets in a store: sealed with its key, or lost where there is none.

use std::sync::Arc;

use flowrun_core::stored::Seal;
use flowrun_store::Key;
use secrecy::ExposeSecret;

/// Seals with the key of a store. Without one, what is sealed is lost: the run goes on, and can't be resumed past that.
#[derive(Clone, Debug, Default)]
pub struct Sealing(pub Option<Arc<Key>>);

impl Seal for Sealing {
    fn seal(&self, secret: &str) -> String {
        let sealed = self.0.as_ref().and_then(|key| key.seal(secret).ok());
        sealed.unwrap_or_default()
    }

    fn open(&self, sealed: &str) -> Option<String> {
        let opened = self.0.as_ref()?.open(sealed).ok()?;
        Some(opened.expose_secret().to_owned())
    }
}
