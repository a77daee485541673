//! Okta · List Users with Search.

use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::Does;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text};
use flowrun_core::{Inputs, bail, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::{all_of, conditions, quoted};
use crate::listing::{ResultSet, page_size};
use crate::users::{LISTING, Users};
use crate::{Okta, connection};

/// Lists users whom a search finds.
///
/// A record has the names of Okta's card, and under `Raw Output` the user as Okta sends it, with the whole profile. The search sees
/// changes only after a while, and includes users who are deactivated; without `search` and `status` they are left out.
#[derive(Inputs)]
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
    /// Attributes that must have these values, by the names that Okta's expressions have for them: `profile.department: Sales`.
    /// One that comes to nothing in the run is an error, lest all users be found.
    #[input(rest)]
    attributes: Record,
}

/// The most that Okta gives at once.
const PAGE: u32 = 200;

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
        r#"- { card: okta.list_users_with_search, with: { result_set: all, status: ACTIVE, profile.department: "" } }"#
            => err "what `profile.department` is to be is blank",
        r#"- { card: okta.list_users_with_search, with: { result_set: all, search: nonsense } }"#
            => err "Okta answered 400 E0000031",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.users.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Okta;
    type Out = Users;

    async fn run(self, okta: &Okta) -> Result<Users> {
        let set = ResultSet::of::<Self>(&self.result_set, Self::RESULT_SET)?;
        let page = if matches!(set, ResultSet::All(_)) { self.page_size()? } else { PAGE };
        LISTING.found(okta, set, page, |limit| self.first(limit)).await
    }

    async fn page(self, okta: &Okta, cursor: Cursor) -> Result<Page> {
        let limit = self.page_size()?.min(page_size(self.record_limit, PAGE));
        LISTING.page(okta, cursor, self.first(limit)?).await
    }
}

impl ListUsersWithSearch {
    fn page_size(&self) -> Result<u32> {
        if !(1.0..=f64::from(PAGE)).contains(&self.limit) {
            bail!(Self::LIMIT, "expected 1 to 200, found {}", self.limit);
        }
        Ok(self.limit as u32)
    }

    fn first(&self, limit: u32) -> Result<Call> {
        let given = |text: &Option<Text>| {
            text.as_ref().filter(|text| !text.trim().is_empty()).map(ToString::to_string)
        };
        let status = given(&self.status).map(|status| format!("status eq {}", quoted(&status)));
        let all = status.into_iter().chain(conditions(&self.attributes)?).collect();
        let search = all_of(all, given(&self.search).as_deref());
        let pairs =
            [("search", search), ("sortBy", given(&self.sort_by)), ("sortOrder", given(&self.sort_order))];
        let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
        Ok(Call::get("/api/v1/users").query(pairs.chain([("limit", limit.to_string())])))
    }
}
