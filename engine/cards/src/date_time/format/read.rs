//! Reading a date in a format.

use flowrun_core::value::{offsets, time_zone};
use jiff::Span;
use jiff::civil::{Date as Day, DateTime, ISOWeekDate, Weekday};
use jiff::tz::{Offset, TimeZone};

use super::language::Language;
use super::{Code, Part, Piece, pieces};
use crate::prelude::*;

/// What a text says nothing of.
pub(in crate::date_time) struct Place<'p> {
    /// Whose names of months and weekdays are read.
    pub language: &'p Language,
    /// Whose clocks show a time without an offset.
    pub zone: &'p TimeZone,
    /// What a time alone lacks.
    pub now_ms: i64,
}

/// Reads `text` in `format`; fails with what stands behind the format, which is blank if the text does not match, or if there is no
/// such date.
pub(in crate::date_time) fn read<'t>(
    text: &'t str,
    format: &str,
    place: &Place<'_>,
) -> Result<Date, &'t str> {
    let text = text.trim();
    let mut parts = Parts::default();
    let rest =
        Some(text).filter(|text| !text.is_empty()).and_then(|text| parts.walk(format, text, place.language));
    match rest.ok_or("")? {
        "" => parts.date(place).ok_or(""),
        behind => Err(behind),
    }
}

/// Letters and digits of a format must be there; spaces and other marks stand for any mark, spaces, or none.
fn skip(text: &str, wanted: char) -> Option<&str> {
    let trimmed = text.trim_start();
    if wanted.is_whitespace() && trimmed.len() < text.len() {
        return Some(trimmed);
    }
    if let Some(rest) = text.strip_prefix(wanted) {
        return Some(rest);
    }
    match wanted.is_alphanumeric() {
        true => None,
        false if trimmed.len() < text.len() => Some(trimmed),
        // Its sign is no mark.
        false if is_offset(text) => Some(text),
        false => Some(text.strip_prefix(|found: char| found.is_ascii_punctuation()).unwrap_or(text)),
    }
}

/// Whether nothing but an offset from UTC is left: `-0700`, `+05:30`.
fn is_offset(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(['+', '-']) else { return false };
    let digits: String = digits.split(':').collect();
    let hours = digits.get(..2).and_then(|hours| hours.parse::<u8>().ok());
    digits.len() == 4
        && hours.is_some_and(|hours| hours <= 14)
        && digits.bytes().all(|digit| digit.is_ascii_digit())
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
    zone: Option<TimeZone>,
    /// What a zone's clocks are called: PDT.
    abbreviation: Option<String>,
    millis: Option<i64>,
}

impl Parts {
    /// Reads all of a format from the start of `text` and gives what follows.
    fn walk<'t>(&mut self, format: &str, mut text: &'t str, language: &Language) -> Option<&'t str> {
        for piece in pieces(format) {
            if text.is_empty() {
                break; // What the text lacks is left at its start.
            }
            text = match piece {
                Piece::Literal(literal) => literal.chars().try_fold(text, skip)?,
                Piece::Code(Code::Local(whole, small)) => {
                    self.walk(&language.whole(whole, small), text, language)?
                }
                Piece::Code(code) => self.read(code, text, language)?,
            };
        }
        Some(text)
    }

    /// Reads one code from the start of `text` and gives what follows.
    fn read<'t>(&mut self, code: Code, text: &'t str, language: &Language) -> Option<&'t str> {
        match code {
            Code::Number(part, width) => self.read_number(part, width, text),
            Code::Ordinal(part) => {
                let rest = self.read_number(part, 1, text)?;
                let rest = rest.trim_start_matches(char::is_alphabetic);
                Some(rest.strip_prefix(language.ending(0)).unwrap_or(rest))
            }
            Code::MonthName | Code::MonthShort => {
                let (month, rest) = language.read_month(text)?;
                self.month = Some(month as i64 + 1);
                Some(rest)
            }
            Code::WeekdayName | Code::WeekdayShort | Code::WeekdayTiny => {
                let (weekday, rest) = language.read_weekday(text, code == Code::WeekdayTiny)?;
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
            Code::Zone => self.read_zone(text),
            Code::UnixMillis | Code::UnixSeconds => {
                let end =
                    text.find(|letter: char| !matches!(letter, '0'..='9' | '.' | '-')).unwrap_or(text.len());
                let unit = if code == Code::UnixSeconds { 1000.0 } else { 1.0 };
                let millis = text[..end].parse::<f64>().ok()? * unit;
                self.millis = Some(millis.round() as i64);
                Some(&text[end..])
            }
            Code::Local(..) => Some(text),
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
        let digits = text.len() - rest.len();
        if signed.is_some() && text.starts_with('-') {
            read = -read;
        }
        // As moment has it: 69 is 1969, 68 is 2068.
        let century = |year| if year > 68 { 1900 + year } else { 2000 + year };
        let (place, value) = match part {
            // Two digits of a year are those of its century, whatever the format says.
            Part::Year if digits == 2 => (&mut self.year, century(read)),
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
            Part::Hour24 => (&mut self.hour, if read == 24 { 0 } else { read }),
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

    fn read_zone<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let end = text
            .find(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '/' | '_' | '+' | '-'));
        let (name, rest) = text.split_at(end.unwrap_or(text.len()));
        match name {
            "" => return None,
            "UTC" | "GMT" | "Z" => self.zone = Some(TimeZone::UTC),
            name if name.contains('/') => self.zone = Some(time_zone(name)?),
            name => self.abbreviation = Some(name.to_owned()),
        }
        Some(rest)
    }

    fn date(self, place: &Place<'_>) -> Option<Date> {
        if let Some(millis) = self.millis {
            return Date::from_millis(millis);
        }
        let now = Date::from_millis(place.now_ms)?;
        let today = now.civil(now.clock(place.zone).offset())?.date();
        let date = match self.week_date(today) {
            Some(date) => date?,
            None => self.day(today)?,
        };
        // As moment has it: what contradicts itself is no date.
        if self.weekday.is_some_and(|weekday| weekday != i64::from(date.weekday().to_sunday_zero_offset())) {
            return None;
        }
        let hour = match (self.afternoon, self.hour.unwrap_or(0)) {
            (Some(true), hour @ 0..=12) => hour % 12 + 12,
            (Some(false), hour @ 0..=12) => hour % 12,
            (_, hour) => hour,
        };
        let [minute, second, nanos] = [self.minute, self.second, self.nanos].map(|part| part.unwrap_or(0));
        // The end of a day is the start of the next.
        let (date, hour) = match (hour, minute, second, nanos) {
            (24, 0, 0, 0) => (date.tomorrow().ok()?, 0),
            _ => (date, hour),
        };
        let [minute, second] = [minute, second].map(TryInto::try_into);
        let nanos = nanos.try_into().ok()?;
        let time = jiff::civil::Time::new(hour.try_into().ok()?, minute.ok()?, second.ok()?, nanos).ok()?;
        self.instant(date.to_datetime(time), place.zone)
    }

    /// The instant at which the clocks show `civil`: those of the offset or the zone that the text names, or else of `zone`.
    fn instant(&self, civil: DateTime, zone: &TimeZone) -> Option<Date> {
        let zone = self.zone.as_ref().unwrap_or(zone);
        let mut dates = match self.offset {
            Some(offset) => vec![Date::at(civil, Offset::from_seconds(offset.try_into().ok()?).ok()?)?],
            None => vec![Date::on_clock(civil, zone)?],
        };
        if let (Some(_), None) = (&self.abbreviation, self.offset) {
            dates = offsets(civil, zone).into_iter().filter_map(|offset| Date::at(civil, offset)).collect();
        }
        dates.into_iter().find(|date| {
            let clock = date.clock(zone);
            // CST is Chicago's, Shanghai's and Havana's: an abbreviation only says which of the zone's times it is.
            let called = self.abbreviation.as_ref().is_none_or(|name| clock.abbreviation() == name);
            called && (self.zone.is_none() || self.offset.is_none() || clock.offset() == date.offset())
        })
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

    /// The day that a week and a weekday make, where the text has one of them and no month and no day; inside, none if there is no
    /// such day. As moment has it: the week is this one, or the first of the year that is given.
    fn week_date(&self, today: Day) -> Option<Option<Day>> {
        if self.month.is_some() || self.day.is_some() || self.year_day.is_some() {
            return None;
        }
        if self.iso_week.is_some() || self.iso_year.is_some() {
            return Some(self.iso_day(today));
        }
        if self.week.is_some() || self.week_year.is_some() {
            return Some(self.week_day(today));
        }
        let weekday = self.weekday?;
        let to_day = weekday - i64::from(today.weekday().to_sunday_zero_offset());
        Some(
            Span::new()
                .try_days(to_day)
                .ok()
                .filter(|_| self.year.is_none())
                .and_then(|span| today.checked_add(span).ok()),
        )
    }

    fn iso_day(&self, today: Day) -> Option<Day> {
        let year = self.iso_year.or(self.year).unwrap_or_else(|| today.iso_week_date().year().into());
        let weekday = Weekday::from_sunday_zero_offset(self.weekday.unwrap_or(1).try_into().ok()?).ok()?;
        let week = self.iso_week.unwrap_or(1).try_into().ok()?;
        ISOWeekDate::new(year.try_into().ok()?, week, weekday).ok().map(ISOWeekDate::date)
    }

    fn week_day(&self, today: Day) -> Option<Day> {
        let year = self.week_year.or(self.year).unwrap_or_else(|| today.year().into());
        let first = Day::new(year.try_into().ok()?, 1, 1).ok()?;
        let sunday = -i64::from(first.weekday().to_sunday_zero_offset());
        let week = self.week.filter(|week| (1..=53).contains(week)).or(self.week.is_none().then_some(1))?;
        let days = Span::new().try_days(sunday + (week - 1) * 7 + self.weekday.unwrap_or(0)).ok()?;
        first.checked_add(days).ok()
    }
}

/// The number at the start of `text`, of at most so many digits.
fn number(text: &str, most: usize) -> Option<(i64, &str)> {
    let end = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    Some((text[..end].parse().ok()?, &text[end..]))
}
