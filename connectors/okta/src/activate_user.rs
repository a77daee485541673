//! Okta · Activate User.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::effect::Effect;

use crate::given::{given, yes};
use crate::lifecycle::{Done, Step};
use crate::{Okta, connection};

/// Activates a user.
///
/// The user must be `STAGED` or `DEPROVISIONED`, and becomes `ACTIVE`, or `PROVISIONED` as long as there is no password. If Okta's answer is lost, the card reads the user's status and
/// takes the step again only if it was not taken.
#[derive(Inputs)]
pub struct ActivateUser {
    /// The user's ID or login.
    #[input(key = "id")]
    id_or_login: Text,
    /// `Yes`: Okta sends the user a mail with a link that ends the activation. `No`: it sends nothing.
    #[input(key = "sendEmail", choices = ["Yes", "No"])]
    send_email: Text,
}

const STEP: Step = Step { operation: "activate", leads_to: &["ACTIVE", "PROVISIONED"] };

impl Effect for ActivateUser {
    const ID: &str = "okta.activate_user";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:activateUser"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
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
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    const SCOPES: &[&str] = &["okta.users.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Done;

    async fn run(self, okta: &Okta) -> Result<Done> {
        let user = given(&self.id_or_login, Self::ID_OR_LOGIN, "user's ID or login")?;
        STEP.take(okta, user, Some(yes(&self.send_email, Self::SEND_EMAIL)?)).await
    }
}
