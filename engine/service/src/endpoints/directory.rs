//! Which flows can be called, and by which names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use flowrun_core::program::{Flow, Method, Security, Trigger};
use flowrun_core::settings::{milliseconds_of, word_of};
use flowrun_core::value::{Record, Text, Value};
use flowrun_project::Problem;
use flowrun_store::Key;
use ring::hmac;

use crate::names::hex;
use crate::{Hosted, Service};

/// How long a caller waits for an answer, where its flow does not say it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How many calls a second a flow takes, where it does not say it: Okta's bound.
const RATE: u32 = 10;

/// How large a body may be, in bytes, where the flow does not say it.
const BODY: usize = 1 << 20;

/// A flow that can be called.
pub struct Endpoint {
    /// Its project.
    pub project: Arc<Hosted>,
    /// Its path.
    pub flow: Text,
    /// What its author calls it.
    pub title: Text,
    /// Its name in URLs.
    pub alias: Arc<str>,
    /// Who may call it.
    pub security: Security,
    /// The method that it takes, where it takes one alone.
    pub method: Option<Method>,
    /// The inputs that come from headers.
    pub headers: BTreeSet<Text>,
    /// The inputs that come from the query in any case.
    pub query: BTreeSet<Text>,
    /// Whether requests must have all inputs.
    pub strict: bool,
    /// How long a caller waits.
    pub timeout: Duration,
    /// How many calls a second it takes.
    pub rate: u32,
    /// How many at once.
    pub burst: u32,
    /// How large a body may be.
    pub body: usize,
    /// Whose pages may call it.
    pub cors: Vec<Text>,
    /// Whether deliveries of Okta's event hooks are answered as soon as their runs have begun.
    pub event_hooks: bool,
}

/// The flows that can be called, by their aliases.
#[derive(Default)]
pub struct Directory {
    /// The versions of the projects that it was made of.
    versions: Vec<u64>,
    all: BTreeMap<Arc<str>, Arc<Endpoint>>,
    /// What is wrong with it: flows that can't be called.
    pub wrong: Vec<Problem>,
}

impl Directory {
    /// The flows that can be called in the projects as they are now.
    pub fn of(service: &Service) -> Directory {
        let mut directory = Directory { versions: versions(service), ..Directory::default() };
        let mut doubled = BTreeSet::new();
        for endpoint in service.projects.iter().flat_map(endpoints_of) {
            let (alias, flow) = (endpoint.alias.clone(), endpoint.told());
            if !is_alias(&alias) {
                directory.wrong.push(unfit(&alias, &flow));
            } else if let Some(other) = directory.all.get(&alias) {
                directory.wrong.push(shared(&alias, &other.told(), &flow));
                doubled.insert(alias);
            } else {
                directory.all.insert(alias, Arc::new(endpoint));
            }
        }
        // Whose call it would be is not for chance to say.
        directory.all.retain(|alias, _| !doubled.contains(alias));
        directory
    }

    /// Whether the projects are as they were when it was made.
    pub fn is_current(&self, service: &Service) -> bool {
        self.versions == versions(service)
    }

    /// The flow of an alias.
    pub fn get(&self, alias: &str) -> Option<&Arc<Endpoint>> {
        self.all.get(alias)
    }

    /// All of them, by their projects and flows.
    pub fn all(&self) -> Vec<Arc<Endpoint>> {
        let mut all: Vec<Arc<Endpoint>> = self.all.values().cloned().collect();
        all.sort_by(|one, other| one.place().cmp(&other.place()));
        all
    }
}

impl Endpoint {
    /// The same as long as neither the project's name nor the flow's path changes.
    pub fn place(&self) -> (&str, &str) {
        (&self.project.runs.served.name, &self.flow)
    }

    fn told(&self) -> String {
        format!("{}/{}", self.project.runs.served.name, self.flow)
    }

    fn of(project: &Arc<Hosted>, flow: &Flow) -> Option<Endpoint> {
        let Trigger::Endpoint { method, security, more } = &flow.trigger else { return None };
        let whole = |key: &str| more.get(key).and_then(Value::as_number).map(|number| number as u32);
        let rate = whole("rate").unwrap_or(RATE);
        let alias = word_of(more, "alias").map(|alias| Arc::from(&**alias));
        let key = project.runs.served.home.sealing.0.as_deref();
        Some(Endpoint {
            project: project.clone(),
            flow: flow.path.clone(),
            title: flow.name.clone(),
            alias: alias.unwrap_or_else(|| usual_alias(key, &flow.path)),
            // What nobody has said is not open to everybody.
            security: security.unwrap_or(Security::Token),
            method: *method,
            headers: texts(more, "headers").into_iter().collect(),
            query: texts(more, "query").into_iter().collect(),
            strict: word_of(more, "strict").is_some_and(|word| **word == *"on"),
            timeout: milliseconds_of(more, "timeout").map_or(TIMEOUT, Duration::from_millis),
            rate,
            burst: whole("burst").unwrap_or(rate),
            body: whole("body").map_or(BODY, |bytes| bytes as usize),
            cors: texts(more, "cors"),
            event_hooks: word_of(more, "event_hooks").is_some_and(|word| **word == *"at_once"),
        })
    }
}

/// The flows of a project that can be called, whatever is wrong with their aliases.
fn endpoints_of(project: &Arc<Hosted>) -> Vec<Endpoint> {
    let version = project.runs.served.version();
    version.program.flows.iter().filter_map(|flow| Endpoint::of(project, flow)).collect()
}

fn versions(service: &Service) -> Vec<u64> {
    service.projects.iter().map(|project| project.runs.served.version().number).collect()
}

fn texts(more: &Record, key: &str) -> Vec<Text> {
    let texts = more.get(key).and_then(Value::as_list).unwrap_or_default();
    texts.iter().filter_map(Value::as_text).cloned().collect()
}

/// The alias of a flow that has none of its author's: 32 hexadecimal digits as Okta's, the same for ever, and nobody finds it who
/// knows the flow's path alone.
fn usual_alias(key: Option<&Key>, path: &str) -> Arc<str> {
    let key = key.map(|key| key.made_for("aliases of endpoints")).unwrap_or_default();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), path.as_bytes());
    Arc::from(hex(&tag.as_ref()[..16]))
}

fn is_alias(alias: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&alias.len()) && alias.bytes().all(known)
}

fn unfit(alias: &str, flow: &str) -> Problem {
    Problem::new(format!("`{alias}` can't be the alias of `{flow}`"))
        .help("an alias has up to 64 letters from a to z, digits, - and _")
}

fn shared(alias: &str, one: &str, other: &str) -> Problem {
    Problem::new(format!("the flows `{one}` and `{other}` have the same alias `{alias}`"))
        .help("give one of them another `alias`, so that a call means one flow")
}
