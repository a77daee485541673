//! Logging in by a person in a browser, once, when a connection is added.

use std::sync::Arc;

use flowrun_core::fault::Result;
use secrecy::SecretString;

use crate::connector::{Means, Settings};
use crate::effect::Pending;

/// A person's browser.
pub trait Browser: Send + Sync {
    /// The address to which the vendor is to send the person back.
    fn back(&self) -> &str;

    /// Has the person open `url`, and waits until they are sent back; gives the parameters that they come back with.
    fn visit<'a>(&'a self, url: &'a str) -> Pending<'a, Result<Vec<(String, String)>>>;
}

/// Logs in over a browser; gives the settings to keep.
pub type Visit = for<'a> fn(
    &'a Settings,
    Means,
    &'a dyn Browser,
) -> Pending<'a, Result<Vec<(&'static str, SecretString)>>>;

/// How a person logs in, for connectors that want that.
#[derive(Clone)]
pub struct SignIn {
    /// Whether a connection with these settings wants it.
    pub wanted: Arc<dyn Fn(&Settings) -> bool + Send + Sync>,
    /// Does it.
    pub visit: Visit,
}
