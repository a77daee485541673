//! A file that is being read.

use std::io::{self, Read};
use std::sync::Arc;

use super::{Extent, Files};

/// Reads a file in whatever pieces are asked for; its content stays where it is. A clone goes on from the same place.
#[derive(Clone)]
pub struct Reader {
    files: Files,
    extents: Arc<[Extent]>,
    /// Which extent comes next, and how much of it was read.
    at: usize,
    read: u64,
}

impl Reader {
    pub(super) fn new(files: Files, extents: Arc<[Extent]>) -> Reader {
        Reader { files, extents, at: 0, read: 0 }
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(extent) = self.extents.get(self.at).copied() else { return Ok(0) };
        let left = extent.length - self.read;
        let length = left.min(into.len() as u64) as usize;
        let read = self.files.store().read_at(extent.start + self.read, &mut into[..length])?;
        if read == 0 && length > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.read += read as u64;
        if self.read == extent.length {
            self.at += 1;
            self.read = 0;
        }
        Ok(read)
    }
}
