//! v2's list of persons: its pages, what must hold between them, and the employments that belong to them.

use std::sync::Arc;

use flowrun_core::effect::{Cursor, Page};
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Record, Text, Value};
use flowrun_kit::address::segment;
use flowrun_kit::paging::Trail;
use futures_util::future::try_join_all;

use crate::Personio;
use crate::attributes::withheld;
use crate::employees::changed;
use crate::person::{self, Selection};
use crate::v2::{self, PAGE};

/// How many persons' employments are asked for at the same time.
const ABREAST: usize = 8;

/// What of v2's persons is to be read.
#[derive(Debug)]
pub struct Reading {
    /// Who, in v2's parameters.
    pub filters: Vec<(&'static str, String)>,
    /// What of each.
    pub selection: Selection,
    /// The attributes that must be readable.
    pub required: Vec<Text>,
    /// Whether their employments are read too.
    pub employments: bool,
    /// How many at most.
    pub limit: u64,
}

impl Reading {
    /// Reads as many as `limit` says.
    pub async fn all(&self, personio: &Personio) -> Result<Vec<Arc<Record>>> {
        let (mut cursor, mut records) = (Cursor::First, Vec::new());
        loop {
            let page = self.page(personio, cursor).await?;
            records.extend(page.records.into_iter().filter_map(|record| match record {
                Value::Object(record) => Some(record),
                _ => None,
            }));
            let Some(next) = page.next else { return Ok(records) };
            cursor = Cursor::After(next);
        }
    }

    /// Reads a page. The first one shows whether everything required is readable.
    pub async fn page(&self, personio: &Personio, cursor: Cursor) -> Result<Page> {
        let mut place = match &cursor {
            Cursor::First => Place::default(),
            Cursor::After(value) => Place::read(value)?,
        };
        let left = usize::try_from(self.limit.saturating_sub(place.read)).unwrap_or(usize::MAX);
        let is_first = cursor == Cursor::First;
        // Of few persons, all may lack what is released: a whole page shows it better.
        let size = if is_first && !self.required.is_empty() { PAGE } else { left.clamp(1, PAGE) };
        let mut parameters = self.filters.clone();
        parameters.push(("limit", size.to_string()));
        let listed = v2::fetch(personio, "/v2/persons", &parameters, place.trail.next()).await?;
        let mut persons = listed.records;
        place.check(&persons)?;
        place.trail.advance(persons.iter().map(id), listed.next)?;
        self.check_status(&persons)?;
        person::learn(&mut place.labels, &self.selection, &persons)?;
        let employments = self.employments(personio, &persons[..persons.len().min(left)]).await?;
        if is_first && !persons.is_empty() {
            let missing = person::absent(&self.required, &persons, &employments);
            if !missing.is_empty() {
                return Err(withheld(&missing));
            }
        }
        persons.truncate(left);
        let both = persons.iter().zip(&employments);
        let records = both.map(|(person, employment)| self.selection.record(person, employment.as_ref()));
        let records = records.map(Value::from).collect();
        place.read += persons.len() as u64;
        let goes_on = place.trail.next().is_some() && place.read < self.limit;
        Ok(Page { records, total: None, next: goes_on.then(|| place.write()) })
    }

    /// For each person the employment that counts, if employments are wanted.
    async fn employments(&self, personio: &Personio, persons: &[Record]) -> Result<Vec<Option<Record>>> {
        if !self.employments {
            return Ok(vec![None; persons.len()]);
        }
        let mut all = Vec::with_capacity(persons.len());
        for some in persons.chunks(ABREAST) {
            let found = try_join_all(some.iter().map(|person| employments_of(personio, id(person)))).await?;
            all.extend(found.iter().map(|employments| person::current(employments).cloned()));
        }
        Ok(all)
    }

    /// Fails if a status was asked for and someone has another one.
    fn check_status(&self, persons: &[Record]) -> Result<()> {
        let Some((_, wanted)) = self.filters.iter().find(|(name, _)| *name == "status") else {
            return Ok(());
        };
        let status = |person: &Record| person.get("status").and_then(Value::as_text).cloned();
        match persons.iter().find_map(|person| status(person).filter(|status| **status != **wanted)) {
            None => Ok(()),
            Some(found) => {
                let message = format!(
                    "Personio was asked for persons with the status {wanted}, and gave one with {found}"
                );
                Err(Fault::new(FaultKind::HttpRequest, message))
            }
        }
    }
}

/// All employments of a person, the newest first.
pub async fn employments_of(personio: &Personio, person: &str) -> Result<Vec<Record>> {
    let path = format!("/v2/persons/{}/employments", segment(person));
    let (mut trail, mut all) = (Trail::default(), Vec::new());
    loop {
        let listed = v2::fetch(personio, &path, &[("limit", PAGE.to_string())], trail.next()).await?;
        trail.advance(listed.records.iter().map(id), listed.next)?;
        all.extend(listed.records);
        if trail.next().is_none() {
            return Ok(all);
        }
    }
}

fn id(person: &Record) -> &str {
    person.get("id").and_then(Value::as_text).map_or("", |id| id)
}

/// How far a stream has come.
#[derive(Debug, Default, PartialEq)]
struct Place {
    /// Where the next page is.
    trail: Trail,
    /// How many persons were read.
    read: u64,
    /// The IDs of the last page.
    last: Vec<Text>,
    /// The keys of the labels that were asked for, as far as they are known.
    labels: Vec<(Text, Text)>,
}

impl Place {
    fn read(value: &Value) -> Result<Place> {
        let lost = || Fault::new(FaultKind::InvalidInput, "this isn't a place in a list of persons");
        let members = value.as_object().ok_or_else(lost)?;
        let text = |value: &Value| value.as_text().cloned();
        let last = members.get("last").and_then(Value::as_list).unwrap_or_default();
        let labels = members.get("labels").and_then(Value::as_object).into_iter().flat_map(Record::iter);
        Ok(Place {
            trail: members.get("trail").and_then(Trail::read).ok_or_else(lost)?,
            read: members.get("read").and_then(Value::as_number).ok_or_else(lost)? as u64,
            last: last.iter().filter_map(text).collect(),
            labels: labels.filter_map(|(label, key)| Some((label.clone(), text(key)?))).collect(),
        })
    }

    fn write(&self) -> Value {
        Value::object([
            ("trail", self.trail.write()),
            ("read", Value::Number(self.read as f64)),
            ("last", Value::list(self.last.iter().cloned().map(Value::from).collect())),
            ("labels", Value::object(self.labels.iter().cloned())),
        ])
    }

    /// Fails if someone comes twice, on this page or on this one and the last.
    fn check(&mut self, persons: &[Record]) -> Result<()> {
        let mut ids: Vec<Text> = Vec::with_capacity(persons.len());
        for person in persons {
            let Some(Value::Text(id)) = person.get("id") else {
                return Err(Fault::new(FaultKind::Parse, "Personio gave a person without an id"));
            };
            if self.last.contains(id) || ids.contains(id) {
                return Err(changed(format!("the list moved while it was read: person {id} came twice")));
            }
            ids.push(id.clone());
        }
        self.last = ids;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(ids: std::ops::Range<u64>) -> Vec<Record> {
        ids.map(|id| [(Text::from("id"), Value::from(id.to_string()))].into_iter().collect()).collect()
    }

    #[test]
    fn nobody_comes_twice() {
        let mut place = Place { read: 50, ..Place::default() };
        place.trail.advance(["1"], Some("/v2/persons?cursor=x".into())).unwrap();
        place.labels.push(("Mobile phone".into(), "dynamic_1".into()));
        place.check(&page(0..50)).unwrap();
        assert_eq!(Place::read(&place.write()).unwrap(), place);
        let told = place.check(&page(49..60)).unwrap_err();
        assert_eq!(told.message, "the list moved while it was read: person 49 came twice");
        let twice: Vec<Record> = page(60..70).into_iter().chain(page(69..70)).collect();
        assert!(place.check(&twice).is_err());
        assert!(place.check(&page(50..90)).is_ok());
        assert!(place.check(&[Record::default()]).is_err());
        assert!(Place::read(&Value::from("x")).is_err());
    }
}
