//! Archives of texts, in the form of POSIX.1-1988 (ustar).

use flowrun_core::fault::{Fault, FaultKind, Result};

/// Everything in an archive begins at a multiple of so many bytes.
const BLOCK: usize = 512;

/// An archive of these files, each with its path. They belong to nobody and were changed in 1970, so that the same files make the same archive.
pub(crate) fn archive(files: &[(&str, &str)]) -> Result<Vec<u8>> {
    let mut archive = Vec::new();
    for (path, text) in files {
        archive.extend_from_slice(&header(path, text.len())?);
        archive.extend_from_slice(text.as_bytes());
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
    // Two empty blocks are the end.
    archive.resize(archive.len() + 2 * BLOCK, 0);
    Ok(archive)
}

fn header(path: &str, size: usize) -> Result<[u8; BLOCK]> {
    let (prefix, name) = split(path).ok_or_else(|| {
        let message = format!("the path is too long for an archive: {path}");
        Fault::new(FaultKind::InvalidInput, message)
            .help("a name may have 100 bytes, the folders above it 155")
    })?;
    let mut header = [0; BLOCK];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{size:011o}\0"));
    put(136, "00000000000\0");
    // The sum is made as if blanks stood in its place.
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    put(329, "0000000\0");
    put(337, "0000000\0");
    put(345, prefix);
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(header)
}

/// A path as a header has it: folders of at most 155 bytes, and what comes behind them, at most 100.
fn split(path: &str) -> Option<(&str, &str)> {
    if path.len() <= 100 {
        return Some(("", path));
    }
    let cuts = path.match_indices('/').map(|(at, _)| (&path[..at], &path[at + 1..]));
    cuts.into_iter().find(|(prefix, name)| prefix.len() <= 155 && !name.is_empty() && name.len() <= 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_what_gnu_tar_makes() {
        // GNU tar 1.34: printf 'cards: []\n' > a.yaml
        // tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=644 --mtime=@0 -cf a.tar a.yaml
        // The sum is over the whole header. It fills up records of 20 blocks, which nothing asks for.
        let archive = archive(&[("a.yaml", "cards: []\n")]).unwrap();
        assert_eq!(archive.len(), 4 * BLOCK);
        assert_eq!(&archive[..6], b"a.yaml");
        assert_eq!(&archive[124..136], b"00000000012\0");
        assert_eq!(&archive[148..156], b"010302\0 ");
        assert_eq!(&archive[257..265], b"ustar\x0000");
        assert_eq!(&archive[BLOCK..BLOCK + 10], b"cards: []\n");
        let deep = format!("{}/{}.yaml", "f".repeat(120), "n".repeat(90));
        assert_eq!(split(&deep).unwrap().0.len(), 120);
        assert!(split(&"n".repeat(101)).is_none());
    }
}
