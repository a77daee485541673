//! Okta · Update Application Credentials for an Assigned User.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Secret, Text};
use flowrun_core::{Inputs, examples};
use flowrun_kit::effect::Effect;

use crate::applications::AppUser;
use crate::assignment::Assignment;
use crate::given::given;
use crate::{Okta, connection};

/// Changes the name and the password with which a user signs in to an application that the user is assigned to.
///
/// Blank ones stay as they are.
#[derive(Inputs)]
pub struct UpdateApplicationCredentialsForAnAssignedUser {
    /// The application's ID.
    #[input(key = "application")]
    application_id: Text,
    /// The user's ID.
    #[input(key = "id")]
    user_id: Text,
    /// The user's name in the application.
    #[input(key = "Username")]
    user_name: Option<Text>,
    /// The user's password in the application.
    #[input(key = "Password")]
    password: Option<Secret>,
}

impl Effect for UpdateApplicationCredentialsForAnAssignedUser {
    const ID: &str = "okta.update_application_credentials_for_an_assigned_user";
    const TITLE: Option<&str> = Some("Update Application Credentials for an Assigned User");
    // No export that has it is known; Okta's page is named so.
    const EXPORTED_AS: &[&str] = &["channels:http:okta:updateApplicationCredentialsForAssignedUser"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.assign_user_to_application_for_sso
  with: { application_id: $.app.id, user_id: $.user.id, user_name: ada }
- card: encryption.random
  id: drawn
- card: okta.update_application_credentials_for_an_assigned_user
  id: updated
  with: { application_id: $.app.id, user_id: $.user.id, user_name: lovelace, password: $.drawn.secret }
- card: flow_control.return
  with: { credentials: $.updated.credentials }"#
            => ok "{ credentials: { Username: lovelace, Password: true } }",
        r#"- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.update_application_credentials_for_an_assigned_user
  with: { application_id: $.app.id, user_id: 00uUnknown, user_name: "" }"#
            => err "nothing to change is given",
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    const SCOPES: &[&str] = &["okta.apps.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = AppUser;

    async fn run(self, okta: &Okta) -> Result<AppUser> {
        let application = given(&self.application_id, Self::APPLICATION_ID, "application's ID")?;
        let user = given(&self.user_id, Self::USER_ID, "user's ID")?;
        let assignment = Assignment::of(&self.user_name, &self.password, Record::default())?;
        assignment.change(okta, application, user).await
    }
}
