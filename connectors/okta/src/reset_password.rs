//! Okta · Reset Password.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;
use flowrun_kit::settled::{Began, Settled, When};

use crate::given::{given, yes};
use crate::lifecycle::status;
use crate::looked::there;
use crate::users::Changed;
use crate::{Okta, connection, users};

/// Resets a user's password: the user can't sign in before choosing a new one.
///
/// The user becomes `RECOVERY`. A user who is `STAGED`, `SUSPENDED` or `DEPROVISIONED` has no password to reset. If Okta's answer is
/// lost, the card does not ask again, since the user may have got the mail, and fails.
#[derive(Inputs)]
pub struct ResetPassword {
    /// The user's ID or login.
    #[input(key = "userID")]
    id_or_login: Text,
    /// Okta's card can make the user a federated one; this card resets the password, and takes `No` only.
    #[input(key = "convert", default = "No", choices = ["No"])]
    convert: Text,
    /// Whether Okta sends the user a mail with a link.
    #[input(key = "email", default = true)]
    send_email: bool,
}

/// That Okta did it.
#[derive(Outputs)]
pub struct Reset {
    /// The status of Okta's answer: 200.
    #[output(key = "Status Code")]
    status_code: f64,
}

impl Effect for ResetPassword {
    const ID: &str = "okta.reset_password";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:resetPassword"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.list_users_with_filter
  id: user
  with: { result_set: first, status: ACTIVE }
- card: okta.reset_password
  with: { id_or_login: $.user.id }"#
            => ok "{ status_code: 200 }",
        r#"- card: okta.list_users_with_filter
  id: user
  with: { result_set: first, status: ACTIVE }
- card: okta.suspend_user
  with: { id_or_login: $.user.id }
- card: okta.reset_password
  with: { id_or_login: $.user.id }"#
            => err "Okta answered 403 E0000038",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    const AFTER_CRASH: AfterCrash = AfterCrash::looks("by the user's status, and since when it is so");
    const SCOPES: &[&str] = &["okta.users.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Reset;

    async fn run(self, okta: &Okta) -> Result<Reset> {
        let user = given(&self.id_or_login, Self::ID_OR_LOGIN, "user's ID or login")?;
        if yes(&self.convert, Self::CONVERT)? {
            bail!(Self::CONVERT, "users are not made federated ones here, only passwords are reset");
        }
        let call = Call::post(format!("{}/lifecycle/reset_password", users::path(user)))
            .query([("sendEmail", self.send_email.to_string())])
            .about(okta.subject("reset_password", user, None));
        match okta.client.read(call, status).await {
            Ok(status_code) => Ok(Reset { status_code }),
            Err(fault) if fault.lost => {
                let help = "read the user: RECOVERY means that the password was reset; it was not reset again, so that \
                            nobody gets two mails";
                Err(fault.help(help))
            }
            Err(fault) => Err(fault),
        }
    }

    /// Whoever was `RECOVERY` before may have been reset once more, which the status does not show; and whoever has a new password
    /// since is no longer. Then somebody must decide whether the user gets a second mail.
    async fn settle(self, okta: &Okta, began: Began) -> Result<Settled<Reset>> {
        let path = users::path(given(&self.id_or_login, Self::ID_OR_LOGIN, "user's ID or login")?);
        let Some(user) = there(okta.client.read(Call::get(path), Changed::read).await)? else {
            return Ok(Settled::DidNot);
        };
        Ok(match (user.status(), began.against(&okta.client, user.status_changed())) {
            ("RECOVERY", When::Since) => Settled::Happened(Reset { status_code: 200.0 }),
            (status, When::Before) if status != "RECOVERY" => Settled::DidNot,
            (status, _) => Settled::unknown(format!("the user is {status}, which does not show whether the password was reset")),
        })
    }
}
