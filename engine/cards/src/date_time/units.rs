//! Moving a date by units of time.

use jiff::tz::Offset;
use jiff::{Span, civil::DateTime};

use crate::prelude::*;

/// The units, as Okta names them.
pub(super) const UNITS: &[&str] =
    &["milliseconds", "seconds", "minutes", "hours", "days", "weeks", "months", "years"];

/// The date's civil time in UTC.
pub(super) fn utc(date: Date) -> DateTime {
    Offset::UTC.to_datetime(date.timestamp())
}

/// `date` moved by `amount` of `unit`; none for a unit that is not one, or outside of the years -9999 to
/// 9999.
///
/// Months and years keep the day, or take the month's last if it has no such day; a part of a month is
/// rounded off. All other units have a fixed length, and their parts count.
pub(super) fn shift(date: Date, amount: f64, unit: &str) -> Option<Date> {
    let millis = match unit {
        "milliseconds" => 1.0,
        "seconds" => 1e3,
        "minutes" => 6e4,
        "hours" => 3.6e6,
        "days" => 8.64e7,
        "weeks" => 6.048e8,
        "months" => return months(date, amount),
        "years" => return months(date, amount * 12.0),
        _ => return None,
    };
    // A cast takes what is too large to the largest, which no date can be moved by.
    date.plus_millis((amount * millis).round() as i64)
}

fn months(date: Date, amount: f64) -> Option<Date> {
    let moved = utc(date).checked_add(Span::new().try_months(amount.round() as i64).ok()?).ok()?;
    Some(Date::new(Offset::UTC.to_timestamp(moved).ok()?, date.offset()))
}
