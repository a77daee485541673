use flowrun_core::value::parse_date_in;

use super::format;
use super::zone::zone;
use crate::prelude::*;

/// Reads a date & time from a text, in a format of your own.
///
/// The codes of the format are those of `date_time.date_to_text`. Codes of two letters also read one digit,
/// and other marks in the format stand for any mark or none. What the format lacks is its start: the first of
/// the month, midnight; a time alone is that of today. Names of months and weekdays are read in any of their
/// forms in the language: März, Mär. and Maerz. What stands behind the format, a weekday that is not the date's,
/// or an offset that is not the zone's is an error.
///
/// Without an offset (`Z`) or a time zone (`z`, by its IANA name: 17:00 Europe/Berlin) the time is that on the
/// clocks of the field's time zone. A time that they skip is read as much later as they are moved, of a time that
/// they show twice it is the first. Abbreviations (PDT) are read as far as the field's time zone has them: CST
/// alone is Chicago's, Shanghai's and Havana's.
///
/// Texts in ISO 8601 need no format, also with their time zone in brackets: 2026-03-31T17:00[Europe/Berlin]. A date &
/// time field reads them by itself.
#[derive(Inputs)]
pub struct TextToDate {
    /// The text.
    #[input(key = "start")]
    text: Text,
    /// The format of the text; blank for ISO 8601.
    #[input(default = "")]
    format: Text,
    /// The time zone whose clocks show a time without an offset, by its IANA name: `Europe/Berlin`.
    #[input(default = "UTC")]
    time_zone: Text,
    /// The language of months and weekdays.
    #[input(default = "en", choices = format::LANGUAGES)]
    language: Text,
}

/// The date & time.
#[derive(Outputs)]
pub struct Read {
    /// What the text says.
    #[output(key = "output")]
    date: Date,
}

impl Pure for TextToDate {
    const ID: &str = "date_time.text_to_date";
    const EXPORTED_AS: &[&str] = &["kernel:date:parse"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: 1/2/2016, format: D/M/Y }"# => ok r#"{ date: "2016-02-01T00:00:00.000Z" }"#,
        r#"{ text: 1/2/16, format: M/D/YY }"# => ok r#"{ date: "2016-01-02T00:00:00.000Z" }"#,
        r#"{ text: "1473206485670", format: x }"# => ok r#"{ date: "2016-09-07T00:01:25.670Z" }"#,
        r#"{ text: "7 September 2016, 9:05 pm -07:00", format: "D MMMM YYYY, h:mm a Z" }"#
            => ok r#"{ date: "2016-09-08T04:05:00.000Z" }"#,
        r#"{ text: "2016-09-07T09:49:03+02:00" }"# => ok r#"{ date: "2016-09-07T07:49:03.000Z" }"#,
        r#"{ text: "31. März 2026, 17:00", format: "D. MMMM YYYY, HH:mm", language: de, time_zone: Europe/Berlin }"#
            => ok r#"{ date: "2026-03-31T15:00:00.000Z" }"#,
        r#"{ text: "2026-03-31 17:00 Europe/Berlin", format: "YYYY-MM-DD HH:mm z" }"#
            => ok r#"{ date: "2026-03-31T15:00:00.000Z" }"#,
        r#"{ text: "2026-03-31 17:00 Europe/Berlin", format: "YYYY-MM-DD HH:mm" }"#
            => err "behind the format YYYY-MM-DD HH:mm stands \"Europe/Berlin\"",
        r#"{ text: 31/2/2016, format: D/M/Y }"# => err "\"31/2/2016\" isn't a date in the format D/M/Y",
        r#"{ text: soon }"# => err "\"soon\" isn't a date in ISO 8601",
    };
    type Out = Read;

    fn run(self, cx: &Cx<'_>) -> Result<Read> {
        let zone = zone(&self.time_zone, Self::TIME_ZONE)?;
        let place = format::Place {
            language: format::language(&self.language, Self::LANGUAGE)?,
            zone: &zone,
            now_ms: cx.now_ms,
        };
        let no_date = |message: String| Fault::new(FaultKind::InvalidTypeConversion, message).at(Self::TEXT);
        let date = if self.format.is_empty() {
            let date = parse_date_in(&self.text, &zone);
            date.ok_or_else(|| no_date(format!("\"{}\" isn't a date in ISO 8601", self.text)))
        } else {
            format::read(&self.text, &self.format, &place).map_err(|behind| match behind.trim() {
                "" => no_date(format!("\"{}\" isn't a date in the format {}", self.text, self.format))
                    .help("names are read in `language`, abbreviations of time zones as `time_zone` has them"),
                behind => no_date(format!("behind the format {} stands \"{behind}\"", self.format))
                    .help("write it into the format, as codes or in [ ], or cut it off the text"),
            })
        }?;
        Ok(Read { date })
    }
}
