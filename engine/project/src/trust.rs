//! Whether a file says what its user wants: nobody else may change it, or put another in its place.
//!
//! The rule is that of OpenSSH's `StrictModes`, for the whole way from the root: each folder and the file belong to the user or
//! to root, and neither group nor others may write them. A sticky folder, such as `/tmp`, lets nobody replace a file of
//! somebody else.

use std::path::Path;

/// Who else may change the file, and what to do about it; nothing if nobody may. The path is one without links.
#[cfg(unix)]
pub fn doubt(file: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let me = rustix::process::geteuid().as_raw();
    file.ancestors().enumerate().find_map(|(height, place)| {
        let found = std::fs::symlink_metadata(place).ok()?;
        let is_folder = height > 0;
        why(Place { owner: found.uid(), mode: found.mode(), is_folder }, me)
            .map(|(why, remedy)| format!("{why} {}: {remedy}", place.display()))
    })
}

/// Other systems have no owners and modes to look at.
#[cfg(not(unix))]
pub fn doubt(_: &Path) -> Option<String> {
    None
}

/// What decides who may change a file or folder.
#[cfg(unix)]
struct Place {
    owner: u32,
    mode: u32,
    is_folder: bool,
}

#[cfg(unix)]
fn why(place: Place, me: u32) -> Option<(&'static str, &'static str)> {
    const STICKY: u32 = 0o1000;
    let Place { owner, mode, is_folder } = place;
    if owner != me && owner != 0 {
        return Some(("somebody else owns", "chown it"));
    }
    if is_folder && mode & STICKY != 0 {
        return None;
    }
    match (mode & 0o022 != 0, is_folder) {
        (false, _) => None,
        (true, false) => Some(("others may write", "chmod 600 it")),
        (true, true) => Some(("others may change what lies in", "chmod go-w it")),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_its_user_and_root_may_have_a_hand_in_it() {
        const ME: u32 = 1000;
        // sshd(8), StrictModes; sticky folders: rename(2), EPERM.
        for (owner, mode, is_folder, trusted) in [
            (ME, 0o600, false, true),
            (ME, 0o644, false, true),
            (0, 0o644, false, true),
            (ME, 0o660, false, false),
            (ME, 0o602, false, false),
            (1001, 0o600, false, false),
            (ME, 0o700, true, true),
            (0, 0o755, true, true),
            (ME, 0o775, true, false),
            (ME, 0o777, true, false),
            (0, 0o1777, true, true),
            (1001, 0o755, true, false),
            (1001, 0o1777, true, false),
        ] {
            let doubted = why(Place { owner, mode, is_folder }, ME);
            assert_eq!(doubted.is_none(), trusted, "{owner} {mode:o} {is_folder}");
        }
    }

    #[test]
    fn the_whole_way_counts() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let inner = folder.join("inner");
        fs::create_dir(&inner).unwrap();
        let file = inner.join("connections.yaml");
        fs::write(&file, "").unwrap();
        let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        mode(&inner, 0o700);
        mode(&file, 0o600);
        assert_eq!(doubt(&file), None);
        mode(&folder, 0o777);
        assert_eq!(
            doubt(&file).unwrap(),
            format!("others may change what lies in {}: chmod go-w it", folder.display())
        );
        mode(&folder, 0o700);
        mode(&file, 0o620);
        assert_eq!(doubt(&file).unwrap(), format!("others may write {}: chmod 600 it", file.display()));
    }
}
