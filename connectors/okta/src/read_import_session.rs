//! Okta · Read Import Session.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::effect::Effect;

use crate::session::Session;
use crate::{Okta, connection};

/// Reads an import session, also one that is no longer active.
///
/// Okta Workflows has no such card; flowrun adds it, so that a flow can see how an import ended. `COMPLETED` means that the
/// import is done, not that all users exist: the org may have to confirm new ones.
#[derive(Inputs)]
pub struct ReadImportSession {
    /// The ID of the Custom Identity Source app; blank means the connection's.
    #[input(key = "applicationID")]
    application_id: Option<Text>,
    /// The session's ID.
    #[input(key = "sessionId")]
    session_id: Text,
}

impl Effect for ReadImportSession {
    const ID: &str = "okta.read_import_session";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_import_session
  id: session
- card: okta.read_import_session
  id: read
  with: { session_id: $.session.id }
- card: flow_control.return
  with: { status: $.read.status }"#
            => ok "{ status: CREATED }",
        r#"- { card: okta.read_import_session, with: { session_id: aps0unknown } }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.identitySources.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Session;

    async fn run(self, okta: &Okta) -> Result<Session> {
        let path = okta.session(self.application_id.as_ref(), &self.session_id)?;
        Session::fetch(okta, &path).await
    }
}
