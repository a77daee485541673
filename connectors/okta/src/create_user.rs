//! Okta · Create User.

use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Secret, Text, Value};
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;
use serde::Serialize;

use crate::given::{attributes, given};
use crate::users::Changed;
use crate::{Okta, connection};

/// Creates a user.
///
/// Each further field is an attribute of the profile, under Okta's name for it: `department`, `mobilePhone`, those of your own. Blank
/// attributes are left out. Activated, the user is `ACTIVE` with a password and `PROVISIONED` without one; else `STAGED`.
///
/// If Okta's answer is lost, the card does not ask again, and fails: the user may be there.
#[derive(Inputs)]
#[allow(dead_code)]
pub struct CreateUser {
    /// What Okta's card shows fields for; the fields that are filled decide here.
    #[input(key = "option", choices = ["getInputsnoCreds", "getInputswithPW"])]
    option: Option<Text>,
    /// The login: a text in the form of a mail address.
    login: Text,
    /// The first name.
    #[input(key = "firstName")]
    first_name: Text,
    /// The last name.
    #[input(key = "lastName")]
    last_name: Text,
    /// The mail address.
    email: Text,
    /// The password; blank means none.
    #[input(key = "Password")]
    password: Option<Secret>,
    /// Whether to activate the user at once.
    #[input(key = "Activate", default = true)]
    activate: bool,
    /// Further attributes of the profile.
    #[input(rest)]
    profile: Record,
}

#[derive(Serialize)]
struct Body<'a> {
    profile: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<Credentials<'a>>,
}

#[derive(Serialize)]
struct Credentials<'a> {
    password: Password<'a>,
}

#[derive(Serialize)]
struct Password<'a> {
    value: &'a str,
}

impl Effect for CreateUser {
    const ID: &str = "okta.create_user";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:createUser"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with:
    login: ada@example.com
    email: ada@example.com
    first_name: Ada
    last_name: Lovelace
    activate: false
    department: Engines
    employeeLevel: 7
- card: flow_control.return
  with: { status: $.user.status, department: $.user.raw_body.profile.department, level: $.user.raw_body.profile.employeeLevel }"#
            => ok "{ status: STAGED, department: Engines, level: 7 }",
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.create_user
  with: { login: ADA@example.com, email: ada@example.com, first_name: Ada, last_name: Byron }"#
            => err "Okta answered 400 E0000001: Api validation failed: login",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    const SCOPES: &[&str] = &["okta.users.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Changed;

    async fn run(self, okta: &Okta) -> Result<Changed> {
        let mut profile = attributes(self.profile)?;
        let named = [
            ("login", given(&self.login, Self::LOGIN, "login")?),
            ("firstName", given(&self.first_name, Self::FIRST_NAME, "first name")?),
            ("lastName", given(&self.last_name, Self::LAST_NAME, "last name")?),
            ("email", given(&self.email, Self::EMAIL, "mail address")?),
        ];
        for (name, text) in named {
            profile.insert(name.into(), Value::from(text));
        }
        let about = okta.subject("create", given(&self.login, Self::LOGIN, "login")?, Some(&profile));
        let profile = Value::from(profile);
        let password = self.password.filter(|password| !password.expose().is_empty());
        // Made anew for each sending, so that the password is in nothing that could be shown.
        let call = Call::post("/api/v1/users")
            .query([("activate", self.activate.to_string())])
            .fresh(move || {
                let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
                Ok((headers.into_iter().collect(), body(&profile, password.as_ref())?.into()))
            })
            .about(about);
        okta.client.read(call, Changed::read).await.map_err(|fault| match fault.lost {
            true => fault.help("read the user by the login: if there is one now, the user was created"),
            false => fault,
        })
    }
}

fn body(profile: &Value, password: Option<&Secret>) -> Result<Vec<u8>> {
    let credentials = password.map(|it| Credentials { password: Password { value: it.expose() } });
    serde_json::to_vec(&Body { profile, credentials })
        .map_err(|error| Fault::new(FaultKind::InvalidInput, format!("the user isn't JSON: {error}")))
}
