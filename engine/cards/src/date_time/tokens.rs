//! The codes of date formats, as Okta's library (moment) has them, for writing and for reading.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use crate::prelude::*;

#[rustfmt::skip]
const MONTHS: [&str; 12] = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A piece of a format.
enum Piece<'f> {
    Code(Code),
    Literal(&'f str),
}

/// A code, with the least number of digits where it stands for a number.
#[derive(Clone, Copy)]
enum Code {
    Year,
    ShortYear,
    Quarter,
    Month(usize),
    MonthName,
    MonthShort,
    Day(usize),
    DayOrdinal,
    YearDay(usize),
    Weekday,
    WeekdayName,
    WeekdayShort,
    Hour(usize),
    Hour12(usize),
    Minute(usize),
    Second(usize),
    Fraction(usize),
    SmallHalf,
    LargeHalf,
    Offset(&'static str),
    Zone,
    UnixSeconds,
    UnixMillis,
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

fn code(format: &str) -> Option<(Code, usize)> {
    use Code::*;
    let first = *format.as_bytes().first()?;
    let run = format.bytes().take_while(|byte| *byte == first).count();
    let two = run.min(2);
    Some(match (first, run) {
        (b'Y' | b'y', 4..) => (Year, 4),
        (b'Y' | b'y', 2..) => (ShortYear, 2),
        (b'Y' | b'y', _) => (Year, 1),
        (b'Q', _) => (Quarter, 1),
        (b'M', 4..) => (MonthName, 4),
        (b'M', 3) => (MonthShort, 3),
        (b'M', _) => (Month(two), two),
        (b'D', 4..) => (YearDay(3), 4),
        (b'D', 3) => (YearDay(1), 3),
        (b'D', 1) if format.starts_with("Do") => (DayOrdinal, 2),
        (b'D', _) => (Day(two), two),
        (b'd', 4..) => (WeekdayName, 4),
        (b'd', 3) => (WeekdayShort, 3),
        (b'd', _) => (Weekday, 1),
        (b'H', _) => (Hour(two), two),
        (b'h', _) => (Hour12(two), two),
        (b'm', _) => (Minute(two), two),
        (b's', _) => (Second(two), two),
        (b'S', _) => (Fraction(run.min(9)), run.min(9)),
        (b'a', _) => (SmallHalf, 1),
        (b'A', _) => (LargeHalf, 1),
        (b'Z', 2..) => (Offset(""), 2),
        (b'Z', _) => (Offset(":"), 1),
        (b'z', _) => (Zone, two),
        (b'X', _) => (UnixSeconds, 1),
        (b'x', _) => (UnixMillis, 1),
        _ => return None,
    })
}

/// Writes `date`, as it is in `zone`, in `format`.
pub(super) fn write(date: Date, zone: &TimeZone, format: &str) -> String {
    let timestamp = date.timestamp();
    let info = zone.to_offset_info(timestamp);
    let (civil, offset) = (info.offset().to_datetime(timestamp), info.offset());
    let mut out = String::with_capacity(format.len() + 16);
    for piece in pieces(format) {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Code(Code::Zone) => out.push_str(info.abbreviation()),
            // Writing to a text can't fail.
            Piece::Code(code) => write_code(&mut out, code, civil, offset, date).unwrap_or_default(),
        }
    }
    out
}

fn write_code(out: &mut String, code: Code, civil: DateTime, offset: Offset, date: Date) -> std::fmt::Result {
    let month = MONTHS[civil.month() as usize - 1];
    let weekday = civil.weekday().to_sunday_zero_offset() as usize;
    let (hour, half) = (civil.hour(), if civil.hour() < 12 { "am" } else { "pm" });
    match code {
        Code::Year if civil.year() < 0 => write!(out, "-{:04}", -civil.year()),
        Code::Year => write!(out, "{:04}", civil.year()),
        Code::ShortYear => write!(out, "{:02}", civil.year().rem_euclid(100)),
        Code::Quarter => write!(out, "{}", (civil.month() + 2) / 3),
        Code::Month(width) => write!(out, "{:0width$}", civil.month()),
        Code::MonthName => out.write_str(month),
        Code::MonthShort => out.write_str(&month[..3]),
        Code::Day(width) => write!(out, "{:0width$}", civil.day()),
        Code::DayOrdinal => write!(out, "{}{}", civil.day(), ordinal(civil.day())),
        Code::YearDay(width) => write!(out, "{:0width$}", civil.day_of_year()),
        Code::Weekday => write!(out, "{weekday}"),
        Code::WeekdayName => out.write_str(WEEKDAYS[weekday]),
        Code::WeekdayShort => out.write_str(&WEEKDAYS[weekday][..3]),
        Code::Hour(width) => write!(out, "{hour:0width$}"),
        Code::Hour12(width) => write!(out, "{:0width$}", (hour + 11) % 12 + 1),
        Code::Minute(width) => write!(out, "{:0width$}", civil.minute()),
        Code::Second(width) => write!(out, "{:0width$}", civil.second()),
        Code::Fraction(digits) => out.write_str(&format!("{:09}", civil.subsec_nanosecond())[..digits]),
        Code::SmallHalf => out.write_str(half),
        Code::LargeHalf => out.write_str(&half.to_uppercase()),
        Code::Offset(colon) => {
            let (sign, seconds) = (if offset.seconds() < 0 { '-' } else { '+' }, offset.seconds().abs());
            write!(out, "{sign}{:02}{colon}{:02}", seconds / 3600, seconds / 60 % 60)
        }
        Code::Zone => Ok(()),
        Code::UnixSeconds => write!(out, "{}", date.millis().div_euclid(1000)),
        Code::UnixMillis => write!(out, "{}", date.millis()),
    }
}

fn ordinal(day: i8) -> &'static str {
    match day {
        11..=13 => "th",
        day if day % 10 == 1 => "st",
        day if day % 10 == 2 => "nd",
        day if day % 10 == 3 => "rd",
        _ => "th",
    }
}

/// Reads `text` in `format`; none if it does not match, or if there is no such date. `now_ms` gives what a
/// time alone lacks.
pub(super) fn read(text: &str, format: &str, now_ms: i64) -> Option<Date> {
    let mut text = text.trim();
    if text.is_empty() {
        return None;
    }
    let mut parts = Parts::default();
    for piece in pieces(format) {
        if text.is_empty() {
            break; // What the text lacks is left at its start.
        }
        text = match piece {
            Piece::Literal(literal) => literal.chars().try_fold(text, skip)?,
            Piece::Code(code) => parts.read(code, text)?,
        };
    }
    parts.date(now_ms)
}

/// Letters and digits of a format must be there; other marks stand for any mark, or none.
fn skip(text: &str, wanted: char) -> Option<&str> {
    if wanted.is_whitespace() {
        return Some(text.trim_start());
    }
    if let Some(rest) = text.strip_prefix(wanted) {
        return Some(rest);
    }
    if wanted.is_alphanumeric() {
        return None;
    }
    Some(text.strip_prefix(|found: char| found.is_ascii_punctuation()).unwrap_or(text))
}

/// What has been read so far.
#[derive(Default)]
struct Parts {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: Option<i64>,
    minute: Option<i64>,
    second: Option<i64>,
    nanos: Option<i64>,
    afternoon: Option<bool>,
    offset: Option<i64>,
    millis: Option<i64>,
}

impl Parts {
    /// Reads one code from the start of `text` and gives what follows.
    fn read<'t>(&mut self, code: Code, text: &'t str) -> Option<&'t str> {
        match code {
            Code::Year => put(&mut self.year, text, 4),
            Code::ShortYear => {
                let (year, rest) = number(text, 2)?;
                self.year = Some(if year > 68 { 1900 + year } else { 2000 + year });
                Some(rest)
            }
            Code::Quarter => {
                let (quarter, rest) = number(text, 1)?;
                self.month = Some(quarter * 3 - 2);
                Some(rest)
            }
            Code::Month(_) => put(&mut self.month, text, 2),
            Code::MonthName | Code::MonthShort => {
                let (month, rest) = name(text, &MONTHS)?;
                self.month = Some(month as i64 + 1);
                Some(rest)
            }
            Code::Day(_) => put(&mut self.day, text, 2),
            Code::DayOrdinal => {
                let rest = put(&mut self.day, text, 2)?;
                Some(rest.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()))
            }
            Code::YearDay(_) => put(&mut self.year_day, text, 3),
            // The weekday follows from the date; what the text says of it is passed over.
            Code::Weekday => number(text, 1).map(|(_, rest)| rest),
            Code::WeekdayName | Code::WeekdayShort => name(text, &WEEKDAYS).map(|(_, rest)| rest),
            Code::Hour(_) | Code::Hour12(_) => put(&mut self.hour, text, 2),
            Code::Minute(_) => put(&mut self.minute, text, 2),
            Code::Second(_) => put(&mut self.second, text, 2),
            Code::Fraction(_) => {
                let (_, rest) = number(text, 9)?;
                let digits = &text[..text.len() - rest.len()];
                self.nanos = Some(format!("{digits:0<9}").parse().ok()?);
                Some(rest.trim_start_matches(|digit: char| digit.is_ascii_digit()))
            }
            Code::SmallHalf | Code::LargeHalf => {
                let rest = text.strip_prefix(['a', 'A', 'p', 'P'])?;
                self.afternoon = Some(text.starts_with(['p', 'P']));
                let rest = rest.strip_prefix('.').unwrap_or(rest);
                let rest = rest.strip_prefix(['m', 'M']).unwrap_or(rest);
                Some(rest.strip_prefix('.').unwrap_or(rest))
            }
            Code::Offset(_) => self.read_offset(text),
            Code::Zone => {
                let rest = text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
                // Other codes have no one meaning: CST is Chicago's, Shanghai's and Havana's.
                matches!(&text[..text.len() - rest.len()], "UTC" | "GMT" | "Z").then_some(rest)
            }
            Code::UnixMillis | Code::UnixSeconds => {
                let end =
                    text.find(|letter: char| !matches!(letter, '0'..='9' | '.' | '-')).unwrap_or(text.len());
                let unit = if matches!(code, Code::UnixSeconds) { 1000.0 } else { 1.0 };
                let millis = text[..end].parse::<f64>().ok()? * unit;
                self.millis = Some(millis.round() as i64);
                Some(&text[end..])
            }
        }
    }

    fn read_offset<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        if let Some(rest) = text.strip_prefix(['Z', 'z']) {
            self.offset = Some(0);
            return Some(rest);
        }
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let (hours, rest) = number(text.strip_prefix(['+', '-'])?, 2)?;
        let after = rest.strip_prefix(':').unwrap_or(rest);
        let (minutes, rest) = number(after, 2).unwrap_or((0, rest));
        self.offset = Some(sign * (hours * 3600 + minutes * 60));
        Some(rest)
    }

    fn date(self, now_ms: i64) -> Option<Date> {
        if let Some(millis) = self.millis {
            return Date::from_millis(millis);
        }
        let today = Offset::UTC.to_datetime(Timestamp::from_millisecond(now_ms).ok()?);
        let year = self.year.unwrap_or(today.year().into());
        // As moment has it: what stands before the first part given is today's, what follows it is the first.
        let month = match self.month {
            Some(month) => month,
            None if self.year.is_some() => 1,
            None => today.month().into(),
        };
        let day = match self.day {
            Some(day) => day,
            None if self.year.is_some() || self.month.is_some() => 1,
            None => today.day().into(),
        };
        let hour = match (self.afternoon, self.hour.unwrap_or(0)) {
            (Some(true), hour @ 0..=12) => hour % 12 + 12,
            (Some(false), hour @ 0..=12) => hour % 12,
            (_, hour) => hour,
        };
        let (year, month, day) = (year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?);
        let mut date = jiff::civil::Date::new(year, month, day).ok()?;
        if let Some(day) = self.year_day {
            date = date.with().day_of_year(day.try_into().ok()?).build().ok()?;
        }
        let [minute, second] = [self.minute, self.second].map(|part| part.unwrap_or(0).try_into());
        let nanos = self.nanos.unwrap_or(0).try_into().ok()?;
        let time = jiff::civil::Time::new(hour.try_into().ok()?, minute.ok()?, second.ok()?, nanos).ok()?;
        let offset = Offset::from_seconds(self.offset.unwrap_or(0).try_into().ok()?).ok()?;
        Some(Date::new(offset.to_timestamp(date.to_datetime(time)).ok()?, offset))
    }
}

/// Reads a number into its place and gives what follows.
fn put<'t>(place: &mut Option<i64>, text: &'t str, most: usize) -> Option<&'t str> {
    let (number, rest) = number(text, most)?;
    *place = Some(number);
    Some(rest)
}

/// The number at the start of `text`, of at most so many digits.
fn number(text: &str, most: usize) -> Option<(i64, &str)> {
    let end = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// Which of `names` begins the text, in full or by its first three letters.
fn name<'t>(text: &'t str, names: &[&str]) -> Option<(usize, &'t str)> {
    let rest = text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    let found = &text[..text.len() - rest.len()];
    let known = |name: &&str| name.eq_ignore_ascii_case(found) || name[..3].eq_ignore_ascii_case(found);
    Some((names.iter().position(known)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_473_206_485_670;

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
                    assert_eq!(read(&text, format, NOW), Some(date), "{text} in {format}");
                }
            }
        }
    }

    #[test]
    fn reading_is_lenient_where_moment_is_and_no_further() {
        let table = [
            ("20160907", "YYYY-MM-DD", Some("2016-09-07T00:00:00.000Z")),
            ("2016-09-07T10:11:12Z", "YYYY-MM-DD", Some("2016-09-07T00:00:00.000Z")),
            ("2016", "YYYY-MM-DD", Some("2016-01-01T00:00:00.000Z")),
            ("2016.9.7", "YYYY-MM-DD", Some("2016-09-07T00:00:00.000Z")),
            ("14:05", "HH:mm", Some("2016-09-07T14:05:00.000Z")),
            ("12 am", "h a", Some("2016-09-07T00:00:00.000Z")),
            ("12 P.M.", "h a", Some("2016-09-07T12:00:00.000Z")),
            ("May 5 69", "MMM D YY", Some("1969-05-05T00:00:00.000Z")),
            ("1473206485.67", "X", Some("2016-09-07T00:01:25.670Z")),
            ("2016-13-01", "YYYY-MM-DD", None),
            ("2016-02-30", "YYYY-MM-DD", None),
            ("25:00", "HH:mm", None),
            ("Sept 7", "MMM D", None),
            ("10:00 PDT", "HH:mm z", None),
            ("ten", "HH", None),
            ("", "HH", None),
        ];
        for (text, format, iso) in table {
            let found = read(text, format, NOW).map(|date| date.to_string());
            assert_eq!(found.as_deref(), iso, "{text} in {format}");
        }
    }
}
