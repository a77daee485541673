//! What is left of a file that is not YAML: the same text without the item or the key that is broken.

use serde_yaml::Error;

use super::node::{self, Node};
use super::syntax;
use crate::source::{FileId, Span};

/// How often a file is read again; each time costs as much as the first.
const TRIES: usize = 12;

/// The rest of a file, read without what is broken at `at`. Every byte of it stays where it is.
pub(super) fn rest(file: FileId, text: &str, at: Span) -> Option<Node> {
    let mut tries = TRIES;
    without(file, text, at, &mut tries)
}

fn without(file: FileId, text: &str, at: Span, tries: &mut usize) -> Option<Node> {
    for (start, end) in around(text, at.start as usize) {
        *tries = tries.checked_sub(1)?;
        let left = blanked(text, start, end);
        match node::parse(file, &left) {
            Ok(node) => return Some(node),
            Err(error) => {
                // What is broken elsewhere is left out in its turn.
                let next = place(file, &left, &error);
                if !(start..end).contains(&(next.start as usize))
                    && let Some(node) = without(file, &left, next, tries)
                {
                    return Some(node);
                }
            }
        }
    }
    None
}

fn place(file: FileId, text: &str, error: &Error) -> Span {
    syntax::explain(file, text, error).span
}

/// What may be left out around a place, from the inside out: items of lists, as cards are; what stands right below a key of the
/// file, as an input or a table; and the keys of the file. A part of a card is never left out alone, for then the card would lack it.
fn around(text: &str, at: usize) -> Vec<(usize, usize)> {
    let lines = lines(text);
    let Some(mut line) = lines.iter().rposition(|line| line.start <= at) else { return Vec::new() };
    let mut found = Vec::new();
    let mut indent = usize::MAX;
    loop {
        let own = &lines[line];
        if own.indent < indent {
            indent = own.indent;
            let parent = lines[..line].iter().rposition(|above| above.indent < indent);
            let below_top = parent.is_some_and(|parent| lines[parent].indent == 0 && !lines[parent].is_item);
            if own.is_item || indent == 0 || below_top {
                let next = lines[line + 1..].iter().find(|next| {
                    next.indent < indent || next.indent == indent && (next.is_item || !own.is_item)
                });
                found.push((own.start, next.map_or(text.len(), |next| next.start)));
            }
        }
        match line.checked_sub(1) {
            Some(above) => line = above,
            None => return found,
        }
    }
}

/// A line that is neither blank nor a remark.
struct Line {
    start: usize,
    indent: usize,
    /// Whether it starts an item of a list.
    is_item: bool,
}

fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let written = line.trim_start();
        if !written.is_empty() && !written.starts_with('#') {
            let is_item = written.starts_with("- ") || written.trim_end() == "-";
            lines.push(Line { start, indent: line.len() - written.len(), is_item });
        }
        start += line.len();
    }
    lines
}

/// The text with spaces in place of a part; lines stay lines.
fn blanked(text: &str, start: usize, end: usize) -> String {
    let blank: String = text[start..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    [&text[..start], &blank, &text[end..]].concat()
}
