use jiff::{Span, civil::DateTime};

use super::zone::{civil, zone};
use crate::prelude::*;

/// Tells how much time lies between two dates.
///
/// Every output is all of that time in another unit, with fractions; a day has 24 hours. All are negative if
/// the end date is the earlier one. A month is counted from a day to the same day of the next month, a part
/// of one by the month that ends with it; a year has twelve. See also `date_time.subtract` and
/// `number.round_down`.
///
/// With a time zone, days, months and years are counted by what the clocks there show: from midnight to
/// midnight is a day, also where it had 23 hours. Hours and shorter units are the time that passed, in any
/// zone. Okta's card has no time zone and counts in UTC.
#[derive(Inputs)]
pub struct Difference {
    /// The date from which it is counted.
    // Okta's keys have it the wrong way round: the field with key `start` is displayed as "end date".
    #[input(key = "end")]
    start_date: Date,
    /// The date to which it is counted.
    #[input(key = "start")]
    end_date: Date,
    /// The time zone whose calendar counts, by its IANA name: `Europe/Berlin`.
    #[input(default = "UTC")]
    time_zone: Text,
}

/// The time between them, in each unit.
#[derive(Outputs)]
pub struct Between {
    /// All of it in days.
    days: f64,
    /// All of it in months.
    months: f64,
    /// All of it in years.
    years: f64,
    /// All of it in hours.
    hours: f64,
    /// All of it in minutes.
    minutes: f64,
    /// All of it in seconds.
    seconds: f64,
    /// All of it in milliseconds.
    milliseconds: f64,
}

impl Pure for Difference {
    const ID: &str = "date_time.difference";
    const EXPORTED_AS: &[&str] = &["kernel:date:diff"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"{ start_date: 2024-01-01, end_date: "2024-01-02T12:00:00Z" }"#
            => ok r#"{ days: 1.5, months: 0.04838709677419355, years: 0.004032258064516129,
                hours: 36, minutes: 2160, seconds: 129600, milliseconds: 129600000 }"#,
        r#"{ start_date: 2024-07-31, end_date: 2024-01-31 }"#
            => ok r#"{ days: -182, months: -6, years: -0.5,
                hours: -4368, minutes: -262080, seconds: -15724800, milliseconds: -15724800000 }"#,
        r#"{ start_date: 2024-01-01, end_date: "2024-01-01T01:00:00+01:00" }"#
            => ok r#"{ days: 0, months: 0, years: 0, hours: 0, minutes: 0, seconds: 0, milliseconds: 0 }"#,
        r#"{ start_date: "2026-03-01T00:00:00+01:00", end_date: "2026-04-01T00:00:00+02:00", time_zone: Europe/Berlin }"#
            => ok r#"{ days: 31, months: 1, years: 0.08333333333333333,
                hours: 743, minutes: 44580, seconds: 2674800, milliseconds: 2674800000 }"#,
        r#"{ start_date: 2024-01-01, end_date: null }"# => err "expected date & time, found nothing",
    };
    type Out = Between;

    fn run(self, _: &Cx<'_>) -> Result<Between> {
        let zone = zone(&self.time_zone, Self::TIME_ZONE)?;
        let milliseconds = (self.end_date.millis() - self.start_date.millis()) as f64;
        let (start, end) = (civil(self.start_date, &zone)?, civil(self.end_date, &zone)?);
        let months = months_between(start, end);
        Ok(Between {
            // As moment's `diff` has it: what the clocks were moved by between the two does not count.
            days: millis(start, end) / 8.64e7,
            months,
            years: months / 12.0,
            hours: milliseconds / 3.6e6,
            minutes: milliseconds / 6e4,
            seconds: milliseconds / 1e3,
            milliseconds,
        })
    }
}

/// Whole months from `start` to the anchor next to `end`, and the rest as a part of the month that the anchor
/// begins or ends.
fn months_between(start: DateTime, end: DateTime) -> f64 {
    if end.day() < start.day() {
        // Counted from the longer date: from 31 January to 29 February it is a month, not 29/31 of one.
        return -months_between(end, start);
    }
    let whole = (i64::from(start.year()) - i64::from(end.year())) * 12 + i64::from(start.month())
        - i64::from(end.month());
    let anchor = |months: i64| {
        let moved = Span::new().try_months(months).and_then(|span| end.checked_add(span));
        moved.map_or(start, |moved| moved)
    };
    let here = anchor(whole);
    let rest = millis(here, start);
    let length =
        if rest < 0.0 { millis(anchor(whole - 1), here) } else { millis(here, anchor(whole + 1)) };
    let part = if length == 0.0 { 0.0 } else { rest / length };
    0.0 - (whole as f64 + part)
}

fn millis(start: DateTime, end: DateTime) -> f64 {
    end.duration_since(start).as_millis() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_count_from_day_to_day() {
        #[rustfmt::skip]
        let table = [
            ("2024-01-31", "2024-02-29", 1.0), ("2023-01-15", "2024-01-15", 12.0), ("2024-01-15", "2023-01-15", -12.0),
            ("2024-01-01", "2024-01-31", 30.0 / 31.0), ("2024-02-01", "2024-02-15", 14.0 / 31.0), ("2024-03-15", "2024-02-15", -1.0),
        ];
        for (start, end, months) in table {
            let found = months_between(
                Date::parse_iso(start).unwrap().utc(),
                Date::parse_iso(end).unwrap().utc(),
            );
            assert!((found - months).abs() < 1e-9, "{start} {end}: {found}, not {months}");
        }
    }
}
