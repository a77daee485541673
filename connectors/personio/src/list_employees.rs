//! Personio · List Employees.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::does::Does;
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::Result;
use flowrun_core::value::{Date, Record, Text, Value};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;

use crate::person::{self, Selection};
use crate::{Personio, attributes, connection, employees, persons};

/// Lists employees.
///
/// A record has the names of Okta's card: `ID`, `First Name`, `Last Name`, `Email`, `Status` (`onboarding`, `active`, `leave`,
/// `inactive`: those who left are listed too), `Position`, `Supervisor` with its own `ID` and names, `Department` with `ID`
/// and `Name`, and so on; what the account has defined itself is under `Custom Attributes` by its key, and by its label
/// too if it was asked for by that. Dates are texts with their offset. What the API credential may not read is missing.
///
/// Before anything is read, the card makes sure that the credential may read the attributes in `required_attributes`. It
/// fails rather than lose someone: when the list changes while it is read, or pages come short. Personio lists no order;
/// employees come as it sends them.
///
/// With `api: v2` the records have the same names, and these differences. Persons have no position, office, department, dates
/// of employment and the like: those are read from the person's employment, by one more request for each person, if
/// `attributes` names one of them or `employments` is true. Without, `Status` is `active` or `inactive` only, and `active`
/// includes those on leave and those yet to come. `Supervisor`, `Office`, `Department`, `Team`, `Subcompany` and `Cost
/// Centers` have IDs, no names; days are texts without time, and times are in UTC. What is required is looked for in the
/// first page, and counts as not readable if nobody there has it. v2 tells no total: the card sees when someone comes twice,
/// but that the list is whole is Personio's word.
#[derive(Inputs)]
pub struct ListEmployees {
    /// `first`: the first 100, as output `employees`. `stream`: all, each given to `flow`.
    #[input(key = "result_set_KUHHFJ", choices = ["first", "stream"])]
    result_set: Text,
    /// The helper flow that gets each employee, as its input `Record`.
    #[input(key = "Flow")]
    flow: Option<FlowName>,
    /// How many to stream at most; blank means all, 0 means none.
    #[input(key = "Record Limit")]
    record_limit: Option<f64>,
    /// The attributes to read, by Personio's keys (`first_name`, `dynamic_123`) or labels (`Mobile phone`, in the language of
    /// the account); blank means all. Fewer are read faster.
    attributes: Option<Vec<Text>>,
    /// The attributes that must be readable, by key or label; blank means `id`, `email`, `first_name`, `last_name` and
    /// `status`.
    required_attributes: Option<Vec<Text>>,
    /// Only employees who were changed since then. v1 does not say in which time zone it reads a date, so it is asked from 14
    /// hours earlier: some may come who were changed before, nobody is missed. v1 sends them all at once.
    changed_since: Option<Date>,
    /// The version of Personio's API.
    #[input(default = "v1", choices = ["v1", "v2"])]
    api: Text,
    /// With `api: v2`, reads the employment of each person too, whatever `attributes` says.
    employments: Option<bool>,
}

/// The employees, or how many there were.
#[derive(Outputs)]
pub struct Listed {
    /// The first 100 employees.
    #[output(key = "Employees")]
    employees: Option<Vec<Arc<Record>>>,
    /// How many employees were streamed.
    #[output(key = "Records Streamed")]
    records_streamed: Option<f64>,
    /// For how many of them the helper flow failed. Okta's card has no such output.
    failed: Option<f64>,
}

impl Effect for ListEmployees {
    const ID: &str = "personio.list_employees";
    const EXPORTED_AS: &[&str] = &["channels:http:personio:listEmployees_a9WrJTwAaa"];
    #[rustfmt::skip] // The formatter would move the YAML inside.
    const EXAMPLES: &[Example] = examples! {
        r#"- card: personio.list_employees
  id: list
  with: { result_set: first, attributes: [id, email] }
- card: list.length
  with: { list: $.list.employees }"#
            => ok "{ length: 100 }",
        r#"- card: personio.list_employees
  id: list
  with: { result_set: first, api: v2, attributes: [email, position] }
- card: list.length
  with: { list: $.list.employees }"#
            => ok "{ length: 100 }",
        r#"- { card: personio.list_employees, with: { result_set: first, required_attributes: [id, shoe_size] } }"#
            => err "shoe_size",
    };
    const DOES: Does = Does::Reads;
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    const STATE_IN_RECORD: bool = true;
    type Connection = Personio;
    type Out = Listed;

    async fn run(self, personio: &Personio) -> Result<Listed> {
        let employees = if self.is_v2()? {
            self.persons(FIRST)?.all(personio).await?
        } else {
            let page = self.employees(FIRST).page(personio, Cursor::First).await?;
            let records = page.records.into_iter().filter_map(|record| match record {
                Value::Object(record) => Some(record),
                _ => None,
            });
            records.collect()
        };
        Ok(Listed { employees: Some(employees), records_streamed: None, failed: None })
    }

    async fn page(self, personio: &Personio, cursor: Cursor) -> Result<Page> {
        let limit = self.record_limit.map_or(u64::MAX, |limit| limit.max(1.0) as u64);
        if self.is_v2()? {
            self.persons(limit)?.page(personio, cursor).await
        } else {
            self.employees(limit).page(personio, cursor).await
        }
    }
}

/// How many `first` gives.
const FIRST: u64 = 100;

impl ListEmployees {
    fn is_v2(&self) -> Result<bool> {
        match &*self.api {
            "v1" => Ok(false),
            "v2" => Ok(true),
            other => bail!(Self::API, "expected v1 or v2, found \"{other}\""),
        }
    }

    fn employees(self, limit: u64) -> employees::Reading {
        employees::Reading {
            attributes: self.attributes,
            required: attributes::required(self.required_attributes),
            changed_since: self.changed_since,
            limit,
        }
    }

    fn persons(self, limit: u64) -> Result<persons::Reading> {
        let selection = Selection::of(self.attributes.as_deref())?;
        let required = attributes::required(self.required_attributes);
        let employments = self.employments.unwrap_or_default()
            || selection.needs_employments()
            || required.iter().any(|name| person::is_of_employment(name));
        let since = self.changed_since.map(|since| ("updated_at.gt", since.to_string()));
        let filters = since.into_iter().collect();
        Ok(persons::Reading { filters, selection, required, employments, limit })
    }
}
