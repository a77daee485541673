//! Source files and places in them.

use std::fmt;
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
    /// If it was made of an export: which parts of that its parts were.
    pub origins: Vec<(Span, Origin)>,
}

/// A part of an export of Okta's: a flow, or one of its cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The flow's title.
    pub flow: Arc<str>,
    /// The flow's ID.
    pub flow_id: Arc<str>,
    /// The card's title and ID.
    pub card: Option<(Arc<str>, Arc<str>)>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.card {
            Some((card, _)) => write!(f, "the card `{card}` of the flow `{}`", self.flow),
            None => write!(f, "the flow `{}`", self.flow),
        }
    }
}

/// All files of a project.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file and says under which number it is found.
    pub fn add(&mut self, path: &str, text: &str) -> FileId {
        self.files.push(Source { path: path.into(), text: text.into(), origins: Vec::new() });
        FileId(self.files.len() as u32 - 1)
    }

    /// Says what a part of a file was made of.
    pub fn originate(&mut self, span: Span, origin: Origin) {
        self.files[span.file.0 as usize].origins.push((span, origin));
    }

    /// What the smallest part of a file that holds this span was made of.
    pub fn origin(&self, span: Span) -> Option<&Origin> {
        let holds = |(whole, _): &&(Span, Origin)| whole.start <= span.start && span.end <= whole.end;
        let origins = self.get(span.file).origins.iter().filter(holds);
        origins.min_by_key(|(whole, _)| whole.end - whole.start).map(|(_, origin)| origin)
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
