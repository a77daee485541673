//! Calendar units: where the one begins and ends in which a date lies.

use jiff::Span;
use jiff::civil::{Date as Day, DateTime, Time};
use jiff::tz::TimeZone;

use crate::prelude::*;

/// The units, from long to short.
pub(super) const SPANS: &[&str] = &["year", "quarter", "month", "week", "day", "hour", "minute", "second"];

/// The first millisecond and the last of the unit in which `date` lies in `zone`; none for a unit that is not one, or
/// at the ends of time. Weeks begin on Monday.
pub(super) fn around(date: Date, unit: &str, zone: &TimeZone) -> Option<(Date, Date)> {
    let offset = date.clock(zone).offset();
    let day = date.civil(offset)?.date();
    let length = match unit {
        "hour" => 3_600_000,
        "minute" => 60_000,
        "second" => 1_000,
        _ => {
            let (first, span) = first_day(day, unit)?;
            let start = |day: Day| Date::on_clock(day.to_datetime(Time::midnight()), zone);
            // The last day of year 9999 has an end, though no other day begins with it.
            let next = match first.checked_add(span) {
                Ok(next) => start(next)?.plus_millis(-1)?,
                Err(_) => Date::on_clock(DateTime::MAX, zone)?,
            };
            return Some((start(first)?, next));
        }
    };
    // Not by the calendar: the hour that a clock set back runs through twice is two hours.
    let local = date.millis() + i64::from(offset.seconds()) * 1_000;
    let start = date.plus_millis(-local.rem_euclid(length))?;
    Some((start, start.plus_millis(length - 1)?))
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

/// The first millisecond of the unit and the last, for a card's inputs.
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
            ("2025-10-26T12:00:00Z", "day", "Europe/Berlin", "2025-10-25T22:00:00.000Z", "2025-10-26T22:59:59.999Z"),
            ("2025-03-30T12:00:00Z", "day", "Europe/Berlin", "2025-03-29T23:00:00.000Z", "2025-03-30T21:59:59.999Z"),
            ("2018-11-04T12:00:00Z", "day", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z", "2018-11-05T01:59:59.999Z"),
            ("2025-10-26T00:30:00Z", "hour", "Europe/Berlin", "2025-10-26T00:00:00.000Z", "2025-10-26T00:59:59.999Z"),
            ("2025-10-26T01:30:00Z", "hour", "Europe/Berlin", "2025-10-26T01:00:00.000Z", "2025-10-26T01:59:59.999Z"),
            ("2025-01-01T00:20:00Z", "hour", "Asia/Kathmandu", "2025-01-01T00:15:00.000Z", "2025-01-01T01:14:59.999Z"),
            ("2025-01-01T00:00:00Z", "week", "UTC", "2024-12-30T00:00:00.000Z", "2025-01-05T23:59:59.999Z"),
            ("2025-01-01T00:00:00Z", "year", "America/New_York", "2024-01-01T05:00:00.000Z", "2025-01-01T04:59:59.999Z"),
            ("2025-08-15T00:00:00Z", "quarter", "UTC", "2025-07-01T00:00:00.000Z", "2025-09-30T23:59:59.999Z"),
            ("9999-12-31T12:00:00Z", "day", "UTC", "9999-12-31T00:00:00.000Z", "9999-12-31T23:59:59.999Z"),
            ("9999-12-31T23:59:59Z", "year", "UTC", "9999-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"),
            ("1969-12-31T23:59:59.999Z", "second", "UTC", "1969-12-31T23:59:59.000Z", "1969-12-31T23:59:59.999Z"),
        ];
        for (date, unit, zone, start, last) in table {
            let zone = TimeZone::get(zone).unwrap();
            let found = around(Date::parse_iso(date).unwrap(), unit, &zone).unwrap();
            assert_eq!(
                (found.0.to_string(), found.1.to_string()),
                (start.into(), last.into()),
                "{date} {unit}"
            );
        }
    }
}
