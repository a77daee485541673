use flowrun_core::value::is_space;
use url::Url;

use crate::prelude::*;

/// Takes an address apart.
///
/// It never fails: a part that the address lacks is blank, as the port where none is given. The protocol keeps its colon and, as
/// the host, comes in small letters. Signs that an address may not hold are escaped in path and query; a user name and password are not
/// put out. Read the query with `url.decode_query`; the way back is `url.build`.
#[derive(Inputs)]
pub struct Parse {
    /// The address.
    url: Text,
}

/// Its parts.
#[derive(Default, Outputs)]
pub struct Parts {
    /// What comes before `//`, with its colon, such as `https:`.
    protocol: Option<Text>,
    /// The host.
    host: Option<Text>,
    /// The port, if the address gives one.
    port: Option<f64>,
    /// The path, from its first slash on.
    path: Option<Text>,
    /// The query, without its question mark.
    query: Option<Text>,
    /// What follows `#`. Okta's card has no such output.
    fragment: Option<Text>,
}

impl Pure for Parse {
    const ID: &str = "url.parse";
    const EXPORTED_AS: &[&str] = &["kernel:url:parse"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"{ url: "https://example.okta.com/api/v1/users?after=00u1&limit=200" }"#
            => ok r#"{ protocol: "https:", host: example.okta.com, port: null, path: /api/v1/users,
            query: "after=00u1&limit=200", fragment: null }"#,
        r#"{ url: "http://LOCALHOST:8080#top" }"#
            => ok r#"{ protocol: "http:", host: localhost, port: 8080, path: /, query: null, fragment: top }"#,
        r#"{ url: "<https://a.b/c?x=1>" }"#
            => ok r#"{ protocol: null, host: null, port: null, path: "%3Chttps://a.b/c", query: "x=1%3E" }"#,
        r#"{ url: "example.okta.com/api" }"# => ok r#"{ protocol: null, host: null, path: example.okta.com/api }"#,
    };
    type Out = Parts;

    fn run(self, _: &Cx<'_>) -> Result<Parts> {
        Ok(parts(self.url.trim()))
    }
}

/// Protocols whose host follows two slashes, and whose path is never blank.
const WITH_SLASHES: &[&str] = &["http:", "https:", "ftp:", "gopher:", "file:", "ws:", "wss:"];
/// The protocol behind which anything may stand.
const OF_ANYTHING: &str = "javascript:";
/// What is no part of a host, nor of an address.
const UNSAFE: &[char] =
    &['\t', '\n', '\r', ' ', '"', '\'', '<', '>', '\\', '^', '`', '{', '|', '}'];

/// The parts of an address as Node's `url.parse` tells them, which the results in published flows show Okta's card to be.
fn parts(address: &str) -> Parts {
    let mut parts = Parts::default();
    // Backslashes count as slashes, but not in what follows the path.
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let mut rest = format!("{}{}", address[..end].replace('\\', "/"), &address[end..]);
    let is_protocol = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '+' | '-');
    if let Some(parts) = bare(&rest, rest[..end].contains('@')) {
        return parts;
    }
    // Node looks for the protocol as it is written here: of `HTTPS:a.b` it takes `a.b` for the host.
    let mut written = String::new();
    if let Some(colon) = rest.find(|letter| !is_protocol(letter)).filter(|end| *end > 0 && rest[*end..].starts_with(':')) {
        written = rest[..=colon].to_owned();
        parts.protocol = Some(written.to_ascii_lowercase().into());
        rest.drain(..=colon);
    }
    let protocol = parts.protocol.as_deref().unwrap_or_default().to_owned();
    let of_anything = protocol == OF_ANYTHING;
    let slashes = rest.starts_with("//") && !of_anything && (!protocol.is_empty() || has_user(&rest));
    if slashes {
        rest.drain(..2);
    }
    if slashes || !protocol.is_empty() && !of_anything && !WITH_SLASHES.contains(&&*written) {
        rest = take_host(&rest, &mut parts);
    }
    if !of_anything {
        rest = escaped(&rest);
    }
    let (before, fragment) = rest.split_once('#').map_or((&*rest, None), |(before, after)| (before, Some(after)));
    let (path, query) = before.split_once('?').map_or((before, None), |(path, query)| (path, Some(query)));
    let some = |text: &str| (!text.is_empty()).then(|| Text::from(text));
    parts.fragment = fragment.and_then(some);
    parts.query = query.and_then(some);
    parts.path = some(path);
    if parts.path.is_none() && parts.host.is_some() && WITH_SLASHES.contains(&&*protocol) {
        parts.path = Some("/".into());
    }
    parts
}

/// A path and a query alone, in which Node escapes nothing.
fn bare(address: &str, has_user: bool) -> Option<Parts> {
    let plain = address.starts_with('/') && !address.starts_with("///") && !address.contains('#') && !has_user;
    if !plain || address.contains(is_space) {
        return None;
    }
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let query = (!query.is_empty()).then(|| Text::from(query));
    Some(Parts { path: Some(path.into()), query, ..Parts::default() })
}

/// Whether an address without a protocol has a user and a host: `//jane@example.com`.
fn has_user(rest: &str) -> bool {
    let Some((user, host)) = rest[2..].split_once('@') else { return false };
    !user.is_empty() && !user.contains('/') && !host.is_empty() && !host.starts_with(['@', '/'])
}

/// Takes the host and the port from the front, and gives what follows.
fn take_host(rest: &str, parts: &mut Parts) -> String {
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let start = authority.rfind('@').map_or(0, |at| at + 1);
    let end = rest[start..]
        .find(|letter| UNSAFE.contains(&letter) || matches!(letter, '/' | '?' | '#' | '%' | ';'))
        .map_or(rest.len(), |end| start + end);
    let (mut host, mut rest) = (&rest[start..end], rest[end..].to_owned());
    if let Some((name, port)) = host.rsplit_once(':')
        && port.bytes().all(|digit| digit.is_ascii_digit())
    {
        parts.port = port.parse().ok();
        host = name;
    }
    let of_six = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if of_six.is_none() {
        let is_host = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '+' | '_') || !letter.is_ascii();
        if let Some(end) = host.find(|letter| !is_host(letter)) {
            rest = format!("/{}{rest}", &host[end..]);
            host = &host[..end];
        }
    }
    if of_six.is_some() && !rest.starts_with('/') {
        rest.insert(0, '/');
    }
    let host = of_six.unwrap_or(host).to_lowercase();
    let known = if host.is_ascii() { None } else { Url::parse(&format!("http://{host}")).ok() };
    let host = known.as_ref().and_then(Url::host_str).unwrap_or(&host);
    parts.host = (!host.is_empty() && host.len() <= 255).then(|| host.into());
    rest
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if UNSAFE.contains(&letter) {
            escaped.push_str(&format!("%{:02X}", u32::from(letter)));
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Node 20.20.2 gives for `url.parse(address)`: protocol, hostname, port, pathname, query, hash.
    const NODE: &[(&str, [&str; 6])] = &[
        ("<https://a.b/c?x=1>", ["", "", "", "%3Chttps://a.b/c", "x=1%3E", ""]),
        ("https://u:p@ex.com:99999/a b?q=<\"x\">#f", ["https:", "ex.com", "99999", "/a%20b", "q=%3C%22x%22%3E", "f"]),
        ("mailto:jane@example.com", ["mailto:", "example.com", "", "", "", ""]),
        ("//host/p", ["", "", "", "//host/p", "", ""]),
        ("HTTPS://Ex.com", ["https:", "ex.com", "", "/", "", ""]),
        ("https://ex.com?x=1", ["https:", "ex.com", "", "/", "x=1", ""]),
        ("https://b\u{fc}cher.de/\u{e4}?\u{f6}=\u{fc}", ["https:", "xn--bcher-kva.de", "", "/\u{e4}", "\u{f6}=\u{fc}", ""]),
        ("https://ex.com:80abc/", ["https:", "ex.com", "", "/:80abc/", "", ""]),
        ("ftp://x:/y", ["ftp:", "x", "", "/y", "", ""]),
        ("https://exa mple.com/x", ["https:", "exa", "", "%20mple.com/x", "", ""]),
        ("javascript:alert(1)", ["javascript:", "", "", "alert(1)", "", ""]),
        ("https://a.b\\c\\d?x=\\y", ["https:", "a.b", "", "/c/d", "x=%5Cy", ""]),
        ("  https://a.b/c  ", ["https:", "a.b", "", "/c", "", ""]),
        ("https://[::1]:3000/x", ["https:", "::1", "3000", "/x", "", ""]),
        ("a:b:c/d?e", ["a:", "b", "", "/:c/d", "e", ""]),
        ("//a.b/<x>?'1'", ["", "", "", "//a.b/<x>", "'1'", ""]),
        ("//a@b@c/d", ["", "c", "", "/d", "", ""]),
        ("mailto://[::1]?x", ["mailto:", "::1", "", "/", "x", ""]),
        ("HTTPS:a.b?x", ["https:", "a.b", "", "/", "x", ""]),
        ("", ["", "", "", "", "", ""]),
    ];

    #[test]
    fn as_node_does() {
        for (address, expected) in NODE {
            let told = parts(address.trim());
            let text = |part: &Option<Text>| part.as_deref().unwrap_or_default().to_owned();
            let port = told.port.map(|port| port.to_string()).unwrap_or_default();
            let found =
                [text(&told.protocol), text(&told.host), port, text(&told.path), text(&told.query), text(&told.fragment)];
            assert_eq!(found, *expected, "{address}");
        }
    }
}
