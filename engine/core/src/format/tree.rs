//! A file as it is written: what stands where, in which quotes, under which anchor. What it means the loader knows.

use serde_yaml::granit_parser::{Event, Options, Parser, ScalarStyle, Span as Range, StructureStyle};

use crate::diag::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// A value as it is written.
#[derive(Debug)]
pub(super) struct Node<'t> {
    /// The first byte, that of an anchor left out.
    pub start: usize,
    /// The byte behind the last that says something.
    pub end: usize,
    /// The anchor, with its `&`.
    pub anchor: Option<&'t str>,
    /// What it is.
    pub content: Content<'t>,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Content<'t> {
    /// Stays as it is, wherever it stands: an alias, or what only the loader can complain about.
    Verbatim(&'t str),
    /// A text, number or word.
    Scalar { style: ScalarStyle, value: String },
    /// Items on lines of their own, or within brackets.
    List { block: bool, items: Vec<Entry<'t>> },
    /// The same with keys.
    Map { block: bool, members: Vec<Entry<'t>> },
}

/// A member or an item, with the remarks that belong to it.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    /// Where its key or its dash stands.
    pub start: usize,
    /// The key; an item has none.
    pub key: Option<Node<'t>>,
    /// The value.
    pub value: Node<'t>,
    /// Remarks on the lines above it; an empty one is a blank line.
    pub above: Vec<String>,
    /// A remark on its own line.
    pub beside: Option<String>,
    /// Remarks behind the last of its like.
    pub below: Vec<String>,
}

impl<'t> Node<'t> {
    /// The items or members, and whether they stand on lines of their own.
    pub fn entries(&self) -> (bool, &[Entry<'t>]) {
        match &self.content {
            Content::List { block, items } => (*block, items),
            Content::Map { block, members } => (*block, members),
            Content::Verbatim(_) | Content::Scalar { .. } => (true, &[]),
        }
    }

    /// The same, to be changed.
    pub fn entries_mut(&mut self) -> &mut [Entry<'t>] {
        match &mut self.content {
            Content::List { items, .. } => items,
            Content::Map { members, .. } => members,
            Content::Verbatim(_) | Content::Scalar { .. } => &mut [],
        }
    }
}

impl Entry<'_> {
    /// The key, if it is one that can be named.
    pub fn name(&self) -> Option<&str> {
        match self.key.as_ref().map(|key| &key.content) {
            Some(Content::Scalar { value, .. }) => Some(value),
            _ => None,
        }
    }
}

/// A remark, with its `#`.
#[derive(Debug)]
pub(super) struct Remark<'t> {
    /// Its first byte.
    pub start: usize,
    /// What it says, without blanks at its end.
    pub text: &'t str,
}

/// A file that is YAML as a tree, and its remarks, in their order.
pub(super) fn read(file: FileId, text: &str) -> Result<(Option<Node<'_>>, Vec<Remark<'_>>), Diagnostic> {
    let (events, remarks) = events(file, text)?;
    let mut builder = Builder { file, text, events, at: 0 };
    let root = if builder.events.is_empty() { None } else { Some(builder.node(0)?) };
    Ok((root, remarks))
}

type Events<'t> = (Vec<(Event<'t>, Range)>, Vec<Remark<'t>>);

/// What the parser says, what is no content left out; remarks by themselves.
fn events(file: FileId, text: &str) -> Result<Events<'_>, Diagnostic> {
    let (mut events, mut remarks) = (Vec::new(), Vec::new());
    let mut options = Options::default();
    options.emit_anchor_events = true;
    options.max_buffered_comment_events = usize::MAX;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, range) = event.map_err(|error| {
            let at = error.marker().byte_offset().unwrap_or(0);
            refused(file, at, at, &format!("this can't be read: {error}"))
        })?;
        match event {
            Event::Comment(..) => {
                let (start, end) = bytes(&range);
                remarks.push(Remark { start, text: text[start..end].trim_end() });
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd => {}
            event => events.push((event, range)),
        }
    }
    Ok((events, remarks))
}

fn bytes(range: &Range) -> (usize, usize) {
    (range.start.byte_offset().unwrap_or(0), range.end.byte_offset().unwrap_or(0))
}

/// Why a file is left as it is.
fn refused(file: FileId, start: usize, end: usize, why: &str) -> Diagnostic {
    Diagnostic::new(Code::Structure, Span { file, start: start as u32, end: end as u32 }, why)
}

/// Makes a tree of what the parser says.
struct Builder<'t> {
    file: FileId,
    text: &'t str,
    events: Vec<(Event<'t>, Range)>,
    at: usize,
}

impl<'t> Builder<'t> {
    /// The next value; what says nothing stands at `blank`.
    fn node(&mut self, blank: usize) -> Result<Node<'t>, Diagnostic> {
        let Some((event, range)) = self.events.get(self.at).cloned() else {
            return Err(refused(self.file, blank, blank, "the file ends too early"));
        };
        self.at += 1;
        let (start, end) = bytes(&range);
        if range.tag_start.is_some() {
            return Err(refused(self.file, start, end, "a value with a tag can't be formatted")
                .label("flow files have no tags")
                .help("remove the tag; if a text is meant, put it in quotes"));
        }
        let anchor = self.anchor();
        match event {
            Event::Alias(_) => {
                Ok(Node { start, end, anchor, content: Content::Verbatim(&self.text[start..end]) })
            }
            Event::Scalar(value, style @ (ScalarStyle::Literal | ScalarStyle::Folded), ..) => {
                // The parser gives the lines alone.
                let behind = anchor.map_or(blank, |anchor| self.offset(anchor) + anchor.len());
                let start = self.sign(behind, &['|', '>']);
                let end =
                    start + self.text[start..end.max(start + 1)].trim_end_matches(['\n', '\r', ' ']).len();
                Ok(Node { start, end, anchor, content: Content::Scalar { style, value: value.into_owned() } })
            }
            Event::Scalar(value, style, ..) => {
                let end = start + self.text[start..end].trim_end().len();
                // The parser says `~` of a value that is not there, in a place where something else may be.
                let absent = start == end;
                let (start, end) = if absent { (blank, blank) } else { (start, end) };
                let value = if absent { String::new() } else { value.into_owned() };
                Ok(Node { start, end, anchor, content: Content::Scalar { style, value } })
            }
            Event::SequenceStart(style, ..) => {
                let block = style == StructureStyle::Block;
                let behind = anchor.map_or(blank, |anchor| self.offset(anchor) + anchor.len());
                // Of a list in the column of its key the parser gives no start.
                let start = if block { self.sign(behind, &['-']) } else { start };
                self.list(start, anchor, block)
            }
            Event::MappingStart(style, ..) => self.map(start, anchor, style == StructureStyle::Block),
            _ => Err(refused(self.file, start, end, "this can't be formatted")),
        }
    }

    /// The anchor of the value that has just begun.
    fn anchor(&mut self) -> Option<&'t str> {
        let (Event::Anchor(..), range) = self.events.get(self.at)? else { return None };
        let (start, end) = bytes(range);
        self.at += 1;
        Some(&self.text[start..end])
    }

    /// The byte behind the list or mapping, if the next event ends it; `last` is where its last part ends.
    fn ended(&mut self, block: bool, last: usize) -> Option<usize> {
        let (Event::SequenceEnd | Event::MappingEnd, range) = self.events.get(self.at)? else { return None };
        let end = if block { last } else { bytes(range).1 };
        self.at += 1;
        Some(end)
    }

    fn list(&mut self, start: usize, anchor: Option<&'t str>, block: bool) -> Result<Node<'t>, Diagnostic> {
        let (mut items, mut last) = (Vec::new(), start);
        loop {
            if let Some(end) = self.ended(block, last) {
                return Ok(Node { start, end, anchor, content: Content::List { block, items } });
            }
            let dash = block.then(|| self.sign(last, &['-']));
            let value = self.node(dash.map_or(last, |dash| dash + 1))?;
            last = value.end;
            items.push(Entry::new(dash.unwrap_or(value.start), None, value));
        }
    }

    fn map(&mut self, start: usize, anchor: Option<&'t str>, block: bool) -> Result<Node<'t>, Diagnostic> {
        let (mut members, mut last, mut odd) = (Vec::new(), start, None);
        loop {
            if let Some(end) = self.ended(block, last) {
                let whole = &self.text[start..end];
                let content = match odd {
                    None => Content::Map { block, members },
                    Some(_) if !block && !whole.contains('\n') => Content::Verbatim(whole),
                    Some(mistake) => return Err(mistake),
                };
                return Ok(Node { start, end, anchor, content });
            }
            let key = self.node(last)?;
            let value = self.node(key.end)?;
            odd = odd.or_else(|| self.odd(&key, &value, block));
            last = value.end.max(key.end);
            members.push(Entry::new(key.start, Some(key), value));
        }
    }

    /// Why a key can't stand on a line of its own: it is none that a flow has, and the loader says so better than this.
    fn odd(&self, key: &Node<'_>, value: &Node<'_>, block: bool) -> Option<Diagnostic> {
        let simple = matches!(key.content, Content::Scalar { .. }) && key.anchor.is_none();
        let mistake = || {
            refused(self.file, key.start, key.end, "this key can't be formatted")
                .label("expected a name and a colon")
                .help("a text with commas or braces needs quotes; the file is left as it is")
        };
        if !simple {
            return Some(mistake());
        }
        let blank = matches!(&value.content, Content::Scalar { style: ScalarStyle::Plain, value } if value.is_empty());
        let behind = self.text[key.end..].trim_start();
        (blank && !block && !behind.starts_with(':')).then(mistake)
    }

    /// The first of some signs at or behind a byte, remarks skipped.
    fn sign(&self, from: usize, signs: &[char]) -> usize {
        let mut at = from;
        for line in self.text[from..].split_inclusive('\n') {
            let written = line.split('#').next().unwrap_or_default();
            if let Some(sign) = written.find(signs) {
                return at + sign;
            }
            at += line.len();
        }
        from
    }

    /// Where a part of the text stands in it.
    fn offset(&self, part: &str) -> usize {
        part.as_ptr() as usize - self.text.as_ptr() as usize
    }
}

impl<'t> Entry<'t> {
    fn new(start: usize, key: Option<Node<'t>>, value: Node<'t>) -> Entry<'t> {
        Entry { start, key, value, above: Vec::new(), beside: None, below: Vec::new() }
    }
}
