//! Okta · List Users with Search.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::call::{Call, Reply};
use flowrun_kit::effect::Effect;

use crate::{Okta, connection, read_user};

/// Lists users whom a search finds.
///
/// A record has the names of Okta's card: `ID`, `Status`, `Created`, `Activated`, `Status Changed`, `Last Login`, `Last
/// Updated`, `Password Changed`, `First Name`, `Last Name`, `Mobile Phone`, `Second Email`, `Login`, `Email`, and under `Raw
/// Output` the user as Okta sends it, with the whole profile. The search sees changes only after a while, and
/// includes users who are deactivated; without `search` and `status` they are left out.
#[derive(Inputs)]
#[allow(dead_code)]
pub struct ListUsersWithSearch {
    /// `first`: the first user found, as single outputs. `first_200`: the first 200, as `users`. `all`: all, as `users`, at
    /// most 100,000. `stream`: all, each given to `flow`.
    #[input(key = "resultSet", choices = ["first", "first_200", "all", "stream"])]
    result_set: Text,
    /// The search, in Okta's expressions: `profile.lastName sw "M" and created gt "2026-01-01T00:00:00.000Z"`.
    #[input(key = "Custom Search Criteria")]
    search: Option<Text>,
    /// Only users of this status, besides what `search` says.
    #[input(choices = ["STAGED", "PROVISIONED", "ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT", "SUSPENDED", "DEPROVISIONED"])]
    status: Option<Text>,
    /// The field to sort by, such as `profile.lastName`; only with a search or a status.
    #[input(key = "sortBy")]
    sort_by: Option<Text>,
    /// `asc` or `desc`.
    #[input(key = "sortOrder", choices = ["asc", "desc"])]
    sort_order: Option<Text>,
    /// How many users to ask for at once, 1 to 200.
    #[input(key = "Limit", default = 200)]
    limit: f64,
    /// The helper flow that gets each user, as its input `Record`.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    #[input(key = "Limit")]
    record_limit: Option<f64>,
}

/// The users, or how many there were.
#[derive(Default, Outputs)]
pub struct Found {
    /// The users found.
    #[output(key = "Users")]
    users: Option<Vec<Arc<Record>>>,
    /// The first user's ID.
    #[output(key = "ID")]
    id: Option<Text>,
    /// The first user's status.
    #[output(key = "Status")]
    status: Option<Text>,
    /// The first user's login.
    #[output(key = "Login")]
    login: Option<Text>,
    /// The first user's mail address.
    #[output(key = "Email")]
    email: Option<Text>,
    /// The first user's first name.
    #[output(key = "First Name")]
    first_name: Option<Text>,
    /// The first user's last name.
    #[output(key = "Last Name")]
    last_name: Option<Text>,
    /// The first user as Okta sends it.
    #[output(key = "Raw Output")]
    raw_output: Value,
    /// How many users were streamed.
    #[output(key = "Records Streamed")]
    records_streamed: Option<f64>,
    /// For how many of them the helper flow failed. Okta's card has no such output.
    failed: Option<f64>,
}

/// How many users `all` collects before it asks for a stream instead.
const MOST: usize = 100_000;

impl Effect for ListUsersWithSearch {
    const ID: &str = "okta.list_users_with_search";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:listUsersWithSearch"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.list_users_with_search
  id: found
  with: { result_set: first_200, search: profile.lastName sw "Q" }
- card: flow_control.return
  with: { users: $.found.users }"#
            => ok "{ users: [] }",
        r#"- { card: okta.list_users_with_search, with: { result_set: all, search: nonsense } }"#
            => err "Okta answered 400 E0000031",
    };
    const IDEMPOTENT: bool = true;
    const SCOPES: &[&str] = &["okta.users.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Okta;
    type Out = Found;

    async fn run(self, okta: &Okta) -> Result<Found> {
        let limit = match &*self.result_set {
            "first" => 1,
            "first_200" => 200,
            "all" => self.page_size()?,
            other => bail!(Self::RESULT_SET, "expected first, first_200, all or stream, found \"{other}\""),
        };
        let mut call = self.first(limit);
        let mut users = Vec::new();
        loop {
            let page = fetch(okta, call).await?;
            users.extend(page.records);
            call = match page.next {
                Some(Value::Text(next)) if self.result_set == "all" => Call::get(&*next),
                _ => break,
            };
            if users.len() >= MOST {
                let message = format!("there are more than {MOST} users");
                return Err(Fault::new(FaultKind::InvalidInput, message)
                    .at(Self::RESULT_SET)
                    .help("stream them"));
            }
        }
        let mut records = users.into_iter().filter_map(|user| match user {
            Value::Object(record) => Some(record),
            _ => None,
        });
        if self.result_set != "first" {
            return Ok(Found { users: Some(records.collect()), ..Found::default() });
        }
        let Some(user) = records.next() else { return Ok(Found::default()) };
        let text = |name: &str| user.get(name).and_then(Value::as_text).cloned();
        Ok(Found {
            id: text("ID"),
            status: text("Status"),
            login: text("Login"),
            email: text("Email"),
            first_name: text("First Name"),
            last_name: text("Last Name"),
            raw_output: user.get("Raw Output").cloned().unwrap_or_default(),
            ..Found::default()
        })
    }

    async fn page(self, okta: &Okta, cursor: Cursor) -> Result<Page> {
        match cursor {
            Cursor::First => {
                let most = self.record_limit.map_or(200, |most| most.clamp(1.0, 200.0) as u32);
                fetch(okta, self.first(self.page_size()?.min(most))).await
            }
            Cursor::After(Value::Text(next)) => fetch(okta, Call::get(&*next)).await,
            Cursor::After(_) => {
                Err(Fault::new(FaultKind::InvalidInput, "this is no place in a list of users"))
            }
        }
    }
}

impl ListUsersWithSearch {
    fn page_size(&self) -> Result<u32> {
        if !(1.0..=200.0).contains(&self.limit) {
            bail!(Self::LIMIT, "expected 1 to 200, found {}", self.limit);
        }
        Ok(self.limit as u32)
    }

    fn first(&self, limit: u32) -> Call {
        let given = |text: &Option<Text>| {
            text.as_ref().filter(|text| !text.trim().is_empty()).map(ToString::to_string)
        };
        let status = given(&self.status).map(|status| format!("status eq \"{status}\""));
        let search = match (given(&self.search), status) {
            (Some(search), Some(status)) => Some(format!("{status} and ({search})")),
            (search, status) => search.or(status),
        };
        let pairs =
            [("search", search), ("sortBy", given(&self.sort_by)), ("sortOrder", given(&self.sort_order))];
        let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
        Call::get("/api/v1/users").query(pairs.chain([("limit", limit.to_string())]))
    }
}

/// One page, and the address of the next one. The client refuses an address on another host.
async fn fetch(okta: &Okta, call: Call) -> Result<Page> {
    let read = |reply: &Reply| {
        let users: Vec<Value> = reply.json()?;
        let records = users.iter().map(|user| {
            let user = read_user::as_user(user).ok_or_else(|| {
                let message = "Okta answered with a list in which something is no user: it lacks `id`";
                Fault::new(FaultKind::Parse, message).code(reply.status).body(user.clone())
            })?;
            Ok(Value::from(read_user::record(user.clone())))
        });
        Ok(Page { records: records.collect::<Result<_>>()?, next: reply.next_link().map(Value::from) })
    };
    Ok(okta.client.read(call, read).await?)
}
