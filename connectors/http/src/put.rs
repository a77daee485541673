//! API Connector · Put.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, examples};
use flowrun_kit::effect::Effect;
use flowrun_kit::written::Written;

use crate::ApiConnector;
use crate::exchange::{self, Answered};

/// Sends a JSON service something in place of what it has.
///
/// A lost answer is asked for again, for putting twice does no more than putting once.
/// Only the connection's host can be called.
#[derive(Inputs)]
pub struct Put {
    /// A path on the connection's host, or its whole address.
    #[input(key = "URL")]
    url: Text,
    /// What to add to the query: an object, or a text with or without a question mark.
    #[input(key = "Query")]
    query: Value,
    /// Headers to send.
    #[input(key = "Headers")]
    headers: Option<Record>,
    /// The body: an object or a list is sent as JSON, a text as it is.
    #[input(key = "Body")]
    body: Value,
}

impl Effect for Put {
    const ID: &str = "api_connector.put";
    const EXPORTED_AS: &[&str] = &["channels:http:httpfunctions:put"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: api_connector.put
  id: call
  with: { url: /echo, body: { name: Ada, tags: [1, 2] } }
- card: flow_control.return
  with: { method: $.call.body.method, json: $.call.body.json }"#
            => ok "{ method: PUT, json: { name: Ada, tags: [1, 2] } }",
        r#"- { card: api_connector.put, with: { url: /echo, headers: { Host: elsewhere.example.com } } }"#
            => err "can't be set",
    };
    const IDEMPOTENT: bool = true;
    const TIMEOUT: Duration = exchange::TIMEOUT;
    type Connection = ApiConnector;
    type Out = Answered;

    async fn run(self, api: &ApiConnector) -> Result<Answered> {
        let written = Written {
            method: "PUT",
            url: &self.url,
            query: &self.query,
            headers: self.headers.as_ref(),
            body: &self.body,
            text_type: Some("application/json"),
        };
        exchange::json(api, written).await
    }
}
