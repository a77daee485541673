//! Reading no more than is allowed: what a file's size says is not to be trusted, for it may be a device or a pipe.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A file's content, or nothing if it has more than `most` bytes.
pub fn read(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    drain(File::open(path)?, most)
}

/// A file's text, or nothing if it has more than `most` bytes.
pub fn read_text(path: &Path, most: u64) -> io::Result<Option<String>> {
    let text = |bytes| {
        String::from_utf8(bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it isn't text in UTF-8"))
    };
    read(path, most)?.map(text).transpose()
}

/// All that comes, or nothing if it is more than `most` bytes.
pub fn drain(source: impl Read, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_not_read_to_its_end() {
        assert_eq!(drain(&b"abc"[..], 3).unwrap().as_deref(), Some(&b"abc"[..]));
        assert_eq!(drain(&b"abcd"[..], 3).unwrap(), None);
        assert_eq!(drain(io::repeat(0), 1000).unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_read_no_further_than_a_file() {
        assert_eq!(read(Path::new("/dev/zero"), 1000).unwrap(), None);
        assert_eq!(read_text(Path::new("/dev/null"), 0).unwrap().as_deref(), Some(""));
    }
}
