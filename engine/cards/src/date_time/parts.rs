use super::zone::{civil, zone};
use crate::prelude::*;

/// Takes a date & time apart, as the clocks of a time zone show it.
///
/// Daylight saving is included. Okta has no such card. For a text use `date_time.date_to_text`. See also
/// `date_time.now` and `date_time.start_of`.
#[derive(Inputs)]
pub struct Parts {
    /// The date & time.
    date: Date,
    /// The time zone, by its IANA name: `Europe/Berlin`.
    #[input(default = "UTC")]
    time_zone: Text,
}

/// The parts.
#[derive(Outputs)]
pub struct Apart {
    /// The year.
    year: f64,
    /// The quarter, 1 to 4.
    quarter: f64,
    /// The month, 1 to 12.
    month: f64,
    /// The day of the month, 1 to 31.
    day: f64,
    /// The hour of the day, 0 to 23.
    hour: f64,
    /// The minute of the hour, 0 to 59.
    minute: f64,
    /// The second of the minute, 0 to 59.
    second: f64,
    /// The millisecond of the second, 0 to 999.
    millisecond: f64,
    /// The day of the week: 1 is Monday, 7 is Sunday.
    weekday: f64,
    /// The week of the year by ISO 8601, 1 to 53.
    week: f64,
    /// The day of the year, 1 to 366.
    day_of_year: f64,
    /// The minutes by which the clocks are ahead of UTC.
    offset: f64,
}

impl Pure for Parts {
    const ID: &str = "date_time.parts";
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"{ date: "2016-09-07T00:01:25.670Z" }"#
            => ok r#"{ year: 2016, quarter: 3, month: 9, day: 7, hour: 0, minute: 1, second: 25, millisecond: 670,
                weekday: 3, week: 36, day_of_year: 251, offset: 0 }"#,
        r#"{ date: "2016-09-07T00:01:25.670Z", time_zone: US/Pacific }"#
            => ok r#"{ year: 2016, quarter: 3, month: 9, day: 6, hour: 17, minute: 1, second: 25, millisecond: 670,
                weekday: 2, week: 36, day_of_year: 250, offset: -420 }"#,
        r#"{ date: 2016-09-07, time_zone: Mars/Olympus }"#
            => err "expected a time zone by its IANA name, found \"Mars/Olympus\"",
    };
    type Out = Apart;

    fn run(self, _: &Cx<'_>) -> Result<Apart> {
        let zone = zone(&self.time_zone, Self::TIME_ZONE)?;
        let (civil, offset) = (civil(self.date, &zone)?, self.date.clock(&zone).offset());
        Ok(Apart {
            year: civil.year().into(),
            quarter: ((civil.month() + 2) / 3).into(),
            month: civil.month().into(),
            day: civil.day().into(),
            hour: civil.hour().into(),
            minute: civil.minute().into(),
            second: civil.second().into(),
            millisecond: civil.millisecond().into(),
            weekday: civil.weekday().to_monday_one_offset().into(),
            week: civil.date().iso_week_date().week().into(),
            day_of_year: civil.day_of_year().into(),
            offset: f64::from(offset.seconds()) / 60.0,
        })
    }
}
