//! Okta · Read Group.

use std::time::Duration;

use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::given;
use crate::groups::Group;
use crate::{Okta, connection, groups};

/// Reads a group.
///
/// Besides the outputs listed, every attribute of the profile can be named as an output.
#[derive(Inputs)]
pub struct ReadGroup {
    /// The group's ID.
    #[input(key = "ID")]
    group_id: Text,
}

impl Effect for ReadGroup {
    const ID: &str = "okta.read_group";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:readGroup"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_group
  id: group
  with: { name: Readers }
- card: okta.read_group
  id: read
  with: { group_id: $.group.id }
- card: flow_control.return
  with: { name: $.read.profile.Name }"#
            => ok "{ name: Readers }",
        r#"- { card: okta.read_group, with: { group_id: 00gUnknown } }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.groups.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    type Connection = Okta;
    type Out = Group;

    async fn run(self, okta: &Okta) -> Result<Group> {
        let call = Call::get(groups::path(given(&self.group_id, Self::GROUP_ID, "group's ID")?));
        okta.client.read(call, Group::read).await
    }
}
