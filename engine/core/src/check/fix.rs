//! Edits that mend a mistake.

use crate::diag::Edit;
use crate::source::{Sources, Span};

/// What gives a key that a wire or a template reads its right name; empty where a person must.
///
/// `whole` is where the wire or template is written, `key` where in it the key is.
pub(super) fn key(sources: &Sources, whole: Span, key: Span, name: &str, right: &str) -> Vec<Edit> {
    let written = sources.slice(key);
    // Of a name in brackets these may be part of its place.
    let inner = written.find(name).filter(|_| written == name || written.starts_with('['));
    let Some(inner) = inner.map(|at| key.start + at as u32) else { return Vec::new() };
    let key = Span { start: inner, end: inner + name.len() as u32, ..key };
    let before = |by: u32| Span { start: key.start.saturating_sub(by), end: key.start, ..key };
    let edit = |span: Span, text: String| Edit { span, text };
    match sources.slice(before(1)) {
        "." if sources.slice(before(2)) == ".." => Vec::new(),
        "." if right.contains(' ') => {
            let Some((quote, around)) = quotes(sources, whole) else { return Vec::new() };
            let member = Span { start: key.start - 1, ..key };
            let mut edits = vec![edit(member, format!("[{quote}{right}{quote}]"))];
            if let Some(around) = around {
                edits.push(edit(Span { end: whole.start, ..whole }, around.to_owned()));
                edits.push(edit(Span { start: whole.end, ..whole }, around.to_owned()));
            }
            edits
        }
        "." | "'" | "\"" => vec![edit(key, right.to_owned())],
        _ => Vec::new(),
    }
}

/// Which quotes may stand in a text as it is written, and which it needs around it then.
fn quotes(sources: &Sources, whole: Span) -> Option<(char, Option<&'static str>)> {
    let written = sources.slice(whole);
    let lines = |text: &str| text.contains('\n');
    match written.chars().next()? {
        '"' => Some(('\'', None)),
        '\'' => Some(('"', None)),
        _ if is_block(sources, whole) => Some(('\'', None)),
        // Without quotes, brackets would mean something else within brackets.
        _ if lines(written) => None,
        _ if !written.contains(['"', '\\']) => Some(('\'', Some("\""))),
        _ if !written.contains('\'') => Some(('"', Some("'"))),
        _ => None,
    }
}

/// Whether a text is one of those that `|` or `>` announces.
fn is_block(sources: &Sources, whole: Span) -> bool {
    let before = sources.slice(Span { start: 0, end: whole.start, ..whole });
    let above = before.trim_end();
    let line = above.rsplit('\n').next().unwrap_or(above);
    let announced = line.split(" #").next().unwrap_or(line).split_whitespace().next_back();
    before[above.len()..].contains('\n') && announced.is_some_and(|last| last.starts_with(['|', '>']))
}
