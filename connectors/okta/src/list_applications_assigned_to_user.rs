//! Okta · List Applications Assigned to User.

use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::Does;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::applications::{Applications, LISTING};
use crate::given::{given, quoted};
use crate::listing::{ResultSet, page_size};
use crate::{Okta, connection};

/// Lists the applications that are assigned to a user, by themselves or through a group.
///
/// A record is like one of List Applications. A user whom Okta doesn't know has none.
#[derive(Inputs)]
pub struct ListApplicationsAssignedToUser {
    /// The user's ID.
    #[input(key = "ID")]
    user_id: Text,
    /// `first_200`: the first 200, as `applications`. `stream`: all, each given to `flow`.
    #[input(key = "resultSet", default = "first_200", choices = ["first_200", "stream"])]
    result_set: Text,
    /// The helper flow that gets each application, as its input `Record`.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    #[input(key = "Limit")]
    record_limit: Option<f64>,
}

/// The most that Okta gives at once.
const PAGE: u32 = 200;

impl Effect for ListApplicationsAssignedToUser {
    const ID: &str = "okta.list_applications_assigned_to_user";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:listApplicationsAssignedToUser"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_user
  id: user
  with: { login: ada@example.com, email: ada@example.com, first_name: Ada, last_name: Lovelace }
- card: okta.search_applications
  id: app
  with: { result_set: first, query: Intranet }
- card: okta.assign_user_to_application_for_sso
  with: { application_id: $.app.id, user_id: $.user.id, user_name: ada@example.com }
- card: okta.list_applications_assigned_to_user
  id: assigned
  with: { user_id: $.user.id }
- card: flow_control.return
  with:
    labels: $.assigned.applications[*].Label"#
            => ok "{ labels: [Intranet] }",
        r#"- { card: okta.list_applications_assigned_to_user, with: { user_id: " " } }"#
            => err "the user's ID is blank",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.apps.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Okta;
    type Out = Applications;

    async fn run(self, okta: &Okta) -> Result<Applications> {
        let set = ResultSet::of::<Self>(&self.result_set, Self::RESULT_SET)?;
        LISTING.found(okta, set, PAGE, |limit| self.first(limit)).await
    }

    async fn page(self, okta: &Okta, cursor: Cursor) -> Result<Page> {
        LISTING.page(okta, cursor, self.first(page_size(self.record_limit, PAGE))?).await
    }
}

impl ListApplicationsAssignedToUser {
    fn first(&self, limit: u32) -> Result<Call> {
        let user = given(&self.user_id, Self::USER_ID, "user's ID")?;
        let filter = format!("user.id eq {}", quoted(user));
        Ok(Call::get("/api/v1/apps").query([("filter", filter), ("limit", limit.to_string())]))
    }
}
