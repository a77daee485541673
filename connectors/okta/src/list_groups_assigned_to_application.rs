//! Okta · List Groups Assigned to Application.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::Does;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::Result;
use flowrun_core::value::{Record, Text};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::applications::{self, GROUPS};
use crate::given::given;
use crate::listing::{ResultSet, page_size};
use crate::{Okta, connection};

/// Lists the groups that are assigned to an application.
#[derive(Inputs)]
pub struct ListGroupsAssignedToApplication {
    /// The application's ID.
    #[input(key = "applicationID")]
    application_id: Text,
    /// `first_200`: the first 200, as `groups`. `stream`: all, each given to `flow`.
    #[input(key = "resultSet", choices = ["first_200", "stream"])]
    result_set: Text,
    /// The helper flow that gets each group, as its input `Record`.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    #[input(key = "Limit")]
    record_limit: Option<f64>,
}

/// The groups, or how many there were.
#[derive(Default, Outputs)]
pub struct Listed {
    /// The groups assigned.
    #[output(key = "Groups", keys = applications::GROUP_KEYS)]
    groups: Option<Vec<Arc<Record>>>,
    /// How many groups were streamed.
    #[output(key = "Records Streamed")]
    records_streamed: Option<f64>,
    /// For how many of them the helper flow failed. Okta's card has no such output.
    failed: Option<f64>,
}

/// The most that Okta gives at once.
const PAGE: u32 = 200;

impl Effect for ListGroupsAssignedToApplication {
    const ID: &str = "okta.list_groups_assigned_to_application";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:listGroupsAssignedToApplication"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_group
  id: group
  with: { name: Readers }
- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.assign_group_to_application
  with: { application_id: $.app.id, group_id: $.group.id }
- card: okta.list_groups_assigned_to_application
  id: assigned
  with: { application_id: $.app.id, result_set: first_200 }
- card: flow_control.return
  with:
    priority: $.assigned.groups[0].Priority"#
            => ok "{ priority: 0 }",
        r#"- { card: okta.list_groups_assigned_to_application, with: { application_id: 0oaUnknown, result_set: first_200 } }"#
            => err "Okta answered 404 E0000007",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.apps.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Okta;
    type Out = Listed;

    async fn run(self, okta: &Okta) -> Result<Listed> {
        let set = ResultSet::of::<Self>(&self.result_set, Self::RESULT_SET)?;
        let groups = GROUPS.records(okta, set, PAGE, |limit| self.first(limit)).await?;
        Ok(Listed { groups: Some(groups), ..Listed::default() })
    }

    async fn page(self, okta: &Okta, cursor: Cursor) -> Result<Page> {
        GROUPS.page(okta, cursor, self.first(page_size(self.record_limit, PAGE))?).await
    }
}

impl ListGroupsAssignedToApplication {
    fn first(&self, limit: u32) -> Result<Call> {
        let id = given(&self.application_id, Self::APPLICATION_ID, "application's ID")?;
        Ok(Call::get(format!("{}/groups", applications::path(id))).query([("limit", limit.to_string())]))
    }
}
