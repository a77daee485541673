//! API Connector · Raw Request.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does};
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, examples};
use flowrun_kit::effect::Effect;
use flowrun_kit::written::Written;

use crate::ApiConnector;
use crate::exchange::{self, AnsweredRaw};

/// Sends any HTTP request: text goes out, text comes back.
///
/// Set `Content-Type` under `headers` if there is a body. GET, PUT and DELETE are repeated when an answer is lost, POST and
/// PATCH never. Only the connection's host can be called. See `api_connector.get` and its neighbours for JSON services.
#[derive(Inputs)]
pub struct Raw {
    /// A path on the connection's host, or its whole address.
    #[input(key = "URL")]
    url: Text,
    /// The method.
    #[input(key = "Method", default = "GET", choices = ["GET", "POST", "PUT", "PATCH", "DELETE"])]
    method: Text,
    /// What to add to the query: an object, of which a list repeats its key and a missing value is left out, or a text with or
    /// without a question mark.
    #[input(key = "Query")]
    query: Value,
    /// Headers to send.
    #[input(key = "Headers")]
    headers: Option<Record>,
    /// The body.
    #[input(key = "Body")]
    body: Option<Text>,
}

impl Effect for Raw {
    const ID: &str = "api_connector.raw";
    const TITLE: Option<&str> = Some("Raw Request");
    const EXPORTED_AS: &[&str] = &["channels:http:httpfunctions:raw", "kernel:http:raw"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: api_connector.raw
  id: call
  with: { url: /reverse, method: POST, query: "?twice=no", body: hello }
- card: flow_control.return
  with: { status: $.call.status_code, body: $.call.body }"#
            => ok "{ status: 200, body: olleh }",
        r#"- { card: api_connector.raw, with: { url: "https://elsewhere.example.com/" } }"#
            => err "not to https://elsewhere.example.com",
    };
    const DOES: Does = Does::AsMethod(Self::METHOD);
    const AFTER_CRASH: AfterCrash = exchange::after_crash(Self::DOES);
    const TIMEOUT: Duration = exchange::TIMEOUT;
    type Connection = ApiConnector;
    type Out = AnsweredRaw;

    async fn run(self, api: &ApiConnector) -> Result<AnsweredRaw> {
        let body = Value::from(self.body);
        let written = Written {
            method: &self.method,
            url: &self.url,
            query: &self.query,
            headers: self.headers.as_ref(),
            body: &body,
            text_type: None,
        };
        exchange::raw(api, written).await
    }
}
