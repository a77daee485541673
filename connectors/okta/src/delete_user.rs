//! Okta · Delete User.

use std::time::Duration;

use axum::http::Method;
use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::{FaultKind, Result};
use flowrun_core::value::Text;
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;
use flowrun_kit::settled::{Began, Settled, When};

use crate::given::given;
use crate::lifecycle::{status, user_status};
use crate::looked::there;
use crate::users::Changed;
use crate::{Okta, connection, users};

/// Deletes a user for good, or deactivates one who is not deactivated yet.
///
/// Okta deletes in two steps: the first deletion only deactivates, and only that of a `DEPROVISIONED` user deletes, without a
/// way back. If Okta's answer is lost, the card does not ask again, since the second time would mean something else; it fails
/// unless the user is gone.
#[derive(Inputs)]
pub struct DeleteUser {
    /// The user's ID or login.
    #[input(key = "ID")]
    id_or_login: Text,
    /// Whether Okta sends the administrators a mail.
    #[input(key = "Send Email?", default = false)]
    send_email: bool,
}

/// That Okta did it.
#[derive(Outputs)]
pub struct Deleted {
    /// The status of Okta's answer: 204.
    #[output(key = "Status Code")]
    status_code: f64,
}

impl Effect for DeleteUser {
    const ID: &str = "okta.delete_user";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:deleteUser"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.deactivate_user
  with: { id_or_login: $.user.id }
- card: okta.delete_user
  with: { id_or_login: $.user.id }"#
            => ok "{ status_code: 204 }",
        r#"- { card: okta.delete_user, with: { id_or_login: nobody@example.com } }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    const AFTER_CRASH: AfterCrash = AfterCrash::looks("whether the user is still there, and with which status");
    const SCOPES: &[&str] = &["okta.users.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Deleted;

    async fn run(self, okta: &Okta) -> Result<Deleted> {
        let user = given(&self.id_or_login, Self::ID_OR_LOGIN, "user's ID or login")?;
        let path = users::path(user);
        let call = Call::new(Method::DELETE, path.as_str())
            .query([("sendEmail", self.send_email.to_string())])
            .repeat(Repeat::Never)
            .about(okta.subject("delete", user, None));
        let status_code = match okta.client.read(call, status).await {
            Err(fault) if fault.lost => match user_status(okta, &path).await {
                Err(reading) if reading.kind == FaultKind::NotFound => 204.0,
                Ok(now) => {
                    let help = format!(
                        "the user is {now} now; deleting again deletes for good if that is DEPROVISIONED"
                    );
                    return Err(fault.help(help));
                }
                Err(_) => return Err(fault),
            },
            answered => answered?,
        };
        Ok(Deleted { status_code })
    }

    /// A user who is gone was deleted, whoever did it. One who is `DEPROVISIONED` may have become so by this request or before it;
    /// only if that is long ago, the request has not been there. One who is anything else is at worst deactivated by another.
    async fn settle(self, okta: &Okta, began: Began) -> Result<Settled<Deleted>> {
        let path = users::path(given(&self.id_or_login, Self::ID_OR_LOGIN, "user's ID or login")?);
        let Some(user) = there(okta.client.read(Call::get(path), Changed::read).await)? else {
            return Ok(Settled::Happened(Deleted { status_code: 204.0 }));
        };
        let since = began.against(&okta.client, user.status_changed());
        Ok(match user.status() {
            "DEPROVISIONED" if since != When::Before => Settled::unknown(
                "the user is DEPROVISIONED, by this request or before it; deleting again may delete for good",
            ),
            _ => Settled::DidNot,
        })
    }
}
