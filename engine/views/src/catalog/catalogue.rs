//! Okta's catalogue, field by field, and what is here of it.
//!
//! `catalogue.yaml` says what Okta has and where that is known from. Whether a field is here, the declarations say: only what isn't in them is written down.
//! It lies in this crate because the program makes the coverage page of it, and a crate holds what it is built from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use flowrun_core::card::{Card, Catalog, Field, Rest};
use serde::Deserialize;

/// A category of Okta's console.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Its title.
    pub category: String,
    /// Its cards.
    pub cards: Vec<Known>,
}

/// A card that Okta has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Its name in Okta's console.
    pub card: String,
    /// The ID of the card here.
    pub here: Option<String>,
    /// In what the card here differs.
    pub differs: Option<String>,
    /// What part of the language stands for it.
    pub language: Option<String>,
    /// Why nothing here does what it does.
    pub not_yet: Option<String>,
    /// What it is in Okta's exports.
    pub address: Option<String>,
    /// Where its fields are known from.
    pub source: String,
    /// Its inputs by their keys in exports; none where they are not known.
    pub inputs: Option<Fields>,
    /// Its outputs by their keys in exports; none where they are not known.
    pub outputs: Option<Fields>,
}

/// Fields by their keys in exports.
pub type Fields = BTreeMap<String, Option<Said>>;

/// What is said of a field besides its key.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Said {
    /// Its title, where that is not the key.
    Title(String),
    /// How it is told in flow files.
    Otherwise(Otherwise),
}

/// A field for which the card here has none of its key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Otherwise {
    /// Its title, where that is not the key.
    pub title: Option<String>,
    /// The field here that takes it, by its name; `any name` stands for those that the author names.
    #[serde(rename = "as")]
    pub as_: Option<String>,
    /// What part of the language does it.
    pub language: Option<String>,
    /// Why nothing here does it.
    pub not_yet: Option<String>,
}

/// What is here of a card that Okta has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here<'k> {
    /// The card with this ID.
    Card(&'k str),
    /// No card, but a part of the language: which.
    Language(&'k str),
    /// Nothing yet, for this reason.
    Missing(&'k str),
}

/// What is here of a field that Okta's card has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldHere<'k> {
    /// A field of the card here, or a part of the language.
    Here,
    /// Nothing, for this reason.
    Missing(&'k str),
    /// Nothing, and the catalogue does not say why: it is wrong.
    Lost,
}

/// The author's own fields, as a key.
const ANY: &str = "*";

/// The author's own fields, as the name of a field here.
const ANY_NAME: &str = "any name";

/// Okta's categories and the cards in them, in the order of its console.
pub fn catalogue() -> &'static [Category] {
    static CATALOGUE: LazyLock<Vec<Category>> = LazyLock::new(|| {
        // It is compiled in, so a mistake in it shows in every run of the tests.
        serde_yaml::from_str_with_options(
            include_str!("catalogue.yaml"),
            serde_yaml::options! { strict_booleans: true },
        )
        .unwrap_or_else(|why| panic!("catalogue.yaml: {why}"))
    });
    &CATALOGUE
}

/// All cards of the catalogue.
pub fn known() -> impl Iterator<Item = &'static Known> {
    catalogue().iter().flat_map(|category| &category.cards)
}

impl Known {
    /// What is here of it.
    pub fn status(&self) -> Here<'_> {
        match (&self.here, &self.language, &self.not_yet) {
            (Some(id), ..) => Here::Card(id),
            (_, Some(part), _) => Here::Language(part),
            (.., why) => Here::Missing(why.as_deref().unwrap_or_default()),
        }
    }

    /// Its inputs and outputs that are known, each with what is here of it.
    pub fn fields<'k>(&'k self, catalog: &Catalog) -> Vec<(&'k str, FieldHere<'k>)> {
        let card = self.here.as_deref().and_then(|id| catalog.get(id));
        let sides = [
            (&self.inputs, card.map(|card| Side::inputs(card))),
            (&self.outputs, card.map(|card| Side::outputs(card))),
        ];
        let each = sides.into_iter().flat_map(|(fields, side)| {
            fields.iter().flatten().map(move |(key, said)| {
                let here = match (&side, self.status()) {
                    (Some(side), _) => side.has(key, said.as_ref()),
                    (None, Here::Language(_)) => said.as_ref().map_or(FieldHere::Here, Said::alone),
                    (None, _) => FieldHere::Missing(""),
                };
                (title(key, said.as_ref()), here)
            })
        });
        each.collect()
    }

    /// The inputs and the outputs of the card here that Okta's lacks, as far as Okta's are known.
    pub fn own<'c>(&self, card: &'c Card) -> [Vec<&'c str>; 2] {
        let beyond = |fields: &Option<Fields>, side: Side<'c>| match fields {
            Some(fields) => side.beyond(fields),
            None => Vec::new(),
        };
        [beyond(&self.inputs, Side::inputs(card)), beyond(&self.outputs, Side::outputs(card))]
    }
}

impl Said {
    fn title(&self) -> Option<&str> {
        match self {
            Said::Title(title) => Some(title),
            Said::Otherwise(otherwise) => otherwise.title.as_deref(),
        }
    }

    fn otherwise(&self) -> Option<&Otherwise> {
        match self {
            Said::Title(_) => None,
            Said::Otherwise(otherwise) => Some(otherwise),
        }
    }

    /// What is here of a field where there is no card that could have it.
    fn alone(&self) -> FieldHere<'_> {
        match self.otherwise().and_then(|otherwise| otherwise.not_yet.as_deref()) {
            Some(why) => FieldHere::Missing(why),
            None => FieldHere::Here,
        }
    }
}

/// What a field is called in Okta's console.
fn title<'k>(key: &'k str, said: Option<&'k Said>) -> &'k str {
    said.and_then(Said::title).unwrap_or(key)
}

/// A key without the group that tells it from another of its name.
fn bare(key: &str) -> &str {
    match key.split_once('/') {
        Some((group, key)) if !group.is_empty() => key,
        _ => key,
    }
}

/// The inputs or the outputs of a card here.
#[derive(Clone, Copy, Debug)]
struct Side<'c> {
    fields: &'c [Field],
    rest: Option<&'c Rest>,
}

impl<'c> Side<'c> {
    fn inputs(card: &'c Card) -> Side<'c> {
        Side { fields: &card.inputs, rest: card.rest_in.as_ref() }
    }

    fn outputs(card: &'c Card) -> Side<'c> {
        Side { fields: &card.outputs, rest: card.rest_out.as_ref() }
    }

    /// What is here of the field of this key.
    fn has<'k>(&self, key: &str, said: Option<&'k Said>) -> FieldHere<'k> {
        let otherwise = said.and_then(Said::otherwise);
        let by_key = if key == ANY {
            self.rest.is_some()
        } else {
            self.fields.iter().any(|field| field.key == bare(key))
        };
        match otherwise {
            // What is said to be told otherwise isn't there under its key.
            Some(Otherwise { not_yet: Some(why), .. }) if !by_key => FieldHere::Missing(why),
            Some(Otherwise { language: Some(_), .. }) if !by_key => FieldHere::Here,
            Some(Otherwise { as_: Some(name), .. }) if !by_key && self.named(name) => FieldHere::Here,
            Some(Otherwise { as_: None, language: None, not_yet: None, .. }) | None if by_key => {
                FieldHere::Here
            }
            _ => FieldHere::Lost,
        }
    }

    fn named(&self, name: &str) -> bool {
        if name == ANY_NAME {
            self.rest.is_some()
        } else {
            self.fields.iter().any(|field| field.name == name)
        }
    }

    /// The fields that stand for none of these.
    fn beyond(&self, fields: &Fields) -> Vec<&'c str> {
        let taken: BTreeSet<&str> =
            fields.values().filter_map(|said| said.as_ref()?.otherwise()?.as_.as_deref()).collect();
        let keys: BTreeSet<&str> = fields.keys().map(|key| bare(key)).collect();
        let own =
            self.fields.iter().filter(|field| !keys.contains(&*field.key) && !taken.contains(&*field.name));
        let any =
            (self.rest.is_some() && !keys.contains(ANY) && !taken.contains(ANY_NAME)).then_some(ANY_NAME);
        own.map(|field| &*field.name).chain(any).collect()
    }
}
