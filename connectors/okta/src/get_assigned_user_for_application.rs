//! Okta · Get Assigned User for Application.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::applications::AppUser;
use crate::given::given;
use crate::{Okta, applications, connection};

/// Reads what a user is to an application; that the user is not assigned is an error.
///
/// Besides the outputs listed, every attribute that the application has of the user can be named as an output.
#[derive(Inputs)]
pub struct GetAssignedUserForApplication {
    /// The application's ID.
    #[input(key = "application")]
    application_id: Text,
    /// The user's ID.
    #[input(key = "id")]
    user_id: Text,
}

impl Effect for GetAssignedUserForApplication {
    const ID: &str = "okta.get_assigned_user_for_application";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:getAssignedUserForApplication"];
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
- card: okta.get_assigned_user_for_application
  id: assigned
  with: { application_id: $.app.id, user_id: $.user.id }
- card: flow_control.return
  with: { status: $.assigned.status, name: $.assigned.credentials.Username }"#
            => ok "{ status: ACTIVE, name: ada@example.com }",
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.get_assigned_user_for_application
  with: { application_id: $.app.id, user_id: $.user.id }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.apps.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = AppUser;

    async fn run(self, okta: &Okta) -> Result<AppUser> {
        let application = given(&self.application_id, Self::APPLICATION_ID, "application's ID")?;
        let user = given(&self.user_id, Self::USER_ID, "user's ID")?;
        okta.client.read(Call::get(applications::user(application, user)), AppUser::read).await
    }
}
