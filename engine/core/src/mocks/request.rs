//! Answers of hosts: which requests they are for, and what is sent back.

use super::Failure;
use super::read::{failure as any_failure, whole};
use crate::diag::{Code, Diagnostic};
use crate::fault::FaultKind;
use crate::load::node::{Content, Node};
use crate::load::reader::Reader;
use crate::model::Name;
use crate::pattern::Pattern;
use crate::value::{Record, Text, Value};

/// What may be said of the requests that an answer is for.
pub const REQUEST_KEYS: &[&str] = &["method", "path", "query", "headers", "body"];
/// What the answer of a host may say.
pub const RESPONSE_KEYS: &[&str] = &["status", "headers", "body"];

/// The methods that cards send.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// The requests that an answer is for: all where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Requested {
    /// The method, in capital letters.
    pub method: Option<Text>,
    /// The path, in which `*` stands for any letters but `/`.
    pub path: Option<Text>,
    /// What the query, the headers and the body are to be.
    pub parts: Vec<(Text, Pattern)>,
}

/// What a host answers.
#[derive(Clone, Debug)]
pub struct Responding {
    /// The status.
    pub status: u16,
    /// The headers, each as often as it has values.
    pub headers: Vec<(Text, Text)>,
    /// The body: a text as it stands, anything else as JSON, nothing as none.
    pub body: Value,
}

impl Requested {
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Requested> {
        let keys = reader.keys(node, "a request", REQUEST_KEYS)?;
        let mut request = Requested::default();
        if let Some(node) = keys.get("method") {
            let method = reader.text(node, "a method, as `post`")?;
            let capital = method.it.to_ascii_uppercase();
            if !METHODS.contains(&&*capital) {
                let message = format!("there is no method `{}`", method.it);
                let mistake = Diagnostic::new(Code::BadChoice, method.span, message);
                reader.report(mistake.help("one of get, post, put, patch, delete, head and options"));
                return None;
            }
            request.method = Some(capital.into());
        }
        if let Some(node) = keys.get("path") {
            request.path = Some(read_path(reader, node)?.it);
        }
        for part in ["query", "headers", "body"] {
            let Some(node) = keys.get(part) else { continue };
            // Names of headers are the same in small letters.
            let node = if part == "headers" { &in_small(node) } else { node };
            request.parts.push((part.into(), reader.whole_pattern(node)?));
        }
        (!keys.broken).then_some(request)
    }

    /// Whether a request with these parts (`method`, `path`, `query`, `headers`, `body`) is one of them.
    pub fn fits(&self, parts: &Record) -> bool {
        let text = |name: &str| parts.get(name).and_then(Value::as_text).map(|text| &**text).unwrap_or("");
        self.method.as_ref().is_none_or(|method| **method == *text("method"))
            && self.path.as_ref().is_none_or(|path| is_path(path, text("path")))
            && self.parts.iter().all(|(name, pattern)| pattern.holds(parts.get(name).unwrap_or(&Value::Null)))
    }
}

/// The host that a target names, in small letters: a name, and a port if it has one of its own.
pub(super) fn host(text: &str) -> Option<Text> {
    let text = text.trim().to_ascii_lowercase();
    let (name, port) = text.rsplit_once(':').unwrap_or((&text, "0"));
    let letters = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let is_host = !name.is_empty() && name.chars().all(letters) && port.parse::<u16>().is_ok();
    is_host.then(|| text.as_str().into())
}

/// A path in which `*` stands for any letters of one part.
pub fn read_path(reader: &mut Reader<'_>, node: &Node) -> Option<Name> {
    let path = reader.text(node, "a path, as `/api/v1/users/*`")?;
    let (message, help) = if !path.it.starts_with(['/', '*']) {
        let help = "write it from its `/` on, without the host: `/api/v1/users/*`";
        (format!("`{}` is no path", path.it), help)
    } else if path.it.contains('?') {
        (format!("`{}` is a path and a query", path.it), "write the query under `query: { … }`")
    } else {
        return Some(path);
    };
    reader.report(Diagnostic::new(Code::BadValue, path.span, message).help(help));
    None
}

/// Whether a path is of this form, part by part.
pub fn is_path(wanted: &str, path: &str) -> bool {
    let (wanted, path): (Vec<&str>, Vec<&str>) = (wanted.split('/').collect(), path.split('/').collect());
    wanted.len() == path.len() && wanted.iter().zip(path).all(|(wanted, part)| is_part(wanted, part))
}

fn is_part(wanted: &str, part: &str) -> bool {
    match wanted.split_once('*') {
        None => wanted == part,
        Some((before, after)) => match part.strip_prefix(before) {
            Some(rest) => {
                (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| is_part(after, &rest[at..]))
            }
            None => false,
        },
    }
}

fn in_small(node: &Node) -> Node {
    match &node.content {
        Content::Map(members) => {
            let members = members.iter().map(|(key, value)| {
                let content = match &key.content {
                    Content::Text(name) if !name.starts_with('~') => {
                        Content::Text(name.to_ascii_lowercase().into())
                    }
                    other => other.clone(),
                };
                (Node { content, ..key.clone() }, value.clone())
            });
            Node { span: node.span, content: Content::Map(members.collect()) }
        }
        _ => node.clone(),
    }
}

pub(super) fn responding(reader: &mut Reader<'_>, node: &Node) -> Option<Responding> {
    let keys = reader.keys(node, "the answer of a host", RESPONSE_KEYS)?;
    let status = whole(reader, &keys, "status", 200)?.unwrap_or(200);
    if status > 599 {
        let node = keys.get("status")?;
        let message = format!("no host answers with the status {status}");
        reader.report(Diagnostic::new(Code::BadValue, node.span, message).help("it is from 200 to 599"));
        return None;
    }
    let mut headers = Vec::new();
    if let Some(node) = keys.get("headers") {
        for (name, node) in reader.members(node, "a mapping of headers")? {
            let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
            if name.it.is_empty() || !name.it.chars().all(is_letter) {
                let message = format!("no header is called `{}`", name.it);
                reader.report(Diagnostic::new(Code::BadName, name.span, message));
                return None;
            }
            let values = match &node.content {
                Content::List(items) => items.iter().collect(),
                _ => vec![node],
            };
            for node in values {
                let value = reader.literal(node)?;
                let text = value.as_text().cloned().unwrap_or_else(|| Text::from(value.to_json()));
                if text.chars().any(char::is_control) || matches!(value, Value::List(_) | Value::Object(_)) {
                    reader.mismatch(node, "the value of a header: a text in one line, or a list of such");
                    return None;
                }
                headers.push((name.it.to_ascii_lowercase().into(), text));
            }
        }
    }
    let body = match keys.get("body") {
        Some(node) => reader.literal(node)?,
        None => Value::Null,
    };
    (!keys.broken).then_some(Responding { status: status as u16, headers, body })
}

/// A failure of the exchange itself: that a host answers with an error is an answer.
pub(super) fn failure(reader: &mut Reader<'_>, node: &Node) -> Option<Failure> {
    let failure = any_failure(reader, node)?;
    let written = |key: &str| match &node.content {
        Content::Map(members) => members.iter().find_map(|(name, value)| match &name.content {
            Content::Text(name) if **name == *key => Some(value.span),
            _ => None,
        }),
        _ => None,
    };
    let help = "an answer with a status is written as `response: { status: 503 }`";
    if let Some((key, span)) = ["code", "body"].iter().find_map(|key| Some((key, written(key)?))) {
        let message = format!("an exchange that fails has no `{key}`, for there is no answer");
        reader.report(Diagnostic::new(Code::NotForThisCard, span, message).help(help));
        return None;
    }
    let kind = match (failure.kind, written("kind")) {
        (FaultKind::HttpRequest, None) => FaultKind::Network,
        (kind @ (FaultKind::Network | FaultKind::Timeout), _) => kind,
        (kind, span) => {
            let message = format!("an exchange fails by Network or by Timeout, and not by {kind}");
            let span = span.unwrap_or(node.span);
            reader.report(Diagnostic::new(Code::BadChoice, span, message).help(help));
            return None;
        }
    };
    let message = match (&node.content, written("message")) {
        (Content::Map(_), None) => kind.to_string().into(),
        _ => failure.message,
    };
    Some(Failure { kind, message, ..failure })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_letters_of_one_part() {
        assert!(is_path("/api/v1/groups/*/users/*", "/api/v1/groups/g1/users/u1"));
        assert!(is_path("/api/v1/users*", "/api/v1/users"));
        assert!(is_path("/a/b*d", "/a/bcd"));
        assert!(!is_path("/api/v1/groups/*", "/api/v1/groups/g1/users"));
        assert!(!is_path("/a/b*d", "/a/bc"));
    }

    #[test]
    fn a_host_is_a_name_and_perhaps_a_port() {
        for (written, host) in [
            ("api.Example.com", Some("api.example.com")),
            ("localhost:8080", Some("localhost:8080")),
            ("https://api.example.com", None),
            ("api.example.com/v1", None),
            ("", None),
            ("a b", None),
            ("a:99999", None),
        ] {
            assert_eq!(super::host(written).as_deref(), host, "{written}");
        }
    }
}
