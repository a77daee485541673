//! Okta's catalogue as the coverage page has it, held against the cards that there are, field by field.

use std::collections::BTreeSet;

use flowrun_core::card::Card;
use flowrun_tests::registry;
use flowrun_views::catalog::catalogue::{FieldHere, Here, Known, catalogue, known};

/// The cards of the catalogue that are here.
fn cards() -> impl Iterator<Item = (&'static Known, &'static Card)> {
    known().filter_map(|known| Some((known, &**registry().catalog().get(known.here.as_deref()?)?)))
}

#[test]
fn each_card_is_said_once_and_what_is_here_of_it() {
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for category in catalogue() {
        for known in &category.cards {
            let name = format!("{} › {}", category.category, known.card);
            if !seen.insert((&category.category, &known.card)) {
                wrong.push(format!("{name} is there twice"));
            }
            let said = [&known.here, &known.language, &known.not_yet];
            if said.iter().filter(|said| said.is_some()).count() != 1 {
                wrong.push(format!("{name} says not just one of here, language, not_yet"));
            }
            if known.differs.is_some() && known.here.is_none() {
                wrong.push(format!("{name} differs from what?"));
            }
            if known.source.trim().is_empty() {
                wrong.push(format!("{name} has no source"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn okta_s_names_are_ours_and_its_addresses_too() {
    let mut wrong = Vec::new();
    for known in known() {
        if let Here::Card(id) = known.status() {
            let card = registry().catalog().get(id);
            if card.map(|card| card.title()).as_deref() != Some(&known.card) {
                wrong.push(format!("{}: {id} is {:?}", known.card, card.map(|card| card.title())));
            }
        }
    }
    for (known, card) in cards() {
        let found = known.address.as_deref().is_none_or(|address| card.exported_as.contains(address));
        if !found || known.address.is_none() != card.exported_as.is_empty() {
            wrong.push(format!("{}: {:?}, not {:?}", card.id, card.exported_as, known.address));
        }
    }
    for known in known().filter(|known| known.here.is_none()) {
        let address = known.address.as_deref();
        let is_here = |card: &&Card| address.is_some_and(|address| card.exported_as.contains(address));
        if let Some(card) = registry().catalog().iter().map(|card| &**card).find(is_here) {
            wrong.push(format!("{} is not said to be here, but is {}", known.card, card.id));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_field_is_on_the_card_or_it_is_said_what_does_it() {
    let lost: Vec<String> = known()
        .flat_map(|known| {
            known
                .fields(registry().catalog())
                .into_iter()
                .filter(|(_, here)| *here == FieldHere::Lost)
                .map(|(title, _)| format!("{} ({:?}): {title}", known.card, known.here))
        })
        .collect();
    assert!(lost.is_empty(), "not on the card, or not told as the catalogue says: {lost:#?}");
}

#[test]
fn a_card_that_stands_for_one_of_okta_s_is_in_the_catalogue_as_such() {
    let named: BTreeSet<&str> = cards().map(|(_, card)| &*card.id).collect();
    let forgotten: Vec<&str> = registry()
        .catalog()
        .iter()
        .filter(|card| card.group() != "personio")
        .filter(|card| !card.exported_as.is_empty() && !named.contains(&*card.id))
        .map(|card| &*card.id)
        .collect();
    assert!(forgotten.is_empty(), "{forgotten:?} have an address in Okta's exports");
}
