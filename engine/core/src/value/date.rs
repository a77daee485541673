//! Date & time: an instant, and the offset it was written with.

use std::cmp::Ordering;
use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// An instant in milliseconds, with the offset from UTC that its text carried.
///
/// Two dates are equal when they are the same instant. The range is that of the years -9999 to 9999.
#[derive(Clone, Copy)]
pub struct Date {
    millis: i64,
    offset_seconds: i32,
}

impl Date {
    /// The instant `millis` after the start of 1970 in UTC; none outside the years -9999 to 9999.
    pub fn from_millis(millis: i64) -> Option<Date> {
        Timestamp::from_millisecond(millis).ok().map(|_| Date { millis, offset_seconds: 0 })
    }

    /// The instant of `timestamp`, cut to milliseconds, written with `offset`.
    pub fn new(timestamp: Timestamp, offset: Offset) -> Date {
        Date { millis: timestamp.as_millisecond(), offset_seconds: offset.seconds() }
    }

    /// Reads ISO 8601: a date, a date and a time, with or without an offset (then UTC).
    pub fn parse_iso(text: &str) -> Option<Date> {
        let text = text.trim();
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            let offset = jiff::fmt::temporal::DateTimeParser::new().parse_pieces(text).ok()?;
            let offset = offset.to_numeric_offset().unwrap_or(Offset::UTC);
            return Some(Date::new(timestamp, offset));
        }
        let civil = text.parse::<DateTime>().ok()?;
        Offset::UTC.to_timestamp(civil).ok().map(|timestamp| Date::new(timestamp, Offset::UTC))
    }

    /// Milliseconds since the start of 1970, UTC.
    pub fn millis(self) -> i64 {
        self.millis
    }

    /// The instant.
    pub fn timestamp(self) -> Timestamp {
        // Every constructor has checked the range.
        Timestamp::from_millisecond(self.millis).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The offset from UTC that the date was written with.
    pub fn offset(self) -> Offset {
        Offset::from_seconds(self.offset_seconds).unwrap_or(Offset::UTC)
    }

    /// The same instant moved by `millis`; none outside the years -9999 to 9999.
    pub fn plus_millis(self, millis: i64) -> Option<Date> {
        let moved = self.timestamp().checked_add(SignedDuration::from_millis(millis)).ok()?;
        Some(Date { millis: moved.as_millisecond(), ..self })
    }
}

/// ISO 8601 in UTC with milliseconds and `Z`, as Okta carries dates in text.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Date {
    fn eq(&self, other: &Date) -> bool {
        self.millis == other.millis
    }
}
impl Eq for Date {}
impl PartialOrd for Date {
    fn partial_cmp(&self, other: &Date) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Date {
    fn cmp(&self, other: &Date) -> Ordering {
        self.millis.cmp(&other.millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_iso_and_write_utc_with_milliseconds() {
        let table = [
            ("2016-09-07T00:01:25.670Z", "2016-09-07T00:01:25.670Z"),
            ("2017-05-23T09:49:03+02:00", "2017-05-23T07:49:03.000Z"),
            ("2016-02-01", "2016-02-01T00:00:00.000Z"),
            ("2016-02-01T10:00", "2016-02-01T10:00:00.000Z"),
            ("2016-02-01 10:00:00", "2016-02-01T10:00:00.000Z"),
        ];
        for (text, iso) in table {
            assert_eq!(Date::parse_iso(text).map(|date| date.to_string()).as_deref(), Some(iso), "{text}");
        }
        assert!(Date::parse_iso("tomorrow").is_none());
        assert_eq!(
            Date::parse_iso("2017-05-23T09:49:03+02:00").map(|date| date.offset().seconds()),
            Some(7200)
        );
    }
}
