//! Okta · Activate User.

use flowrun_core::examples;

lifecycle! {
    /// Activates a user.
    ///
    /// The user must be `STAGED` or `DEPROVISIONED`, and becomes `ACTIVE`, or `PROVISIONED` as long as there is no password. If Okta's answer is lost, the card reads the user's status and
    /// takes the step again only if it was not taken.
    ActivateUser, "okta.activate_user", exported_as: &["channels:http:okta:activateUser"],
    "activate" => &["ACTIVE", "PROVISIONED"],
    mails: send_email {
        /// `Yes`: Okta sends the user a mail with a link that ends the activation. `No`: it sends nothing.
        #[input(key = "sendEmail", choices = ["Yes", "No"])]
    },
    examples: examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace, activate: false }
- card: okta.activate_user
  with: { id_or_login: $.user.id, send_email: "No" }"#
            => ok "{ status_code: 200 }",
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.activate_user
  with: { id_or_login: $.user.id, send_email: "No" }"#
            => err "Okta answered 403 E0000016",
    }
}
