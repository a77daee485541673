//! Okta · Unlock User.

use flowrun_core::examples;

lifecycle! {
    /// Unlocks a user who was locked out by failed attempts to sign in.
    ///
    /// The user must be `LOCKED_OUT`, and becomes `ACTIVE`; the password stays. If Okta's answer is lost, the card reads the user's status and
    /// takes the step again only if it was not taken.
    UnlockUser, "okta.unlock_user", exported_as: &[],
    "unlock" => &["ACTIVE"],
    examples: examples! {
        r#"- card: okta.list_users_with_filter
  id: user
  with: { result_set: first, status: ACTIVE }
- card: okta.unlock_user
  with: { id_or_login: $.user.id }"#
            => err "Okta answered 403 E0000032",
    }
}
