//! Lists and mappings as YAML: on one line where they fit and hold no other mapping, else on lines of their own.

use super::scalar::{self, Scalar};

/// No line is longer than this if it can be helped.
const WIDTH: usize = 110;

/// A file.
#[derive(Debug, Default)]
pub struct Document {
    /// Remarks above all else, without their indentation; an empty one is a blank line.
    pub head: Vec<String>,
    /// The members of the mapping that the file is.
    pub members: Vec<Entry>,
}

/// What stands in a file.
#[derive(Debug)]
pub enum Yaml {
    /// A text, a number or a word.
    Scalar(Scalar),
    /// A text of several lines.
    Lines {
        /// What announces it, as `|`.
        head: String,
        /// The lines, without the indentation that all of them have.
        lines: Vec<String>,
    },
    /// A list.
    List(Vec<Entry>),
    /// A mapping.
    Map(Vec<Entry>),
    /// A list of cards: always on lines of their own, with a blank line between two that take more than one.
    Cards(Vec<Entry>),
}

/// A member of a mapping or an item of a list, and what its author remarked.
#[derive(Debug)]
pub struct Entry {
    /// The key; an item has none.
    pub key: Option<Scalar>,
    /// The name by which aliases refer to the value, with its `&`.
    pub anchor: Option<String>,
    /// The value.
    pub value: Yaml,
    /// Remarks above it; an empty one is a blank line.
    pub above: Vec<String>,
    /// A remark at the end of its line.
    pub beside: Option<String>,
    /// Remarks behind it that belong to nothing else, for it is the last.
    pub below: Vec<String>,
}

impl Document {
    /// A file of these members, without remarks.
    pub fn of(members: Vec<(String, Yaml)>) -> Document {
        Document { head: Vec::new(), members: members.into_iter().map(Entry::member).collect() }
    }

    /// The text of the file.
    pub fn write(&self) -> String {
        let mut text = String::new();
        remarks(&self.head, 0, &mut text);
        mapping(&self.members, 0, &mut text);
        text
    }
}

impl Entry {
    /// A value under a key, or behind a dash, without remarks.
    pub fn new(key: Option<Scalar>, value: Yaml) -> Entry {
        Entry { key, anchor: None, value, above: Vec::new(), beside: None, below: Vec::new() }
    }

    fn member((key, value): (String, Yaml)) -> Entry {
        Entry::new(Some(scalar::text(&key)), value)
    }

    /// The value and its key on one line; none if it must have several.
    fn inline(&self) -> Option<String> {
        // A blank line alone is none that a list on one line could not do without.
        let remarked = self.beside.is_some() || self.above.iter().chain(&self.below).any(|it| !it.is_empty());
        let value = self.value.inline().filter(|_| !remarked)?;
        if self.key.as_ref().is_some_and(|key| is_long(&key.within)) {
            return None;
        }
        let key = self.key.as_ref().map(|key| format!("{}: ", key.within)).unwrap_or_default();
        Some(format!("{key}{}{value}", self.anchored(" ")))
    }

    /// The anchor, and what parts it from its value.
    fn anchored(&self, gap: &str) -> String {
        self.anchor.as_ref().map(|anchor| format!("{anchor}{gap}")).unwrap_or_default()
    }

    /// Writes the entry on lines of its own.
    fn write(&self, indent: usize, into: &mut String) {
        remarks(&self.above, indent, into);
        pad(indent, into);
        match &self.key {
            Some(key) if is_long(&key.alone) => {
                into.push_str(&format!("? {}\n", key.alone));
                pad(indent, into);
                into.push(':');
                self.behind(indent, indent + 1, into);
            }
            Some(key) => {
                into.push_str(&key.alone);
                into.push(':');
                self.behind(indent, indent + key.alone.chars().count() + 1, into);
            }
            None => {
                into.push('-');
                self.item(indent, into);
            }
        }
        remarks(&self.below, indent, into);
    }

    /// Writes the value behind a key or a dash that stands at `indent`; `column` is where the line is.
    fn behind(&self, indent: usize, column: usize, into: &mut String) {
        match &self.value {
            Yaml::Scalar(scalar) => self.end_line(&scalar.alone, into),
            Yaml::Lines { head, lines } => {
                self.end_line(head, into);
                self::lines(lines, indent + 2, into);
            }
            Yaml::Cards(cards) if !cards.is_empty() => {
                self.end_line("", into);
                self::cards(cards, indent + 2, into);
            }
            value => {
                let column = column + self.anchored(" ").chars().count();
                match value.inline().filter(|line| column + 1 + line.chars().count() <= WIDTH) {
                    Some(line) => self.end_line(&line, into),
                    None => {
                        self.end_line("", into);
                        mapping(value.entries(), indent + 2, into);
                    }
                }
            }
        }
    }

    /// Writes an item behind its dash.
    fn item(&self, indent: usize, into: &mut String) {
        let Yaml::Map(members) = &self.value else { return self.behind(indent, indent + 1, into) };
        let taken = self.anchored(" ").chars().count() + indent + 2;
        match self.value.inline().filter(|line| taken + line.chars().count() <= WIDTH) {
            Some(line) => self.end_line(&line, into),
            // The first key stands behind the dash, if that is free.
            None if self.anchor.is_none() && self.beside.is_none() && first_is_bare(members) => {
                into.push(' ');
                let start = into.len();
                mapping(members, indent + 2, into);
                into.replace_range(start..start + indent + 2, "");
            }
            None => {
                self.end_line("", into);
                mapping(members, indent + 2, into);
            }
        }
    }

    /// Writes what is behind the key or dash on its line, with anchor and remark, and ends the line.
    fn end_line(&self, value: &str, into: &mut String) {
        let parts = [self.anchor.as_deref(), Some(value), self.beside.as_deref()];
        for part in parts.into_iter().flatten().filter(|part| !part.is_empty()) {
            into.push(' ');
            into.push_str(part);
        }
        into.push('\n');
    }
}

impl Yaml {
    /// A mapping without remarks.
    pub fn map(members: impl IntoIterator<Item = (String, Yaml)>) -> Yaml {
        Yaml::Map(members.into_iter().map(Entry::member).collect())
    }

    /// A list without remarks.
    pub fn list(items: impl IntoIterator<Item = Yaml>) -> Yaml {
        Yaml::List(items.into_iter().map(|item| Entry::new(None, item)).collect())
    }

    /// A list of cards without remarks.
    pub fn cards(cards: impl IntoIterator<Item = Yaml>) -> Yaml {
        Yaml::Cards(cards.into_iter().map(|card| Entry::new(None, card)).collect())
    }

    /// A text as it stands, wires and templates included.
    pub fn text(text: &str) -> Yaml {
        let lines = text.contains('\n')
            && !text.starts_with([' ', '\n', '\t'])
            // Blank lines at its end could not be told from those behind it.
            && !text.ends_with("\n\n")
            // Nobody sees what a line ends with.
            && text.lines().all(|line| !line.ends_with(char::is_whitespace))
            && text.chars().all(|letter| !letter.is_control() || letter == '\n')
            && !text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']);
        if !lines {
            return Yaml::Scalar(scalar::text(text));
        }
        let body = text.strip_suffix('\n');
        let head = if body.is_some() { "|" } else { "|-" };
        let lines = body.unwrap_or(text).split('\n').map(str::to_owned).collect();
        Yaml::Lines { head: head.to_owned(), lines }
    }

    /// The items or members.
    fn entries(&self) -> &[Entry] {
        match self {
            Yaml::List(entries) | Yaml::Map(entries) | Yaml::Cards(entries) => entries,
            Yaml::Scalar(_) | Yaml::Lines { .. } => &[],
        }
    }

    /// Whether there are members in it, be it in the items of a list.
    fn holds_members(&self) -> bool {
        match self {
            Yaml::Map(members) => !members.is_empty(),
            Yaml::List(items) => items.iter().any(|item| item.value.holds_members()),
            Yaml::Scalar(_) | Yaml::Lines { .. } | Yaml::Cards(_) => false,
        }
    }

    /// The whole on one line; none if it must have several.
    fn inline(&self) -> Option<String> {
        let joined = |entries: &[Entry]| {
            let parts = entries.iter().map(Entry::inline).collect::<Option<Vec<_>>>()?;
            Some(parts.join(", "))
        };
        Some(match self {
            Yaml::Scalar(scalar) => scalar.within.clone(),
            Yaml::Lines { .. } => return None,
            Yaml::List(items) | Yaml::Cards(items) if items.is_empty() => "[]".to_owned(),
            Yaml::Map(members) if members.is_empty() => "{}".to_owned(),
            Yaml::Cards(_) => return None,
            Yaml::List(items) => format!("[{}]", joined(items)?),
            // Braces within braces nobody reads.
            Yaml::Map(members) if members.iter().any(|member| member.value.holds_members()) => return None,
            Yaml::Map(members) => format!("{{ {} }}", joined(members)?),
        })
    }
}

/// Whether a key must be marked as such: YAML looks no farther than 1,024 letters for a colon.
fn is_long(key: &str) -> bool {
    key.chars().count() > 1_000
}

/// Whether nothing stands above the first of these.
fn first_is_bare(members: &[Entry]) -> bool {
    members.first().is_some_and(|first| first.above.iter().all(String::is_empty))
}

/// Writes members or items, each on lines of its own. A blank line above the first parts it from nothing.
fn mapping(members: &[Entry], indent: usize, into: &mut String) {
    for (place, member) in members.iter().enumerate() {
        let start = into.len();
        member.write(indent, into);
        if place == 0 && into[start..].starts_with('\n') {
            into.remove(start);
        }
    }
}

fn cards(cards: &[Entry], indent: usize, into: &mut String) {
    let mut before = 1;
    for (place, card) in cards.iter().enumerate() {
        let mut text = String::new();
        card.write(indent, &mut text);
        let spaced = text.starts_with('\n');
        let text = text.trim_start_matches('\n');
        let lines = text.matches('\n').count();
        if place > 0 && (lines > 1 || before > 1 || spaced) {
            into.push('\n');
        }
        before = lines;
        into.push_str(text);
    }
}

/// The lines of a text.
fn lines(lines: &[String], indent: usize, into: &mut String) {
    for line in lines {
        if !line.is_empty() {
            pad(indent, into);
        }
        into.push_str(line);
        into.push('\n');
    }
}

fn remarks(remarks: &[String], indent: usize, into: &mut String) {
    lines(remarks, indent, into);
}

fn pad(indent: usize, into: &mut String) {
    into.extend(std::iter::repeat_n(' ', indent));
}
