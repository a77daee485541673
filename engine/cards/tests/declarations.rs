//! What the declarations of all cards have in common. Their examples are run from outside, by `tests/tests/cards.rs`.

use flowrun_cards::{cards, catalog};

#[test]
fn every_declaration_is_complete() {
    let (all, catalog) = (cards(), catalog());
    for card in &all {
        let id = &*card.id;
        for address in card.exported_as.iter() {
            let parts = address.split(':').collect::<Vec<_>>();
            assert!(matches!(parts[..], ["kernel" | "channels", .., _]), "{id}: no address: {address}");
        }
        assert!(card.summary().ends_with('.'), "{id}: {}", card.summary());
        assert_eq!(card.summary().matches(". ").count(), 0, "{id}: the summary is one sentence");
        for field in card.inputs.iter().chain(card.outputs.iter()) {
            assert!(field.docs.ends_with('.'), "{id}.{}: {}", field.name, field.docs);
        }
        // The manual's links lead somewhere.
        for word in card.docs.split('`').skip(1).step_by(2) {
            let Some((group, name)) = word.split_once('.') else { continue };
            let links = all.iter().any(|card| card.group() == group);
            let known = catalog.get(word).is_some();
            assert!(!links || name.is_empty() || known || word.contains(' '), "{id} mentions {word}");
        }
    }
    assert_eq!(catalog.iter().count(), all.len(), "two cards have the same ID");
}

#[test]
fn every_file_is_named_in_a_list() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for group in
        std::fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        let list = std::fs::read_to_string(group.join("mod.rs")).unwrap();
        for file in std::fs::read_dir(&group).unwrap().map(|entry| entry.unwrap().path()) {
            let name = file.file_stem().unwrap().to_str().unwrap();
            let named = list.contains(&format!("    {name}::")) || list.contains(&format!("mod {name};"));
            assert!(named || name == "mod", "{} is in no list", file.display());
        }
    }
}
