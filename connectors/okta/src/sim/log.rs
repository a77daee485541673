//! The System Log: the last 10,000 events.

use super::State;
use super::applications::{Applications, application_id};
use super::directory::Directory;
use super::groups::{Groups, group_id};
use super::ids::{id, iso_millis};
use super::kinds::Kind;
use super::search::{Expr, Field};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

/// How many events are kept; older ones are forgotten.
pub const KEPT: usize = 10_000;

/// An event; its number is its place among all events ever.
#[derive(Clone, Copy)]
pub struct Event {
    pub number: u64,
    pub at_ms: i64,
    pub kind: Kind,
    pub about: About,
    pub failed: bool,
    pub count: u32,
}

/// What an event is about: the numbers of the things.
#[derive(Clone, Copy, Default)]
pub struct About {
    pub session: Option<u32>,
    pub user: Option<u32>,
    pub group: Option<u32>,
    pub application: Option<u32>,
}

/// Where the things are that events are about.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    directory: &'a Directory,
    groups: &'a Groups,
    applications: &'a Applications,
}

impl<'a> Known<'a> {
    /// The things of an org.
    pub fn of(state: &'a State) -> Known<'a> {
        Known { directory: &state.directory, groups: &state.groups, applications: &state.applications }
    }
}

#[derive(Default)]
pub struct Log {
    events: VecDeque<Event>,
    counts: BTreeMap<&'static str, u64>,
    next: u64,
}

impl Log {
    /// Adds what a client of the API did.
    pub fn note(&mut self, at_ms: i64, kind: Kind, about: About) {
        self.push(Event { number: 0, at_ms, kind, about, failed: false, count: 1 });
    }

    /// Adds what happened to a session, with the number of entities it concerns.
    pub fn add(&mut self, at_ms: i64, kind: Kind, session: u32, count: usize) {
        let about = About { session: Some(session), ..About::default() };
        self.push(Event { number: 0, at_ms, kind, about, failed: false, count: count as u32 });
    }

    /// Adds what an import did to a user.
    pub fn add_user(&mut self, at_ms: i64, kind: Kind, session: u32, user: u32) {
        self.note(at_ms, kind, About { session: Some(session), user: Some(user), ..About::default() });
    }

    /// Adds the end of an import.
    pub fn add_end(&mut self, at_ms: i64, session: u32, count: usize, failed: bool) {
        let (kind, about) = (Kind::ImportComplete, About { session: Some(session), ..About::default() });
        self.push(Event { number: 0, at_ms, kind, about, failed, count: count as u32 });
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
    pub fn matches(&self, filter: Option<&Expr>, keywords: &[String], known: Known<'_>) -> bool {
        let by_filter = filter.is_none_or(|expr| expr.matches(&|name| self.field(name, known)));
        by_filter && {
            let text = (!keywords.is_empty()).then(|| self.body(known).to_string().to_lowercase());
            text.is_none_or(|text| keywords.iter().all(|word| text.contains(word)))
        }
    }

    fn field(&self, name: &str, known: Known<'_>) -> Field<'static> {
        let body = match name {
            "eventType" => return Field::Text(Cow::Borrowed(self.kind.event_type())),
            "published" => return Field::Time(self.at_ms),
            _ => self.body(known),
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
    pub fn body(&self, known: Known<'_>) -> Value {
        let (event_type, message) = self.kind.words();
        let session = self.about.session.map(|session| id("aps", session));
        let (severity, result) = if self.failed { ("ERROR", "FAILURE") } else { ("INFO", "SUCCESS") };
        let transaction = match &session {
            Some(session) => json!({ "type": "JOB", "id": session, "detail": {} }),
            None => json!({ "type": "WEB", "id": id("req", self.number as u32), "detail": {} }),
        };
        let debug = if session.is_some() { json!({ "entities": self.count.to_string() }) } else { json!({}) };
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
            "transaction": transaction,
            "debugContext": { "debugData": debug },
            "authenticationContext": { "externalSessionId": null },
            "securityContext": {},
            "request": { "ipChain": [] },
            "target": self.about.targets(known),
        })
    }
}

impl About {
    fn targets(self, known: Known<'_>) -> Vec<Value> {
        let mut targets = Vec::new();
        if let Some(number) = self.session {
            targets.push(target("ImportSession", &id("aps", number), None, None));
        }
        if let Some((number, user)) = self.user.and_then(|it| Some((it, known.directory.once(it)?))) {
            let names = [user.profile.get("firstName"), user.profile.get("lastName")];
            let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
            targets.push(target("User", &id("00u", number), user.profile.get("userName"), Some(&name)));
        }
        if let Some((number, group)) = self.group.and_then(|it| Some((it, known.groups.once(it)?))) {
            targets.push(target("UserGroup", &group_id(number), None, Some(group.text("name"))));
        }
        if let Some((number, app)) = self.application.and_then(|it| Some((it, known.applications.get(it)?))) {
            let label = Some(app.label.as_str());
            targets.push(target("AppInstance", &application_id(number), label, label));
        }
        targets
    }
}

fn target(kind: &str, id: &str, alternate: Option<&str>, name: Option<&str>) -> Value {
    json!({ "id": id, "type": kind, "alternateId": alternate, "displayName": name, "detailEntry": null })
}

fn uuid(number: u64) -> String {
    let bits = flowrun_core::chance::mix(number);
    let (a, b, c) = (bits >> 32, (bits >> 16) & 0xffff, bits & 0xfff);
    format!("{a:08x}-{b:04x}-11f0-8{c:03x}-{number:012x}")
}
