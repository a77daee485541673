//! Okta · Get Users Groups.

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
use crate::listing::ResultSet;
use crate::groups::{Groups, LISTING};
use crate::{Okta, connection, users};

/// Lists the groups that a user is in.
///
/// A record is like one of Search Groups.
#[derive(Inputs)]
pub struct GetUsersGroups {
    /// The user's ID.
    #[input(key = "ID")]
    user_id: Text,
    /// `first_200`: the first 200, as `groups`. `stream`: all, each given to `flow`.
    #[input(key = "resultSet", default = "first_200", choices = ["first_200", "stream"])]
    result_set: Text,
    /// The helper flow that gets each group, as its input `Record`.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    #[input(key = "Limit")]
    record_limit: Option<f64>,
}

impl Effect for GetUsersGroups {
    const ID: &str = "okta.get_users_groups";
    const TITLE: Option<&str> = Some("Get User's Groups");
    const EXPORTED_AS: &[&str] = &["channels:http:okta:getUsersGroups"];
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
- card: okta.get_users_groups
  id: found
  with: { user_id: $.user.id }
- card: flow_control.return
  with:
    names: $.found.groups[*].Profile.Name"#
            => ok "{ names: [Everyone, Readers] }",
        r#"- { card: okta.get_users_groups, with: { user_id: 00uUnknown } }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.users.read", "okta.groups.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Okta;
    type Out = Groups;

    async fn run(self, okta: &Okta) -> Result<Groups> {
        let set = ResultSet::of::<Self>(&self.result_set, Self::RESULT_SET)?;
        // Okta takes no limit here.
        LISTING.found(okta, set, u32::MAX, |_| self.first()).await
    }

    async fn page(self, okta: &Okta, cursor: Cursor) -> Result<Page> {
        LISTING.page(okta, cursor, self.first()?).await
    }
}

impl GetUsersGroups {
    fn first(&self) -> Result<Call> {
        let user = users::path(given(&self.user_id, Self::USER_ID, "user's ID")?);
        Ok(Call::get(format!("{user}/groups")))
    }
}
