//! When the files of a project changed last, so that it is noticed when they change again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A folder with more files than this is looked at no further.
const MOST: usize = 5_000;

/// How many folders may lie in each other.
const DEEPEST: usize = 32;

/// When each file of a folder that may be of a project was changed last, and how large it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

impl Stamp {
    /// That of a folder, as it is now.
    pub fn of(folder: &Path) -> Stamp {
        let mut stamp = Stamp::default();
        stamp.add(folder, DEEPEST);
        stamp
    }

    /// The files that are new, gone or changed since `before`.
    pub fn since(&self, before: &Stamp) -> BTreeSet<PathBuf> {
        let changed = self.0.iter().filter(|(path, now)| before.0.get(*path) != Some(now));
        let gone = before.0.keys().filter(|path| !self.0.contains_key(*path));
        changed.map(|(path, _)| path).chain(gone).cloned().collect()
    }

    fn add(&mut self, folder: &Path, deep: usize) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if self.0.len() >= MOST || name.to_string_lossy().starts_with('.') {
                continue;
            }
            let Ok(data) = entry.metadata() else { continue };
            if data.is_dir() && deep > 0 {
                self.add(&path, deep - 1);
            } else if is_of_a_project(&path) {
                self.0.insert(path, (data.modified().ok(), data.len()));
            }
        }
    }
}

fn is_of_a_project(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    ["yaml", "yml", "flopack", "folder", "flow"].contains(&&*ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_a_changed_and_a_gone_file_are_noticed_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        write("one.yaml", "a");
        let first = Stamp::of(folder.path());
        write("notes.txt", "a");
        write(".git/two.yaml", "a");
        assert_eq!(Stamp::of(folder.path()), first);
        write("below/two.yaml", "a");
        let second = Stamp::of(folder.path());
        assert_ne!(second, first);
        write("below/two.yaml", "another");
        let third = Stamp::of(folder.path());
        assert_eq!(third.since(&second), [folder.path().join("below/two.yaml")].into());
        fs::remove_file(folder.path().join("below/two.yaml")).unwrap();
        assert_eq!(Stamp::of(folder.path()), first);
        assert_eq!(first.since(&third), [folder.path().join("below/two.yaml")].into());
    }
}
