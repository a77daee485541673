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
                texts.insert(file, struck_out(&source.text, own.chain(again)));
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

fn unquoted(written: &str) -> &str {
    let inside = |mark: char| written.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    inside('"').or_else(|| inside('\'')).unwrap_or(written).trim()
}
