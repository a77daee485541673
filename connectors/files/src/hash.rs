use std::io::Read;
use std::sync::Arc;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::{File, Text};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;
use flowrun_kit::files::{PIECE, fault};
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};

use crate::FileStore;

/// Gives the hash of a file, in hexadecimal digits.
///
/// For a check against what its sender says, or to see whether it has changed since the last time. SHA-1 proves nothing
/// against somebody who means harm.
#[derive(Inputs)]
pub(crate) struct Hash {
    /// The file.
    file_content: Arc<File>,
    /// Which hash.
    #[input(default = "sha256", choices = ["sha256", "sha384", "sha512", "sha1"])]
    algorithm: Text,
}

/// The hash.
#[derive(Outputs)]
pub(crate) struct Hashed {
    /// The hash, in lower case.
    hash: Text,
}

impl Effect for Hash {
    const ID: &str = "file.hash";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- { id: made, card: file.create, with: { text: abc, filename: abc.txt } }
- { card: file.hash, with: { file_content: $.made.file_content } }"#
            => ok "{ hash: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad }",
        r#"- { id: made, card: file.create, with: { text: "", filename: empty.txt } }
- { card: file.hash, with: { file_content: $.made.file_content, algorithm: sha1 } }"#
            => ok "{ hash: da39a3ee5e6b4b0d3255bfef95601890afd80709 }",
        r#"- { id: made, card: file.create, with: { text: abc, filename: abc.txt } }
- { card: file.hash, with: { file_content: $.made.file_content, algorithm: md5 } }"# => err "md5",
    };
    const DOES: Does = Does::Reads;
    type Connection = FileStore;
    type Out = Hashed;

    async fn run(self, store: &FileStore) -> Result<Hashed> {
        let mut hash = Context::new(match &*self.algorithm {
            "sha256" => &SHA256,
            "sha384" => &SHA384,
            "sha512" => &SHA512,
            "sha1" => &SHA1_FOR_LEGACY_USE_ONLY,
            other => bail!(Self::ALGORITHM, "expected sha256, sha384, sha512 or sha1, found \"{other}\""),
        });
        let mut reader = store.files.open(&self.file_content)?;
        let mut piece = vec![0; PIECE];
        loop {
            match reader.read(&mut piece).map_err(fault)? {
                0 => break,
                read => hash.update(&piece[..read]),
            }
        }
        let hash = hash.finish();
        Ok(Hashed { hash: hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>().into() })
    }
}
