//! Time zones by name, in triggers and in cards.

use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::suggest::closest;
use crate::value::time_zone;

/// The diagnostic for a name that no time zone has.
pub(super) fn unknown(name: &str, span: Span) -> Option<Diagnostic> {
    if time_zone(name).is_some() {
        return None;
    }
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
    let mistake = Diagnostic::new(Code::BadValue, span, format!("there is no time zone `{name}`"))
        .label("no such time zone");
    // A city is enough to tell the zone.
    let city = name.rsplit('/').next().unwrap_or_default().replace(' ', "_").to_lowercase();
    let by_city = || {
        names.iter().map(String::as_str).find(|name| name.to_lowercase().rsplit('/').next() == Some(&*city))
    };
    // Munich is not a misspelt Zurich: the city must begin alike.
    let first = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase().chars().next();
    let alike = names.iter().map(String::as_str).filter(|known| first(known) == first(name));
    let mistake = mistake.meant(closest(name, alike).or_else(by_city));
    Some(mistake.or_help(|| "write an IANA name, as `Europe/Berlin` or `UTC`"))
}
