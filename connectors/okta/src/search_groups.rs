//! Okta · Search Groups.

use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::Does;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::Text;
use flowrun_core::{Inputs, bail, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::given::{all_of, filled, quoted};
use crate::groups::{Groups, LISTING};
use crate::listing::{ResultSet, page_size};
use crate::{Okta, connection};

/// Searches groups by their name and other fields, all of which must fit.
///
/// A record has under `Profile` its `Name` and `Description` once more, and under `Raw Object` the group as Okta sends it. Without anything to look for, all groups are found, but `first`
/// wants something.
#[derive(Inputs)]
pub struct SearchGroups {
    /// `first`: the first group found, as single outputs. `first_200`: the first 200, as `groups`. `all`: all, as `groups`.
    /// `stream`: all, each given to `flow`.
    #[input(key = "resultSet", choices = ["first", "first_200", "all", "stream"])]
    result_set: Text,
    /// Only the group of this name, in any case.
    #[input(key = "profile.name")]
    name: Option<Text>,
    /// Only groups of this type: `OKTA_GROUP`, `APP_GROUP` or `BUILT_IN`.
    #[input(key = "type")]
    group_type: Option<Text>,
    /// Only the group of this ID.
    #[input(key = "id")]
    id: Option<Text>,
    /// Only groups of this description.
    #[input(key = "profile.description")]
    description: Option<Text>,
    /// Only groups made at this time, as Okta tells it.
    #[input(key = "created")]
    created: Option<Text>,
    /// Only groups whose profile was changed last at this time.
    #[input(key = "lastUpdated")]
    last_updated: Option<Text>,
    /// Only groups whose members were changed last at this time.
    #[input(key = "lastMembershipUpdated")]
    last_membership_updated: Option<Text>,
    /// Only groups that this finds, in Okta's expressions: `profile.name sw "Sales" and type eq "OKTA_GROUP"`.
    #[input(key = "Custom Search Criteria")]
    search: Option<Text>,
    /// What names begin with, in place of all other fields that limit the search.
    #[input(key = "Query")]
    query: Option<Text>,
    /// The helper flow that gets each group, as its input `Record`.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    #[input(key = "Limit")]
    record_limit: Option<f64>,
}

/// How many to ask for at once.
const PAGE: u32 = 1000;
/// The most that Okta gives of those whose name begins with something: they have one page.
const MOST_BEGINNING: u32 = 10_000;

impl Effect for SearchGroups {
    const ID: &str = "okta.search_groups";
    const EXPORTED_AS: &[&str] = &["channels:http:okta:searchGroups"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: okta.create_group
  id: group
  with: { name: Readers }
- card: okta.search_groups
  id: found
  with: { result_set: first, name: readers, group_type: OKTA_GROUP }
- card: flow_control.return
  with: { name: $.found.profile.Name }"#
            => ok "{ name: Readers }",
        r#"- card: okta.create_group
  id: group
  with: { name: Readers }
- card: okta.search_groups
  id: found
  with: { result_set: all, query: Writers }
- card: flow_control.return
  with: { groups: $.found.groups }"#
            => ok "{ groups: [] }",
        r#"- card: okta.create_group
  with: { name: Alpha }
- card: okta.create_group
  with: { name: Beta }
- card: okta.search_groups
  id: found
  with: { result_set: first, search: 'profile.name eq "Beta"', group_type: OKTA_GROUP }
- card: flow_control.return
  with: { name: $.found.profile.Name }"#
            => ok "{ name: Beta }",
        r#"- card: okta.create_group
  id: alpha
  with: { name: Alpha, description: Those who read }
- card: okta.create_group
  id: beta
  with: { name: Beta, description: Those who write }
- card: okta.search_groups
  id: described
  with: { result_set: first, description: Those who write }
- card: okta.search_groups
  id: numbered
  with: { result_set: first, id: $.alpha.id, created: $.alpha.created }
- card: flow_control.return
  with: { described: $.described.profile.Name, numbered: $.numbered.profile.Name }"#
            => ok "{ described: Beta, numbered: Alpha }",
        r#"- { card: okta.search_groups, with: { result_set: first, query: "" } }"#
            => err "nothing to look for is given",
    };
    const DOES: Does = Does::Reads;
    const SCOPES: &[&str] = &["okta.groups.read"];
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Okta;
    type Out = Groups;

    async fn run(self, okta: &Okta) -> Result<Groups> {
        let set = ResultSet::of::<Self>(&self.result_set, Self::RESULT_SET)?;
        let telling = [
            &self.name,
            &self.id,
            &self.description,
            &self.created,
            &self.last_updated,
            &self.last_membership_updated,
            &self.query,
            &self.search,
        ];
        if matches!(set, ResultSet::First) && telling.into_iter().all(|given| filled(given).is_none()) {
            return Err(Fault::new(FaultKind::InvalidInput, "nothing to look for is given")
                .help("fill `name`, `search` or `query`: the first of all groups would be any group"));
        }
        LISTING.found(okta, set, PAGE, |limit| self.first(limit)).await
    }

    async fn page(self, okta: &Okta, cursor: Cursor) -> Result<Page> {
        LISTING.page(okta, cursor, self.first(page_size(self.record_limit, PAGE))?).await
    }
}

impl SearchGroups {
    fn first(&self, limit: u32) -> Result<Call> {
        let wanted = [
            ("id", &self.id),
            ("created", &self.created),
            ("lastUpdated", &self.last_updated),
            ("lastMembershipUpdated", &self.last_membership_updated),
            ("type", &self.group_type),
            ("profile.name", &self.name),
            ("profile.description", &self.description),
        ];
        let tests = wanted.into_iter().filter_map(|(field, value)| {
            let value = filled(value)?;
            Some(format!("{field} eq {}", quoted(value)))
        });
        let search = all_of(tests.collect(), filled(&self.search));
        let mut pairs = vec![("limit", limit.to_string())];
        match filled(&self.query) {
            Some(_) if search.is_some() => {
                bail!(Self::QUERY, "Okta takes either `query`, or `search` and the fields that a group must have")
            }
            Some(query) => {
                let limit = if limit < PAGE { limit } else { MOST_BEGINNING };
                pairs = vec![("q", query.to_owned()), ("limit", limit.to_string())];
            }
            None => pairs.extend(search.map(|search| ("search", search))),
        }
        Ok(Call::get("/api/v1/groups").query(pairs))
    }
}
