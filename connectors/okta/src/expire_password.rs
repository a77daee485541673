//! Okta · Expire Password.

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

/// Makes a user choose a new password at the next sign-in.
///
/// The user becomes `PASSWORD_EXPIRED`. If Okta's answer is lost, the card reads the user's status and
/// takes the step again only if it was not taken.
#[derive(Inputs)]
pub struct ExpirePassword {
    /// The user's ID or login.
    #[input(key = "id")]
    id_or_login: Text,
}

const STEP: Step = Step { operation: "expire_password", leads_to: &["PASSWORD_EXPIRED"] };

impl Effect for ExpirePassword {
    const ID: &str = "okta.expire_password";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
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
