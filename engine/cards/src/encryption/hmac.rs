use flowrun_core::value::Secret;

use super::algorithm::{self, Algorithm};
use super::encoding::Encoding;
use crate::prelude::*;

/// Signs a text with a key that sender and receiver share.
///
/// The result is the keyed hash (HMAC, RFC 2104) of the text's UTF-8. It isn't a secret, the key is one: take it
/// from a variable of type secret, for a flow file that holds it is refused; the examples show one in its place.
/// OpenSSL's names of signatures, such as `RSA-SHA256`, stand for their hash; those of hashes that are not
/// here, such as `whirlpool`, are refused. Without a key see `encryption.hash`.
#[derive(Inputs)]
pub struct Hmac {
    /// The hash function.
    #[input(default = "sha256")]
    algorithm: Text,
    /// The key.
    key: Secret,
    /// The text to sign.
    data: Text,
    /// How the result is written; `binary` has one character for each byte.
    #[input(default = "base64", choices = ["base64", "hex", "binary"])]
    digest: Text,
    /// How the key is written: as the text itself, or as text that stands for its bytes. Okta's card has no
    /// such input.
    #[input(default = "text", choices = ["text", "hex", "base64"])]
    key_encoding: Text,
}

/// The keyed hash.
#[derive(Outputs)]
pub struct Signed {
    /// The keyed hash as text.
    #[output(key = "output")]
    hash: Text,
}

impl Pure for Hmac {
    const ID: &str = "encryption.hmac";
    const TITLE: Option<&str> = Some("HMAC");
    const EXPORTED_AS: &[&str] = &["kernel:crypto:hmac"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ algorithm: sha256, key: Jefe, data: "what do ya want for nothing?", digest: hex }"#
            => ok r#"{ hash: 5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843 }"#,
        r#"{ algorithm: RSA-SHA1, key: 4a656665, key_encoding: hex, data: "what do ya want for nothing?" }"#
            => ok r#"{ hash: "7/zfauXrL6LSdBbV8YTfnCWafHk=" }"#,
        r#"{ algorithm: whirlpool, key: Jefe, data: a }"# => err "expected one of md5, sha1, sha224, sha256",
        r#"{ key: "", data: a }"# => err "the key is blank",
        r#"{ key: Jefe, key_encoding: hex, data: a }"# => err "the key is not written as hexadecimal",
    };
    type Out = Signed;

    fn run(self, _: &Cx<'_>) -> Result<Signed> {
        let Some(algorithm) = Algorithm::named(&self.algorithm) else {
            let names = algorithm::NAMES.join(", ");
            bail!(Self::ALGORITHM, "expected one of {names}, found \"{}\"", self.algorithm);
        };
        let Some(written_as) = Encoding::named(&self.key_encoding) else {
            bail!(Self::KEY_ENCODING, "expected one of text, hex, base64, found \"{}\"", self.key_encoding);
        };
        let Some(key) = written_as.read(self.key.expose()) else {
            bail!(Self::KEY, "the key is not written as {}", written_as.name());
        };
        if key.is_empty() {
            bail!(Self::KEY, "the key is blank");
        }
        let hash = algorithm.hmac(&key, self.data.as_bytes())?;
        let Some(hash) = Encoding::named(&self.digest).and_then(|encoding| encoding.write(&hash)) else {
            bail!(Self::DIGEST, "expected one of base64, hex, binary, found \"{}\"", self.digest);
        };
        Ok(Signed { hash: hash.into() })
    }
}
