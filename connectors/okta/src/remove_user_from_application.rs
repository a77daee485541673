//! Okta · Remove User from Application.

use std::time::Duration;

use axum::http::Method;
use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::{FaultKind, Result};
use flowrun_core::value::Text;
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;
use flowrun_kit::settled::{Began, Settled};

use crate::applications::AppUser;
use crate::given::given;
use crate::lifecycle::status;
use crate::looked::there;
use crate::{Okta, applications, connection};

/// Removes a user's own assignment to an application; one that comes through a group stays.
///
/// What the application does with the user then, and whether it deletes the user's data, is up to the application. If Okta's
/// answer is lost, the card looks whether the user is still assigned, and removes the user if so.
#[derive(Inputs)]
pub struct RemoveUserFromApplication {
    /// The application's ID.
    #[input(key = "application")]
    application_id: Text,
    /// The user's ID.
    #[input(key = "id")]
    user_id: Text,
    /// Whether Okta sends the administrators a mail.
    #[input(key = "Send Email?", default = false)]
    send_email: bool,
}

/// That Okta did it.
#[derive(Outputs)]
pub struct Removed {
    /// The status of Okta's answer: 204.
    status: f64,
}

impl Effect for RemoveUserFromApplication {
    const ID: &str = "okta.remove_user_from_application";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:removeUserFromApplication"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.assign_user_to_application_for_sso
  with: { application_id: $.app.id, user_id: $.user.id }
- card: okta.remove_user_from_application
  with: { application_id: $.app.id, user_id: $.user.id }"#
            => ok "{ status: 204 }",
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.remove_user_from_application
  with: { application_id: $.app.id, user_id: $.user.id }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    // A second time Okta says that nobody is assigned.
    const AFTER_CRASH: AfterCrash = AfterCrash::looks("whether the user is still assigned");
    const SCOPES: &[&str] = &["okta.apps.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Removed;

    async fn run(self, okta: &Okta) -> Result<Removed> {
        let application = given(&self.application_id, Self::APPLICATION_ID, "application's ID")?;
        let user = given(&self.user_id, Self::USER_ID, "user's ID")?;
        let path = applications::user(application, user);
        // A second time would say that nobody is assigned.
        let call = || {
            Call::new(Method::DELETE, path.as_str())
                .query([("sendEmail", self.send_email.to_string())])
                .repeat(Repeat::Never)
                .about(okta.subject("unassign", user, None))
        };
        let status = match okta.client.read(call(), status).await {
            Err(fault) if fault.lost => {
                match okta.client.read(Call::get(path.as_str()), AppUser::read).await {
                    Ok(assigned) if assigned.is_by_itself() => okta.client.read(call(), status).await?,
                    // What is left comes through a group.
                    Ok(_) => 204.0,
                    Err(reading) if reading.kind == FaultKind::NotFound => 204.0,
                    Err(_) => return Err(fault),
                }
            }
            answered => answered?,
        };
        Ok(Removed { status })
    }

    /// Whoever is not assigned may not have been so before, which comes to the same. Who is assigned through a group may have had
    /// an own assignment or not.
    async fn settle(self, okta: &Okta, _: Began) -> Result<Settled<Removed>> {
        let application = given(&self.application_id, Self::APPLICATION_ID, "application's ID")?;
        let user = given(&self.user_id, Self::USER_ID, "user's ID")?;
        let call = Call::get(applications::user(application, user));
        Ok(match there(okta.client.read(call, AppUser::read).await)? {
            None => Settled::Happened(Removed { status: 204.0 }),
            Some(assigned) if assigned.is_by_itself() => Settled::DidNot,
            Some(_) => Settled::unknown("the user is assigned through a group, and may never have been otherwise"),
        })
    }
}
