//! What outlives a process, in a form that every later flowrun reads: JSON text, by names, without loss.
//!
//! Each kind of thing has its form, and each form a version that stands in front. A form that was ever released is read for ever;
//! `tests/stored` keeps an example of each. Values are plain JSON as far as JSON goes (`value.rs` says what stands for the rest).

mod entry;
mod fault;
mod header;
pub(crate) mod read;
mod value;
mod write;

use std::fmt;

pub use header::Header;
pub use read::Reader;
pub use write::Writer;

use crate::value::REDACTED;

/// Something that can be stored.
pub trait Stored: Sized {
    /// The version of the form that it is written in.
    const FORM: u32;

    /// Writes its members behind the version.
    fn write(&self, writer: &mut Writer<'_>);

    /// Reads the members of a form of this version, which is not later than `FORM`.
    fn read(form: u32, reader: &mut Reader<'_>) -> Result<Self, Unreadable>;
}

/// Keeps secrets from those who can read the store but don't have its key.
pub trait Seal {
    /// A text from which only [`open`](Seal::open) makes the secret again.
    fn seal(&self, secret: &str) -> String;

    /// The secret; none if it can't be opened (any more).
    fn open(&self, sealed: &str) -> Option<String>;
}

/// Looks at what is stored without the key: every secret reads as dots, and one that is written is lost. A run can be shown like
/// this; it may not go on like this, for it would send the dots.
#[derive(Clone, Copy, Debug)]
pub struct Blind;

impl Seal for Blind {
    fn seal(&self, _: &str) -> String {
        String::new()
    }

    fn open(&self, _: &str) -> Option<String> {
        Some(REDACTED.to_owned())
    }
}

/// Why something that was stored can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A later flowrun wrote it.
    Later {
        /// The version of its form.
        form: u32,
        /// The latest one that this flowrun reads.
        known: u32,
    },
    /// A secret in it can't be opened; [`Blind`] shows the rest.
    Sealed,
    /// It is not what was once written.
    Damaged {
        /// The byte at which that shows.
        at: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// It names a flow, a card or a field that the program does not have.
    Unknown(String),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Later { form, known } => {
                write!(f, "a newer flowrun wrote it (form {form}, and this one reads forms up to {known})")
            }
            Unreadable::Sealed => f.write_str("it holds a secret that this key does not open"),
            Unreadable::Damaged { at, expected } => {
                write!(f, "it is damaged: {expected} should stand at byte {at}")
            }
            Unreadable::Unknown(what) => write!(f, "the program has no {what}"),
        }
    }
}

impl std::error::Error for Unreadable {}

/// The stored form of something.
pub fn encode<T: Stored>(it: &T, seal: &dyn Seal) -> Vec<u8> {
    encode_within(it, seal, usize::MAX).unwrap_or_default()
}

/// The same, unless it has more than `most` bytes: what a value holds twice is there once, but is written twice.
pub fn encode_within<T: Stored>(it: &T, seal: &dyn Seal, most: usize) -> Option<Vec<u8>> {
    let mut writer = Writer::new(seal, most);
    writer.versioned(T::FORM, |writer| it.write(writer));
    writer.within()
}

/// What was stored; never panics, and takes memory in proportion to the bytes, whatever they are.
pub fn decode<T: Stored>(bytes: &[u8], seal: &dyn Seal) -> Result<T, Unreadable> {
    let mut reader = Reader::new(bytes, seal)?;
    let it = reader.versioned(T::FORM, T::read)?;
    reader.end()?;
    Ok(it)
}
