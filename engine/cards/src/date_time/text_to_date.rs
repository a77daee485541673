use flowrun_core::value::parse_date;

use super::format;
use crate::prelude::*;

/// Reads a date & time from a text, in a format of your own.
///
/// The codes of the format are those of `date_time.date_to_text`. Codes of two letters also read one digit,
/// other marks in the format stand for any mark or none, and what follows the format is ignored. What the
/// format lacks is its start: the first of the month, midnight; a time alone is that of today. Without an
/// offset (`Z`) the time is in UTC; of time zone codes (`z`) only UTC and GMT can be read. Texts in ISO 8601
/// need no card: a date & time field reads them by itself, and so does this card without a format.
#[derive(Inputs)]
pub struct TextToDate {
    /// The text.
    #[input(key = "start")]
    text: Text,
    /// The format of the text; blank for ISO 8601.
    #[input(default = "")]
    format: Text,
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
        r#"{ text: 31/2/2016, format: D/M/Y }"# => err "\"31/2/2016\" isn't a date in the format D/M/Y",
        r#"{ text: soon }"# => err "\"soon\" isn't a date in ISO 8601",
    };
    type Out = Read;

    fn run(self, cx: &Cx<'_>) -> Result<Read> {
        let date = if self.format.is_empty() {
            parse_date(&self.text).ok_or("ISO 8601".to_owned())
        } else {
            format::read(&self.text, &self.format, cx.now_ms).ok_or(format!("the format {}", self.format))
        };
        let date = date.map_err(|format| {
            let message = format!("\"{}\" isn't a date in {format}", self.text);
            Fault::new(FaultKind::InvalidTypeConversion, message).at(Self::TEXT)
        })?;
        Ok(Read { date })
    }
}
