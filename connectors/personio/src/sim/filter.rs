//! The filters of v2's list of persons.

use std::cmp::Ordering;

use flowrun_core::value::Date;

use super::employee::{Employee, Moment};
use super::person::person_status;

/// The parameters that are filters.
pub const FILTERS: &str = "id email first_name last_name preferred_name created_at created_at.gt created_at.lt \
                           updated_at updated_at.gt updated_at.lt status";

/// A filter, read.
pub enum Filter {
    Status(String),
    Text(&'static str, Vec<String>),
    Time { created: bool, order: Ordering, at_ms: i64 },
}

impl Filter {
    /// Reads a parameter; fails in the words of v2's 400.
    pub fn read(name: &str, value: &str) -> Result<Filter, String> {
        let (field, order) = match name.split_once('.') {
            Some((field, "gt")) => (field, Ordering::Greater),
            Some((field, _)) => (field, Ordering::Less),
            None => (name, Ordering::Equal),
        };
        let one = || vec![value.to_owned()];
        let list = || value.split(',').map(|item| item.trim().to_lowercase()).collect();
        Ok(match field {
            "status" if matches!(value, "ACTIVE" | "INACTIVE") => Filter::Status(value.to_owned()),
            "status" => return Err("status must be ACTIVE or INACTIVE.".to_owned()),
            "id" => Filter::Text("id", list()),
            "email" => Filter::Text("email", list()),
            "first_name" => Filter::Text("first_name", one()),
            "last_name" => Filter::Text("last_name", one()),
            "preferred_name" => Filter::Text("preferred_name", one()),
            _ => {
                let date = Date::parse_iso(value).filter(|_| value.contains('T'));
                let at_ms = date.ok_or_else(|| format!("{name} must be a date and time."))?.millis();
                Filter::Time { created: field == "created_at", order, at_ms }
            }
        })
    }

    /// Whether something that changed then is listed, by a filter of times.
    pub fn fits_time(&self, changed: Moment) -> bool {
        matches!(self, Filter::Time { order, at_ms, .. } if fits_time(changed, *order, *at_ms))
    }

    /// Whether an employee is listed.
    pub fn fits(&self, e: &Employee) -> bool {
        match self {
            Filter::Status(status) => person_status(e) == status,
            Filter::Text(field, wanted) => {
                let found = match *field {
                    "id" => Some(e.id.to_string()),
                    "email" => e.address().map(str::to_lowercase),
                    "first_name" => Some(e.first_name.to_string()),
                    "last_name" => Some(e.last_name.to_string()),
                    _ => e.preferred_name.clone(),
                };
                found.is_some_and(|found| wanted.contains(&found))
            }
            Filter::Time { created, order, at_ms } => {
                fits_time(if *created { e.created } else { e.modified }, *order, *at_ms)
            }
        }
    }
}

fn fits_time(moment: Moment, order: Ordering, at_ms: i64) -> bool {
    (moment.0 * 1000).cmp(&at_ms) == order
}
