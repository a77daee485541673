//! Texts and other constants as YAML.

use flowrun_core::value::{Value, format_number};

use crate::wire::literal;

/// A text as a value: plain where YAML and the language take it for a text, else in quotes.
pub(super) fn text(text: &str, within: bool) -> String {
    if is_plain(text, within) { text.to_owned() } else { quoted(text) }
}

/// A constant that is neither a list nor an object.
pub(super) fn constant(value: &Value, within: bool) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format_number(*number),
        // A flow file takes no such number; a text of its digits becomes one.
        Value::Integer(integer) => quoted(integer.digits()),
        Value::Text(content) => text(&escaped(content), within),
        other => text(&other.to_json(), within),
    }
}

/// A text that would be taken for a wire or a template keeps what it is.
pub(super) fn escaped(text: &str) -> String {
    let root = text.trim_start_matches('$');
    let dollars = text.len() - root.len();
    if dollars > 0 && (root.is_empty() || root.starts_with(['.', '['])) {
        return format!("${text}");
    }
    literal(text)
}

/// Whether a text needs no quotes; `within` brackets more signs mean something.
fn is_plain(text: &str, within: bool) -> bool {
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else { return false };
    let means = |sign: char| ",[]{}".contains(sign);
    let starts = !first.is_whitespace() && !"-?:,[]{}#&*!|>'\"%@`=<".contains(first);
    let ends = !last.is_whitespace() && last != ':';
    let breaks = |letter: char| matches!(letter, '\u{feff}' | '\u{2028}' | '\u{2029}');
    // Older readers of YAML take a `?` between brackets for the sign of a key.
    let inner = !text
        .chars()
        .any(|letter| letter.is_control() || breaks(letter) || within && (means(letter) || letter == '?'));
    starts
        && ends
        && inner
        && !text.contains(": ")
        && !text.contains(" #")
        && !reads_as_other(text)
        && !text.starts_with("---")
        && !text.starts_with("...")
}

/// Whether YAML would read something else than a text.
fn reads_as_other(text: &str) -> bool {
    let number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    let word = ["true", "false", "null", "~", "yes", "no", "on", "off", "y", "n", "inf", "nan"];
    number || word.contains(&text.to_ascii_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{85}' => {
                quoted.push_str(&format!("\\u{:04x}", letter as u32))
            }
            letter if letter.is_control() => quoted.push_str(&format!("\\u{:04x}", letter as u32)),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
