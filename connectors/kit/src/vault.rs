//! Secrets that a vendor replaces as they are used: refresh tokens, of which many are good once.

use flowrun_core::fault::Result;
use secrecy::SecretString;

use crate::effect::Pending;

/// Where a connection keeps its secrets.
pub trait Vault: Send + Sync {
    /// Takes the secret of a setting out, so that no other run and no other process uses it until it is given up.
    fn take<'a>(&'a self, setting: &'a str) -> Pending<'a, Result<Box<dyn Taken>>>;
}

/// A secret that was taken out; dropped, it is given up.
pub trait Taken: Send {
    /// The secret as it is kept now, which another process may have replaced.
    fn secret(&self) -> &SecretString;

    /// Keeps another one in its place.
    fn replace(&mut self, secret: &SecretString) -> Result<()>;
}
