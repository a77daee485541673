//! Okta · Custom API Action.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::client::headers_value;
use flowrun_kit::effect::Effect;
use flowrun_kit::written::Written;

use crate::{Okta, connection};

/// Calls any of Okta's APIs with the connection's credentials.
///
/// A connection that logs in as a service app needs the scopes of what is called, in `OKTA_SCOPES`.
///
/// Only the connection's org can be called. An answer other than one of success is an error. GET, PUT and DELETE are
/// repeated when an answer is lost, POST and PATCH never.
#[derive(Inputs)]
pub struct CustomApiAction {
    /// The method.
    #[input(key = "requestType", default = "GET", choices = ["GET", "POST", "PUT", "PATCH", "DELETE"])]
    method: Text,
    /// The path, with or without a query: `/api/v1/users/me`.
    #[input(key = "Relative URL")]
    relative_url: Text,
    /// What to add to the query: an object, of which a list repeats its key and a missing value is left out, or a text with or
    /// without a question mark.
    #[input(key = "Query")]
    query: Value,
    /// Headers to send.
    #[input(key = "Headers")]
    headers: Option<Record>,
    /// The body: an object or a list is sent as JSON, a text as it is.
    #[input(key = "Body")]
    body: Value,
}

/// Okta's answer.
#[derive(Outputs)]
pub struct Answered {
    /// The status: 200 to 299.
    #[output(key = "Status Code")]
    status_code: f64,
    /// The headers, their names in lower case.
    #[output(key = "Headers")]
    headers: Value,
    /// The body, read as JSON.
    #[output(key = "Body")]
    body: Value,
}

impl Effect for CustomApiAction {
    const ID: &str = "okta.custom_api_action";
    const TITLE: Option<&str> = Some("Custom API Action");
    const EXPORTED_AS: &[&str] = &["channels:http:okta:hTTPRequest"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.custom_api_action
  id: call
  with: { relative_url: /api/v1/users/me }
- card: flow_control.return
  with: { status: $.call.status_code, login: $.call.body.profile.login }"#
            => ok "{ status: 200, login: api.client@example.com }",
        r#"- { card: okta.custom_api_action, with: { relative_url: "https://example.com/api/v1/users" } }"#
            => err "not to https://example.com",
    };
    const DOES: Does = Does::AsMethod(Self::METHOD);
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Answered;

    async fn run(self, okta: &Okta) -> Result<Answered> {
        let written = Written {
            method: &self.method,
            url: &self.relative_url,
            query: &self.query,
            headers: self.headers.as_ref(),
            body: &self.body,
            text_type: Some("application/json"),
        };
        let call = written.call(&okta.client)?;
        let (status, headers, body) = okta
            .client
            .read(call, |reply| Ok((reply.status, headers_value(&reply.headers), reply.value()?)))
            .await?;
        Ok(Answered { status_code: f64::from(status), headers, body })
    }
}
