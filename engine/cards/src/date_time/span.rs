//! Calendar units: where the one begins in which a date lies.

use jiff::civil::Date as Day;
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};

use crate::prelude::*;

/// The units, from long to short.
pub(super) const SPANS: &[&str] = &["year", "quarter", "month", "week", "day", "hour", "minute", "second"];

/// When the unit begins in which `date` lies in `zone`, and when the next one does; none for a unit that is not one, or
/// at the ends of time. Weeks begin on Monday.
pub(super) fn around(date: Date, unit: &str, zone: &TimeZone) -> Option<(Date, Date)> {
    let zoned = date.timestamp().to_zoned(zone.clone());
    let day = zoned.date();
    let length = match unit {
        "hour" => 3_600_000,
        "minute" => 60_000,
        "second" => 1_000,
        _ => {
            let (first, span) = first_day(day, unit)?;
            let start = |day: Day| Some(at(&day.to_zoned(zone.clone()).ok()?));
            return Some((start(first)?, start(first.checked_add(span).ok()?)?));
        }
    };
    // Not by the calendar: the hour that a clock set back runs through twice is two hours.
    let local = date.millis() + i64::from(zoned.offset().seconds()) * 1_000;
    let start = at(&zoned).plus_millis(-local.rem_euclid(length))?;
    Some((start, start.plus_millis(length)?))
}

fn first_day(day: Day, unit: &str) -> Option<(Day, Span)> {
    let span = Span::new();
    Some(match unit {
        "year" => (day.first_of_year(), span.try_years(1).ok()?),
        "quarter" => {
            let month = (day.month() - 1) / 3 * 3 + 1;
            (Day::new(day.year(), month, 1).ok()?, span.try_months(3).ok()?)
        }
        "month" => (day.first_of_month(), span.try_months(1).ok()?),
        "week" => {
            let back = span.try_days(day.weekday().to_monday_zero_offset()).ok()?;
            (day.checked_sub(back).ok()?, span.try_weeks(1).ok()?)
        }
        "day" => (day, span.try_days(1).ok()?),
        _ => return None,
    })
}

fn at(zoned: &Zoned) -> Date {
    Date::new(zoned.timestamp(), zoned.offset())
}

/// The start of the unit and of the next, for a card's inputs.
pub(super) fn spanned(date: Date, unit: &str, zone: &TimeZone) -> Result<(Date, Date)> {
    if !SPANS.contains(&unit) {
        let message = format!("expected one of {}, found \"{unit}\"", SPANS.join(", "));
        return Err(Fault::new(FaultKind::InvalidInput, message));
    }
    around(date, unit, zone).ok_or_else(|| {
        Fault::new(FaultKind::InvalidInput, format!("the {unit} leads beyond the years -9999 to 9999"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_are_longer_or_shorter_are_whole() {
        #[rustfmt::skip]
        let table = [
            // 26 October 2025 has 25 hours in Berlin, 30 March 23; in Sao Paulo 4 November 2018 began at 01:00.
            ("2025-10-26T12:00:00Z", "day", "Europe/Berlin", "2025-10-25T22:00:00.000Z", "2025-10-26T23:00:00.000Z"),
            ("2025-03-30T12:00:00Z", "day", "Europe/Berlin", "2025-03-29T23:00:00.000Z", "2025-03-30T22:00:00.000Z"),
            ("2018-11-04T12:00:00Z", "day", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z", "2018-11-05T02:00:00.000Z"),
            ("2025-10-26T00:30:00Z", "hour", "Europe/Berlin", "2025-10-26T00:00:00.000Z", "2025-10-26T01:00:00.000Z"),
            ("2025-10-26T01:30:00Z", "hour", "Europe/Berlin", "2025-10-26T01:00:00.000Z", "2025-10-26T02:00:00.000Z"),
            ("2025-01-01T00:20:00Z", "hour", "Asia/Kathmandu", "2025-01-01T00:15:00.000Z", "2025-01-01T01:15:00.000Z"),
            ("2025-01-01T00:00:00Z", "week", "UTC", "2024-12-30T00:00:00.000Z", "2025-01-06T00:00:00.000Z"),
            ("2025-01-01T00:00:00Z", "year", "America/New_York", "2024-01-01T05:00:00.000Z", "2025-01-01T05:00:00.000Z"),
            ("2025-08-15T00:00:00Z", "quarter", "UTC", "2025-07-01T00:00:00.000Z", "2025-10-01T00:00:00.000Z"),
            ("1969-12-31T23:59:59.999Z", "second", "UTC", "1969-12-31T23:59:59.000Z", "1970-01-01T00:00:00.000Z"),
        ];
        for (date, unit, zone, start, next) in table {
            let zone = TimeZone::get(zone).unwrap();
            let found = around(Date::parse_iso(date).unwrap(), unit, &zone).unwrap();
            assert_eq!(
                (found.0.to_string(), found.1.to_string()),
                (start.into(), next.into()),
                "{date} {unit}"
            );
        }
    }
}
