//! Okta · Update Group.

use std::time::Duration;

use axum::http::Method;
use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::{Profiled, attributes, filled, given};
use crate::groups::Group;
use crate::{Okta, connection, groups};

/// Changes the profile of a group that was made in Okta.
///
/// Okta replaces the whole profile, so the card reads it first and sends what is not given as it is: nothing is emptied because
/// a value is missing. What somebody else changes in between is lost.
#[derive(Inputs)]
pub struct UpdateGroup {
    /// The group's ID.
    #[input(key = "ID")]
    group_id: Text,
    /// The group's new name.
    #[input(key = "Name")]
    name: Option<Text>,
    /// What the group is for.
    #[input(key = "Description")]
    description: Option<Text>,
    /// Further attributes of the profile, under Okta's names for them.
    #[input(rest)]
    attributes: Record,
}

impl Effect for UpdateGroup {
    const ID: &str = "okta.update_group";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:updateGroup"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_group
  id: group
  with: { name: Readers }
- card: okta.update_group
  id: updated
  with: { group_id: $.group.id, description: Who reads, email: readers@example.com }
- card: flow_control.return
  with: { profile: $.updated.profile }"#
            => ok "{ profile: { Name: Readers, Description: Who reads } }",
        r#"- { card: okta.update_group, with: { group_id: 00gUnknown, name: Writers } }"#
            => err "Okta answered 404 E0000007",
        r#"- card: okta.create_group
  id: group
  with: { name: Readers }
- card: okta.update_group
  with: { group_id: $.group.id }"#
            => err "nothing to change is given",
    };
    const DOES: Does = Does::Changes(Repeat::Safe);
    const SCOPES: &[&str] = &["okta.groups.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Group;

    async fn run(self, okta: &Okta) -> Result<Group> {
        let id = given(&self.group_id, Self::GROUP_ID, "group's ID")?;
        let mut changes = attributes(self.attributes)?;
        for (name, text) in [("name", &self.name), ("description", &self.description)] {
            if let Some(text) = filled(text) {
                changes.insert(name.into(), Value::from(text));
            }
        }
        if changes.is_empty() {
            return Err(Fault::new(
                FaultKind::InvalidInput,
                "nothing to change is given, or all of it is blank",
            ));
        }
        let path = groups::path(id);
        let group = okta.client.read(Call::get(path.as_str()), |reply| reply.value()).await?;
        let mut profile = group.as_object().map(groups::profile).unwrap_or_default();
        profile.extend(changes);
        let call = Call::new(Method::PUT, path)
            .about(okta.subject("update_group", id, Some(&profile)))
            .json(&Profiled { profile: profile.into() })?;
        okta.client.read(call, Group::read).await
    }
}
