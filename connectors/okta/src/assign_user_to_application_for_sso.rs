//! Okta · Assign User to Application for SSO.

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

/// Assigns a user to an application, so that the user can sign in there.
///
/// A user who is assigned already is assigned again. If Okta's answer is lost, the card looks whether the user is assigned, and
/// assigns the user if not.
#[derive(Inputs)]
pub struct AssignUserToApplicationForSso {
    /// The application's ID.
    #[input(key = "application")]
    application_id: Text,
    /// The user's ID.
    #[input(key = "id")]
    user_id: Text,
    /// `USER`: assigned by themselves.
    #[input(key = "Scope", default = "USER", choices = ["USER"])]
    scope: Text,
    /// The user's name in the application; blank means what the application makes of the profile.
    #[input(key = "Username")]
    user_name: Option<Text>,
    /// The user's password in the application; blank means none.
    #[input(key = "Password")]
    password: Option<Secret>,
}

impl Effect for AssignUserToApplicationForSso {
    const ID: &str = "okta.assign_user_to_application_for_sso";
    const TITLE: Option<&str> = Some("Assign User to Application for SSO");
    const EXPORTED_AS: &[&str] = &["channels:http:okta:assignUserToApplicationForSSO"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.assign_user_to_application_for_sso
  id: assigned
  with: { application_id: $.app.id, user_id: $.user.id, user_name: ada }
- card: flow_control.return
  with: { scope: $.assigned.scope, credentials: $.assigned.credentials }"#
            => ok "{ scope: USER, credentials: { Username: ada, Password: false } }",
        r#"- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.assign_user_to_application_for_sso
  with: { application_id: $.app.id, user_id: 00uUnknown }"#
            => err "Okta answered 404 E0000007",
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
        assignment.make(okta, application, user, &self.scope).await
    }
}
