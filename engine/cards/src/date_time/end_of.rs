use super::span::{SPANS, spanned};
use super::zone::zone;
use crate::prelude::*;

/// Gives the last millisecond of the day, month or other unit in which a date lies.
///
/// It goes by the calendar of the time zone, daylight saving included; weeks begin on Monday. Okta has no such
/// card. See also `date_time.start_of` and `date_time.add`.
#[derive(Inputs)]
pub struct EndOf {
    /// The date & time.
    date: Date,
    /// The unit.
    #[input(choices = SPANS)]
    unit: Text,
    /// The time zone, by its IANA name: `Europe/Berlin`.
    #[input(default = "UTC")]
    time_zone: Text,
}

/// The last millisecond.
#[derive(Outputs)]
pub struct Edge {
    /// The last millisecond of the unit.
    date: Date,
}

impl Pure for EndOf {
    const ID: &str = "date_time.end_of";
    const EXAMPLES: &[Example] = examples! {
        r#"{ date: "2016-02-07T00:01:25.670Z", unit: month }"# => ok r#"{ date: "2016-02-29T23:59:59.999Z" }"#,
        r#"{ date: "2025-10-26T12:00:00Z", unit: day, time_zone: Europe/Berlin }"#
            => ok r#"{ date: "2025-10-26T22:59:59.999Z" }"#,
        r#"{ date: 2016-09-07, unit: quarter }"# => ok r#"{ date: "2016-09-30T23:59:59.999Z" }"#,
        r#"{ date: 2016-09-07, unit: moon }"# => err "expected one of year, quarter, month",
    };
    type Out = Edge;

    fn run(self, _: &Cx<'_>) -> Result<Edge> {
        let zone = zone(&self.time_zone, Self::TIME_ZONE)?;
        let around = spanned(self.date, &self.unit, &zone).map_err(|fault| fault.at(Self::UNIT))?;
        Ok(Edge { date: around.1 })
    }
}
