//! Personio · List Persons.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::Does;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::Result;
use flowrun_core::value::{Date, Record, Text};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;

use crate::person::Selection;
use crate::{Personio, attributes, connection, persons};

/// Lists persons, by version 2 of Personio's API.
///
/// A record is like one of `personio.list_employees`, with what persons have: `ID`, `First Name`, `Last Name`, `Preferred
/// Name`, `Email`, `Gender`, `Status` (`active`, which includes those on leave and those yet to come, or `inactive`), `Created
/// At`, `Last Modified`, `Profile Picture` and `Custom Attributes`. Of all filters given, each must fit. What is required is
/// looked for in the first page, and counts as not readable if nobody there has it. The card fails if someone comes twice
/// because the list changed while it was read; v2 tells no total that more could be checked by.
#[derive(Inputs)]
#[allow(dead_code)]
pub struct ListPersons {
    /// `first`: the first 100, as output `persons`. `stream`: all, each given to `flow`.
    #[input(choices = ["first", "stream"])]
    result_set: Text,
    /// The helper flow that gets each person, as its input `Record`.
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    record_limit: Option<f64>,
    /// Only persons of this status.
    #[input(choices = ["active", "inactive"])]
    status: Option<Text>,
    /// Only the person with this mail address; several are separated by commas.
    email: Option<Text>,
    /// Only persons who were changed after this.
    updated_since: Option<Date>,
    /// Only persons who were created after this.
    created_since: Option<Date>,
    /// The attributes that records have, by key (`first_name`, `dynamic_123`) or label (`Mobile phone`); blank means all.
    attributes: Option<Vec<Text>>,
    /// The attributes that must be readable, by key or label; blank means `id`, `email`, `first_name`, `last_name` and
    /// `status`.
    required_attributes: Option<Vec<Text>>,
}

/// The persons, or how many there were.
#[derive(Outputs)]
pub struct Listed {
    /// The first 100 persons.
    persons: Option<Vec<Arc<Record>>>,
    /// How many persons were streamed.
    records_streamed: Option<f64>,
    /// For how many of them the helper flow failed.
    failed: Option<f64>,
}

impl Effect for ListPersons {
    const ID: &str = "personio.list_persons";
    // Okta has no such card.
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: personio.list_persons
  id: list
  with: { result_set: first, status: active, attributes: [email] }
- card: list.length
  with: { list: $.list.persons }"#
            => ok "{ length: 100 }",
        r#"- { card: personio.list_persons, with: { result_set: first, required_attributes: [shoe_size] } }"#
            => err "the API credential may not read shoe_size",
    };
    const DOES: Does = Does::Reads;
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Personio;
    type Out = Listed;

    async fn run(self, personio: &Personio) -> Result<Listed> {
        let persons = self.reading(FIRST)?.all(personio).await?;
        Ok(Listed { persons: Some(persons), records_streamed: None, failed: None })
    }

    async fn page(self, personio: &Personio, cursor: Cursor) -> Result<Page> {
        let limit = self.record_limit.map_or(u64::MAX, |limit| limit.max(1.0) as u64);
        self.reading(limit)?.page(personio, cursor).await
    }
}

/// How many `first` gives.
const FIRST: u64 = 100;

impl ListPersons {
    fn reading(self, limit: u64) -> Result<persons::Reading> {
        let given = |text: &Option<Text>| {
            text.as_ref().map(|text| text.trim().to_owned()).filter(|it| !it.is_empty())
        };
        let status = match given(&self.status).as_deref() {
            None => None,
            Some("active") => Some("ACTIVE".to_owned()),
            Some("inactive") => Some("INACTIVE".to_owned()),
            Some(other) => bail!(Self::STATUS, "expected active or inactive, found \"{other}\""),
        };
        let filters = [
            ("status", status),
            ("email", given(&self.email)),
            ("updated_at.gt", self.updated_since.map(|since| since.to_string())),
            ("created_at.gt", self.created_since.map(|since| since.to_string())),
        ];
        Ok(persons::Reading {
            filters: filters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            selection: Selection::of(self.attributes.as_deref())?,
            required: attributes::required(self.required_attributes),
            employments: false,
            limit,
        })
    }
}
