//! What stands between this machine and the vendors: proxies, and authorities that only this network knows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_project::bounded;
use reqwest::{Certificate, NoProxy, Proxy};
use secrecy::{ExposeSecret, SecretString};

/// What no proxy is asked for: this machine.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// How the network is reached; by default straight, trusting whom the system trusts.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The proxy for `https` addresses, which may hold a name and a password.
    pub https_proxy: Option<SecretString>,
    /// The proxy for `http` addresses, which may hold a name and a password.
    pub http_proxy: Option<SecretString>,
    /// The hosts that are reached without a proxy, besides this machine: names with all below them, addresses, networks,
    /// parted by commas; `*` is all.
    pub no_proxy: Option<String>,
    /// Certificates in PEM form of authorities to trust besides those of the system.
    pub ca_file: Option<PathBuf>,
}

impl Network {
    /// The network that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` (in small letters too) and `FLOWRUN_CA_FILE`
    /// describe; blank ones count as missing.
    pub fn from_env(env: &BTreeMap<String, String>) -> Network {
        let given = |name: &str| env.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
        let either = |name: &str| given(name).or_else(|| given(&name.to_ascii_lowercase()));
        let proxy = |name: &str| either(name).or_else(|| either("ALL_PROXY")).map(SecretString::from);
        Network {
            https_proxy: proxy("HTTPS_PROXY"),
            http_proxy: proxy("HTTP_PROXY"),
            no_proxy: either("NO_PROXY").map(str::to_owned),
            ca_file: given("FLOWRUN_CA_FILE").map(PathBuf::from),
        }
    }

    /// The proxies, with the hosts that go around them.
    pub(crate) fn proxies(&self) -> Result<Vec<Proxy>> {
        let mut proxies = Vec::new();
        if let Some(address) = &self.https_proxy {
            proxies.push(proxy("HTTPS_PROXY", address, Proxy::https)?);
        }
        if let Some(address) = &self.http_proxy {
            proxies.push(proxy("HTTP_PROXY", address, Proxy::http)?);
        }
        let around = match &self.no_proxy {
            Some(more) => format!("{LOOPBACK},{more}"),
            None => LOOPBACK.to_owned(),
        };
        Ok(proxies.into_iter().map(|proxy| proxy.no_proxy(NoProxy::from_string(&around))).collect())
    }

    /// The certificates of the authorities to trust besides those of the system.
    pub(crate) fn authorities(&self) -> Result<Vec<Certificate>> {
        self.ca_file.as_deref().map_or_else(|| Ok(Vec::new()), read_authorities)
    }
}

/// A proxy for what `applies` to; the address is not shown if it isn't one, for it may hold a password.
fn proxy(name: &str, address: &SecretString, applies: fn(String) -> reqwest::Result<Proxy>) -> Result<Proxy> {
    let address = address.expose_secret();
    let scheme = address.split_once("://").map_or("http", |(scheme, _)| scheme);
    let help = "write it as http://proxy.example.com:3128, with name:password@ before the host if the proxy wants them";
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        let message = format!("{name} is a proxy by `{scheme}`, where http or https is expected");
        return Err(Fault::new(FaultKind::Network, message).help(help));
    }
    applies(address.to_owned()).map_err(|_| {
        Fault::new(FaultKind::Network, format!("{name} is not the address of a proxy")).help(help)
    })
}

/// How many bytes a file of certificates may have: those that systems come with have a quarter of a MiB.
const MOST_AUTHORITIES: u64 = 4 << 20;

fn read_authorities(path: &Path) -> Result<Vec<Certificate>> {
    let shown = path.display();
    let wrong = |why: &dyn std::fmt::Display| {
        Fault::new(FaultKind::Network, format!("the certificates in {shown} can't be read: {why}"))
    };
    let text = bounded::read(path, MOST_AUTHORITIES).map_err(|error| wrong(&error))?;
    let text = text.ok_or_else(|| wrong(&format!("there are more than {} MiB", MOST_AUTHORITIES >> 20)))?;
    let help = "give a file with `-----BEGIN CERTIFICATE-----`, one such block for each authority";
    match Certificate::from_pem_bundle(&text) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => {
            let message = format!("{shown} has no certificate in PEM form");
            Err(Fault::new(FaultKind::Network, message).help(help))
        }
    }
}
