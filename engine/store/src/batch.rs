//! What is written: batches, each of which is on the disk whole or not at all.

use std::sync::Arc;

use crate::hash::FileHash;
use crate::note::NoteChange;
use crate::run::{About, State};

/// A run's public name.
pub type RunId = Arc<str>;

/// What must become durable together: what one run (or nobody) did between two looks at the disk.
///
/// A batch that does not fit what is stored is refused as a whole; so is everything that comes after it from the same run, so that
/// no journal has a hole.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Whose it is.
    pub run: Option<RunId>,
    /// Programs that are not known to be stored; what is stored already stays.
    pub programs: Vec<StoredProgram>,
    /// The run begins here.
    pub start: Option<Box<NewRun>>,
    /// What came from outside, numbered from 1 without a gap.
    pub entries: Vec<Entry>,
    /// Changes of kept tables.
    pub tables: Vec<TableChange>,
    /// Lines of the audit record.
    pub audit: Vec<AuditLine>,
    /// Changes of notes.
    pub notes: Vec<NoteChange>,
    /// Files that the run holds from now on: they were put before.
    pub files: Vec<FileHash>,
    /// Takes the place of the run's last checkpoint.
    pub checkpoint: Option<Box<Checkpoint>>,
    /// The journal up to this entry is no longer needed.
    pub cut: Option<u64>,
    /// What the run has become.
    pub moved: Option<Box<Moved>>,
}

/// A program as a run keeps it, under its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredProgram {
    /// Its hash, as its owner writes it.
    pub hash: String,
    /// Its bundle of files; what is secret in it is sealed.
    pub body: Vec<u8>,
}

/// A run that begins.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// What stays of it.
    pub about: About,
    /// The head of its journal: how it was started. It goes with the run's values.
    pub start: Vec<u8>,
}

/// One entry of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number: 1, 2, 3…
    pub seq: u64,
    /// What it is, by the journal's own count of kinds.
    pub kind: u8,
    /// When, in microseconds since 1970.
    pub at_us: i64,
    /// What the journal wrote.
    pub body: Vec<u8>,
}

/// A kept table: those of one set of hosts are nothing to those of another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId {
    /// Over which hosts.
    pub scope: Arc<str>,
    /// Its name in the project.
    pub name: Arc<str>,
}

/// What became of a kept table; the changes count in their order.
#[derive(Clone, Debug)]
pub struct TableChange {
    /// Which.
    pub table: TableId,
    /// The number of the row that comes next.
    pub next: u64,
    /// What else is to be known of the table, in its owner's form; `None` leaves it as it is.
    pub note: Option<Vec<u8>>,
    /// The rows that changed.
    pub rows: Vec<RowChange>,
}

/// What became of rows.
#[derive(Clone, Debug)]
pub enum RowChange {
    /// A row is now this.
    Put(Row),
    /// The row of this number is gone.
    Delete(u64),
    /// All rows are gone.
    Clear,
}

/// A row of a kept table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number in the table.
    pub number: u64,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it was changed last.
    pub updated_ms: i64,
    /// Its values by the names of their columns; empty ones may be left out.
    pub columns: Vec<(Arc<str>, Vec<u8>)>,
}

/// A line of the audit record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Its number in the record of its run.
    pub number: u64,
    /// The line.
    pub text: String,
}

/// A machine's state, which shortens resuming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last entry that it includes.
    pub seq: u64,
    /// The state.
    pub body: Vec<u8>,
}

/// What a run has become.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Its state now.
    pub state: State,
    /// When, in microseconds since 1970.
    pub at_us: i64,
    /// What it failed with, in words.
    pub error: Option<String>,
    /// Counts and the like, in their owner's form: they stay when the values go.
    pub summary: Option<Vec<u8>>,
    /// The report with its values; it goes with them.
    pub report: Option<Vec<u8>>,
    /// It goes on with another program.
    pub program: Option<String>,
    /// Who runs it now.
    pub owner: Option<String>,
}

impl Moved {
    /// A run in a new state, with nothing else to say.
    pub fn to(state: State, at_us: i64) -> Moved {
        Moved { state, at_us, error: None, summary: None, report: None, program: None, owner: None }
    }
}

impl Batch {
    /// An empty batch of a run.
    pub fn of(run: &RunId) -> Batch {
        Batch { run: Some(run.clone()), ..Batch::default() }
    }

    /// The batch in which a run begins.
    pub fn start(run: NewRun) -> Batch {
        Batch { run: Some(run.about.id.clone()), start: Some(Box::new(run)), ..Batch::default() }
    }

    /// The same with an entry.
    pub fn entry(mut self, entry: Entry) -> Batch {
        self.entries.push(entry);
        self
    }

    /// The same with a change of a table.
    pub fn table(mut self, change: TableChange) -> Batch {
        self.tables.push(change);
        self
    }

    /// The same with a change of a note.
    pub fn note(mut self, change: NoteChange) -> Batch {
        self.notes.push(change);
        self
    }

    /// The same with the run in a new state.
    pub fn moved(mut self, moved: Moved) -> Batch {
        self.moved = Some(Box::new(moved));
        self
    }

    /// About how much memory it takes: what the queue's bound counts.
    pub fn size(&self) -> usize {
        let entries: usize = self.entries.iter().map(|entry| 64 + entry.body.len()).sum();
        let rows: usize = self.tables.iter().flat_map(|change| &change.rows).map(RowChange::size).sum();
        let audit: usize = self.audit.iter().map(|line| 64 + line.text.len()).sum();
        let notes: usize = self.notes.iter().map(NoteChange::size).sum();
        let programs: usize = self.programs.iter().map(|program| program.body.len()).sum();
        let start = self.start.as_ref().map_or(0, |run| 512 + run.start.len());
        let checkpoint = self.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.body.len());
        let report = self.moved.as_ref().and_then(|moved| moved.report.as_ref()).map_or(0, Vec::len);
        256 + entries + rows + audit + notes + programs + start + checkpoint + report
    }
}

impl RowChange {
    fn size(&self) -> usize {
        match self {
            RowChange::Put(row) => 64 + row.columns.iter().map(|(_, value)| 48 + value.len()).sum::<usize>(),
            RowChange::Delete(_) | RowChange::Clear => 64,
        }
    }
}

impl Batch {
    /// Whether it is one entry and nothing else.
    pub(crate) fn is_one_entry(&self) -> bool {
        let Batch { run: _, programs, start, entries, tables, audit, notes, files, checkpoint, cut, moved } =
            self;
        entries.len() == 1
            && programs.is_empty()
            && start.is_none()
            && tables.is_empty()
            && audit.is_empty()
            && notes.is_empty()
            && files.is_empty()
            && checkpoint.is_none()
            && cut.is_none()
            && moved.is_none()
    }

    /// Whether nothing in it needs a run.
    pub(crate) fn is_nobodys(&self) -> bool {
        let Batch {
            run: _,
            programs: _,
            tables: _,
            audit: _,
            notes: _,
            start,
            entries,
            files,
            checkpoint,
            cut,
            moved,
        } = self;
        start.is_none()
            && entries.is_empty()
            && files.is_empty()
            && checkpoint.is_none()
            && cut.is_none()
            && moved.is_none()
    }
}
