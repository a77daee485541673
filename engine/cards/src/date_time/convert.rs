use jiff::tz::TimeZone;

use super::format;
use super::zone::zone;
use crate::prelude::*;

/// Reads a date & time and writes it in every common form.
///
/// Texts may be ISO 8601 or as mail headers have it; for others use `date_time.text_to_date`. The format and the
/// time zone count for `custom` alone, all else is in UTC. The codes of the format are those of
/// `date_time.date_to_text`; a time zone that does not exist counts as UTC.
#[derive(Inputs)]
pub struct Convert {
    /// The date & time, or its text.
    #[input(key = "start")]
    date: Date,
    /// The format of `custom`.
    #[input(default = "")]
    format: Text,
    /// The time zone of `custom`, by its IANA name: `Europe/Berlin`.
    #[input(key = "zone", default = "UTC")]
    time_zone: Text,
}

/// The date in its forms.
#[derive(Outputs)]
pub struct Forms {
    /// The date & time.
    date: Date,
    /// As ISO 8601, without a fraction: `2016-09-07T00:01:25Z`.
    iso: Text,
    /// The seconds since the start of 1970.
    epoch: Text,
    /// The milliseconds since the start of 1970.
    unix: Text,
    /// For a person to read: `Wed, September 7th at 12:01 AM`.
    human: Text,
    /// In the format; blank without one.
    custom: Text,
}

impl Pure for Convert {
    const ID: &str = "date_time.convert";
    const EXPORTED_AS: &[&str] = &["kernel:date:fromISO"];
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"{ date: "2016-09-07T00:01:25.670Z" }"#
            => ok r#"{ date: "2016-09-07T00:01:25.670Z", iso: "2016-09-07T00:01:25Z", epoch: "1473206485",
                unix: "1473206485670", human: "Wed, September 7th at 12:01 AM", custom: "" }"#,
        r#"{ date: "Wed, 07 Sep 2016 00:01:25 +0000", format: MM/DD/YYYY, time_zone: US/Pacific }"#
            => ok r#"{ date: "2016-09-07T00:01:25.000Z", iso: "2016-09-07T00:01:25Z", epoch: "1473206485",
                unix: "1473206485000", human: "Wed, September 7th at 12:01 AM", custom: 09/06/2016 }"#,
        r#"{ date: soon }"# => err "expected date & time, found text \"soon\"",
    };
    type Out = Forms;

    fn run(self, _: &Cx<'_>) -> Result<Forms> {
        let zone = zone(&self.time_zone, Self::TIME_ZONE)?;
        let write = |zone: &TimeZone, format: &str| {
            format::write(self.date, zone, format::ENGLISH, format).map(Text::from)
        };
        let text = |format| write(&TimeZone::UTC, format);
        Ok(Forms {
            date: self.date,
            iso: text("YYYY-MM-DDTHH:mm:ss[Z]")?,
            epoch: text("X")?,
            unix: text("x")?,
            human: text("ddd, MMMM Do [at] h:mm A")?,
            custom: write(&zone, &self.format)?,
        })
    }
}
