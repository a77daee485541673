//! What a flow is told of an event: Okta's names, as published exports have them.

use std::collections::BTreeSet;
use std::fs;

use flowrun_core::value::{Record, Value, parse_json};
use flowrun_service::events::okta::{Envelope, read};

use super::added;

fn record(json: &serde_json::Value) -> std::sync::Arc<Record> {
    let Value::Object(record) = parse_json(&json.to_string()).unwrap() else { panic!("no object") };
    record
}

fn at(record: &Record, path: &str) -> String {
    let found = path.split('/').try_fold(Value::from(record.clone()), |value, name| match &value {
        Value::List(items) => items.get(name.parse::<usize>().ok()?).cloned(),
        value => value.as_object()?.get(name).cloned(),
    });
    found.map_or("nothing".to_owned(), |value| match value {
        Value::Text(text) => text.to_string(),
        other => other.to_json(),
    })
}

/// The paths are those of Okta's schema of a `LogEvent`; the names those of the cards in published exports.
#[test]
fn each_output_of_a_card_comes_from_its_place() {
    let event = added("u1", "2026-03-01T08:00:00.123Z", "ada", "Staff");
    let envelope = Envelope {
        id: Some("d1".into()),
        time: Some("2026-03-01T08:00:02.000Z".into()),
        source: Some("https://acme.example.com/api/v1/eventHooks/who1".into()),
        headers: Record::default(),
    };
    let happened = read(&record(&event), &envelope).unwrap();
    let rows = [
        ("Date and Time", "2026-03-01T08:00:00.123Z"),
        ("Message", "Add user to group membership"),
        ("Event ID", "d1"),
        ("Event Type", "group.user_membership.add"),
        ("Legacy Event Type", "core.user_group_member.user_add"),
        ("Event Time", "2026-03-01T08:00:02.000Z"),
        ("Version", "0"),
        ("UUID", "u1"),
        ("Severity", "INFO"),
        ("Result", "SUCCESS"),
        ("Admin/ID", "00uadmin"),
        ("Admin/Alternate ID", "admin@example.com"),
        ("Actor/Display Name", "Admin"),
        ("Okta User/ID", "ada"),
        ("Okta User/Alternate ID", "ada@example.com"),
        ("Okta User/Type", "User"),
        ("Group/ID", "00gStaff"),
        ("Group/Display Name", "Staff"),
        ("User Groups/0/Name", "Staff"),
        ("Application", "null"),
        ("Source", "https://acme.example.com/api/v1/eventHooks/who1"),
        ("Debug Context/Debug Data/requestUri", "/api/v1/groups/00g/users/00u"),
        ("Event Details/target/1/displayName", "Staff"),
        ("Full Details/uuid", "u1"),
        // The word `null` is no zone, and the chain stands where either source has it.
        ("Client/zone", "null"),
        ("Event Details/client/ipChain/0/ip", "192.0.2.1"),
        ("Event Details/request/ipChain/0/ip", "192.0.2.1"),
    ];
    for (path, expected) in rows {
        assert_eq!(at(&happened.tells, path), expected, "{path}");
    }
    assert!(happened.tells.get("Client").unwrap().as_object().unwrap().get("zone").unwrap().is_null());
    assert_eq!((happened.about.as_deref(), &*happened.kind), (Some("ada"), "group.user_membership.add"));
}

#[test]
fn what_is_null_missing_or_unknown_harms_nothing() {
    let json = serde_json::json!({
        "uuid": "u1", "eventType": "user.session.start", "published": null, "actor": null, "client": null, "target": null,
        "debugContext": null, "insertionTimestamp": null, "device": null, "new in 2027": { "a": [1] },
    });
    let happened = read(&record(&json), &Envelope::default()).unwrap();
    assert_eq!((happened.at_ms, happened.about), (None, None));
    let told = |path| at(&happened.tells, path);
    assert_eq!(told("Event Details/new in 2027/a/0"), "1");
    // The log has no deliveries: the event stands for its own.
    assert_eq!((&*told("Event ID"), &*told("Actor"), &*told("Okta User")), ("u1", "null", "null"));
    for lacks in ["uuid", "eventType"] {
        let mut json = json.clone();
        json[lacks] = serde_json::Value::Null;
        assert!(read(&record(&json), &Envelope::default()).is_none(), "{lacks}");
    }
}

/// All outputs of all event cards of Okta's in published exports are told.
#[test]
fn no_output_of_a_published_card_is_forgotten() {
    let Ok(folder) = fs::read_dir("../../shared/corpus/okta-templates")
        .or_else(|_| fs::read_dir("../shared/corpus/okta-templates"))
    else {
        return;
    };
    let happened =
        read(&record(&added("u1", "2026-03-01T08:00:00.123Z", "ada", "Staff")), &Envelope::default())
            .unwrap();
    let mut names = BTreeSet::new();
    for file in folder {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        if text.contains("webhookList") {
            outputs(&serde_json::from_str(&text).unwrap(), &mut names);
        }
    }
    assert!(names.len() > 20, "{names:?}");
    let forgotten: Vec<&String> = names.iter().filter(|name| !happened.tells.contains_key(name)).collect();
    assert_eq!(forgotten, Vec::<&String>::new());
}

fn outputs(json: &serde_json::Value, names: &mut BTreeSet<String>) {
    match json {
        serde_json::Value::Object(members) => {
            if members.get("webhook") == Some(&true.into())
                && members.get("webhookList") == Some(&true.into())
            {
                let fields = json.pointer("/outputs/data").and_then(|data| data.as_object());
                for field in fields.into_iter().flat_map(|fields| fields.values()) {
                    let told = field.pointer("/value/type/Output/type").and_then(|told| told.as_object());
                    names.extend(told.into_iter().flat_map(|told| told.keys().cloned()));
                }
            }
            members.values().for_each(|value| outputs(value, names));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|value| outputs(value, names)),
        _ => {}
    }
}
