//! AES-256 in GCM: nobody without the key can read what was encrypted, or change it unnoticed.
//!
//! What is encrypted is written as base64 of a nonce of 12 bytes, the encrypted bytes, and a tag of 16 bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flowrun_core::fault::{Fault, FaultKind, InputId, Result};
use flowrun_core::value::{Secret, Text};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

/// A key, for the length of a card.
pub(crate) struct Key(LessSafeKey);

impl Key {
    /// Reads the base64 of 32 bytes, which `input` gave.
    pub(crate) fn read(text: &Secret, input: InputId) -> Result<Key> {
        let wrong = |message: String| {
            Fault::new(FaultKind::InvalidInput, message).at(input).help("make one: openssl rand -base64 32")
        };
        let bytes =
            STANDARD.decode(text.expose().trim()).map_err(|_| wrong("the key isn't base64".to_owned()))?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes)
            .map_err(|_| wrong(format!("expected a key of 32 bytes, found {}", bytes.len())))?;
        Ok(Key(LessSafeKey::new(key)))
    }

    /// Encrypts `text`, bound to `associated`.
    pub(crate) fn encrypt(&self, text: &str, associated: &str) -> Result<String> {
        let mut nonce = [0; NONCE_LEN];
        let failed = |_| Fault::new(FaultKind::Internal, "this machine can't encrypt");
        SystemRandom::new().fill(&mut nonce).map_err(failed)?;
        let mut bytes = text.as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(associated.as_bytes()),
                &mut bytes,
            )
            .map_err(failed)?;
        Ok(STANDARD.encode([&nonce[..], &bytes].concat()))
    }

    /// Decrypts what `encrypt` wrote, if key and `associated` are the same; `input` gave it.
    pub(crate) fn decrypt(&self, encrypted: &str, associated: &str, input: InputId) -> Result<Secret> {
        let wrong = |message| Fault::new(FaultKind::InvalidInput, message).at(input);
        let bare: String = encrypted.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
        let bytes = STANDARD.decode(bare).map_err(|_| wrong("what is to be decrypted isn't base64"))?;
        let (nonce, sealed) = bytes
            .split_at_checked(NONCE_LEN)
            .filter(|(_, sealed)| sealed.len() >= AES_256_GCM.tag_len())
            .ok_or_else(|| wrong("what is to be decrypted is too short: a part of it is missing"))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong("the nonce is damaged"))?;
        let mut sealed = sealed.to_vec();
        let opened =
            self.0.open_in_place(nonce, Aad::from(associated.as_bytes()), &mut sealed).map_err(|_| {
                wrong("this was encrypted with another key or another `associated`, or it was changed since")
            })?;
        let text = str::from_utf8(opened).map_err(|_| wrong("what was encrypted isn't UTF-8 text"))?;
        Ok(Secret::new(text))
    }
}

/// What a blank `associated` stands for.
pub(crate) fn associated(given: Option<&Text>) -> &str {
    given.map_or("", |text| &**text)
}
