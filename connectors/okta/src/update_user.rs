//! Okta · Update User.

use std::time::Duration;

use axum::http::Method;
use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text};
use flowrun_core::{Inputs, bail, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::{Profiled, attributes, emptying, given, yes};
use crate::users::Changed;
use crate::{Okta, connection, users};

/// Changes attributes of a user's profile.
///
/// Each further field is an attribute, under Okta's name for it: `department`, `mobilePhone`, `login`, those of your own. Blank attributes
/// are left out, so that they stay as they are, unless `pass_empty_values` is Yes: then they are emptied. With `PUT`, Okta empties every
/// attribute that is not given.
#[derive(Inputs)]
pub struct UpdateUser {
    /// The user's ID or login.
    #[input(key = "ID")]
    id_or_login: Text,
    /// `POST`: changes what is given. `PUT`: replaces the whole profile.
    #[input(key = "updateSemantics", default = "POST", choices = ["POST", "PUT"])]
    update_semantics: Text,
    /// With `POST`, whether a blank attribute is emptied.
    #[input(default = "No", choices = ["Yes", "No"])]
    pass_empty_values: Text,
    /// The attributes.
    #[input(rest)]
    profile: Record,
}

impl Effect for UpdateUser {
    const ID: &str = "okta.update_user";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:updateUser"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.update_user
  id: updated
  with: { id_or_login: $.user.id, city: London, timezone: $.user.last_login }
- card: flow_control.return
  with: { city: $.updated.raw_body.profile.city, name: $.updated.raw_body.profile.lastName }"#
            => ok "{ city: London, name: Lovelace }",
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace, city: London, title: Countess }
- card: okta.update_user
  id: updated
  with: { id_or_login: $.user.id, pass_empty_values: "Yes", city: "", title: $.user.last_login, department: Engines }
- card: flow_control.return
  with: { city: $.updated.raw_body.profile.city, title: $.updated.raw_body.profile.title, department: $.updated.raw_body.profile.department }"#
            => ok "{ city: null, title: null, department: Engines }",
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace, city: London }
- card: okta.update_user
  id: updated
  with: { id_or_login: $.user.id, city: "", department: Engines }
- card: flow_control.return
  with: { city: $.updated.raw_body.profile.city }"#
            => ok "{ city: London }",
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.update_user
  with: { id_or_login: $.user.id, update_semantics: PUT, city: London }"#
            => err "Okta answered 400 E0000001",
        r#"- { card: okta.update_user, with: { id_or_login: nobody@example.com, city: London } }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    const SCOPES: &[&str] = &["okta.users.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Changed;

    async fn run(self, okta: &Okta) -> Result<Changed> {
        let user = given(&self.id_or_login, Self::ID_OR_LOGIN, "user's ID or login")?;
        let method = match &*self.update_semantics {
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            other => bail!(Self::UPDATE_SEMANTICS, "expected POST or PUT, found \"{other}\""),
        };
        let profile = match yes(&self.pass_empty_values, Self::PASS_EMPTY_VALUES)? {
            true => emptying(self.profile)?,
            false => attributes(self.profile)?,
        };
        if profile.is_empty() {
            let fault =
                Fault::new(FaultKind::InvalidInput, "no attribute is given, or all of them are blank");
            return Err(fault.help("name what to change as a field of the card, such as `department`"));
        }
        let call = Call::new(method, users::path(user))
            .about(okta.subject("update", user, Some(&profile)))
            .json(&Profiled { profile: profile.into() })?
            // The same attributes twice are the same profile.
            .repeat(Repeat::Safe);
        okta.client.read(call, Changed::read).await
    }
}
