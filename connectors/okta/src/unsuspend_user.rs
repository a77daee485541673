//! Okta · Unsuspend User.

use flowrun_core::examples;

lifecycle! {
    /// Lets a suspended user sign in again.
    ///
    /// The user must be `SUSPENDED`, and becomes `ACTIVE`. If Okta's answer is lost, the card reads the user's status and
    /// takes the step again only if it was not taken.
    UnsuspendUser, "okta.unsuspend_user", exported_as: &[],
    "unsuspend" => &["ACTIVE"],
    examples: examples! {
        r#"- card: okta.list_users_with_filter
  id: user
  with: { result_set: first, status: ACTIVE }
- card: okta.suspend_user
  with: { id_or_login: $.user.id }
- card: okta.unsuspend_user
  with: { id_or_login: $.user.id }"#
            => ok "{ status_code: 200 }",
        r#"- card: okta.list_users_with_filter
  id: user
  with: { result_set: first, status: ACTIVE }
- card: okta.unsuspend_user
  with: { id_or_login: $.user.id }"#
            => err "Okta answered 400 E0000001",
    }
}
