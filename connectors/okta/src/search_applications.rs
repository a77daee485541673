//! Okta · Search Applications.

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
use crate::given::given;
use crate::listing::{ResultSet, page_size};
use crate::{Okta, connection};

/// Searches applications whose name or label begins with a text.
///
/// A record has under `Raw Output` the application as Okta sends it.
/// Several may begin alike: `first` is the first that Okta gives, so look at the label.
#[derive(Inputs)]
pub struct SearchApplications {
    /// `first`: the first application found, as single outputs. `first_200`: the first 200, as `applications`. `stream`:
    /// all, each given to `flow`.
    #[input(key = "resultSet", choices = ["first", "first_200", "stream"])]
    result_set: Text,
    /// What name or label begin with.
    #[input(key = "Query")]
    query: Text,
    /// The helper flow that gets each application, as its input `Record`.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    #[input(key = "Limit")]
    record_limit: Option<f64>,
}

/// The most that Okta gives at once.
const PAGE: u32 = 200;

impl Effect for SearchApplications {
    const ID: &str = "okta.search_applications";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:searchApplications"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.search_applications
  id: app
  with: { result_set: first, query: intra }
- card: flow_control.return
  with: { label: $.app.label, status: $.app.status }"#
            => ok "{ label: Intranet, status: ACTIVE }",
        r#"- { card: okta.search_applications, with: { result_set: first, query: "" } }"#
            => err "the text to look for is blank",
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

impl SearchApplications {
    fn first(&self, limit: u32) -> Result<Call> {
        let query = given(&self.query, Self::QUERY, "text to look for")?;
        Ok(Call::get("/api/v1/apps").query([("q", query), ("limit", limit.to_string().as_str())]))
    }
}
