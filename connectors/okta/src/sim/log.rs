//! The System Log: the last 10,000 events of imports and sessions.

use super::directory::Directory;
use super::ids::{id, iso_millis};
use super::search::{Expr, Field};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

/// How many events are kept; older ones are forgotten.
pub const KEPT: usize = 10_000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    SessionCreated,
    SessionTriggered,
    SessionCancelled,
    SessionExpired,
    BulkUpsert,
    BulkDelete,
    ImportStart,
    ImportComplete,
    UserCreate,
    UserUpdate,
    UserDelete,
}

impl Kind {
    /// The event type and the message an administrator reads.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Kind::SessionCreated => {
                ("system.import.session.created", "Identity source import session created")
            }
            Kind::SessionTriggered => {
                ("system.import.session.triggered", "Identity source import session triggered")
            }
            Kind::SessionCancelled => {
                ("system.import.session.cancelled", "Identity source import session cancelled")
            }
            Kind::SessionExpired => {
                ("system.import.session.expired", "Identity source import session expired")
            }
            Kind::BulkUpsert => ("system.identity_sources.bulk_upsert", "Bulk upsert data was uploaded"),
            Kind::BulkDelete => ("system.identity_sources.bulk_delete", "Bulk delete data was uploaded"),
            Kind::ImportStart => ("system.import.start", "Import started"),
            Kind::ImportComplete => ("system.import.complete", "Import completed"),
            Kind::UserCreate => ("system.import.user.create", "Imported user was created"),
            Kind::UserUpdate => ("system.import.user.update", "Imported user was updated"),
            Kind::UserDelete => ("system.import.user.delete", "Imported user was deactivated"),
        }
    }

    /// The name of the event type.
    pub fn event_type(self) -> &'static str {
        self.words().0
    }
}

/// An event; its number is its place among all events ever.
#[derive(Clone, Copy)]
pub struct Event {
    pub number: u64,
    pub at_ms: i64,
    pub kind: Kind,
    pub session: u32,
    pub user: Option<u32>,
    pub failed: bool,
    pub count: u32,
}

#[derive(Default)]
pub struct Log {
    events: VecDeque<Event>,
    counts: BTreeMap<&'static str, u64>,
    next: u64,
}

impl Log {
    /// Adds what happened to a session, with the number of entities it concerns.
    pub fn add(&mut self, at_ms: i64, kind: Kind, session: u32, count: usize) {
        self.push(Event { number: 0, at_ms, kind, session, user: None, failed: false, count: count as u32 });
    }

    /// Adds what an import did to a user.
    pub fn add_user(&mut self, at_ms: i64, kind: Kind, session: u32, user: u32) {
        self.push(Event { number: 0, at_ms, kind, session, user: Some(user), failed: false, count: 1 });
    }

    /// Adds the end of an import.
    pub fn add_end(&mut self, at_ms: i64, session: u32, count: usize, failed: bool) {
        let kind = Kind::ImportComplete;
        self.push(Event { number: 0, at_ms, kind, session, user: None, failed, count: count as u32 });
    }

    /// How many events of each type there ever were, the forgotten ones too.
    pub fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    /// The events that are still kept and whose number is `from` or more, oldest first.
    pub fn since(&self, from: u64) -> impl DoubleEndedIterator<Item = &Event> {
        let first = self.events.front().map_or(0, |event| event.number);
        let skip = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
        self.events.range(skip.min(self.events.len())..)
    }

    /// The number the next event will have.
    pub fn next(&self) -> u64 {
        self.next
    }

    fn push(&mut self, event: Event) {
        *self.counts.entry(event.kind.event_type()).or_default() += 1;
        if self.events.len() == KEPT {
            self.events.pop_front();
        }
        self.events.push_back(Event { number: self.next, ..event });
        self.next += 1;
    }
}

impl Event {
    /// Whether a filter expression and all keywords of `q` find this event.
    pub fn matches(&self, filter: Option<&Expr>, keywords: &[String], directory: &Directory) -> bool {
        let by_filter = filter.is_none_or(|expr| expr.matches(&|name| self.field(name, directory)));
        by_filter && {
            let text = (!keywords.is_empty()).then(|| self.body(directory).to_string().to_lowercase());
            text.is_none_or(|text| keywords.iter().all(|word| text.contains(word)))
        }
    }

    fn field(&self, name: &str, directory: &Directory) -> Field<'static> {
        let body = match name {
            "eventType" => return Field::Text(Cow::Borrowed(self.kind.event_type())),
            "published" => return Field::Time(self.at_ms),
            _ => self.body(directory),
        };
        // `target.id` and the like look into each target, as Okta does with lists.
        let found = name.split('.').try_fold(vec![&body], |level, key| {
            let next: Vec<&Value> = level
                .into_iter()
                .flat_map(|value| value.as_array().map_or(vec![value], |list| list.iter().collect()))
                .filter_map(|value| value.get(key))
                .collect();
            (!next.is_empty()).then_some(next)
        });
        Field::Texts(found.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The event as `GET /api/v1/logs` shows it.
    pub fn body(&self, directory: &Directory) -> Value {
        let (event_type, message) = self.kind.words();
        let session = id("aps", self.session);
        let mut targets = vec![json!({
            "id": session,
            "type": "ImportSession",
            "alternateId": null,
            "displayName": null,
            "detailEntry": null,
        })];
        if let Some((number, user)) = self.user.and_then(|number| Some((number, directory.get(number)?))) {
            let full_name = [user.profile.get("firstName"), user.profile.get("lastName")];
            targets.push(json!({
                "id": id("00u", number),
                "type": "User",
                "alternateId": user.profile.get("userName"),
                "displayName": full_name.into_iter().flatten().collect::<Vec<_>>().join(" "),
                "detailEntry": null,
            }));
        }
        let (severity, result) = if self.failed { ("ERROR", "FAILURE") } else { ("INFO", "SUCCESS") };
        json!({
            "uuid": uuid(self.number),
            "version": "0",
            "published": iso_millis(self.at_ms),
            "eventType": event_type,
            "legacyEventType": null,
            "displayMessage": message,
            "severity": severity,
            "actor": {
                "id": id("00u", u32::MAX),
                "type": "User",
                "alternateId": "api.client@example.com",
                "displayName": "API Client",
                "detailEntry": null,
            },
            "client": null,
            "outcome": { "result": result, "reason": null },
            "transaction": { "type": "JOB", "id": session, "detail": {} },
            "debugContext": { "debugData": { "entities": self.count.to_string() } },
            "authenticationContext": { "externalSessionId": null },
            "securityContext": {},
            "request": { "ipChain": [] },
            "target": targets,
        })
    }
}

fn uuid(number: u64) -> String {
    let bits = flowrun_kit::sim::mix(number);
    let (a, b, c) = (bits >> 32, (bits >> 16) & 0xffff, bits & 0xfff);
    format!("{a:08x}-{b:04x}-11f0-8{c:03x}-{number:012x}")
}
