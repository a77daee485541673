//! The steps of a user's life: how one is taken, and what to do when Okta's answer is lost.

use flowrun_core::Outputs;
use flowrun_core::fault::{FaultKind, Result};
use flowrun_core::value::{Value, get};
use flowrun_kit::call::{Call, Reply};

use crate::{Okta, users};

/// That Okta did it.
#[derive(Outputs)]
pub struct Done {
    /// The status of Okta's answer: 200.
    #[output(key = "statusCode")]
    pub(crate) status_code: f64,
}

/// One step.
pub(crate) struct Step {
    /// Okta's name for it.
    pub operation: &'static str,
    /// The statuses that it leads to.
    pub leads_to: &'static [&'static str],
}

impl Step {
    /// Takes it. If the answer is lost, the user's status tells whether it was taken, and it is taken again if not; what was
    /// still on its way when the answer took too long may arrive later, so that it is not taken again then.
    pub(crate) async fn take(&self, okta: &Okta, user: &str, mails: Option<bool>) -> Result<Done> {
        let path = users::path(user);
        let call = || {
            let mails = mails.map(|mails| ("sendEmail", mails.to_string()));
            Call::post(format!("{path}/lifecycle/{}", self.operation)).query(mails).about(okta.subject(
                self.operation,
                user,
                None,
            ))
        };
        let taken = match okta.client.read(call(), status).await {
            Err(fault) if fault.lost => match user_status(okta, &path).await {
                Ok(status) if self.leads_to.contains(&&*status) => Ok(200.0),
                Ok(_) if fault.kind != FaultKind::Timeout => okta.client.read(call(), status).await,
                _ => Err(fault),
            },
            taken => taken,
        };
        Ok(Done { status_code: taken? })
    }
}

/// The status of an answer that comes from the API.
pub(crate) fn status(reply: &Reply) -> Result<f64> {
    reply.is_of_the_api()?;
    Ok(f64::from(reply.status))
}

/// A user's status as it is now.
pub(crate) async fn user_status(okta: &Okta, path: &str) -> Result<String> {
    okta.client.read(Call::get(path), |reply| Ok(text(&reply.value()?, "status"))).await
}

fn text(value: &Value, name: &str) -> String {
    get(value, name).as_text().map(ToString::to_string).unwrap_or_default()
}
