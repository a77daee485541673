//! Okta · List Users Assigned to Application.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::Does;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::address::segment;
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::listing::{Listing, ResultSet, page_size};
use crate::shown::member;
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
    #[output(key = "Users", keys = ["System Properties", "Profile Properties"])]
    users: Option<Vec<Arc<Record>>>,
    /// How many users were streamed.
    #[output(key = "Records Streamed")]
    records_streamed: Option<f64>,
    /// For how many of them the helper flow failed. Okta's card has no such output.
    failed: Option<f64>,
}

/// Lists of users of an application.
const LISTING: Listing = Listing { what: "user", key: "id", record };

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
        let set = ResultSet::of::<Self>(&self.result_set, Self::RESULT_SET)?;
        let users = LISTING.records(okta, set, PAGE, |limit| self.first(okta, limit)).await?;
        Ok(Assigned { users: Some(users), ..Assigned::default() })
    }

    async fn page(self, okta: &Okta, cursor: Cursor) -> Result<Page> {
        LISTING.page(okta, cursor, self.first(okta, page_size(self.record_limit, PAGE))?).await
    }
}

impl ListUsersAssignedToApplication {
    fn first(&self, okta: &Okta, limit: u32) -> Result<Call> {
        let id = okta.source_id(self.application_id.as_ref())?;
        Ok(Call::get(format!("/api/v1/apps/{}/users", segment(id))).query([("limit", limit.to_string())]))
    }
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
fn record(user: Arc<Record>) -> Record {
    let known = NAMES.iter().zip(SYSTEM).filter(|(_, (_, key))| user.contains_key(key));
    let known = known.map(|(name, (_, key))| (name.clone(), member(&user, key)));
    let system: Record = known.collect();
    let profile = user.get("profile").and_then(Value::as_object).cloned().unwrap_or_default();
    let [first, second] = PARTS.clone();
    [(first, Value::from(system)), (second, Value::from(profile))].into_iter().collect()
}
