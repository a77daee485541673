//! The manual's page that holds Okta's catalogue, card by card and field by field, against the one here.

use std::collections::BTreeSet;
use std::sync::Arc;

use flowrun_core::card::{Card, Catalog};
use flowrun_core::vocabulary::{Event, Vocabulary};
use flowrun_core::words::many;

use super::catalogue::{FieldHere, Here, Known, catalogue, known};
use super::category;
use super::markdown::{anchor, cell, notice, text};

/// The name of the page's file.
pub const FILE: &str = "coverage.md";

/// How many there are, and how many of them are here.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    here: usize,
    all: usize,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.here += other.here;
        self.all += other.all;
    }
}

/// The page: each card that Okta has with what is here of it and of its fields, then what only flowrun has.
pub fn page(vocabulary: &Vocabulary) -> String {
    let catalog = &vocabulary.cards;
    let (mut cards, mut fields, mut silent) = (Count::default(), Count::default(), 0);
    let mut tables = String::new();
    for category in catalogue() {
        let mut rows = String::new();
        let mut inside = Count::default();
        for known in &category.cards {
            let counted = count(&known.fields(catalog));
            cards.add(Count { here: usize::from(!matches!(known.status(), Here::Missing(_))), all: 1 });
            silent += usize::from(known.inputs.is_none() && known.outputs.is_none());
            inside.add(counted);
            rows.push_str(&row(catalog, known, counted));
        }
        fields.add(inside);
        tables.push_str(&format!(
            "\n## {}\n\n{} of {} here.\n\n| Okta's card | | Fields | |\n|---|---|---|---|\n{rows}",
            text(&category.category),
            inside.here,
            many(inside.all as u64, "known field"),
        ));
    }
    format!(
        "# Okta's catalogue, and what is here of it\n\n{}\n\n[All cards](README.md)\n\n\
         Of the {} known of from Okta's manual and from published flows, {} are here and {} are not yet; of their {}, {} are here. Of {} only the name is \
         known, and no field. A field counts as here when a flow can say what it says: by a field of the card here, or by a part of the language. *Differs* names the \
         main difference; all of them, and every decision where Okta's manual is silent, are in \
         [Where flowrun differs from Okta](../differences.md). Connectors other than Okta's{} are not there: \
         the API Connector reaches any HTTP service.\n{tables}{}{}{}",
        notice(),
        many(cards.all as u64, "card"),
        cards.here,
        cards.all - cards.here,
        many(fields.all as u64, "known field"),
        fields.here,
        many(silent as u64, "card"),
        others(catalog)
            .iter()
            .map(|group| format!(" and {}'s", category::title(catalog, group)))
            .collect::<String>(),
        events(&vocabulary.events),
        more_fields(catalog),
        own(catalog)
    )
}

fn count(fields: &[(&str, FieldHere<'_>)]) -> Count {
    Count { here: fields.iter().filter(|(_, here)| *here == FieldHere::Here).count(), all: fields.len() }
}

fn row(catalog: &Catalog, known: &Known, counted: Count) -> String {
    let what = match known.status() {
        Here::Card(id) if known.differs.is_some() => format!("differs: {}", link(catalog, id)),
        Here::Card(id) => format!("done: {}", link(catalog, id)),
        Here::Language(_) => "part of the language".to_owned(),
        Here::Missing(_) => "not yet".to_owned(),
    };
    let told = match counted {
        Count { all: 0, .. } if known.inputs.is_none() && known.outputs.is_none() => "not known".to_owned(),
        Count { all: 0, .. } => "none".to_owned(),
        Count { here, all } => format!("{here} of {all}"),
    };
    format!("| {} | {what} | {told} | {} |\n", cell(&known.card), cell(&remarks(catalog, known).join("; ")))
}

/// How a card differs or why it is not there, and which of its fields are not.
fn remarks(catalog: &Catalog, known: &Known) -> Vec<String> {
    let mut remarks: Vec<String> = match known.status() {
        Here::Card(_) => known.differs.iter().cloned().collect(),
        Here::Language(how) | Here::Missing(how) => vec![how.to_owned()],
    };
    if !matches!(known.status(), Here::Missing(_)) {
        for (title, here) in known.fields(catalog) {
            if let FieldHere::Missing(why) = here {
                remarks.push(format!("not `{title}`: {why}"));
            }
        }
    }
    remarks
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

/// The connectors of which Okta's catalogue names no card: other vendors', which have pages of their own.
fn others(catalog: &Catalog) -> BTreeSet<&str> {
    let theirs = || known().filter_map(|known| known.here.as_deref());
    let named =
        |group: &str| theirs().any(|id| id.split_once('.').is_some_and(|(theirs, _)| theirs == group));
    let reaching = catalog.iter().filter(|card| card.connector().is_some());
    reaching.map(|card| card.group()).filter(|group| !named(group)).collect()
}

/// The fields that cards here have beyond those known of Okta's.
fn more_fields(catalog: &Catalog) -> String {
    let mut page = String::from(
        "\n## Fields only here\n\nWhat cards take or give beyond the fields that are known of Okta's.\n\n| Card | Takes | Gives |\n|---|---|---|\n",
    );
    for known in known() {
        let Some(card) = known.here.as_deref().and_then(|id| catalog.get(id)) else { continue };
        let told = known.own(card).map(|names| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            names.join(", ")
        });
        if told.iter().any(|names| !names.is_empty()) {
            page.push_str(&format!("| {} | {} |\n", link(catalog, &card.id), told.join(" | ")));
        }
    }
    page
}

/// The cards that Okta's catalogue lacks.
fn own(catalog: &Catalog) -> String {
    let theirs: BTreeSet<&str> = known().filter_map(|known| known.here.as_deref()).collect();
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
