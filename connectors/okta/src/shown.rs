//! Okta's objects under the names of Okta's cards.

use std::sync::Arc;

use flowrun_core::value::{Record, Text, Value};

/// Names on Okta's cards, each with what Okta's API calls the same.
pub(crate) type Names = &'static [(&'static str, &'static str)];

/// The members of an object under their names on Okta's card; one that is missing is null.
pub(crate) fn renamed(object: &Record, names: Names) -> Record {
    names
        .iter()
        .map(|(name, key)| (Text::from(*name), object.get(key).cloned().unwrap_or_default()))
        .collect()
}

/// The first record that a search found, if any, from which single outputs are taken.
pub(crate) struct First<'r>(pub Option<&'r Arc<Record>>);

impl First<'_> {
    /// The text under this name.
    pub(crate) fn text(&self, name: &str) -> Option<Text> {
        self.0?.get(name)?.as_text().cloned()
    }

    /// The value under this name.
    pub(crate) fn value(&self, name: &str) -> Value {
        self.0.and_then(|record| record.get(name)).cloned().unwrap_or_default()
    }
}
