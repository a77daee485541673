//! Okta · Search Group Rules.

use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::Does;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::Result;
use flowrun_core::value::Text;
use flowrun_core::{Inputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::filled;
use crate::group_rules::{LISTING, PATH, Rules};
use crate::listing::{ResultSet, page_size};
use crate::{Okta, connection};

/// Searches group rules by a keyword. Without one, all rules are found.
#[derive(Inputs)]
pub struct SearchGroupRules {
    /// `first`: the first rule found, as single outputs. `first_200`: the first 200, as `group_rules`. `stream`: all, each given
    /// to `flow`.
    #[input(key = "resultSet", choices = ["first", "first_200", "stream"])]
    result_set: Text,
    /// The keyword.
    #[input(key = "Search")]
    search: Option<Text>,
    /// The helper flow that gets each rule, as its input `Record`.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    #[input(key = "Limit")]
    record_limit: Option<f64>,
}

/// The most that Okta gives at once.
const PAGE: u32 = 200;

impl Effect for SearchGroupRules {
    const ID: &str = "okta.search_group_rules";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:searchGroupRules"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_group
  id: group
  with: { name: Sellers }
- card: okta.create_group_rule
  with:
    name: Sellers sell
    expression: user.department == "Sales"
    assign_to_groups: ["{{ group.id }}"]
- card: okta.search_group_rules
  id: found
  with: { result_set: first, search: sell }
- card: flow_control.return
  with: { name: $.found.name, status: $.found.status }"#
            => ok "{ name: Sellers sell, status: INACTIVE }",
        r#"- card: okta.search_group_rules
  id: found
  with: { result_set: first_200, search: no such rule }
- card: flow_control.return
  with: { rules: $.found.group_rules }"#
            => ok "{ rules: [] }",
        r#"- { card: okta.search_group_rules, with: { result_set: second } }"#
            => err "expected first, first_200 or stream",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.groups.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Okta;
    type Out = Rules;

    async fn run(self, okta: &Okta) -> Result<Rules> {
        let set = ResultSet::of::<Self>(&self.result_set, Self::RESULT_SET)?;
        LISTING.found(okta, set, PAGE, |limit| Ok(self.first(limit))).await
    }

    async fn page(self, okta: &Okta, cursor: Cursor) -> Result<Page> {
        LISTING.page(okta, cursor, self.first(page_size(self.record_limit, PAGE))).await
    }
}

impl SearchGroupRules {
    fn first(&self, limit: u32) -> Call {
        let mut pairs = vec![("limit", limit.to_string())];
        pairs.extend(filled(&self.search).map(|search| ("search", search.to_owned())));
        Call::get(PATH).query(pairs)
    }
}
