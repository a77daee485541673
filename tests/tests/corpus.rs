//! What the cards say of Okta's exports, held against real ones.
//!
//! The exports are third-party data that lies beside the project, in `../shared/corpus`; where it doesn't, nothing is tested
//! and the test says so.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The keys of one card's fields in all exports, and how often the card is used.
#[derive(Default)]
struct Seen {
    inputs: BTreeSet<String>,
    outputs: BTreeSet<String>,
    uses: usize,
}

/// Addresses and fields that no export of the corpus happens to use, or that flowrun adds.
const UNSEEN: &[&str] = &[
    "api_connector.patch channels:http:httpfunctions:patch",
    "api_connector.put channels:http:httpfunctions:put",
    "encryption.hmac in key_encoding",
    "flow_control.lookup in options",
    "json.stringify in pretty",
    "json.stringify out bytes",
    "list.for_each_ignore_errors out failed",
    "list.map in items",
    "number.round_down kernel:math:floor",
    "okta.create_import_session out created",
    "okta.create_import_session out lastUpdated",
    "okta.list_users_assigned_to_application in Record Limit",
    "okta.list_users_assigned_to_application out failed",
    "okta.list_users_with_search out ID",
    "okta.list_users_with_search out Status",
    "okta.list_users_with_search out Login",
    "okta.list_users_with_search out Email",
    "okta.list_users_with_search out First Name",
    "okta.list_users_with_search out Last Name",
    "okta.list_users_with_search out Raw Output",
    "okta.list_users_with_search out failed",
    "okta.read_user out profile",
    "okta.trigger_import_session out created",
    "okta.trigger_import_session out lastUpdated",
    "personio.list_employees in attributes",
    "personio.list_employees in required_attributes",
    "personio.list_employees in changed_since",
    "personio.list_employees in api",
    "personio.list_employees in employments",
    "personio.list_employees out Employees",
    "personio.list_employees out failed",
    "tables.read_row out Row ID",
    "tables.search_rows in Flow",
    "tables.search_rows in Record Limit",
    "tables.search_rows out count",
    "tables.search_rows out records_streamed",
    "tables.search_rows out failed",
    "true_false.not kernel:boolean:not",
    "url.encode_component kernel:url:encodeComponent",
    "url.encode_query kernel:url:encode",
    "url.parse kernel:url:parse",
];

fn exports() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/okta-templates");
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "flopack"))
        .collect()
}

/// `root:kernel:control:0.0.1:if` is `kernel:control:if`, whatever the version.
fn address(full: &str) -> Option<String> {
    match full.split(':').collect::<Vec<_>>()[..] {
        [_, "kernel", module, _, card] => Some(format!("kernel:{module}:{card}")),
        [_, "channels", kind, connector, _, card] => Some(format!("channels:{kind}:{connector}:{card}")),
        _ => None,
    }
}

/// Every card of an export, those of inline flows included.
fn collect(value: &Value, seen: &mut BTreeMap<String, Seen>) {
    match value {
        Value::Object(members) => {
            let full = members.get("address").and_then(Value::as_str);
            if let (Some(address), Some(node)) = (full.and_then(address), members.get("node")) {
                let card = seen.entry(address).or_default();
                card.uses += 1;
                for (side, keys) in [("inputs", &mut card.inputs), ("outputs", &mut card.outputs)] {
                    let fields = node.pointer(&format!("/model/{side}/data")).and_then(Value::as_object);
                    keys.extend(
                        fields
                            .into_iter()
                            .flat_map(|fields| fields.values())
                            .filter_map(|field| Some(field.get("key")?.as_str()?.to_owned())),
                    );
                }
            }
            members.values().for_each(|value| collect(value, seen));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, seen)),
        _ => {}
    }
}

#[test]
fn addresses_and_keys_are_those_of_real_exports() {
    let exports = exports();
    if exports.is_empty() {
        writeln!(std::io::stderr(), "skipped: ../shared/corpus is not there").unwrap();
        return;
    }
    let mut seen = BTreeMap::new();
    for path in &exports {
        collect(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(), &mut seen);
    }
    let catalog = flowrun::connectors::catalog();
    let mut unseen = Vec::new();
    let mut implemented = 0;
    for card in catalog.iter() {
        for address in card.exported_as {
            let Some(seen) = seen.get(*address) else {
                unseen.push(format!("{} {address}", card.id));
                continue;
            };
            implemented += seen.uses;
            for (side, fields, keys) in
                [("in", card.inputs, &seen.inputs), ("out", card.outputs, &seen.outputs)]
            {
                let missing = fields.iter().filter(|field| !keys.contains(field.key));
                unseen.extend(missing.map(|field| format!("{} {side} {}", card.id, field.key)));
            }
        }
    }
    let uses: usize = seen.values().map(|card| card.uses).sum();
    writeln!(
        std::io::stderr(),
        "{implemented} of {uses} card uses in {} exports have a card here",
        exports.len()
    )
    .unwrap();
    assert!(uses > 4_000, "the corpus was not read: {uses} cards");
    assert_eq!(unseen, UNSEEN, "declared, but in no export");
}
