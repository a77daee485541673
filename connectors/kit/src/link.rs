//! The `Link` header (RFC 8288): where a list goes on.

use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue};
use flowrun_core::fault::{Fault, FaultKind, Result};
use url::Url;

/// The address of the next page, if one of the `Link` headers names it; a relative one continues `asked`, the address of the
/// request.
///
/// A header that can't be read is an error: it may have named the next page, and the list would end too early.
pub(crate) fn next(headers: &HeaderMap, asked: &str) -> Result<Option<String>> {
    for header in headers.get_all(LINK) {
        let mut rest = Rest(header.as_bytes());
        while let Some(link) = rest.link().map_err(|why| unreadable(header.as_bytes(), why))? {
            if link.is_next {
                let target = std::str::from_utf8(link.target);
                let target = target.map_err(|_| unreadable(header.as_bytes(), "its address isn't UTF-8"))?;
                return resolve(target, asked).map(Some);
            }
        }
    }
    Ok(None)
}

/// The same of a header that is at hand as a text, or of several joined by commas; `asked` must be absolute where a link is relative.
pub fn next_in(links: &str, asked: &str) -> Result<Option<String>> {
    let mut headers = HeaderMap::new();
    let value =
        HeaderValue::from_str(links).map_err(|error| unreadable(links.as_bytes(), &error.to_string()))?;
    headers.insert(LINK, value);
    next(&headers, asked)
}

/// An absolute address stays as the vendor wrote it, for the cursor in it may be signed.
fn resolve(target: &str, asked: &str) -> Result<String> {
    if Url::parse(target).is_ok() {
        return Ok(target.to_owned());
    }
    let joined = Url::parse(asked).and_then(|asked| asked.join(target));
    let joined = joined.map_err(|error| unreadable(target.as_bytes(), &error.to_string()))?;
    Ok(joined.into())
}

fn unreadable(what: &[u8], why: &str) -> Fault {
    let shown: String = String::from_utf8_lossy(what).chars().take(200).collect();
    let message =
        format!("the answer says where the list goes on in a way that can't be read: {why}: Link: {shown}");
    Fault::new(FaultKind::Parse, message)
        .help("the list may be longer than what was read; tell the vendor, or the proxy between")
}

struct Link<'a> {
    target: &'a [u8],
    is_next: bool,
}

/// A parameter's name, and its value without the quotes.
type Parameter<'a> = (&'a [u8], Vec<u8>);

/// What of a header is still to be read, by the algorithm of RFC 8288, appendix B.2.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn link(&mut self) -> Result<Option<Link<'a>>, &'static str> {
        self.skip(|byte| is_blank(byte) || byte == b',');
        if self.0.is_empty() {
            return Ok(None);
        }
        self.expect(b'<', "a link begins with `<`")?;
        let target = self.until(|byte| byte == b'>').trim_ascii();
        self.expect(b'>', "its address has no end")?;
        let (mut relation, mut anchored) = (None, false);
        while let Some((name, value)) = self.parameter()? {
            if name.eq_ignore_ascii_case(b"rel") {
                // Of several, the first one counts (section 3.3).
                relation.get_or_insert(value);
            }
            // It says where something else than this list goes on (section 3.2).
            anchored |= name.eq_ignore_ascii_case(b"anchor");
        }
        let is_next = !anchored && relation.is_some_and(|relation| names_next(&relation));
        Ok(Some(Link { target, is_next }))
    }

    /// The next parameter of a link.
    fn parameter(&mut self) -> Result<Option<Parameter<'a>>, &'static str> {
        self.skip(is_blank);
        while self.take(b';') {
            self.skip(is_blank);
            let name = self.until(|byte| is_blank(byte) || b"=;,".contains(&byte));
            self.skip(is_blank);
            let value = if self.take(b'=') { self.value()? } else { Vec::new() };
            self.skip(is_blank);
            if !name.is_empty() {
                return Ok(Some((name, value)));
            }
        }
        match self.0.first() {
            None | Some(b',') => Ok(None),
            Some(_) => Err("something stands between a link and its end"),
        }
    }

    fn value(&mut self) -> Result<Vec<u8>, &'static str> {
        self.skip(is_blank);
        // A quote of the wrong kind is what some servers write.
        let Some(quote @ (b'"' | b'\'')) = self.0.first().copied() else {
            return Ok(self.until(|byte| is_blank(byte) || b";,".contains(&byte)).to_vec());
        };
        self.take(quote);
        let mut value = Vec::new();
        loop {
            match *self.0 {
                [b'\\', escaped, ref rest @ ..] if quote == b'"' => {
                    value.push(escaped);
                    self.0 = rest;
                }
                [byte, ref rest @ ..] => {
                    self.0 = rest;
                    if byte == quote {
                        return Ok(value);
                    }
                    value.push(byte);
                }
                [] => return Err("a quoted text has no end"),
            }
        }
    }

    fn until(&mut self, is_end: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|&byte| is_end(byte)).unwrap_or(self.0.len());
        let (before, rest) = self.0.split_at(end);
        self.0 = rest;
        before
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        self.until(|byte| !skipped(byte));
    }

    fn take(&mut self, byte: u8) -> bool {
        let rest = self.0.strip_prefix(&[byte]);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, byte: u8, why: &'static str) -> Result<(), &'static str> {
        if self.take(byte) { Ok(()) } else { Err(why) }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Relation types are parted by blanks and compared in any case (RFC 8288, sections 2.1.1 and 3.3).
fn names_next(relation: &[u8]) -> bool {
    relation.split(|&byte| is_blank(byte)).any(|one| one.eq_ignore_ascii_case(b"next"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const ASKED: &str = "https://acme.okta.com/api/v1/users?limit=2";

    fn read(headers: &[&[u8]]) -> Result<Option<String>> {
        let values = headers.iter().map(|value| (LINK, HeaderValue::from_bytes(value).unwrap()));
        next(&values.collect(), ASKED)
    }

    /// Headers, the next page, and where that is written.
    type Row = (&'static [&'static [u8]], Option<&'static str>, &'static str);

    #[rustfmt::skip]
    const READ: &[Row] = &[
        (&[], None, "no header"),
        (&[b""], None, "RFC 8288, B.2: nothing is no link"),
        (&[br#"<https://acme.okta.com/api/v1/users?limit=2>; rel="self""#, br#"<https://acme.okta.com/api/v1/users?after=x&limit=2>; rel="next""#],
            Some("https://acme.okta.com/api/v1/users?after=x&limit=2"), "Okta, Design Principles, Pagination: a header for each link"),
        (&[br#"<https://a.b/x?p=0,1>; rel=prev, <https://a.b/x?p=2,3>; title="n, <m>"; rel="next""#], Some("https://a.b/x?p=2,3"), "RFC 3986: an address may hold commas; a quoted text anything"),
        (&[br#"<http://example.com/TheBook/chapter2>; rel="previous"; title="previous chapter""#], None, "RFC 8288, 3.5, first example"),
        (&[br#"</>; rel="http://example.net/foo""#], None, "RFC 8288, 3.5, second example"),
        (&[br#"</TheBook/chapter2>; rel="previous"; title*=UTF-8'de'letztes%20Kapitel, </TheBook/chapter4>; rel="next"; title*=UTF-8'de'n%c3%a4chstes%20Kapitel"#],
            Some("https://acme.okta.com/TheBook/chapter4"), "RFC 8288, 3.5, third example"),
        (&[br#"<http://example.org/>; rel="start http://example.net/relation/other""#], None, "RFC 8288, 3.5, fourth example"),
        (&[br#"<https://example.org/>; rel="start", <https://example.org/index>; rel="index""#], None, "RFC 8288, 3.5, fifth example"),
        (&[br"<?after=y>; rel=next"], Some("https://acme.okta.com/api/v1/users?after=y"), "RFC 3986, 5.4.1: `?y`"),
        (&[br"<groups>; rel=next"], Some("https://acme.okta.com/api/v1/groups"), "RFC 3986, 5.4.1: `g`"),
        (&[br"<//other.example/x>; rel=next"], Some("https://other.example/x"), "RFC 3986, 5.4.1: `//g`; the client refuses the host"),
        (&[br"<https://a.b/>; Rel=NEXT"], Some("https://a.b/"), "RFC 8288, 2.1.1 and B.3: any case"),
        (&[br#"<https://a.b/>; rel="last next""#], Some("https://a.b/"), "RFC 8288, 3.3: several types"),
        (&[br"<https://a.b/>; rel='next'"], Some("https://a.b/"), "what sloppy servers write"),
        (&[b"<https://a.b/> ;\trel = next"], Some("https://a.b/"), "RFC 8288, B.2: blanks around"),
        (&[br"<https://a.b/>;; rel=next;"], Some("https://a.b/"), "RFC 8288, B.2: empty parameters"),
        (&[br"<https://a.b/>; crossorigin; rel=next"], Some("https://a.b/"), "RFC 8288, B.3: a parameter without a value"),
        (&[br"<https://a.b/>; rel=prev; rel=next"], None, "RFC 8288, 3.3: the first `rel` counts"),
        (&[br"<https://a.b/>; rel=nextish"], None, "RFC 8288, 2.1.1: whole names"),
        (&[br##"<https://a.b/>; rel=next; anchor="#foo""##], None, "RFC 8288, 3.2: of another context"),
        (&[br#"<https://a.b/>; title="a \"quoted\" ; rel=prev"; rel=next"#], Some("https://a.b/"), "RFC 9110, 5.6.4: escapes"),
        (&[b"<https://a.b/x>; title=\"n\xe4chste\"; rel=next"], Some("https://a.b/x"), "RFC 9110, 5.5: other bytes than ASCII"),
        (&[", <https://a.b/\u{e4}>; rel=next".as_bytes()], Some("https://a.b/ä"), "RFC 9110, 5.6.1.2: empty members"),
    ];

    #[test]
    fn the_next_page_is_found_in_every_form() {
        for (headers, expected, source) in READ {
            assert_eq!(read(headers).unwrap().as_deref(), *expected, "{source}");
        }
    }

    #[test]
    fn what_can_not_be_read_is_no_end_of_the_list() {
        let unread: [(&[u8], &str); 5] = [
            (b"https://a.b/; rel=next", "begins with `<`"),
            (b"<https://a.b/; rel=next", "no end"),
            (b"<https://a.b/> rel=next", "between a link"),
            (b"<https://a.b/>; rel=\"next", "a quoted text has no end"),
            (b"<https://a.b/\xe4>; rel=next", "isn't UTF-8"),
        ];
        for (header, why) in unread {
            let told = read(&[header]).unwrap_err();
            assert_eq!(told.kind, FaultKind::Parse);
            assert!(told.message.contains(why), "{told}");
        }
    }
}
