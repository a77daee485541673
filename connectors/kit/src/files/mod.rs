//! Files of a run: their content lies on disk, values carry only handles to it.
//!
//! All contents lie one behind the other in one temporary file that has no name: memory stays small however large they
//! are, nobody else can open it, and the system takes it back when the run ends, even by a crash. A handle is the
//! SHA-256 of the content, so that it does not depend on which card was done first, and equal contents lie there once.

mod draft;
mod name;
mod reader;
mod transcode;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_core::encoding::Encoding;
use flowrun_core::fault::{Fault, FaultKind, InputId, Result};
use flowrun_core::value::{File, Text, size_told};

pub use draft::Draft;
pub use name::{extension, last_part};
pub use reader::Reader;
pub use transcode::{Decoding, Encode, lacks};

/// How many bytes are moved at once.
pub const PIECE: usize = 64 * 1024;

/// A million bytes, in which bounds are told.
pub const MB: u64 = 1_000_000;

/// How large files may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most bytes that one file may have.
    pub one: u64,
    /// The most bytes that all files of a run may have together.
    pub all: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { one: 256 * MB, all: 1000 * MB }
    }
}

/// The files of one run; clones share them, and the last one to go takes them along.
#[derive(Clone, Default)]
pub struct Files(Arc<Inner>);

#[derive(Default)]
struct Inner {
    bounds: Bounds,
    store: Mutex<Store>,
}

#[derive(Default)]
struct Store {
    /// Made with the first byte that is written: most runs have no files.
    disk: Option<fs::File>,
    /// Where the next byte goes.
    end: u64,
    contents: BTreeMap<Text, Content>,
}

/// Where a content lies.
#[derive(Clone)]
struct Content {
    extents: Arc<[Extent]>,
    stored_ms: i64,
}

/// A part of a content that lies in one place.
#[derive(Clone, Copy)]
struct Extent {
    start: u64,
    length: u64,
}

impl Files {
    /// No files yet, and never more than `bounds` allow.
    pub fn new(bounds: Bounds) -> Files {
        Files(Arc::new(Inner { bounds, store: Mutex::default() }))
    }

    /// The beginning of a new file.
    pub fn draft(&self) -> Draft {
        Draft::new(self.clone())
    }

    /// Stores `content` as a file called `name`.
    pub fn create(&self, name: &str, content: &[u8], now_ms: i64) -> Result<Arc<File>> {
        let mut draft = self.draft();
        draft.append(content)?;
        Ok(draft.keep(name, now_ms))
    }

    /// Reads a file from its start.
    pub fn open(&self, file: &File) -> Result<Reader> {
        let content = self.store().contents.get(&file.handle).cloned();
        content.map(|content| Reader::new(self.clone(), content.extents)).ok_or_else(|| gone(file))
    }

    /// Reads a whole file of at most `most` bytes.
    pub fn read(&self, file: &File, most: u64) -> Result<Vec<u8>> {
        if file.size > most {
            let message = format!("expected a file of at most {}, found {file}", size_told(most));
            return Err(Fault::new(FaultKind::InvalidInput, message));
        }
        let mut bytes = Vec::with_capacity(file.size as usize);
        self.open(file)?.read_to_end(&mut bytes).map_err(fault)?;
        Ok(bytes)
    }

    /// When the content of a file was stored first, in milliseconds since 1970.
    pub fn stored_ms(&self, file: &File) -> Result<i64> {
        let store = self.store();
        store.contents.get(&file.handle).map(|content| content.stored_ms).ok_or_else(|| gone(file))
    }

    fn bounds(&self) -> Bounds {
        self.0.bounds
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // What a panic leaves behind is at worst some bytes that nobody reads.
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = self.store();
        f.debug_struct("Files").field("count", &store.contents.len()).field("bytes", &store.end).finish()
    }
}

impl Store {
    /// Writes behind everything else and says where.
    fn append(&mut self, bytes: &[u8]) -> io::Result<Extent> {
        let disk = match &mut self.disk {
            Some(disk) => disk,
            none => none.insert(tempfile::tempfile()?),
        };
        disk.seek(SeekFrom::Start(self.end))?;
        disk.write_all(bytes)?;
        let extent = Extent { start: self.end, length: bytes.len() as u64 };
        self.end += extent.length;
        Ok(extent)
    }

    fn read_at(&mut self, start: u64, into: &mut [u8]) -> io::Result<usize> {
        let disk = self.disk.as_mut().ok_or(io::ErrorKind::NotFound)?;
        disk.seek(SeekFrom::Start(start))?;
        disk.read(into)
    }

    /// Gives back the room of what is not wanted after all, where nothing lies behind it.
    fn give_back(&mut self, extents: &[Extent]) {
        for extent in extents.iter().rev() {
            if extent.start + extent.length == self.end {
                self.end = extent.start;
            }
        }
        if let Some(disk) = &self.disk {
            // That a disk keeps the room until the run ends does no harm.
            let _ = disk.set_len(self.end);
        }
    }
}

/// The encoding that a card's input names.
pub fn encoding(name: &str, input: InputId) -> Result<Encoding> {
    Encoding::named(name).ok_or_else(|| {
        let message = format!("expected an encoding such as utf-8, utf-16 or windows-1252, found \"{name}\"");
        Fault::new(FaultKind::InvalidInput, message).at(input)
    })
}

/// The fault of reading or writing a file, which may already tell itself.
pub fn fault(error: io::Error) -> Fault {
    error.downcast::<Fault>().unwrap_or_else(|error| {
        Fault::new(FaultKind::Internal, format!("the files of the run can't be read or written: {error}"))
            .help("look whether the folder for temporary files (TMPDIR) is writable and has room")
    })
}

fn gone(file: &File) -> Fault {
    let message = format!("the content of {file} is not among the files of this run");
    Fault::new(FaultKind::NotFound, message).help("files last as long as the run that made them")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Files {
        Files::new(Bounds { one: 100_000, all: 250_000 })
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let files = small();
        let (mut a, mut b) = (files.draft(), files.draft());
        // Drafts that are written at the same time lie in each other's gaps.
        for piece in 0..40_u8 {
            a.append(&[piece; 999]).unwrap();
            b.append(&[piece, 255]).unwrap();
        }
        let (a, b) = (a.keep("a", 5), b.keep("b", 6));
        assert_eq!((a.size, b.size), (39_960, 80));
        let expected: Vec<u8> = (0..40_u8).flat_map(|piece| [piece; 999]).collect();
        assert_eq!(files.read(&a, 40_000).unwrap(), expected);
        assert_eq!(files.read(&b, 80).unwrap(), (0..40).flat_map(|piece| [piece, 255]).collect::<Vec<u8>>());
        assert_eq!((files.stored_ms(&a).unwrap(), files.stored_ms(&b).unwrap()), (5, 6));
        let empty = files.create("", b"", 0).unwrap();
        assert_eq!(files.read(&empty, 0).unwrap(), b"");
        assert_eq!(&*empty.handle, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn a_bound_that_is_passed_is_named_and_its_room_given_back() {
        let files = small();
        let fault = files.create("a", &[0; 100_001], 0).unwrap_err();
        assert!(fault.message.contains("100 kB, the most that one file may have"), "{fault}");
        let kept: Vec<_> = (0..2).map(|content| files.create("a", &[content; 100_000], 0).unwrap()).collect();
        let fault = files.create("c", &[9; 50_001], 0).unwrap_err();
        assert!(fault.message.contains("250 kB, the most that all files of a run"), "{fault}");
        // What did not fit takes no room.
        files.create("c", &[9; 50_000], 0).unwrap();
        assert_eq!(format!("{files:?}"), "Files { count: 3, bytes: 250000 }");
        assert_eq!(files.read(&kept[1], MB).unwrap(), [1; 100_000]);
    }

    #[test]
    fn files_are_read_and_written_in_their_encoding_piece_by_piece() {
        let files = Files::default();
        // Letters of two and four bytes, so that pieces end within them.
        let text = "name;größe 😀\n".repeat(2_500);
        for name in ["utf-8", "utf-8-bom", "utf-16", "utf-16be", "gb18030"] {
            let encoding = Encoding::named(name).unwrap();
            let mut written = Encode::new(Vec::new(), encoding);
            text.as_bytes().chunks(7).for_each(|piece| written.write_all(piece).unwrap());
            let file = files.create("a", written.into_inner(), 0).unwrap();
            let mut read = String::new();
            Decoding::new(files.open(&file).unwrap(), encoding).read_to_string(&mut read).unwrap();
            assert!(read == text, "{name}");
        }
        let latin = files.create("a", b"a\nZo\xeb\n", 0).unwrap();
        let mut read = Vec::new();
        let error =
            Decoding::new(files.open(&latin).unwrap(), Encoding::UTF_8).read_to_end(&mut read).unwrap_err();
        assert_eq!((error.kind(), &*read), (io::ErrorKind::InvalidData, &b"a\nZo"[..]));
        let written =
            Encode::new(Vec::new(), Encoding::named("windows-1252").unwrap()).write_all("Łódź".as_bytes());
        let told = fault(written.unwrap_err());
        assert_eq!(&*told.message, "the encoding windows-1252 has no \"Ł\"");
    }

    #[test]
    fn equal_contents_lie_there_once() {
        let files = small();
        let (a, b) = (files.create("a", b"same", 1).unwrap(), files.create("b", b"same", 2).unwrap());
        assert_eq!((&a.handle, files.stored_ms(&b).unwrap()), (&b.handle, 1));
        assert_eq!(format!("{files:?}"), "Files { count: 1, bytes: 4 }");
        let other = small().open(&a).map(drop).unwrap_err();
        assert!(other.message.contains("a (4 bytes) is not among the files of this run"), "{other}");
    }
}
