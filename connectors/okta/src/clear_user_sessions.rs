//! Okta · Clear User Sessions.

use std::time::Duration;

use axum::http::Method;
use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::given;
use crate::lifecycle::status;
use crate::{Okta, connection, users};

/// Ends all sessions of a user, who must sign in again.
#[derive(Inputs)]
pub struct ClearUserSessions {
    /// The user's ID.
    #[input(key = "ID")]
    user_id: Text,
    /// Whether to revoke the OAuth and OpenID Connect tokens that were issued to the user too.
    #[input(key = "Revoke oauthTokens?", default = false)]
    revoke_oauth_tokens: bool,
}

/// That Okta did it.
#[derive(Outputs)]
pub struct Cleared {
    /// The status of Okta's answer: 204.
    #[output(key = "Status Code")]
    status_code: f64,
}

impl Effect for ClearUserSessions {
    const ID: &str = "okta.clear_user_sessions";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:clearUserSessions"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.clear_user_sessions
  with: { user_id: $.user.id, revoke_oauth_tokens: true }"#
            => ok "{ status_code: 204 }",
        r#"- { card: okta.clear_user_sessions, with: { user_id: 00uUnknown } }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    const SCOPES: &[&str] = &["okta.users.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Cleared;

    async fn run(self, okta: &Okta) -> Result<Cleared> {
        let user = given(&self.user_id, Self::USER_ID, "user's ID")?;
        let call = Call::new(Method::DELETE, format!("{}/sessions", users::path(user)))
            .query([("oauthTokens", self.revoke_oauth_tokens.to_string())])
            .about(okta.subject("clear_sessions", user, None));
        Ok(Cleared { status_code: okta.client.read(call, status).await? })
    }
}
