//! Where the parts of an export come from: every flow and card that was made of it is found in it by its ID, under the
//! title that the file gives it, and a mistake names both. The right values are what the files themselves say.

use std::fs;
use std::path::Path;

use flowrun_exports::{Dictionary, read};
use flowrun_tests::shared::exports;
use flowrun_tests::{flowrun, registry};
use serde_json::Value as Json;

/// The title of a card in an export, looked for in all that stands in the flow.
fn title(flow: &Json, id: &str) -> Option<String> {
    let here = flow.get("uuid").and_then(Json::as_str) == Some(id) && flow.get("node").is_some();
    if here {
        let name = flow.pointer("/node/data/name").and_then(Json::as_str);
        let address = flow.get("address").and_then(Json::as_str).unwrap_or_default();
        return Some(name.unwrap_or_else(|| address.rsplit(':').next().unwrap_or_default()).to_owned());
    }
    match flow {
        Json::Object(members) => members.values().find_map(|member| title(member, id)),
        Json::Array(items) => items.iter().find_map(|item| title(item, id)),
        _ => None,
    }
}

fn flow<'j>(raw: &'j Json, id: &str) -> Option<&'j Json> {
    let flows = raw.pointer("/data/flos").or_else(|| raw.get("flos"))?;
    let named = |flow: &&Json| flow.get("id").and_then(Json::as_str) == Some(id);
    match flows {
        Json::Object(flows) => flows.get(id).or_else(|| flows.values().find(named)),
        Json::Array(flows) => flows.iter().find(named),
        _ => None,
    }
}

#[test]
fn every_flow_and_card_is_found_in_the_export_that_it_was_made_of() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("exports/lists.flopack");
    let dictionary = Dictionary::new(registry().vocabulary());
    let mut cards = 0;
    for path in exports().into_iter().chain([own]) {
        let text = fs::read_to_string(&path).unwrap();
        let export = read(&text, &dictionary).unwrap();
        let file: Json = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        for origin in &export.origins {
            let raw = flow(&file, &origin.flow_id);
            let raw = raw.unwrap_or_else(|| panic!("{}: {} is not there", path.display(), origin.flow_id));
            // A flow that stood inside a card is called after both.
            let named = raw.get("name").and_then(Json::as_str).unwrap();
            assert!(origin.flow.starts_with(named), "{named}, {}", origin.flow);
            if let Some((card, id)) = &origin.card {
                assert_eq!(title(raw, id).as_deref(), Some(&**card), "{}: {id}", path.display());
                cards += 1;
            }
        }
    }
    assert!(cards > 0);
}

#[test]
fn a_mistake_names_the_titles_of_flow_and_card() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("exports/lists.flopack");
    let path = path.display().to_string();
    let told = flowrun(&["check", &path], Default::default()).stdout;
    assert!(told.contains("this is in the card `For Each` of the flow `When a user is created`"), "{told}");
    assert!(told.contains("this is in the flow `Remember the user`"), "{told}");
    let json: Json =
        serde_json::from_str(&flowrun(&["check", &path, "--json"], Default::default()).stdout).unwrap();
    let origins: Vec<&Json> =
        json["diagnostics"].as_array().unwrap().iter().map(|found| &found["origin"]).collect();
    let raw: Json = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let of_card = origins.iter().find(|origin| origin["card"] == "For Each").unwrap();
    assert_eq!((&of_card["flow"], &of_card["flow_id"]), (&"When a user is created".into(), &"L1".into()));
    let id = of_card["card_id"].as_str().unwrap();
    assert_eq!(title(flow(&raw, "L1").unwrap(), id).as_deref(), Some("For Each"));
}
