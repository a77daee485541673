//! The names of cards in wires and templates, and what a wire says whatever its spelling.

use flowrun_core::path::{self, Key};
use flowrun_core::template::respell;

/// Gives a name another form; none leaves it as it is.
pub type Rename<'r> = &'r dyn Fn(&str) -> Option<String>;

/// A wire in which the card's name has another form; `['name']` becomes `.name`, which means the same.
pub fn wire(text: &str, rename: Rename<'_>) -> String {
    // What can't be read means what it says.
    let Ok(wire) = path::parse(text) else { return text.to_owned() };
    let mut whole = format!("$.{}", rename(&wire.root).unwrap_or_else(|| wire.root.to_string()));
    for key in &wire.keys {
        match key {
            Key::Name(name) if is_name(name) => whole.push_str(&format!(".{name}")),
            Key::Name(name) => whole.push_str(&format!("['{name}']")),
            Key::Index(index) => whole.push_str(&format!("[{index}]")),
        }
    }
    let end = wire.places.last().map_or(text.len(), |(_, end)| *end);
    whole.push_str(&text[end..]);
    whole
}

/// A template in which names of cards have another form; white space in its code counts nothing.
pub fn template(text: &str, rename: Rename<'_>) -> String {
    respell(text, rename).unwrap_or_else(|| text.to_owned())
}

fn begins_name(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_'
}

fn continues_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn is_name(text: &str) -> bool {
    text.starts_with(begins_name) && text.chars().all(continues_name)
}

/// A name without the number at its end, which only sets it apart from others: `read_user_2` is `read_user`.
pub fn numberless(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((stem, number))
            if !stem.is_empty() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            stem
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_cards_get_another_form() {
        let rename = |name: &str| (name == "user").then(|| "#1".to_owned());
        let shapes = [
            ("$.user.email", "$.#1.email"),
            ("$.user['email'][0][\"a b\"]", "$.#1.email[0]['a b']"),
            ("$.users.user", "$.users.user"),
            ("$.items[?@.id == 'x']", "$.items[?@.id == 'x']"),
        ];
        for (text, wanted) in shapes {
            assert_eq!(wire(text, &rename), wanted);
        }
    }

    #[test]
    fn numbers_at_the_end_count_nothing() {
        assert_eq!(["a_2", "a", "_2", "a_b", "a_"].map(numberless), ["a", "a", "_2", "a_b", "a_"]);
    }
}
