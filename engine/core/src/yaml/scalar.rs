//! Texts and other constants as YAML.

use crate::value::{Value, format_number};

/// A text, a number or a word as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// Within brackets, where more signs mean something.
    pub within: String,
    /// Outside of brackets.
    pub alone: String,
}

impl Scalar {
    /// What is written alike everywhere.
    pub fn new(written: impl Into<String>) -> Scalar {
        let written = written.into();
        Scalar { within: written.clone(), alone: written }
    }
}

/// A text: plain where YAML and the language take it for a text, else in quotes.
pub fn text(text: &str) -> Scalar {
    if !is_plain(text) {
        return Scalar::new(quoted(text));
    }
    // Within brackets these mean something; older readers of YAML take a `?` there for the sign of a key.
    let within = if text.contains([',', '[', ']', '{', '}', '?']) { quoted(text) } else { text.to_owned() };
    Scalar { within, alone: text.to_owned() }
}

/// A constant that is neither a text, a list nor an object.
pub fn constant(value: &Value) -> Scalar {
    match value {
        Value::Null => Scalar::new("null"),
        Value::Bool(value) => Scalar::new(value.to_string()),
        Value::Number(number) => Scalar::new(format_number(*number)),
        // A flow file takes no such number; a text of its digits becomes one.
        Value::Integer(integer) => Scalar::new(quoted(integer.digits())),
        other => text(&other.to_json()),
    }
}

/// Whether a quote is one that people write and YAML doesn't know.
pub(crate) fn is_typographic(letter: char) -> bool {
    matches!(letter, '“' | '”' | '„' | '‘' | '’' | '‚' | '«' | '»')
}

/// Whether a text needs no quotes outside of brackets.
fn is_plain(text: &str) -> bool {
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else { return false };
    // Without quotes such would be taken for those that are missing.
    let starts =
        !first.is_whitespace() && !is_typographic(first) && !"-?:,[]{}#&*!|>'\"%@`=<".contains(first);
    let ends = !last.is_whitespace() && last != ':';
    starts
        && ends
        && !text.chars().any(needs_escape)
        && !text.contains(": ")
        && !text.contains(" #")
        && !reads_as_other(text)
        && !text.starts_with("---")
        && !text.starts_with("...")
}

/// Whether YAML, of this version or the one before, would read something else than a text.
fn reads_as_other(text: &str) -> bool {
    let words = ["true", "false", "null", "~", "yes", "no", "on", "off", "y", "n", "inf", "nan"];
    let word = text.trim_start_matches(['+', '-', '.']).to_ascii_lowercase();
    if words.contains(&word.as_str()) {
        return true;
    }
    // Numbers to any base, dates and times begin like this. What has other letters than they is none, as `10 s`.
    let begins = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    let letter =
        |letter: char| letter.is_alphabetic() && !letter.is_ascii_hexdigit() && !"oOxXtTzZ".contains(letter);
    begins && !text.contains(letter)
}

/// In double quotes, or in single ones where that spares a backslash.
fn quoted(text: &str) -> String {
    let single = text.contains(['"', '\\']) && !text.contains('\'') && !text.chars().any(needs_escape);
    if single { format!("'{text}'") } else { double_quoted(text) }
}

fn needs_escape(letter: char) -> bool {
    match letter.is_ascii() {
        true => letter.is_ascii_control(),
        false => letter.is_control() || letter == '\u{feff}' || letter.is_whitespace(),
    }
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            letter if needs_escape(letter) => quoted.push_str(&format!("\\u{:04x}", letter as u32)),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
