//! Okta · List Import Sessions.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::session::Session;
use crate::{Okta, connection};

/// Lists the active import sessions of an identity source: those that are `CREATED`, `IN_PROGRESS` or `TRIGGERED`.
#[derive(Inputs)]
pub struct ListImportSessions {
    /// The ID of the Custom Identity Source app; blank means the connection's.
    #[input(key = "applicationID")]
    application_id: Option<Text>,
}

/// The sessions.
#[derive(Outputs)]
pub struct Sessions {
    /// A list of objects as Okta sends them.
    #[output(key = "Sessions", keys = ["id", "identitySourceId", "status", "importType", "created", "lastUpdated"], open)]
    sessions: Vec<Arc<Record>>,
}

impl Effect for ListImportSessions {
    const ID: &str = "okta.list_import_sessions";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:listImportSessions"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.list_import_sessions"#
            => ok "{ sessions: [] }",
        r#"- card: okta.create_import_session
- card: okta.list_import_sessions
  id: active
- card: list.pluck
  with: { list: $.active.sessions, key: status }"#
            => ok "{ values: [CREATED] }",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.identitySources.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Sessions;

    async fn run(self, okta: &Okta) -> Result<Sessions> {
        let source = okta.source(self.application_id.as_ref())?;
        let sessions = okta.client.read(Call::get(format!("{source}/sessions")), Session::read_list).await?;
        Ok(Sessions { sessions })
    }
}
