use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::{Secret, Text};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::effect::Effect;

use crate::Crypto;
use crate::aes::{self, Key};

/// Encrypts a text, so that only who has the key can read it or change it unnoticed.
///
/// By AES-256 in GCM. The result is base64 of a nonce of 12 bytes, new each time, the encrypted UTF-8 and a tag of
/// 16 bytes; it isn't a secret. One key is good for four thousand million texts. The way back is `encryption.decrypt`.
#[derive(Inputs)]
pub(crate) struct Encrypt {
    /// The text. It counts as a secret, so that it comes from a variable or from another card, not from the flow's file.
    text: Secret,
    /// The key: base64 of 32 bytes, as `openssl rand -base64 32` makes it, from a variable of type secret; the
    /// examples show one in its place.
    key: Secret,
    /// A text that must be given again to decrypt, such as the ID of the person concerned: what was encrypted for one can
    /// then not be passed off as another's. It is neither kept nor encrypted.
    associated: Option<Text>,
}

/// What came of it.
#[derive(Outputs)]
pub(crate) struct Encrypted {
    /// What only the key opens.
    encrypted: Text,
    /// How it was encrypted, as standards call it: `A256GCM`.
    method: Text,
}

impl Effect for Encrypt {
    const ID: &str = "encryption.encrypt";
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"- card: encryption.encrypt
  with: { text: born 1815, key: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=, associated: ada }"#
            => ok r#"{ method: A256GCM }"#,
        r#"- { card: encryption.encrypt, with: { text: born 1815, key: c2hvcnQ= } }"#
            => err "expected a key of 32 bytes, found 5",
        r#"- { card: encryption.encrypt, with: { text: born 1815, key: "a password" } }"#
            => err "the key isn't base64",
    };
    const DOES: Does = Does::Reads;
    const TIMEOUT: Duration = Duration::from_secs(10);
    type Connection = Crypto;
    type Out = Encrypted;

    async fn run(self, _: &Crypto) -> Result<Encrypted> {
        let key = Key::read(&self.key, Self::KEY)?;
        let encrypted = key.encrypt(self.text.expose(), aes::associated(self.associated.as_ref()))?;
        Ok(Encrypted { encrypted: encrypted.into(), method: "A256GCM".into() })
    }
}
