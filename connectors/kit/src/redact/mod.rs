//! Puts dots in place of secrets that an answer quotes, before anything reads the answer.
//!
//! A vendor, or what stands before it, may send back what it was sent: in an error, in a header, in an echo. It may write it in
//! another form than it got it. So the text is searched as it is, and as it is once its escapes are read, up to four times over: those of
//! JSON, of addresses and of HTML. Of each secret the forms of Base64 (at any place in what was encoded), of hexadecimal numbers and
//! of forms are searched as well. What is found is taken out where it stands, whole escapes at a time, so that JSON stays JSON.

mod decode;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use aho_corasick::{AhoCorasick, MatchKind};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flowrun_core::value::REDACTED;

use decode::Decoded;

/// How often escapes of escapes are read.
const LAYERS: usize = 4;

/// The shortest secret that is searched for, in bytes: a shorter one would take half the text with it, and isn't worth the name.
const SHORTEST: usize = 6;

/// Finds some secrets.
#[derive(Default)]
pub struct Redactor {
    /// None where there is nothing to find.
    finder: Option<AhoCorasick>,
    /// Whether the pattern with a number is all digits.
    numeric: Vec<bool>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Redactor {
    /// Finds these secrets in all their forms.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Redactor {
        let mut patterns: Vec<Vec<u8>> = secrets.into_iter().flat_map(forms).collect();
        patterns.sort();
        patterns.dedup();
        let numeric = patterns.iter().map(|pattern| pattern.iter().all(u8::is_ascii_digit)).collect();
        let finder = (!patterns.is_empty())
            .then(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&patterns).ok())
            .flatten();
        Redactor { finder, numeric }
    }

    /// The text with dots in place of what it quotes; none if it quotes nothing.
    pub fn clean(&self, text: &[u8]) -> Option<Vec<u8>> {
        let finder = self.finder.as_ref()?;
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut layers: Vec<Decoded> = Vec::new();
        loop {
            let here = layers.last().map_or(text, |layer| &layer.text);
            for matched in finder.find_iter(here) {
                let mut span = matched.range();
                for layer in layers.iter().rev() {
                    span = layer.source(span);
                }
                if !(self.numeric[matched.pattern().as_usize()] && is_number(text, &span)) {
                    found.push(span);
                }
            }
            if layers.len() == LAYERS {
                break;
            }
            match decode::decode(here) {
                Some(decoded) => layers.push(decoded),
                None => break,
            }
        }
        if found.is_empty() {
            return None;
        }
        found.sort_by_key(|span| (span.start, span.end));
        let mut cleaned = Vec::with_capacity(text.len());
        let mut end = 0;
        for span in found {
            if span.end <= end {
                continue;
            }
            // What overlaps is one quotation.
            if span.start >= end {
                cleaned.extend_from_slice(&text[end..span.start]);
                cleaned.extend_from_slice(REDACTED.as_bytes());
            }
            end = span.end;
        }
        cleaned.extend_from_slice(&text[end..]);
        Some(cleaned)
    }

    /// The same for a text.
    pub fn text(&self, text: String) -> String {
        match self.clean(text.as_bytes()) {
            Some(cleaned) => String::from_utf8_lossy(&cleaned).into_owned(),
            None => text,
        }
    }

    /// The same for headers, but for those with these names.
    pub(crate) fn headers(&self, headers: &mut HeaderMap, but: &[HeaderName]) {
        if self.finder.is_none() {
            return;
        }
        for (_, value) in headers.iter_mut().filter(|(name, _)| !but.contains(name)) {
            let Some(cleaned) = self.clean(value.as_bytes()) else { continue };
            // What was a header is one with dots as well.
            *value = HeaderValue::from_bytes(&cleaned).unwrap_or_else(|_| HeaderValue::from_static(""));
        }
    }
}

/// What a login says in words: whatever else stands there may be a secret that nobody knows yet, and gets dots.
pub fn words(text: &str) -> String {
    let is_word = |word: &str| {
        word.len() <= 24
            && word.chars().all(|letter| letter.is_ascii_alphabetic() || "_-'\".,:;()".contains(letter))
    };
    // A status or a year is no secret.
    let is_small = |word: &str| word.len() <= 4 && word.chars().all(|letter| letter.is_ascii_alphanumeric());
    let shown = text
        .split_whitespace()
        .take(60)
        .map(|word| if is_word(word) || is_small(word) { word } else { REDACTED });
    shown.collect::<Vec<_>>().join(" ")
}

/// Keeps the redactor of a connection's credentials, as long as these are the same.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Option<([u64; 2], Arc<Redactor>)>>);

impl Kept {
    /// The redactor of the tokens with these numbers, made if they are new.
    pub(crate) fn of(&self, tokens: [u64; 2], make: impl FnOnce() -> Redactor) -> Arc<Redactor> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((of, redactor)) if *of == tokens => redactor.clone(),
            _ => kept.insert((tokens, Arc::new(make()))).1.clone(),
        }
    }
}

/// Whether what stands there is a number of JSON rather than part of a text: an ID may well be somebody's password too, and without it
/// the text would be no JSON.
fn is_number(text: &[u8], span: &Range<usize>) -> bool {
    let before = text[..span.start].trim_ascii_end().last();
    let after = text[span.end..].trim_ascii_start().first();
    matches!(before, None | Some(b':' | b',' | b'[')) && matches!(after, None | Some(b',' | b']' | b'}'))
}

/// All that is searched for, for a secret: the secret, what is left of it once escapes in it are read, its parts, and each of them
/// encoded.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut plain: Vec<Vec<u8>> = vec![secret.as_bytes().to_vec()];
    // `Bearer X` is made of X, which may be quoted alone.
    plain.extend(
        secret.split_whitespace().filter(|part| part.len() >= 8).map(|part| part.as_bytes().to_vec()),
    );
    let mut forms = Vec::new();
    for text in plain.into_iter().filter(|text| text.len() >= SHORTEST) {
        forms.extend(encoded(&text));
        // A form has a plus for a space.
        if text.contains(&b' ') {
            forms.push(text.iter().map(|&byte| if byte == b' ' { b'+' } else { byte }).collect());
        }
        let mut read = text.clone();
        for _ in 0..LAYERS {
            let Some(decoded) = decode::decode(&read) else { break };
            read = decoded.text;
            forms.push(read.clone());
        }
        forms.push(text);
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

/// The forms of a secret in which other letters stand for it.
fn encoded(text: &[u8]) -> Vec<Vec<u8>> {
    let hex = |upper: bool| -> Vec<u8> {
        let digits: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
        text.iter()
            .flat_map(|&byte| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]])
            .collect()
    };
    let mut forms = vec![hex(false), hex(true)];
    for before in 0..3_usize {
        // Wherever it begins in what was encoded, as in `user:secret`, some letters depend on nothing else.
        let shifted = [&vec![0; before][..], text].concat();
        let all = STANDARD.encode(&shifted);
        let first = (before * 4).div_ceil(3);
        let last = shifted.len() * 8 / 6;
        let Some(own) = all.as_bytes().get(first..last) else { continue };
        forms.push(own.to_vec());
        forms.push(
            own.iter()
                .map(|&letter| match letter {
                    b'+' => b'-',
                    b'/' => b'_',
                    letter => letter,
                })
                .collect(),
        );
    }
    // In two bytes a letter, as some systems have texts in their memory.
    let wide = |low_first: bool| -> Vec<u8> {
        text.iter().flat_map(|&byte| if low_first { [byte, 0] } else { [0, byte] }).collect()
    };
    forms.push(wide(true));
    forms.push(wide(false));
    forms
}
