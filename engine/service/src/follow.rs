//! Notices that files of projects have changed, so that they are read again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use flowrun_host::driver::Stop;

use crate::Service;

/// How often it is looked. Not by the clock of the service: people change files in real time.
const LOOKS: Duration = Duration::from_secs(1);

/// A folder with more files than this is looked at no further.
const MOST: usize = 5_000;

/// How many folders may lie in each other.
const DEEPEST: usize = 32;

/// When each file was changed last, and how large it is.
type Stamp = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Has projects read again whose files have changed, until it is told to stop. A file that is being written is left in peace until it
/// stays as it is for a moment.
pub async fn follow(service: Arc<Service>, mut stop: Stop) {
    let folders: Vec<PathBuf> =
        service.projects.iter().map(|project| project.runs.served.folder.clone()).collect();
    let mut known: Vec<Stamp> = folders.iter().map(|folder| stamp(folder)).collect();
    let mut pending: Vec<Option<Stamp>> = vec![None; folders.len()];
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOKS) => {}
            () = stop.given() => return,
        }
        for (place, project) in service.projects.iter().enumerate() {
            let now = stamp(&folders[place]);
            if now == known[place] {
                pending[place] = None;
            } else if pending[place].as_ref() == Some(&now) {
                (known[place], pending[place]) = (now, None);
                // What is wrong is told to all who watch.
                let _ = project.reload();
            } else {
                pending[place] = Some(now);
            }
        }
    }
}

fn stamp(folder: &Path) -> Stamp {
    let mut stamp = Stamp::new();
    add(folder, DEEPEST, &mut stamp);
    stamp
}

fn add(folder: &Path, deep: usize, stamp: &mut Stamp) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if stamp.len() >= MOST || name.to_string_lossy().starts_with('.') {
            continue;
        }
        let Ok(data) = entry.metadata() else { continue };
        if data.is_dir() && deep > 0 {
            add(&path, deep - 1, stamp);
        } else if is_of_a_project(&path) {
            stamp.insert(path, (data.modified().ok(), data.len()));
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
        let first = stamp(folder.path());
        write("notes.txt", "a");
        write(".git/two.yaml", "a");
        assert_eq!(stamp(folder.path()), first);
        write("below/two.yaml", "a");
        let second = stamp(folder.path());
        assert_ne!(second, first);
        write("below/two.yaml", "another");
        assert_ne!(stamp(folder.path()), second);
        fs::remove_file(folder.path().join("below/two.yaml")).unwrap();
        assert_eq!(stamp(folder.path()), first);
    }
}
