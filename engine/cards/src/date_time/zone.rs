//! Time zones, by name.

use flowrun_core::value::time_zone;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::prelude::*;

/// The zone that a card's input names, UTC for a blank; an error if there is no such zone.
pub(super) fn zone(name: &str, input: InputId) -> Result<TimeZone> {
    time_zone(name).ok_or_else(|| {
        let message = format!("expected a time zone by its IANA name, found \"{name}\"");
        Fault::new(FaultKind::InvalidInput, message).at(input).help("they are written as in Europe/Berlin")
    })
}

/// What the clocks of `zone` show at an instant; an error where that is no year that can be written.
pub(super) fn civil(date: Date, zone: &TimeZone) -> Result<DateTime> {
    date.civil(date.clock(zone).offset()).ok_or_else(|| {
        let message = format!("{date} lies beyond the years -9999 to 9999 on the clocks of the time zone");
        Fault::new(FaultKind::InvalidInput, message).help("leave out `time_zone`, or take an earlier date")
    })
}
