//! Source files and places in them.

use std::sync::Arc;

/// A source file, by its place among the project's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A range of bytes in a source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte behind the last.
    pub end: u32,
}

impl Span {
    /// The start of a file, for what has no better place.
    pub fn start_of(file: FileId) -> Span {
        Span { file, start: 0, end: 0 }
    }
}

/// One file as it was read.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path relative to the project, with `/` between its parts.
    pub path: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

/// All files of a project.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file and says under which number it is found.
    pub fn add(&mut self, path: &str, text: &str) -> FileId {
        self.files.push(Source { path: path.into(), text: text.into() });
        FileId(self.files.len() as u32 - 1)
    }

    /// The file with this number.
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    /// All files with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(index, source)| (FileId(index as u32), source))
    }

    /// The line and column, both from 1, at which a span starts; columns count characters.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        self.position(span.file, span.start)
    }

    /// The line and column, both from 1, right behind a span; columns count characters.
    pub fn end_line_column(&self, span: Span) -> (usize, usize) {
        self.position(span.file, span.end)
    }

    /// The columns, from 1, at which a span starts and ends, counted as JavaScript and the Language Server Protocol do: in
    /// UTF-16.
    pub fn columns_utf16(&self, span: Span) -> (usize, usize) {
        let text = &self.get(span.file).text;
        let column = |at: u32| {
            let before = &text[..boundary(text, at)];
            let line = before.rsplit('\n').next().unwrap_or(before);
            line.encode_utf16().count() + 1
        };
        (column(span.start), column(span.end))
    }

    fn position(&self, file: FileId, at: u32) -> (usize, usize) {
        let text = &self.get(file).text;
        let before = &text[..boundary(text, at)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The text that a span covers.
    pub fn slice(&self, span: Span) -> &str {
        let text = &self.get(span.file).text;
        &text[boundary(text, span.start)..boundary(text, span.end)]
    }
}

/// `at`, moved back to where a character starts, should it lie inside one or behind the text.
pub(crate) fn boundary(text: &str, at: u32) -> usize {
    let mut at = text.len().min(at as usize);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
