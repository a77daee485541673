use super::units::{UNITS, shift};
use super::zone::zone;
use crate::prelude::*;

/// Moves a date & time back.
///
/// Months and years keep the day of the month, or take the last one if the month is shorter: one month before
/// 31 March is 28 or 29 February. A negative amount moves forward, as `date_time.add` does. For the time
/// between two dates use `date_time.difference`.
///
/// With a time zone, days and longer units are those of its calendar, as for `date_time.add`; hours and
/// shorter units are time that passes. Okta's card has no time zone and counts in UTC.
#[derive(Inputs)]
pub struct Subtract {
    /// The date to start from.
    #[input(key = "start")]
    start_date: Date,
    /// By how much it is moved, in `units`.
    #[input(key = "scale")]
    subtract: f64,
    /// The unit of the amount.
    #[input(key = "unit", choices = UNITS)]
    units: Text,
    /// The time zone whose calendar counts, by its IANA name: `Europe/Berlin`.
    #[input(default = "UTC")]
    time_zone: Text,
}

/// The earlier date.
#[derive(Outputs)]
pub struct Moved {
    /// The date so much earlier.
    #[output(key = "output")]
    date: Date,
}

impl Pure for Subtract {
    const ID: &str = "date_time.subtract";
    const EXPORTED_AS: &[&str] = &["kernel:date:subtract"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ start_date: "2016-09-07T00:01:25.670Z", subtract: 90, units: seconds }"#
            => ok r#"{ date: "2016-09-06T23:59:55.670Z" }"#,
        r#"{ start_date: 2023-03-31, subtract: 1, units: months }"#
            => ok r#"{ date: "2023-02-28T00:00:00.000Z" }"#,
        r#"{ start_date: "2024-01-01T00:00:00+02:00", subtract: 2, units: weeks }"#
            => ok r#"{ date: "2023-12-17T22:00:00.000Z" }"#,
        r#"{ start_date: "2026-11-01T00:00:00+01:00", subtract: 1, units: months, time_zone: Europe/Berlin }"#
            => ok r#"{ date: "2026-09-30T22:00:00.000Z" }"#,
        r#"{ start_date: soon, subtract: 1, units: days }"# => err "expected date & time, found text \"soon\"",
    };
    type Out = Moved;

    fn run(self, _: &Cx<'_>) -> Result<Moved> {
        let zone = zone(&self.time_zone, Self::TIME_ZONE)?;
        if !UNITS.contains(&&*self.units) {
            bail!(Self::UNITS, "expected one of {}, found \"{}\"", UNITS.join(", "), self.units);
        }
        match shift(self.start_date, -self.subtract, &self.units, &zone) {
            Some(date) => Ok(Moved { date }),
            None => bail!(Self::SUBTRACT, "{} {} leads beyond the year -9999", self.subtract, self.units),
        }
    }
}
