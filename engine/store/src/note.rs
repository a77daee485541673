//! Notes: what is kept beside runs, each under a name in a space of its own. What came in and waits for its turn is one, when a
//! schedule is due, what somebody may do, who did what.

use std::sync::Arc;

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What kind of note it is.
    pub space: Arc<str>,
    /// Its name in that space.
    pub key: Arc<str>,
    /// When it was written first, in microseconds since 1970.
    pub at_us: i64,
    /// When something is to be done about it; nothing where that is done, or never was to be.
    pub due_us: Option<i64>,
    /// What it says, in its owner's form.
    pub body: Vec<u8>,
}

/// What becomes of notes.
#[derive(Clone, Debug)]
pub enum NoteChange {
    /// A note is written, over one of the same name if there is one.
    Put(Note),
    /// A note is written unless there is one of the same name.
    Add(Note),
    /// A note is written; its batch is refused if there is one of the same name.
    New(Note),
    /// What was to be done about a note is done, and it says this from now on; its batch is refused if nothing was to be done about it.
    Claim {
        /// Its space.
        space: Arc<str>,
        /// Its name.
        key: Arc<str>,
        /// What it says now.
        body: Vec<u8>,
    },
    /// A note goes, if it is there.
    Remove {
        /// Its space.
        space: Arc<str>,
        /// Its name.
        key: Arc<str>,
    },
    /// All notes of a space go that were written before a moment and about which nothing is to be done.
    Sweep {
        /// The space.
        space: Arc<str>,
        /// The moment, in microseconds since 1970.
        before_us: i64,
    },
}

impl NoteChange {
    /// About how much memory it takes.
    pub(crate) fn size(&self) -> usize {
        match self {
            NoteChange::Put(note) | NoteChange::Add(note) | NoteChange::New(note) => 128 + note.body.len(),
            NoteChange::Claim { body, .. } => 128 + body.len(),
            NoteChange::Remove { .. } | NoteChange::Sweep { .. } => 128,
        }
    }
}

/// Which notes are asked for.
#[derive(Clone, Debug)]
pub struct Notes {
    /// Of this space.
    pub space: Arc<str>,
    /// Whose names begin with this.
    pub prefix: Arc<str>,
    /// Whose names come after this one.
    pub after: Option<Arc<str>>,
    /// About which something is to be done at this moment or before, the longest due first; else all, by their names.
    pub due_us: Option<i64>,
    /// Of those that are due, the ones that are due after this moment.
    pub since_us: i64,
    /// The last ones first; of no meaning for those that are due.
    pub backwards: bool,
    /// At most so many.
    pub limit: usize,
}

impl Notes {
    /// All notes of a space, by their names.
    pub fn of(space: &str) -> Notes {
        Notes {
            space: Arc::from(space),
            prefix: Arc::from(""),
            after: None,
            due_us: None,
            since_us: i64::MIN,
            backwards: false,
            limit: usize::MAX,
        }
    }

    /// Those of them about which something is to be done by now.
    pub fn due(self, by_us: i64) -> Notes {
        Notes { due_us: Some(by_us), ..self }
    }

    /// Of those that are due, the ones that are due after a moment.
    pub fn due_after(self, since_us: i64) -> Notes {
        Notes { since_us, ..self }
    }

    /// At most so many.
    pub fn at_most(self, limit: usize) -> Notes {
        Notes { limit, ..self }
    }
}
