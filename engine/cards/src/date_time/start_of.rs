use super::span::{SPANS, spanned};
use super::zone::zone;
use crate::prelude::*;

/// Gives the start of the day, month or other unit in which a date lies.
///
/// It goes by the calendar of the time zone, daylight saving included; weeks begin on Monday. Okta has no such
/// card. See also `date_time.end_of` and `date_time.add`.
#[derive(Inputs)]
pub struct StartOf {
    /// The date & time.
    date: Date,
    /// The unit.
    #[input(choices = SPANS)]
    unit: Text,
    /// The time zone, by its IANA name: `Europe/Berlin`.
    #[input(default = "UTC")]
    time_zone: Text,
}

/// The start.
#[derive(Outputs)]
pub struct Edge {
    /// The start of the unit.
    date: Date,
}

impl Pure for StartOf {
    const ID: &str = "date_time.start_of";
    const EXAMPLES: &[Example] = examples! {
        r#"{ date: "2016-09-07T00:01:25.670Z", unit: month }"# => ok r#"{ date: "2016-09-01T00:00:00.000Z" }"#,
        r#"{ date: "2016-09-07T00:01:25.670Z", unit: day, time_zone: US/Pacific }"#
            => ok r#"{ date: "2016-09-06T07:00:00.000Z" }"#,
        r#"{ date: "2016-09-07T00:01:25.670Z", unit: week }"# => ok r#"{ date: "2016-09-05T00:00:00.000Z" }"#,
        r#"{ date: 2016-09-07, unit: day, time_zone: Mars/Olympus }"#
            => err "expected a time zone by its IANA name, found \"Mars/Olympus\"",
        r#"{ date: 2016-09-07, unit: moon }"# => err "expected one of year, quarter, month",
    };
    type Out = Edge;

    fn run(self, _: &Cx<'_>) -> Result<Edge> {
        let zone = zone(&self.time_zone, Self::TIME_ZONE)?;
        let around = spanned(self.date, &self.unit, &zone).map_err(|fault| fault.at(Self::UNIT))?;
        Ok(Edge { date: around.0 })
    }
}
