//! What every store does, case by case: a new store is held against the whole list.

mod notes;
mod runs;
mod tables;
mod taken_away;

use std::path::Path;

use flowrun_store::Store;

/// One promise, and how it is tried on an empty store.
type Case = (&'static str, fn(&dyn Store));

const CASES: &[&[Case]] = &[notes::CASES, runs::CASES, tables::CASES, taken_away::CASES];

/// Holds a store against all cases, each with an empty one.
pub fn hold(make: impl Fn(&Path) -> Box<dyn Store>) {
    for (promise, case) in CASES.iter().copied().flatten() {
        let folder = tempfile::tempdir().unwrap();
        let store = make(folder.path());
        let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case(&*store)));
        assert!(tried.is_ok(), "it does not hold that {promise}");
    }
}
