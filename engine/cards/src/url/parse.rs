use url::Url;

use crate::prelude::*;

/// Takes an address apart.
///
/// The address must be whole, with its protocol and its host. The host comes in small letters, the path and
/// the query stay escaped as they are; a user name and password in the address are not put out. Read the query
/// with `url.decode_query`; the way back is `url.build`.
#[derive(Inputs)]
pub struct Parse {
    /// The address.
    url: Text,
}

/// Its parts.
#[derive(Outputs)]
pub struct Parts {
    /// What comes before `://`, such as `https`.
    protocol: Text,
    /// The host.
    host: Text,
    /// The port: the one given, or the protocol's own; nothing for a protocol whose port is not known.
    port: Option<f64>,
    /// The path, from its first slash on.
    path: Text,
    /// The query, without its question mark.
    query: Text,
    /// What follows `#`. Okta's card has no such output.
    fragment: Text,
}

impl Pure for Parse {
    const ID: &str = "url.parse";
    const EXPORTED_AS: &[&str] = &["kernel:url:parse"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"{ url: "https://example.okta.com/api/v1/users?after=00u1&limit=200" }"#
            => ok r#"{ protocol: https, host: example.okta.com, port: 443, path: /api/v1/users,
            query: "after=00u1&limit=200", fragment: "" }"#,
        r#"{ url: "http://LOCALHOST:8080#top" }"#
            => ok r#"{ protocol: http, host: localhost, port: 8080, path: /, query: "", fragment: top }"#,
        r#"{ url: "example.okta.com/api" }"# => err "the address has no protocol",
        r#"{ url: "https://example.com:99999" }"# => err "the address can't be read: invalid port number",
        r#"{ url: "mailto:jane@example.com" }"# => err "the address has no host",
    };
    type Out = Parts;

    fn run(self, _: &Cx<'_>) -> Result<Parts> {
        // Messages don't quote the address: a password could stand in it.
        let wrong = |message: String| Fault::new(FaultKind::Url, message).at(Self::URL);
        let url = Url::parse(&self.url).map_err(|error| match error {
            url::ParseError::RelativeUrlWithoutBase => wrong("the address has no protocol".to_owned())
                .help("begin it with https://"),
            other => wrong(format!("the address can't be read: {other}")),
        })?;
        let Some(host) = url.host_str() else {
            return Err(wrong("the address has no host".to_owned()));
        };
        Ok(Parts {
            protocol: url.scheme().into(),
            host: host.into(),
            port: url.port_or_known_default().map(f64::from),
            path: if url.path().is_empty() { "/" } else { url.path() }.into(),
            query: url.query().unwrap_or_default().into(),
            fragment: url.fragment().unwrap_or_default().into(),
        })
    }
}
