//! Okta · Delete Import Session.

use std::time::Duration;

use axum::http::Method;
use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::call::{Call, Reply};
use flowrun_kit::effect::Effect;
use flowrun_kit::settled::{Began, Settled, When};

use crate::session::Session;
use crate::{Okta, connection};

/// Gives up an import session; what was uploaded to it is dropped.
///
/// Only a session that is `CREATED` or `IN_PROGRESS` can be given up; Okta answers 400 to any other. The session is then
/// `CLOSED`. If Okta's answer is lost, the card looks what became of the session.
#[derive(Inputs)]
pub struct DeleteImportSession {
    /// The ID of the Custom Identity Source app; blank means the connection's.
    #[input(key = "applicationID")]
    application_id: Option<Text>,
    /// The session's ID.
    #[input(key = "sessionId")]
    session_id: Text,
}

/// What Okta answered.
#[derive(Outputs)]
pub struct Deleted {
    /// The status of Okta's answer: 204.
    #[output(key = "statusCode")]
    status_code: f64,
}

impl Effect for DeleteImportSession {
    const ID: &str = "okta.delete_import_session";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:deleteImportSession"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_import_session
  id: session
- card: okta.delete_import_session
  with: { session_id: $.session.id }"#
            => ok "{ status_code: 204 }",
        r#"- card: okta.create_import_session
  id: session
- card: okta.delete_import_session
  with: { session_id: $.session.id }
- card: okta.delete_import_session
  with: { session_id: $.session.id }"#
            => err "Only a session that is in CREATED or IN_PROGRESS status can be canceled",
    };
    // A second time Okta answers 400, so the card settles by itself whether the first had its effect.
    const DOES: Does = Does::Changes(Repeat::Never);
    const AFTER_CRASH: AfterCrash = AfterCrash::looks("by the session's status");
    const SCOPES: &[&str] = &["okta.identitySources.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Deleted;

    async fn run(self, okta: &Okta) -> Result<Deleted> {
        let path = okta.session(self.application_id.as_ref(), &self.session_id)?;
        let delete = || Call::new(Method::DELETE, path.as_str()).repeat(Repeat::Never);
        let read = |reply: &Reply| reply.is_of_the_api().map(|()| reply.status);
        let status = match okta.client.read(delete(), read).await {
            Err(fault) if fault.lost => match Session::fetch(okta, &path).await {
                Ok(session) if session.status == "CLOSED" => return Ok(Deleted { status_code: 204.0 }),
                Ok(_) => okta.client.read(delete(), read).await?,
                Err(_) => return Err(fault),
            },
            sent => sent?,
        };
        Ok(Deleted { status_code: f64::from(status) })
    }

    /// A session stays readable when it is closed. Who closed it is not shown.
    async fn settle(self, okta: &Okta, began: Began) -> Result<Settled<Deleted>> {
        let path = okta.session(self.application_id.as_ref(), &self.session_id)?;
        let session = Session::fetch(okta, &path).await?;
        let changed = began.against(&okta.client, session.last_updated.date());
        Ok(match &*session.status {
            "CLOSED" if changed != When::Before => Settled::Happened(Deleted { status_code: 204.0 }),
            _ => Settled::DidNot,
        })
    }
}
