//! Signing in by a proxy that stands before the service and says in a header who sits before the browser.

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName};
use secrecy::{ExposeSecret, SecretString};

use super::net::Net;
use super::secrets;
use super::settings::ProxySettings;
use crate::bearer::secret;

/// Who says so, in records.
pub(super) const BY: &str = "proxy";

/// A proxy that is believed.
pub(super) struct Proxy {
    header: HeaderName,
    groups_header: Option<HeaderName>,
    from: Vec<Net>,
    secret_header: HeaderName,
    secret: SecretString,
}

/// Who it says it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) id: String,
    pub(super) groups: Vec<String>,
}

/// Names are not longer than this.
const LONGEST: usize = 300;

impl Proxy {
    pub(super) fn new(settings: &ProxySettings, env: &BTreeMap<String, String>) -> Result<Proxy, String> {
        let header = |name: &str| {
            name.parse::<HeaderName>()
                .map_err(|_| format!("proxy: expected the name of a header, found {name}"))
        };
        Ok(Proxy {
            header: header(&settings.header)?,
            groups_header: settings.groups_header.as_deref().map(header).transpose()?,
            from: settings.from.clone(),
            secret_header: header(&settings.secret_header)?,
            secret: secret(env, &settings.secret_env)?,
        })
    }

    /// Whom the proxy names, if it is the proxy that speaks.
    ///
    /// A header that stands there twice does not count: one of the two may be the browser's.
    pub(super) fn names(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<Named> {
        let peer = peer?;
        if !self.from.iter().any(|net| net.contains(peer)) {
            return None;
        }
        if !secrets::are_same(only(headers, &self.secret_header)?, self.secret.expose_secret()) {
            return None;
        }
        let id = only(headers, &self.header)?.trim();
        if id.is_empty() || id.len() > LONGEST {
            return None;
        }
        let groups = match &self.groups_header {
            Some(name) if headers.contains_key(name) => only(headers, name)?,
            _ => "",
        };
        let groups = groups.split(',').map(|group| group.trim().to_owned()).filter(|group| !group.is_empty());
        Some(Named { id: id.to_owned(), groups: groups.collect() })
    }
}

/// The value of a header that stands there once.
pub(super) fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    std::str::from_utf8(value.as_bytes()).ok()
}
