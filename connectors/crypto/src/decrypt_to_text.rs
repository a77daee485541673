use flowrun_core::card::{Cx, Example, Pure};
use flowrun_core::fault::Result;
use flowrun_core::value::{Secret, Text};
use flowrun_core::{Inputs, Outputs, examples};

use crate::aes::{self, Key};

/// Decrypts what `encryption.encrypt` made to a text that any card takes and every report shows.
///
/// As `encryption.decrypt`, but nothing is kept secret: use that one for passwords and keys.
#[derive(Inputs)]
pub(crate) struct DecryptToText {
    /// What `encryption.encrypt` put out.
    encrypted: Text,
    /// The key that it was encrypted with.
    key: Secret,
    /// What was given as `associated` then.
    associated: Option<Text>,
}

/// What was encrypted.
#[derive(Outputs)]
pub(crate) struct Shown {
    /// The text.
    text: Text,
}

impl Pure for DecryptToText {
    const ID: &str = "encryption.decrypt_to_text";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"{ encrypted: MZDvYw4wlOy+9RFZzXXJzdKRk8S92skcANfzgD243epYusHL0A==, key: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=, associated: ada }"#
            => ok r#"{ text: born 1815 }"#,
        r#"{ encrypted: MZDvYw4wlOy+9RFZzXXJzdKRk8S92skcANfzgD243epYusHL0A==, key: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= }"#
            => err "with another key or another `associated`, or it was changed since",
        r#"{ encrypted: "?", key: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= }"# => err "isn't base64",
    };
    type Out = Shown;

    fn run(self, _: &Cx<'_>) -> Result<Shown> {
        let key = Key::read(&self.key, Self::KEY)?;
        let associated = aes::associated(self.associated.as_ref());
        let text = key.decrypt(&self.encrypted, associated, Self::ENCRYPTED)?;
        Ok(Shown { text: text.expose().into() })
    }
}
