//! Okta · Create Group.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::{AfterCrash, Does, Repeat};
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;
use flowrun_kit::settled::{Began, Settled, When};

use crate::given::{Profiled, attributes, filled, given};
use crate::groups::{self, AS_SENT, Group, profile};
use crate::looked::{holds, text};
use crate::shown::Time;
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
    const AFTER_CRASH: AfterCrash = AfterCrash::looks("by the name, what the profile holds, and when the group was created");
    const SCOPES: &[&str] = &["okta.groups.manage"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Group;

    async fn run(self, okta: &Okta) -> Result<Group> {
        let name = given(&self.name, Self::NAME, "group's name")?;
        let profile = self.sent()?;
        let call = Call::post("/api/v1/groups")
            .about(okta.subject("create_group", name, Some(&profile)))
            .json(&Profiled { profile: profile.into() })?;
        okta.client.read(call, Group::read).await.map_err(|fault| match fault.lost {
            true => fault.help("search the group by its name: if there is one now, it was created"),
            false => fault,
        })
    }

    /// No two groups that are made in Okta have the same name, so that one that was there before made the request fail, and a wrong
    /// "did not" would end with Okta's refusal, never with two groups. `q` is asked, not `search`, which Okta says may be late.
    async fn settle(self, okta: &Okta, began: Began) -> Result<Settled<Group>> {
        let name = given(&self.name, Self::NAME, "group's name")?;
        let sent = self.sent()?;
        let most = MOST.to_string();
        let call = Call::get("/api/v1/groups").query([("q", name), ("limit", &most)]);
        let groups = AS_SENT.everything(okta, call).await?;
        let named = |group: &&Arc<Record>| {
            text(&profile(group), "name").to_lowercase() == name.to_lowercase() && text(group, "type") == "OKTA_GROUP"
        };
        let Some(found) = groups.iter().find(named) else {
            let all = groups.len() < MOST;
            return Ok(match all {
                true => Settled::DidNot,
                false => Settled::unknown("more groups begin with this name than Okta lists at once"),
            });
        };
        let created = Time::of(found, "created").date();
        Ok(match began.against(&okta.client, created) {
            When::Before => Settled::DidNot,
            When::Since if holds(&profile(found), &sent) => {
                let call = Call::get(groups::path(text(found, "id")));
                Settled::Happened(okta.client.read(call, Group::read).await?)
            }
            When::Since => Settled::unknown("a group with this name was created since then, which is not as asked for"),
            When::Unclear => Settled::unknown("a group with this name was created about then"),
        })
    }
}

/// How many groups one look lists.
const MOST: usize = 200;

impl CreateGroup {
    /// The profile as Okta is sent it.
    fn sent(&self) -> Result<Record> {
        let mut profile = attributes(self.attributes.clone())?;
        profile.insert("name".into(), Value::from(given(&self.name, Self::NAME, "group's name")?));
        if let Some(description) = filled(&self.description) {
            profile.insert("description".into(), Value::from(description));
        }
        Ok(profile)
    }
}
