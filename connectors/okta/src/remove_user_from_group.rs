//! Okta · Remove User from Group.

use std::time::Duration;

use axum::http::Method;
use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::given;
use crate::lifecycle::status;
use crate::{Okta, connection, groups};

/// Removes a user from a group; it isn't a mistake if the user is not in it.
///
/// The group must be one made in Okta: the members of groups that applications bring in are theirs to decide.
#[derive(Inputs)]
pub struct RemoveUserFromGroup {
    /// The group's ID.
    #[input(key = "id")]
    group_id: Text,
    /// The user's ID.
    #[input(key = "id")]
    user_id: Text,
}

/// That Okta did it.
#[derive(Outputs)]
pub struct Membership {
    /// The status of Okta's answer: 204.
    status: f64,
}

impl Effect for RemoveUserFromGroup {
    const ID: &str = "okta.remove_user_from_group";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:removeUserFromGroup"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.create_group
  id: group
  with: { name: Readers }
- card: okta.remove_user_from_group
  with: { group_id: $.group.id, user_id: $.user.id }"#
            => ok "{ status: 204 }",
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.remove_user_from_group
  with: { group_id: 00gUnknown, user_id: $.user.id }"#
            => err "Okta answered 404 E0000007: Not found: Resource not found: 00gUnknown (UserGroup)",
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    const SCOPES: &[&str] = &["okta.groups.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Membership;

    async fn run(self, okta: &Okta) -> Result<Membership> {
        let group = given(&self.group_id, Self::GROUP_ID, "group's ID")?;
        let user = given(&self.user_id, Self::USER_ID, "user's ID")?;
        let call = Call::new(Method::DELETE, groups::member(group, user)).about(okta.subject(
            "remove_member",
            user,
            None,
        ));
        Ok(Membership { status: okta.client.read(call, status).await? })
    }
}
