//! Okta · Custom API Action.

use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::{AfterCrash, Does};
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::call::{Call, Reply};
use flowrun_kit::client::headers_value;
use flowrun_kit::effect::Effect;
use flowrun_kit::paging::Trail;
use flowrun_kit::written::Written;

use crate::{Okta, connection};

/// Calls any of Okta's APIs with the connection's credentials, or streams what it lists.
///
/// A stream follows a list over all its pages and gives each record to a helper flow as Okta sends it; without a `limit` in the query it asks for 200 at a
/// time, as Okta's card does. What is not a list is one record.
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
    /// `answer`: the answer, as single outputs. `stream`: each record of a list that `GET` gives, given to `flow`. Okta's card has it as one of
    /// its methods, `GET(Streaming)`.
    #[input(default = "answer", choices = ["answer", "stream"])]
    result_set: Text,
    /// The helper flow that gets each record, as its input `Record`.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    #[input(key = "Limit")]
    record_limit: Option<f64>,
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
    /// How many records were streamed.
    #[output(key = "Records Streamed")]
    records_streamed: Option<f64>,
    /// For how many of them the helper flow failed. Okta's card has no such output.
    failed: Option<f64>,
}

/// The size of a stream's pages (Okta's page of the card).
const PAGE: u32 = 200;

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
    const AFTER_CRASH: AfterCrash = AfterCrash::asks(
        "Okta takes no key by which it would know a request again, and what was asked for can be anything",
    );
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Okta;
    type Out = Answered;

    async fn run(self, okta: &Okta) -> Result<Answered> {
        let call = self.call(okta)?;
        let (status, headers, body) = okta
            .client
            .read(call, |reply| Ok((reply.status, headers_value(&reply.headers), reply.value()?)))
            .await?;
        let status_code = f64::from(status);
        Ok(Answered { status_code, headers, body, records_streamed: None, failed: None })
    }

    async fn page(self, okta: &Okta, cursor: Cursor) -> Result<Page> {
        if !self.method.trim().eq_ignore_ascii_case("GET") {
            bail!(Self::METHOD, "only what GET lists can be streamed, found \"{}\"", self.method);
        }
        let mut trail = match cursor {
            Cursor::First => Trail::default(),
            Cursor::After(place) => match Trail::read(&place) {
                Some(trail) => trail,
                None => return Err(Fault::new(FaultKind::InvalidInput, "this isn't a place in a list")),
            },
        };
        let call = match trail.next() {
            Some(next) => Call::get(&**next),
            None => self.call(okta)?.query(self.limit()),
        };
        let read = |reply: &Reply| Ok((reply.value()?, reply.next_link()?));
        let (body, next) = okta.client.read(call, read).await?;
        let Value::List(records) = &body else {
            return Ok(Page { records: vec![body], total: None, next: None });
        };
        let records = records.to_vec();
        let texts: Vec<String> = records.iter().map(Value::to_json).collect();
        trail.advance(texts.iter().map(String::as_str), next)?;
        Ok(Page { records, total: None, next: trail.next().is_some().then(|| trail.write()) })
    }
}

impl CustomApiAction {
    fn call(&self, okta: &Okta) -> Result<Call> {
        let written = Written {
            method: &self.method,
            url: &self.relative_url,
            query: &self.query,
            headers: self.headers.as_ref(),
            body: &self.body,
            text_type: Some("application/json"),
        };
        written.call(&okta.client)
    }

    /// How many records a page of a stream has, unless its author says so.
    fn limit(&self) -> Option<(&'static str, String)> {
        let asks = |query: &str| query.split(['?', '&']).any(|pair| pair.trim().starts_with("limit="));
        let limited = asks(&self.relative_url)
            || self.query.as_text().is_some_and(|query| asks(query))
            || self.query.as_object().is_some_and(|query| query.contains_key("limit"));
        (!limited).then(|| ("limit", PAGE.to_string()))
    }
}
