//! Names that people can read, made of titles.

use std::collections::{BTreeMap, BTreeSet};

use icu_normalizer::DecomposingNormalizer;

use flowrun_core::load::RESERVED;
use flowrun_core::value::Text;

/// No name is longer than this, but for the number that sets it apart.
const MAX_LENGTH: usize = 48;

/// Names that are in use.
#[derive(Debug, Default)]
pub struct Names {
    used: BTreeSet<Text>,
    /// How often a name was wanted, so that many flows of one title take no longer each.
    wanted: BTreeMap<Text, usize>,
}

impl Names {
    /// `wanted`, or `wanted` with a number, whatever is free; it is in use from now on.
    pub fn unique(&mut self, wanted: &str) -> Text {
        let number = self.wanted.entry(wanted.into()).or_default();
        loop {
            *number += 1;
            let name: Text = if *number == 1 { wanted.into() } else { format!("{wanted}_{number}").into() };
            if self.used.insert(name.clone()) {
                return name;
            }
        }
    }
}

/// A title as the name of a file: `Read Employees (all)` is `read_employees_all`.
pub fn stem(title: &str, otherwise: &str) -> String {
    let mut name = String::new();
    let mut gap = false;
    // `ü` becomes `u` and a mark.
    let letters = DecomposingNormalizer::new_nfkd().normalize_iter(title.chars());
    for letter in letters.filter(|letter| !is_mark(*letter)) {
        if letter.is_ascii_alphanumeric() {
            if gap && !name.is_empty() {
                name.push('_');
            }
            gap = false;
            name.extend(letter.to_lowercase());
        } else if !matches!(letter, '\'' | '’') {
            gap = true;
        }
    }
    if name.len() > MAX_LENGTH {
        let end = name[..MAX_LENGTH].rfind('_').unwrap_or(MAX_LENGTH);
        name.truncate(end);
    }
    if name.is_empty() { otherwise.to_owned() } else { name }
}

/// A title as an ID: as `stem`, but it begins with a letter and means nothing else in wires.
pub fn id(title: &str, otherwise: &str) -> String {
    // `userProfile` is two words.
    let mut spaced = String::with_capacity(title.len() + 8);
    let mut small = false;
    for letter in title.chars() {
        if letter.is_uppercase() && small {
            spaced.push(' ');
        }
        small = letter.is_lowercase() || letter.is_ascii_digit();
        spaced.push(letter);
    }
    let name = stem(&spaced, otherwise);
    let taken =
        RESERVED.contains(&name.as_str()) || matches!(name.as_str(), "then" | "else" | "try" | "catch");
    if taken || name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("{otherwise}_{name}")
    } else {
        name
    }
}

/// Whether it is a combining accent.
fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_names() {
        assert_eq!(
            stem("Import from Personio (Create & Update)", "flow"),
            "import_from_personio_create_update"
        );
        assert_eq!(stem("[helper] Grüße", "flow"), "helper_gru_e");
        assert_eq!(stem("日本", "flow"), "flow");
        assert_eq!(id("Get User's Groups", "card"), "get_users_groups");
        assert_eq!(id("numRecordsAlreadyProcessed", "card"), "num_records_already_processed");
        assert_eq!(id("Item", "card"), "card_item");
        assert_eq!(id("2nd try", "card"), "card_2nd_try");
        let mut names = Names::default();
        assert_eq!(&*names.unique("a"), "a");
        assert_eq!(&*names.unique("a"), "a_2");
    }
}
