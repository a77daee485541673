//! What a card is called in a picture.

use flowrun_core::card::{Catalog, external};

use crate::catalog::category::{title, words};

/// The title of a card, and what stands below it: its connector or category and, where the title is the author's, the card's name.
///
/// The author's title is only told by the ID that was made of it, so an ID that merely repeats the card's name tells none.
pub fn of(catalog: &Catalog, id: &str, author: Option<&str>) -> (String, String) {
    let name = name(catalog, id);
    let group = match external(id).and_then(|rest| rest.split_once('.')) {
        Some((connector, _)) => words(connector),
        None => title(catalog, id.split_once('.').map_or("", |(group, _)| group)),
    };
    match author.filter(|author| !repeats(author, id, &name)) {
        Some(author) => (sentence(author), [group, name].join(" · ").trim_start_matches(" · ").to_owned()),
        None => (name, group),
    }
}

/// The name of a card. One card stands for all external cards, so these are called by their IDs.
pub fn name(catalog: &Catalog, id: &str) -> String {
    match catalog.get(id).filter(|_| external(id).is_none()) {
        Some(card) => card.title(),
        None => words(id),
    }
}

/// Whether an ID is a card's name, with a number or without.
fn repeats(author: &str, id: &str, name: &str) -> bool {
    let bare = author.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    let letters = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let bare = letters(bare);
    bare == letters(name) || id.rsplit('.').next().is_some_and(|last| bare == letters(last))
}

/// An ID as the words of a title.
fn sentence(id: &str) -> String {
    let words = id.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_titles() {
        let of = |id, author| of(&Catalog::default(), id, author);
        let pair = |title: &str, kind: &str| (title.to_owned(), kind.to_owned());
        assert_eq!(of("text.compose", Some("compose_2")), pair("Compose", "Text"));
        assert_eq!(of("text.compose", Some("welcome_mail")), pair("Welcome mail", "Text · Compose"));
        assert_eq!(of("external.slack.send_message", None), pair("Send Message", "Slack"));
        assert_eq!(
            of("external.google_drive.copy_file", Some("copy")),
            pair("Copy", "Google Drive · Copy File")
        );
    }
}
