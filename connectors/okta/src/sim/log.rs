//! The System Log: the last 10,000 events.

use super::State;
use super::applications::{Applications, application_id};
use super::directory::{Directory, Failure};
use super::expressions::{Expr, Field};
use super::groups::{Groups, group_id};
use super::ids::{id, iso_millis};
use super::kinds::Kind;
use super::limits::Bucket;
use super::made_by::Made;
use super::profile::Profile;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// How many events are kept; older ones are forgotten.
pub const KEPT: usize = 10_000;

/// An event; its number is its place among all events ever.
pub struct Event {
    pub number: u64,
    pub at_ms: i64,
    pub kind: Kind,
    pub about: About,
    pub failed: bool,
    pub count: u32,
    /// The request that did it; what happens by itself has none.
    made: Option<Arc<Made>>,
    /// Whom an import left out, and why.
    left_out: Option<Box<LeftOut>>,
    /// What a file says of it, in place of what it would say by itself.
    described: Option<Box<Map<String, Value>>>,
}

/// A person whom an import left out.
struct LeftOut {
    external_id: Box<str>,
    login: Option<Box<str>>,
    reason: Box<str>,
}

/// What an event is about: the numbers of the things.
#[derive(Clone, Copy, Default)]
pub struct About {
    pub session: Option<u32>,
    pub user: Option<u32>,
    pub group: Option<u32>,
    pub application: Option<u32>,
    pub limit: Option<Exceeded>,
}

/// A rate limit that is exceeded.
#[derive(Clone, Copy)]
pub struct Exceeded {
    pub bucket: Bucket,
    pub limit: u32,
    /// How long it stays so.
    pub seconds: i64,
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
    by_itself: bool,
}

impl Log {
    /// Whether what is added now is no request's doing.
    pub fn by_itself(&mut self, by_itself: bool) {
        self.by_itself = by_itself;
    }

    /// Adds what a client of the API did.
    pub fn note(&mut self, at_ms: i64, kind: Kind, about: About) {
        self.push(Event::new(at_ms, kind, about));
    }

    /// Adds what happened to a session, with the number of entities it concerns.
    pub fn add(&mut self, at_ms: i64, kind: Kind, session: u32, count: usize) {
        let about = About { session: Some(session), ..About::default() };
        self.push(Event { count: count as u32, ..Event::new(at_ms, kind, about) });
    }

    /// Adds what an import did to a user.
    pub fn add_user(&mut self, at_ms: i64, kind: Kind, session: u32, user: u32) {
        self.note(at_ms, kind, About { session: Some(session), user: Some(user), ..About::default() });
    }

    /// Adds that an import left somebody out. That it is an event of the type that success would have made is a guess.
    pub fn add_failure(
        &mut self,
        at_ms: i64,
        session: u32,
        failure: &Failure,
        external_id: &str,
        profile: &Profile,
    ) {
        let kind = if failure.user.is_some() { Kind::ImportedUpdate } else { Kind::ImportedCreate };
        let about = About { session: Some(session), user: failure.user, ..About::default() };
        let left_out = LeftOut {
            external_id: external_id.into(),
            login: profile.get("userName").map(Box::from),
            reason: (&*failure.reason).into(),
        };
        let left_out = Some(Box::new(left_out));
        self.push(Event { failed: true, left_out, ..Event::new(at_ms, kind, about) });
    }

    /// Adds the end of an import.
    pub fn add_end(&mut self, at_ms: i64, session: u32, count: usize, failed: bool) {
        let (kind, about) = (Kind::ImportComplete, About { session: Some(session), ..About::default() });
        self.push(Event { failed, count: count as u32, ..Event::new(at_ms, kind, about) });
    }

    /// Adds an event as a file describes it, in the form of `GET /api/v1/logs`.
    pub fn describe(&mut self, at_ms: i64, event: Map<String, Value>) {
        let described = Some(Box::new(event));
        self.push(Event { described, ..Event::new(at_ms, Kind::Described, About::default()) });
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
        let made = if self.by_itself { None } else { Made::current() };
        self.events.push_back(Event { number: self.next, made, ..event });
        self.next += 1;
    }
}

impl Event {
    fn new(at_ms: i64, kind: Kind, about: About) -> Event {
        Event {
            number: 0,
            at_ms,
            kind,
            about,
            failed: false,
            count: 1,
            made: None,
            left_out: None,
            described: None,
        }
    }

    /// Whether a filter expression and all keywords of `q` find this event.
    pub fn matches(&self, filter: Option<&Expr>, keywords: &[String], known: Known<'_>) -> bool {
        let body = OnceCell::new();
        let by_filter = filter.is_none_or(|expr| {
            expr.matches(&|name| self.field(name, || body.get_or_init(|| self.body(known))))
        });
        by_filter && (keywords.is_empty() || self.has_words(keywords, body.get_or_init(|| self.body(known))))
    }

    fn field<'b>(&self, name: &str, body: impl FnOnce() -> &'b Value) -> Field<'static> {
        if name == "eventType" && self.described.is_none() {
            return Field::Text(Cow::Borrowed(self.kind.event_type()));
        }
        // `target.id` and the like look into each target, as Okta does with lists.
        let mut found = vec![body()];
        for key in name.split('.') {
            found = found
                .into_iter()
                .flat_map(|value| value.as_array().map_or(vec![value], |list| list.iter().collect()))
                .filter_map(|value| value.get(key))
                .filter(|value| !value.is_null())
                .collect();
        }
        match found[..] {
            [] => Field::Absent,
            [Value::Bool(truth)] => Field::Truth(*truth),
            [Value::Number(number)] => number.as_f64().map_or(Field::Absent, Field::Number),
            // "A non-empty node for complex attributes" is present (core-okta-api#operators).
            [Value::Object(node)] if !node.is_empty() => Field::Truth(true),
            _ => Field::Texts(found.into_iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        }
    }

    /// Keywords are matched exactly, whatever their case, also against the parts between hyphens (system-log-query#keyword-filter).
    /// That a value's words count, at spaces and at what divides a URL, is a guess made of that page's examples.
    fn has_words(&self, keywords: &[String], body: &Value) -> bool {
        let mut words = BTreeSet::new();
        collect_words(body, &mut words);
        keywords.iter().all(|word| words.contains(word))
    }

    /// The event as `GET /api/v1/logs` shows it.
    pub fn body(&self, known: Known<'_>) -> Value {
        let (event_type, message) = self.kind.words();
        let (severity, result) = match (self.failed, self.about.limit) {
            (true, _) => ("ERROR", "FAILURE"),
            // As documented for operations' limits (rl-system-log-events); for the org's it is a guess.
            (false, Some(_)) => ("WARN", "DENY"),
            (false, None) => ("INFO", "SUCCESS"),
        };
        let made = self.made.as_deref();
        let mut body = json!({
            "uuid": uuid(self.number),
            "version": "0",
            "published": iso_millis(self.at_ms),
            "eventType": event_type,
            "legacyEventType": null,
            "displayMessage": message,
            "severity": severity,
            "actor": made.map_or_else(system, Made::actor),
            "client": made.map_or_else(no_client, Made::client),
            "outcome": { "result": result, "reason": self.left_out.as_ref().map(|it| &*it.reason) },
            "transaction": made.map_or_else(|| self.job(), Made::transaction),
            "debugContext": { "debugData": self.debug() },
            "authenticationContext": {
                "authenticationProvider": null,
                "authenticationStep": 0,
                "credentialProvider": null,
                "credentialType": null,
                "externalSessionId": null,
                "interface": null,
                "issuer": null,
            },
            "securityContext": { "asNumber": null, "asOrg": null, "domain": null, "isp": null, "isProxy": null },
            "request": { "ipChain": made.map_or_else(|| json!([]), Made::chain) },
            "target": self.targets(known),
        });
        for (name, value) in self.described.iter().flat_map(|described| described.iter()) {
            body[name] = value.clone();
        }
        body
    }

    /// The transaction of what happens by itself (OpenAPI, LogTransaction: `JOB` is an asynchronous task).
    fn job(&self) -> Value {
        let id =
            self.about.session.map_or_else(|| id("job", self.number as u32), |session| id("aps", session));
        json!({ "type": "JOB", "id": id, "detail": {} })
    }

    fn targets(&self, known: Known<'_>) -> Vec<Value> {
        let mut targets = self.about.targets(known);
        if let Some(left_out) = &self.left_out {
            targets.push(target("AppUser", &left_out.external_id, left_out.login.as_deref(), None));
        }
        targets
    }

    fn debug(&self) -> Value {
        let mut debug = self.made.as_ref().map_or_else(|| json!({}), |made| made.debug());
        if self.about.session.is_some() {
            debug["entities"] = json!(self.count.to_string());
        }
        // Recorded for system.org.rate_limit.warning (panther-labs/pypanther, rules of Okta).
        if let Some(Exceeded { bucket, limit, seconds }) = self.about.limit {
            debug["rateLimitBucketUuid"] = json!(uuid(bucket as u64));
            debug["rateLimitScopeType"] = json!("ORG");
            debug["rateLimitSecondsToReset"] = json!(seconds.to_string());
            debug["threshold"] = json!(limit.to_string());
            debug["timeSpan"] = json!("1");
            debug["timeUnit"] = json!("MINUTES");
        }
        debug
    }
}

fn collect_words(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let text = text.to_lowercase();
            let divides = |c: char| c.is_whitespace() || "/?&=:,;()".contains(c);
            for word in text.split(char::is_whitespace).chain(text.split(divides)) {
                words.extend(word.split('-').chain([word]).map(str::to_owned));
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect_words(value, words)),
        Value::Object(node) => node.values().for_each(|value| collect_words(value, words)),
        _ => {}
    }
}

/// Who does what happens by itself, in the form of published events; that imports are its doing is a guess.
fn system() -> Value {
    json!({
        "id": id("00u", u32::MAX - 1), "type": "SystemPrincipal", "alternateId": "system@okta.com",
        "displayName": "Okta System", "detailEntry": null,
    })
}

fn no_client() -> Value {
    json!({
        "userAgent": null, "zone": null, "device": null, "id": null, "ipAddress": null, "geographicalContext": null,
    })
}

impl About {
    /// What is about a rate limit.
    pub fn limit(exceeded: Exceeded) -> About {
        About { limit: Some(exceeded), ..About::default() }
    }

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
        if let Some(exceeded) = self.limit {
            targets.push(target("URL Pattern", exceeded.bucket.pattern(), None, None));
            targets.push(target("Bucket Uuid", &uuid(exceeded.bucket as u64), None, None));
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
