//! YAML as a tree in which everything knows its place: keys, values, items, block texts, what aliases stand for.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_yaml::{Location, Spanned};

use super::{MAX_DEPTH, MAX_NODES};
use crate::source::{FileId, Span, boundary};
use crate::value::Text;

/// A YAML node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it is written; what an alias stands for lies where the anchor is.
    pub span: Span,
    /// What it is.
    pub content: Content,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(Text),
    /// A list.
    List(Vec<Node>),
    /// Keys may repeat, and be anything: the reader complains.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&Text> {
        if let Content::Text(text) = &self.content { Some(text) } else { None }
    }

    /// What it is, for "found …".
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::Null => "nothing",
            Content::Bool(_) => "true/false",
            Content::Number(_) => "a number",
            Content::Text(_) => "a text",
            Content::List(_) => "a list",
            Content::Map(_) => "a mapping",
        }
    }
}

/// Reads a text as YAML 1.2: `yes`, `on`, `017`, `1_000` and dates are texts.
pub fn parse(file: FileId, text: &str) -> Result<Node, serde_yaml::Error> {
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: MAX_NODES * 3,
            // Aliases are held in check by the nodes they make; one anchor may well be used a hundred times.
            enforce_alias_anchor_ratio: false,
            max_documents: 1,
        },
        // Both places are reported, so both must arrive.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        reject_unsupported_tags: true,
        with_snippet: false,
    };
    let raw: Spanned<Raw> = serde_yaml::from_str_with_options(text, options)?;
    Ok(Placer { file, text }.place(raw))
}

/// A node whose children have the parser's locations.
enum Raw {
    Scalar(Content),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("YAML")
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Null))
    }
    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Null))
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Bool(value)))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Number(value as f64)))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Number(value as f64)))
    }
    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Number(value as f64)))
    }
    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Number(value as f64)))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Number(value)))
    }
    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Scalar(Content::Text(value.into())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(member) = members.next_entry()? {
            map.push(member);
        }
        Ok(Raw::Map(map))
    }
}

/// Turns the parser's locations, which know only where a list or mapping starts, into spans.
struct Placer<'a> {
    file: FileId,
    text: &'a str,
}

impl Placer<'_> {
    fn place(&self, raw: Spanned<Raw>) -> Node {
        let (start, mut end) = self.range(&raw.defined);
        // Of `[` and `{` the parser gives that one letter, of lists and mappings written as a block it gives none.
        let bracketed = end > start;
        let content = match raw.value {
            Raw::Scalar(content) => {
                // A block text reaches to the next key; its span should not.
                end = start + self.text[start..end].trim_end().len();
                content
            }
            Raw::List(items) => {
                let mut nodes = Vec::with_capacity(items.len());
                for item in items {
                    let reach = self.reach(&raw.referenced, &item);
                    let node = self.place(item);
                    end = end.max(reach.unwrap_or(node.span.end as usize));
                    nodes.push(node);
                }
                end = if bracketed { self.closed(start, end) } else { end };
                Content::List(nodes)
            }
            Raw::Map(members) => {
                let mut nodes = Vec::with_capacity(members.len());
                for (key, value) in members {
                    let reach = self.reach(&raw.referenced, &value);
                    let (key, value) = (self.place(key), self.place(value));
                    end = end.max(reach.unwrap_or(key.span.end.max(value.span.end) as usize));
                    nodes.push((key, value));
                }
                end = if bracketed { self.closed(start, end) } else { end };
                Content::Map(nodes)
            }
        };
        Node { span: Span { file: self.file, start: start as u32, end: end as u32 }, content }
    }

    /// How far an alias (or what `<<` merges in) reaches: to the end of `*name`, wherever the anchor may be.
    fn reach(&self, parent: &Location, child: &Spanned<Raw>) -> Option<usize> {
        let by_alias = child.referenced != child.defined && child.referenced != *parent;
        by_alias.then(|| self.range(&child.referenced).1)
    }

    fn range(&self, location: &Location) -> (usize, usize) {
        let span = location.span();
        let start = boundary(self.text, span.byte_offset().unwrap_or(0) as u32);
        let end = boundary(self.text, start as u32 + span.byte_len().unwrap_or(0) as u32);
        (start, end)
    }

    /// The end of the `[…]` or `{…}` whose last child ends at `end`.
    fn closed(&self, start: usize, end: usize) -> usize {
        let close = if self.text[start..].starts_with('[') { b']' } else { b'}' };
        let mut in_comment = false;
        for (at, byte) in self.text.bytes().enumerate().skip(end) {
            match byte {
                b'\n' => in_comment = false,
                b'#' => in_comment = true,
                _ if byte == close && !in_comment => return at + 1,
                _ => {}
            }
        }
        end
    }
}
