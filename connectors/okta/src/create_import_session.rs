//! Okta · Create Import Session.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::{FaultKind, Result};
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;
use flowrun_kit::settled::{Began, SLACK_MS, Settled, When};

use crate::session::Session;
use crate::{Okta, connection};

/// Opens an import session for an identity source.
///
/// An identity source has one open session at a time, and none may be opened within five minutes after another was
/// triggered, unless that import has ended; Okta then answers 400. Close what you open: trigger the session with
/// `okta.trigger_import_session`, or give it up with `okta.delete_import_session`, else it blocks the next one for a day.
///
/// If Okta's answer is lost, the card looks for the session that it may have opened, rather than open another.
#[derive(Inputs)]
pub struct CreateImportSession {
    /// The ID of the Custom Identity Source app; blank means the connection's.
    #[input(key = "applicationID")]
    application_id: Option<Text>,
}

impl Effect for CreateImportSession {
    const ID: &str = "okta.create_import_session";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:createAnImportSession"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_import_session
  id: session
- card: flow_control.return
  with: { status: $.session.status, import_type: $.session.import_type }"#
            => ok "{ status: CREATED, import_type: INCREMENTAL }",
        r#"- card: okta.create_import_session
  id: first
- card: okta.create_import_session"#
            => err "Only one active import session per identity source",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    const AFTER_CRASH: AfterCrash = AfterCrash::looks("for an empty session that was opened since then");
    const SCOPES: &[&str] = &["okta.identitySources.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Session;

    async fn run(self, okta: &Okta) -> Result<Session> {
        let source = okta.source(self.application_id.as_ref())?;
        let started_ms = okta.client.clock().now_ms();
        let created = okta.client.read(Call::post(format!("{source}/sessions")), Session::read).await;
        let lost = match created {
            Ok(session) => return Ok(session),
            Err(fault) if fault.lost => fault,
            Err(fault) => return Err(fault),
        };
        match Session::opened_since(okta, &source, started_ms - SLACK_MS).await {
            Ok(Some(session)) => Ok(session),
            // It did not take effect, so it may be asked for again, once.
            Ok(None) if lost.kind != FaultKind::Parse => {
                okta.client.read(Call::post(format!("{source}/sessions")), Session::read).await
            }
            _ => {
                Err(lost
                    .help("list the import sessions: if one is CREATED, delete it before the next import"))
            }
        }
    }

    /// An identity source has one open session at a time, so that one from before made the request fail. One that was opened
    /// since then may be somebody else's, who opened it in just this time: nothing tells.
    async fn settle(self, okta: &Okta, began: Began) -> Result<Settled<Session>> {
        let mut open = Session::active(okta, &okta.source(self.application_id.as_ref())?).await?;
        open.retain(|session| matches!(&*session.status, "CREATED" | "IN_PROGRESS"));
        let Some(session) = open.pop() else { return Ok(Settled::DidNot) };
        if !open.is_empty() {
            return Ok(Settled::unknown("the identity source has several open sessions, and it is not known which is this one"));
        }
        Ok(match began.against(&okta.client, session.created.date()) {
            When::Before => Settled::DidNot,
            When::Since if session.status == "CREATED" => Settled::Happened(session),
            When::Since | When::Unclear => Settled::unknown(format!(
                "the session {} was opened about then, and may be somebody else's: it is {}",
                session.id, session.status
            )),
        })
    }
}
