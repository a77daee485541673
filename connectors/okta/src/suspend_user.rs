//! Okta · Suspend User.

use flowrun_core::examples;

lifecycle! {
    /// Suspends a user, who can't sign in until unsuspended; groups and applications are kept.
    ///
    /// The user must be `ACTIVE`, and becomes `SUSPENDED`. If Okta's answer is lost, the card reads the user's status and
    /// takes the step again only if it was not taken.
    SuspendUser, "okta.suspend_user", exported_as: &["channels:http:okta:suspendUser"],
    "suspend" => &["SUSPENDED"],
    examples: examples! {
        r#"- card: okta.list_users_with_filter
  id: user
  with: { result_set: first, status: ACTIVE }
- card: okta.suspend_user
  with: { id_or_login: $.user.id }"#
            => ok "{ status_code: 200 }",
        r#"- card: okta.list_users_with_filter
  id: user
  with: { result_set: first, status: ACTIVE }
- card: okta.suspend_user
  with: { id_or_login: $.user.id }
- card: okta.suspend_user
  with: { id_or_login: $.user.id }"#
            => err "Okta answered 400 E0000001",
    }
}
