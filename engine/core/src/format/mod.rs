//! The one form of a flow file: what its author wrote and remarked, as `flowrun convert` would have written it.
//!
//! The formatted text says the same as the one it was made of, which is looked at before it is handed out: all values, and all
//! remarks. Formatting it again changes nothing.

mod order;
mod remarks;
mod same;
mod tree;

use serde_yaml::granit_parser::ScalarStyle;

use crate::card::Catalog;
use crate::diag::{Code, Diagnostic};
use crate::load::inline::Around;
use crate::load::node::{self, Content as Meaning};
use crate::load::reader::Reader;
use crate::source::{FileId, Span};
use crate::yaml::{self, Document, Scalar, Yaml};
use order::Cards;
use tree::{Content, Entry, Node};

/// A text in quotes or without, written over several lines, stays on several if it is longer than this.
const LONG: usize = 100;

/// A file in the one form, or why it is left as it is: it is no YAML, or says something that can't be said in that form.
///
/// That a flow has mistakes is no reason: they stay what they were.
pub fn format(file: FileId, text: &str) -> Result<String, Diagnostic> {
    let meaning = meaning(file, text)?;
    let (mut root, remarks) = tree::read(file, text)?;
    let mut head = remarks::place(text, root.as_mut(), &remarks);
    let Some(mut root) = root.filter(|_| meaning.content != Meaning::Null) else {
        head.dedup();
        return Ok(head.iter().map(|line| format!("{line}\n")).collect());
    };
    if root.anchor.is_some() || root.entries().1.is_empty() {
        let place = Span { file, start: root.start as u32, end: root.start as u32 };
        return Err(Diagnostic::new(Code::Structure, place, "only mappings and lists can be formatted")
            .label("expected `key: value`"));
    }
    // What a name stands for must stand in front of what uses it.
    let sorts = !has_anchors(&root);
    let cards = order::flow(&mut root, sorts);
    let form = Form { file, text, cards };
    let (_, members) = root.entries();
    let written =
        Document { head, members: members.iter().map(|member| form.entry(member)).collect() }.write();
    same::check(file, &meaning, &remarks, &written)?;
    Ok(written)
}

/// What a file says.
fn meaning(file: FileId, text: &str) -> Result<node::Node, Diagnostic> {
    let catalog = Catalog::default();
    let mut reader = Reader::new(file, text, Around::new(&catalog, ""));
    let root = reader.parse();
    match (reader.finish().into_iter().next(), root) {
        (None, Some(root)) => Ok(root),
        (Some(mistake), _) => Err(mistake),
        (None, None) => Err(Diagnostic::new(Code::Syntax, Span::start_of(file), "this is not YAML")),
    }
}

fn has_anchors(node: &Node<'_>) -> bool {
    node.entries().1.iter().any(|entry| entry.value.anchor.is_some() || has_anchors(&entry.value))
}

/// How what is written becomes what is to be written.
struct Form<'t> {
    file: FileId,
    text: &'t str,
    cards: Cards,
}

impl Form<'_> {
    fn entry(&self, entry: &Entry<'_>) -> yaml::Entry {
        yaml::Entry {
            key: entry.key.as_ref().map(|key| self.key(key)),
            anchor: entry.value.anchor.map(str::to_owned),
            value: self.switch(entry).unwrap_or_else(|| self.value(&entry.value)),
            above: entry.above.clone(),
            beside: entry.beside.clone(),
            below: entry.below.clone(),
        }
    }

    fn key(&self, key: &Node<'_>) -> Scalar {
        match &key.content {
            // In quotes this would be a key like any other.
            Content::Scalar { style: ScalarStyle::Plain, value } if value == "<<" => Scalar::new("<<"),
            Content::Scalar { style, value } => self.scalar(*style, value),
            _ => Scalar::new(&self.text[key.start..key.end]),
        }
    }

    /// A word of the language, which needs no quotes, though a text of its letters does.
    fn switch(&self, entry: &Entry<'_>) -> Option<Yaml> {
        match &entry.value.content {
            Content::Scalar { value, .. } if entry.name() == Some("save_data") => {
                matches!(&**value, "on" | "off").then(|| Yaml::Scalar(Scalar::new(&**value)))
            }
            _ => None,
        }
    }

    fn value(&self, node: &Node<'_>) -> Yaml {
        let entries = |entries: &[Entry<'_>]| entries.iter().map(|entry| self.entry(entry)).collect();
        match &node.content {
            Content::Verbatim(written) => Yaml::Scalar(Scalar::new(*written)),
            Content::Map { members, .. } => Yaml::Map(entries(members)),
            Content::List { items, .. } if self.cards.contains(&node.start) => Yaml::Cards(entries(items)),
            Content::List { items, .. } => Yaml::List(entries(items)),
            Content::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, value } => {
                block(&self.text[node.start..node.end], value)
            }
            Content::Scalar { style, value } => {
                let several = self.text[node.start..node.end].contains('\n');
                match several.then(|| wrapped(value)).flatten() {
                    Some(lines) => Yaml::Lines { head: ">-".to_owned(), lines },
                    // Line breaks make it a text of several lines.
                    None if value.contains('\n') => Yaml::text(value),
                    None => Yaml::Scalar(self.scalar(*style, value)),
                }
            }
        }
    }

    /// A text in the quotes that it needs; numbers and words as they are written.
    fn scalar(&self, style: ScalarStyle, value: &str) -> Scalar {
        match value {
            "" if style == ScalarStyle::Plain => Scalar { within: "null".to_owned(), alone: String::new() },
            // The quotes that it lacks are what the checker warns of.
            _ if style == ScalarStyle::Plain && value.starts_with(yaml::is_typographic) => {
                let signs = value.contains([',', '[', ']', '{', '}']);
                let within = if signs { yaml::text(value).within } else { value.to_owned() };
                Scalar { within, alone: value.to_owned() }
            }
            _ if self.is_text(style, value) => yaml::text(value),
            _ => Scalar::new(value),
        }
    }

    /// Whether YAML takes what is written for a text.
    fn is_text(&self, style: ScalarStyle, value: &str) -> bool {
        if style != ScalarStyle::Plain {
            return true;
        }
        let letter = value.chars().next().unwrap_or(' ');
        let begins = letter.is_ascii_digit() || "+-.~tTfFnN".contains(letter);
        // What a plain text begins with tells of nearly all that it is none.
        letter != ' '
            && (!begins || {
                let alone = node::parse(self.file, &format!("_: {value}"));
                alone.is_ok_and(|node| match node.content {
                    Meaning::Map(members) => members.iter().all(|(_, value)| value.as_text().is_some()),
                    _ => false,
                })
            })
    }
}

/// A text of several lines as it stands, without its indentation.
fn block(written: &str, value: &str) -> Yaml {
    let mut lines = written.lines();
    let first = lines.next().unwrap_or_default();
    let (head, _) = first.split_once(char::is_whitespace).unwrap_or((first, ""));
    let lines: Vec<&str> = lines.collect();
    if value.ends_with("\n\n") || value == "\n" {
        // Blank lines at its end could not be told from those behind it.
        return Yaml::text(value);
    }
    // What was kept at the end is one line break, or, at the end of a file, none.
    let bare = head.replace(['+', '-'], "");
    let stripped = head.contains('-') || !value.is_empty() && !value.ends_with('\n');
    let head = if stripped { format!("{bare}-") } else { bare };
    let indent_of = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    let given = head.contains(|letter: char| letter.is_ascii_digit());
    let filled = || lines.iter().filter(|line| !line.trim_matches(' ').is_empty());
    // Where it is not given, the first line with something in it says where all begin.
    let indent = if given { None } else { filled().next().map(indent_of) };
    let indent = indent.or_else(|| filled().map(indent_of).min()).unwrap_or(0);
    let lines = lines.iter().map(|line| line.get(indent..).unwrap_or_default().to_owned()).collect();
    let head =
        if given { head.replace(|letter: char| letter.is_ascii_digit(), "2") } else { head.to_owned() };
    Yaml::Lines { head, lines }
}

/// A long text over several lines, broken where it has single spaces; none if that can't be.
fn wrapped(text: &str) -> Option<Vec<String>> {
    let plain =
        text.chars().all(|letter| !letter.is_control()) && text.split(' ').all(|word| !word.is_empty());
    if !plain || text.chars().count() <= LONG {
        return None;
    }
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LONG => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    Some(lines)
}
