//! Okta · List Users Assigned to Application.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::Does;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::address::segment;
use flowrun_kit::call::{Call, Reply};
use flowrun_kit::effect::Effect;

use crate::{Okta, connection};

/// Lists the users that are assigned to an application.
///
/// A record has two parts, as Okta's card has them: `System Properties` with `User ID`, `External ID`, `Status`, `Scope`, `Created`,
/// `Last Updated`, and `Profile Properties`, the application's own attributes of the user. For an identity source these are the
/// users that it brought into Okta, each with the external ID that it gave them. Attributes that have no value are left out.
#[derive(Inputs)]
pub struct ListUsersAssignedToApplication {
    /// The application's ID; blank means the connection's identity source.
    #[input(key = "application")]
    application_id: Option<Text>,
    /// `first_500`: the first 500, as `users`. `stream`: all, each given to `flow`.
    #[input(key = "resultSet", choices = ["first_500", "stream"])]
    result_set: Text,
    /// The helper flow that gets each user, as its input `Record`.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    #[input(key = "Limit")]
    record_limit: Option<f64>,
}

/// The users, or how many there were.
#[derive(Default, Outputs)]
pub struct Assigned {
    /// The first 500 users.
    #[output(key = "Users")]
    users: Option<Vec<Arc<Record>>>,
    /// How many users were streamed.
    #[output(key = "Records Streamed")]
    records_streamed: Option<f64>,
    /// For how many of them the helper flow failed. Okta's card has no such output.
    failed: Option<f64>,
}

/// The most that Okta gives at once.
const PAGE: u32 = 500;

impl Effect for ListUsersAssignedToApplication {
    const ID: &str = "okta.list_users_assigned_to_application";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:listUsersAssignedToApplication"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.list_users_assigned_to_application
  id: assigned
  with: { result_set: first_500 }
- card: list.length
  with: { list: $.assigned.users }"#
            => ok "{ length: 200 }",
        r#"- { card: okta.list_users_assigned_to_application, with: { application_id: 0oaUnknown, result_set: first_500 } }"#
            => err "Okta answered 404 E0000007",
        r#"- { card: okta.list_users_assigned_to_application, with: { result_set: all } }"#
            => err "expected first_500 or stream",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.apps.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Okta;
    type Out = Assigned;

    async fn run(self, okta: &Okta) -> Result<Assigned> {
        if self.result_set != "first_500" {
            bail!(Self::RESULT_SET, "expected first_500 or stream, found \"{}\"", self.result_set);
        }
        let page = fetch(okta, self.first(okta, PAGE)?).await?;
        let users = page.records.into_iter().filter_map(|user| match user {
            Value::Object(record) => Some(record),
            _ => None,
        });
        Ok(Assigned { users: Some(users.collect()), ..Assigned::default() })
    }

    async fn page(self, okta: &Okta, cursor: Cursor) -> Result<Page> {
        match cursor {
            Cursor::First => {
                let most = self.record_limit.map_or(PAGE, |most| most.clamp(1.0, f64::from(PAGE)) as u32);
                fetch(okta, self.first(okta, most)?).await
            }
            Cursor::After(Value::Text(next)) => fetch(okta, Call::get(&*next)).await,
            Cursor::After(_) => {
                Err(Fault::new(FaultKind::InvalidInput, "this isn't a place in a list of users"))
            }
        }
    }
}

impl ListUsersAssignedToApplication {
    fn first(&self, okta: &Okta, limit: u32) -> Result<Call> {
        let id = okta.source_id(self.application_id.as_ref())?;
        Ok(Call::get(format!("/api/v1/apps/{}/users", segment(id))).query([("limit", limit.to_string())]))
    }
}

/// One page, and the address of the next one. The client refuses an address on another host.
async fn fetch(okta: &Okta, call: Call) -> Result<Page> {
    let read = |reply: &Reply| {
        let users: Vec<Value> = reply.json()?;
        let records = users.into_iter().map(|user| match user {
            Value::Object(user) => Value::from(record(&user)),
            other => other,
        });
        Ok(Page { records: records.collect(), next: reply.next_link().map(Value::from) })
    };
    okta.client.read(call, read).await
}

/// What a record's first part has: its name, and what Okta calls it.
const SYSTEM: [(&str, &str); 6] = [
    ("User ID", "id"),
    ("External ID", "externalId"),
    ("Status", "status"),
    ("Scope", "scope"),
    ("Created", "created"),
    ("Last Updated", "lastUpdated"),
];

/// The names, allocated once.
static NAMES: LazyLock<Vec<Text>> =
    LazyLock::new(|| SYSTEM.iter().map(|(name, _)| Text::from(*name)).collect());
static PARTS: LazyLock<[Text; 2]> =
    LazyLock::new(|| ["System Properties", "Profile Properties"].map(Text::from));

/// An application user as Okta sends it, under the names of Okta's card.
fn record(user: &Record) -> Record {
    let known =
        NAMES.iter().zip(SYSTEM).filter_map(|(name, (_, key))| Some((name.clone(), user.get(key)?.clone())));
    let system: Record = known.collect();
    let profile = user.get("profile").and_then(Value::as_object).cloned().unwrap_or_default();
    let [first, second] = PARTS.clone();
    [(first, Value::from(system)), (second, Value::from(profile))].into_iter().collect()
}
