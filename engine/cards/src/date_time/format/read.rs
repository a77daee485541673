//! Reading a date in a format.

use jiff::civil::{Date as Day, ISOWeekDate, Weekday};
use jiff::tz::Offset;
use jiff::{Span, Timestamp};

use super::{Code, MONTHS, Part, Piece, WEEKDAYS, pieces};
use crate::prelude::*;

/// Reads `text` in `format`; none if it does not match, or if there is no such date. `now_ms` gives what a
/// time alone lacks.
pub(in crate::date_time) fn read(text: &str, format: &str, now_ms: i64) -> Option<Date> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let mut parts = Parts::default();
    parts.walk(format, text)?;
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
    iso_year: Option<i64>,
    iso_week: Option<i64>,
    week_year: Option<i64>,
    week: Option<i64>,
    /// 0 is Sunday.
    weekday: Option<i64>,
    hour: Option<i64>,
    minute: Option<i64>,
    second: Option<i64>,
    nanos: Option<i64>,
    afternoon: Option<bool>,
    offset: Option<i64>,
    millis: Option<i64>,
}

impl Parts {
    /// Reads all of a format from the start of `text` and gives what follows.
    fn walk<'t>(&mut self, format: &str, mut text: &'t str) -> Option<&'t str> {
        for piece in pieces(format) {
            if text.is_empty() {
                break; // What the text lacks is left at its start.
            }
            text = match piece {
                Piece::Literal(literal) => literal.chars().try_fold(text, skip)?,
                Piece::Code(Code::Local(longer)) => self.walk(longer, text)?,
                Piece::Code(code) => self.read(code, text)?,
            };
        }
        Some(text)
    }

    /// Reads one code from the start of `text` and gives what follows.
    fn read<'t>(&mut self, code: Code, text: &'t str) -> Option<&'t str> {
        match code {
            Code::Number(part, width) => self.read_number(part, width, text),
            Code::Ordinal(part) => {
                let rest = self.read_number(part, 1, text)?;
                Some(rest.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()))
            }
            Code::MonthName | Code::MonthShort => {
                let (month, rest) = name(text, &MONTHS, 3)?;
                self.month = Some(month as i64 + 1);
                Some(rest)
            }
            Code::WeekdayName | Code::WeekdayShort | Code::WeekdayTiny => {
                let (weekday, rest) = name(text, &WEEKDAYS, if code == Code::WeekdayTiny { 2 } else { 3 })?;
                self.weekday = Some(weekday as i64);
                Some(rest)
            }
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
                let unit = if code == Code::UnixSeconds { 1000.0 } else { 1.0 };
                let millis = text[..end].parse::<f64>().ok()? * unit;
                self.millis = Some(millis.round() as i64);
                Some(&text[end..])
            }
            Code::Local(longer) => self.walk(longer, text),
        }
    }

    fn read_number<'t>(&mut self, part: Part, width: usize, text: &'t str) -> Option<&'t str> {
        let most = match part {
            Part::Year | Part::SignedYear => width.max(4),
            Part::IsoYear | Part::WeekYear => 4,
            Part::YearDay => 3,
            Part::Quarter | Part::Weekday | Part::IsoWeekday => 1,
            _ => 2,
        };
        let signed = text.strip_prefix(['+', '-']).filter(|_| part == Part::SignedYear);
        let (mut read, rest) = number(signed.unwrap_or(text), most)?;
        if signed.is_some() && text.starts_with('-') {
            read = -read;
        }
        // As moment has it: 69 is 1969, 68 is 2068.
        let century = |year| if year > 68 { 1900 + year } else { 2000 + year };
        let (place, value) = match part {
            Part::Year | Part::SignedYear => (&mut self.year, read),
            Part::ShortYear => (&mut self.year, century(read)),
            Part::IsoYear => (&mut self.iso_year, read),
            Part::ShortIsoYear => (&mut self.iso_year, century(read)),
            Part::WeekYear => (&mut self.week_year, read),
            Part::ShortWeekYear => (&mut self.week_year, century(read)),
            Part::Quarter => (&mut self.month, read * 3 - 2),
            Part::Month => (&mut self.month, read),
            Part::Week => (&mut self.week, read),
            Part::IsoWeek => (&mut self.iso_week, read),
            Part::Day => (&mut self.day, read),
            Part::YearDay => (&mut self.year_day, read),
            Part::Weekday => (&mut self.weekday, read),
            Part::IsoWeekday => (&mut self.weekday, read % 7),
            Part::Hour | Part::Hour12 => (&mut self.hour, read),
            Part::Hour24 => (&mut self.hour, read % 24),
            Part::Minute => (&mut self.minute, read),
            Part::Second => (&mut self.second, read),
        };
        *place = Some(value);
        Some(rest)
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
        let today = Offset::UTC.to_datetime(Timestamp::from_millisecond(now_ms).ok()?).date();
        let date = match self.week_date() {
            Some(date) => date?,
            None => self.day(today)?,
        };
        let hour = match (self.afternoon, self.hour.unwrap_or(0)) {
            (Some(true), hour @ 0..=12) => hour % 12 + 12,
            (Some(false), hour @ 0..=12) => hour % 12,
            (_, hour) => hour,
        };
        let [minute, second] = [self.minute, self.second].map(|part| part.unwrap_or(0).try_into());
        let nanos = self.nanos.unwrap_or(0).try_into().ok()?;
        let time = jiff::civil::Time::new(hour.try_into().ok()?, minute.ok()?, second.ok()?, nanos).ok()?;
        let offset = Offset::from_seconds(self.offset.unwrap_or(0).try_into().ok()?).ok()?;
        Some(Date::new(offset.to_timestamp(date.to_datetime(time)).ok()?, offset))
    }

    /// The day that year, month and day make. As moment has it: what stands before the first part given is today's, what
    /// follows it is the first.
    fn day(&self, today: Day) -> Option<Day> {
        let year = self.year.unwrap_or(today.year().into());
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
        let date = Day::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
        match self.year_day {
            Some(day) => date.with().day_of_year(day.try_into().ok()?).build().ok(),
            None => Some(date),
        }
    }

    /// The day that a week and a weekday make, where the text has a week and no month and no day; inside, none if there is
    /// no such week.
    fn week_date(&self) -> Option<Option<Day>> {
        if self.month.is_some() || self.day.is_some() || self.year_day.is_some() {
            return None;
        }
        if let Some(week) = self.iso_week {
            let year = self.iso_year.or(self.year)?;
            let weekday =
                Weekday::from_sunday_zero_offset(self.weekday.unwrap_or(1).try_into().ok()?).ok()?;
            let date = (|| ISOWeekDate::new(year.try_into().ok()?, week.try_into().ok()?, weekday).ok())();
            return Some(date.map(|date| date.date()));
        }
        let (week, year) = (self.week?, self.week_year.or(self.year)?);
        Some((|| {
            let first = Day::new(year.try_into().ok()?, 1, 1).ok()?;
            let sunday = -i64::from(first.weekday().to_sunday_zero_offset());
            if !(1..=53).contains(&week) {
                return None;
            }
            first
                .checked_add(Span::new().try_days(sunday + (week - 1) * 7 + self.weekday.unwrap_or(0)).ok()?)
                .ok()
        })())
    }
}

/// The number at the start of `text`, of at most so many digits.
fn number(text: &str, most: usize) -> Option<(i64, &str)> {
    let end = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// Which of `names` begins the text, in full or by so many of its letters.
fn name<'t>(text: &'t str, names: &[&str], short: usize) -> Option<(usize, &'t str)> {
    let rest = text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    let found = &text[..text.len() - rest.len()];
    let known = |name: &&str| name.eq_ignore_ascii_case(found) || name[..short].eq_ignore_ascii_case(found);
    Some((names.iter().position(known)?, rest))
}
