//! Personio · List Employees.

use std::sync::Arc;
use std::time::Duration;

use flowrun_core::card::{Example, FlowName};
use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_core::{Inputs, Outputs, examples};
use flowrun_kit::call::Call;
use flowrun_kit::effect::Effect;

use crate::record::{self, Employees};
use crate::{Personio, connection};

/// Lists employees.
///
/// A record has the names of Okta's card: `ID`, `First Name`, `Last Name`, `Email`, `Status` (`onboarding`, `active`, `leave`,
/// `inactive`: those who left are listed too), `Position`, `Supervisor` with its own `ID` and names, `Department` with `ID`
/// and `Name`, and so on; what the account has defined itself stands under `Custom Attributes` by its key. Dates
/// are texts with their offset. What the API credential may not read is missing.
///
/// Before anything is read, the card makes sure that the credential may read the attributes in `required_attributes`. It
/// fails rather than lose someone: when the list changes while it is read, or pages come short. Personio lists no order;
/// employees come as it sends them.
#[derive(Inputs)]
#[allow(dead_code)]
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
    /// The attributes to read, by Personio's keys (`first_name`); blank means all. Fewer are read faster.
    attributes: Option<Vec<Text>>,
    /// The attributes that must be readable, by Personio's keys; blank means `id`, `email`, `first_name`, `last_name` and
    /// `status`.
    required_attributes: Option<Vec<Text>>,
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
        r#"- { card: personio.list_employees, with: { result_set: first, required_attributes: [id, shoe_size] } }"#
            => err "shoe_size",
    };
    const IDEMPOTENT: bool = true;
    const TIMEOUT: Duration = connection::TIMEOUT;
    const STREAMS: bool = true;
    type Connection = Personio;
    type Out = Listed;

    async fn run(self, personio: &Personio) -> Result<Listed> {
        self.check_attributes(personio).await?;
        let page = self.fetch(personio, 0, PAGE).await?;
        Place::default().after(&page, PAGE)?;
        let records = page.records.into_iter().filter_map(|record| match record {
            Value::Object(record) => Some(record),
            _ => None,
        });
        Ok(Listed { employees: Some(records.collect()), records_streamed: None, failed: None })
    }

    async fn page(self, personio: &Personio, cursor: Cursor) -> Result<Page> {
        let place = match &cursor {
            Cursor::First => {
                self.check_attributes(personio).await?;
                Place::default()
            }
            Cursor::After(value) => Place::read(value)?,
        };
        let limit = self.record_limit.map_or(u64::MAX, |limit| limit.max(1.0) as u64);
        let wanted = limit.saturating_sub(place.offset).clamp(1, PAGE);
        let page = self.fetch(personio, place.offset, wanted).await?;
        let after = place.after(&page, wanted)?;
        let done = after.offset >= after.total || after.offset >= limit;
        Ok(Page { records: page.records, next: (!done).then(|| after.write()) })
    }
}

/// The most that Personio gives at once.
const PAGE: u64 = 100;

/// What must be readable unless the flow says otherwise: what an import into Okta can't do without.
const REQUIRED: [&str; 5] = ["id", "email", "first_name", "last_name", "status"];

impl ListEmployees {
    async fn fetch(&self, personio: &Personio, offset: u64, limit: u64) -> Result<Employees> {
        let mut call = Call::get("/v1/company/employees")
            .query([("limit", limit.to_string()), ("offset", offset.to_string())]);
        if let Some(attributes) = &self.attributes {
            // The ID tells a page that came twice.
            let id = Some("id").filter(|id| !attributes.iter().any(|attribute| attribute == id));
            let all = id.into_iter().chain(attributes.iter().map(|attribute| &**attribute));
            call = call.query(all.map(|attribute| ("attributes[]", attribute)));
        }
        let page = personio
            .client
            .read(call, |reply| record::read(&reply.body).map_err(|error| reply.unreadable(&error)));
        Ok(page.await?)
    }

    /// Fails unless the credential may read what is required: Personio leaves out the rest without a word.
    async fn check_attributes(&self, personio: &Personio) -> Result<()> {
        let default: Vec<Text> = REQUIRED.iter().map(|&key| Text::from(key)).collect();
        let required = self.required_attributes.as_ref().unwrap_or(&default);
        if required.is_empty() {
            return Ok(());
        }
        let call = Call::get("/v1/company/employees/attributes");
        let readable = personio.client.read(call, |reply| {
            record::read_attributes(&reply.body).map_err(|error| reply.unreadable(&error))
        });
        let readable = readable.await?;
        let missing: Vec<&str> = required
            .iter()
            .map(|key| &**key)
            .filter(|key| !readable.iter().any(|known| known == key))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!("the API credential may not read {}", missing.join(", "));
        let help = "in Personio, open Settings, API credentials, and tick these attributes as readable; or name under \
                    `required_attributes` only what the flow needs";
        Err(Fault::new(FaultKind::Forbidden, message).help(help))
    }
}

/// How far a stream has come.
#[derive(Debug, Default, PartialEq)]
struct Place {
    /// How many employees were read.
    offset: u64,
    /// How many there are, as the first page said.
    total: u64,
    /// The ID of the last one read.
    last: Option<Text>,
}

impl Place {
    fn read(value: &Value) -> Result<Place> {
        let lost = || Fault::new(FaultKind::InvalidInput, "this is no place in a list of employees");
        let members = value.as_object().ok_or_else(lost)?;
        let number = |name: &str| members.get(name).and_then(Value::as_number).map(|number| number as u64);
        let last = members.get("last").and_then(Value::as_text).cloned();
        Ok(Place {
            offset: number("offset").ok_or_else(lost)?,
            total: number("total").ok_or_else(lost)?,
            last,
        })
    }

    fn write(&self) -> Value {
        let number = |number: u64| Value::Number(number as f64);
        let last = Value::from(self.last.clone());
        Value::object([("offset", number(self.offset)), ("total", number(self.total)), ("last", last)])
    }

    /// The place after `page`; fails if someone may have been lost or read twice on the way.
    fn after(&self, page: &Employees, wanted: u64) -> Result<Place> {
        let Some(total) = page.total else {
            return Err(changed("Personio did not say how many employees there are".to_owned()));
        };
        if self.offset > 0 && total != self.total {
            let before = self.total;
            return Err(changed(format!(
                "the list changed while it was read: {before} employees at first, {total} after {}",
                self.offset
            )));
        }
        let (read, left) = (page.records.len() as u64, total.saturating_sub(self.offset));
        if read != left.min(wanted) {
            return Err(changed(format!(
                "Personio gave {read} employees where {} were to come: {} of {total} were read before",
                left.min(wanted),
                self.offset
            )));
        }
        let id = |record: &Value| record.as_object().and_then(|record| record.get("ID")?.as_text().cloned());
        if let Some(last) = &self.last
            && page.records.iter().any(|record| id(record).as_ref() == Some(last))
        {
            return Err(changed(format!("the list moved while it was read: employee {last} came twice")));
        }
        let last = page.records.last().and_then(id);
        Ok(Place { offset: self.offset + read, total, last })
    }
}

fn changed(message: String) -> Fault {
    Fault::new(FaultKind::HttpRequest, message)
        .help("run again: the list must be read while nobody is added or removed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(ids: std::ops::Range<u64>, total: u64) -> Employees {
        let records = ids.map(|id| Value::object([("ID", id.to_string())])).collect();
        Employees { records, total: Some(total) }
    }

    #[test]
    fn nobody_is_lost_between_pages() {
        let first = Place::default().after(&page(0..100, 150), 100).unwrap();
        assert_eq!(Place::read(&first.write()).unwrap(), first);
        assert_eq!(first.after(&page(100..150, 150), 100).unwrap().offset, 150);
        let told = |page: &Employees| first.after(page, 100).unwrap_err().message.to_string();
        assert!(told(&page(100..151, 151)).contains("150 employees at first, 151 after 100"));
        assert!(told(&page(100..149, 150)).contains("gave 49 employees where 50 were to come"));
        assert!(told(&page(100..100, 150)).contains("gave 0 employees where 50"));
        assert!(told(&page(99..149, 150)).contains("employee 99 came twice"));
        assert!(Place::default().after(&page(0..0, 0), 100).is_ok());
    }
}
