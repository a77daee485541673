//! What a card is called in a picture.

use flowrun_core::card::{Catalog, acronym, capital, external};
use flowrun_core::model::Step;

use crate::catalog::category::{title, words};

/// What a card is called, and what stands below it: its connector or category, and the card's name where the author called it
/// otherwise: by a title, else by an ID that does more than repeat the card's name.
pub fn of(catalog: &Catalog, step: &Step) -> (String, String) {
    let id = &*step.card.it;
    let name = name(catalog, id);
    let group = match external(id).and_then(|rest| rest.split_once('.')) {
        Some((connector, _)) => words(connector),
        None => title(catalog, id.split_once('.').map_or("", |(group, _)| group)),
    };
    let said = step.id.as_ref().map(|own| &*own.it).filter(|own| !repeats(own, id, &name)).map(sentence);
    match step.title.as_ref().map(|title| title.it.to_string()).or(said) {
        Some(author) => (author, [group, name].join(" · ").trim_start_matches(" · ").to_owned()),
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

/// An ID as the words of a title, without the number that sets it apart from another one.
fn sentence(id: &str) -> String {
    let (bare, number) = id.rsplit_once('_').unwrap_or((id, ""));
    let counts = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    let words = if counts && !bare.is_empty() { bare } else { id };
    let mut title = String::new();
    for word in words.split('_').filter(|word| !word.is_empty()) {
        match (acronym(word), title.is_empty()) {
            (Some(acronym), true) => title.push_str(acronym),
            (None, true) => title.push_str(&capital(word)),
            (acronym, false) => title.extend([" ", acronym.unwrap_or(word)]),
        }
    }
    title
}

#[cfg(test)]
mod tests {
    use flowrun_core::load::load;
    use flowrun_core::source::Sources;

    use super::*;

    #[test]
    fn ids_tell_titles() {
        let names = ["text.compose", "external.slack.send_message", "external.google_drive.copy_file"];
        let of = |at: usize, keys: &str| {
            let mut sources = Sources::default();
            sources.add("flow.yaml", &format!("cards:\n  - {{ {keys}card: {} }}\n", names[at]));
            of(&Catalog::default(), &load(&sources).0.flows[0].cards[0])
        };
        let pair = |title: &str, kind: &str| (title.to_owned(), kind.to_owned());
        assert_eq!(of(0, "id: compose_2, "), pair("Compose", "Text"));
        assert_eq!(of(0, "id: welcome_mail, "), pair("Welcome mail", "Text · Compose"));
        assert_eq!(of(0, "id: url_of_api_2, "), pair("URL of API", "Text · Compose"));
        assert_eq!(of(0, "id: url, title: The URL 2, "), pair("The URL 2", "Text · Compose"));
        assert_eq!(of(1, ""), pair("Send Message", "Slack"));
        assert_eq!(of(2, "id: copy, "), pair("Copy", "Google Drive · Copy File"));
    }
}
