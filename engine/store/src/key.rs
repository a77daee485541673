//! The key that seals secrets: only sealed do they come into the store.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::SecretString;

use crate::error::{Result, StoreError, Trouble};
use crate::folder::{make_private, sync_folder, unwritable};
use crate::lock::private;

/// The variable that the key is taken from, where it is set.
pub const KEY_VARIABLE: &str = "FLOWRUN_STORE_KEY";

/// The key's file beside the store, where the variable is not set.
pub const KEY_FILE: &str = "store.key";

/// What every sealed text begins with, and by which its form is known.
const SEALED: &str = "sealed:1:";

/// The key of a store.
#[derive(Clone)]
pub struct Key {
    seals: LessSafeKey,
    /// Other keys are made with it, none of which tells anything of this one.
    makes: hmac::Key,
    /// What a store remembers of it: nothing can be opened with that.
    mark: [u8; 16],
    from: String,
}

impl Key {
    /// The key of the store in a folder: from `variable` (hexadecimal or Base64), the value of `FLOWRUN_STORE_KEY`, or from the
    /// file beside the store. There may be none.
    pub fn find(folder: &Path, variable: Option<&str>) -> Result<Option<Key>> {
        if let Some(text) = variable.filter(|text| !text.trim().is_empty()) {
            let bytes = parse(text.trim()).ok_or_else(|| unfit(&format!("{KEY_VARIABLE} is no key")))?;
            return Ok(Some(Key::new(&bytes, KEY_VARIABLE)));
        }
        let path = folder.join(KEY_FILE);
        let mut text = String::new();
        match fs::File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&path, &error)),
            Ok(mut file) => {
                if let Some(error) = exposed(&path, &file) {
                    return Err(error);
                }
                file.read_to_string(&mut text).map_err(|error| unreadable(&path, &error))?;
            }
        }
        let place = path.display().to_string();
        let bytes = parse(text.trim()).ok_or_else(|| unfit(&format!("{place} holds no key")))?;
        Ok(Some(Key::new(&bytes, &place)))
    }

    /// Makes a key and its file beside the store, which only its owner may read; there must be none yet.
    pub fn make(folder: &Path) -> Result<Key> {
        let path = folder.join(KEY_FILE);
        let mut bytes = [0; 32];
        fill(&mut bytes)?;
        let write = || -> io::Result<()> {
            make_private(folder)?;
            let mut file = private().write(true).create_new(true).open(&path)?;
            file.write_all(format!("{}\n", BASE64.encode(bytes)).as_bytes())?;
            file.sync_all()?;
            sync_folder(folder)
        };
        write().map_err(|error| unwritable(&path, &error))?;
        Ok(Key::new(&bytes, &path.display().to_string()))
    }

    /// A key of these bytes; `from` says where they are from.
    pub fn new(bytes: &[u8; 32], from: &str) -> Key {
        #[expect(clippy::expect_used, reason = "AES-256 takes every 32 bytes")]
        let seals = UnboundKey::new(&AES_256_GCM, bytes).expect("32 bytes");
        let makes = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let tag = hmac::sign(&makes, b"flowrun store: which key");
        let mut mark = [0; 16];
        mark.copy_from_slice(&tag.as_ref()[..16]);
        Key { seals: LessSafeKey::new(seals), makes, mark, from: from.to_owned() }
    }

    /// What a store remembers to know the key again.
    pub(crate) fn mark(&self) -> [u8; 16] {
        self.mark
    }

    /// A key of its own for each purpose, always the same; nobody finds this key by it.
    pub fn made_for(&self, purpose: &str) -> [u8; 32] {
        let mut made = [0; 32];
        made.copy_from_slice(hmac::sign(&self.makes, format!("flowrun key: {purpose}").as_bytes()).as_ref());
        made
    }

    /// Where it is from.
    pub fn origin(&self) -> &str {
        &self.from
    }

    /// Seals a secret: nobody can read or change it without the key, and two of the same look different.
    pub fn seal(&self, secret: &str) -> Result<String> {
        let mut nonce = [0; NONCE_LEN];
        fill(&mut nonce)?;
        let mut sealed = secret.as_bytes().to_vec();
        let aad = Aad::from(SEALED.as_bytes());
        self.seals
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .map_err(|_| StoreError::refused("the secret is too long to be sealed"))?;
        Ok(format!("{SEALED}{}", BASE64.encode([&nonce[..], &sealed].concat())))
    }

    /// Opens what was sealed with this key.
    pub fn open(&self, sealed: &str) -> Result<SecretString> {
        let open = || {
            let mut bytes = BASE64.decode(sealed.strip_prefix(SEALED)?).ok()?;
            let (nonce, rest) = bytes.split_at_mut_checked(NONCE_LEN)?;
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let text = self.seals.open_in_place(nonce, Aad::from(SEALED.as_bytes()), rest).ok()?;
            let text = std::str::from_utf8(text).ok()?;
            Some(SecretString::from(text))
        };
        open().ok_or_else(|| {
            let message = "a sealed secret can't be opened: it was sealed with another key, or was changed";
            StoreError::new(Trouble::Key, message).help(format!(
                "give back the key with which this store was made ({KEY_VARIABLE} or {KEY_FILE})"
            ))
        })
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("from", &self.from).finish_non_exhaustive()
    }
}

fn fill(bytes: &mut [u8]) -> Result<()> {
    SystemRandom::new().fill(bytes).map_err(|_| {
        StoreError::new(Trouble::Key, "the system gives no random numbers, so nothing can be sealed")
    })
}

/// 32 bytes in hexadecimal or Base64.
fn parse(text: &str) -> Option<[u8; 32]> {
    let hexadecimal = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bytes = if hexadecimal {
        (0..32)
            .map(|place| u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok())
            .collect::<Option<Vec<u8>>>()?
    } else {
        BASE64.decode(text).ok()?
    };
    bytes.try_into().ok()
}

fn unfit(what: &str) -> StoreError {
    StoreError::new(Trouble::Key, format!("{what}: 32 bytes in hexadecimal or Base64 are expected"))
        .help("`openssl rand -base64 32` makes one")
}

fn unreadable(path: &Path, error: &io::Error) -> StoreError {
    StoreError::new(Trouble::Key, format!("the key in {} can't be read: {error}", path.display()))
        .help("see that you own the file and may read it")
}

/// A key that others may read is refused.
fn exposed(path: &Path, file: &fs::File) -> Option<StoreError> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().ok()?.permissions());
        if mode & 0o077 != 0 {
            let message =
                format!("the key in {} may be read by others (mode {:o})", path.display(), mode & 0o777);
            return Some(
                StoreError::new(Trouble::Key, message).help(format!("chmod 600 {}", path.display())),
            );
        }
    }
    let _ = (path, file);
    None
}
