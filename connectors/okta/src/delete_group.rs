//! Okta · Delete Group.

use std::time::Duration;

use axum::http::Method;
use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::{FaultKind, Result};
use flowrun_core::value::Text;
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;
use flowrun_kit::settled::{Began, Settled};

use crate::given::given;
use crate::groups::{self, Group};
use crate::lifecycle::status;
use crate::looked::there;
use crate::{Okta, connection};

/// Deletes a group that was made in Okta, for good. Its members stay users.
///
/// If Okta's answer is lost, the card looks whether the group is gone, and fails if it is not.
#[derive(Inputs)]
pub struct DeleteGroup {
    /// The group's ID.
    #[input(key = "ID")]
    group_id: Text,
}

/// That Okta did it.
#[derive(Outputs)]
pub struct Deleted {
    /// The status of Okta's answer: 204.
    #[output(key = "Status Code")]
    status_code: f64,
}

impl Effect for DeleteGroup {
    const ID: &str = "okta.delete_group";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:deleteGroup"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_group
  id: group
  with: { name: Readers }
- card: okta.delete_group
  with: { group_id: $.group.id }"#
            => ok "{ status_code: 204 }",
        r#"- { card: okta.delete_group, with: { group_id: 00gUnknown } }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    const AFTER_CRASH: AfterCrash = AfterCrash::looks("whether the group is still there");
    const SCOPES: &[&str] = &["okta.groups.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Deleted;

    async fn run(self, okta: &Okta) -> Result<Deleted> {
        let group = given(&self.group_id, Self::GROUP_ID, "group's ID")?;
        let path = groups::path(group);
        let call = Call::new(Method::DELETE, path.as_str())
            .repeat(Repeat::Never)
            .about(okta.subject("delete_group", group, None));
        let status_code = match okta.client.read(call, status).await {
            Err(fault) if fault.lost => match okta.client.read(Call::get(path), Group::read).await {
                Err(reading) if reading.kind == FaultKind::NotFound => 204.0,
                _ => return Err(fault),
            },
            answered => answered?,
        };
        Ok(Deleted { status_code })
    }

    /// An ID is never given to another group. That the group is gone does not show who deleted it, or when.
    async fn settle(self, okta: &Okta, _: Began) -> Result<Settled<Deleted>> {
        let path = groups::path(given(&self.group_id, Self::GROUP_ID, "group's ID")?);
        Ok(match there(okta.client.read(Call::get(path), Group::read).await)? {
            None => Settled::Happened(Deleted { status_code: 204.0 }),
            Some(_) => Settled::DidNot,
        })
    }
}
