//! When a schedule comes.

use croner::Cron;
use croner::parser::{CronParser, Seconds};
use flowrun_core::program::Trigger;
use flowrun_core::settings::{milliseconds_of, word_of};
use flowrun_core::value::{Date, Text, time_zone};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The times of a schedule, in microseconds since 1970.
///
/// A time that a change of clocks leaves out comes at the first moment after it, one that it brings twice comes once; months without
/// a day are passed over.
#[derive(Clone, Debug)]
pub struct Times {
    cron: Cron,
    zone: TimeZone,
    start_us: i64,
    end_us: i64,
    /// What it was made of, to notice a change.
    pub written: String,
    /// What becomes of what was missed.
    pub missed: Missed,
    /// How long ago that may be, in microseconds.
    pub catch_up_us: i64,
    /// What becomes of a time at which a run still goes on.
    pub overlap: Overlap,
    /// Up to how long after its time a run starts, in microseconds.
    pub spread_us: i64,
}

/// What becomes of times at which nobody served the flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missed {
    /// The last of them is made up for.
    #[default]
    Last,
    /// All are.
    All,
    /// None is.
    None,
}

/// What becomes of a time at which the last run still goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// It is left out.
    #[default]
    Skip,
    /// It waits for that run's end.
    Queue,
    /// That run is ended.
    Replace,
    /// Both go on.
    Allow,
}

const DAY_US: i64 = 86_400_000_000;

impl Times {
    /// The times of what starts a flow, if that is a schedule; the checker has seen that it is one.
    pub fn of(trigger: &Trigger) -> Option<Times> {
        let Trigger::Schedule { cron, time_zone: zone, start, end, more } = trigger else { return None };
        let parser = CronParser::builder().seconds(Seconds::Optional).sloppy_ranges(true).build();
        let word = |key| word_of(more, key).map(Text::to_string);
        let us = |date: &Date| date.millis().saturating_mul(1000);
        Some(Times {
            cron: parser.parse(&plain(cron)).ok()?,
            zone: time_zone(zone)?,
            start_us: start.as_ref().map_or(i64::MIN, us),
            end_us: end.as_ref().map_or(i64::MAX, us),
            written: format!("{cron} {zone}"),
            missed: match word("missed").as_deref() {
                Some("all") => Missed::All,
                Some("none") => Missed::None,
                _ => Missed::Last,
            },
            catch_up_us: milliseconds_of(more, "catch_up").map_or(DAY_US, |ms| ms as i64 * 1000),
            overlap: match word("overlap").as_deref() {
                Some("queue") => Overlap::Queue,
                Some("replace") => Overlap::Replace,
                Some("allow") => Overlap::Allow,
                _ => Overlap::Skip,
            },
            spread_us: milliseconds_of(more, "spread").map_or(0, |ms| ms as i64 * 1000),
        })
    }

    /// When it comes, in words; the zone stands apart.
    pub fn in_words(cron: &str) -> Option<String> {
        let parser = CronParser::builder().seconds(Seconds::Optional).sloppy_ranges(true).build();
        let words = parser.parse(&plain(cron)).ok()?.describe();
        let mut letters = words.trim_end_matches('.').chars();
        Some(letters.next()?.to_lowercase().chain(letters).collect())
    }

    /// The first time after a moment; none if there is none any more.
    pub fn next(&self, after_us: i64) -> Option<i64> {
        // A time at the start itself counts.
        let after_us = after_us.max(self.start_us.saturating_sub(1));
        let at = Timestamp::from_microsecond(after_us).ok()?;
        let next = self.cron.find_next_occurrence(&Zoned::new(at, self.zone.clone()), false).ok()?;
        let next_us = next.timestamp().as_microsecond();
        (next_us <= self.end_us).then_some(next_us)
    }

    /// The times after one moment up to another, both in order, at most so many of the last.
    pub fn between(&self, after_us: i64, until_us: i64, most: usize) -> Vec<i64> {
        let mut times = std::collections::VecDeque::new();
        let mut at_us = after_us;
        while let Some(next_us) = self.next(at_us).filter(|next_us| *next_us <= until_us) {
            times.push_back(next_us);
            if times.len() > most {
                times.pop_front();
            }
            at_us = next_us;
        }
        times.into()
    }

    /// Whether a time waits for the end of a run that still goes on.
    pub fn waits(&self) -> bool {
        matches!(self.overlap, Overlap::Queue | Overlap::Replace)
    }

    /// How long after its times a flow starts: the same for it every time.
    pub fn shift_us(&self, flow: &str) -> i64 {
        if self.spread_us == 0 {
            return 0;
        }
        let hash = flow.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (hash % (self.spread_us as u64 / 1_000_000 + 1)) as i64 * 1_000_000
    }
}

/// Fields as the console of Okta Workflows stores them and cron means them: a step of one is every day, which leaves the choice to
/// the other field of days.
fn plain(cron: &str) -> String {
    let fields: Vec<&str> =
        cron.split_whitespace().map(|field| if field == "*/1" { "*" } else { field }).collect();
    fields.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowrun_core::value::{Record, parse_date};

    fn times(cron: &str, zone: &str) -> Times {
        let (start, end) = (None, None);
        let trigger = Trigger::Schedule {
            cron: cron.into(),
            time_zone: zone.into(),
            start,
            end,
            more: Record::default(),
        };
        Times::of(&trigger).unwrap()
    }

    fn us(date: &str) -> i64 {
        parse_date(date).unwrap().millis() * 1000
    }

    /// The right times are those of a calendar and of the rules of the zones, by hand.
    #[test]
    fn times_come_when_the_calendar_says() {
        let rows: [(&str, &str, &str, &[&str]); 11] = [
            ("0 2 * * *", "UTC", "2026-01-01T02:00:00Z", &["2026-01-02T02:00:00Z", "2026-01-03T02:00:00Z"]),
            (
                "*/15 * * * *",
                "UTC",
                "2026-01-01T00:07:00Z",
                &["2026-01-01T00:15:00Z", "2026-01-01T00:30:00Z"],
            ),
            // 29 March 2026: in Berlin two o'clock is three o'clock.
            (
                "30 2 * * *",
                "Europe/Berlin",
                "2026-03-28T12:00:00Z",
                &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
            ),
            // 25 October 2026: half past two comes twice, and counts once.
            (
                "30 2 * * *",
                "Europe/Berlin",
                "2026-10-24T12:00:00Z",
                &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
            ),
            // No 31st in February, April, June.
            ("0 0 31 * *", "UTC", "2026-01-31T00:00:00Z", &["2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"]),
            // As the console stores `every third month from March, on the 18th at 9`.
            (
                "0 9 18 3-12/3 *",
                "UTC",
                "2026-01-01T00:00:00Z",
                &["2026-03-18T09:00:00Z", "2026-06-18T09:00:00Z"],
            ),
            // 2 March 2026 is a Monday; a step of one in the days of the month does not make it every day.
            ("0 9 */1 * 1", "UTC", "2026-03-01T00:00:00Z", &["2026-03-02T09:00:00Z", "2026-03-09T09:00:00Z"]),
            // With both, either is enough, as in every cron: Monday the 2nd, then the 5th.
            ("0 9 5 * 1", "UTC", "2026-03-01T00:00:00Z", &["2026-03-02T09:00:00Z", "2026-03-05T09:00:00Z"]),
            ("0 2 * * 0,4", "UTC", "2026-03-01T03:00:00Z", &["2026-03-05T02:00:00Z", "2026-03-08T02:00:00Z"]),
            // An old name of a zone: Pacific time is eight hours behind in January.
            (
                "0 21 1 1-11/6 *",
                "US/Pacific",
                "2026-01-01T00:00:00Z",
                &["2026-01-02T05:00:00Z", "2026-07-02T04:00:00Z"],
            ),
            (
                "30 0 0 * * fri-sun",
                "UTC",
                "2026-03-05T00:00:00Z",
                &["2026-03-06T00:00:30Z", "2026-03-07T00:00:30Z"],
            ),
        ];
        for (cron, zone, after, expected) in rows {
            let (times, mut at) = (times(cron, zone), us(after));
            for expected in expected {
                let next = times.next(at).unwrap();
                assert_eq!(
                    crate::when(next),
                    expected.replace('Z', ".000Z"),
                    "{cron} {zone} after {}",
                    crate::when(at)
                );
                at = next;
            }
        }
    }

    /// Of 365 days in a zone with summer time each has one time, however the clocks change.
    #[test]
    fn each_day_has_its_time_once() {
        for (zone, minutes) in
            [("Europe/Berlin", "30 2"), ("America/New_York", "15 2"), ("Australia/Lord_Howe", "45 1")]
        {
            let found = times(&format!("{minutes} * * *"), zone).between(
                us("2025-12-31T22:00:00Z"),
                us("2026-12-31T22:00:00Z"),
                1_000,
            );
            assert_eq!(found.len(), 365, "{zone}");
        }
    }

    #[test]
    fn they_begin_and_end_when_they_should() {
        let trigger = Trigger::Schedule {
            cron: "0 0 * * *".into(),
            time_zone: "UTC".into(),
            start: parse_date("2026-01-10T00:00:00Z"),
            end: parse_date("2026-01-11T00:00:00Z"),
            more: Record::default(),
        };
        let times = Times::of(&trigger).unwrap();
        let found = times.between(us("2026-01-01T00:00:00Z"), us("2026-02-01T00:00:00Z"), 9);
        assert_eq!(found, [us("2026-01-10T00:00:00Z"), us("2026-01-11T00:00:00Z")]);
        assert_eq!(times.between(0, i64::MAX, 1), [us("2026-01-11T00:00:00Z")], "the last of them");
        assert_eq!(times.next(us("2026-01-11T00:00:00Z")), None);
    }
}
