//! Okta · Unsuspend User.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::effect::Effect;

use crate::given::given;
use crate::lifecycle::{Done, Step};
use crate::{Okta, connection};

/// Lets a suspended user sign in again.
///
/// The user must be `SUSPENDED`, and becomes `ACTIVE`. If Okta's answer is lost, the card reads the user's status and
/// takes the step again only if it was not taken.
#[derive(Inputs)]
pub struct UnsuspendUser {
    /// The user's ID or login.
    #[input(key = "id")]
    id_or_login: Text,
}

const STEP: Step = Step { operation: "unsuspend", leads_to: &["ACTIVE"] };

impl Effect for UnsuspendUser {
    const ID: &str = "okta.unsuspend_user";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
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
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    const SCOPES: &[&str] = &["okta.users.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Done;

    async fn run(self, okta: &Okta) -> Result<Done> {
        let user = given(&self.id_or_login, Self::ID_OR_LOGIN, "user's ID or login")?;
        STEP.take(okta, user, None).await
    }
}
