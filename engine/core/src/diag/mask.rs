//! Keeps credentials that were found in files from being shown along with the complaint about them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Code, Diagnostic};
use crate::source::{FileId, Sources, Span};
use crate::value::REDACTED;

/// The sources with every reported credential struck out.
pub(super) struct Masked<'s> {
    sources: &'s Sources,
    texts: BTreeMap<FileId, String>,
    secrets: Vec<&'s str>,
}

impl<'s> Masked<'s> {
    pub fn new(diagnostics: &[Diagnostic], sources: &'s Sources) -> Masked<'s> {
        let spans = diagnostics.iter().filter(|d| d.code == Code::SecretInFile).map(|d| d.span);
        let spans: Vec<Span> = spans.collect();
        let mut secrets: Vec<&str> = spans.iter().map(|span| unquoted(sources.slice(*span))).collect();
        // Shorter ones stand in other words by chance.
        secrets.retain(|secret| secret.len() > 3);
        let mut texts = BTreeMap::new();
        if !spans.is_empty() {
            for (file, source) in sources.iter() {
                let own = spans
                    .iter()
                    .filter(|span| span.file == file)
                    .map(|span| (span.start as usize, span.end as usize));
                let again = secrets.iter().flat_map(|secret| source.text.match_indices(secret));
                let again = again.map(|(at, secret)| (at, at + secret.len()));
                let beside = own.clone().flat_map(|(start, end)| values_beside(&source.text, start, end));
                texts.insert(file, struck_out(&source.text, own.chain(beside).chain(again)));
            }
        }
        Masked { sources, texts, secrets }
    }

    /// A file's text, fit to be shown.
    pub fn text(&self, file: FileId) -> &str {
        self.texts.get(&file).map_or(&self.sources.get(file).text, String::as_str)
    }

    /// Words, fit to be shown.
    pub fn words<'w>(&self, words: &'w str) -> Cow<'w, str> {
        let mut words = Cow::Borrowed(words);
        for secret in &self.secrets {
            if words.contains(secret) {
                words = Cow::Owned(words.replace(secret, REDACTED));
            }
        }
        words
    }
}

/// The text with stars in some places: byte for byte, so that all others stay where they are, and lines stay lines.
fn struck_out(text: &str, places: impl Iterator<Item = (usize, usize)>) -> String {
    let mut out = text.to_owned();
    for (start, end) in places {
        let stars: String = text[start..end].bytes().map(|b| if b == b'\n' { '\n' } else { '*' }).collect();
        out.replace_range(start..end, &stars);
    }
    out
}

/// Values that say what a card is, and are never a credential.
const TELLING: &[&str] = &["card", "id", "flow", "call", "connection", "type", "connector", "env"];

/// The other values on the lines from `start` to `end`: where one credential stands, others often stand beside it.
fn values_beside(text: &str, start: usize, end: usize) -> Vec<(usize, usize)> {
    let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let until = text[end..].find('\n').map_or(text.len(), |at| end + at);
    let (mut places, mut key, mut at) = (Vec::new(), "", from);
    while at < until {
        let rest = &text[at..until];
        let length = token(rest);
        let written = rest[..length].trim_end();
        let behind = rest[length..].trim_start();
        if behind.starts_with(": ") || behind == ":" {
            key = unquoted(written);
        } else if !written.is_empty() && !written.starts_with(['{', '}', '[', ']', ',', ':', '#']) {
            let plain = unquoted(written);
            let wire = plain.starts_with("$.") || plain == "-";
            let own = (start..end).contains(&at);
            if !(wire || own || TELLING.contains(&key)) {
                places.push((at, at + written.len()));
            }
        }
        at += length.max(1);
        at += text[at..until].len() - text[at..until].trim_start().len();
    }
    places
}

/// How long the first piece of a line of YAML is: a mark, a quoted text, or all up to the next mark.
fn token(rest: &str) -> usize {
    let first = rest.chars().next().unwrap_or_default();
    match first {
        '"' | '\'' => rest[1..].find(first).map_or(rest.len(), |at| at + 2),
        '{' | '}' | '[' | ']' | ',' | ':' => 1,
        '-' if rest.starts_with("- ") => 1,
        _ => {
            let end = |(at, letter): (usize, char)| {
                matches!(letter, '{' | '}' | '[' | ']' | ',')
                    || letter == ':' && !rest[at + 1..].starts_with(|c: char| !c.is_whitespace())
            };
            rest.char_indices().find(|found| end(*found)).map_or(rest.len(), |(at, _)| at)
        }
    }
}

fn unquoted(written: &str) -> &str {
    let inside = |mark: char| written.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    inside('"').or_else(|| inside('\'')).unwrap_or(written).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_beside_a_credential_are_struck_out() {
        for (line, credential, shown) in [
            (
                r#"  - { id: q, card: a.b, with: { url: "/x?a=1", body: { password: hunter2, n: $.q.n, client_secret: 'geheim' } } }"#,
                "hunter2",
                r#"  - { id: q, card: a.b, with: { url: ********, body: { password: *******, n: $.q.n, client_secret: ******** } } }"#,
            ),
            ("api: [one, two: http://x, hunter2]", "hunter2", "api: [***, two: ********, *******]"),
            ("- password: hunter2", "hunter2", "- password: *******"),
            ("größe: hunter2 # und ü", "hunter2", "größe: ******* # und ü"),
            ("a: { \"b\": \"x, y: z\", c: hunter2", "hunter2", "a: { \"b\": *********, c: *******"),
        ] {
            let start = line.find(credential).unwrap();
            let own = (start, start + credential.len());
            let places = values_beside(line, own.0, own.1).into_iter().chain([own]);
            assert_eq!(struck_out(line, places), shown, "{line}");
        }
    }
}
