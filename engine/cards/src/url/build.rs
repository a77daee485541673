use url::Url;

use super::query;
use crate::prelude::*;

/// Puts an address together from its parts.
///
/// Each part can fill only its own place: a host with a slash or an `@` in it is refused, and a question mark
/// in the path is escaped. A slash in the path divides, and `..` leads up, so escape single names with
/// `url.encode_component` before they go into it. The way back is `url.parse`.
#[derive(Inputs)]
pub struct Build {
    /// What comes before `://`.
    #[input(default = "https")]
    protocol: Text,
    /// The host, without its port.
    host: Text,
    /// The port; left out if it is blank or the protocol's own.
    port: Option<f64>,
    /// The path.
    #[input(default = "/")]
    path: Text,
    /// The query: an object as `url.encode_query` takes it, or a text that is escaped already.
    #[input(default = "")]
    query: Value,
    /// What follows `#`.
    #[input(default = "")]
    fragment: Text,
}

/// The address.
#[derive(Outputs)]
pub struct Built {
    /// The whole address.
    url: Text,
}

impl Pure for Build {
    const ID: &str = "url.build";
    const EXAMPLES: &[Example] = examples! {
        r#"{ host: example.okta.com, path: /api/v1/users, query: { search: 'status eq "ACTIVE"', limit: 200 } }"#
            => ok r#"{ url: "https://example.okta.com/api/v1/users?search=status%20eq%20%22ACTIVE%22&limit=200" }"#,
        r#"{ protocol: http, host: localhost, port: 8080, query: "?a=1", fragment: top }"#
            => ok r##"{ url: "http://localhost:8080/?a=1#top" }"##,
        r#"{ host: example.com, port: 443, path: "what?.txt" }"# => ok r#"{ url: "https://example.com/what%3F.txt" }"#,
        r#"{ protocol: "https:", host: example.com }"# => ok r#"{ url: "https://example.com/" }"#,
        r#"{ host: "example.com@elsewhere.example" }"# => err "the host has a character that no host may have",
        r#"{ host: "" }"# => err "the host is blank",
    };
    type Out = Built;

    fn run(self, _: &Cx<'_>) -> Result<Built> {
        let mut url = self.base()?;
        if let Some(port) = self.port {
            if !(1.0..=65_535.0).contains(&port) || port.fract() != 0.0 {
                bail!(Self::PORT, "expected a port from 1 to 65535, found {port}");
            }
            if url.set_port(Some(port as u16)).is_err() {
                bail!(Self::PORT, "an address of the protocol \"{}\" has no port", self.protocol);
            }
        }
        url.set_path(&self.path);
        let query = match &self.query {
            Value::Object(members) => Text::from(query(members)?),
            other => Text::from_value(other.clone()).map_err(|it| Fault::mismatch(&it, Some(Self::QUERY)))?,
        };
        let query = query.trim_start_matches('?');
        url.set_query((!query.is_empty()).then_some(query));
        let fragment = self.fragment.strip_prefix('#').unwrap_or(&self.fragment);
        url.set_fragment((!fragment.is_empty()).then_some(fragment));
        Ok(Built { url: String::from(url).into() })
    }
}

impl Build {
    /// The protocol and the host, neither of which can reach beyond its place.
    fn base(&self) -> Result<Url> {
        // As `url.parse` tells it.
        let protocol = self.protocol.strip_suffix(':').unwrap_or(&self.protocol);
        if !protocol.starts_with(|it: char| it.is_ascii_alphabetic())
            || protocol.contains(|it: char| !it.is_ascii_alphanumeric() && !"+-.".contains(it))
        {
            bail!(Self::PROTOCOL, "expected a protocol such as https, found \"{protocol}\"");
        }
        if self.host.is_empty() {
            bail!(Self::HOST, "the host is blank");
        }
        let is_ipv6 = self.host.starts_with('[') && self.host.ends_with(']');
        let strange = |it: char| {
            it.is_whitespace() || it.is_control() || "/\\?#@%".contains(it) || it == ':' && !is_ipv6
        };
        if self.host.contains(strange) {
            bail!(Self::HOST, "the host has a character that no host may have");
        }
        Url::parse(&format!("{protocol}://{}", self.host)).map_err(|error| {
            Fault::new(FaultKind::Url, format!("the host can't be read: {error}")).at(Self::HOST)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_reaches_beyond_its_place() {
        let cx = Cx { now_ms: 0, seed: 0, wanted: &[] };
        let build = |protocol: &str, host: &str, path: &str| {
            let fields = (protocol.into(), host.into(), path.into());
            let (protocol, host, path) = fields;
            let query = Value::from("a=1#b");
            Build { protocol, host, port: None, path, query, fragment: "".into() }.run(&cx)
        };
        for host in ["a/b", "a\\b", "a?b", "a#b", "me@a", "a:1", "a b", "a\nb", "%61", "[::1", "[::1]:1"] {
            assert!(build("https", host, "/").is_err(), "{host}");
        }
        for protocol in ["", "https://a", "1", "javascript:a//"] {
            assert!(build(protocol, "example.com", "/").is_err(), "{protocol}");
        }
        let built = build("https", "example.com", "//elsewhere.example/?x#y").unwrap().url;
        assert_eq!(&*built, "https://example.com//elsewhere.example/%3Fx%23y?a=1%23b");
        assert_eq!(&*build("https", "[::1]", "").unwrap().url, "https://[::1]/?a=1%23b");
    }
}
