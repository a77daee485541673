//! Okta · List Users with Filter.

use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::Does;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::{all_of, filled, quoted};
use crate::listing::{ResultSet, page_size};
use crate::users::{LISTING, Users};
use crate::{Okta, connection};

/// Lists users who have all the values that are given.
///
/// At least one must be given. Unlike a search, a filter sees changes at once, and compares whole values in their case. A record
/// is like one of List Users with Search.
#[derive(Inputs)]
pub struct ListUsersWithFilter {
    /// `first`: the first user found, as single outputs. `first_200`: the first 200, as `users`. `all`: all, as `users`, at
    /// most 100,000. `stream`: all, each given to `flow`.
    #[input(key = "resultSet", choices = ["first", "first_200", "all", "stream"])]
    result_set: Text,
    /// Only users of this status.
    #[input(choices = ["STAGED", "PROVISIONED", "ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT", "SUSPENDED", "DEPROVISIONED"])]
    status: Option<Text>,
    /// Only the user with this ID.
    id: Option<Text>,
    /// Only the user with this login.
    #[input(key = "profile.login")]
    login: Option<Text>,
    /// Only users with this mail address.
    #[input(key = "profile.email")]
    email: Option<Text>,
    /// Only users with this first name.
    #[input(key = "profile.firstName")]
    first_name: Option<Text>,
    /// Only users with this last name.
    #[input(key = "profile.lastName")]
    last_name: Option<Text>,
    /// Only users who were changed last at this time.
    #[input(key = "lastUpdated")]
    last_updated: Option<Text>,
    /// A filter of your own, in Okta's expressions, which must hold too: `lastUpdated gt "2026-01-01T00:00:00.000Z"`.
    #[input(key = "Custom Filter")]
    custom_filter: Option<Text>,
    /// The helper flow that gets each user, as its input `Record`.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    #[input(key = "Limit")]
    record_limit: Option<f64>,
}

/// The most that Okta gives at once.
const PAGE: u32 = 200;

impl Effect for ListUsersWithFilter {
    const ID: &str = "okta.list_users_with_filter";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:listUsersWithFilter"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.list_users_with_filter
  id: found
  with: { result_set: first, status: PROVISIONED, last_name: Lovelace }
- card: flow_control.return
  with: { login: $.found.login }"#
            => ok "{ login: ada@example.com }",
        r#"- card: okta.create_user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.list_users_with_filter
  id: found
  with: { result_set: first_200, last_name: Lovelace }
- card: flow_control.return
  with:
    logins: $.found.users[*].Login"#
            => ok "{ logins: [ada@example.com] }",
        r#"- card: okta.create_user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.create_user
  with: { login: annabella@example.com, email: annabella@example.com, first_name: Annabella, last_name: Lovelace }
- card: okta.list_users_with_filter
  id: found
  with: { result_set: first_200, last_name: Lovelace, custom_filter: 'profile.firstName eq "Ada" or profile.firstName eq "Charles"' }
- card: flow_control.return
  with:
    logins: $.found.users[*].Login"#
            => ok "{ logins: [ada@example.com] }",
        r#"- { card: okta.list_users_with_filter, with: { result_set: all, id: "" } }"#
            => err "nothing to filter by is given",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.users.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Okta;
    type Out = Users;

    async fn run(self, okta: &Okta) -> Result<Users> {
        let set = ResultSet::of::<Self>(&self.result_set, Self::RESULT_SET)?;
        LISTING.found(okta, set, PAGE, |limit| self.first(limit)).await
    }

    async fn page(self, okta: &Okta, cursor: Cursor) -> Result<Page> {
        LISTING.page(okta, cursor, self.first(page_size(self.record_limit, PAGE))?).await
    }
}

impl ListUsersWithFilter {
    /// A blank filter is refused: its first user would be anybody.
    fn first(&self, limit: u32) -> Result<Call> {
        let wanted = [
            ("status", &self.status),
            ("id", &self.id),
            ("profile.login", &self.login),
            ("profile.email", &self.email),
            ("profile.firstName", &self.first_name),
            ("profile.lastName", &self.last_name),
            ("lastUpdated", &self.last_updated),
        ];
        let tests = wanted.into_iter().filter_map(|(name, value)| {
            let value = filled(value)?;
            Some(format!("{name} eq {}", quoted(value)))
        });
        let Some(filter) = all_of(tests.collect(), filled(&self.custom_filter)) else {
            let fault = Fault::new(FaultKind::InvalidInput, "nothing to filter by is given");
            return Err(
                fault.help("fill one of the card's fields; to list all users, use List Users with Search")
            );
        };
        Ok(Call::get("/api/v1/users").query([("filter", filter), ("limit", limit.to_string())]))
    }
}
