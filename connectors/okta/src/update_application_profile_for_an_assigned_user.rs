//! Okta · Update Application Profile for an Assigned User.

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

/// Changes what an application has of a user who is assigned to it.
///
/// Each further field is an attribute under the application's own name for it, such as `given_name`. What is blank or not given stays as it
/// is.
#[derive(Inputs)]
pub struct UpdateApplicationProfileForAnAssignedUser {
    /// The application's ID.
    #[input(key = "application")]
    application_id: Text,
    /// The user's ID.
    #[input(key = "id")]
    user_id: Text,
    /// The user's name in the application; blank leaves it as it is.
    #[input(key = "Username")]
    user_name: Option<Text>,
    /// The user's password in the application; blank leaves it as it is.
    #[input(key = "Password")]
    password: Option<Secret>,
    /// The attributes.
    #[input(rest)]
    profile: Record,
}

impl Effect for UpdateApplicationProfileForAnAssignedUser {
    const ID: &str = "okta.update_application_profile_for_an_assigned_user";
    const TITLE: Option<&str> = Some("Update Application Profile for an Assigned User");
    const EXPORTED_AS: &[&str] = &["channels:http:okta:updateApplicationProfileForAssignedUser"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.assign_user_to_application_for_sso_and_provisioning
  with: { application_id: $.app.id, user_id: $.user.id, user_name: ada, name: Ada King, locale: en_US }
- card: okta.update_application_profile_for_an_assigned_user
  id: updated
  with: { application_id: $.app.id, user_id: $.user.id, name: Ada Lovelace, locale: $.user.last_login }
  outputs: { name: text, locale: text }
- card: flow_control.return
  with: { name: $.updated.name, locale: $.updated.locale, user: $.updated.credentials.Username }"#
            => ok "{ name: Ada Lovelace, locale: en_US, user: ada }",
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.update_application_profile_for_an_assigned_user
  with: { application_id: $.app.id, user_id: $.user.id, name: Ada }"#
            => err "Okta answered 404 E0000007",
        r#"- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.update_application_profile_for_an_assigned_user
  with: { application_id: $.app.id, user_id: 00uUnknown, name: $.app.raw_output.nothing }"#
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
        Assignment::of(&self.user_name, &self.password, self.profile)?.change(okta, application, user).await
    }
}
