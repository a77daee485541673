use jiff::tz::TimeZone;

use super::format;
use crate::prelude::*;

/// Gives the present date & time.
///
/// It is the time at which the run last heard from outside, so that a run that is replayed sees the same time
/// again; on the simulators it is simulated. The parts are those of the time in UTC; for other time zones use
/// `date_time.date_to_text`.
#[derive(Inputs)]
pub struct Now {}

/// The present time, whole and in its parts.
#[derive(Outputs)]
pub struct Present {
    /// The date & time.
    date: Date,
    /// The same as an ISO 8601 text, without a fraction: `2016-09-07T00:01:25Z`.
    iso: Text,
    /// The same for a person to read: `Wednesday, September 7, 2016 12:01 AM`.
    full: Text,
    /// The minute of the hour, 0 to 59.
    minute: f64,
    /// The hour of the day, 0 to 23.
    hour: f64,
    /// The time of the day: `00:01:25`.
    time: Text,
    /// The day of the month, 1 to 31.
    day: f64,
    /// The name of the month: `September`.
    month: Text,
    /// The year.
    year: f64,
    /// The second of the minute, 0 to 59.
    second: f64,
    /// The millisecond of the second, 0 to 999.
    millisecond: f64,
}

impl Pure for Now {
    const ID: &str = "date_time.now";
    const EXPORTED_AS: &[&str] = &["kernel:date:now"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"{}"#
            => ok r#"{ date: "2016-09-07T00:01:25.670Z", iso: "2016-09-07T00:01:25Z", full: "Wednesday, September 7, 2016 12:01 AM",
            minute: 1, hour: 0, time: "00:01:25", day: 7, month: September, year: 2016, second: 25, millisecond: 670 }"#,
    };
    type Out = Present;

    fn run(self, cx: &Cx<'_>) -> Result<Present> {
        let Some(date) = Date::from_millis(cx.now_ms) else {
            bail!(kind InvalidInput, "the run's time lies beyond the year 9999")
        };
        let civil = date.utc();
        let text = |format| format::write(date, &TimeZone::UTC, format::ENGLISH, format).map(Text::from);
        Ok(Present {
            date,
            iso: text("YYYY-MM-DDTHH:mm:ss[Z]")?,
            full: text("dddd, MMMM D, YYYY h:mm A")?,
            minute: civil.minute().into(),
            hour: civil.hour().into(),
            time: text("HH:mm:ss")?,
            day: civil.day().into(),
            month: text("MMMM")?,
            year: civil.year().into(),
            second: civil.second().into(),
            millisecond: civil.millisecond().into(),
        })
    }
}
