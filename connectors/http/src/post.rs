//! API Connector · Post.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, examples};
use flowrun_kit::effect::Effect;
use flowrun_kit::written::Written;

use crate::ApiConnector;
use crate::exchange::{self, Answered};

/// Sends something new to a JSON service.
///
/// If an answer is lost, it is not known whether the request took effect: the card fails and does not repeat it.
/// Only the connection's host can be called.
#[derive(Inputs)]
pub struct Post {
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

impl Effect for Post {
    const ID: &str = "api_connector.post";
    const EXPORTED_AS: &[&str] = &["channels:http:httpfunctions:post"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: api_connector.post
  id: call
  with: { url: /echo, body: { name: Ada, tags: [1, 2] } }
- card: flow_control.return
  with: { method: $.call.body.method, json: $.call.body.json }"#
            => ok "{ method: POST, json: { name: Ada, tags: [1, 2] } }",
        r#"- { card: api_connector.post, with: { url: /echo, headers: { Host: elsewhere.example.com } } }"#
            => err "can't be set",
    };
    const IDEMPOTENT: bool = false;
    const TIMEOUT: Duration = exchange::TIMEOUT;
    type Connection = ApiConnector;
    type Out = Answered;

    async fn run(self, api: &ApiConnector) -> Result<Answered> {
        let written = Written {
            method: "POST",
            url: &self.url,
            query: &self.query,
            headers: self.headers.as_ref(),
            body: &self.body,
            text_type: Some("application/json"),
        };
        exchange::json(api, written).await
    }
}
