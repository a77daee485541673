//! Okta · Deactivate User.

use flowrun_core::examples;

lifecycle! {
    /// Deactivates a user: nobody can sign in as the user any more, and applications lose the user.
    ///
    /// The user becomes `DEPROVISIONED`. Activating again does not bring back what applications have deleted, and the user needs a
    /// new password. If Okta's answer is lost, the card reads the user's status and
    /// takes the step again only if it was not taken.
    DeactivateUser, "okta.deactivate_user", exported_as: &["channels:http:okta:deactivateUser"],
    "deactivate" => &["DEPROVISIONED"],
    mails: send_email {
        /// `Yes`: Okta sends the administrators a mail. `No`: it sends nothing.
        #[input(key = "sendEmail", default = "No", choices = ["Yes", "No"])]
    },
    examples: examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.deactivate_user
  with: { id_or_login: $.user.id }"#
            => ok "{ status_code: 200 }",
        r#"- { card: okta.deactivate_user, with: { id_or_login: nobody@example.com } }"#
            => err "Okta answered 404 E0000007",
    }
}
