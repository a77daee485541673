//! Date & time: an instant, and the offset it was written with.

use std::cmp::Ordering;
use std::fmt;

use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::{DateTimeParser, Pieces, PiecesOffset};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneOffsetInfo};
use jiff::{SignedDuration, Timestamp};

/// An instant in milliseconds, with the offset from UTC that its text carried.
///
/// Two dates are equal when they are the same instant. The range is all of the years -9999 to 9999 in UTC: jiff's own instants end
/// two hours before 9999-12-31, which many systems write for "without an end".
#[derive(Clone, Copy)]
pub struct Date {
    millis: i64,
    offset_seconds: i32,
}

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

impl Date {
    /// The instant `millis` after the start of 1970 in UTC; none outside the years -9999 to 9999.
    pub fn from_millis(millis: i64) -> Option<Date> {
        Date::written(millis, Offset::UTC)
    }

    /// The instant at which clocks that are `offset` ahead of UTC show `civil`, cut to milliseconds; none outside the years -9999
    /// to 9999 in UTC.
    pub fn at(civil: DateTime, offset: Offset) -> Option<Date> {
        let local = civil.duration_since(EPOCH).as_nanos().div_euclid(1_000_000);
        Date::written(i64::try_from(local).ok()? - i64::from(offset.seconds()) * 1_000, offset)
    }

    /// The instant at which the clocks of `zone` show `civil`. A time that the clocks skip is moved on by as much as they are, one
    /// that they show twice is the first of the two (RFC 5545 3.3.5).
    pub fn on_clock(civil: DateTime, zone: &TimeZone) -> Option<Date> {
        let [offset, _] = offsets(civil, zone);
        let date = Date::at(civil, offset)?;
        Some(Date { offset_seconds: date.clock(zone).offset().seconds(), ..date })
    }

    /// An instant, written with this offset; none outside the years -9999 to 9999.
    pub(crate) fn written(millis: i64, offset: Offset) -> Option<Date> {
        let date = Date { millis, offset_seconds: offset.seconds() };
        date.civil(Offset::UTC).map(|_| date)
    }

    /// Reads ISO 8601: a date, a date and a time, with an offset, with a time zone in brackets (RFC 9557), or with neither (then
    /// UTC). None if the offset is not one that the zone has at that time.
    pub fn parse_iso(text: &str) -> Option<Date> {
        Date::parse_iso_in(text, &TimeZone::UTC)
    }

    /// The same, where a text without offset and zone is what the clocks of `zone` show.
    pub fn parse_iso_in(text: &str, zone: &TimeZone) -> Option<Date> {
        static PARSER: DateTimeParser = DateTimeParser::new();
        let pieces = PARSER.parse_pieces(text.trim()).ok()?;
        // The hours of an offset are those of a day (RFC 3339 5.6); the parser takes up to 25.
        if pieces.offset().is_some_and(|offset| offset.to_numeric_offset().seconds().abs() >= 24 * 3_600) {
            return None;
        }
        let civil = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
        let named = named_zone(&pieces)?;
        match (pieces.offset(), named) {
            (None, named) => Date::on_clock(civil, named.as_ref().unwrap_or(zone)),
            // `Z` says when, and leaves open what the clocks of the place show.
            (Some(PiecesOffset::Zulu), _) => Date::at(civil, Offset::UTC),
            (Some(offset), None) => Date::at(civil, offset.to_numeric_offset()),
            (Some(offset), Some(named)) => {
                let date = Date::at(civil, offset.to_numeric_offset())?;
                (date.clock(&named).offset() == date.offset()).then_some(date)
            }
        }
    }

    /// Reads the form of mail headers and HTTP (RFC 2822, RFC 9110).
    pub fn parse_mail(text: &str) -> Option<Date> {
        let text = text.trim();
        let read = |text: &str| {
            let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
            Date::written(zoned.timestamp().as_millisecond(), zoned.offset())
        };
        // Of the last days that jiff's instants lack: the calendar, with its weekdays, repeats after 400 years of 146,097 days.
        read(text).or_else(|| read(&text.replacen(" 9999 ", " 9599 ", 1))?.plus_millis(146_097 * 86_400_000))
    }

    /// Milliseconds since the start of 1970, UTC.
    pub fn millis(self) -> i64 {
        self.millis
    }

    /// The offset from UTC that the date was written with.
    pub fn offset(self) -> Offset {
        Offset::from_seconds(self.offset_seconds).unwrap_or(Offset::UTC)
    }

    /// What clocks show that are `offset` ahead of UTC; none outside the years -9999 to 9999.
    pub fn civil(self, offset: Offset) -> Option<DateTime> {
        let local = self.millis.checked_add(i64::from(offset.seconds()) * 1_000)?;
        EPOCH.checked_add(SignedDuration::from_millis(local)).ok()
    }

    /// What clocks show in UTC.
    pub fn utc(self) -> DateTime {
        // Every constructor has checked the range.
        self.civil(Offset::UTC).unwrap_or(EPOCH)
    }

    /// How far the clocks of `zone` are ahead of UTC at this instant, and what that time is called.
    pub fn clock(self, zone: &TimeZone) -> TimeZoneOffsetInfo<'_> {
        // No zone changes its clocks in the days that jiff's instants lack.
        let (first, last) = (Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond());
        let nearest = Timestamp::from_millisecond(self.millis.clamp(first, last));
        zone.to_offset_info(nearest.unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// The same instant moved by `millis`; none outside the years -9999 to 9999.
    pub fn plus_millis(self, millis: i64) -> Option<Date> {
        Date::written(self.millis.checked_add(millis)?, self.offset())
    }
}

/// The offsets that clocks of `zone` can have when they show `civil`: the one to take, and the other where there are two.
pub fn offsets(civil: DateTime, zone: &TimeZone) -> [Offset; 2] {
    match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => [offset, offset],
        AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => [before, after],
    }
}

/// The time zone of this IANA name, UTC for a blank; none if there is no such zone.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    match name.trim() {
        "" | "UTC" => Some(TimeZone::UTC),
        name => TimeZone::get(name).ok(),
    }
}

/// The zone in brackets; inside, none if there is none; outside, none if it does not exist.
fn named_zone(pieces: &Pieces<'_>) -> Option<Option<TimeZone>> {
    pieces.to_time_zone().ok()
}

/// ISO 8601 in UTC with milliseconds and `Z`, as Okta carries dates in text.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}Z", self.utc())
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
        #[rustfmt::skip]
        let table = [
            ("2016-09-07T00:01:25.670Z", "2016-09-07T00:01:25.670Z"),
            ("2017-05-23T09:49:03+02:00", "2017-05-23T07:49:03.000Z"),
            ("2016-02-01", "2016-02-01T00:00:00.000Z"),
            ("2016-02-01T10:00", "2016-02-01T10:00:00.000Z"),
            ("2016-02-01 10:00:00", "2016-02-01T10:00:00.000Z"),
            ("20160201T100000Z", "2016-02-01T10:00:00.000Z"),
            // Before 1970 a part of a millisecond is cut off as after it: the millisecond has begun.
            ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
            // The ends of the years that ISO 8601 writes with four digits.
            ("0001-01-01", "0001-01-01T00:00:00.000Z"),
            ("9999-12-31", "9999-12-31T00:00:00.000Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
            ("9999-12-31T23:59:59-00:00", "9999-12-31T23:59:59.000Z"),
            ("9999-12-31T23:59:59+14:00", "9999-12-31T09:59:59.000Z"),
            // RFC 9557: a zone in brackets tells the offset, or says once more what the offset says.
            ("2026-03-31T17:00+02:00[Europe/Berlin]", "2026-03-31T15:00:00.000Z"),
            ("2026-03-31T17:00[Europe/Berlin]", "2026-03-31T15:00:00.000Z"),
            ("2026-03-31[Europe/Berlin]", "2026-03-30T22:00:00.000Z"),
            ("2026-03-31T17:00Z[Europe/Berlin]", "2026-03-31T17:00:00.000Z"),
            ("2026-03-31T17:00-05:00[-05:00][u-ca=iso8601]", "2026-03-31T22:00:00.000Z"),
            // RFC 5545 3.3.5: 02:30 is skipped on 29 March 2026 in Berlin, and there twice on 25 October.
            ("2026-03-29T02:30[Europe/Berlin]", "2026-03-29T01:30:00.000Z"),
            ("2026-10-25T02:30[Europe/Berlin]", "2026-10-25T00:30:00.000Z"),
            ("2026-10-25T02:30+01:00[Europe/Berlin]", "2026-10-25T01:30:00.000Z"),
        ];
        for (text, iso) in table {
            assert_eq!(Date::parse_iso(text).map(|date| date.to_string()).as_deref(), Some(iso), "{text}");
        }
        #[rustfmt::skip]
        let none = [
            "tomorrow", "2016-02-30", "9999-12-31T23:59:59-01:00", "2026-03-31T17:00[Europe/Berln]", "2026-03-31T17:00+03:00[Europe/Berlin]",
            "2026-03-31T17:00 Europe/Berlin", "2026-03-31T17:00 and more",
        ];
        for text in none {
            assert_eq!(Date::parse_iso(text), None, "{text}");
        }
        let mail = |text| Date::parse_mail(text).map(|date| date.to_string());
        assert_eq!(mail("Fri, 31 Dec 9999 23:59:59 GMT").as_deref(), Some("9999-12-31T23:59:59.000Z"));
        assert_eq!(mail("Wed, 07 Sep 2016 02:01:25 +0200").as_deref(), Some("2016-09-07T00:01:25.000Z"));
        assert_eq!(mail("Mon, 31 Dec 9999 23:59:59 GMT"), None, "it is a Friday");
        assert_eq!(
            Date::parse_iso("2017-05-23T09:49:03+02:00").map(|date| date.offset().seconds()),
            Some(7200)
        );
    }

    #[test]
    fn the_range_is_whole_and_ends_where_it_says() {
        // `date -u -d 9999-12-31T23:59:59Z +%s`, and the start of year 1.
        let (first, last) = (-62_135_596_800_000, 253_402_300_799_999);
        assert_eq!(
            Date::from_millis(first).map(|date| date.to_string()).as_deref(),
            Some("0001-01-01T00:00:00.000Z")
        );
        let end = Date::from_millis(last).unwrap();
        assert_eq!(end.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(
            (end.plus_millis(1), Date::from_millis(last + 1), end.plus_millis(i64::MAX)),
            (None, None, None)
        );
        let berlin = time_zone("Europe/Berlin").unwrap();
        assert_eq!(end.clock(&berlin).offset().seconds(), 3600);
        assert_eq!(end.civil(end.clock(&berlin).offset()), None, "the clocks of Berlin show the year 10000");
    }
}
