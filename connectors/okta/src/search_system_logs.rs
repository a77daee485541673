//! Okta · Search System Logs.

use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::Does;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{InputId, Result};
use flowrun_core::value::{Date, Record, Text, parse_date};
use flowrun_core::{Inputs, bail, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::events::{Events, LISTING};
use crate::given::{all_of, conditions, filled};
use crate::listing::{ResultSet, page_size};
use crate::{Okta, connection};

/// Searches the System Log.
///
/// A record has under `Raw Output` the event as Okta sends it. Okta keeps events for 90 days; without `since` the last 7 days are searched.
#[derive(Inputs)]
pub struct SearchSystemLogs {
    /// `Expression`: by `custom_filter`. `Keyword`: by `keyword`. What is filled counts.
    #[input(key = "searchBy", choices = ["Expression", "Keyword"])]
    search_by: Option<Text>,
    /// `first`: the first event found, as single outputs. `first_200`: the first 200, as `system_logs`. `stream`: all, each given
    /// to `flow`.
    #[input(key = "resultSet", choices = ["first", "first_200", "stream"])]
    result_set: Text,
    /// The filter, in Okta's expressions: `eventType eq "user.lifecycle.create"`.
    #[input(key = "Custom Filter")]
    custom_filter: Option<Text>,
    /// Words that an event must have, anywhere.
    #[input(key = "Keyword")]
    keyword: Option<Text>,
    /// Only events from this time on.
    since: Option<Text>,
    /// Only events before this time; blank means now.
    until: Option<Text>,
    /// The helper flow that gets each event, as its input `Record`.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    #[input(key = "Limit")]
    record_limit: Option<f64>,
    /// What else events must have, by the names of Okta's expressions, as `eventType: user.lifecycle.create` or `actor.id: 00u1`; all of it, and
    /// `custom_filter` too. One that comes to nothing in the run is an error.
    #[input(rest)]
    attributes: Record,
}

/// The most that Okta gives at once.
const PAGE: u32 = 1000;

impl Effect for SearchSystemLogs {
    const ID: &str = "okta.search_system_logs";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:searchSystemLogs"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.search_system_logs
  id: found
  with: { result_set: first, custom_filter: 'eventType eq "user.lifecycle.create"', until: "2100-01-01T00:00:00Z" }
- card: flow_control.return
  with:
    message: $.found.display_message
    who: $.found.target[0].alternateId"#
            => ok "{ message: User was created, who: ada@example.com }",
        r#"- card: okta.create_group
  with: { name: Readers }
- card: okta.search_system_logs
  id: found
  with: { result_set: first, eventType: group.lifecycle.create, severity: INFO, until: "2100-01-01T00:00:00Z" }
- card: flow_control.return
  with: { severity: $.found.severity, group: "$.found.raw_output.target[0].displayName" }"#
            => ok "{ severity: INFO, group: Readers }",
        r#"- { card: okta.search_system_logs, with: { result_set: first, actor.id: "" } }"#
            => err "what `actor.id` is to be is blank",
        r#"- { card: okta.search_system_logs, with: { result_set: first, custom_filter: nonsense } }"#
            => err "Okta answered 400 E0000053",
        r#"- { card: okta.search_system_logs, with: { result_set: first, until: tomorrow } }"#
            => err "expected a date & time",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.logs.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Okta;
    type Out = Events;

    async fn run(self, okta: &Okta) -> Result<Events> {
        let set = ResultSet::of::<Self>(&self.result_set, Self::RESULT_SET)?;
        LISTING.found(okta, set, PAGE, |limit| self.first(okta, limit)).await
    }

    async fn page(self, okta: &Okta, cursor: Cursor) -> Result<Page> {
        LISTING.page(okta, cursor, self.first(okta, page_size(self.record_limit, PAGE))?).await
    }
}

impl SearchSystemLogs {
    /// The end is always told: without one Okta's list has no last page, but waits for what is still to happen.
    fn first(&self, okta: &Okta, limit: u32) -> Result<Call> {
        // What happened in this very millisecond counts too.
        let now = || Date::from_millis(okta.client.clock().now_ms() + 1);
        let since = time(&self.since, Self::SINCE)?;
        let until = time(&self.until, Self::UNTIL)?.or_else(now);
        let text = |text: &Option<Text>| filled(text).map(str::to_owned);
        let filter = all_of(conditions(&self.attributes)?, filled(&self.custom_filter));
        let pairs = [
            ("filter", filter),
            ("q", text(&self.keyword)),
            ("since", since.map(|date| date.to_string())),
            ("until", until.map(|date| date.to_string())),
            ("limit", Some(limit.to_string())),
        ];
        Ok(Call::get("/api/v1/logs")
            .query(pairs.into_iter().filter_map(|(name, value)| Some((name, value?)))))
    }
}

fn time(text: &Option<Text>, input: InputId) -> Result<Option<Date>> {
    let Some(text) = filled(text) else { return Ok(None) };
    match parse_date(text) {
        Some(date) => Ok(Some(date)),
        None => bail!(input, "expected a date & time such as 2026-01-31T08:00:00Z, found \"{text}\""),
    }
}

