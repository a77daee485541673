use jiff::tz::TimeZone;

use super::tokens;
use crate::prelude::*;

/// Writes a date & time as a text, in a format of your own.
///
/// Codes in the format stand for parts of the date; everything else stands for itself, and so does what lies
/// in `[ ]`:
///
/// - year `YYYY` or `Y`, `YY`; month `M`, `MM`, `MMM` (Sep), `MMMM` (September); quarter `Q`
/// - day `D`, `DD`, `Do` (7th), of the year `DDD`, `DDDD`; weekday `d` (0 is Sunday), `ddd` (Wed), `dddd`
///   (Wednesday)
/// - hour `H`, `HH`, or `h`, `hh` with `a` (am) or `A` (AM); minute `m`, `mm`; second `s`, `ss`, its fraction
///   `S`, `SS`, `SSS`
/// - offset `Z` (-07:00), `ZZ` (-0700); time zone `z` (PDT); Unix time `X` in seconds, `x` in milliseconds
///
/// A time zone that does not exist counts as UTC. The way back is `date_time.text_to_date`.
#[derive(Inputs)]
pub struct DateToText {
    /// The date & time.
    #[input(key = "start")]
    date: Date,
    /// The format.
    format: Text,
    /// The time zone, by its IANA name: `Europe/Berlin`.
    #[input(key = "zone", default = "UTC")]
    time_zone: Text,
}

/// The text.
#[derive(Outputs)]
pub struct Formatted {
    /// The date in that format.
    #[output(key = "output")]
    text: Text,
}

impl Pure for DateToText {
    const ID: &str = "date_time.date_to_text";
    const EXPORTED_AS: &[&str] = &["kernel:date:format"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ date: "2016-09-07T00:01:25.670Z", format: YYYY-MM-DD }"# => ok r#"{ text: "2016-09-07" }"#,
        r#"{ date: "2016-09-07T00:01:25.670Z", format: "dddd, MMMM D, Y h:mm a z", time_zone: US/Pacific }"#
            => ok r#"{ text: "Tuesday, September 6, 2016 5:01 pm PDT" }"#,
        r#"{ date: "2016-09-07T00:01:25.670Z", format: "ddd, MMMM Do [at] h:mm A" }"#
            => ok r#"{ text: "Wed, September 7th at 12:01 AM" }"#,
        r#"{ date: "2016-09-07T00:01:25.670Z", format: "yyyy-MM-DDTHH:mm:ss.SSS" }"#
            => ok r#"{ text: "2016-09-07T00:01:25.670" }"#,
        r#"{ date: "2016-09-07T00:01:25.670Z", format: "D-MMM-YY HH:mm:ss.S z", time_zone: America/Pacific }"#
            => ok r#"{ text: "7-Sep-16 00:01:25.6 UTC" }"#,
        r#"{ date: null, format: YYYY }"# => err "expected date & time, found nothing",
    };
    type Out = Formatted;

    fn run(self, _: &Cx<'_>) -> Result<Formatted> {
        let zone = match self.time_zone.trim() {
            "" | "UTC" => TimeZone::UTC,
            // Templates that work in Okta name zones that do not exist.
            name => TimeZone::get(name).unwrap_or(TimeZone::UTC),
        };
        Ok(Formatted { text: tokens::write(self.date, &zone, &self.format).into() })
    }
}
