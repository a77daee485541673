//! An Okta org, reached by a project's connection: its System Log, and its event hooks.

use std::collections::BTreeSet;

use flowrun_core::fault::Fault;
use flowrun_core::value::{Record, Text, Value, parse_json};
use flowrun_host::session::desk::Desk;
use flowrun_host::session::{Job, Surroundings};
use flowrun_kit::effect::Pending;
use flowrun_kit::link;
use flowrun_project::{Problem, Project};

use super::log::{Logs, Page, Refusal};
use super::registered::Api;

/// The connector whose connections lead to orgs.
pub const CONNECTOR: &str = "okta";

/// Its card that makes any request.
const REQUEST: &str = "okta.custom_api_action";

/// What a service app must be granted to read the log.
pub const LOG_SCOPES: &[&str] = &["okta.logs.read"];

/// What it must be granted to make hooks and look at them.
pub const HOOK_SCOPES: &[&str] = &["okta.eventHooks.manage"];

/// An org.
pub struct Org(Desk);

impl Org {
    /// The org that a project's connection leads to. Nothing is sent yet.
    pub fn open(
        project: &Project,
        job: &Job,
        around: &Surroundings,
        connection: &str,
        scopes: &[&str],
    ) -> Result<Org, Problem> {
        let scopes: BTreeSet<Text> = scopes.iter().copied().map(Text::from).collect();
        Desk::open(project, job, around, connection, scopes).map(Org)
    }

    /// The name of the connection.
    pub fn connection(&self) -> &str {
        self.0.name()
    }

    /// What answers for it.
    pub fn host(&self) -> &str {
        self.0.host()
    }

    async fn request(&self, inputs: &[(&str, Value)]) -> Result<Record, Fault> {
        self.0.ask(REQUEST, &Value::object(inputs.iter().cloned())).await
    }
}

/// The names of a project's connections to orgs, in the order of its manifest.
pub fn connections(project: &Project) -> impl Iterator<Item = &Text> {
    let all = project.model.manifest.connections.iter();
    all.filter(|connection| *connection.connector.it == *CONNECTOR).map(|connection| &connection.name.it)
}

impl Logs for Org {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn page<'l>(&'l self, at: &'l str) -> Pending<'l, Result<Page, Refusal>> {
        Box::pin(async move {
            let answer = self.request(&[("relative_url", Value::from(at))]).await.map_err(|fault| {
                Refusal { status: fault.code, why: fault.message.to_string(), wait: None }
            })?;
            let events = answer.get("body").and_then(Value::as_list);
            let events = events.ok_or_else(|| Refusal {
                why: "the answer is no list of events".to_owned(),
                ..Refusal::default()
            })?;
            let events = events.iter().filter_map(|event| match event {
                Value::Object(event) => Some(event.clone()),
                _ => None,
            });
            let headers = answer.get("headers").and_then(Value::as_object);
            let links = headers.and_then(|headers| headers.get("link")).and_then(Value::as_text);
            let next = links.map(|links| link::next_in(links, at)).transpose();
            let next =
                next.map_err(|fault| Refusal { why: fault.message.to_string(), ..Refusal::default() })?;
            Ok(Page { events: events.collect(), next: next.flatten() })
        })
    }
}

impl Api for Org {
    fn call<'a>(
        &'a self,
        method: &'static str,
        path: String,
        body: Option<serde_json::Value>,
    ) -> Pending<'a, Result<(u16, serde_json::Value), String>> {
        Box::pin(async move {
            let body = body.map(|body| parse_json(&body.to_string()).unwrap_or_default()).unwrap_or_default();
            let asked =
                [("method", Value::from(method)), ("relative_url", Value::from(&*path)), ("body", body)];
            match self.request(&asked).await {
                Ok(answer) => {
                    let status = answer.get("status_code").and_then(Value::as_number).unwrap_or_default();
                    Ok((status as u16, json(answer.get("body"))))
                }
                Err(fault) => match fault.code {
                    Some(status) => Ok((status, json(Some(&fault.body)))),
                    None => Err(fault.message.to_string()),
                },
            }
        })
    }
}

fn json(value: Option<&Value>) -> serde_json::Value {
    value.and_then(|value| serde_json::from_str(&value.to_json()).ok()).unwrap_or_default()
}
