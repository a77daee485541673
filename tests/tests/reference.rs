//! What is written from the cards' declarations and from the flows is what they say today.

use flowrun_tests::{flowrun, registry, uses};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use flowrun_core::card::Card;
use flowrun_project::Project;
use flowrun_views::catalog::{self, COMMAND};
use flowrun_views::graph::{Subject, Theme, svg};
use flowrun_views::look::{Look, PLAIN};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_reference_pages_are_up_to_date() {
    let pages = catalog::markdown(registry().vocabulary());
    let folder = root().join("docs/cards");
    let stale =
        pages.iter().filter(|(file, text)| fs::read_to_string(folder.join(file)).ok().as_ref() != Some(text));
    let stale: Vec<&String> = stale.map(|(file, _)| file).collect();
    assert!(
        stale.is_empty(),
        "stale in docs/cards: {stale:?}; write them again with `cargo run -- {}`",
        &COMMAND[8..]
    );
    let written: BTreeSet<String> = pages.into_iter().map(|(file, _)| file).collect();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(written.contains(&name), "docs/cards/{name} is of no category; delete it");
    }
}

#[test]
fn the_page_on_the_simulators_is_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("simulators.md");
    let ran = flowrun(&["sandbox", "--markdown", file.to_str().unwrap()], BTreeMap::new());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let page = fs::read_to_string(file).unwrap();
    assert!(
        fs::read_to_string(root().join("docs/simulators.md")).ok().as_ref() == Some(&page),
        "docs/simulators.md is stale; write it again with `cargo run -- {}`",
        &flowrun_kit::simulator::COMMAND[8..]
    );
    // An endpoint that no vendor describes must say where it is known from.
    for connector in registry().connectors() {
        let Some(manual) = connector.sim.as_ref().and_then(|sim| sim.manual) else { continue };
        for served in manual().endpoints {
            assert!(served.described != served.source.is_some(), "{} {}", served.method, served.path);
        }
    }
}

#[test]
fn the_pictures_of_the_manual_are_up_to_date() {
    let catalog = registry().catalog();
    for (folder, flow) in [
        ("flows", "session_handler"),
        ("docs/examples/pictures", "add_to_group"),
        ("docs/examples/pictures", "access_level"),
        ("docs/examples/pictures", "find_or_create"),
    ] {
        let project = Project::read(&root().join(folder), registry().vocabulary()).unwrap();
        let at = project.model.flows.iter().position(|known| *known.path == *flow).unwrap();
        let drawn = svg(Subject::of(&project, at, &uses(&project), catalog), Theme::Auto);
        let file = format!("docs/images/{flow}.svg");
        let there = fs::read_to_string(root().join(&file)).unwrap_or_default();
        assert!(
            there == drawn,
            "{file} is stale; draw it again with `cargo run -- graph {folder}/{flow}.yaml -o {file}`"
        );
    }
}

#[test]
fn the_readme_counts_the_cards() {
    let catalog = registry().catalog();
    // Okta calls functions what no vendor answers; external cards stand for other vendors'.
    let function = |card: &&Card| !["okta", "personio", "external"].contains(&card.group());
    let functions = catalog.iter().map(|card| &**card).filter(function).count();
    let told = format!("- {} cards: {functions} functions", catalog.iter().count());
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&told), "README.md lacks `{told}`");
}

#[test]
fn every_card_reads_well() {
    let catalog = registry().catalog();
    for card in catalog.iter() {
        for (width, color) in [(60, false), (110, true)] {
            let shown = catalog::show(catalog, card, Look { color, width, ..PLAIN });
            assert!(shown.contains(&*card.id) && !shown.contains("\n\n\n"), "{shown}");
            assert_eq!(shown.contains('\u{1b}'), color, "{}", card.id);
        }
        assert!(
            catalog::category::all(catalog).any(|(group, ..)| group == card.group()),
            "{} is of no category",
            card.id
        );
        assert_eq!(catalog::find(catalog, &card.id).unwrap().id, card.id);
    }
    insta::assert_snapshot!("list", catalog::list(catalog, None, Look { width: 100, ..PLAIN }));
    let mut shown = String::new();
    for id in ["list.map", "text.split", "branching.if_else", "tables.search_rows"] {
        shown.push_str(&catalog::show(catalog, catalog.get(id).unwrap(), Look { width: 90, ..PLAIN }));
        shown.push_str("\n--------\n\n");
    }
    insta::assert_snapshot!("show", shown);
}

#[test]
fn cards_are_found_by_every_name() {
    let catalog = registry().catalog();
    for name in ["text.trim", "trim", "Trim", "Text.Trim", "kernel:string:trim", " text.trim "] {
        assert_eq!(catalog::find(catalog, name).unwrap().id, "text.trim", "{name}");
    }
    assert_eq!(catalog::find(catalog, "If/Else").unwrap().id, "branching.if_else");
    let told = |name: &str| {
        let problem = catalog::find(catalog, name).unwrap_err();
        format!("{problem}; {}", problem.help.as_deref().unwrap())
    };
    assert_eq!(told("list.mapp"), "there is no card `list.mapp`; did you mean `list.map`?");
    assert_eq!(told("pluckk"), "there is no card `pluckk`; did you mean `list.pluck`?");
    assert_eq!(told("add"), "`add` is more than one card; choose one of date_time.add, number.add");
    assert!(catalog::list(catalog, Some("separator cut"), PLAIN).contains("text.split"));
    assert!(!catalog::list(catalog, Some("date"), PLAIN).contains("update_row"));
    assert!(catalog::list(catalog, Some("xyzzy"), PLAIN).starts_with("no card has to do with `xyzzy`"));
}
