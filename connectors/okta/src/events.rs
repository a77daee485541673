//! Events of the System Log as Okta's cards show them.

use std::sync::Arc;

use flowrun_core::Outputs;
use flowrun_core::value::{Record, Text, Value};

use crate::listing::{Found, Listing};
use crate::shown::{First, Names, Time, keys, renamed};

/// Lists of events.
pub(crate) const LISTING: Listing = Listing { what: "event", key: "uuid", record };

/// What a search of the System Log gives: the events, the first one, or how many were streamed.
#[derive(Default, Outputs)]
pub struct Events {
    /// The events found.
    #[output(key = "System Logs", keys = KEYS)]
    system_logs: Option<Vec<Arc<Record>>>,
    /// The first event's ID.
    #[output(key = "UUID")]
    uuid: Option<Text>,
    /// When the first event happened.
    #[output(key = "Published")]
    published: Time,
    /// The first event's type, such as `user.lifecycle.create`.
    #[output(key = "Event Type")]
    event_type: Option<Text>,
    /// What the first event is, in words.
    #[output(key = "Display Message")]
    display_message: Option<Text>,
    /// Who did it.
    #[output(key = "Actor", keys = ACTOR_KEYS)]
    actor: Value,
    /// Whom and what it was done to: a list, as Okta sends it.
    #[output(key = "Target")]
    target: Value,
    /// From where.
    #[output(key = "Client", keys = CLIENT_KEYS)]
    client: Value,
    /// How severe it is: `DEBUG`, `INFO`, `WARN` or `ERROR`.
    #[output(key = "Severity")]
    severity: Option<Text>,
    /// The request that led to it.
    #[output(key = "Request", keys = REQUEST_KEYS)]
    request: Value,
    /// The first event as Okta sends it.
    #[output(key = "Raw Output")]
    raw_output: Value,
    /// How many events were streamed.
    #[output(key = "Records Streamed")]
    records_streamed: Option<f64>,
    /// For how many of them the helper flow failed. Okta's card has no such output.
    failed: Option<f64>,
}

impl Found for Events {
    fn all(events: Vec<Arc<Record>>) -> Events {
        Events { system_logs: Some(events), ..Events::default() }
    }

    fn first(record: &First<'_>) -> Events {
        Events {
            uuid: record.text("UUID"),
            published: record.time("Published"),
            event_type: record.text("Event Type"),
            display_message: record.text("Display Message"),
            actor: record.value("Actor"),
            target: record.value("Target"),
            client: record.value("Client"),
            severity: record.text("Severity"),
            request: record.value("Request"),
            raw_output: record.value("Raw Output"),
            ..Events::default()
        }
    }
}

const ACTOR: Names =
    &[("ID", "id"), ("Type", "type"), ("Alternate ID", "alternateId"), ("Display Name", "displayName")];
const CLIENT: Names = &[
    ("ID", "id"),
    ("User Agent", "userAgent"),
    ("Geographical Context", "geographicalContext"),
    ("Zone", "zone"),
    ("IP Address", "ipAddress"),
    ("Device", "device"),
];
const REQUEST: Names = &[("IP Chain", "ipChain")];
const EVENT: Names = &[
    ("UUID", "uuid"),
    ("Published", "published"),
    ("Event Type", "eventType"),
    ("Severity", "severity"),
    ("Display Message", "displayMessage"),
    ("Target", "target"),
];

/// The keys of a record, and of two of its parts.
const KEYS: &[&str] = &keys::<10>(&[EVENT], &["Actor", "Client", "Request", "Raw Output"]);
const ACTOR_KEYS: &[&str] = &keys::<4>(&[ACTOR], &[]);
const REQUEST_KEYS: &[&str] = &keys::<1>(&[REQUEST], &[]);
const CLIENT_KEYS: &[&str] = &keys::<6>(&[CLIENT], &[]);

/// An event as Okta sends it, under the names of Okta's card.
fn record(event: Arc<Record>) -> Record {
    let mut record = renamed(&event, EVENT);
    for (name, key, names) in
        [("Actor", "actor", ACTOR), ("Client", "client", CLIENT), ("Request", "request", REQUEST)]
    {
        let part = event.get(key).and_then(Value::as_object).map(|part| renamed(part, names));
        record.insert(name.into(), part.map(Value::from).unwrap_or_default());
    }
    record.insert("Raw Output".into(), Value::Object(event));
    record
}
