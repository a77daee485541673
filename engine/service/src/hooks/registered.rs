//! Hooks as Okta knows them: made, verified, and looked at whether they can deliver (Event Hooks API).

use std::collections::BTreeSet;

use flowrun_core::value::Text;
use flowrun_kit::effect::Pending;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/eventHooks";

/// A hook may be for so many types of events.
const MOST_TYPES: usize = 300;

/// Types that no hook delivers although flows may want them: they come by the log alone.
const NEVER: &[&str] =
    &["event_hook.", "workflows.", "user.lifecycle.delete.completed", "policy.evaluate_sign_on"];

/// Speaks to an org's API.
pub trait Api: Send + Sync {
    /// What a request is answered: the status, and the body as JSON.
    fn call<'a>(
        &'a self,
        method: &'static str,
        path: String,
        body: Option<Value>,
    ) -> Pending<'a, Result<(u16, Value), String>>;
}

/// A hook that is to be.
#[derive(Clone, Copy, Debug)]
pub struct New<'n> {
    /// Its name at Okta.
    pub name: &'n str,
    /// Where Okta delivers.
    pub uri: &'n str,
    /// The header that holds the secret.
    pub header: &'n str,
    /// What Okta sends there, to the letter.
    pub secret: &'n str,
    /// The types of events.
    pub kinds: &'n BTreeSet<Text>,
}

/// A hook at Okta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Okta's ID of it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it delivers.
    pub uri: String,
    /// Whether it is active.
    pub is_active: bool,
    /// Whether its receiver has proved to be there. A hook that is active and not verified delivers nothing.
    pub is_verified: bool,
    /// The types of events that it delivers.
    pub kinds: BTreeSet<Text>,
}

/// The types that a hook can deliver, and those that come by the log alone.
pub fn deliverable(kinds: &BTreeSet<Text>) -> (BTreeSet<Text>, BTreeSet<Text>) {
    let never = |kind: &Text| NEVER.iter().any(|never| kind.starts_with(never));
    kinds.iter().cloned().partition(|kind| !never(kind))
}

/// Makes a hook; it delivers when it is verified, which may take some minutes to show.
pub async fn create(api: &dyn Api, new: New<'_>) -> Result<Registered, String> {
    one(api.call("POST", PATH.to_owned(), Some(new.body()?)).await?)
}

/// Puts another in the place of a hook. One with another address or secret has to be verified anew.
pub async fn replace(api: &dyn Api, id: &str, new: New<'_>) -> Result<Registered, String> {
    one(api.call("PUT", format!("{PATH}/{id}"), Some(new.body()?)).await?)
}

impl New<'_> {
    /// What Okta is told of it.
    fn body(&self) -> Result<Value, String> {
        if !self.uri.starts_with("https://") {
            return Err(format!("Okta delivers over https alone, and not to {}", self.uri));
        }
        let (kinds, never) = deliverable(self.kinds);
        if let Some(kind) = never.first() {
            return Err(format!("no hook delivers `{kind}`: say `source: log` in the flows that want it"));
        }
        if kinds.is_empty() || kinds.len() > MOST_TYPES {
            return Err(format!("a hook is for 1 to {MOST_TYPES} types of events, not for {}", kinds.len()));
        }
        let items: Vec<&str> = kinds.iter().map(|kind| &**kind).collect();
        Ok(json!({
            "name": self.name,
            "events": { "type": "EVENT_TYPE", "items": items },
            "channel": { "type": "HTTP", "version": "1.0.0", "config": {
                "uri": self.uri, "headers": [],
                "authScheme": { "type": "HEADER", "key": self.header, "value": self.secret },
            } },
        }))
    }
}

/// Has Okta ask the receiver whether it is there.
pub async fn verify(api: &dyn Api, id: &str) -> Result<Registered, String> {
    let answer = api.call("POST", format!("{PATH}/{id}/lifecycle/verify"), None).await?;
    match answer.0 {
        400 => Err(format!(
            "the receiver did not answer Okta within 3 seconds, or not with its challenge: look whether it can be reached from \
             outside and has the same secret ({})",
            said(&answer.1)
        )),
        _ => one(answer),
    }
}

/// All hooks of the org.
pub async fn all(api: &dyn Api) -> Result<Vec<Registered>, String> {
    match api.call("GET", PATH.to_owned(), None).await? {
        (200, Value::Array(hooks)) => Ok(hooks.iter().filter_map(Registered::read).collect()),
        (status, body) => Err(refused(status, &body)),
    }
}

impl Registered {
    fn read(hook: &Value) -> Option<Registered> {
        let text = |path: &str| hook.pointer(path).and_then(Value::as_str).map(ToOwned::to_owned);
        let items = hook.pointer("/events/items").and_then(Value::as_array);
        Some(Registered {
            id: text("/id")?,
            name: text("/name").unwrap_or_default(),
            uri: text("/channel/config/uri").unwrap_or_default(),
            is_active: text("/status").as_deref() == Some("ACTIVE"),
            is_verified: text("/verificationStatus").as_deref() == Some("VERIFIED"),
            kinds: items.into_iter().flatten().filter_map(Value::as_str).map(Text::from).collect(),
        })
    }

    /// What keeps it from delivering what is wanted, each in a sentence; nothing where all is well.
    pub fn amiss(&self, wanted: &BTreeSet<Text>) -> Vec<String> {
        let mut amiss = Vec::new();
        if !self.is_active {
            amiss.push("it is turned off".to_owned());
        }
        if !self.is_verified {
            amiss.push("it is not verified, and delivers nothing until it is".to_owned());
        }
        let (wanted, _) = deliverable(wanted);
        let lacks: Vec<&str> = wanted.difference(&self.kinds).map(|kind| &**kind).collect();
        if !lacks.is_empty() {
            amiss.push(format!("flows want what it does not deliver: {}", lacks.join(", ")));
        }
        amiss
    }
}

fn one((status, body): (u16, Value)) -> Result<Registered, String> {
    let registered = if status == 200 { Registered::read(&body) } else { None };
    registered.ok_or_else(|| refused(status, &body))
}

fn refused(status: u16, body: &Value) -> String {
    format!("Okta answers {status}: {}", said(body))
}

fn said(body: &Value) -> &str {
    body.get("errorSummary").and_then(Value::as_str).unwrap_or("no reason")
}
