//! The codes of date formats, as Okta's library (moment) has them.

mod language;
mod languages;
mod read;
mod write;

pub(super) use language::{CODES as LANGUAGES, language};
pub(super) use languages::ENGLISH;
pub(super) use read::{Place, read};
pub(super) use write::write;

use language::Whole;

/// A piece of a format.
enum Piece<'f> {
    Code(Code),
    Literal(&'f str),
}

/// A code, with the least number of digits where it stands for a number.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Code {
    Number(Part, usize),
    /// A number with its ending: 7th.
    Ordinal(Part),
    MonthName,
    MonthShort,
    WeekdayName,
    WeekdayShort,
    /// Two letters of the weekday: We.
    WeekdayTiny,
    /// The fraction of a second, with so many digits.
    Fraction(usize),
    SmallHalf,
    LargeHalf,
    Offset(&'static str),
    Zone,
    UnixSeconds,
    UnixMillis,
    /// A whole date as the language writes it; small with short names and numbers.
    Local(Whole, bool),
}

/// A part of a date that is a number.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Year,
    /// With its sign, as ISO 8601 wants it of years beyond 9999.
    SignedYear,
    ShortYear,
    /// The year that the week of ISO 8601 belongs to; the first week has the first Thursday.
    IsoYear,
    ShortIsoYear,
    /// The year that the week belongs to; the first week has the first of January, and begins on Sunday.
    WeekYear,
    ShortWeekYear,
    Quarter,
    Month,
    Week,
    IsoWeek,
    Day,
    YearDay,
    /// 0 is Sunday.
    Weekday,
    /// 1 is Monday, 7 is Sunday.
    IsoWeekday,
    Hour,
    /// 1 to 12.
    Hour12,
    /// 1 to 24.
    Hour24,
    Minute,
    Second,
}

/// Cuts a format into its pieces; the longest code wins.
fn pieces(format: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = format;
    std::iter::from_fn(move || {
        if let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            rest = after;
            return Some(Piece::Literal(inside));
        }
        if let Some((code, length)) = code(rest) {
            rest = &rest[length..];
            return Some(Piece::Code(code));
        }
        rest = rest.strip_prefix('\\').filter(|escaped| !escaped.is_empty()).unwrap_or(rest);
        let (literal, after) = rest.split_at(rest.chars().next()?.len_utf8());
        rest = after;
        Some(Piece::Literal(literal))
    })
}

/// The codes, longer ones before those that they begin with.
#[rustfmt::skip]
const CODES: &[(&str, Code)] = {
    use Code::*;
    use Part::*;
    &[
        ("YYYYYY", Number(SignedYear, 6)), ("YYYYY", Number(Year, 5)), ("YYYY", Number(Year, 4)), ("YY", Number(ShortYear, 2)),
        ("Y", Number(Year, 4)), ("yyyy", Number(Year, 4)), ("yy", Number(ShortYear, 2)), ("y", Number(Year, 4)),
        ("GGGG", Number(IsoYear, 4)), ("GG", Number(ShortIsoYear, 2)),
        ("gggg", Number(WeekYear, 4)), ("gg", Number(ShortWeekYear, 2)),
        ("Qo", Ordinal(Quarter)), ("Q", Number(Quarter, 1)),
        ("MMMM", MonthName), ("MMM", MonthShort), ("MM", Number(Month, 2)), ("Mo", Ordinal(Month)), ("M", Number(Month, 1)),
        ("ww", Number(Week, 2)), ("wo", Ordinal(Week)), ("w", Number(Week, 1)),
        ("WW", Number(IsoWeek, 2)), ("Wo", Ordinal(IsoWeek)), ("W", Number(IsoWeek, 1)),
        ("DDDD", Number(YearDay, 3)), ("DDDo", Ordinal(YearDay)), ("DDD", Number(YearDay, 1)),
        ("DD", Number(Day, 2)), ("Do", Ordinal(Day)), ("D", Number(Day, 1)),
        ("dddd", WeekdayName), ("ddd", WeekdayShort), ("dd", WeekdayTiny), ("do", Ordinal(Weekday)), ("d", Number(Weekday, 1)),
        ("e", Number(Weekday, 1)), ("E", Number(IsoWeekday, 1)),
        ("HH", Number(Hour, 2)), ("H", Number(Hour, 1)), ("hh", Number(Hour12, 2)), ("h", Number(Hour12, 1)),
        ("kk", Number(Hour24, 2)), ("k", Number(Hour24, 1)),
        ("mm", Number(Minute, 2)), ("m", Number(Minute, 1)), ("ss", Number(Second, 2)), ("s", Number(Second, 1)),
        ("SSSSSSSSS", Fraction(9)), ("SSSSSSSS", Fraction(8)), ("SSSSSSS", Fraction(7)), ("SSSSSS", Fraction(6)),
        ("SSSSS", Fraction(5)), ("SSSS", Fraction(4)), ("SSS", Fraction(3)), ("SS", Fraction(2)), ("S", Fraction(1)),
        ("a", SmallHalf), ("A", LargeHalf), ("ZZ", Offset("")), ("Z", Offset(":")), ("zz", Zone), ("z", Zone),
        ("X", UnixSeconds), ("x", UnixMillis),
        ("LTS", Local(Whole::Time { seconds: true }, false)), ("LT", Local(Whole::Time { seconds: false }, false)),
        ("LLLL", Local(Whole::Long { time: true, weekday: true }, false)), ("LLL", Local(Whole::Long { time: true, weekday: false }, false)),
        ("LL", Local(Whole::Long { time: false, weekday: false }, false)), ("L", Local(Whole::Day, false)),
        ("llll", Local(Whole::Long { time: true, weekday: true }, true)), ("lll", Local(Whole::Long { time: true, weekday: false }, true)),
        ("ll", Local(Whole::Long { time: false, weekday: false }, true)), ("l", Local(Whole::Day, true)),
    ]
};

/// The code at the start of a format, and how long it is.
fn code(format: &str) -> Option<(Code, usize)> {
    let (name, code) = CODES.iter().find(|(name, _)| format.starts_with(name))?;
    Some((*code, name.len()))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::prelude::*;

    const NOW: i64 = 1_473_206_485_670;

    fn read(text: &str, format: &str) -> Option<Date> {
        read_in(text, format, "en", "UTC").ok()
    }

    fn read_in<'t>(text: &'t str, format: &str, code: &str, zone: &str) -> Result<Date, &'t str> {
        let language = language(code, InputId(0)).unwrap();
        super::read(text, format, &Place { language, zone: &TimeZone::get(zone).unwrap(), now_ms: NOW })
    }

    fn write(date: Date, zone: &TimeZone, format: &str) -> String {
        super::write(date, zone, ENGLISH, format).unwrap()
    }

    #[test]
    fn what_is_written_can_be_read() {
        #[rustfmt::skip]
        let formats = [
            "YYYY-MM-DDTHH:mm:ss.SSSZ", "x", "D/M/Y H:m:s.SSS Z", "dddd, MMMM Do YYYY, h:mm:ss.SSS a ZZ",
            "[on] ddd D-MMM-YY hh:mm:ss.SSS A Z", "DDDD Y HHmmss.SSSSSS Z", "YYMMDDHHmmss.SSSZ",
        ];
        for zone in ["UTC", "Asia/Kathmandu", "America/Los_Angeles"] {
            let zone = TimeZone::get(zone).unwrap();
            for millis in [0, NOW, NOW + 45_296_789, 1_709_210_096_001] {
                let date = Date::from_millis(millis).unwrap();
                for format in formats {
                    let text = write(date, &zone, format);
                    assert_eq!(read(&text, format), Some(date), "{text} in {format}");
                }
            }
        }
    }

    #[test]
    fn reading_is_lenient_where_moment_is_and_no_further() {
        let table = [
            ("20160907", "YYYY-MM-DD", Some("2016-09-07T00:00:00.000Z")),
            ("2016-09-07T10:11:12Z", "YYYY-MM-DD", None),
            ("2016", "YYYY-MM-DD", Some("2016-01-01T00:00:00.000Z")),
            ("2016.9.7", "YYYY-MM-DD", Some("2016-09-07T00:00:00.000Z")),
            // Two digits for YYYY, as moment 2.30 reads them; marks and spaces for each other.
            ("1/2/16", "M/D/YYYY", Some("2016-01-02T00:00:00.000Z")),
            ("07.09.69", "DD.MM.YYYY", Some("1969-09-07T00:00:00.000Z")),
            ("7-Sep-2016", "D MMM YYYY", Some("2016-09-07T00:00:00.000Z")),
            ("2016 09 07", "YYYY-MM-DD", Some("2016-09-07T00:00:00.000Z")),
            ("2016-09-07 10:11 -0700", "YYYY-MM-DD HH:mm  ZZ", Some("2016-09-07T17:11:00.000Z")),
            ("14:05", "HH:mm", Some("2016-09-07T14:05:00.000Z")),
            ("12 am", "h a", Some("2016-09-07T00:00:00.000Z")),
            ("12 P.M.", "h a", Some("2016-09-07T12:00:00.000Z")),
            ("May 5 69", "MMM D YY", Some("1969-05-05T00:00:00.000Z")),
            ("1473206485.67", "X", Some("2016-09-07T00:01:25.670Z")),
            ("2016-13-01", "YYYY-MM-DD", None),
            ("2016-02-30", "YYYY-MM-DD", None),
            ("25:00", "HH:mm", None),
            ("Sept 7", "MMM D", Some("2016-09-07T00:00:00.000Z")),
            ("10:00 PDT", "HH:mm z", None),
            ("ten", "HH", None),
            ("", "HH", None),
        ];
        for (text, format, iso) in table {
            let found = read(text, format).map(|date| date.to_string());
            assert_eq!(found.as_deref(), iso, "{text} in {format}");
        }
    }

    /// Each code writes this of 7 September 2016, 00:01:25.670 in UTC, and of 4 January 2026, 21:07:09.008 in Kathmandu.
    #[rustfmt::skip]
    const WRITTEN: &[(&str, &str, &str)] = &[
        ("Y", "2016", "2026"), ("YY", "16", "26"), ("YYYY", "2016", "2026"), ("YYYYY", "02016", "02026"), ("YYYYYY", "+002016", "+002026"),
        ("y", "2016", "2026"), ("yy", "16", "26"), ("yyyy", "2016", "2026"),
        ("GG", "16", "26"), ("GGGG", "2016", "2026"), ("gg", "16", "26"), ("gggg", "2016", "2026"),
        ("Q", "3", "1"), ("Qo", "3rd", "1st"), ("M", "9", "1"), ("Mo", "9th", "1st"), ("MM", "09", "01"), ("MMM", "Sep", "Jan"), ("MMMM", "September", "January"),
        ("w", "37", "2"), ("wo", "37th", "2nd"), ("ww", "37", "02"), ("W", "36", "1"), ("Wo", "36th", "1st"), ("WW", "36", "01"),
        ("D", "7", "4"), ("Do", "7th", "4th"), ("DD", "07", "04"), ("DDD", "251", "4"), ("DDDo", "251st", "4th"), ("DDDD", "251", "004"),
        ("d", "3", "0"), ("do", "3rd", "0th"), ("dd", "We", "Su"), ("ddd", "Wed", "Sun"), ("dddd", "Wednesday", "Sunday"), ("e", "3", "0"), ("E", "3", "7"),
        ("H", "0", "21"), ("HH", "00", "21"), ("h", "12", "9"), ("hh", "12", "09"), ("k", "24", "21"), ("kk", "24", "21"),
        ("m", "1", "7"), ("mm", "01", "07"), ("s", "25", "9"), ("ss", "25", "09"),
        ("S", "6", "0"), ("SS", "67", "00"), ("SSS", "670", "008"), ("SSSS", "6700", "0080"), ("SSSSS", "67000", "00800"), ("SSSSSS", "670000", "008000"),
        ("SSSSSSS", "6700000", "0080000"), ("SSSSSSSS", "67000000", "00800000"), ("SSSSSSSSS", "670000000", "008000000"),
        ("a", "am", "pm"), ("A", "AM", "PM"), ("Z", "+00:00", "+05:45"), ("ZZ", "+0000", "+0545"), ("z", "UTC", "+0545"), ("zz", "UTC", "+0545"),
        ("X", "1473206485", "1767540129"), ("x", "1473206485670", "1767540129008"),
        ("LT", "12:01 AM", "9:07 PM"), ("LTS", "12:01:25 AM", "9:07:09 PM"), ("L", "09/07/2016", "01/04/2026"), ("LL", "September 7, 2016", "January 4, 2026"),
        ("LLL", "September 7, 2016 12:01 AM", "January 4, 2026 9:07 PM"), ("LLLL", "Wednesday, September 7, 2016 12:01 AM", "Sunday, January 4, 2026 9:07 PM"),
        ("l", "9/7/2016", "1/4/2026"), ("ll", "Sep 7, 2016", "Jan 4, 2026"), ("lll", "Sep 7, 2016 12:01 AM", "Jan 4, 2026 9:07 PM"),
        ("llll", "Wed, Sep 7, 2016 12:01 AM", "Sun, Jan 4, 2026 9:07 PM"),
        ("[year] YYYY [[x]", "year 2016 [x", "year 2026 [x"), ("\\YT-/,.", "YT-/,.", "YT-/,."), ("YYYYMMDD", "20160907", "20260104"),
    ];

    #[test]
    fn every_code_writes_its_part() {
        let dates = [(NOW, "UTC"), (1_767_540_129_008, "Asia/Kathmandu")];
        let dates =
            dates.map(|(millis, zone)| (Date::from_millis(millis).unwrap(), TimeZone::get(zone).unwrap()));
        for (format, first, second) in WRITTEN {
            for ((date, zone), wanted) in dates.iter().zip([first, second]) {
                assert_eq!(write(*date, zone, format), *wanted, "{format}");
            }
        }
        for (name, _) in CODES {
            assert!(WRITTEN.iter().any(|(format, ..)| format == name), "{name} is not tested");
        }
    }

    #[test]
    fn every_code_reads_what_it_writes() {
        let (date, zone) =
            (Date::from_millis(1_767_540_129_008).unwrap(), TimeZone::get("Asia/Kathmandu").unwrap());
        for (name, _) in CODES.iter().filter(|(_, code)| *code != Code::Zone) {
            // The rest of the date, so that the code alone decides nothing that is not there.
            let format = format!("{name} | YYYY-MM-DDTHH:mm:ss.SSSZ");
            let text = write(date, &zone, &format);
            let wanted = if *name == "X" { Date::from_millis(1_767_540_129_000) } else { Some(date) };
            assert_eq!(read(&text, &format), wanted, "{text} in {format}");
        }
    }

    #[test]
    fn parts_that_decide_the_day_are_read() {
        #[rustfmt::skip]
        let table = [
            ("2026-W01-7", "GGGG-[W]WW-E", "2026-01-04"), ("26 1 1", "GG W E", "2025-12-29"), ("2026 53", "GGGG WW", "2026-12-28"),
            ("2026 1 0", "gggg w e", "2025-12-28"), ("2026 2", "gggg ww", "2026-01-04"), ("2016 Q3", "YYYY [Q]Q", "2016-07-01"),
            ("2016 3rd", "YYYY Qo", "2016-07-01"), ("2016 251st", "YYYY DDDo", "2016-09-07"), ("2016 9th 7th", "YYYY Mo Do", "2016-09-07"),
            ("+002016 251", "YYYYYY DDD", "2016-09-07"), ("September 7, 2016", "LL", "2016-09-07"), ("9/7/2016", "l", "2016-09-07"),
            ("2016-09-07 24", "YYYY-MM-DD kk", "2016-09-07"), ("Monday", "dddd", "2016-09-05"), ("2026", "GGGG", "2025-12-29"),
            ("Wed, 2016-09-07", "ddd, YYYY-MM-DD", "2016-09-07"),
        ];
        for (text, format, iso) in table {
            let found = read(text, format).map(|date| date.to_string());
            assert_eq!(found, Some(format!("{iso}T00:00:00.000Z")), "{text} in {format}");
        }
        assert_eq!(read("2025 53", "GGGG WW"), None, "2025 has 52 weeks");
        assert_eq!(read("Monday, 7 September 2016", "dddd, D MMMM YYYY"), None, "it was a Wednesday");
    }

    /// The offsets are those of the IANA database; what clocks skip or show twice as RFC 5545 3.3.5 has it.
    #[test]
    fn times_are_those_on_the_clocks_of_their_zone() {
        const BEHIND: &str = "YYYY-MM-DD HH:mm z";
        #[rustfmt::skip]
        let table = [
            ("2026-03-31 17:00", "YYYY-MM-DD HH:mm", "Europe/Berlin", Some("2026-03-31T15:00")),
            ("2026-03-29 02:30", "YYYY-MM-DD HH:mm", "Europe/Berlin", Some("2026-03-29T01:30")),
            ("2026-10-25 02:30", "YYYY-MM-DD HH:mm", "Europe/Berlin", Some("2026-10-25T00:30")),
            ("2026-10-25 02:30 CET", BEHIND, "Europe/Berlin", Some("2026-10-25T01:30")),
            ("2026-10-25 02:30 CEST", BEHIND, "Europe/Berlin", Some("2026-10-25T00:30")),
            ("2026-03-31 17:00 CET", BEHIND, "Europe/Berlin", None),
            ("2026-03-31 17:00 PDT", BEHIND, "UTC", None),
            ("2026-03-31 17:00 America/Los_Angeles", BEHIND, "Europe/Berlin", Some("2026-04-01T00:00")),
            ("2026-03-31 17:00 Europe/Berln", BEHIND, "UTC", None),
            ("2026-03-31 17:00 GMT", BEHIND, "Europe/Berlin", Some("2026-03-31T17:00")),
            ("2026-03-31 17:00 +02:00 Europe/Berlin", "YYYY-MM-DD HH:mm Z z", "UTC", Some("2026-03-31T15:00")),
            ("2026-03-31 17:00 +03:00 Europe/Berlin", "YYYY-MM-DD HH:mm Z z", "UTC", None),
            ("2026-03-31 17:00 +03:00", "YYYY-MM-DD HH:mm Z", "Europe/Berlin", Some("2026-03-31T14:00")),
            // Midnight of today, which is still the 6th there.
            ("00:00", "HH:mm", "America/Los_Angeles", Some("2016-09-06T07:00")),
            ("9999-12-31 23:59", "YYYY-MM-DD HH:mm", "America/New_York", None),
            ("31.12.9999 23:59", "DD.MM.YYYY HH:mm", "UTC", Some("9999-12-31T23:59")),
        ];
        for (text, format, zone, iso) in table {
            let found = read_in(text, format, "en", zone).ok().map(|date| date.to_string());
            assert_eq!(found, iso.map(|iso| format!("{iso}:00.000Z")), "{text} in {zone}");
        }
        assert_eq!(read_in("7/9/2016 at noon", "D/M/Y", "en", "UTC"), Err(" at noon"));
    }

    /// As CLDR 48 writes them, by `Intl.DateTimeFormat` of Node 26.
    #[test]
    fn languages_write_dates_in_their_own_way() {
        #[rustfmt::skip]
        let table = [
            ("en", "Friday, March 15, 2024 12:00 AM", "03/15/2024"), ("de", "Freitag, 15. März 2024 00:00", "15.03.2024"),
            ("fr", "vendredi 15 mars 2024 00:00", "15/03/2024"), ("es", "viernes, 15 de marzo de 2024 0:00", "15/03/2024"),
            ("it", "venerdì 15 marzo 2024 00:00", "15/03/2024"), ("nl", "vrijdag 15 maart 2024 00:00", "15-03-2024"),
            ("pt", "sexta-feira, 15 de março de 2024 00:00", "15/03/2024"), ("pl", "piątek, 15 marca 2024 00:00", "15.03.2024"),
            ("sv", "fredag 15 mars 2024 00:00", "2024-03-15"), ("da", "fredag den 15. marts 2024 00.00", "15.03.2024"),
            ("nb", "fredag 15. mars 2024 00:00", "15.03.2024"), ("fi", "perjantai 15. maaliskuuta 2024 0.00", "15.3.2024"),
            ("cs", "pátek 15. března 2024 0:00", "15.03.2024"),
        ];
        let date = Date::parse_iso("2024-03-15").unwrap();
        for (code, long, day) in table {
            let language = language(code, InputId(0)).unwrap();
            for (format, text) in [("LLLL", long), ("L", day)] {
                assert_eq!(super::write(date, &TimeZone::UTC, language, format).unwrap(), text, "{code}");
            }
            for format in ["LLLL", "L", "LL", "lll", "l", "ddd Do MMM YYYY", "MMMM YYYY D"] {
                let text = super::write(date, &TimeZone::UTC, language, format).unwrap();
                assert_eq!(read_in(&text, format, code, "UTC"), Ok(date), "{code} {text}");
            }
        }
        let polish = language("pl", InputId(0)).unwrap();
        let alone = super::write(date, &TimeZone::UTC, polish, "MMMM YYYY");
        assert_eq!(alone.as_deref(), Ok("marzec 2024"), "alone it has another form");
    }
}
