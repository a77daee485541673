//! Okta · Suspend User.

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

/// Suspends a user, who can't sign in until unsuspended; groups and applications are kept.
///
/// The user must be `ACTIVE`, and becomes `SUSPENDED`. If Okta's answer is lost, the card reads the user's status and
/// takes the step again only if it was not taken.
#[derive(Inputs)]
pub struct SuspendUser {
    /// The user's ID or login.
    #[input(key = "id")]
    id_or_login: Text,
}

const STEP: Step = Step { operation: "suspend", leads_to: &["SUSPENDED"] };

impl Effect for SuspendUser {
    const ID: &str = "okta.suspend_user";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:suspendUser"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
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
