//! Okta · Expire Password.

use flowrun_core::examples;

lifecycle! {
    /// Makes a user choose a new password at the next sign-in.
    ///
    /// The user becomes `PASSWORD_EXPIRED`. If Okta's answer is lost, the card reads the user's status and
    /// takes the step again only if it was not taken.
    ExpirePassword, "okta.expire_password", exported_as: &[],
    "expire_password" => &["PASSWORD_EXPIRED"],
    examples: examples! {
        r#"- card: okta.list_users_with_filter
  id: user
  with: { result_set: first, status: ACTIVE }
- card: okta.expire_password
  with: { id_or_login: $.user.id }"#
            => ok "{ status_code: 200 }",
        r#"- card: okta.list_users_with_filter
  id: user
  with: { result_set: first, status: ACTIVE }
- card: okta.deactivate_user
  with: { id_or_login: $.user.id }
- card: okta.expire_password
  with: { id_or_login: $.user.id }"#
            => err "Okta answered 403 E0000038",
    }
}
