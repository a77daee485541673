use super::algorithm::{self, Algorithm};
use super::encoding::Encoding;
use crate::prelude::*;

/// Gives the hash of a text.
///
/// What is hashed are the bytes of its UTF-8. A hash has no key, so anyone who guesses the text can check the
/// guess: to prove where a text comes from use `encryption.hmac`. MD5 and SHA-1 are broken, and there for
/// services that still ask for them.
#[derive(Inputs)]
pub struct Hash {
    /// The text.
    data: Text,
    /// The hash function.
    #[input(default = "sha256", choices = algorithm::NAMES)]
    algorithm: Text,
    /// How the hash is written.
    #[input(default = "hex", choices = ["hex", "base64", "base64url"])]
    digest: Text,
}

/// The hash.
#[derive(Outputs)]
pub struct Hashed {
    /// The hash as text.
    hash: Text,
}

impl Pure for Hash {
    const ID: &str = "encryption.hash";
    const EXAMPLES: &[Example] = examples! {
        r#"{ data: abc }"#
            => ok r#"{ hash: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad }"#,
        r#"{ data: abc, algorithm: sha1, digest: base64 }"# => ok r#"{ hash: "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=" }"#,
        r#"{ data: "", algorithm: md5 }"# => ok r#"{ hash: d41d8cd98f00b204e9800998ecf8427e }"#,
        r#"{ data: abc, algorithm: whirlpool }"# => err "expected one of md5, sha1, sha224, sha256, sha384, sha512",
    };
    type Out = Hashed;

    fn run(self, _: &Cx<'_>) -> Result<Hashed> {
        let known = || Algorithm::named(&self.algorithm).filter(|_| algorithm::NAMES.contains(&&*self.algorithm));
        let Some(algorithm) = known() else {
            let names = algorithm::NAMES.join(", ");
            bail!(Self::ALGORITHM, "expected one of {names}, found \"{}\"", self.algorithm);
        };
        let hash = algorithm.hash(self.data.as_bytes());
        let written = Encoding::named(&self.digest).and_then(|encoding| encoding.write(&hash));
        let Some(hash) = written else {
            bail!(Self::DIGEST, "expected one of hex, base64, base64url, found \"{}\"", self.digest);
        };
        Ok(Hashed { hash: hash.into() })
    }
}
