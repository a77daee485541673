//! Okta · Remove User from Group.

use flowrun_core::examples;

membership! {
    /// Removes a user from a group; it isn't a mistake if the user is not in it.
    ///
    /// The group must be one made in Okta: the members of groups that applications bring in are theirs to decide.
    RemoveUserFromGroup, "okta.remove_user_from_group", "channels:http:okta:removeUserFromGroup", DELETE as "remove_member",
    examples! {
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
    }
}
