use super::units::{UNITS, shift};
use super::zone::zone;
use crate::prelude::*;

/// Moves a date & time forward.
///
/// Months and years keep the day of the month, or take the last one if the month is shorter: one month after
/// 31 January is 28 or 29 February. A negative amount moves back, as `date_time.subtract` does.
///
/// With a time zone, days and longer units are those of its calendar: the clocks there show the same time on
/// the other day, also where one is set in between. A time that the clocks skip becomes the one as much later
/// as they are moved, of a time that they show twice it is the first. Hours and shorter units are time that
/// passes, in any zone. Okta's card has no time zone and counts in UTC.
#[derive(Inputs)]
pub struct Add {
    /// The date to start from.
    #[input(key = "start")]
    start_date: Date,
    /// By how much it is moved, in `units`.
    #[input(key = "scale")]
    add: f64,
    /// The unit of the amount.
    #[input(key = "unit", choices = UNITS)]
    units: Text,
    /// The time zone whose calendar counts, by its IANA name: `Europe/Berlin`.
    #[input(default = "UTC")]
    time_zone: Text,
}

/// The later date.
#[derive(Outputs)]
pub struct Moved {
    /// The date so much later.
    #[output(key = "output")]
    date: Date,
}

impl Pure for Add {
    const ID: &str = "date_time.add";
    const EXPORTED_AS: &[&str] = &["kernel:date:add"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ start_date: "2016-09-07T00:01:25.670Z", add: 3, units: days }"#
            => ok r#"{ date: "2016-09-10T00:01:25.670Z" }"#,
        r#"{ start_date: 2024-01-31, add: 1, units: months }"# => ok r#"{ date: "2024-02-29T00:00:00.000Z" }"#,
        r#"{ start_date: 2024-02-29, add: -1, units: years }"# => ok r#"{ date: "2023-02-28T00:00:00.000Z" }"#,
        r#"{ start_date: 2024-01-01, add: 0.5, units: hours }"# => ok r#"{ date: "2024-01-01T00:30:00.000Z" }"#,
        r#"{ start_date: "2026-03-28T00:00:00+01:00", add: 2, units: days, time_zone: Europe/Berlin }"#
            => ok r#"{ date: "2026-03-29T22:00:00.000Z" }"#,
        r#"{ start_date: 2024-01-01, add: 1, units: moons }"# => err "expected one of milliseconds, seconds",
        r#"{ start_date: 2024-01-01, add: 9000, units: years }"# => err "leads beyond the year 9999",
    };
    type Out = Moved;

    fn run(self, _: &Cx<'_>) -> Result<Moved> {
        let zone = zone(&self.time_zone, Self::TIME_ZONE)?;
        if !UNITS.contains(&&*self.units) {
            bail!(Self::UNITS, "expected one of {}, found \"{}\"", UNITS.join(", "), self.units);
        }
        match shift(self.start_date, self.add, &self.units, &zone) {
            Some(date) => Ok(Moved { date }),
            None => bail!(Self::ADD, "{} {} leads beyond the year 9999", self.add, self.units),
        }
    }
}
