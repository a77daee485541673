//! Third-party data that lies beside the checkout, in `../shared`, for it isn't ours to pass on.

use std::io::Write;
use std::path::{Path, PathBuf};

/// A folder in `../shared`. Where that isn't there, none, and the test that asks is told of as skipped; where it is there
/// and lacks the folder, the test fails.
pub fn folder(name: &str) -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    if !shared.exists() {
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("a test");
        // Past the test's own output, which nobody sees of a test that passes.
        let _ = writeln!(std::io::stderr(), "skipped: {test}, for ../shared/{name} is not there");
        return None;
    }
    let folder = shared.join(name);
    assert!(folder.is_dir(), "../shared is there, but lacks {name}");
    Some(folder)
}

/// The published exports of Okta's, sorted; none where `../shared` isn't there.
pub fn exports() -> Vec<PathBuf> {
    let Some(folder) = folder("corpus/okta-templates") else { return Vec::new() };
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let named = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "flopack");
    let mut exports: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(named).collect();
    assert!(!exports.is_empty(), "../shared is there, but {} holds no export", folder.display());
    exports.sort();
    exports
}
