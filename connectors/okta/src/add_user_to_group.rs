//! Okta · Add User to Group.

use flowrun_core::examples;

membership! {
    /// Adds a user to a group; one who is in it already stays in it.
    ///
    /// The group must be one made in Okta: the members of groups that applications bring in are theirs to decide.
    AddUserToGroup, "okta.add_user_to_group", "channels:http:okta:addNewUserToGroup", PUT as "add_member",
    examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.create_group
  id: group
  with: { name: Readers }
- card: okta.add_user_to_group
  with: { group_id: $.group.id, user_id: $.user.id }"#
            => ok "{ status: 204 }",
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.add_user_to_group
  with: { group_id: 00gUnknown, user_id: $.user.id }"#
            => err "Okta answered 404 E0000007: Not found: Resource not found: 00gUnknown (UserGroup)",
    }
}
