//! Okta · Unlock User.

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

/// Unlocks a user who was locked out by failed attempts to sign in.
///
/// The user must be `LOCKED_OUT`, and becomes `ACTIVE`; the password stays. If Okta's answer is lost, the card reads the user's status and
/// takes the step again only if it was not taken.
#[derive(Inputs)]
pub struct UnlockUser {
    /// The user's ID or login.
    #[input(key = "id")]
    id_or_login: Text,
}

const STEP: Step = Step { operation: "unlock", leads_to: &["ACTIVE"] };

impl Effect for UnlockUser {
    const ID: &str = "okta.unlock_user";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.list_users_with_filter
  id: user
  with: { result_set: first, status: ACTIVE }
- card: okta.unlock_user
  with: { id_or_login: $.user.id }"#
            => err "Okta answered 403 E0000032",
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
