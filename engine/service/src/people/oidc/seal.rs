//! What a browser keeps for the service while somebody is at the provider, and can neither read nor change.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};

use crate::names::chance;

/// A sign-in that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begun {
    /// What the provider sends back.
    pub(super) state: String,
    /// What the ID token must hold.
    pub(super) nonce: String,
    /// What proves that it is this service which redeems the code (RFC 7636).
    pub(super) verifier: String,
    /// Where to then.
    pub(super) return_to: String,
    /// When it has begun, in milliseconds since 1970.
    pub(super) at_ms: i64,
}

/// Seals and opens; its key is gone with the process, as sign-ins are that nobody finished by then.
///
/// The browser keeps it and not the service, so that nobody can fill the service's memory by beginning sign-ins.
pub(super) struct Seal(LessSafeKey);

const NONCE: usize = 12;
const PURPOSE: &[u8] = b"flowrun: a sign-in";

impl Seal {
    pub(super) fn new() -> Seal {
        let key = chance::<32>();
        // A key of 32 bytes is one.
        #[allow(clippy::expect_used)]
        Seal(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).expect("AES-256 has keys of 32 bytes")))
    }

    pub(super) fn close(&self, begun: &Begun) -> Option<String> {
        let nonce = chance::<NONCE>();
        let mut body = serde_json::to_vec(begun).ok()?;
        let once = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(once, Aad::from(PURPOSE), &mut body).ok()?;
        Some(URL_SAFE_NO_PAD.encode([&nonce[..], &body].concat()))
    }

    pub(super) fn open(&self, text: &str) -> Option<Begun> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, body) = bytes.split_at_checked(NONCE)?;
        let mut body = body.to_vec();
        let once = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.0.open_in_place(once, Aad::from(PURPOSE), &mut body).ok()?;
        serde_json::from_slice(opened).ok()
    }
}
