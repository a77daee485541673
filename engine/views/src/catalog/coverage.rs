//! The manual's page that holds Okta's catalogue against the one here.

use std::collections::BTreeSet;
use std::sync::Arc;

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
         main difference; all of them, and every decision where Okta's manual is silent, are in \
         [Where flowrun differs from Okta](../differences.md). Connectors other than Okta's{} are not there: \
         the API Connector reaches any HTTP service.\n{tables}{}{}",
        notice(),
        many((here + missing) as u64, "card"),
        others(catalog)
            .iter()
            .map(|group| format!(" and {}'s", category::title(catalog, group)))
            .collect::<String>(),
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
        page.push_str(&format!("| {} | `{}` |\n", cell(&event.title), event.name));
    }
    page
}

/// The cards that Okta's catalogue names.
fn theirs() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().flat_map(|(_, cards)| *cards).filter_map(|named| match named.here {
        Here::Card(id) | Here::Differs(id, _) => Some(id),
        _ => None,
    })
}

/// The connectors of which Okta's catalogue names no card: other vendors', which have pages of their own.
fn others(catalog: &Catalog) -> BTreeSet<&str> {
    let named =
        |group: &str| theirs().any(|id| id.split_once('.').is_some_and(|(theirs, _)| theirs == group));
    let reaching = catalog.iter().filter(|card| card.connector().is_some());
    reaching.map(|card| card.group()).filter(|group| !named(group)).collect()
}

/// The cards that Okta's catalogue lacks.
fn own(catalog: &Catalog) -> String {
    let theirs: BTreeSet<&str> = theirs().collect();
    let others = others(catalog);
    let own = |card: &&Arc<Card>| !theirs.contains(&*card.id) && !others.contains(card.group());
    let mut own: Vec<&Arc<Card>> = catalog.iter().filter(own).collect();
    own.sort_by_key(|card| category::rank(catalog, card.group()));
    let mut page = String::from(
        "\n## Only here\n\nOkta's console has no such card, or none that its manual names.\n\n| Category | Cards |\n|---|---|\n",
    );
    for cards in own.chunk_by(|a, b| a.group() == b.group()) {
        let Some(first) = cards.first() else { continue };
        let links: Vec<String> = cards.iter().map(|card| link(catalog, &card.id)).collect();
        page.push_str(&format!(
            "| {} | {} |\n",
            cell(&category::title(catalog, first.group())),
            links.join(", ")
        ));
    }
    page
}
