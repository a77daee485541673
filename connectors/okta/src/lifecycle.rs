//! The steps of a user's life: how one is taken, and what to do when Okta's answer is lost.

use flowrun_core::Outputs;
use flowrun_core::fault::{FaultKind, Result};
use flowrun_core::value::{Value, get};
use flowrun_kit::call::{Call, Reply};
use flowrun_kit::settled::{Began, Settled, When};

use crate::looked::there;
use crate::shown::Time;
use crate::{Okta, users};

/// Declares a card that takes one step of a user's life; `mails` is the input that says whether Okta sends one.
macro_rules! lifecycle {
    (
        $(#[doc = $docs:literal])+
        $card:ident, $id:literal, exported_as: $addresses:expr, $operation:literal => $leads_to:expr,
        $(mails: $mails:ident { $(#[$($attribute:tt)+])+ },)?
        examples: $examples:expr
    ) => {
        const STEP: $crate::lifecycle::Step =
            $crate::lifecycle::Step { operation: $operation, leads_to: $leads_to };

        $(#[doc = $docs])+
        #[derive(flowrun_core::Inputs)]
        pub struct $card {
            /// The user's ID or login.
            #[input(key = "id")]
            id_or_login: flowrun_core::value::Text,
            $($(#[$($attribute)+])+
            $mails: flowrun_core::value::Text,)?
        }

        impl flowrun_kit::effect::Effect for $card {
            const ID: &str = $id;
            const EXPORTED_AS: &[&str] = $addresses;
            const EXAMPLES: &[flowrun_core::card::Example] = $examples;
            const DOES: flowrun_core::does::Does = flowrun_core::does::Does::Changes(flowrun_core::does::Repeat::Safe);
            // A second time Okta refuses what it has done, so the step is looked for.
            const AFTER_CRASH: flowrun_core::does::AfterCrash =
                flowrun_core::does::AfterCrash::looks("by the user's status, and since when it is so");
            const SCOPES: &[&str] = &["okta.users.manage"];
            const TIMEOUT: std::time::Duration = $crate::connection::TIMEOUT;
            type Connection = $crate::Okta;
            type Out = $crate::lifecycle::Done;

            async fn run(self, okta: &$crate::Okta) -> flowrun_core::fault::Result<$crate::lifecycle::Done> {
                let user = $crate::given::given(&self.id_or_login, Self::ID_OR_LOGIN, "user's ID or login")?;
                let mails = None$(.or(Some($crate::given::yes(&self.$mails, Self::SEND_EMAIL)?)))?;
                STEP.take(okta, user, mails).await
            }

            async fn settle(
                self,
                okta: &$crate::Okta,
                began: flowrun_kit::settled::Began,
            ) -> flowrun_core::fault::Result<flowrun_kit::settled::Settled<$crate::lifecycle::Done>> {
                let user = $crate::given::given(&self.id_or_login, Self::ID_OR_LOGIN, "user's ID or login")?;
                STEP.look(okta, user, began).await
            }
        }
    };
}

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

    /// Looks whether it was taken. The status shows where the user is, and its time whether that was so before: then Okta would
    /// have refused the step, and refuses it again. Who took it is not shown.
    pub(crate) async fn look(&self, okta: &Okta, user: &str, began: Began) -> Result<Settled<Done>> {
        let read = |reply: &Reply| {
            let user = reply.value()?;
            let since = user.as_object().map(|user| Time::of(user, "statusChanged")).unwrap_or_default();
            Ok((text(&user, "status"), since.date()))
        };
        let call = Call::get(users::path(user));
        let Some((status, since)) = there(okta.client.read(call, read).await)? else {
            return Ok(Settled::DidNot);
        };
        Ok(match began.against(&okta.client, since) {
            _ if !self.leads_to.contains(&&*status) => Settled::DidNot,
            When::Before => Settled::DidNot,
            When::Since => Settled::Happened(Done { status_code: 200.0 }),
            When::Unclear => {
                Settled::unknown(format!("the user is {status} now, and may have been so before"))
            }
        })
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
