//! Names that people can read, made of titles.

use std::collections::{BTreeMap, BTreeSet};

use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

use flowrun_core::load::RESERVED;
use flowrun_core::value::Text;

/// No ID is longer than this in bytes, but for the number that sets it apart; the card's title tells the rest.
const MAX_ID: usize = 48;
/// No file's or folder's name is: file systems take 255, of which an ending and a card's ID may be part.
const MAX_FILE: usize = 200;

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

/// A title as the name of a file or folder, whole: `Read Employees (all)` is `read_employees_all`. Accents go from Latin
/// letters; those of other scripts stay as they are.
pub fn stem(title: &str, otherwise: &str) -> String {
    let name = words(title, true);
    if name.is_empty() { otherwise.to_owned() } else { cut(name, MAX_FILE) }
}

/// The letters and digits of a title, in small letters, with `_` where something else stood between them.
fn words(title: &str, all_scripts: bool) -> String {
    let mut name = String::new();
    let mut gap = false;
    let categories = CodePointMapData::<GeneralCategory>::new();
    for letter in ComposingNormalizer::new_nfc().normalize_iter(title.chars()) {
        let written = latin(letter).unwrap_or_else(|| {
            let category = categories.get(letter);
            let belongs = GeneralCategoryGroup::Letter
                .union(GeneralCategoryGroup::Number)
                .union(GeneralCategoryGroup::Mark);
            let kept = all_scripts && !letter.is_ascii() && belongs.contains(category);
            if kept { letter.to_lowercase().collect() } else { String::new() }
        });
        match (written.is_empty(), letter) {
            (true, '\'' | '’') => {}
            (true, _) => gap = true,
            (false, _) => {
                if gap && !name.is_empty() {
                    name.push('_');
                }
                gap = false;
                name.push_str(&written);
            }
        }
    }
    name
}

/// A Latin letter or digit in small ASCII letters: `Ü` is `u`, `ß` is `ss`.
fn latin(letter: char) -> Option<String> {
    let written = match letter.to_lowercase().next()? {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        _ => {
            let mut parts = DecomposingNormalizer::new_nfkd().normalize_iter(std::iter::once(letter));
            let plain: String = parts.by_ref().filter(char::is_ascii_alphanumeric).collect();
            return (!plain.is_empty()).then(|| plain.to_ascii_lowercase());
        }
    };
    Some(written.to_owned())
}

/// The name, ended where a word of it ends before it takes more than so many bytes.
fn cut(mut name: String, most: usize) -> String {
    if name.len() > most {
        let end = (0..=most).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
        name.truncate(name[..end].rfind('_').unwrap_or(end));
    }
    name
}

/// A title as an ID: the Latin letters and digits of `stem`, but it begins with a letter and means nothing else in wires.
pub fn id(title: &str, otherwise: &str) -> String {
    let name = cut(words(&spaced(title), false), MAX_ID);
    let name = if name.is_empty() { otherwise.to_owned() } else { name };
    let taken =
        RESERVED.contains(&name.as_str()) || matches!(name.as_str(), "then" | "else" | "try" | "catch");
    if taken || name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("{otherwise}_{name}")
    } else {
        name
    }
}

/// `userProfile` is two words, `customAPIAction` three.
fn spaced(title: &str) -> String {
    let mut spaced = String::with_capacity(title.len() + 8);
    let letters: Vec<char> = title.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let small = before.is_some_and(|before| before.is_lowercase() || before.is_ascii_digit());
        let is_small = |at: usize| letters.get(at).is_some_and(|letter| letter.is_lowercase());
        // The plural of an acronym ends in a small letter too: `userIDs`.
        let is_plural = letters.get(at + 1) == Some(&'s') && !is_small(at + 2);
        let begins = is_small(at + 1) && !is_plural;
        if letter.is_uppercase() && (small || begins && before.is_some_and(char::is_uppercase)) {
            spaced.push(' ');
        }
        spaced.push(*letter);
    }
    spaced
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
        assert_eq!(stem("[helper] Grüße", "flow"), "helper_grusse");
        assert_eq!(stem("ﬁle ² Łódź", "flow"), "file_2_lodz");
        assert_eq!(stem("日本: グループ", "flow"), "日本_グループ");
        assert_eq!(stem("Йога и हिन्दी", "flow"), "йога_и_हिन्दी");
        assert_eq!(stem("→ ✓", "flow"), "flow");
        let long = "word ".repeat(80);
        assert_eq!(stem(&long, "flow").len(), 199);
        assert_eq!(stem(&"語".repeat(80), "flow"), "語".repeat(66));
        assert_eq!(id("Get User's Groups", "card"), "get_users_groups");
        assert_eq!(id("numRecordsAlreadyProcessed", "card"), "num_records_already_processed");
        assert_eq!(id("customAPIAction", "card"), "custom_api_action");
        assert_eq!(id("userIDs of APIs", "card"), "user_ids_of_apis");
        assert_eq!(id("日本 groups", "card"), "groups");
        assert_eq!(id("日本", "card"), "card");
        assert_eq!(id("Item", "card"), "card_item");
        assert_eq!(id("2nd try", "card"), "card_2nd_try");
        let mut names = Names::default();
        assert_eq!(&*names.unique("a"), "a");
        assert_eq!(&*names.unique("a"), "a_2");
    }
}
