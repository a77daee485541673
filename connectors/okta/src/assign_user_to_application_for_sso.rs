//! Okta · Assign User to Application for SSO.

use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Secret, Text};
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;
use serde_json::json;

use crate::applications::AppUser;
use crate::given::{filled, given};
use crate::{Okta, applications, connection};

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
        let (body, about) = (self.body(user), okta.subject("assign", user, None));
        // Made anew for each sending, so that the password is in nothing that could be shown.
        let call = || {
            let body = body.clone();
            Call::post(format!("{}/users", applications::path(application)))
                .fresh(move || {
                    let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
                    Ok((headers.into_iter().collect(), body.bytes()?.into()))
                })
                .about(about.clone())
        };
        match okta.client.read(call(), AppUser::read).await {
            Err(fault) if fault.lost => {
                let there = Call::get(applications::user(application, user));
                match okta.client.read(there, AppUser::read).await {
                    Ok(assigned) if assigned.is_by_itself() => Ok(assigned),
                    Ok(_) => okta.client.read(call(), AppUser::read).await,
                    Err(reading) if reading.kind == FaultKind::NotFound => {
                        okta.client.read(call(), AppUser::read).await
                    }
                    Err(_) => Err(fault),
                }
            }
            assigned => assigned,
        }
    }
}

/// What is sent; the password is put in as late as possible.
#[derive(Clone)]
struct Body {
    id: String,
    scope: Text,
    user_name: Option<String>,
    password: Option<Secret>,
}

impl AssignUserToApplicationForSso {
    fn body(&self, user: &str) -> Body {
        Body {
            id: user.to_owned(),
            scope: self.scope.clone(),
            user_name: filled(&self.user_name).map(str::to_owned),
            password: self.password.clone().filter(|password| !password.expose().is_empty()),
        }
    }
}

impl Body {
    fn bytes(&self) -> Result<Vec<u8>> {
        let mut body = json!({ "id": self.id, "scope": &*self.scope });
        if let Some(name) = &self.user_name {
            body["credentials"]["userName"] = name.as_str().into();
        }
        if let Some(password) = &self.password {
            body["credentials"]["password"]["value"] = password.expose().into();
        }
        serde_json::to_vec(&body)
            .map_err(|error| Fault::new(FaultKind::InvalidInput, format!("the user isn't JSON: {error}")))
    }
}
