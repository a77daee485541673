use super::format;
use super::zone::zone;
use crate::prelude::*;

/// Writes a date & time as a text, in a format of your own.
///
/// Codes in the format stand for parts of the date; everything else stands for itself, and so does what lies
/// in `[ ]`:
///
/// - year `YYYY` or `Y`, `YY`; month `M`, `MM`, `MMM` (Sep), `MMMM` (September); quarter `Q`
/// - day `D`, `DD`, `Do` (7th), of the year `DDD`, `DDDD`; weekday `d` or `e` (0 is Sunday), `E` (7 is Sunday),
///   `dd` (We), `ddd` (Wed), `dddd` (Wednesday)
/// - week by ISO 8601 `W`, `WW` with its year `GGGG`, `GG`; week that begins on Sunday `w`, `ww` with its year
///   `gggg`, `gg`
/// - hour `H`, `HH`, or `h`, `hh` with `a` (am) or `A` (AM), or `k`, `kk` (1 to 24); minute `m`, `mm`; second `s`,
///   `ss`, its fraction `S`, `SS`, `SSS`
/// - offset `Z` (-07:00), `ZZ` (-0700); time zone `z` (PDT); Unix time `X` in seconds, `x` in milliseconds
/// - `o` behind a number its ending: `Mo`, `Qo`, `DDDo`, `do`, `wo`, `Wo`; whole formats `L` (09/07/2016), `LL`
///   (September 7, 2016), `LLL` with the time, `LLLL` with the weekday, `LT` (12:01 AM), `LTS`, and shorter ones
///   as `l`, `ll`, `lll`, `llll`
///
/// Names, and the order in `L` and its kin, are those of the language; `dd` is the first two letters of a weekday.
/// The way back is `date_time.text_to_date`.
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
    /// The language of months and weekdays.
    #[input(default = "en", choices = format::LANGUAGES)]
    language: Text,
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
        r#"{ date: "2016-09-07T00:01:25.670Z", format: "dddd, D. MMMM YYYY", language: de }"#
            => ok r#"{ text: "Mittwoch, 7. September 2016" }"#,
        r#"{ date: "2016-09-07T00:01:25.670Z", format: YYYY, time_zone: America/Pacific }"#
            => err "expected a time zone by its IANA name, found \"America/Pacific\"",
        r#"{ date: null, format: YYYY }"# => err "expected date & time, found nothing",
    };
    type Out = Formatted;

    fn run(self, _: &Cx<'_>) -> Result<Formatted> {
        let zone = zone(&self.time_zone, Self::TIME_ZONE)?;
        let language = format::language(&self.language, Self::LANGUAGE)?;
        Ok(Formatted { text: format::write(self.date, &zone, language, &self.format)?.into() })
    }
}
