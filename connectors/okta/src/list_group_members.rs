//! Okta · List Group Members.

use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::Does;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::given;
use crate::listing::{ResultSet, page_size};
use crate::users::{LISTING, Users};
use crate::{Okta, connection, groups};

/// Lists the users who are in a group.
///
/// A record is like one of List Users with Search.
#[derive(Inputs)]
pub struct ListGroupMembers {
    /// The group's ID.
    #[input(key = "groupId")]
    group_id: Text,
    /// `first_200`: the first 200, as `users`. `all`: all, as `users`, at most 100,000. `stream`: all, each given to `flow`.
    #[input(key = "resultSet", default = "first_200", choices = ["first_200", "all", "stream"])]
    result_set: Text,
    /// The helper flow that gets each user, as its input `Record`.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    #[input(key = "Limit")]
    record_limit: Option<f64>,
}

/// The most that Okta gives at once.
const PAGE: u32 = 1000;

impl Effect for ListGroupMembers {
    const ID: &str = "okta.list_group_members";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:listGroupMembers"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.create_group
  id: group
  with: { name: Readers }
- card: okta.add_user_to_group
  with: { group_id: $.group.id, user_id: $.user.id }
- card: okta.list_group_members
  id: members
  with: { group_id: $.group.id }
- card: flow_control.return
  with:
    login: $.members.users[0].Login"#
            => ok "{ login: ada@example.com }",
        r#"- { card: okta.list_group_members, with: { group_id: 00gUnknown } }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.groups.read"];
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

impl ListGroupMembers {
    fn first(&self, limit: u32) -> Result<Call> {
        let group = groups::path(given(&self.group_id, Self::GROUP_ID, "group's ID")?);
        Ok(Call::get(format!("{group}/users")).query([("limit", limit.to_string())]))
    }
}
