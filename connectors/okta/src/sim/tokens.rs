//! What the simulated org remembers of tokens: those that are out, and the ids that nobody may use again.

use std::collections::BTreeMap;

/// A token that is out.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The app it was given to.
    pub client_id: String,
    /// What it is good for.
    pub scopes: Vec<String>,
    /// When it ends.
    pub expires_ms: i64,
    /// The thumbprint of the key it is bound to.
    pub bound_to: Option<String>,
}

/// The tokens that are out, and the ids of assertions and proofs that were used.
#[derive(Default)]
pub struct Tokens {
    issued: BTreeMap<String, Issued>,
    used: BTreeMap<String, i64>,
}

impl Tokens {
    /// Hands a token out.
    pub fn issue(&mut self, token: String, issued: Issued) {
        self.issued.insert(token, issued);
    }

    /// A token that is still good.
    pub fn find(&self, token: &str, now_ms: i64) -> Option<Issued> {
        self.issued.get(token).filter(|issued| now_ms < issued.expires_ms).cloned()
    }

    /// Ends every token that is out.
    pub fn end_all(&mut self) {
        self.issued.clear();
    }

    /// Takes note of an id, which counts until then; false if it was used before.
    pub fn first_use(&mut self, id: String, until_ms: i64, now_ms: i64) -> bool {
        self.used.retain(|_, until_ms| now_ms < *until_ms);
        self.used.insert(id, until_ms).is_none()
    }
}
