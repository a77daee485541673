//! Folders and the names in them: made so that only their owner may look, and so that they are there after a power cut.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::error::{StoreError, Trouble};

/// What to do after a disk has failed.
pub(crate) const AFTER_A_DISK: &str =
    "look after the disk, then start flowrun again: every run goes on from what was stored of it";

/// What to do after a disk was full.
pub(crate) const AFTER_A_FULL_DISK: &str =
    "free some space, then start flowrun again: every run goes on from what was stored of it";

/// What Unix calls an error of the disk itself; Rust has no kind for it.
const EIO: i32 = 5;

/// Makes a folder that only its owner may look into, and those above it that are not there.
pub fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes sure that the names in a folder are there after a power cut.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    // Elsewhere a folder can't be opened, and its entries are written with the file.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Makes sure that a file or folder is there under its name after a power cut.
pub fn sync_parent(path: &Path) -> io::Result<()> {
    sync_folder(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Makes sure that a file is there under its whole path after a power cut: whoever made a folder on the way to it may have been cut
/// off before the folder's own name was on the disk.
pub fn sync_way(path: &Path) -> io::Result<()> {
    sync_parent(path)?;
    let path = std::path::absolute(path)?;
    // The first is the file, the second the folder it is in.
    for folder in path.ancestors().skip(2) {
        match sync_folder(folder) {
            // Not ours to look into, or of a kind that has nothing to sync: then it was there before us.
            Err(error)
                if !matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput) =>
            {
                return Err(error);
            }
            _ => {}
        }
    }
    Ok(())
}

/// What can't be written, in the user's words.
pub fn unwritable(path: &Path, error: &io::Error) -> StoreError {
    let place = path.display();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            StoreError::new(Trouble::Full, format!("{place} can't be written: the disk is full"))
                .help(AFTER_A_FULL_DISK)
        }
        _ => StoreError::new(Trouble::Disk, format!("{place} can't be written: {error}")).help(
            match error.raw_os_error() {
                Some(EIO) if cfg!(unix) => AFTER_A_DISK,
                _ => "see that the folder is there and may be written, or name another with --state",
            },
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are those of Linux: <https://man7.org/linux/man-pages/man3/errno.3.html>.
    #[test]
    #[cfg(target_os = "linux")]
    fn each_trouble_has_its_remedy() {
        for (number, kind, said, remedy) in [
            (28, Trouble::Full, "s can't be written: the disk is full", AFTER_A_FULL_DISK),
            (122, Trouble::Full, "s can't be written: the disk is full", AFTER_A_FULL_DISK),
            (5, Trouble::Disk, "s can't be written: Input/output error (os error 5)", AFTER_A_DISK),
            (
                30,
                Trouble::Disk,
                "s can't be written: Read-only file system (os error 30)",
                "see that the folder is there and may be written, or name another with --state",
            ),
        ] {
            let error = unwritable(Path::new("s"), &io::Error::from_raw_os_error(number));
            assert_eq!((error.kind, &*error.message, error.help.as_deref()), (kind, said, Some(remedy)));
        }
    }

    #[test]
    fn the_way_to_a_file_may_lead_through_folders_that_are_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b/c");
        make_private(&inner).unwrap();
        sync_way(&inner.join("file")).unwrap();
        assert_eq!(sync_way(&inner.join("missing/file")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
