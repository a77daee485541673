//! Moving a date by units of time.

use jiff::Span;
use jiff::tz::TimeZone;

use crate::prelude::*;

/// The units, as Okta names them.
pub(super) const UNITS: &[&str] =
    &["milliseconds", "seconds", "minutes", "hours", "days", "weeks", "months", "years"];

const DAY_MS: f64 = 8.64e7;

/// `date` moved by `amount` of `unit`; none for a unit that is not one, or outside of the years -9999 to 9999.
///
/// Days and longer units are those of the calendar in `zone`: the clocks show the same time on the other day, however long the
/// days between them are. Hours and shorter units are time that passes. Months and years keep the day, or take the month's last
/// if it has no such day; a part of a month is rounded off, one of a day counts by 24 hours.
pub(super) fn shift(date: Date, amount: f64, unit: &str, zone: &TimeZone) -> Option<Date> {
    let millis = match unit {
        "milliseconds" => 1.0,
        "seconds" => 1e3,
        "minutes" => 6e4,
        "hours" => 3.6e6,
        "days" => return days(date, amount, zone),
        "weeks" => return days(date, amount * 7.0, zone),
        "months" => return months(date, amount, zone),
        "years" => return months(date, amount * 12.0, zone),
        _ => return None,
    };
    // A cast takes what is too large to the largest, which no date can be moved by.
    date.plus_millis((amount * millis).round() as i64)
}

fn days(date: Date, amount: f64, zone: &TimeZone) -> Option<Date> {
    let moved = calendar(date, Span::new().try_days(amount.trunc() as i64).ok()?, zone)?;
    moved.plus_millis((amount.fract() * DAY_MS).round() as i64)
}

fn months(date: Date, amount: f64, zone: &TimeZone) -> Option<Date> {
    calendar(date, Span::new().try_months(amount.round() as i64).ok()?, zone)
}

fn calendar(date: Date, span: Span, zone: &TimeZone) -> Option<Date> {
    if span.is_zero() {
        // A time that the clocks show twice is not to become the first of the two.
        return Some(date);
    }
    Date::on_clock(date.civil(date.clock(zone).offset())?.checked_add(span).ok()?, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dates and times of Python's zoneinfo, with the rules of RFC 5545 where clocks skip a time or show it twice.
    #[test]
    fn days_and_months_go_by_the_calendar_and_hours_by_the_clock() {
        #[rustfmt::skip]
        let table = [
            ("2026-03-28T00:00+01:00", 2.0, "days", "Europe/Berlin", "2026-03-29T22:00:00.000Z"),
            ("2026-03-28T00:00+01:00", 48.0, "hours", "Europe/Berlin", "2026-03-29T23:00:00.000Z"),
            ("2026-10-01T00:00+02:00", 1.0, "months", "Europe/Berlin", "2026-10-31T23:00:00.000Z"),
            ("2026-10-01T00:00+02:00", -1.0, "years", "Europe/Berlin", "2025-09-30T22:00:00.000Z"),
            ("2026-03-28T02:30+01:00", 1.0, "days", "Europe/Berlin", "2026-03-29T01:30:00.000Z"),
            ("2026-10-24T02:30+02:00", 1.0, "days", "Europe/Berlin", "2026-10-25T00:30:00.000Z"),
            ("2026-10-25T02:30+01:00", 0.0, "days", "Europe/Berlin", "2026-10-25T01:30:00.000Z"),
            ("2026-10-25T02:30+01:00", 1.0, "weeks", "Europe/Berlin", "2026-11-01T01:30:00.000Z"),
            ("2026-03-28T00:00+01:00", 1.5, "days", "Europe/Berlin", "2026-03-29T11:00:00.000Z"),
            ("2026-03-28T00:00+01:00", 2.0, "days", "UTC", "2026-03-29T23:00:00.000Z"),
            ("2026-01-31T12:00+13:00", 1.0, "months", "Pacific/Auckland", "2026-02-27T23:00:00.000Z"),
            ("9999-12-31T00:00Z", -1.0, "days", "UTC", "9999-12-30T00:00:00.000Z"),
            ("9998-12-31T23:59:59.999Z", 1.0, "years", "America/New_York", "9999-12-31T23:59:59.999Z"),
        ];
        for (date, amount, unit, zone, moved) in table {
            let zone = TimeZone::get(zone).unwrap();
            let found = shift(Date::parse_iso(date).unwrap(), amount, unit, &zone);
            assert_eq!(found.map(|date| date.to_string()).as_deref(), Some(moved), "{date} {amount} {unit}");
        }
        let end = Date::parse_iso("9999-12-31T23:59:59.999Z").unwrap();
        for unit in UNITS {
            assert_eq!(shift(end, 1.0, unit, &TimeZone::UTC), None, "{unit}");
            assert_eq!(shift(end, f64::INFINITY, unit, &TimeZone::UTC), None, "{unit}");
        }
    }
}
