//! What outlives a run: runs and their journals, programs, kept tables, files, the audit record.
//!
//! [`Store`] says what every store does; [`Sqlite`] does it in one file, [`InMemory`] for tests and for runs that leave nothing.
//! What is handed in are batches ([`Batch`]): each is on the disk whole or not at all, and its ticket tells when. The store
//! knows nothing of flows: what a journal, a program or a value says is bytes to it.

mod batch;
mod blobs;
mod error;
mod folder;
mod hash;
mod key;
mod lock;
mod memory;
mod note;
mod port;
mod refusal;
mod run;
mod sqlite;
mod sum;
mod ticket;

pub use batch::{
    AuditLine, Batch, Checkpoint, Entry, Moved, NewRun, Row, RowChange, RunId, StoredProgram, TableChange,
    TableId,
};
pub use error::{Result, StoreError, Trouble};
pub use folder::{make_private, sync_parent, sync_way, unwritable};
pub use hash::FileHash;
pub use key::{KEY_FILE, KEY_VARIABLE, Key};
pub use lock::{Holder, Lock};
pub use memory::{Death, InMemory};
pub use note::{Note, NoteChange, Notes};
pub use port::{Content, Journal, Store};
pub use run::{About, Filter, Forgotten, Fork, Keep, KeptTable, Purged, Run, State, Status, Tally};
pub use sqlite::{Access, Backup, Committed, Durability, Finding, Restored, Settings, Sqlite, restore};
pub use ticket::{Durable, Ticket};
