//! Okta · Assign Group to Application.

use std::time::Duration;

use axum::http::Method;
use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Text, Value, get};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::address::segment;
use flowrun_kit::call::{Call, Reply};
use flowrun_kit::effect::Effect;
use serde::Serialize;

use crate::given::given;
use crate::shown::Time;
use crate::{Okta, applications, connection};

/// Assigns a group to an application: everybody who is in it, now or later, can sign in there.
#[derive(Inputs)]
pub struct AssignGroupToApplication {
    /// The application's ID.
    #[input(key = "applicationID")]
    application_id: Text,
    /// The group's ID.
    #[input(key = "groupID")]
    group_id: Text,
}

/// The group, as the application has it.
#[derive(Outputs)]
pub struct Assigned {
    /// The group's ID.
    #[output(key = "ID")]
    id: Text,
    /// When the assignment was changed last.
    #[output(key = "Last Updated")]
    last_updated: Time,
    /// Which group counts for a user who is in several: the lowest.
    #[output(key = "Priority")]
    priority: Value,
    /// Where more of the assignment is found.
    #[output(key = "Links")]
    links: Value,
    /// The application's attributes for those in the group.
    #[output(key = "Profile")]
    profile: Value,
}

/// Neither priority nor attributes: the application decides.
#[derive(Serialize)]
struct Empty {}

impl Effect for AssignGroupToApplication {
    const ID: &str = "okta.assign_group_to_application";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:assignGroupToApplication"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.create_group
  id: group
  with: { name: Readers }
- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.add_user_to_group
  with: { group_id: $.group.id, user_id: $.user.id }
- card: okta.assign_group_to_application
  with: { application_id: $.app.id, group_id: $.group.id }
- card: okta.get_assigned_user_for_application
  id: assigned
  with: { application_id: $.app.id, user_id: $.user.id }
- card: flow_control.return
  with: { scope: $.assigned.scope }"#
            => ok "{ scope: GROUP }",
        r#"- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.assign_group_to_application
  with: { application_id: $.app.id, group_id: 00gUnknown }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    const SCOPES: &[&str] = &["okta.apps.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Assigned;

    async fn run(self, okta: &Okta) -> Result<Assigned> {
        let application = given(&self.application_id, Self::APPLICATION_ID, "application's ID")?;
        let group = given(&self.group_id, Self::GROUP_ID, "group's ID")?;
        let target = format!("{}/groups/{}", applications::path(application), segment(group));
        let call = Call::new(Method::PUT, target)
            .about(okta.subject("assign_group", group, None))
            .json(&Empty {})?;
        okta.client.read(call, Assigned::read).await
    }
}

impl Assigned {
    fn read(reply: &Reply) -> Result<Assigned> {
        let value = reply.value()?;
        let text = |name: &str| get(&value, name).as_text().cloned();
        let id = text("id").filter(|id| !id.is_empty()).ok_or_else(|| {
            let message = "Okta answered with something that isn't an assignment of a group: it lacks `id`";
            Fault::new(FaultKind::Parse, message).code(reply.status).body(value.clone())
        })?;
        Ok(Assigned {
            id,
            last_updated: value.as_object().map(|group| Time::of(group, "lastUpdated")).unwrap_or_default(),
            priority: get(&value, "priority"),
            links: get(&value, "_links"),
            profile: get(&value, "profile"),
        })
    }
}
