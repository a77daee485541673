//! Okta · Trigger Import Session.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;
use flowrun_kit::settled::{Began, Settled, When};

use crate::session::Session;
use crate::{Okta, connection};

/// Starts the import of what was uploaded to a session.
///
/// The session must be `IN_PROGRESS`: something must have been uploaded. It is then `TRIGGERED`; imports wait for each
/// other and take a while. `okta.read_import_session` shows how it ended. If Okta's answer is lost, the card looks whether the
/// import was started, and starts it if not.
#[derive(Inputs)]
pub struct TriggerImportSession {
    /// The ID of the Custom Identity Source app; blank means the connection's.
    #[input(key = "applicationID")]
    application_id: Option<Text>,
    /// The session's ID.
    #[input(key = "sessionId")]
    session_id: Text,
}

impl Effect for TriggerImportSession {
    const ID: &str = "okta.trigger_import_session";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:triggerImportSession"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_import_session
  id: session
- card: okta.bulk_user_import
  with:
    session_id: $.session.id
    import_operation: upsert
    users: [{ externalId: "1", profile: { userName: ada@example.com, email: ada@example.com } }]
- card: okta.trigger_import_session
  id: triggered
  with: { session_id: $.session.id }
- card: flow_control.return
  with: { status: $.triggered.status }"#
            => ok "{ status: TRIGGERED }",
        r#"- card: okta.create_import_session
  id: session
- card: okta.trigger_import_session
  with: { session_id: $.session.id }"#
            => err "Okta answered 400 E0000001",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    const AFTER_CRASH: AfterCrash = AfterCrash::looks("by the session's status");
    const SCOPES: &[&str] = &["okta.identitySources.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Session;

    async fn run(self, okta: &Okta) -> Result<Session> {
        let path = okta.session(self.application_id.as_ref(), &self.session_id)?;
        let start = || Call::post(format!("{path}/start-import"));
        match okta.client.read(start(), Session::read).await {
            Err(fault) if fault.lost => {
                match Session::fetch(okta, &path).await {
                    Ok(session) if session.status == "IN_PROGRESS" => {
                        okta.client.read(start(), Session::read).await
                    }
                    Ok(session) if matches!(&*session.status, "TRIGGERED" | "COMPLETED") => Ok(session),
                    _ => Err(fault
                        .help("read the import session: if it is IN_PROGRESS, the import was not started")),
                }
            }
            started => started,
        }
    }

    /// A session is triggered once, so that its status shows it. Who did it is not shown.
    async fn settle(self, okta: &Okta, began: Began) -> Result<Settled<Session>> {
        let path = okta.session(self.application_id.as_ref(), &self.session_id)?;
        let session = Session::fetch(okta, &path).await?;
        let changed = began.against(&okta.client, session.last_updated.date());
        Ok(match &*session.status {
            "TRIGGERED" | "COMPLETED" | "ERROR" if changed == When::Before => Settled::DidNot,
            "TRIGGERED" | "COMPLETED" | "ERROR" => Settled::Happened(session),
            "CREATED" | "IN_PROGRESS" | "CLOSED" | "EXPIRED" => Settled::DidNot,
            other => Settled::unknown(format!("the session is {other}, which says nothing")),
        })
    }
}
