//! Okta's catalogue as the coverage page has it, held against the cards that there are.

use std::collections::BTreeSet;

use flowrun_tests::registry;
use flowrun_views::catalog::okta::{CATALOGUE, Here};

#[test]
fn okta_s_names_are_ours_and_its_cards_are_there() {
    let catalog = registry().catalog();
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for (category, cards) in CATALOGUE {
        for named in *cards {
            assert!(seen.insert((category, named.name)), "{category}: {} is there twice", named.name);
            if let Here::Card(id) | Here::Differs(id, _) = named.here {
                let title = catalog.get(id).map(|card| card.title());
                if title.as_deref() != Some(named.name) {
                    wrong.push(format!("{}: {id} is {title:?}", named.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_card_that_stands_for_one_of_okta_s_is_on_the_page_as_such() {
    let named: BTreeSet<&str> = CATALOGUE
        .iter()
        .flat_map(|(_, cards)| *cards)
        .filter_map(|named| match named.here {
            Here::Card(id) | Here::Differs(id, _) => Some(id),
            _ => None,
        })
        .collect();
    let forgotten: Vec<&str> = registry()
        .catalog()
        .iter()
        .filter(|card| card.group() != "personio")
        .filter(|card| !card.exported_as.is_empty() && !named.contains(&*card.id))
        .map(|card| &*card.id)
        .collect();
    assert!(forgotten.is_empty(), "{forgotten:?} have an address in Okta's exports");
}
