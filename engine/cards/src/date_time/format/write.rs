//! Writing a date in a format.

use std::fmt::Write;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::language::Language;
use super::{Code, Part, Piece, pieces};
use crate::date_time::zone::civil;
use crate::prelude::*;

/// Writes `date`, as the clocks of `zone` show it, in `format`.
pub(in crate::date_time) fn write(
    date: Date,
    zone: &TimeZone,
    language: &Language,
    format: &str,
) -> Result<String> {
    let info = date.clock(zone);
    let writing = Writing {
        date,
        civil: civil(date, zone)?,
        offset: info.offset(),
        zone: info.abbreviation(),
        language,
    };
    let mut out = String::with_capacity(format.len() + 16);
    writing.format(&mut out, format);
    Ok(out)
}

/// What is written.
struct Writing<'w> {
    date: Date,
    civil: DateTime,
    offset: Offset,
    zone: &'w str,
    language: &'w Language,
}

impl Writing<'_> {
    fn format(&self, out: &mut String, format: &str) {
        let is_day =
            |piece| matches!(piece, Piece::Code(Code::Number(Part::Day, _) | Code::Ordinal(Part::Day)));
        let beside_day = pieces(format).any(is_day);
        for piece in pieces(format) {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Code(Code::Local(whole, small)) => {
                    self.format(out, &self.language.whole(whole, small))
                }
                // Writing to a text can't fail.
                Piece::Code(code) => self.code(out, code, beside_day).unwrap_or_default(),
            }
        }
    }

    fn code(&self, out: &mut String, code: Code, beside_day: bool) -> std::fmt::Result {
        let Writing { date, civil, offset, language, .. } = *self;
        let (month, weekday) = (civil.month(), civil.weekday().to_sunday_zero_offset());
        match code {
            Code::Number(Part::SignedYear, width) => {
                let sign = if civil.year() < 0 { '-' } else { '+' };
                write!(out, "{sign}{:0width$}", civil.year().abs())
            }
            Code::Number(part, width) => {
                let number = number(part, civil);
                let sign = if number < 0 { "-" } else { "" };
                write!(out, "{sign}{:0width$}", number.abs())
            }
            Code::Ordinal(part) => {
                let number = number(part, civil);
                write!(out, "{number}{}", language.ending(number))
            }
            Code::MonthName => out.write_str(language.month(month, beside_day)),
            Code::MonthShort => out.write_str(language.month_short(month)),
            Code::WeekdayName => out.write_str(language.weekday(weekday)),
            Code::WeekdayShort => out.write_str(language.weekday_short(weekday)),
            Code::WeekdayTiny => out.write_str(language.weekday_tiny(weekday)),
            Code::Fraction(digits) => out.write_str(&format!("{:09}", civil.subsec_nanosecond())[..digits]),
            Code::SmallHalf => out.write_str(if civil.hour() < 12 { "am" } else { "pm" }),
            Code::LargeHalf => out.write_str(if civil.hour() < 12 { "AM" } else { "PM" }),
            Code::Offset(colon) => {
                let (sign, seconds) = (if offset.seconds() < 0 { '-' } else { '+' }, offset.seconds().abs());
                write!(out, "{sign}{:02}{colon}{:02}", seconds / 3600, seconds / 60 % 60)
            }
            Code::UnixSeconds => write!(out, "{}", date.millis().div_euclid(1000)),
            Code::UnixMillis => write!(out, "{}", date.millis()),
            Code::Zone => out.write_str(self.zone),
            Code::Local(..) => Ok(()),
        }
    }
}

/// A part of a date, as a number.
fn number(part: Part, civil: DateTime) -> i64 {
    let day = civil.date();
    let iso = day.iso_week_date();
    let (week_year, week) = week(day);
    i64::from(match part {
        Part::Year | Part::SignedYear => day.year(),
        Part::ShortYear => day.year().rem_euclid(100),
        Part::IsoYear => iso.year(),
        Part::ShortIsoYear => iso.year().rem_euclid(100),
        Part::WeekYear => week_year,
        Part::ShortWeekYear => week_year.rem_euclid(100),
        Part::YearDay => day.day_of_year(),
        Part::Week => week,
        Part::Quarter => i16::from((day.month() + 2) / 3),
        Part::Month => day.month().into(),
        Part::IsoWeek => iso.week().into(),
        Part::Day => day.day().into(),
        Part::Weekday => day.weekday().to_sunday_zero_offset().into(),
        Part::IsoWeekday => day.weekday().to_monday_one_offset().into(),
        Part::Hour => civil.hour().into(),
        Part::Hour12 => i16::from((civil.hour() + 11) % 12 + 1),
        Part::Hour24 => i16::from((civil.hour() + 23) % 24 + 1),
        Part::Minute => civil.minute().into(),
        Part::Second => civil.second().into(),
    })
}

/// The week that a day lies in, and the year that it belongs to: weeks begin on Sunday, the first has the first of January.
fn week(day: jiff::civil::Date) -> (i16, i16) {
    // The week belongs to the year of its Saturday.
    let to_saturday = 6 - i16::from(day.weekday().to_sunday_zero_offset());
    let left = day.days_in_year() - day.day_of_year();
    if to_saturday > left {
        return (day.year() + 1, 1);
    }
    (day.year(), (day.day_of_year() + to_saturday - 1) / 7 + 1)
}
