//! Okta · List Applications.

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
use crate::listing::{ResultSet, page_size};
use crate::{Okta, connection};

/// Lists the org's applications.
///
/// A record is like one of Search Applications.
#[derive(Inputs)]
pub struct ListApplications {
    /// `first_200`: the first 200, as `applications`. `stream`:
    /// all, each given to `flow`.
    #[input(key = "resultSet", choices = ["first_200", "stream"])]
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

impl Effect for ListApplications {
    const ID: &str = "okta.list_applications";
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.list_applications
  id: found
  with: { result_set: first_200 }
- card: flow_control.return
  with:
    label: $.found.applications[1].Label"#
            => ok "{ label: Intranet }",
        r#"- { card: okta.list_applications, with: { result_set: all } }"#
            => err "expected first_200 or stream",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.apps.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Okta;
    type Out = Applications;

    async fn run(self, okta: &Okta) -> Result<Applications> {
        let set = ResultSet::of::<Self>(&self.result_set, Self::RESULT_SET)?;
        LISTING.found(okta, set, PAGE, |limit| Ok(first(limit))).await
    }

    async fn page(self, okta: &Okta, cursor: Cursor) -> Result<Page> {
        LISTING.page(okta, cursor, first(page_size(self.record_limit, PAGE))).await
    }
}

fn first(limit: u32) -> Call {
    Call::get("/api/v1/apps").query([("limit", limit.to_string())])
}
