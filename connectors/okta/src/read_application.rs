//! Okta · Read Application.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Text, Value, get};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::call::{Call, Reply};
use flowrun_kit::effect::Effect;

use crate::given::given;
use crate::{Okta, applications, connection};

/// Reads an application.
#[derive(Inputs)]
pub struct ReadApplication {
    /// The application's ID.
    #[input(key = "applicationID")]
    application_id: Text,
}

/// The application.
#[derive(Outputs)]
pub struct Read {
    /// The application's ID.
    #[output(key = "ID")]
    id: Text,
    /// Its name: that of its kind, such as `bookmark`.
    #[output(key = "Name")]
    name: Option<Text>,
    /// Its label: what people call it.
    #[output(key = "Label")]
    label: Option<Text>,
    /// `ACTIVE` or `INACTIVE`.
    #[output(key = "Status")]
    status: Option<Text>,
    /// The application as Okta sends it.
    #[output(key = "Raw Output")]
    raw_output: Value,
}

impl Effect for ReadApplication {
    const ID: &str = "okta.read_application";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:readApplication"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.read_application
  id: read
  with: { application_id: $.app.id }
- card: flow_control.return
  with: { label: $.read.label, mode: $.read.raw_output.signOnMode }"#
            => ok "{ label: Intranet, mode: SAML_2_0 }",
        r#"- { card: okta.read_application, with: { application_id: 0oaUnknown } }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.apps.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Read;

    async fn run(self, okta: &Okta) -> Result<Read> {
        let id = given(&self.application_id, Self::APPLICATION_ID, "application's ID")?;
        let read = |reply: &Reply| {
            let value = reply.value()?;
            let text = |name: &str| get(&value, name).as_text().cloned();
            let id = text("id").filter(|id| !id.is_empty()).ok_or_else(|| {
                let message = "Okta answered with something that isn't an application: it lacks `id`";
                Fault::new(FaultKind::Parse, message).code(reply.status).body(value.clone())
            })?;
            let (name, label, status) = (text("name"), text("label"), text("status"));
            Ok(Read { id, name, label, status, raw_output: value.clone() })
        };
        okta.client.read(Call::get(applications::path(id)), read).await
    }
}
