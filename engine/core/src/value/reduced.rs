//! Rarer forms of ISO 8601, and month names, as the forms that are read anyway.

use jiff::ToSpan;
use jiff::civil::{Date as Day, ISOWeekDate, Weekday};

/// No form is longer.
const LONGEST: usize = 64;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The same date as year, month and day: of a week, an ordinal day, a month alone, an hour 24, or with an English name of its month. None
/// if it is none of these.
pub(super) fn rewritten(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > LONGEST || !text.is_ascii() {
        return None;
    }
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) || text.contains(' ') {
        return named(text).map(|day| day.to_string());
    }
    let (day, time) = text.split_at(text.find('T').unwrap_or(text.len()));
    let read = week(day).or_else(|| ordinal(day)).or_else(|| month(day)).or_else(|| day.parse().ok())?;
    // The end of a day is the start of the next.
    match time.strip_prefix("T24:00") {
        Some(rest) => {
            let rest = rest.strip_prefix(":00").unwrap_or(rest);
            let zone = rest.strip_prefix('.').map_or(rest, |fraction| fraction.trim_start_matches('0'));
            let ends = zone.is_empty() || zone.starts_with(['Z', '+', '-', '[']);
            ends.then(|| Some(format!("{}T00:00{zone}", read.checked_add(1.day()).ok()?)))?
        }
        None => Some(format!("{read}{time}")),
    }
}

fn digits<T: std::str::FromStr>(text: &str, count: usize) -> Option<T> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `2016-W36-3` or `2016W363`; of `2016-W36` and `2016W36` Monday is meant.
fn week(text: &str) -> Option<Day> {
    let (year, week) = text.split_once("-W").or_else(|| text.split_once('W'))?;
    let (week, day) = match (week.split_once('-'), week.len()) {
        (Some(parts), _) => parts,
        (None, 3) => week.split_at(2),
        (None, _) => (week, "1"),
    };
    let weekday = Weekday::from_monday_one_offset(digits(day, 1)?).ok()?;
    Some(ISOWeekDate::new(digits(year, 4)?, digits(week, 2)?, weekday).ok()?.date())
}

/// `2016-251`.
fn ordinal(text: &str) -> Option<Day> {
    let (year, day) = text.split_once('-')?;
    let (first, day) = (Day::new(digits(year, 4)?, 1, 1).ok()?, digits::<i16>(day, 3)?);
    ((1..=first.days_in_year()).contains(&day)).then(|| first.checked_add(i32::from(day - 1).days()).ok())?
}

/// `2016-09`, of which the first is meant.
fn month(text: &str) -> Option<Day> {
    let (year, month) = text.split_once('-')?;
    Day::new(digits(year, 4)?, digits(month, 2)?, 1).ok()
}

/// `Sep 7, 2016`, `7 September 2016`.
fn named(text: &str) -> Option<Day> {
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let [first, second, year] = words.as_slice() else { return None };
    let (name, day) = if first.starts_with(|letter: char| letter.is_ascii_digit()) {
        (second, first)
    } else {
        (first, second)
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let month =
        MONTHS.iter().position(|month| *month == name || name.len() == 3 && month.starts_with(&name))?;
    let day = (1..=2).find_map(|count| digits(day, count))?;
    Day::new(digits(year, 4)?, month as i8 + 1, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rarer_forms_are_read() {
        // Weeks and days by the calendar of 2016, a leap year that began on a Friday.
        let table = [
            ("2016-W36-3", Some("2016-09-07")),
            ("2016-W36", Some("2016-09-05")),
            ("2015-W53-7", Some("2016-01-03")),
            ("2016-W53-1", None),
            ("2016W363", Some("2016-09-07")),
            ("2016W36T08:00Z", Some("2016-09-05T08:00Z")),
            ("2016W3", None),
            ("2016-251", Some("2016-09-07")),
            ("2016-366T08:00Z", Some("2016-12-31T08:00Z")),
            ("2015-366", None),
            ("2016-000", None),
            ("2016-09", Some("2016-09-01")),
            ("2016-13", None),
            ("2016-09-07T24:00", Some("2016-09-08T00:00")),
            ("2016-12-31T24:00:00Z", Some("2017-01-01T00:00Z")),
            ("2016-12-31T24:00:00.000+01:00", Some("2017-01-01T00:00+01:00")),
            // ISO 8601: of the hour 24 there is no more than its start.
            ("2016-09-07T24:00:01", None),
            ("2016-09-07T24:00:00.5", None),
            ("Sep 7, 2016", Some("2016-09-07")),
            ("7 September 2016", Some("2016-09-07")),
            ("Sept. 7 2016", None),
            ("Feb 30, 2016", None),
            // Which is the month, nobody knows.
            ("09/07/2016", None),
            ("hello", None),
        ];
        for (text, expected) in table {
            assert_eq!(rewritten(text).as_deref(), expected, "{text}");
        }
    }
}
