//! Reads nodes as what they should be, and reports where they are something else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::inline::Around;
use super::node::{Content, Node};
use super::{MAX_BYTES, mend, node, syntax};
use crate::card::Catalog;
use crate::diag::{Code, Diagnostic, Edit};
use crate::model::{Name, on_or_off};
use crate::source::{FileId, Span};
use crate::suggest::{closest, did_you_mean, identifier};
use crate::value::Text;

/// Enough for `MAX_DEPTH` levels of the parser.
const PARSER_STACK: usize = 4 << 20;

/// Reads one file.
pub struct Reader<'a> {
    /// The file.
    pub file: FileId,
    /// What stands in it.
    pub text: &'a str,
    /// Whether parts of the text are no YAML and were left out.
    pub mended: bool,
    /// The flow that is read.
    pub(crate) around: Around<'a>,
    diagnostics: Vec<Diagnostic>,
}

/// The members of a mapping whose keys the language knows.
pub struct Keys<'n> {
    /// What the mapping is, for messages: "a card".
    what: &'static str,
    /// All of the mapping.
    pub span: Span,
    members: Vec<(Name, &'n Node)>,
    /// Some keys were unknown.
    pub broken: bool,
}

impl<'n> Keys<'n> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.members.iter().find(|(name, _)| name.it == key).map(|(_, value)| *value)
    }

    /// Where a key stands.
    pub fn key(&self, key: &str) -> Option<Span> {
        self.members.iter().find(|(name, _)| name.it == key).map(|(name, _)| name.span)
    }
}

impl<'a> Reader<'a> {
    /// Reads this text of this file, as of a flow.
    pub(crate) fn new(file: FileId, text: &'a str, around: Around<'a>) -> Reader<'a> {
        Reader { file, text, mended: false, around, diagnostics: Vec::new() }
    }

    /// Reads this text of a file that is no flow.
    pub fn plain(file: FileId, text: &'a str) -> Reader<'a> {
        static NO_CARDS: LazyLock<Catalog> = LazyLock::new(Catalog::default);
        Reader::new(file, text, Around::new(&NO_CARDS, ""))
    }

    /// What was reported. What two aliases repeat is reported once.
    pub fn finish(self) -> Vec<Diagnostic> {
        let mut all = self.diagnostics;
        if self.mended {
            // What is amiss in the rest may well come of what was left out.
            all.retain(|mistake| matches!(mistake.code, Code::Syntax | Code::SecretInFile));
        }
        let mut seen = BTreeSet::new();
        all.retain(|d| seen.insert((d.code, d.span, d.message.clone())));
        all
    }

    /// Reports a mistake.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The whole file as a node.
    pub fn parse(&mut self) -> Option<Node> {
        if self.text.len() > MAX_BYTES {
            self.report(
                Diagnostic::new(
                    Code::TooLarge,
                    Span::start_of(self.file),
                    format!("a file may have {} MiB, and this one has more", MAX_BYTES >> 20),
                )
                .help("move some of its cards into helper flows, and data into a table"),
            );
            return None;
        }
        // The parser calls itself for every level; unoptimised that takes some 45 KiB of stack each, which is more than
        // a thread of a server or a test has.
        let (file, text) = (self.file, self.text);
        stacker::maybe_grow(PARSER_STACK, PARSER_STACK, || match node::parse(file, text) {
            Ok(node) => Some(node),
            Err(error) => {
                let mistake = syntax::explain(file, text, &error);
                let rest = match mistake.code {
                    Code::Syntax => mend::rest(file, text, mistake.span),
                    _ => None,
                };
                self.mended = rest.is_some();
                self.report(mistake);
                rest
            }
        })
    }

    /// What the source has in `span`.
    pub fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Reports that something else stands where `expected` should.
    pub fn mismatch(&mut self, node: &Node, expected: &str) {
        if self.unquoted_template(node) {
            return;
        }
        let found = node.kind();
        let mut mistake =
            Diagnostic::new(Code::Structure, node.span, format!("expected {expected}, found {found}"));
        if node.content == Content::Null {
            mistake = mistake.label("there is nothing here").help("give it a value, or remove its key");
        }
        self.report(mistake);
    }

    /// `{{ x }}` without quotes is a mapping to YAML; reports it as what it is meant to be.
    pub fn unquoted_template(&mut self, node: &Node) -> bool {
        let Content::Map(members) = &node.content else { return false };
        let braces = matches!(members.as_slice(), [(key, _)] if matches!(key.content, Content::Map(_)));
        if !braces || !self.slice(node.span).starts_with("{{") {
            return false;
        }
        let written = self.slice(node.span);
        let quoted = if written.contains('"') { format!("'{written}'") } else { format!("\"{written}\"") };
        let mut mistake =
            Diagnostic::new(Code::Structure, node.span, "expected a text, found a template without quotes")
                .label("YAML takes this for a mapping");
        mistake = if written.contains('\n') {
            mistake.help("put the template in quotes")
        } else {
            mistake.help(format!("put it in quotes: {quoted}"))
        };
        self.report(mistake);
        true
    }

    /// The items of a list; `what` says of what: "a list of cards".
    pub fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.content {
            Content::List(items) => Some(items),
            _ => {
                self.mismatch(node, what);
                None
            }
        }
    }

    /// The members of a mapping, keys that repeat or are no texts left out.
    pub fn members<'n>(&mut self, node: &'n Node, what: &str) -> Option<Vec<(Name, &'n Node)>> {
        let Content::Map(members) = &node.content else {
            self.mismatch(node, what);
            return None;
        };
        let mut seen: BTreeMap<Text, Span> = BTreeMap::new();
        let mut read = Vec::with_capacity(members.len());
        for (key, value) in members {
            if self.bare_key(key, value) {
                continue;
            }
            let Some(name) = self.key(key) else { continue };
            if let Some(first) = seen.insert(name.it.clone(), name.span) {
                self.report(
                    Diagnostic::new(Code::DuplicateName, name.span, format!("`{}` is given twice", name.it))
                        .label("here again")
                        .related(first, "first given here")
                        .help("remove one of the two, or rename it"),
                );
                seen.insert(name.it, first);
                continue;
            }
            read.push((name, value));
        }
        Some(read)
    }

    /// `{ note: first, then second }` has the key `then second`, without a value; reports it as the text that it is.
    fn bare_key(&mut self, key: &Node, value: &Node) -> bool {
        let (end, start) = (key.span.end as usize, value.span.start as usize);
        let between = self.text.get(end..start.max(end)).unwrap_or(":");
        let behind = self.text.get(start..).unwrap_or_default().trim_start();
        // Where there is a colon, the author left the value blank on purpose.
        if value.content != Content::Null || between.contains(':') || !behind.starts_with([',', '}']) {
            return false;
        }
        self.report(
            Diagnostic::new(
                Code::Structure,
                key.span,
                format!("expected `key: value`, found `{}`", self.slice(key.span)),
            )
            .label("YAML takes this for a key")
            .help("inside `{ }` a text with a comma in it needs quotes"),
        );
        true
    }

    /// A key as a name: numbers and such as they are written.
    fn key(&mut self, key: &Node) -> Option<Name> {
        match &key.content {
            Content::Text(text) => Some(Name::new(text.clone(), key.span)),
            Content::Bool(_) | Content::Number(_) | Content::Null if key.span.start < key.span.end => {
                Some(Name::new(self.slice(key.span).into(), key.span))
            }
            _ => {
                self.mismatch(key, "a name");
                None
            }
        }
    }

    /// The members of a mapping that may have only the keys `known`.
    pub fn keys<'n>(&mut self, node: &'n Node, what: &'static str, known: &[&str]) -> Option<Keys<'n>> {
        if !matches!(node.content, Content::Map(_)) && node.content != Content::Null {
            let message = format!("expected a mapping, found {}", node.kind());
            self.report(
                Diagnostic::new(Code::Structure, node.span, message)
                    .help(format!("{what} has {}", enumerate(known))),
            );
            return None;
        }
        let all = self.members(node, what)?;
        let mut keys = Keys { what, span: node.span, members: Vec::new(), broken: false };
        for (name, value) in all {
            if known.contains(&&*name.it) {
                keys.members.push((name, value));
                continue;
            }
            keys.broken = true;
            let mistake =
                Diagnostic::new(Code::UnknownKey, name.span, format!("{what} has no key `{}`", name.it));
            // A key that is there already was not meant once more.
            let free =
                known.iter().copied().filter(|known| !keys.members.iter().any(|(name, _)| name.it == *known));
            let before_bracket = name.it.split(['{', '[']).next().map(str::trim);
            let without_colon = before_bracket.filter(|key| *name.it != **key && known.contains(key));
            let help = match (closest(&name.it, free), what) {
                _ if without_colon.is_some() => {
                    format!("a colon is missing behind `{}`", without_colon.unwrap_or_default())
                }
                (Some(meant), _) => did_you_mean(meant),
                (None, "a card") => format!(
                    "the fields of the card go under `with`; beside it {what} has {}",
                    enumerate(known)
                ),
                (None, "a table") => "the columns go under `columns`".into(),
                (None, "a flow in a card") => format!(
                    "{what} is a helper with {} and nothing else; what needs more gets a file of its own",
                    enumerate(known)
                ),
                (None, _) => format!("{what} has {}", enumerate(known)),
            };
            self.report(mistake.label("unknown key").help(help));
        }
        Some(keys)
    }

    /// The value of a key that must be there.
    pub fn required<'n>(&mut self, keys: &Keys<'n>, key: &str, help: &str) -> Option<&'n Node> {
        let found = keys.get(key);
        // A misspelt key has been reported; it was probably this one.
        if found.is_none() && !keys.broken {
            let what = keys.what;
            let mistake = Diagnostic::new(
                Code::MissingKey,
                self.first_line(keys.span),
                format!("{what} needs the key `{key}`"),
            );
            self.report(mistake.label(format!("`{key}` is missing")).help(help));
        }
        found
    }

    /// The part of a span that lies on its first line.
    pub fn first_line(&self, span: Span) -> Span {
        let line = self.slice(span).lines().next().unwrap_or_default().trim_end();
        Span { end: span.start + line.len() as u32, ..span }
    }

    /// A text; numbers and true/false count as they are written.
    pub fn text(&mut self, node: &Node, what: &str) -> Option<Name> {
        match &node.content {
            Content::Text(text) => Some(Name::new(text.clone(), node.span)),
            Content::Number(_) | Content::Bool(_) => Some(Name::new(self.slice(node.span).into(), node.span)),
            _ => {
                self.mismatch(node, what);
                None
            }
        }
    }

    /// The text under a key, if the key is there.
    pub fn text_at(&mut self, keys: &Keys<'_>, key: &str) -> Option<Name> {
        let node = keys.get(key)?;
        self.text(node, "a text")
    }

    /// One of a few words, if it is one of them; `help` says what else could stand here.
    pub fn word(&mut self, node: &Node, words: &[&str], help: &str) -> Option<Name> {
        let name = self.text(node, &either(words))?;
        if words.contains(&&*name.it) {
            return Some(name);
        }
        let message = format!("expected {}, found `{}`", either(words), name.it);
        let mistake = Diagnostic::new(Code::Structure, name.span, message);
        let mistake = mistake.meant(closest(&name.it, words.iter().copied()));
        self.report(if help.is_empty() { mistake } else { mistake.or_help(|| help) });
        None
    }

    /// `on` or `off`.
    pub fn switch(&mut self, node: &Node) -> Option<bool> {
        if let Content::Bool(on) = node.content {
            let word = on_or_off(on);
            let mistake =
                Diagnostic::new(Code::Structure, node.span, "expected `on` or `off`, found true/false");
            let mistake = mistake.help(format!("write `{word}`"));
            self.report(mistake.fix(Edit { span: node.span, text: word.to_owned() }));
            return None;
        }
        let word = self.word(node, &["on", "off"], "write one of the two")?;
        Some(&*word.it == "on")
    }

    /// Reports a name that templates could not use: IDs and variables are letters, digits and `_`.
    pub fn check_identifier(&mut self, name: &Name, what: &str) -> bool {
        let text = &*name.it;
        let mut letters = text.chars();
        let starts_well = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if starts_well && letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return true;
        }
        let meant = identifier(text);
        let mistake =
            Diagnostic::new(Code::BadName, name.span, format!("`{text}` can't be the name of {what}"))
                .label("expected letters a-z, digits and `_`, not starting with a digit");
        let all_blank = meant.chars().all(|c| c == '_');
        self.report(if all_blank { mistake } else { mistake.help(format!("call it `{meant}`")) });
        false
    }

    /// Reports an empty name, and one that starts or ends with a space: nobody could see why it is not found. What was
    /// probably meant is used instead.
    pub fn label(&mut self, name: Name, what: &str) -> Option<Name> {
        let text = &*name.it;
        let meant = text.trim();
        if !text.is_empty() && meant == text && !text.chars().any(char::is_control) {
            return Some(name);
        }
        let mistake =
            Diagnostic::new(Code::BadName, name.span, format!("{text:?} can't be the name of {what}"));
        self.report(match meant {
            "" => mistake.label("expected a name, found an empty text"),
            meant if meant != text => {
                mistake.label("starts or ends with a space").help(format!("call it `{meant}`"))
            }
            _ => mistake.label("has letters that can't be seen"),
        });
        (!meant.is_empty()).then(|| Name::new(meant.into(), name.span))
    }
}

/// `a`, `b` and `c`.
pub fn enumerate(names: &[&str]) -> String {
    join(names, " and ")
}

/// `a`, `b` or `c`.
pub fn either(names: &[&str]) -> String {
    join(names, " or ")
}

fn join(names: &[&str], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [first @ .., end] => {
            let first: Vec<String> = first.iter().map(|name| format!("`{name}`")).collect();
            format!("{}{last}`{end}`", first.join(", "))
        }
    }
}
