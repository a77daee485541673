//! Okta · Deactivate User.

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

/// Deactivates a user: nobody can sign in as the user any more, and applications lose the user.
///
/// The user becomes `DEPROVISIONED`. Activating again does not bring back what applications have deleted, and the user needs a
/// new password. If Okta's answer is lost, the card reads the user's status and
/// takes the step again only if it was not taken.
#[derive(Inputs)]
pub struct DeactivateUser {
    /// The user's ID or login.
    #[input(key = "id")]
    id_or_login: Text,
    /// `Yes`: Okta sends the administrators a mail. `No`: it sends nothing.
    #[input(key = "sendEmail", default = "No", choices = ["Yes", "No"])]
    send_email: Text,
}

const STEP: Step = Step { operation: "deactivate", leads_to: &["DEPROVISIONED"] };

impl Effect for DeactivateUser {
    const ID: &str = "okta.deactivate_user";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:deactivateUser"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.deactivate_user
  with: { id_or_login: $.user.id }"#
            => ok "{ status_code: 200 }",
        r#"- { card: okta.deactivate_user, with: { id_or_login: nobody@example.com } }"#
            => err "Okta answered 404 E0000007",
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
