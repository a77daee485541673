//! Time zones, by name.

use jiff::tz::TimeZone;

use crate::prelude::*;

/// The zone of this name; UTC for a blank, and for a zone that does not exist: templates that work in Okta name
/// such zones.
pub(super) fn or_utc(name: &str) -> TimeZone {
    find(name).unwrap_or(TimeZone::UTC)
}

/// The zone of this name, UTC for a blank; an error if there is no such zone.
pub(super) fn known(name: &str) -> Result<TimeZone> {
    find(name).ok_or_else(|| {
        let message = format!("expected a time zone by its IANA name, found \"{name}\"");
        Fault::new(FaultKind::InvalidInput, message).help("they are written as in Europe/Berlin")
    })
}

fn find(name: &str) -> Option<TimeZone> {
    match name.trim() {
        "" | "UTC" => Some(TimeZone::UTC),
        name => TimeZone::get(name).ok(),
    }
}
