//! Lists and mappings as YAML: on one line where they fit, else on lines of their own.

use super::scalar;

/// No line is longer than this if it can be helped.
const WIDTH: usize = 110;

/// What stands in a file.
#[derive(Debug, PartialEq)]
pub(super) enum Yaml {
    /// A constant, as it is written between brackets and outside of them.
    Scalar { within: String, alone: String },
    /// A text of several lines, where that can stand by itself.
    Lines(String),
    /// A list.
    List(Vec<Yaml>),
    /// A mapping.
    Map(Vec<(String, Yaml)>),
    /// A list of cards: always on lines of their own, with a blank line between two that take more than one.
    Cards(Vec<Yaml>),
}

impl Yaml {
    /// A text as it stands, wires and templates included.
    pub fn text(text: &str) -> Yaml {
        let lines = text.contains('\n')
            && !text.starts_with([' ', '\n', '\t'])
            && !text.ends_with(['\t', ' '])
            // Blank lines at its end could not be told from those behind it.
            && !text.ends_with("\n\n")
            && !text.contains(" \n")
            && text.chars().all(|letter| !letter.is_control() || letter == '\n')
            && !text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']);
        if lines {
            return Yaml::Lines(text.to_owned());
        }
        Yaml::Scalar { within: scalar::text(text, true), alone: scalar::text(text, false) }
    }

    /// The whole on one line; none if it must have several.
    fn inline(&self) -> Option<String> {
        Some(match self {
            Yaml::Scalar { within, .. } => within.clone(),
            Yaml::Lines(_) => return None,
            Yaml::Cards(cards) if cards.is_empty() => "[]".to_owned(),
            Yaml::Cards(_) => return None,
            Yaml::List(items) if items.is_empty() => "[]".to_owned(),
            Yaml::List(items) => {
                let items = items.iter().map(Yaml::inline).collect::<Option<Vec<_>>>()?;
                format!("[{}]", items.join(", "))
            }
            Yaml::Map(members) if members.is_empty() => "{}".to_owned(),
            Yaml::Map(members) => {
                let member = |(key, value): &(String, Yaml)| {
                    let key = scalar::text(key, true);
                    (!is_long(&key)).then_some(())?;
                    Some(format!("{key}: {}", value.inline()?))
                };
                let members = members.iter().map(member).collect::<Option<Vec<_>>>()?;
                format!("{{ {} }}", members.join(", "))
            }
        })
    }

    /// Writes the value behind a key or a dash that stands at `indent`; `column` is where the line is.
    fn write(&self, indent: usize, column: usize, into: &mut String) {
        match self {
            Yaml::Scalar { alone, .. } => into.push_str(&format!(" {alone}\n")),
            Yaml::Lines(text) => lines(text, indent + 2, into),
            Yaml::Cards(cards) if !cards.is_empty() => self::cards(cards, indent + 2, into),
            _ => match self.inline().filter(|line| column + 1 + line.chars().count() <= WIDTH) {
                Some(line) => into.push_str(&format!(" {line}\n")),
                None => self.block(indent + 2, into),
            },
        }
    }

    /// Writes a list or mapping on lines of its own.
    fn block(&self, indent: usize, into: &mut String) {
        into.push('\n');
        match self {
            Yaml::Map(members) => mapping(members, indent, into),
            Yaml::List(items) => items.iter().for_each(|item| {
                pad(indent, into);
                into.push('-');
                item.item(indent, into);
            }),
            _ => {}
        }
    }

    /// Writes an item behind its dash.
    fn item(&self, indent: usize, into: &mut String) {
        match self {
            Yaml::Map(members) if !members.is_empty() => {
                match self.inline().filter(|line| indent + 2 + line.chars().count() <= WIDTH) {
                    Some(line) => into.push_str(&format!(" {line}\n")),
                    None => {
                        into.push(' ');
                        let start = into.len();
                        mapping(members, indent + 2, into);
                        // The first key stands behind the dash.
                        into.replace_range(start..start + indent + 2, "");
                    }
                }
            }
            _ => self.write(indent, indent + 1, into),
        }
    }
}

/// Writes a mapping, each key on a line of its own.
pub(super) fn mapping(members: &[(String, Yaml)], indent: usize, into: &mut String) {
    for (key, value) in members {
        pad(indent, into);
        let key = scalar::text(key, false);
        if is_long(&key) {
            into.push_str(&format!("? {key}\n"));
            pad(indent, into);
            into.push(':');
            value.write(indent, indent + 1, into);
        } else {
            into.push_str(&format!("{key}:"));
            value.write(indent, indent + key.chars().count() + 1, into);
        }
    }
}

/// Whether a key must be marked as such: YAML looks no farther than 1,024 letters for a colon.
fn is_long(key: &str) -> bool {
    key.chars().count() > 1_000
}

fn cards(cards: &[Yaml], indent: usize, into: &mut String) {
    into.push('\n');
    let mut before = 1;
    for (place, card) in cards.iter().enumerate() {
        let mut text = String::new();
        pad(indent, &mut text);
        text.push('-');
        card.item(indent, &mut text);
        let lines = text.matches('\n').count();
        if place > 0 && (lines > 1 || before > 1) {
            into.push('\n');
        }
        before = lines;
        into.push_str(&text);
    }
}

/// A text of several lines.
fn lines(text: &str, indent: usize, into: &mut String) {
    let body = text.strip_suffix('\n');
    into.push_str(if body.is_some() { " |\n" } else { " |-\n" });
    for line in body.unwrap_or(text).split('\n') {
        if !line.is_empty() {
            pad(indent, into);
        }
        into.push_str(line);
        into.push('\n');
    }
}

fn pad(indent: usize, into: &mut String) {
    into.extend(std::iter::repeat_n(' ', indent));
}
