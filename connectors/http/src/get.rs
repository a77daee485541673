//! API Connector · Get.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, examples};
use flowrun_kit::effect::Effect;
use flowrun_kit::written::Written;

use crate::ApiConnector;
use crate::exchange::{self, Answered};

/// Reads from a JSON service.
///
/// A lost answer is asked for again. Only the connection's host can be called.
#[derive(Inputs)]
pub struct Get {
    /// A path on the connection's host, or its whole address.
    #[input(key = "URL")]
    url: Text,
    /// What to add to the query: an object, of which a list repeats its key and a missing value is left out, or a text with or
    /// without a question mark.
    #[input(key = "Query")]
    query: Value,
    /// Headers to send.
    #[input(key = "Headers")]
    headers: Option<Record>,
}

impl Effect for Get {
    const ID: &str = "api_connector.get";
    const EXPORTED_AS: &[&str] = &["channels:http:httpfunctions:get"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: api_connector.get
  id: call
  with: { url: /echo, query: { type: Dog, page: 2 } }
- card: flow_control.return
  with: { method: $.call.body.method, query: $.call.body.query }"#
            => ok r#"{ method: GET, query: { type: Dog, page: "2" } }"#,
        r#"- card: api_connector.get
  id: call
  with: { url: /echo, query: { "employees[]": [ 1, 2 ] } }
- card: flow_control.return
  with: { query: $.call.body.query }"#
            => ok r#"{ query: { "employees[]": [ "1", "2" ] } }"#,
        r#"- { card: api_connector.get, with: { url: /status/404 } }"#
            => err "the API answered 404",
    };
    const DOES: Does = Does::Reads;
    const TIMEOUT: Duration = exchange::TIMEOUT;
    type Connection = ApiConnector;
    type Out = Answered;

    async fn run(self, api: &ApiConnector) -> Result<Answered> {
        let written = Written {
            method: "GET",
            url: &self.url,
            query: &self.query,
            headers: self.headers.as_ref(),
            body: &Value::Null,
            text_type: None,
        };
        exchange::json(api, written).await
    }
}
