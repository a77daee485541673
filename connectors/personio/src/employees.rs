//! v1's list of employees: its pages, and what must hold between them.

use std::sync::Arc;

use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Date, Text, Value};
use flowrun_kit::call::Call;

use crate::Personio;
use crate::attributes::{Asked, Released};
use crate::record::{self, Employees};

/// The most that Personio gives at once.
const PAGE: u64 = 100;

/// `updated_since` is read in a time zone that Personio does not document. No zone is further ahead than this, or further
/// behind, so that asking from this much earlier misses nobody.
const ZONES_MS: i64 = 14 * 3_600_000;

/// What of v1's employees is to be read.
pub struct Reading {
    /// The attributes, by key or label; blank means all.
    pub attributes: Option<Vec<Text>>,
    /// The attributes that must be readable.
    pub required: Vec<Text>,
    /// Only those changed since then.
    pub changed_since: Option<Date>,
    /// How many at most.
    pub limit: u64,
}

impl Reading {
    /// Reads a page. The first one makes sure that everything required is readable.
    pub async fn page(&self, personio: &Personio, cursor: Cursor) -> Result<Page> {
        let place = match &cursor {
            Cursor::First => Place { asked: self.resolve(personio).await?, ..Place::default() },
            Cursor::After(value) => Place::read(value)?,
        };
        let (wanted, call) = match self.changed_since {
            None => {
                let wanted = self.limit.saturating_sub(place.offset).clamp(1, PAGE);
                (wanted, page_of(&place, wanted))
            }
            Some(since) => (u64::MAX, changed_since(since)?),
        };
        let mut page = personio.v1.read(call, |reply| reply.json_by(record::read)).await?;
        let after = place.after(&page, wanted)?;
        let most = usize::try_from(self.limit).unwrap_or(usize::MAX);
        page.records.truncate(most);
        self.shape(&place.asked, &mut page.records);
        let done = after.offset >= after.total || after.offset >= self.limit;
        let total = Some(after.total.min(self.limit));
        Ok(Page { records: page.records, total, next: (!done).then(|| after.write()) })
    }

    async fn resolve(&self, personio: &Personio) -> Result<Asked> {
        if self.required.is_empty() && self.attributes.is_none() {
            return Ok(Asked::default());
        }
        let released = Released::ask(personio).await?;
        released.require(&self.required)?;
        released.resolve(self.attributes.as_deref())
    }

    fn shape(&self, asked: &Asked, records: &mut [Value]) {
        // Personio has selected, unless it was asked for everything.
        let selects = self.changed_since.is_some() && asked.keys.is_some();
        if !selects && asked.labels.is_empty() {
            return;
        }
        for value in records {
            let Value::Object(record) = value else { continue };
            if selects {
                *record = Arc::new(asked.select(record));
            }
            asked.label(Arc::make_mut(record));
        }
    }
}

fn page_of(place: &Place, limit: u64) -> Call {
    let call = Call::get("/v1/company/employees")
        .query([("limit", limit.to_string()), ("offset", place.offset.to_string())]);
    match &place.asked.keys {
        Some(keys) => call.query(keys.iter().map(|key| ("attributes[]", &**key))),
        None => call,
    }
}

/// With `updated_since`, Personio ignores limit and offset: the answer comes whole. Attributes are not named, because an
/// employee of whom only others changed would be left out.
fn changed_since(since: Date) -> Result<Call> {
    let earlier = since.plus_millis(-ZONES_MS).map(|date| date.to_string());
    let earlier = earlier.as_deref().and_then(|text| text.get(..19)).ok_or_else(|| {
        Fault::new(FaultKind::InvalidInput, format!("{since} is too early a date for `changed_since`"))
    })?;
    Ok(Call::get("/v1/company/employees").query([("updated_since", earlier)]))
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
    /// What is read of each.
    asked: Asked,
}

impl Place {
    fn read(value: &Value) -> Result<Place> {
        let lost = || Fault::new(FaultKind::InvalidInput, "this isn't a place in a list of employees");
        let members = value.as_object().ok_or_else(lost)?;
        let number = |name: &str| members.get(name).and_then(Value::as_number).map(|number| number as u64);
        Ok(Place {
            offset: number("offset").ok_or_else(lost)?,
            total: number("total").ok_or_else(lost)?,
            last: members.get("last").and_then(Value::as_text).cloned(),
            asked: Asked::read(members.get("asked").unwrap_or(&Value::Null)),
        })
    }

    fn write(&self) -> Value {
        let number = |number: u64| Value::Number(number as f64);
        Value::object([
            ("offset", number(self.offset)),
            ("total", number(self.total)),
            ("last", Value::from(self.last.clone())),
            ("asked", self.asked.write()),
        ])
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
        Ok(Place { offset: self.offset + read, total, last, asked: self.asked.clone() })
    }
}

/// The fault of a list that did not stay as it was while it was read.
pub fn changed(message: String) -> Fault {
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
