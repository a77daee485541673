//! What every store does, whatever it is made of.

use std::fmt::Debug;
use std::io::{Read, Seek};

use crate::batch::{Batch, Checkpoint, Entry, Row, RunId, TableId};
use crate::error::Result;
use crate::hash::FileHash;
use crate::note::{Note, Notes};
use crate::run::{Filter, Forgotten, Keep, KeptTable, Purged, Run, Status, Tally};
use crate::ticket::{Durable, Ticket};

/// The content of a stored file.
pub trait Content: Read + Seek + Send {}

impl<T: Read + Seek + Send> Content for T {}

/// What outlives the runs of one project.
///
/// Writing is handing in batches: `append` gives a ticket, and `durable` tells when it is on the disk. Tickets are settled in their
/// order, so that who waits for the newest has waited for all. Reading sees what is durable. Reads and clean-ups block their
/// thread for as long as they take; a runtime gives them one that may block.
pub trait Store: Send + Sync + Debug {
    /// Hands in a batch. It never waits for the disk, unless far too much is waiting for it already: `pressed` tells before.
    fn append(&self, batch: Batch) -> Ticket;

    /// Ends when all up to this ticket is settled: with an error, if this batch was refused or the store broke.
    fn durable(&self, ticket: Ticket) -> Durable;

    /// The ticket of the batch that was handed in last.
    fn newest(&self) -> Ticket;

    /// What to await before handing in more, where the disk does not keep up.
    fn pressed(&self) -> Option<Durable>;

    /// Why nothing can be written any more, if so: what is stored can still be read.
    fn broken(&self) -> Option<crate::StoreError>;

    /// A run by its id, or by the beginning of its id if only one begins so.
    fn run(&self, id: &str) -> Result<Run>;

    /// The runs that fit, the newest first.
    fn runs(&self, filter: &Filter) -> Result<Vec<Run>>;

    /// How many runs that began between two moments there are in each step of time and each state: of every state at most the newest `most`.
    fn tally(&self, since_us: i64, until_us: i64, step_us: i64, most: usize) -> Result<Tally> {
        let mut tally = Tally::default();
        for status in Status::ALL {
            let filter = Filter {
                states: vec![status],
                since_us: Some(since_us),
                until_us: Some(until_us),
                limit: Some(most),
                ..Filter::default()
            };
            let runs = self.runs(&filter)?;
            let began: Vec<i64> = runs.iter().map(|run| run.about.started_us).collect();
            tally.add(status, &began, step_us, most);
        }
        Ok(tally)
    }

    /// Open runs whose time is this moment or before it, the longest due first.
    fn due(&self, at_us: i64, limit: usize) -> Result<Vec<Run>>;

    /// When the next open run is due.
    fn next_due_us(&self) -> Result<Option<i64>>;

    /// How a run was started; none if its values are gone.
    fn start(&self, run: &str) -> Result<Option<Vec<u8>>>;

    /// The report of an ended run; none if there is none or its values are gone.
    fn report(&self, run: &str) -> Result<Option<Vec<u8>>>;

    /// At most `limit` entries of a journal from a number on: `journal` gives them all.
    fn entries(&self, run: &str, from: u64, limit: usize) -> Result<Vec<Entry>>;

    /// How many bytes the entries of a journal have that are there.
    fn journal_bytes(&self, run: &str) -> Result<u64>;

    /// The newest checkpoint of a run.
    fn checkpoint(&self, run: &str) -> Result<Option<Checkpoint>>;

    /// A program by its hash.
    fn program(&self, hash: &str) -> Result<Option<Vec<u8>>>;

    /// The audit record of a run, line by line, also when the run is gone; without a run, what nobody's batches wrote.
    fn audit(&self, run: Option<&str>) -> Result<Vec<crate::AuditLine>>;

    /// A note by its space and its name.
    fn note(&self, space: &str, key: &str) -> Result<Option<Note>>;

    /// The notes that are asked for.
    fn notes(&self, asked: &Notes) -> Result<Vec<Note>>;

    /// About how many notes of a space something is to be done.
    fn waiting(&self, space: &str) -> Result<u64>;

    /// A kept table with all its rows, if anything was ever kept of it.
    fn table(&self, table: &TableId) -> Result<Option<KeptTable>>;

    /// At most `limit` rows of a kept table whose numbers are greater than one, in their order.
    fn rows(&self, table: &TableId, after: u64, limit: usize) -> Result<Vec<Row>> {
        let rows = self.table(table)?.unwrap_or_default().rows.into_iter();
        Ok(rows.filter(|row| row.number > after).take(limit).collect())
    }

    /// The kept tables of a name: one for each set of hosts.
    fn tables_named(&self, name: &str) -> Result<Vec<TableId>> {
        let all = self.tables()?.into_iter().map(|(table, _)| table);
        Ok(all.filter(|table| *table.name == *name).collect())
    }

    /// The kept tables there are, each with how many rows it has.
    fn tables(&self) -> Result<Vec<(TableId, u64)>>;

    /// Stores a file and gives its hash; it is on the disk before this returns. A batch must say soon whose it is.
    fn put_file(&self, content: &mut dyn Read) -> Result<FileHash>;

    /// A stored file.
    fn file(&self, hash: &FileHash) -> Result<Box<dyn Content>>;

    /// The files that a run holds.
    fn files(&self, run: &str) -> Result<Vec<FileHash>>;

    /// Removes an ended run; its audit record stays.
    fn delete(&self, run: &str) -> Result<()>;

    /// Takes away the values of ended runs (all those of a filter), and tells how many had any.
    fn clear(&self, filter: &Filter) -> Result<u64>;

    /// Takes away what need not be kept any longer; open runs stay.
    fn purge(&self, now_us: i64, keep: &Keep) -> Result<Purged>;

    /// Takes away all that mentions a person, by a text such as a mail address: also what merely contains that text. With `look`
    /// it only tells what it would take away. Searched are journals, reports, files, rows, notes and the audit record, as they are
    /// written: not what is sealed or compressed in them, and not the programs.
    fn forget(&self, person: &str, look: bool) -> Result<Forgotten>;
}

impl dyn Store + '_ {
    /// The entries of a journal from a number on, read as they are taken.
    pub fn journal<'s>(&'s self, run: &RunId, from: u64) -> Journal<'s> {
        Journal { store: self, run: run.clone(), next: from, page: Vec::new().into_iter(), ended: false }
    }
}

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// The entries of a journal, read in pages.
#[derive(Debug)]
pub struct Journal<'s> {
    store: &'s dyn Store,
    run: RunId,
    next: u64,
    page: std::vec::IntoIter<Entry>,
    ended: bool,
}

impl Iterator for Journal<'_> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Result<Entry>> {
        if let Some(entry) = self.page.next() {
            self.next = entry.seq + 1;
            return Some(Ok(entry));
        }
        if self.ended {
            return None;
        }
        match self.store.entries(&self.run, self.next, PAGE) {
            Ok(page) => {
                self.ended = page.len() < PAGE;
                self.page = page.into_iter();
                let entry = self.page.next()?;
                self.next = entry.seq + 1;
                Some(Ok(entry))
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }
}
