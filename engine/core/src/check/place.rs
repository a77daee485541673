//! Places within texts: from a byte of a wire or template to a byte of the file.

use crate::source::{Sources, Span};

/// Where the bytes `start..end` of `text` stand in the file, if the text was written at `span`.
///
/// Quotes, escapes and line breaks may lie between the two; where the part can't be found, it is all of `span`.
pub(super) fn within(sources: &Sources, span: Span, text: &str, start: usize, end: usize) -> Span {
    let written = sources.slice(span);
    let Some(part) = text.get(start..end).filter(|part| !part.is_empty()) else { return span };
    let at = match written.find(text) {
        Some(whole) => whole + start,
        None => {
            // A text of several lines is indented in the file: take the same one of all places that read alike.
            let nth = text[..start].matches(part).count();
            match written.match_indices(part).nth(nth) {
                Some((at, _)) => at,
                None => return span,
            }
        }
    };
    let at = span.start + at as u32;
    Span { file: span.file, start: at, end: at + part.len() as u32 }
}
