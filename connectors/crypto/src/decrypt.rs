use flowrun_core::card::{Cx, Example, Pure};
use flowrun_core::fault::Result;
use flowrun_core::value::{Secret, Text};
use flowrun_core::{Inputs, Outputs, examples};

use crate::aes::{self, Key};

/// Decrypts what `encryption.encrypt` made, and keeps it secret.
///
/// It fails if the key or `associated` is another, or if anything was changed. What comes out is a secret: no report
/// shows it, and only fields that want a secret take it. For a text to go on with see `encryption.decrypt_to_text`.
#[derive(Inputs)]
pub(crate) struct Decrypt {
    /// What `encryption.encrypt` put out.
    encrypted: Text,
    /// The key that it was encrypted with.
    key: Secret,
    /// What was given as `associated` then.
    associated: Option<Text>,
}

/// What was encrypted.
#[derive(Outputs)]
pub(crate) struct Decrypted {
    /// The text, as a secret.
    text: Secret,
}

impl Pure for Decrypt {
    const ID: &str = "encryption.decrypt";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"{ encrypted: MZDvYw4wlOy+9RFZzXXJzdKRk8S92skcANfzgD243epYusHL0A==, key: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=, associated: ada }"#
            => ok r#"{ text: "••••••" }"#,
        r#"{ encrypted: MZDvYw4wlOy+9RFZzXXJzdKRk8S92skcANfzgD243epYusHL0A==, key: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=, associated: charles }"#
            => err "with another key or another `associated`, or it was changed since",
        r#"{ encrypted: "", key: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= }"# => err "too short",
        r#"{ encrypted: MZDvYw4wlOy+9RFZzXXJzdKRk8S92skcANfzgD243epYusHL0A==, key: c2hvcnQ= }"# => err "expected a key of 32 bytes, found 5",
    };
    type Out = Decrypted;

    fn run(self, _: &Cx<'_>) -> Result<Decrypted> {
        let key = Key::read(&self.key, Self::KEY)?;
        let associated = aes::associated(self.associated.as_ref());
        Ok(Decrypted { text: key.decrypt(&self.encrypted, associated, Self::ENCRYPTED)? })
    }
}
