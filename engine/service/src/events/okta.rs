//! Okta's events: a `LogEvent`, as hooks deliver it and the System Log lists it, in the words of Okta's event cards.
//!
//! The names of the outputs are those of published exports; from where in the event each comes, Okta's pages say in words only.

use std::sync::Arc;

use flowrun_core::value::{Record, Text, Value, parse_date};

use super::Happened;

/// What comes with a delivery beside its events; from the System Log nothing does.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// Names the delivery.
    pub id: Option<Text>,
    /// When it was sent.
    pub time: Option<Text>,
    /// The hook at Okta that sent it.
    pub source: Option<Text>,
    /// The headers of the request, without those that hold secrets.
    pub headers: Record,
}

/// The output that holds a target, and the types of targets that belong there, the first that is found counts.
const TARGETS: &[(&str, &[&str])] = &[
    ("Okta User", &["User"]),
    ("Group", &["UserGroup", "Group"]),
    ("Application", &["AppInstance", "Application"]),
    ("Application User", &["AppUser"]),
    ("Review Item", &["ReviewItem", "CertificationItem", "CampaignItem", "AccessCertificationItem"]),
    ("Device", &["Device"]),
    ("Endpoint", &["Endpoint"]),
];

/// The four keys of a person or a thing on Okta's cards; others never carry values there.
const FOUR: &[(&str, &str)] =
    &[("ID", "id"), ("Alternate ID", "alternateId"), ("Display Name", "displayName"), ("Type", "type")];

/// Reads an event; none if it lacks what names it. All else may be null or missing.
pub fn read(event: &Record, envelope: &Envelope) -> Option<Happened> {
    let text = |name: &str| event.get(name).and_then(Value::as_text).filter(|text| !text.is_empty()).cloned();
    let (id, kind) = (text("uuid")?, text("eventType")?);
    let event = &upright(event);
    let about = about(event);
    let tells = tells(event, &id, envelope);
    let at = text("published").and_then(|published| parse_date(&published));
    Some(Happened {
        id,
        kind,
        at_ms: at.map(|date| date.millis()),
        tells: Arc::new(tells),
        about,
        applications: targets(event)
            .filter(|target| is_of(target, "AppInstance"))
            .filter_map(id_of)
            .collect(),
    })
}

/// All that a card may tell.
fn tells(event: &Record, id: &Text, envelope: &Envelope) -> Record {
    let at = |name: &str| event.get(name).cloned().unwrap_or_default();
    let within = |path: &[&str]| within(event, path).cloned().unwrap_or_default();
    let or = |text: &Option<Text>, other: Value| text.clone().map_or(other, Value::Text);
    let mut tells: Record = [
        ("Date and Time", at("published")),
        ("Message", at("displayMessage")),
        // The log has no deliveries: the event itself stands for its own.
        ("Event ID", or(&envelope.id, Value::Text(id.clone()))),
        ("Event Type", at("eventType")),
        ("Legacy Event Type", at("legacyEventType")),
        ("Event Time", or(&envelope.time, at("published"))),
        ("Version", at("version")),
        ("UUID", at("uuid")),
        ("Severity", at("severity")),
        ("Result", within(&["outcome", "result"])),
        ("Changed Attributes", within(&["debugContext", "debugData", "changedAttributes"])),
        ("Client", at("client")),
        ("Transaction", at("transaction")),
        ("Authentication Context", at("authenticationContext")),
        ("Security Context", at("securityContext")),
        ("Event Details", Value::from(event.clone())),
        ("Full Details", Value::from(event.clone())),
        ("Headers", Value::from(envelope.headers.clone())),
        ("Source", or(&envelope.source, Value::Null)),
    ]
    .into_iter()
    .map(|(name, value)| (Text::from(name), value))
    .collect();
    let debug = within(&["debugContext", "debugData"]);
    tells.insert("Debug Context".into(), Value::object([("Debug Data", debug.clone())]));
    let actor = event.get("actor").and_then(Value::as_object).map(four).unwrap_or_default();
    tells.insert("Admin".into(), actor.clone());
    tells.insert("Actor".into(), actor);
    for (name, types) in TARGETS {
        let found = types.iter().find_map(|ty| targets(event).find(|target| is_of(target, ty)));
        tells.insert(Text::from(*name), found.map(four).unwrap_or_default());
    }
    tells.insert("User Groups".into(), groups(event));
    tells.extend(suspicious(event, debug));
    tells
}

/// The outputs of Suspicious Activity Reported: who reported, and what the event says of that.
fn suspicious(event: &Record, debug: Value) -> impl Iterator<Item = (Text, Value)> {
    let user = targets(event).find(|target| is_of(target, "User"));
    let user = user.or_else(|| event.get("actor").and_then(Value::as_object));
    let of = |name: &str| user.and_then(|user| user.get(name)).cloned().unwrap_or_default();
    let details = if debug.is_null() { Value::Null } else { Value::from(&*debug.to_json()) };
    [
        ("Name", of("displayName")),
        ("Email", of("alternateId")),
        ("User ID", of("id")),
        ("Suspicious Activity Details", details),
    ]
    .into_iter()
    .map(|(name, value)| (Text::from(name), value))
}

/// The groups as newer cards list them.
fn groups(event: &Record) -> Value {
    let of = |target: &Record, name: &str| target.get(name).cloned().unwrap_or_default();
    let group = |target: &Record| {
        Value::object([
            ("ID", of(target, "id")),
            ("Name", of(target, "displayName")),
            ("Description", of(target, "detailEntry")),
        ])
    };
    Value::list(targets(event).filter(|target| is_of(target, "UserGroup")).map(group).collect())
}

/// The event with its oddities set right: a zone that is the *word* null is none, and the chain of addresses stands in both
/// places, in one of which deliveries have it and in the other the log. All else stays as it came, known or not.
fn upright(event: &Record) -> Record {
    let mut event = event.clone();
    let chain = [["client", "ipChain"], ["request", "ipChain"]]
        .iter()
        .find_map(|path| within(&event, path).filter(|chain| !chain.is_empty()).cloned());
    for part in ["client", "request"] {
        let Some(Value::Object(members)) = event.get_mut(part) else { continue };
        let members = Arc::make_mut(members);
        if let Some(zone) = members.get_mut("zone")
            && zone.as_text().is_some_and(|zone| zone.eq_ignore_ascii_case("null"))
        {
            *zone = Value::Null;
        }
        if let Some(chain) = &chain {
            members.insert("ipChain".into(), chain.clone());
        }
    }
    event
}

/// Whom or what an event is about.
fn about(event: &Record) -> Option<Text> {
    let user = targets(event).find(|target| is_of(target, "User"));
    let first = || targets(event).find(|target| id_of(target).is_some());
    user.and_then(id_of).or_else(|| first().and_then(id_of))
}

fn targets(event: &Record) -> impl Iterator<Item = &Record> {
    event.get("target").and_then(Value::as_list).unwrap_or_default().iter().filter_map(Value::as_object)
}

fn is_of(target: &Record, ty: &str) -> bool {
    let written = target.get("type").and_then(Value::as_text);
    // Okta writes types as `AppInstance` and as `APP_INSTANCE`.
    let plain = |text: &str| text.replace(['_', ' '], "").to_ascii_lowercase();
    written.is_some_and(|written| plain(written) == plain(ty))
}

fn id_of(thing: &Record) -> Option<Text> {
    thing.get("id").and_then(Value::as_text).filter(|id| !id.is_empty()).cloned()
}

fn four(thing: &Record) -> Value {
    Value::object(FOUR.iter().map(|(name, key)| (*name, thing.get(key).cloned().unwrap_or_default())))
}

fn within<'e>(event: &'e Record, path: &[&str]) -> Option<&'e Value> {
    let (last, first) = path.split_last()?;
    let into = |members: &'e Record, name: &&str| members.get(name).and_then(Value::as_object);
    first.iter().try_fold(event, into)?.get(last)
}
