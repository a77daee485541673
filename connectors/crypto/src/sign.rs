use std::fmt::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::{FaultKind, Result};
use flowrun_core::value::{Secret, Text};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::algorithm::Algorithm;
use flowrun_kit::effect::Effect;
use flowrun_kit::jwt_keys::Signer;
use secrecy::SecretString;

use crate::Crypto;

/// Signs a text with a private key: who has the public key can tell that it comes from you and is unchanged.
///
/// By RSA with PKCS #1 v1.5 over the text's UTF-8, so that `openssl dgst -sha256 -verify public.pem -signature signature.bin text.txt`
/// verifies it. The signature isn't a secret. For tokens see `jwt.sign`, for a key that both sides share `encryption.hmac`.
#[derive(Inputs)]
pub(crate) struct SignText {
    /// The hash function. `md5` and `sha1` are refused: signatures by them can be forged.
    #[input(default = "sha256", choices = ["sha256", "sha384", "sha512", "sha1", "md5"])]
    algorithm: Text,
    /// The text.
    data: Text,
    /// How the signature is written; `binary` has one character for each byte.
    #[input(default = "base64", choices = ["base64", "hex", "binary"])]
    digest: Text,
    /// The private key, from a variable of type secret: an RSA key of 2,048 bits or more, in PEM without a passphrase, or as a JWK.
    key: Secret,
}

/// The signature.
#[derive(Outputs)]
pub(crate) struct SignedText {
    /// The signature.
    #[output(key = "output")]
    signature: Text,
}

impl Effect for SignText {
    const ID: &str = "encryption.sign";
    // No export that has it is known; HMAC's address and page are named alike.
    const EXPORTED_AS: &[&str] = &["kernel:crypto:sign"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"- { card: encryption.sign, with: { data: My secret message!, key: "-----BEGIN PUBLIC KEY----- MIIB -----END PUBLIC KEY-----" } }"#
            => err "the private one is needed to sign",
        r#"- { card: encryption.sign, with: { data: My secret message!, key: key.pem } }"#
            => err "the private key is neither PEM",
        r#"- { card: encryption.sign, with: { data: My secret message!, key: key.pem, algorithm: sha1 } }"#
            => err "signatures by sha1 can be forged",
    };
    const DOES: Does = Does::Reads;
    const TIMEOUT: Duration = Duration::from_secs(10);
    type Connection = Crypto;
    type Out = SignedText;

    async fn run(self, _: &Crypto) -> Result<SignedText> {
        let algorithm = match &*self.algorithm {
            "sha256" => Algorithm::Rs256,
            "sha384" => Algorithm::Rs384,
            "sha512" => Algorithm::Rs512,
            weak @ ("md5" | "sha1") => {
                bail!(Self::ALGORITHM, "signatures by {weak} can be forged: ask for sha256")
            }
            other => bail!(Self::ALGORITHM, "expected sha256, sha384 or sha512, found \"{other}\""),
        };
        let signer = Signer::read(&SecretString::from(self.key.expose()), algorithm)
            .map_err(|fault| fault.of_kind(FaultKind::InvalidInput).at(Self::KEY))?;
        let signature = signer.sign(self.data.as_bytes())?;
        let signature = match &*self.digest {
            "base64" => STANDARD.encode(&signature),
            "hex" => signature.iter().fold(String::new(), |mut text, byte| {
                // Writing to memory can't fail.
                let _ = write!(text, "{byte:02x}");
                text
            }),
            "binary" => signature.iter().map(|byte| char::from(*byte)).collect(),
            other => bail!(Self::DIGEST, "expected one of base64, hex, binary, found \"{other}\""),
        };
        Ok(SignedText { signature: signature.into() })
    }
}
