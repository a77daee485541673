//! The manual's page that holds Okta's catalogue against the one here.

use std::collections::BTreeSet;

use flowrun_core::card::{Card, Catalog};
use flowrun_core::vocabulary::{Event, Vocabulary};
use flowrun_core::words::many;

use super::category;
use super::markdown::{anchor, cell, notice, text};
use super::okta::{CATALOGUE, Here, Named};

/// The name of the page's file.
pub const FILE: &str = "coverage.md";

/// The page: each card that Okta has with what is here of it, then what only flowrun has.
pub fn page(vocabulary: &Vocabulary) -> String {
    let catalog = &vocabulary.cards;
    let mut tables = String::new();
    let (mut here, mut missing) = (0, 0);
    for (title, cards) in CATALOGUE {
        tables.push_str(&format!("\n## {}\n\n| Okta's card | | |\n|---|---|---|\n", text(title)));
        for named in *cards {
            match named.here {
                Here::Missing(_) => missing += 1,
                _ => here += 1,
            }
            tables.push_str(&row(catalog, named));
        }
    }
    format!(
        "# Okta's catalogue, and what is here of it\n\n{}\n\n[All cards](README.md)\n\n\
         Of the {} known of from Okta's manual and from published flows, {here} are here and {missing} are not yet. *Differs* names the \
         main difference; all of them, and every decision where Okta's manual is silent, stand in \
         [Where flowrun differs from Okta](../differences.md). Connectors other than Okta's and Personio's are not there: \
         the API Connector reaches any HTTP service.\n{tables}{}{}",
        notice(),
        many((here + missing) as u64, "card"),
        events(&vocabulary.events),
        own(catalog)
    )
}

fn row(catalog: &Catalog, named: &Named) -> String {
    let (what, why) = match named.here {
        Here::Card(id) => (format!("done: {}", link(catalog, id)), String::new()),
        Here::Differs(id, how) => (format!("differs: {}", link(catalog, id)), how.to_owned()),
        Here::Language(part) => ("part of the language".to_owned(), part.to_owned()),
        Here::Missing(why) => ("not yet".to_owned(), why.to_owned()),
    };
    format!("| {} | {what} | {} |\n", cell(named.name), cell(&why))
}

fn link(catalog: &Catalog, id: &str) -> String {
    match catalog.get(id) {
        Some(card) => format!("[`{id}`]({}.md#{})", card.group(), anchor(&card.title())),
        None => format!("`{id}`"),
    }
}

fn events(events: &[Event]) -> String {
    let mut page = String::from(
        "\n## Okta: events\n\nA flow may name them as its trigger, and is checked against what they tell. Nothing starts it \
         yet.\n\n| Okta's event | Trigger |\n|---|---|\n",
    );
    for event in events {
        page.push_str(&format!("| {} | `{}` |\n", cell(event.title), event.name));
    }
    page
}

/// The cards that Okta's catalogue lacks.
fn own(catalog: &Catalog) -> String {
    let theirs: BTreeSet<&str> = CATALOGUE
        .iter()
        .flat_map(|(_, cards)| *cards)
        .filter_map(|named| match named.here {
            Here::Card(id) | Here::Differs(id, _) => Some(id),
            _ => None,
        })
        .collect();
    let own = |card: &&'static Card| !theirs.contains(card.id) && card.group() != "personio";
    let mut own: Vec<&'static Card> = catalog.iter().filter(own).collect();
    own.sort_by_key(|card| (category::rank(card.group()), card.id));
    let mut page = String::from(
        "\n## Only here\n\nOkta's console has no such card, or none that its manual names.\n\n| Category | Cards |\n|---|---|\n",
    );
    for cards in own.chunk_by(|a, b| a.group() == b.group()) {
        let Some(first) = cards.first() else { continue };
        let links: Vec<String> = cards.iter().map(|card| link(catalog, card.id)).collect();
        page.push_str(&format!("| {} | {} |\n", cell(&category::title(first.group())), links.join(", ")));
    }
    page
}
