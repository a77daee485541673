//! Okta · Create Group.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::{Profiled, attributes, filled, given};
use crate::groups::Group;
use crate::{Okta, connection};

/// Creates a group without members.
///
/// If Okta's answer is lost, the card does not ask again, and fails: the group may be there.
#[derive(Inputs)]
pub struct CreateGroup {
    /// The group's name, which no other group may have.
    #[input(key = "Name")]
    name: Text,
    /// What the group is for.
    #[input(key = "Description")]
    description: Option<Text>,
    /// Further attributes of the profile, under Okta's names for them.
    #[input(rest)]
    attributes: Record,
}

impl Effect for CreateGroup {
    const ID: &str = "okta.create_group";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:createGroup"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_group
  id: group
  with: { name: Readers, description: Who reads, costCentre: "17" }
- card: flow_control.return
  with: { type: $.group.group_type, profile: $.group.profile }"#
            => ok "{ type: OKTA_GROUP, profile: { Name: Readers, Description: Who reads } }",
        r#"- card: okta.create_group
  id: group
  with: { name: Readers }
- card: okta.create_group
  with: { name: readers }"#
            => err "Okta answered 400 E0000001: Api validation failed: name",
    };
    const DOES: Does = Does::Changes(Repeat::Never);
    const SCOPES: &[&str] = &["okta.groups.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Group;

    async fn run(self, okta: &Okta) -> Result<Group> {
        let name = given(&self.name, Self::NAME, "group's name")?;
        let mut profile = attributes(self.attributes)?;
        profile.insert("name".into(), Value::from(name));
        if let Some(description) = filled(&self.description) {
            profile.insert("description".into(), Value::from(description));
        }
        let call = Call::post("/api/v1/groups")
            .about(okta.subject("create_group", name, Some(&profile)))
            .json(&Profiled { profile: profile.into() })?;
        okta.client.read(call, Group::read).await.map_err(|fault| match fault.lost {
            true => fault.help("search the group by its name: if there is one now, it was created"),
            false => fault,
        })
    }
}
