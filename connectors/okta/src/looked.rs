//! What look-ups after a crash have in common: what is there, and whether it is what was asked for.

use flowrun_core::fault::{FaultKind, Result};
use flowrun_core::value::{Record, Value, get};

/// What was read, nothing where Okta itself says that there is nothing: something in between may answer 404 too.
pub(crate) fn there<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(fault)
            if fault.kind == FaultKind::NotFound
                && get(&fault.body, "errorCode").as_text().is_some_and(|code| &**code == "E0000007") =>
        {
            Ok(None)
        }
        Err(fault) => Err(fault),
    }
}

/// Whether all that was sent is there; what else is there doesn't matter, for Okta fills in what it is not told.
pub(crate) fn holds(found: &Record, sent: &Record) -> bool {
    sent.iter().all(|(name, wanted)| {
        found.get(name).is_some_and(|value| value == wanted || value.to_json() == wanted.to_json())
    })
}

/// A text among the members of an object; nothing if there is none.
pub(crate) fn text<'r>(object: &'r Record, name: &str) -> &'r str {
    object.get(name).and_then(Value::as_text).map_or("", |text| text)
}
