//! What goes wrong with a store, in the user's words.

use std::fmt;

/// What kind of trouble it is, for those who decide by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// What was asked does not fit what is stored; the store is as before and goes on.
    Refused,
    /// What was asked for is not there.
    Absent,
    /// The disk is full.
    Full,
    /// The disk failed, or may not be written.
    Disk,
    /// What was stored is not as it was written.
    Damaged,
    /// The file was written by a newer flowrun.
    Newer,
    /// Another process has the store.
    Owned,
    /// The key is missing, or is another.
    Key,
    /// The store was closed.
    Closed,
}

/// Why the store could not do something; what was expected and found in lower case, without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    /// Which kind.
    pub kind: Trouble,
    /// What was expected and what was found.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// What the store answers.
pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// Trouble told by `message`.
    pub fn new(kind: Trouble, message: impl Into<String>) -> StoreError {
        StoreError { kind, message: message.into(), help: None }
    }

    /// The same with advice.
    pub fn help(self, help: impl Into<String>) -> StoreError {
        StoreError { help: Some(help.into()), ..self }
    }

    /// Whether nothing more can be written after it.
    pub fn is_final(&self) -> bool {
        !matches!(self.kind, Trouble::Refused | Trouble::Absent)
    }

    pub(crate) fn refused(message: impl Into<String>) -> StoreError {
        StoreError::new(Trouble::Refused, message)
    }

    pub(crate) fn no_run(id: &str) -> StoreError {
        StoreError::new(Trouble::Absent, format!("there is no run `{id}`"))
            .help("`flowrun runs` lists those there are")
    }

    pub(crate) fn ambiguous(id: &str, ids: &[String]) -> StoreError {
        StoreError::refused(format!("several runs begin with `{id}`: {}", ids.join(", ")))
            .help("write more of its id")
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {}
