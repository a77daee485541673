use super::span::{SPANS, spanned};
use super::zone::zone;
use crate::prelude::*;

/// Tells which of two dates is the earlier one.
///
/// With a unit two dates that lie in the same one count as the same: the same day, by the calendar of the time
/// zone. Okta has no such card; `branching.if_else` and its kin compare dates as well, to the millisecond. See
/// also `date_time.difference`.
#[derive(Inputs)]
pub struct Compare {
    /// The first date.
    date_a: Date,
    /// The second date.
    date_b: Date,
    /// The unit in which two dates are the same; blank for the same millisecond.
    #[input(choices = SPANS)]
    unit: Option<Text>,
    /// The time zone, by its IANA name: `Europe/Berlin`.
    #[input(default = "UTC")]
    time_zone: Text,
}

/// How they lie; one of the three is true.
#[derive(Outputs)]
pub struct Compared {
    /// Whether the first is the earlier one.
    before: bool,
    /// Whether they are the same.
    same: bool,
    /// Whether the first is the later one.
    after: bool,
}

impl Pure for Compare {
    const ID: &str = "date_time.compare";
    const EXAMPLES: &[Example] = examples! {
        r#"{ date_a: "2016-09-07T02:00:00+02:00", date_b: 2016-09-07 }"#
            => ok r#"{ before: false, same: true, after: false }"#,
        r#"{ date_a: "2016-09-06T23:30:00Z", date_b: 2016-09-07, unit: day }"#
            => ok r#"{ before: true, same: false, after: false }"#,
        r#"{ date_a: "2016-09-06T23:30:00Z", date_b: 2016-09-07, unit: day, time_zone: Europe/Berlin }"#
            => ok r#"{ before: false, same: true, after: false }"#,
        r#"{ date_a: 2016-09-07, date_b: null }"# => err "expected date & time, found nothing",
        r#"{ date_a: 2016-09-07, date_b: 2016-09-07, unit: moon }"# => err "expected one of year, quarter, month",
    };
    type Out = Compared;

    fn run(self, _: &Cx<'_>) -> Result<Compared> {
        let zone = zone(&self.time_zone, Self::TIME_ZONE)?;
        let place = |date: Date| match self.unit.as_deref() {
            None | Some("") => Ok(date),
            Some(unit) => spanned(date, unit, &zone).map(|around| around.0).map_err(|fault| fault.at(Self::UNIT)),
        };
        let (a, b) = (place(self.date_a)?, place(self.date_b)?);
        Ok(Compared { before: a < b, same: a == b, after: a > b })
    }
}
