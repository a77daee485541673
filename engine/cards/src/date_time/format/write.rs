//! Writing a date in a format.

use std::fmt::Write;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::{Code, MONTHS, Part, Piece, WEEKDAYS, pieces};
use crate::prelude::*;

/// Writes `date`, as it is in `zone`, in `format`.
pub(in crate::date_time) fn write(date: Date, zone: &TimeZone, format: &str) -> String {
    let timestamp = date.timestamp();
    let info = zone.to_offset_info(timestamp);
    let (civil, offset) = (info.offset().to_datetime(timestamp), info.offset());
    let mut out = String::with_capacity(format.len() + 16);
    for piece in pieces(format) {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Code(Code::Local(longer)) => out.push_str(&self::write(date, zone, longer)),
            Piece::Code(Code::Zone) => out.push_str(info.abbreviation()),
            // Writing to a text can't fail.
            Piece::Code(code) => write_code(&mut out, code, civil, offset, date).unwrap_or_default(),
        }
    }
    out
}

fn write_code(out: &mut String, code: Code, civil: DateTime, offset: Offset, date: Date) -> std::fmt::Result {
    let month = MONTHS[civil.month() as usize - 1];
    let weekday = WEEKDAYS[civil.weekday().to_sunday_zero_offset() as usize];
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
            write!(out, "{number}{}", ending(number))
        }
        Code::MonthName => out.write_str(month),
        Code::MonthShort => out.write_str(&month[..3]),
        Code::WeekdayName => out.write_str(weekday),
        Code::WeekdayShort => out.write_str(&weekday[..3]),
        Code::WeekdayTiny => out.write_str(&weekday[..2]),
        Code::Fraction(digits) => out.write_str(&format!("{:09}", civil.subsec_nanosecond())[..digits]),
        Code::SmallHalf => out.write_str(if civil.hour() < 12 { "am" } else { "pm" }),
        Code::LargeHalf => out.write_str(if civil.hour() < 12 { "AM" } else { "PM" }),
        Code::Offset(colon) => {
            let (sign, seconds) = (if offset.seconds() < 0 { '-' } else { '+' }, offset.seconds().abs());
            write!(out, "{sign}{:02}{colon}{:02}", seconds / 3600, seconds / 60 % 60)
        }
        Code::UnixSeconds => write!(out, "{}", date.millis().div_euclid(1000)),
        Code::UnixMillis => write!(out, "{}", date.millis()),
        Code::Zone | Code::Local(_) => Ok(()),
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

fn ending(number: i64) -> &'static str {
    match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}
