//! Bodies of forms: as addresses are written, or in parts, which may be files (RFC 7578; names as the WHATWG's HTML has them).

use axum::body::Bytes;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{FromValue, Record, Text, Value, query_pairs};
use ring::digest::{SHA256, digest};

use crate::address;
use crate::files::Files;

/// Which form a `Content-Type` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    UrlEncoded,
    Parts,
}

impl Form {
    pub(crate) fn of(content_type: &str) -> Option<Form> {
        match content_type.split(';').next()?.trim().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => Some(Form::UrlEncoded),
            "multipart/form-data" => Some(Form::Parts),
            _ => None,
        }
    }
}

/// `members` as `name=value` pairs; a list repeats its name, what is missing is left out.
pub(crate) fn url_encoded(members: &Record) -> Result<String> {
    let pairs = query_pairs(members).map_err(|told| invalid(format!("the form's {told}")))?;
    Ok(address::query(pairs))
}

/// `members` as parts, and their `Content-Type`; a list repeats its name, what is missing is left out, files are sent as they are.
/// `most` bytes are allowed.
pub(crate) fn parts(members: &Record, files: &Files, most: usize) -> Result<(String, Bytes)> {
    let mut parts = Vec::new();
    for (name, value) in members {
        let one = std::slice::from_ref(value);
        for value in value.as_list().unwrap_or(one).iter().filter(|value| !value.is_null()) {
            parts.push(part(name, value, files, most)?);
        }
    }
    let boundary = boundary(&parts);
    let mut body = Vec::new();
    for Part { head, content } in &parts {
        if body.len() + head.len() + content.len() > most {
            return Err(invalid(format!("the form has more than the {most} bytes that are sent")));
        }
        body.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((format!("multipart/form-data; boundary={boundary}"), body.into()))
}

struct Part {
    head: String,
    content: Vec<u8>,
}

fn part(name: &str, value: &Value, files: &Files, most: usize) -> Result<Part> {
    let head = format!("Content-Disposition: form-data; name=\"{}\"", quoted(name));
    Ok(match value {
        Value::File(file) => Part {
            head: format!(
                "{head}; filename=\"{}\"\r\nContent-Type: application/octet-stream",
                quoted(&file.name)
            ),
            content: files.read(file, most as u64)?,
        },
        Value::List(_) | Value::Object(_) => {
            return Err(invalid(format!(
                "the form's `{name}`: expected a text or a file, found {}",
                value.kind()
            )));
        }
        other => {
            let text = Text::from_value(other.clone())
                .map_err(|mismatch| invalid(format!("the form's `{name}`: {mismatch}")))?;
            Part { head, content: text.as_bytes().to_vec() }
        }
    })
}

/// What would end a name is escaped, and nothing else: UTF-8 is sent as it is.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// What stands between the parts: made of them, so that a repetition is the same, and in none of them.
fn boundary(parts: &[Part]) -> String {
    let mut seed = Vec::new();
    parts.iter().for_each(|part| seed.extend_from_slice(digest(&SHA256, &part.content).as_ref()));
    loop {
        seed = digest(&SHA256, &seed).as_ref().to_vec();
        let hex: String = seed[..12].iter().map(|byte| format!("{byte:02x}")).collect();
        let boundary = format!("flowrun-{hex}");
        if !parts.iter().any(|part| memchr::memmem::find(&part.content, boundary.as_bytes()).is_some()) {
            return boundary;
        }
    }
}

fn invalid(message: impl Into<Text>) -> Fault {
    Fault::new(FaultKind::InvalidInput, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(members: &[(&str, Value)]) -> Record {
        members.iter().map(|(name, value)| (Text::from(*name), value.clone())).collect()
    }

    #[test]
    fn a_form_in_an_address_s_form() {
        // Python 3.11: urlencode([("a b", "ü&="), ("l", "1"), ("l", "2")], quote_via=quote)
        let members = record(&[
            ("a b", "ü&=".into()),
            ("l", Value::list(vec![1.0.into(), 2.0.into()])),
            ("none", Value::Null),
        ]);
        assert_eq!(url_encoded(&members).unwrap(), "a%20b=%C3%BC%26%3D&l=1&l=2");
        url_encoded(&record(&[("o", Value::object([("x", 1.0)]))])).unwrap_err();
    }

    #[test]
    fn a_form_in_parts() {
        let files = Files::default();
        let file = files.create("a \"b\".csv", b"id\r\n\xff", 0).unwrap();
        let members = record(&[
            ("na\"me\n", "Zoë".into()),
            ("n", Value::list(vec![1.0.into(), true.into()])),
            ("file", Value::File(file)),
            ("none", Value::Null),
        ]);
        let (content_type, body) = parts(&members, &files, 10_000).unwrap();
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        // By hand from RFC 7578, sections 4.1 to 4.4, and HTML, "multipart form data": quotes and line breaks in names.
        let expected = [
            &b"--B\r\nContent-Disposition: form-data; name=\"na%22me%0A\"\r\n\r\nZo\xc3\xab\r\n"[..],
            b"--B\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n1\r\n",
            b"--B\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\ntrue\r\n",
            b"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a %22b%22.csv\"\r\nContent-Type: application/octet-stream\r\n\r\nid\r\n\xff\r\n",
            b"--B--\r\n",
        ];
        let mut shown = Vec::new();
        let mut rest = &body[..];
        while let Some(at) = memchr::memmem::find(rest, boundary.as_bytes()) {
            shown.extend_from_slice(&rest[..at]);
            shown.push(b'B');
            rest = &rest[at + boundary.len()..];
        }
        shown.extend_from_slice(rest);
        assert_eq!(shown, expected.concat());
        // A repetition is the same; more than is sent is refused.
        assert_eq!(parts(&members, &files, 10_000).unwrap().1, body);
        assert!(parts(&members, &files, 100).is_err());
    }
}
