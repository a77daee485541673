//! Addresses: which host a connection names, and what may be asked of it.

use std::fmt;
use std::net::Ipv4Addr;

use axum::http::Uri;
use flowrun_core::fault::{Fault, FaultKind, Result};

/// Scheme, host and port: what decides whether a request stays with the connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Scheme {
    Http,
    Https,
}

impl Origin {
    /// Reads the origin of an absolute address.
    pub fn parse(address: &str) -> Result<Origin> {
        let wrong = |why: &str| Fault::new(FaultKind::Url, format!("{why}: `{}`", shorten(address)));
        let uri: Uri = address.parse().map_err(|_| wrong("this isn't an address"))?;
        let (scheme, default) = match uri.scheme_str() {
            Some("https") => (Scheme::Https, 443),
            Some("http") => (Scheme::Http, 80),
            _ => return Err(wrong("an address starts with https://")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("this address names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("an address may not carry a user name"));
        }
        let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
        if host.is_empty() {
            return Err(wrong("this address names no host"));
        }
        Ok(Origin { scheme, host, port: authority.port_u16().unwrap_or(default) })
    }

    /// The host without the port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The host, with the port unless it is the scheme's own.
    pub fn authority(&self) -> String {
        let whole = self.to_string();
        whole.split_once("://").map_or(whole.clone(), |(_, authority)| authority.to_owned())
    }

    /// Whether what is sent there can't be read on the way: it is encrypted, or doesn't leave this machine.
    pub fn is_private(&self) -> bool {
        self.scheme == Scheme::Https || self.is_loopback()
    }

    /// Whether it is this machine. A name that only begins like its address is not.
    pub fn is_loopback(&self) -> bool {
        let is_loopback = |address: Ipv4Addr| address.is_loopback();
        matches!(self.host.as_str(), "localhost" | "[::1]") || self.host.parse().is_ok_and(is_loopback)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, default) = match self.scheme {
            Scheme::Http => ("http", 80),
            Scheme::Https => ("https", 443),
        };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == default { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// A connection's base address: an origin, and a path that relative addresses continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    origin: Origin,
    path: String,
}

impl Base {
    /// Reads a base address such as `https://acme.okta.com`; a missing scheme is https.
    ///
    /// Plain http is accepted only for this machine, because credentials travel with every request.
    pub fn parse(address: &str) -> Result<Base> {
        let address = address.trim();
        let full = if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
        let origin = Origin::parse(&full)?;
        if !origin.is_private() {
            let message =
                format!("`{origin}` is not encrypted, and credentials would travel with every request");
            return Err(Fault::new(FaultKind::Url, message).help("use https://"));
        }
        let path = full.parse::<Uri>().ok().map(|uri| uri.path().trim_end_matches('/').to_owned());
        Ok(Base { origin, path: path.unwrap_or_default() })
    }

    /// The scheme, host and port.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The absolute address that `target` means: relative to this base, or absolute and of the same origin.
    pub fn resolve(&self, target: &str) -> Result<String> {
        let target = target.trim();
        let hidden = |letter: char| letter.is_control() || letter == '\\';
        if target.contains(hidden) {
            let message =
                format!("an address has no control characters and no backslash: `{}`", shorten(target));
            return Err(Fault::new(FaultKind::Url, message));
        }
        let target = escape(target.split('#').next().unwrap_or_default());
        // A colon before the first slash, or two slashes, could name another host.
        let head = target.split(['/', '?']).next().unwrap_or_default();
        if head.contains(':') || target.starts_with("//") {
            return self.absolute(&target);
        }
        let slash = if target.starts_with('/') { "" } else { "/" };
        Ok(format!("{}{}{slash}{target}", self.origin, self.path))
    }

    fn absolute(&self, target: &str) -> Result<String> {
        let origin = Origin::parse(target)?;
        if origin != self.origin {
            let message = format!("this connection goes to {}, not to {origin}", self.origin);
            let help = "credentials are sent to no other host; use a connection of that host";
            return Err(Fault::new(FaultKind::Url, message).help(help));
        }
        // Put together again, so that no other parser can read another host out of it.
        let rest = target.parse::<Uri>().ok().and_then(|uri| uri.path_and_query().map(ToString::to_string));
        Ok(format!("{}{}", self.origin, rest.unwrap_or_else(|| "/".to_owned())))
    }
}

/// `text` as one segment of a path: everything but letters, digits, `-._~@` is escaped.
pub fn segment(text: &str) -> String {
    // A dot segment would climb up the path, escaped or not.
    if matches!(text, "." | "..") {
        return text.replace('.', "%252E");
    }
    encode(text, |byte| byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte))
}

/// `text` as a name or a value of a query or a form.
pub fn component(text: &str) -> String {
    encode(text, is_plain)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// `pairs` as a query without the question mark.
pub fn query<K: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (K, V)>) -> String {
    let pairs = pairs.into_iter().map(|(key, value)| {
        // Brackets in names (`attributes[]`) are what vendors document; every server reads them unescaped.
        let key = encode(key.as_ref(), |byte| is_plain(byte) || b"[]".contains(&byte));
        format!("{key}={}", component(value.as_ref()))
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Escapes what may not stand in an address at all, and leaves escapes alone.
fn escape(text: &str) -> String {
    encode(text, |byte| byte.is_ascii_graphic() && !b"\"<>`{}|^".contains(&byte))
}

fn encode(text: &str, keep: impl Fn(u8) -> bool) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if keep(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    encoded
}

/// What of an address a message may show: no query, for secrets are put there too, and not too much.
fn shorten(address: &str) -> String {
    let shown = address.split('?').next().unwrap_or_default();
    let shown = shown.rsplit_once('@').map_or(shown, |(_, rest)| rest);
    shown.chars().filter(|letter| !letter.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_leads_to_another_host() {
        let base = Base::parse("acme.okta.com").unwrap();
        let stays = [
            ("/api/v1/users", "https://acme.okta.com/api/v1/users"),
            (
                "api/v1/users?search=status eq \"ACTIVE\"",
                "https://acme.okta.com/api/v1/users?search=status%20eq%20%22ACTIVE%22",
            ),
            (
                "/api/v1/users/a:b?x=http://evil.com",
                "https://acme.okta.com/api/v1/users/a:b?x=http://evil.com",
            ),
            ("https://ACME.okta.com:443/x?after=1%2C2", "https://acme.okta.com/x?after=1%2C2"),
            ("/x#fragment", "https://acme.okta.com/x"),
            ("@evil.com/x", "https://acme.okta.com/@evil.com/x"),
            ("", "https://acme.okta.com/"),
        ];
        for (target, address) in stays {
            assert_eq!(base.resolve(target).unwrap(), address, "{target}");
        }
        let leaves = [
            "https://evil.com/x",
            "http://acme.okta.com/x",
            "https://acme.okta.com:8443/x",
            "//evil.com/x",
            "https://acme.okta.com@evil.com/x",
            "https://acme.okta.com.evil.com/",
            "\\\\evil.com/x",
            "/x\r\nHost: evil.com",
            "ftp://acme.okta.com/x",
            "https:evil.com/x",
            "javascript:alert(1)",
            "https://user:pw@acme.okta.com/x",
        ];
        for target in leaves {
            let fault = base.resolve(target).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Url, "{target}");
            assert!(!fault.message.contains("pw"), "{fault}");
        }
    }

    #[test]
    fn bases_are_encrypted_or_local() {
        for open in ["http://acme.okta.com", "http://127.evil.example", "http://localhost.evil.example"] {
            assert!(Base::parse(open).is_err(), "{open}");
        }
        assert!(Base::parse("http://127.0.0.1:8787").is_ok());
        let base = Base::parse("https://api.example.com/v2/").unwrap();
        assert_eq!(base.resolve("items").unwrap(), "https://api.example.com/v2/items");
    }

    #[test]
    fn parts_are_escaped() {
        assert_eq!(segment("o'brien/ä@x.org"), "o%27brien%2F%C3%A4@x.org");
        assert_eq!(segment(".."), "%252E%252E");
        assert_eq!(
            query([("attributes[]", "first_name"), ("search", "a & b")]),
            "attributes[]=first_name&search=a%20%26%20b"
        );
    }
}
