//! Okta · Read User.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::given;
use crate::shown::Time;
use crate::{Okta, connection, users};

/// Reads a user.
///
/// Besides the outputs listed, every attribute of the profile can be named as an output: `firstName`, `department`, and
/// those of your own.
#[derive(Inputs)]
pub struct ReadUser {
    /// The user's ID or login.
    #[input(key = "ID or Login")]
    id_or_login: Text,
}

/// The user.
#[derive(Outputs)]
pub struct User {
    /// The user's ID.
    #[output(key = "ID")]
    id: Option<Text>,
    /// `STAGED`, `PROVISIONED`, `ACTIVE`, `RECOVERY`, `LOCKED_OUT`, `PASSWORD_EXPIRED`, `SUSPENDED` or `DEPROVISIONED`.
    #[output(key = "Status")]
    status: Option<Text>,
    /// When the user was created.
    #[output(key = "Created")]
    created: Time,
    /// When the user was activated.
    #[output(key = "Activated")]
    activated: Time,
    /// When the status changed last.
    #[output(key = "Status Changed")]
    status_changed: Time,
    /// When the user signed in last.
    #[output(key = "Last Login")]
    last_login: Time,
    /// When the user was changed last.
    #[output(key = "Last Updated")]
    last_updated: Time,
    /// When the password was changed last.
    #[output(key = "Password Changed")]
    password_changed: Time,
    /// Where the user's credentials are kept.
    #[output(key = "Credentials")]
    credentials: Value,
    /// The realm's ID.
    #[output(key = "Realm ID")]
    realm_id: Option<Text>,
    /// The whole profile. Okta's card has no such output.
    profile: Record,
    /// Attributes of the profile.
    #[output(rest)]
    attributes: Record,
}

impl Effect for ReadUser {
    const ID: &str = "okta.read_user";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:readUser"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.read_user
  id: user
  with: { id_or_login: me }
- card: flow_control.return
  with: { login: $.user.profile.login, status: $.user.status }"#
            => ok "{ login: api.client@example.com, status: ACTIVE }",
        r#"- { card: okta.read_user, with: { id_or_login: nobody@example.com } }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.users.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = User;

    async fn run(self, okta: &Okta) -> Result<User> {
        let call = Call::get(users::path(given(&self.id_or_login, Self::ID_OR_LOGIN, "user's ID or login")?));
        let value = okta.client.read(call, |reply| reply.value()).await?;
        let Some(user) = users::as_user(&value) else {
            let message = "Okta answered with something that isn't a user: it lacks `id`";
            return Err(Fault::new(FaultKind::Parse, message).body(value));
        };
        let text = |name: &str| user.get(name).and_then(Value::as_text).cloned();
        let profile = user.get("profile").and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(User {
            id: text("id"),
            status: text("status"),
            created: Time::of(user, "created"),
            activated: Time::of(user, "activated"),
            status_changed: Time::of(user, "statusChanged"),
            last_login: Time::of(user, "lastLogin"),
            last_updated: Time::of(user, "lastUpdated"),
            password_changed: Time::of(user, "passwordChanged"),
            credentials: user.get("credentials").cloned().unwrap_or_default(),
            realm_id: text("realmId"),
            attributes: profile.clone(),
            profile,
        })
    }
}
