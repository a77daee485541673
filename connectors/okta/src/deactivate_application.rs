//! Okta · Deactivate Application.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::effect::Effect;

use crate::given::given;
use crate::turned::{Turned, turn};
use crate::{Okta, applications, connection};

/// Deactivates an application: nobody can sign in there until it is activated again.
///
/// Okta takes the application from those who have it through a group; who is assigned by themselves stays so.
///
/// One that is inactive already stays so.
#[derive(Inputs)]
pub struct DeactivateApplication {
    /// The application's ID.
    #[input(key = "ID")]
    application_id: Text,
}

impl Effect for DeactivateApplication {
    const ID: &str = "okta.deactivate_application";
    // No export that has it is known; Okta's page is named so.
    const EXPORTED_AS: &[&str] = &["channels:http:okta:deactivateApplication"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.custom_api_action
  id: wiki
  with:
    method: POST
    relative_url: "/api/v1/apps"
    body: { label: Wiki, name: bookmark, signOnMode: BOOKMARK, settings: { app: { url: "https://wiki.example.com" } } }
- card: okta.deactivate_application
  id: turned
  with: { application_id: $.wiki.body.id }
- card: okta.read_application
  id: now
  with: { application_id: $.wiki.body.id }
- card: flow_control.return
  with: { status_code: $.turned.status_code, status: $.now.status }"#
            => ok "{ status_code: 200, status: INACTIVE }",
        r#"- { card: okta.deactivate_application, with: { application_id: 0oaUnknown } }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    const SCOPES: &[&str] = &["okta.apps.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Turned;

    async fn run(self, okta: &Okta) -> Result<Turned> {
        let application = given(&self.application_id, Self::APPLICATION_ID, "application's ID")?;
        turn(okta, applications::path(application), application, "deactivate").await
    }
}
